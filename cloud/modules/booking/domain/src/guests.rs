use protocols_ids::OccurrenceId;

/// People with codes of their own at one booking at most: a team and its leaders. Each is a row in the table of the
/// hall's gateway at each time.
pub const GUESTS_MAX: usize = 20;
/// People who were ever let in to one booking at most, those included whose code was taken back: each may get a letter, and
/// nobody writes to the whole town by way of one booking.
pub const GUESTS_EVER_MAX: usize = 100;
/// Codes' times at one booking at most, counted over its guests: as many rows are written in one transaction.
pub const GUEST_TIMES_MAX: usize = 1_000;
/// The longest name, in characters.
pub const NAME_CHARS_MAX: usize = 80;
/// The longest address, as mail has it.
pub const EMAIL_CHARS_MAX: usize = 254;

/// What somebody is called: one line, not blank.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PersonName(String);

/// An address for mail, as far as it can be told without sending any.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Email(String);

impl PersonName {
    /// Reads what was typed; white space of any kind becomes single spaces. `None` where nothing is left, or too much.
    pub fn parse(typed: &str) -> Option<Self> {
        let words =
            typed.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
        let name = words.collect::<Vec<_>>().join(" ");
        (1..=NAME_CHARS_MAX).contains(&name.chars().count()).then_some(Self(name))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Email {
    /// Reads what was typed; `None` unless something stands on both sides of one `@`, with a dot behind it, and nothing
    /// that would be more than one address.
    pub fn parse(typed: &str) -> Option<Self> {
        let text = typed.trim();
        let (local, domain) = text.split_once('@')?;
        let odd = |c: char| c.is_whitespace() || c.is_control() || "<>()[],;:\\\"@".contains(c);
        let whole = !local.is_empty()
            && domain.split('.').count() >= 2
            && domain.split('.').all(|label| !label.is_empty())
            && !local.contains(odd)
            && !domain.contains(odd)
            && text.len() <= EMAIL_CHARS_MAX;
        whole.then(|| Self(text.to_owned()))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// At which times of a booking a guest is let in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum GuestTimes {
    /// At all that it has, whatever becomes of them.
    All,
    /// At these.
    Chosen(Vec<OccurrenceId>),
}

impl GuestTimes {
    /// Which of a booking's times.
    pub fn among(&self, times: &[OccurrenceId]) -> Vec<OccurrenceId> {
        let is_among = |time: &&OccurrenceId| match self {
            Self::All => true,
            Self::Chosen(chosen) => chosen.contains(time),
        };
        times.iter().filter(is_among).copied().collect()
    }

    /// The new times that become a guest's when a booking gives up some times and takes others: where each new one stands
    /// for an old one, the guest goes with it; where they do not, nobody's right grows by itself.
    pub fn follow(&self, given_up: &[OccurrenceId], taken: &[OccurrenceId]) -> Vec<OccurrenceId> {
        match self {
            Self::Chosen(chosen) if given_up.len() == taken.len() => {
                let pairs = given_up.iter().zip(taken).filter(|(old, _)| chosen.contains(old));
                pairs.map(|(_, new)| *new).collect()
            }
            Self::All | Self::Chosen(_) => Vec::new(),
        }
    }
}

/// What becomes of a guest when some of a booking's times become a booking of their own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parted {
    /// Whether they still come to some of what is left.
    pub stays: bool,
    /// At which times of the new booking they are let in; `None` where they come to none.
    pub goes: Option<GuestTimes>,
}

impl GuestTimes {
    /// What becomes of these when each of `split` is another booking's time and `kept` stays: nobody comes to more than
    /// before, or to less.
    pub fn part(&self, kept: &[OccurrenceId], split: &[(OccurrenceId, OccurrenceId)]) -> Parted {
        match self {
            Self::All => Parted { stays: true, goes: Some(Self::All) },
            Self::Chosen(chosen) => {
                let goes = split.iter().filter(|(old, _)| chosen.contains(old)).map(|(_, new)| *new);
                let goes: Vec<OccurrenceId> = goes.collect();
                Parted {
                    stays: kept.iter().any(|time| chosen.contains(time)),
                    goes: (!goes.is_empty()).then_some(Self::Chosen(goes)),
                }
            }
        }
    }
}

/// Why nobody more is let in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FullHouse {
    /// As many as can be have codes of their own.
    #[error("{GUESTS_MAX} guests have codes already")]
    Guests,
    /// As many as can be were let in at one time or another.
    #[error("{GUESTS_EVER_MAX} guests have had codes")]
    Ever,
    /// Their codes open at as many times as can be.
    #[error("guests' codes open at {times} times, at most {GUEST_TIMES_MAX}")]
    Times {
        /// How many it would be.
        times: usize,
    },
}

/// Whether one more guest fits, for so many times; `others` are the numbers of times of those that are there, `ever` counts
/// those too whose code was taken back.
pub fn room_for_guest(others: &[usize], ever: usize, times: usize) -> Result<(), FullHouse> {
    if ever >= GUESTS_EVER_MAX {
        return Err(FullHouse::Ever);
    }
    if others.len() >= GUESTS_MAX {
        return Err(FullHouse::Guests);
    }
    let times = others.iter().fold(times, |sum, one| sum.saturating_add(*one));
    if times > GUEST_TIMES_MAX { Err(FullHouse::Times { times }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use protocols_ids::Uuid;

    fn ids(numbers: &[u128]) -> Vec<OccurrenceId> {
        numbers.iter().map(|number| OccurrenceId::new(Uuid::from_u128(*number))).collect()
    }

    #[test]
    fn an_address_is_one_and_whole() {
        for good in ["anna@example.se", " anna.b+hall@mail.example.se ", "å@exempel.se"] {
            assert!(Email::parse(good).is_some(), "{good}");
        }
        for bad in
            ["", "anna", "@example.se", "anna@", "anna@example", "a b@example.se", "anna@.se", "a@b@c.se"]
        {
            assert!(Email::parse(bad).is_none(), "{bad}");
        }
        for two in
            ["anna@example.se, bo@example.se", "Anna <anna@example.se>", "anna@example.se\r\nBcc: b@c.se"]
        {
            assert!(Email::parse(two).is_none(), "{two}");
        }
        assert!(Email::parse(&format!("{}@example.se", "a".repeat(EMAIL_CHARS_MAX))).is_none());
    }

    #[test]
    fn a_guest_goes_with_the_time_that_is_moved_and_nobody_with_one_that_is_new() {
        let chosen = GuestTimes::Chosen(ids(&[1, 2]));
        assert_eq!(chosen.follow(&ids(&[2, 3]), &ids(&[12, 13])), ids(&[12]));
        assert_eq!(chosen.follow(&ids(&[1, 2]), &ids(&[11])), []);
        assert_eq!(chosen.follow(&ids(&[]), &ids(&[11])), []);
        assert_eq!(GuestTimes::All.among(&ids(&[1, 9])), ids(&[1, 9]));
    }

    #[test]
    fn a_full_house_says_of_what_it_is_full() {
        assert_eq!(room_for_guest(&[1; GUESTS_MAX], GUESTS_MAX, 1), Err(FullHouse::Guests));
        assert_eq!(room_for_guest(&[600], 1, 401), Err(FullHouse::Times { times: 1001 }));
        assert_eq!(room_for_guest(&[600], 99, 400), Ok(()));
        assert_eq!(room_for_guest(&[], GUESTS_EVER_MAX, 1), Err(FullHouse::Ever));
    }

    #[test]
    fn a_guest_of_all_times_is_one_of_both_bookings_and_one_of_the_time_that_goes_leaves() {
        let split = [(ids(&[2])[0], ids(&[12])[0])];
        let of = |times: GuestTimes| times.part(&ids(&[1]), &split);
        assert_eq!(of(GuestTimes::All), Parted { stays: true, goes: Some(GuestTimes::All) });
        let goes = Some(GuestTimes::Chosen(ids(&[12])));
        assert_eq!(of(GuestTimes::Chosen(ids(&[2]))), Parted { stays: false, goes });
        assert_eq!(of(GuestTimes::Chosen(ids(&[1]))), Parted { stays: true, goes: None });
    }

    proptest! {
        #[test]
        fn a_split_takes_no_time_from_a_guest_and_gives_none(
            chosen in prop::collection::btree_set(0_u128..9, 0..9), all in any::<bool>(),
            kept in prop::collection::btree_set(0_u128..9, 0..9), gone in prop::collection::btree_set(0_u128..9, 0..9),
        ) {
            let chosen: Vec<u128> = chosen.into_iter().collect();
            let guest = if all { GuestTimes::All } else { GuestTimes::Chosen(ids(&chosen)) };
            let gone: Vec<u128> = gone.difference(&kept).copied().collect();
            let kept: Vec<u128> = kept.into_iter().collect();
            let new: Vec<u128> = gone.iter().map(|id| id + 100).collect();
            let split: Vec<_> = ids(&gone).into_iter().zip(ids(&new)).collect();
            let before: Vec<_> = guest.among(&ids(&[&kept[..], &gone[..]].concat()));
            let parted = guest.part(&ids(&kept), &split);
            let stays = if parted.stays { guest.among(&ids(&kept)) } else { Vec::new() };
            let goes = parted.goes.map(|goes| goes.among(&ids(&new))).unwrap_or_default();
            let back = goes.iter().map(|new| split.iter().find(|(_, one)| one == new).unwrap().0);
            let after: Vec<_> = stays.into_iter().chain(back).collect();
            prop_assert_eq!(after, before);
        }

        #[test]
        fn a_name_is_one_line_that_reads_back(typed in ".{0,120}") {
            if let Some(name) = PersonName::parse(&typed) {
                prop_assert!(!name.as_str().contains(char::is_control));
                prop_assert_eq!(PersonName::parse(name.as_str()), Some(name));
            }
        }

        #[test]
        fn nobody_is_let_in_at_a_time_that_the_booking_does_not_have(
            chosen in prop::collection::vec(0_u128..9, 0..9), times in prop::collection::vec(0_u128..9, 0..9),
            given_up in prop::collection::vec(0_u128..9, 0..4), taken in prop::collection::vec(20_u128..29, 0..4),
        ) {
            let guest = GuestTimes::Chosen(ids(&chosen));
            prop_assert!(guest.among(&ids(&times)).iter().all(|time| ids(&times).contains(time)));
            let followed = guest.follow(&ids(&given_up), &ids(&taken));
            prop_assert!(followed.iter().all(|time| ids(&taken).contains(time)));
            prop_assert!(followed.len() <= given_up.iter().filter(|time| chosen.contains(time)).count());
        }
    }
}
