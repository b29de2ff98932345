//! Who may do what for a customer, from when until when, and how that is handed over.

use jiff::civil::Date;

/// Mandates of one customer at most, those that wait included: more than the largest club has people who act for it, and
/// few enough for one page.
pub const MANDATES_MAX: usize = 100;

/// What somebody is for an association, a company or a unit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Role {
    /// Decides who may act for it, maintains what is known of it, and books.
    Administrator,
    /// Books.
    Booker,
    /// Sees to its money.
    Treasurer,
    /// Leads a group.
    Leader,
}

impl Role {
    /// All of them, as forms offer them.
    pub const ALL: [Self; 4] = [Self::Administrator, Self::Booker, Self::Treasurer, Self::Leader];

    /// As it is stored.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Booker => "booker",
            Self::Treasurer => "treasurer",
            Self::Leader => "leader",
        }
    }

    /// Reads what [`Role::key`] wrote.
    pub fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.key() == key)
    }

    /// Whether one books with it.
    pub const fn books(self) -> bool {
        match self {
            Self::Administrator | Self::Booker => true,
            Self::Treasurer | Self::Leader => false,
        }
    }

    /// Whether one decides with it who may act.
    pub const fn administers(self) -> bool {
        match self {
            Self::Administrator => true,
            Self::Booker | Self::Treasurer | Self::Leader => false,
        }
    }

    /// Whether whoever has this role has all that the other one gives.
    const fn covers(self, other: Self) -> bool {
        match self {
            Self::Administrator => true,
            Self::Booker => matches!(other, Self::Booker),
            Self::Treasurer => matches!(other, Self::Treasurer),
            Self::Leader => matches!(other, Self::Leader),
        }
    }
}

/// How somebody comes to act for a customer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Hold {
    /// It is they themselves.
    Own,
    /// It is a child of theirs.
    Guardian,
    /// By a role.
    Role(Role),
}

impl Hold {
    /// As it is stored.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Own => "self",
            Self::Guardian => "guardian",
            Self::Role(role) => role.key(),
        }
    }

    /// Reads what [`Hold::key`] wrote.
    pub fn parse(key: &str) -> Option<Self> {
        match key {
            "self" => Some(Self::Own),
            "guardian" => Some(Self::Guardian),
            _ => Role::parse(key).map(Self::Role),
        }
    }

    /// Whether one books with it.
    pub const fn books(self) -> bool {
        match self {
            Self::Own | Self::Guardian => true,
            Self::Role(role) => role.books(),
        }
    }

    /// Whether one decides for the customer with it.
    pub const fn administers(self) -> bool {
        match self {
            Self::Own | Self::Guardian => true,
            Self::Role(role) => role.administers(),
        }
    }
}

/// The days on which something holds, both included; an end that is not set is open.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Validity {
    from: Option<Date>,
    to: Option<Date>,
}

/// An end before its beginning.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("ends before it begins")]
pub struct Backwards;

/// How something stands on a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// It begins later.
    Coming,
    /// It holds.
    Holds,
    /// It has ended.
    Over,
}

impl Validity {
    /// Always.
    pub const ALWAYS: Self = Self { from: None, to: None };

    /// From a day to another.
    pub fn new(from: Option<Date>, to: Option<Date>) -> Result<Self, Backwards> {
        match (from, to) {
            (Some(from), Some(to)) if to < from => Err(Backwards),
            _ => Ok(Self { from, to }),
        }
    }

    /// The first day, where there is one.
    pub const fn from(self) -> Option<Date> {
        self.from
    }

    /// The last day, where there is one.
    pub const fn to(self) -> Option<Date> {
        self.to
    }

    /// How it stands on a day.
    pub fn standing(self, day: Date) -> Standing {
        if self.from.is_some_and(|from| day < from) {
            Standing::Coming
        } else if self.to.is_some_and(|to| to < day) {
            Standing::Over
        } else {
            Standing::Holds
        }
    }

    /// Whether it holds on a day.
    pub fn on(self, day: Date) -> bool {
        self.standing(day) == Standing::Holds
    }

    /// The first day after it; `None` where it has no end, or where no calendar goes on.
    fn after(self) -> Option<Date> {
        self.to.and_then(|to| to.tomorrow().ok())
    }
}

/// The right of somebody to act for a customer by a role.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mandate {
    /// Which role.
    pub role: Role,
    /// When.
    pub during: Validity,
    /// Whether it waits for somebody who has not signed in yet.
    pub awaited: bool,
}

impl Mandate {
    fn administers_on(&self, day: Date) -> bool {
        self.role.administers() && !self.awaited && self.during.on(day)
    }
}

/// Whether somebody with these mandates may give a role: only an administrator gives, and nobody more than they have.
pub fn may_give(own: &[Mandate], role: Role, day: Date) -> bool {
    own.iter().any(|mandate| mandate.administers_on(day))
        && own.iter().any(|mandate| !mandate.awaited && mandate.during.on(day) && mandate.role.covers(role))
}

/// After the change nobody would decide for the customer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("nobody would administer the customer any more")]
pub struct LastAdministrator;

/// Whether its own people may change a customer's mandates from one set to another: who has an administrator on the day
/// keeps one.
pub fn hand_over(before: &[Mandate], after: &[Mandate], day: Date) -> Result<(), LastAdministrator> {
    let led = |mandates: &[Mandate]| mandates.iter().any(|mandate| mandate.administers_on(day));
    if led(before) && !led(after) { Err(LastAdministrator) } else { Ok(()) }
}

