//! What becomes of a record of a person who asks to be forgotten.

use jiff::civil::Date;

use crate::until;

/// Until when something is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Basis {
    /// As the plan says: so many months, or for ever where nothing is decided.
    Plan(Option<u16>),
    /// As whoever it is about wishes.
    Wish,
    /// As long as something else is kept of them.
    TheRest,
    /// As the plan says; it tells of people by ids only, and keeps nothing else.
    Log,
}

/// What becomes of a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// It is destroyed now.
    Goes,
    /// It goes when nothing else is kept of the person.
    GoesLast,
    /// It is under way, and nobody knows until when.
    UnderWay,
    /// It is kept until a day, as is decided.
    KeptUntil(Date),
    /// Nobody has decided that it may be destroyed.
    Undecided,
    /// It is part of the log.
    Logged,
}

/// What becomes of a record that was over on a day, or is not over yet, when the person asks for it today.
pub fn fate(basis: Basis, over: Option<Date>, today: Date) -> Fate {
    match (basis, over) {
        (Basis::Wish, _) => Fate::Goes,
        (Basis::Log, _) => Fate::Logged,
        (Basis::Plan(_) | Basis::TheRest, None) => Fate::UnderWay,
        (Basis::TheRest, Some(_)) => Fate::GoesLast,
        (Basis::Plan(None), Some(_)) => Fate::Undecided,
        (Basis::Plan(Some(months)), Some(over)) => match until(over, months) {
            Some(until) if until <= today => Fate::Goes,
            Some(until) => Fate::KeptUntil(until),
            None => Fate::Undecided,
        },
    }
}

/// Whether who a person is can be forgotten too: nothing else is kept that needs it.
pub fn the_rest_goes(fates: impl IntoIterator<Item = Fate>) -> bool {
    fates.into_iter().all(|fate| match fate {
        Fate::Goes | Fate::GoesLast | Fate::Logged => true,
        Fate::UnderWay | Fate::KeptUntil(_) | Fate::Undecided => false,
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const TODAY: Date = date(2026, 11, 23);

    #[test]
    fn what_is_decided_is_kept_so_long_and_what_is_not_for_ever() {
        let over = Some(date(2026, 10, 1));
        assert_eq!(fate(Basis::Plan(None), over, TODAY), Fate::Undecided);
        assert_eq!(fate(Basis::Plan(Some(2)), over, TODAY), Fate::KeptUntil(date(2026, 12, 2)));
        assert_eq!(fate(Basis::Plan(Some(1)), over, TODAY), Fate::Goes);
        assert_eq!(fate(Basis::Plan(Some(0)), Some(TODAY), TODAY), Fate::KeptUntil(date(2026, 11, 24)));
    }

    #[test]
    fn what_is_under_way_stays_whatever_is_decided() {
        assert_eq!(fate(Basis::Plan(Some(0)), None, TODAY), Fate::UnderWay);
        assert_eq!(fate(Basis::TheRest, None, TODAY), Fate::UnderWay);
    }

    #[test]
    fn a_wish_ends_at_once_and_who_one_is_last_of_all() {
        assert_eq!(fate(Basis::Wish, None, TODAY), Fate::Goes);
        assert_eq!(fate(Basis::TheRest, Some(TODAY), TODAY), Fate::GoesLast);
        assert!(the_rest_goes([Fate::Goes, Fate::GoesLast, Fate::Logged]));
        for kept in [Fate::UnderWay, Fate::KeptUntil(TODAY), Fate::Undecided] {
            assert!(!the_rest_goes([Fate::Goes, kept]));
        }
    }
}
