use jiff::civil::Date;

use crate::TEXT_CHARS_MAX;
use crate::text::{is_email, one_line, tidy};

/// Characters of a telephone number at most.
const TELEPHONE_CHARS_MAX: usize = 40;
/// Characters of a postal address at most.
const ADDRESS_CHARS_MAX: usize = 300;

/// How well the service follows the law.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Compliance {
    /// In everything.
    Full,
    /// But for what is listed.
    Partial,
    /// It does not.
    None,
}

impl Compliance {
    /// All of them, in the order of forms.
    pub const ALL: [Self; 3] = [Self::Full, Self::Partial, Self::None];

    /// As it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Partial => "partial",
            Self::None => "none",
        }
    }

    /// Reads [`Compliance::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text)
    }
}

/// How that was found out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Method {
    /// The municipality has looked itself.
    Own,
    /// Somebody else has.
    External,
}

impl Method {
    /// All of them, in the order of forms.
    pub const ALL: [Self; 2] = [Self::Own, Self::External];

    /// As it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Own => "self",
            Self::External => "external",
        }
    }

    /// Reads [`Method::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text)
    }
}

/// What the statement says that no one but the municipality knows. Pairs are Swedish and English.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    /// How well the service follows the law.
    pub compliance: Compliance,
    /// How that was found out.
    pub method: Method,
    /// When.
    pub assessed_on: Date,
    /// What is not accessible and why, one a line.
    pub flaws: [String; 2],
    /// What would be an undue burden to make accessible (12 §), and why.
    pub burden: [String; 2],
    /// What the law does not ask for (9 §).
    pub exempt: [String; 2],
    /// Where to write.
    pub email: String,
    /// Where to call.
    pub telephone: String,
    /// Where letters go.
    pub address: String,
}

/// What is wrong with a statement.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum StatementWrong {
    /// It was assessed on a day that has not come.
    #[error("assessed in the future")]
    Future,
    /// It says that something is not accessible, and not what; in one language or both.
    #[error("flaws are missing")]
    FlawsMissing,
    /// It says that everything is accessible, and lists what is not.
    #[error("flaws of what has none")]
    FlawsOfFull,
    /// A text is too long.
    #[error("a text is too long")]
    TooLong,
    /// There is no way to reach anybody.
    #[error("no way to write or call")]
    Unreachable,
    /// The address for mail is none.
    #[error("the address is none")]
    Email,
}

impl Statement {
    /// The same as it is kept: without what would move the text around it.
    #[must_use]
    pub fn tidy(self) -> Self {
        let both = |[one, other]: [String; 2]| [tidy(&one), tidy(&other)];
        Self {
            flaws: both(self.flaws),
            burden: both(self.burden),
            exempt: both(self.exempt),
            email: self.email.trim().to_owned(),
            telephone: one_line(&self.telephone),
            address: one_line(&self.address),
            ..self
        }
    }

    /// Everything that is wrong with it on this day.
    pub fn wrong(&self, today: Date) -> Vec<StatementWrong> {
        let long = |text: &String, most: usize| text.chars().count() > most;
        let mut texts = self.flaws.iter().chain(&self.burden).chain(&self.exempt);
        let says_flaws = self.flaws.iter().any(|text| !text.is_empty());
        let lacks_flaws = self.flaws.iter().any(String::is_empty);
        [
            (self.assessed_on > today, StatementWrong::Future),
            (self.compliance != Compliance::Full && lacks_flaws, StatementWrong::FlawsMissing),
            (self.compliance == Compliance::Full && says_flaws, StatementWrong::FlawsOfFull),
            (
                texts.any(|text| long(text, TEXT_CHARS_MAX))
                    || long(&self.telephone, TELEPHONE_CHARS_MAX)
                    || long(&self.address, ADDRESS_CHARS_MAX),
                StatementWrong::TooLong,
            ),
            (self.email.is_empty() && self.telephone.is_empty(), StatementWrong::Unreachable),
            (!self.email.is_empty() && !is_email(&self.email), StatementWrong::Email),
        ]
        .into_iter()
        .filter_map(|(is, wrong)| is.then_some(wrong))
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn statement() -> Statement {
        Statement {
            compliance: Compliance::Partial,
            method: Method::Own,
            assessed_on: date(2026, 11, 1),
            flaws: ["Kartan går inte att nå".to_owned(), "The map cannot be reached".to_owned()],
            burden: Default::default(),
            exempt: Default::default(),
            email: "fritid@kommun.example".to_owned(),
            telephone: String::new(),
            address: String::new(),
        }
    }

    #[test]
    fn a_statement_says_in_both_languages_what_is_not_accessible_and_no_less() {
        let today = date(2026, 11, 23);
        assert_eq!(statement().wrong(today), []);
        let with = |change: fn(&mut Statement)| {
            let mut changed = statement();
            change(&mut changed);
            changed.tidy().wrong(today)
        };
        assert_eq!(with(|one| one.assessed_on = date(2026, 11, 24)), [StatementWrong::Future]);
        assert_eq!(with(|one| one.flaws[1] = " \n".to_owned()), [StatementWrong::FlawsMissing]);
        assert_eq!(with(|one| one.compliance = Compliance::Full), [StatementWrong::FlawsOfFull]);
        assert_eq!(with(|one| one.exempt[0] = "å".repeat(4_001)), [StatementWrong::TooLong]);
        assert_eq!(with(|one| one.email = String::new()), [StatementWrong::Unreachable]);
        assert_eq!(with(|one| one.email = "fritid".to_owned()), [StatementWrong::Email]);
        for one in Compliance::ALL {
            assert_eq!(Compliance::parse(one.as_str()), Some(one));
        }
        for one in Method::ALL {
            assert_eq!(Method::parse(one.as_str()), Some(one));
        }
    }
}
