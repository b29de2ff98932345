use crate::TEXT_CHARS_MAX;
use crate::text::{is_email, one_line, tidy};

/// Characters of where something is, at most: an address.
pub const PLACE_CHARS_MAX: usize = 500;
/// Characters of what somebody uses, at most.
pub const AIDS_CHARS_MAX: usize = 500;

/// What somebody reports as hard to use.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// Where: a page, or in words; may be empty.
    pub place: String,
    /// What is hard.
    pub problem: String,
    /// What they use: a screen reader, a browser; may be empty.
    pub aids: String,
    /// Where they want the answer, where they want one.
    pub email: Option<String>,
}

/// What is wrong with a report.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ReportWrong {
    /// Where it is, is too long.
    #[error("the place is too long")]
    Place,
    /// What is hard is missing.
    #[error("the problem is missing")]
    Missing,
    /// What is hard is too long.
    #[error("the problem is too long")]
    Problem,
    /// What they use is too long.
    #[error("the aids are too long")]
    Aids,
    /// The address is none.
    #[error("the address is none")]
    Email,
}

impl Report {
    /// Reads a report as it was typed; everything that is wrong with it otherwise.
    pub fn read(place: &str, problem: &str, aids: &str, email: &str) -> Result<Self, Vec<ReportWrong>> {
        let report = Self {
            place: one_line(place),
            problem: tidy(problem),
            aids: one_line(aids),
            email: Some(email.trim().to_owned()).filter(|email| !email.is_empty()),
        };
        let long = |text: &str, most: usize| text.chars().count() > most;
        let wrong: Vec<ReportWrong> = [
            (long(&report.place, PLACE_CHARS_MAX), ReportWrong::Place),
            (report.problem.is_empty(), ReportWrong::Missing),
            (long(&report.problem, TEXT_CHARS_MAX), ReportWrong::Problem),
            (long(&report.aids, AIDS_CHARS_MAX), ReportWrong::Aids),
            (report.email.as_ref().is_some_and(|email| !is_email(email)), ReportWrong::Email),
        ]
        .into_iter()
        .filter_map(|(is, wrong)| is.then_some(wrong))
        .collect();
        if wrong.is_empty() { Ok(report) } else { Err(wrong) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_says_what_is_hard_and_the_rest_may_be_left_out() {
        let report = Report::read("", " Knappen syns inte \r\n\u{0}alls ", "", " ").unwrap();
        assert_eq!((report.problem.as_str(), report.email), ("Knappen syns inte\nalls", None));
        let long = "å".repeat(TEXT_CHARS_MAX + 1);
        assert_eq!(Report::read("", " \n", "", ""), Err(vec![ReportWrong::Missing]));
        assert_eq!(
            Report::read(&long, &long, &long, "sam"),
            Err(vec![ReportWrong::Place, ReportWrong::Problem, ReportWrong::Aids, ReportWrong::Email])
        );
    }
}
