//! What is told by which channel.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::QuietHours;

/// How something reaches a person.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Channel {
    /// A letter: rings nowhere, and waits for no hour.
    Email,
    /// A short message to a mobile telephone.
    Sms,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Email, Self::Sms];

    /// As it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
        }
    }

    /// Reads what [`Channel::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.as_str() == text)
    }

    /// Whether it rings, so that it waits for the end of quiet hours.
    pub const fn rings(self) -> bool {
        match self {
            Self::Email => false,
            Self::Sms => true,
        }
    }
}

/// What a message is about, as far as people choose channels by it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Topic {
    /// What became of what one booked, asked or wrote.
    Bookings,
    /// What others did to one's times: closed, opened, moved.
    Disruptions,
    /// What one follows.
    Watched,
}

impl Topic {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Bookings, Self::Disruptions, Self::Watched];

    /// As it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bookings => "bookings",
            Self::Disruptions => "disruptions",
            Self::Watched => "watched",
        }
    }

    /// Reads what [`Topic::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.as_str() == text)
    }

    /// Channels for whoever has chosen none: letters, and short messages for what cannot wait.
    pub fn usual(self) -> BTreeSet<Channel> {
        match self {
            Self::Bookings => [Channel::Email].into(),
            Self::Disruptions | Self::Watched => Channel::ALL.into(),
        }
    }

    /// Whether people must be reached, so that no channel at all cannot be chosen.
    pub const fn must_reach(self) -> bool {
        match self {
            Self::Bookings | Self::Disruptions => true,
            Self::Watched => false,
        }
    }
}

/// What a person chose, topic by topic; the usual where nothing is said.
pub type Choices = BTreeMap<Topic, BTreeSet<Channel>>;

/// Which channels lead to a person.
pub type Reach = BTreeSet<Channel>;

/// What a person wishes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wishes {
    /// What they chose.
    pub choices: Choices,
    /// When nothing rings; never is `None`.
    pub quiet: Option<QuietHours>,
}

/// A message to be sent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Planned {
    /// How.
    pub channel: Channel,
    /// Not before then.
    pub at: Timestamp,
}

/// By which channels something is told, and when. A channel that was not chosen is used only where people must be
/// reached and none that they chose leads to them.
pub fn plan(
    topic: Topic,
    wishes: &Wishes,
    reach: &Reach,
    urgent: bool,
    (now, zone): (Timestamp, &TimeZone),
) -> Vec<Planned> {
    let chosen = wishes.choices.get(&topic).cloned().unwrap_or_else(|| topic.usual());
    let mut by: Vec<Channel> = chosen.intersection(reach).copied().collect();
    if by.is_empty() && topic.must_reach() {
        by.extend(reach.iter().next());
    }
    let at = |channel: Channel| match wishes.quiet {
        Some(quiet) if channel.rings() && !urgent => quiet.first_loud(now, zone),
        Some(_) | None => now,
    };
    by.into_iter().map(|channel| Planned { channel, at: at(channel) }).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn channels() -> impl Strategy<Value = BTreeSet<Channel>> {
        proptest::sample::subsequence(Channel::ALL.to_vec(), 0..=2)
            .prop_map(|some| some.into_iter().collect())
    }

    proptest! {
        #[test]
        fn whoever_can_be_reached_and_must_be_is_and_nobody_by_what_leads_nowhere_or_was_not_chosen(
            topic in proptest::sample::select(Topic::ALL.to_vec()),
            chosen in proptest::option::of(channels()),
            reach in channels(),
            urgent in any::<bool>(),
            second in 1_700_000_000_i64..1_900_000_000,
        ) {
            let zone = TimeZone::get("Europe/Stockholm").unwrap();
            let now = Timestamp::from_second(second).unwrap();
            let quiet = Some(QuietHours::USUAL);
            let choices: Choices = chosen.iter().map(|some| (topic, some.clone())).collect();
            let planned = plan(topic, &Wishes { choices, quiet }, &reach, urgent, (now, &zone));
            let wanted = chosen.unwrap_or_else(|| topic.usual());
            let by: BTreeSet<Channel> = planned.iter().map(|one| one.channel).collect();
            prop_assert!(by.is_subset(&reach));
            prop_assert_eq!(by.len(), planned.len());
            if topic.must_reach() && !reach.is_empty() {
                prop_assert!(!by.is_empty());
            }
            if !by.is_subset(&wanted) {
                prop_assert!(topic.must_reach() && wanted.is_disjoint(&reach) && by.len() == 1);
            }
            prop_assert!(wanted.intersection(&reach).all(|channel| by.contains(channel)));
            for one in planned {
                prop_assert!(one.at >= now);
                if urgent || !one.channel.rings() {
                    prop_assert_eq!(one.at, now);
                } else {
                    prop_assert!(!QuietHours::USUAL.cover(zone.to_datetime(one.at).time()));
                }
            }
        }
    }
}
