//! The words by which people look for things, in both languages.

/// The words for something, as the index has them and as a booking's purpose may begin with them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Words {
    /// The key, as the register writes it.
    pub key: &'static str,
    /// In Swedish.
    pub swedish: &'static [&'static str],
    /// In English.
    pub english: &'static [&'static str],
}

/// The activities that people have words for. One that is not here is found by its key.
pub const ACTIVITIES: [Words; 17] = [
    Words {
        key: "athletics",
        swedish: &["friidrott", "löpning"],
        english: &["athletics", "track", "running"],
    },
    Words { key: "badminton", swedish: &["badminton"], english: &["badminton"] },
    Words { key: "basketball", swedish: &["basket", "basketboll"], english: &["basketball"] },
    Words { key: "dance", swedish: &["dans", "danser", "zumba"], english: &["dance", "dancing"] },
    Words { key: "floorball", swedish: &["innebandy"], english: &["floorball"] },
    Words { key: "football", swedish: &["fotboll", "futsal"], english: &["football", "soccer", "futsal"] },
    Words { key: "gymnastics", swedish: &["gymnastik", "gympa"], english: &["gymnastics", "gym"] },
    Words { key: "handball", swedish: &["handboll"], english: &["handball"] },
    Words {
        key: "ice-sports",
        swedish: &["issport", "ishockey", "hockey", "skridskor", "skridsko", "bandy", "konståkning"],
        english: &["ice", "hockey", "skating", "skates", "bandy"],
    },
    Words {
        key: "martial-arts",
        swedish: &["kampsport", "judo", "karate"],
        english: &["martial", "judo", "karate"],
    },
    Words { key: "padel", swedish: &["padel"], english: &["padel"] },
    Words { key: "riding", swedish: &["ridning", "ridlektion"], english: &["riding", "horse"] },
    Words { key: "swimming", swedish: &["simning", "sim", "bad"], english: &["swimming", "pool"] },
    Words {
        key: "table-tennis",
        swedish: &["bordtennis", "pingis"],
        english: &["table tennis", "ping pong"],
    },
    Words { key: "tennis", swedish: &["tennis"], english: &["tennis"] },
    Words { key: "volleyball", swedish: &["volleyboll", "volley"], english: &["volleyball"] },
    Words { key: "yoga", swedish: &["yoga"], english: &["yoga"] },
];

/// The words for an activity of the register, where people have some.
pub fn activity_words(key: &str) -> Option<&'static Words> {
    ACTIVITIES.iter().find(|words| words.key == key)
}

/// What sort of thing can be booked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// A sports hall, a gymnasium.
    Hall,
    /// A pitch, a rink, a track.
    Pitch,
    /// A meeting room, a classroom.
    Room,
    /// Premises for parties and conferences.
    Premises,
    /// Rooms to sleep in.
    Lodging,
    /// A car, a bus, a trailer.
    Vehicle,
    /// A place for a boat.
    Berth,
    /// Anything else.
    Other,
}

impl Kind {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 8] = [
        Self::Hall,
        Self::Pitch,
        Self::Room,
        Self::Premises,
        Self::Lodging,
        Self::Vehicle,
        Self::Berth,
        Self::Other,
    ];

    /// Its key and its words.
    pub const fn words(self) -> Words {
        let (key, swedish, english): (_, &'static [&'static str], &'static [&'static str]) = match self {
            Self::Hall => {
                ("hall", &["hall", "sporthall", "idrottshall", "gympasal", "gymnastiksal"], &["hall", "gym"])
            }
            Self::Pitch => {
                ("pitch", &["plan", "bana", "idrottsplats", "rink"], &["pitch", "field", "court", "rink"])
            }
            Self::Room => {
                ("room", &["rum", "lokal", "mötesrum", "klassrum", "aula", "möte"], &["room", "meeting"])
            }
            Self::Premises => {
                ("premises", &["festlokal", "lokal", "fest", "kalas", "konferens"], &["party", "venue"])
            }
            Self::Lodging => {
                ("lodging", &["övernattning", "logi", "boende", "sova"], &["lodging", "overnight", "sleep"])
            }
            Self::Vehicle => {
                ("vehicle", &["fordon", "bil", "buss", "släp"], &["vehicle", "car", "bus", "trailer"])
            }
            Self::Berth => {
                ("berth", &["båtplats", "bryggplats", "båt", "brygga"], &["berth", "boat", "mooring"])
            }
            Self::Other => ("other", &["utrustning"], &["equipment"]),
        };
        Words { key, swedish, english }
    }

    /// The kind with this key.
    pub fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.words().key == key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_there_once_and_every_thing_has_words_in_both_languages() {
        let mut keys: Vec<&str> = ACTIVITIES.iter().map(|words| words.key).collect();
        assert!(keys.is_sorted());
        keys.dedup();
        assert_eq!(keys.len(), ACTIVITIES.len());
        for words in ACTIVITIES.into_iter().chain(Kind::ALL.map(Kind::words)) {
            assert!(!words.swedish.is_empty() && !words.english.is_empty(), "{}", words.key);
        }
        assert_eq!(Kind::ALL.map(|kind| Kind::parse(kind.words().key)), Kind::ALL.map(Some));
        assert_eq!(activity_words("floorball").map(|words| words.swedish), Some(&["innebandy"][..]));
        assert_eq!((activity_words("chess"), Kind::parse("")), (None, None));
    }
}
