//! What somebody looks for, read from the fields of a form.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;

use crate::when::{MORNING, NIGHT_MINUTES, clock};
use crate::{Day, Kind, Near, Window};

/// The longest text in a field, in characters: longer than any name in a register.
pub const TEXT_CHARS_MAX: usize = 100;
/// Words of a text that are looked for at most: more than anybody types, and each is a look-up in the index.
const WORDS_MAX: usize = 8;
/// The longest time that can be asked for, in minutes: a week, as long as any booking.
const MINUTES_MAX: u32 = 7 * 24 * 60;
/// The most people that can be asked for: a stadium.
pub const PERSONS_MAX: u32 = 100_000;
/// The highest price that can be asked for, in kronor an hour.
const KRONOR_MAX: u32 = 100_000;
/// The last page that can be asked for: more than the resources of any city fill.
const PAGES_MAX: u32 = 1_000;

/// How large at least.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Size {
    /// A badminton court with its margins.
    Court,
    /// Half a hall.
    Half,
    /// A whole hall.
    Whole,
}

impl Size {
    /// All of them, smallest first.
    pub const ALL: [Self; 3] = [Self::Court, Self::Half, Self::Whole];

    /// Its key.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Court => "court",
            Self::Half => "half",
            Self::Whole => "whole",
        }
    }

    /// In square metres.
    pub const fn square_metres(self) -> u32 {
        match self {
            Self::Court => 100,
            Self::Half => 350,
            Self::Whole => 800,
        }
    }
}

/// What comes first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sort {
    /// What is free first.
    Soonest,
    /// What is nearest.
    Nearest,
    /// What costs least.
    Cheapest,
}

impl Sort {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Soonest, Self::Nearest, Self::Cheapest];

    /// Its key.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Soonest => "soonest",
            Self::Nearest => "nearest",
            Self::Cheapest => "cheapest",
        }
    }
}

/// What the register knows, as far as one can choose it.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Keys of activities.
    pub activities: BTreeSet<String>,
    /// Names of facilities in paths.
    pub places: BTreeSet<String>,
    /// Names of equipment.
    pub equipment: BTreeSet<String>,
    /// Keys of facts of accessibility.
    pub accessible: BTreeSet<String>,
}

/// What somebody looks for.
#[derive(Clone, PartialEq, Debug)]
pub struct Query {
    /// What was typed.
    pub text: String,
    /// To do what.
    pub activity: Option<String>,
    /// At which facility.
    pub place: Option<String>,
    /// What sort of thing.
    pub kind: Option<Kind>,
    /// On which day.
    pub day: Day,
    /// Not before this time of the clock.
    pub after: Option<Time>,
    /// Over by this time of the clock.
    pub before: Option<Time>,
    /// For how long.
    pub minutes: Option<u32>,
    /// How large at least.
    pub size: Option<Size>,
    /// For how many.
    pub persons: Option<u32>,
    /// With what.
    pub equipment: Option<String>,
    /// With which facts of accessibility, all of them.
    pub accessible: BTreeSet<String>,
    /// For how many kronor an hour at most.
    pub kronor_max: Option<u32>,
    /// Near what.
    pub near: Option<Near>,
    /// What comes first, where that was said.
    pub sort: Option<Sort>,
    /// Which page of the list, from 1.
    pub page: u32,
}

impl Default for Query {
    fn default() -> Self {
        Self {
            text: String::new(),
            activity: None,
            place: None,
            kind: None,
            day: Day::Any,
            after: None,
            before: None,
            minutes: None,
            size: None,
            persons: None,
            equipment: None,
            accessible: BTreeSet::new(),
            kronor_max: None,
            near: None,
            sort: None,
            page: 1,
        }
    }
}

/// What is wrong with a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Wrong {
    /// Nothing of that name can be chosen.
    #[error("cannot be chosen")]
    Unknown,
    /// The text is too long.
    #[error("longer than {TEXT_CHARS_MAX} characters")]
    TooLong,
    /// It is no such whole number.
    #[error("not a whole number from {from} to {to}")]
    NoNumber {
        /// The smallest that may be.
        from: u32,
        /// The largest that may be.
        to: u32,
    },
    /// It is no time of the clock.
    #[error("not a time of the clock")]
    NoClock,
    /// It is no day.
    #[error("not a day")]
    NoDay,
    /// It would be over before it begins.
    #[error("not after the beginning")]
    NotAfter,
}

