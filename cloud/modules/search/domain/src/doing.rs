//! What somebody does, as everybody may know it.

use crate::vocabulary::ACTIVITIES;

/// The sort of thing that a booking is for. The booker's own words may name a person or tell of an illness; of them
/// only that is kept which is one of these.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Doing {
    /// An activity of the vocabulary, by its key.
    Activity(&'static str),
    /// A match, a competition.
    Contest,
    /// Training of some kind.
    Training,
    /// A party.
    Party,
    /// A meeting, a course, a lecture.
    Meeting,
    /// A camp, a day of sports.
    Camp,
    /// A concert, a play, a show.
    Show,
    /// Lessons of a school.
    School,
}

/// How words begin that say what is done, where no activity is named.
const BEGINNINGS: [(Doing, &[&str]); 7] = [
    (Doing::Contest, &["match", "turnering", "cup", "tävling", "seriespel", "tournament", "game"]),
    (Doing::Party, &["fest", "kalas", "födelsedag", "bröllop", "dop", "party", "birthday", "wedding"]),
    (Doing::Camp, &["läger", "träningsläger", "camp", "friluftsdag", "idrottsdag"]),
    (Doing::Show, &["konsert", "teater", "föreställning", "uppvisning", "concert", "show"]),
    (Doing::School, &["lektion", "skol", "idrottslektion", "lesson", "school"]),
    (
        Doing::Meeting,
        &["möte", "årsmöte", "styrelsemöte", "kurs", "föreläsning", "konferens", "meeting", "course"],
    ),
    (Doing::Training, &["träning", "träna", "pass", "training", "practice"]),
];

impl Doing {
    /// What a purpose says, if it says one of these: an activity first, since that tells more than training does.
    pub fn of(purpose: &str) -> Option<Self> {
        let text = purpose.to_lowercase();
        let words: Vec<&str> =
            text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let begins = |beginnings: &[&str]| {
            // `bad` begins `badminton`: short words are whole words.
            let fits = |word: &&str| {
                beginnings.iter().any(|beginning| match beginning.chars().count() {
                    0..=4 => word == beginning,
                    _ => word.starts_with(beginning),
                })
            };
            words.iter().any(fits)
        };
        let activity =
            ACTIVITIES.iter().find(|activity| begins(activity.swedish) || begins(activity.english));
        match activity {
            Some(activity) => Some(Self::Activity(activity.key)),
            None => BEGINNINGS.iter().find(|(_, beginnings)| begins(beginnings)).map(|(doing, _)| *doing),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_purpose_is_told_by_a_word_of_our_own() {
        for (purpose, doing) in [
            ("Innebandyträning P12", Some(Doing::Activity("floorball"))),
            ("badminton med Kalle", Some(Doing::Activity("badminton"))),
            ("Badmintonkväll", Some(Doing::Activity("badminton"))),
            ("Bad", Some(Doing::Activity("swimming"))),
            ("Lisas födelsedag", Some(Doing::Party)),
            ("Årsmöte", Some(Doing::Meeting)),
            ("Träning F09", Some(Doing::Training)),
            ("DM-match herrar", Some(Doing::Contest)),
            ("Rehabilitering för Kalle Svensson", None),
            ("", None),
        ] {
            assert_eq!(Doing::of(purpose), doing, "{purpose}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(purpose in any::<String>()) {
            let _doing = Doing::of(&purpose);
        }
    }
}
