//! How an association, a company or a child comes into the register at somebody's own asking.

use crate::Wrong;

/// Characters of a reason at most: a letter's paragraph.
pub const REASON_CHARS_MAX: usize = 1_000;

/// An application on its way.
///
/// ```text
/// Asked ──▶ Approved
///   ├─────▶ Refused { reason }
///   └─────▶ Withdrawn
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Application {
    /// It waits for an officer.
    Asked,
    /// It is in the register.
    Approved,
    /// It is not, and why.
    Refused {
        /// What the officer wrote.
        reason: Reason,
    },
    /// Whoever asked did not want it any more.
    Withdrawn,
}

/// Where an application stands, without what was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// [`Application::Asked`].
    Asked,
    /// [`Application::Approved`].
    Approved,
    /// [`Application::Refused`].
    Refused,
    /// [`Application::Withdrawn`].
    Withdrawn,
}

impl Step {
    /// As it is stored.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Approved => "approved",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// Why an application is refused: never empty.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reason(String);

impl Reason {
    /// From what was typed.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let text = text.replace("\r\n", "\n");
        let text = text.trim();
        if text.is_empty() {
            return Err(Wrong::Missing);
        }
        if text.chars().count() > REASON_CHARS_MAX {
            return Err(Wrong::TooLong { most: REASON_CHARS_MAX });
        }
        if text.chars().any(|c| c.is_control() && c != '\n') {
            return Err(Wrong::Unprintable);
        }
        Ok(Self(text.to_owned()))
    }

    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A step that an application cannot take.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("an application that is {} does not become {}", from.key(), to.key())]
pub struct Impossible {
    /// Where it stands.
    pub from: Step,
    /// Where it was to go.
    pub to: Step,
}

impl Application {
    /// Where it stands.
    pub const fn step(&self) -> Step {
        match self {
            Self::Asked => Step::Asked,
            Self::Approved => Step::Approved,
            Self::Refused { .. } => Step::Refused,
            Self::Withdrawn => Step::Withdrawn,
        }
    }

    /// Reads what was stored; `None` for what never is.
    pub fn read(step: &str, reason: Option<&str>) -> Option<Self> {
        match (step, reason) {
            ("asked", None) => Some(Self::Asked),
            ("approved", None) => Some(Self::Approved),
            ("refused", Some(reason)) => Some(Self::Refused { reason: Reason::parse(reason).ok()? }),
            ("withdrawn", None) => Some(Self::Withdrawn),
            _ => None,
        }
    }

    /// An officer says yes.
    pub fn approve(self) -> Result<Self, Impossible> {
        self.becomes(Self::Approved)
    }

    /// An officer says no.
    pub fn refuse(self, reason: Reason) -> Result<Self, Impossible> {
        self.becomes(Self::Refused { reason })
    }

    /// Whoever asked takes it back.
    pub fn withdraw(self) -> Result<Self, Impossible> {
        self.becomes(Self::Withdrawn)
    }

    fn becomes(self, next: Self) -> Result<Self, Impossible> {
        match self {
            Self::Asked => Ok(next),
            Self::Approved | Self::Refused { .. } | Self::Withdrawn => {
                Err(Impossible { from: self.step(), to: next.step() })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_application_is_decided_once() {
        let reason = || Reason::parse(" Ni finns redan.\r\nHör av er! ").unwrap();
        assert_eq!(reason().as_str(), "Ni finns redan.\nHör av er!");
        let ends = [
            Application::Asked.approve().unwrap(),
            Application::Asked.refuse(reason()).unwrap(),
            Application::Asked.withdraw().unwrap(),
        ];
        for ended in ends {
            let from = ended.step();
            assert_eq!(ended.clone().approve(), Err(Impossible { from, to: Step::Approved }));
            assert_eq!(ended.clone().refuse(reason()), Err(Impossible { from, to: Step::Refused }));
            assert_eq!(ended.clone().withdraw(), Err(Impossible { from, to: Step::Withdrawn }));
            let stored = match &ended {
                Application::Refused { reason } => Some(reason.as_str()),
                _ => None,
            };
            assert_eq!(Application::read(from.key(), stored), Some(ended.clone()));
        }
        assert_eq!(Application::read("refused", None), None);
    }

    #[test]
    fn a_refusal_says_why_within_bounds() {
        assert_eq!(Reason::parse("  \n "), Err(Wrong::Missing));
        assert_eq!(Reason::parse(&"a".repeat(1_001)), Err(Wrong::TooLong { most: 1_000 }));
        assert_eq!(Reason::parse("a\u{7}"), Err(Wrong::Unprintable));
    }
}
