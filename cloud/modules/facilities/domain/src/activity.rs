//! What a space is good for.

use serde::{Deserialize, Serialize};

/// What people come to do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activity {
    /// Badminton.
    Badminton,
    /// Basketball.
    Basketball,
    /// Dance.
    Dance,
    /// Floorball.
    Floorball,
    /// Football.
    Football,
    /// Gymnastics.
    Gymnastics,
    /// Handball.
    Handball,
    /// Skating, ice hockey, bandy.
    IceSports,
    /// Table tennis.
    TableTennis,
    /// Volleyball.
    Volleyball,
}

impl Activity {
    /// All of them, in the order of their keys.
    pub const ALL: [Self; 10] = [
        Self::Badminton,
        Self::Basketball,
        Self::Dance,
        Self::Floorball,
        Self::Football,
        Self::Gymnastics,
        Self::Handball,
        Self::IceSports,
        Self::TableTennis,
        Self::Volleyball,
    ];

    /// Its key, as files and the database write it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Badminton => "badminton",
            Self::Basketball => "basketball",
            Self::Dance => "dance",
            Self::Floorball => "floorball",
            Self::Football => "football",
            Self::Gymnastics => "gymnastics",
            Self::Handball => "handball",
            Self::IceSports => "ice-sports",
            Self::TableTennis => "table-tennis",
            Self::Volleyball => "volleyball",
        }
    }

    /// The activity with this key.
    pub fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|activity| activity.key() == key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_the_database_write_the_same_keys() {
        #[derive(Deserialize)]
        struct File {
            activities: Vec<Activity>,
        }
        let keys = Activity::ALL.map(Activity::key);
        let file: File = toml::from_str(&format!("activities = {keys:?}")).unwrap();
        assert_eq!(file.activities, Activity::ALL);
        assert_eq!(keys.map(Activity::parse), Activity::ALL.map(Some));
        assert_eq!(Activity::parse("chess"), None);
    }
}