/// A field with what is wrong with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WrongField {
    /// Its name.
    pub field: &'static str,
    /// What is wrong.
    pub wrong: Wrong,
}

/// One thing that narrows a search.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Filter {
    /// What was typed.
    Text,
    /// To do what.
    Activity,
    /// Where.
    Place,
    /// What sort of thing.
    Kind,
    /// The day.
    Day,
    /// The times of the clock.
    Clock,
    /// How long.
    Minutes,
    /// How large.
    Size,
    /// For how many.
    Persons,
    /// With what.
    Equipment,
    /// With which accessibility.
    Accessibility,
    /// For how much.
    Price,
}

impl Filter {
    /// All of them, in the order in which it helps to loosen them.
    pub const ALL: [Self; 12] = [
        Self::Clock,
        Self::Day,
        Self::Minutes,
        Self::Place,
        Self::Price,
        Self::Size,
        Self::Persons,
        Self::Equipment,
        Self::Accessibility,
        Self::Kind,
        Self::Activity,
        Self::Text,
    ];

    /// Whether free times depend on it.
    pub const fn is_of_time(self) -> bool {
        match self {
            Self::Day | Self::Clock | Self::Minutes => true,
            Self::Text
            | Self::Activity
            | Self::Place
            | Self::Kind
            | Self::Size
            | Self::Persons
            | Self::Equipment
            | Self::Accessibility
            | Self::Price => false,
        }
    }
}

/// Reads one field after the other, and keeps what is wrong.
struct Reader<'a> {
    pairs: &'a [(String, String)],
    wrong: Vec<WrongField>,
}

impl<'a> Reader<'a> {
    /// What a field holds: the last of its values, since a browser sends what stands later in the form later.
    fn text(&mut self, field: &'static str) -> Option<&'a str> {
        let (_, value) = self.pairs.iter().rev().find(|(name, _)| name == field)?;
        let value = value.trim();
        // The first characters tell enough of one that is too long: it is not counted to its end.
        if value.chars().nth(TEXT_CHARS_MAX).is_some() {
            return self.refuse(field, Wrong::TooLong);
        }
        Some(value).filter(|value| !value.is_empty())
    }

    fn refuse<T>(&mut self, field: &'static str, wrong: Wrong) -> Option<T> {
        self.wrong.push(WrongField { field, wrong });
        None
    }

    fn read<T>(&mut self, field: &'static str, wrong: Wrong, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = self.text(field)?;
        read(text).or_else(|| self.refuse(field, wrong))
    }

    fn number(&mut self, field: &'static str, to: u32) -> Option<u32> {
        self.read(field, Wrong::NoNumber { from: 1, to }, |text| {
            let plain = text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|number| plain && (1..=to).contains(number))
        })
    }

    fn one_of(&mut self, field: &'static str, known: &BTreeSet<String>) -> Option<String> {
        self.read(field, Wrong::Unknown, |text| known.get(text).cloned())
    }
}

impl Reader<'_> {
    /// All values of a field that may be chosen together.
    fn all_of(&mut self, field: &'static str, known: &BTreeSet<String>) -> BTreeSet<String> {
        let values = self.pairs.iter().filter(|(name, _)| name == field).map(|(_, value)| value.trim());
        let (chosen, foreign): (BTreeSet<&str>, BTreeSet<&str>) =
            values.filter(|value| !value.is_empty()).partition(|value| known.contains(*value));
        if !foreign.is_empty() {
            self.wrong.push(WrongField { field, wrong: Wrong::Unknown });
        }
        chosen.into_iter().map(str::to_owned).collect()
    }
}