/// The first day, from this one on, on which nobody administers; `None` where somebody always does.
pub fn unled_from(mandates: &[Mandate], day: Date) -> Option<Date> {
    let mut unled = day;
    // Each step goes past the end of one mandate, so there are no more steps than mandates.
    for _ in 0..=mandates.len() {
        let holding = mandates.iter().filter(|mandate| mandate.administers_on(unled));
        let ends: Option<Vec<Date>> = holding.map(|mandate| mandate.during.after()).collect();
        // One without an end holds for ever.
        let Some(last) = ends?.into_iter().max() else { return Some(unled) };
        unled = last;
    }
    Some(unled)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    const TODAY: Date = date(2026, 11, 28);

    fn mandate(role: Role, from: Option<Date>, to: Option<Date>) -> Mandate {
        Mandate { role, during: Validity::new(from, to).unwrap(), awaited: false }
    }

    fn day(offset: i16) -> Date {
        TODAY.checked_add(jiff::Span::new().days(offset)).unwrap()
    }

    fn any_mandate() -> impl Strategy<Value = Mandate> {
        let end = || proptest::option::of(-40_i16..40);
        (0..4_usize, end(), end(), any::<bool>()).prop_map(|(role, one, other, awaited)| {
            let (from, to) = match (one, other) {
                (Some(one), Some(other)) => (Some(one.min(other)), Some(one.max(other))),
                other => other,
            };
            Mandate { awaited, ..mandate(Role::ALL[role], from.map(day), to.map(day)) }
        })
    }

    #[test]
    fn who_books_and_who_decides_follows_from_the_role() {
        let rights = |role: Role| (role.books(), role.administers());
        assert_eq!(Role::ALL.map(rights), [(true, true), (true, false), (false, false), (false, false)]);
        for hold in [Hold::Own, Hold::Guardian] {
            assert!(hold.books() && hold.administers());
        }
        for key in ["self", "guardian", "administrator", "booker", "treasurer", "leader"] {
            assert_eq!(Hold::parse(key).map(Hold::key), Some(key));
        }
        assert_eq!(Hold::parse("owner"), None);
    }

    #[test]
    fn a_mandate_holds_on_its_first_and_its_last_day_and_not_beyond() {
        let during = Validity::new(Some(TODAY), Some(day(2))).unwrap();
        let standing = [-1, 0, 2, 3].map(|offset| during.standing(day(offset)));
        assert_eq!(standing, [Standing::Coming, Standing::Holds, Standing::Holds, Standing::Over]);
        assert_eq!(Validity::new(Some(TODAY), Some(day(-1))), Err(Backwards));
    }

    #[test]
    fn only_an_administrator_gives() {
        let (booker, administrator) =
            (mandate(Role::Booker, None, None), mandate(Role::Administrator, None, None));
        assert!(Role::ALL.into_iter().all(|role| may_give(&[administrator], role, TODAY)));
        assert!(!may_give(&[booker], Role::Booker, TODAY));
        let over = mandate(Role::Administrator, None, Some(day(-1)));
        assert!(!may_give(&[over, booker], Role::Booker, TODAY));
        assert!(!may_give(&[Mandate { awaited: true, ..administrator }], Role::Booker, TODAY));
    }

    #[test]
    fn the_last_administrator_stays_until_another_has_come() {
        let chair = mandate(Role::Administrator, None, None);
        let waiting = Mandate { awaited: true, ..chair };
        assert_eq!(hand_over(&[chair], &[], TODAY), Err(LastAdministrator));
        assert_eq!(hand_over(&[chair], &[waiting], TODAY), Err(LastAdministrator));
        assert_eq!(hand_over(&[chair, chair], &[chair], TODAY), Ok(()));
        // Whom nobody administers anyway loses nothing.
        assert_eq!(hand_over(&[mandate(Role::Booker, None, None)], &[], TODAY), Ok(()));
    }

    #[test]
    fn the_day_from_which_nobody_administers_is_known_before() {
        let old = mandate(Role::Administrator, None, Some(day(10)));
        let new = mandate(Role::Administrator, Some(day(11)), Some(day(20)));
        assert_eq!(unled_from(&[old], TODAY), Some(day(11)));
        assert_eq!(unled_from(&[old, new], TODAY), Some(day(21)));
        assert_eq!(unled_from(&[old, mandate(Role::Administrator, Some(day(5)), None)], TODAY), None);
        assert_eq!(unled_from(&[], TODAY), Some(TODAY));
    }

    proptest! {
        #[test]
        fn a_change_that_is_let_through_never_leaves_whoever_was_led_without_an_administrator(
            before in proptest::collection::vec(any_mandate(), 0..6),
            after in proptest::collection::vec(any_mandate(), 0..6),
        ) {
            let led = |mandates: &[Mandate]| unled_from(mandates, TODAY) != Some(TODAY);
            prop_assert_eq!(hand_over(&before, &after, TODAY).is_ok(), !led(&before) || led(&after));
        }

        #[test]
        fn the_day_without_administrator_is_the_first_such_day(
            mandates in proptest::collection::vec(any_mandate(), 0..6)
        ) {
            let led = |day: Date| mandates.iter().any(|one| one.role.administers() && !one.awaited && one.during.on(day));
            let found = (0..100).map(day).find(|day| !led(*day));
            prop_assert_eq!(unled_from(&mandates, TODAY), found);
        }

        #[test]
        fn nobody_gives_more_than_they_have(
            own in proptest::collection::vec(any_mandate(), 0..6),
            role in 0..4_usize,
        ) {
            let role = Role::ALL[role];
            if may_give(&own, role, TODAY) {
                let holds = |wanted: fn(Role) -> bool| own.iter().any(|one| !one.awaited && one.during.on(TODAY) && wanted(one.role));
                prop_assert!(holds(Role::administers));
                prop_assert!(!role.books() || holds(Role::books));
            }
        }
    }
}
