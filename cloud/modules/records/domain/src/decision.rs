//! What a municipality has decided about a type of information.

use jiff::civil::Date;

/// Months that anything is kept at most by a decision: a hundred years. What is kept for ever has no decision.
pub const MONTHS_MAX: u16 = 1200;
/// Characters of the body's name and of the reference at most.
pub const TEXT_MAX: usize = 120;

/// A decision: how long, by whom, when, and where it is written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decision {
    /// For so many months after the case was over.
    pub months: u16,
    /// The body that decided.
    pub decided_by: String,
    /// When.
    pub decided_on: Date,
    /// Its number in the register, or the paragraph of the minutes.
    pub reference: String,
}

/// What is wrong with a decision that somebody writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DecisionError {
    /// The months are no number up to [`MONTHS_MAX`].
    #[error("the months are no number from 0 to {MONTHS_MAX}")]
    Months,
    /// There is no body, or its name is too long.
    #[error("the body has no name of 1 to {TEXT_MAX} characters")]
    DecidedBy,
    /// There is no day, or it has not come yet.
    #[error("the day is none that has been")]
    DecidedOn,
    /// There is no reference, or it is too long.
    #[error("the reference has not 1 to {TEXT_MAX} characters")]
    Reference,
}

impl Decision {
    /// Reads what somebody typed, on a day. All that is wrong with it, otherwise.
    pub fn read(
        months: &str,
        decided_by: &str,
        decided_on: &str,
        reference: &str,
        today: Date,
    ) -> Result<Self, Vec<DecisionError>> {
        let text = |text: &str| {
            let text = text.trim();
            (1..=TEXT_MAX).contains(&text.chars().count()).then(|| text.to_owned())
        };
        let read_months = months.trim().parse().ok().filter(|months| *months <= MONTHS_MAX);
        let body = text(decided_by);
        let day = decided_on.trim().parse::<Date>().ok().filter(|day| *day <= today);
        let number = text(reference);
        match (read_months, body, day, number) {
            (Some(months), Some(decided_by), Some(decided_on), Some(reference)) => {
                Ok(Self { months, decided_by, decided_on, reference })
            }
            (months, body, day, number) => {
                let wrong = [
                    (months.is_none(), DecisionError::Months),
                    (body.is_none(), DecisionError::DecidedBy),
                    (day.is_none(), DecisionError::DecidedOn),
                    (number.is_none(), DecisionError::Reference),
                ];
                Err(wrong.into_iter().filter_map(|(wrong, error)| wrong.then_some(error)).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_decision_names_body_day_and_reference_and_everything_wrong_is_told_at_once() {
        let today = date(2026, 11, 23);
        let read =
            Decision::read(" 24 ", "Kultur- och fritidsnämnden", "2026-10-01", "KFN 2026/117 § 84", today);
        let read = read.unwrap();
        assert_eq!((read.months, read.decided_on), (24, date(2026, 10, 1)));
        let all = vec![
            DecisionError::Months,
            DecisionError::DecidedBy,
            DecisionError::DecidedOn,
            DecisionError::Reference,
        ];
        assert_eq!(Decision::read("", " ", "yesterday", "", today), Err(all.clone()));
        assert_eq!(Decision::read("1201", &"å".repeat(121), "2026-11-24", &"x".repeat(121), today), Err(all));
        assert_eq!(Decision::read("-1", "a", "2026-11-23", "b", today), Err(vec![DecisionError::Months]));
    }
}