impl Query {
    /// Reads the fields of a form, or says of each that is wrong why. A field that is not there, or empty, asks for
    /// nothing; one that this form does not have says nothing.
    pub fn read(pairs: &[(String, String)], known: &Known) -> Result<Self, Vec<WrongField>> {
        let mut form = Reader { pairs, wrong: Vec::new() };
        let day = form.read("when", Wrong::NoDay, Day::parse);
        // A date that somebody took the trouble to choose goes before the day beside it.
        let date = form.read("date", Wrong::NoDay, |text| match Day::parse(text) {
            Some(Day::On(date)) => Some(Day::On(date)),
            Some(Day::Any | Day::Today | Day::Tonight | Day::Tomorrow | Day::Weekend) | None => None,
        });
        let query = Self {
            text: form.text("q").unwrap_or_default().to_owned(),
            activity: form.one_of("activity", &known.activities),
            place: form.one_of("place", &known.places),
            kind: form.read("kind", Wrong::Unknown, Kind::parse),
            day: date.or(day).unwrap_or(Day::Any),
            after: form.read("after", Wrong::NoClock, clock),
            before: form.read("before", Wrong::NoClock, clock),
            minutes: form.number("minutes", MINUTES_MAX),
            size: form
                .read("size", Wrong::Unknown, |key| Size::ALL.into_iter().find(|size| size.key() == key)),
            persons: form.number("persons", PERSONS_MAX),
            equipment: form.one_of("equipment", &known.equipment),
            accessible: form.all_of("accessible", &known.accessible),
            kronor_max: form.number("price", KRONOR_MAX),
            near: form.text("near").map(Near::read),
            sort: form
                .read("sort", Wrong::Unknown, |key| Sort::ALL.into_iter().find(|sort| sort.key() == key)),
            page: form.number("page", PAGES_MAX).unwrap_or(1),
        };
        if query.before.is_some_and(|before| query.after.is_some_and(|after| before <= after)) {
            form.wrong.push(WrongField { field: "before", wrong: Wrong::NotAfter });
        }
        if form.wrong.is_empty() { Ok(query) } else { Err(form.wrong) }
    }

    /// The words to look for in the index: letters and digits only, in small letters.
    pub fn words(&self) -> Vec<String> {
        let text = self.text.to_lowercase();
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        words.take(WORDS_MAX).map(str::to_owned).collect()
    }

    /// Whether it matters when.
    pub fn asks_for_time(&self) -> bool {
        [Filter::Day, Filter::Clock, Filter::Minutes].into_iter().any(|filter| self.has(filter))
    }

    /// Whether it is narrowed by this.
    pub fn has(&self, filter: Filter) -> bool {
        match filter {
            Filter::Text => !self.words().is_empty(),
            Filter::Activity => self.activity.is_some(),
            Filter::Place => self.place.is_some(),
            Filter::Kind => self.kind.is_some(),
            Filter::Day => self.day != Day::Any,
            Filter::Clock => self.after.is_some() || self.before.is_some(),
            Filter::Minutes => self.minutes.is_some(),
            Filter::Size => self.size.is_some(),
            Filter::Persons => self.persons.is_some(),
            Filter::Equipment => self.equipment.is_some(),
            Filter::Accessibility => !self.accessible.is_empty(),
            Filter::Price => self.kronor_max.is_some(),
        }
    }

    /// The same without this, from the first page.
    #[must_use]
    pub fn without(&self, filter: Filter) -> Self {
        let mut loose = Self { page: 1, ..self.clone() };
        match filter {
            Filter::Text => loose.text.clear(),
            Filter::Activity => loose.activity = None,
            Filter::Place => loose.place = None,
            Filter::Kind => loose.kind = None,
            Filter::Day => loose.day = Day::Any,
            Filter::Clock => (loose.after, loose.before) = (None, None),
            Filter::Minutes => loose.minutes = None,
            Filter::Size => loose.size = None,
            Filter::Persons => loose.persons = None,
            Filter::Equipment => loose.equipment = None,
            Filter::Accessibility => loose.accessible.clear(),
            Filter::Price => loose.kronor_max = None,
        }
        loose
    }

    /// When times begin, as instants: from now on, by these clocks. Not at night, unless that is asked for by the clock.
    pub fn windows(&self, zone: &TimeZone, now: Timestamp) -> Vec<Window> {
        let after = self.after.or(self.leaves_out_night().then_some(MORNING));
        self.day.windows(after, self.before, zone, now)
    }

    /// Whether times that begin at night are left out because no clock says otherwise.
    pub fn leaves_out_night(&self) -> bool {
        self.after.is_none() && self.before.is_none_or(|before| before > MORNING) && self.day != Day::Tonight
    }

    /// The same with the night.
    #[must_use]
    pub fn with_night(&self) -> Self {
        Self { after: Some(Time::midnight()), page: 1, ..self.clone() }
    }

    /// So long may a time still last when its day is over.
    pub fn over_minutes(&self) -> u32 {
        if self.before.is_none() { NIGHT_MINUTES } else { 0 }
    }

