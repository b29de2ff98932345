/// Enquiries of one person that nobody has ended, at most: more is not an interest but a nuisance.
pub const ENQUIRIES_OPEN_MAX: usize = 5;
/// Messages of one enquiry at most; then people talk.
pub const ENQUIRY_MESSAGES_MAX: usize = 100;
/// A message at most, in characters: a page.
pub const ENQUIRY_TEXT_CHARS_MAX: usize = 2_000;
/// When roughly, at most, in characters.
pub const ENQUIRY_WHEN_CHARS_MAX: usize = 300;

/// How an enquiry stands.
///
/// ```text
///            answer             write
///  Waiting ─────────▶ Answered ─────────▶ Waiting
///     │ └───── close ──────┤ └──▶ Closed
///     └─────── book ───────┴────▶ Booked
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EnquiryState {
    /// An officer's turn.
    Waiting,
    /// The asker's turn.
    Answered,
    /// It became a booking.
    Booked,
    /// It was ended without one.
    Closed,
}

/// Why nothing more is done about an enquiry.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("an enquiry that is {} has ended", from.key())]
pub struct EnquiryEnded {
    /// How it stands.
    pub from: EnquiryState,
}

impl EnquiryState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Answered, Self::Booked, Self::Closed];

    /// As the database writes it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Answered => "answered",
            Self::Booked => "booked",
            Self::Closed => "closed",
        }
    }

    /// The state with this key.
    pub fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.key() == key)
    }

    /// Whether anything can still be done about it.
    pub const fn is_open(self) -> bool {
        match self {
            Self::Waiting | Self::Answered => true,
            Self::Booked | Self::Closed => false,
        }
    }

    /// Somebody writes: staff, or the asker.
    pub const fn write(self, staff: bool) -> Result<Self, EnquiryEnded> {
        match (self, staff) {
            (Self::Waiting | Self::Answered, true) => Ok(Self::Answered),
            (Self::Waiting | Self::Answered, false) => Ok(Self::Waiting),
            (Self::Booked | Self::Closed, _) => Err(EnquiryEnded { from: self }),
        }
    }

    /// It becomes a booking.
    pub const fn book(self) -> Result<Self, EnquiryEnded> {
        if self.is_open() { Ok(Self::Booked) } else { Err(EnquiryEnded { from: self }) }
    }

    /// It is ended without one.
    pub const fn close(self) -> Result<Self, EnquiryEnded> {
        if self.is_open() { Ok(Self::Closed) } else { Err(EnquiryEnded { from: self }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_enquiry_that_has_ended_stays_as_it_ended(steps in prop::collection::vec(0_u8..4, 0..12)) {
            let mut state = EnquiryState::Waiting;
            for step in steps {
                let next = match step {
                    0 => state.write(true),
                    1 => state.write(false),
                    2 => state.book(),
                    _ => state.close(),
                };
                match next {
                    Ok(next) => {
                        prop_assert!(state.is_open());
                        prop_assert!(step != 0 || next == EnquiryState::Answered);
                        prop_assert!(step != 1 || next == EnquiryState::Waiting);
                        state = next;
                    }
                    Err(ended) => prop_assert!(!state.is_open() && ended.from == state),
                }
                prop_assert_eq!(EnquiryState::parse(state.key()), Some(state));
            }
        }
    }
}