    /// The fields of a form that ask for the same, without those that ask for nothing.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let clock = |time: Option<Time>| time.map(|time| format!("{:02}:{:02}", time.hour(), time.minute()));
        let number = |number: Option<u32>| number.map(|number| number.to_string());
        let single = [
            ("q", Some(self.text.clone())),
            ("activity", self.activity.clone()),
            ("when", Some(self.day.key())),
            ("after", clock(self.after)),
            ("before", clock(self.before)),
            ("minutes", number(self.minutes)),
            ("place", self.place.clone()),
            ("near", self.near.as_ref().map(ToString::to_string)),
            ("kind", self.kind.map(|kind| kind.words().key.to_owned())),
            ("size", self.size.map(|size| size.key().to_owned())),
            ("persons", number(self.persons)),
            ("equipment", self.equipment.clone()),
            ("price", number(self.kronor_max)),
            ("sort", self.sort.map(|sort| sort.key().to_owned())),
            ("page", Some(self.page).filter(|page| *page > 1).map(|page| page.to_string())),
        ];
        let accessible = self.accessible.iter().map(|key| ("accessible", Some(key.clone())));
        accessible
            .chain(single)
            .filter_map(|(name, value)| Some((name, value?)))
            .filter(|(_, value)| !value.is_empty())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn known() -> Known {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Known {
            activities: set(&["badminton", "floorball"]),
            places: set(&["provhallen"]),
            equipment: set(&["Mål & nät"]),
            accessible: set(&["lift", "toilet"]),
        }
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn read(fields: &[(&str, &str)]) -> Result<Query, Vec<WrongField>> {
        Query::read(&pairs(fields), &known())
    }

    #[test]
    fn thursday_after_six_two_hours_floorball_is_read() {
        let query = read(&[
            ("q", ""),
            ("activity", "floorball"),
            ("when", "2026-11-26"),
            ("after", "18"),
            ("minutes", "120"),
            ("foreign", "x"),
        ])
        .unwrap();
        assert_eq!(query.activity.as_deref(), Some("floorball"));
        assert_eq!((query.minutes, query.after), (Some(120), Some(Time::constant(18, 0, 0, 0))));
        assert!(query.asks_for_time() && !query.has(Filter::Text));
        let windows = query.windows(&TimeZone::UTC, "2026-11-23T09:00:00Z".parse().unwrap());
        assert_eq!(windows.len(), 1);
    }

    #[test]
    fn a_day_without_a_clock_begins_in_the_morning_and_the_night_is_there_for_whoever_asks() {
        let windows = |pairs: &[(&str, &str)]| {
            let query = read(pairs).unwrap();
            let windows = query.windows(&TimeZone::UTC, "2026-11-23T01:00:00Z".parse().unwrap());
            let told = windows.iter().map(|one| format!("{} {}", one.starts_at, one.ends_at));
            (query.leaves_out_night(), told.collect::<Vec<_>>())
        };
        let tomorrow = ("when", "tomorrow");
        let from = |from: &str, to: &str| vec![format!("2026-11-24T{from}:00Z {to}:00Z")];
        let (day, midnight) = ("06:00", "2026-11-25T00:00");
        assert_eq!(windows(&[tomorrow]), (true, from(day, midnight)));
        assert_eq!(windows(&[tomorrow, ("before", "12")]), (true, from(day, "2026-11-24T12:00")));
        assert_eq!(windows(&[tomorrow, ("after", "0")]), (false, from("00:00", midnight)));
        assert_eq!(windows(&[tomorrow, ("after", "3")]), (false, from("03:00", midnight)));
        assert_eq!(windows(&[tomorrow, ("before", "6")]), (false, from("00:00", "2026-11-24T06:00")));
        // The evening has a beginning of its own; today at one in the night begins in the morning, too.
        assert!(!windows(&[("when", "tonight")]).0);
        assert_eq!(windows(&[("when", "today")]).1, ["2026-11-23T06:00:00Z 2026-11-24T00:00:00Z"]);
        let week = windows(&[]).1;
        assert!(week.len() == 7 && week.iter().all(|one| one.contains("T06:00:00Z ")), "{week:?}");
        let night = read(&[tomorrow, ("page", "3")]).unwrap().with_night();
        assert_eq!(night, read(&[tomorrow, ("after", "00:00")]).unwrap());
        assert!(!night.leaves_out_night());
        assert_eq!(read(&[tomorrow]).unwrap().over_minutes(), 360);
        assert_eq!(read(&[tomorrow, ("before", "22")]).unwrap().over_minutes(), 0);
    }

    #[test]
    fn every_field_that_is_wrong_is_told_and_why() {
        let long = "å".repeat(TEXT_CHARS_MAX + 1);
        for (field, value, wrong) in [
            ("q", long.as_str(), Wrong::TooLong),
            ("activity", "curling", Wrong::Unknown),
            ("place", "' OR 1=1 --", Wrong::Unknown),
            ("kind", "<script>", Wrong::Unknown),
            ("when", "yesterday", Wrong::NoDay),
            ("date", "tonight", Wrong::NoDay),
            ("date", "2026-13-01", Wrong::NoDay),
            ("after", "25", Wrong::NoClock),
            ("before", "\0", Wrong::NoClock),
            ("minutes", "0", Wrong::NoNumber { from: 1, to: MINUTES_MAX }),
            ("minutes", "99999999999", Wrong::NoNumber { from: 1, to: MINUTES_MAX }),
            ("persons", "-1", Wrong::NoNumber { from: 1, to: PERSONS_MAX }),
            ("size", "huge", Wrong::Unknown),
            ("equipment", "Månraket", Wrong::Unknown),
            ("accessible", "stairs", Wrong::Unknown),
            ("price", "1e3", Wrong::NoNumber { from: 1, to: KRONOR_MAX }),
            ("near", long.as_str(), Wrong::TooLong),
            ("sort", "random", Wrong::Unknown),
            ("page", "1001", Wrong::NoNumber { from: 1, to: PAGES_MAX }),
        ] {
            assert_eq!(read(&[(field, value)]), Err(vec![WrongField { field, wrong }]), "{field}={value}");
        }
        let both = read(&[("minutes", "x"), ("after", "20"), ("before", "18")]).unwrap_err();
        assert_eq!(both.iter().map(|one| one.field).collect::<Vec<_>>(), ["minutes", "before"]);
    }

    #[test]
    fn the_last_of_several_values_counts_and_a_date_goes_before_a_day() {
        assert_eq!(read(&[("minutes", "60"), ("minutes", "120")]).unwrap().minutes, Some(120));
        let both = read(&[("accessible", "lift"), ("accessible", "toilet")]).unwrap().accessible;
        assert_eq!(both.len(), 2, "where several may be chosen all count");
        let day = read(&[("when", "tonight"), ("date", "2026-12-01")]).unwrap().day;
        assert_eq!(day.key(), "2026-12-01");
    }

    #[test]
    fn words_are_letters_and_digits_and_not_too_many() {
        let words = |text: &str| Query { text: text.to_owned(), ..Query::default() }.words();
        assert_eq!(words("Solskiftets 'hall' & | ! :* (A1)"), ["solskiftets", "hall", "a1"]);
        assert_eq!(words("!!!"), [""; 0]);
        assert_eq!(words(&"a ".repeat(50)).len(), WORDS_MAX);
    }

    fn some_fields() -> impl Strategy<Value = Vec<(String, String)>> {
        let name = prop_oneof![
            Just("q"),
            Just("activity"),
            Just("place"),
            Just("kind"),
            Just("when"),
            Just("date"),
            Just("after"),
            Just("before"),
            Just("minutes"),
            Just("size"),
            Just("persons"),
            Just("equipment"),
            Just("price"),
            Just("near"),
            Just("sort"),
            Just("page"),
            Just("accessible"),
        ];
        let value = prop_oneof![
            any::<String>(),
            Just("18:30".to_owned()),
            Just("120".to_owned()),
            Just("tonight".to_owned()),
            Just("2026-11-26".to_owned()),
            Just("floorball".to_owned()),
            Just("provhallen".to_owned()),
            Just("Mål & nät".to_owned()),
            Just("hall".to_owned()),
            Just("half".to_owned()),
            Just("nearest".to_owned()),
            Just("59.4794,18.2997".to_owned()),
            Just("lift".to_owned()),
            Just("toilet".to_owned()),
        ];
        proptest::collection::vec((name.prop_map(str::to_owned), value), 0..12)
    }

    proptest! {
        #[test]
        fn whatever_is_sent_is_read_or_told_and_what_is_read_can_be_sent_again(fields in some_fields()) {
            match Query::read(&fields, &known()) {
                Ok(query) => {
                    let again = pairs(&query.pairs().iter().map(|(n, v)| (*n, v.as_str())).collect::<Vec<_>>());
                    prop_assert_eq!(Query::read(&again, &known()), Ok(query.clone()));
                    for filter in Filter::ALL {
                        prop_assert!(!query.without(filter).has(filter));
                    }
                    for word in query.words() {
                        prop_assert!(word.chars().all(char::is_alphanumeric));
                    }
                }
                Err(wrong) => prop_assert!(!wrong.is_empty()),
            }
        }
    }
}
