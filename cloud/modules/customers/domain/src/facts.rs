//! What is known of a customer, and what two who change it at once make of it together.

use crate::OrganisationNumber;
use crate::text::{is_email, one_line};

/// Characters of a name at most.
pub const NAME_CHARS_MAX: usize = 120;
/// Characters of an address at most.
pub const ADDRESS_CHARS_MAX: usize = 200;
/// Characters of a town's name at most.
pub const TOWN_CHARS_MAX: usize = 80;
/// Characters of a telephone number at most.
const TELEPHONE_CHARS_MAX: usize = 30;
/// Digits of a telephone number at least: the shortest that a municipality's own exchange has.
const TELEPHONE_DIGITS_MIN: usize = 5;
/// Characters of a web address at most.
pub const WEB_CHARS_MAX: usize = 200;
/// Sports of one customer at most.
pub const SPORTS_MAX: usize = 20;
/// Characters of a sport at most.
pub const SPORT_CHARS_MAX: usize = 40;

/// Ages that an association works with, as statistics and subsidies count them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum AgeGroup {
    /// To 6.
    Small,
    /// 7 to 12.
    Children,
    /// 13 to 20.
    Youth,
    /// 21 to 64.
    Adults,
    /// From 65.
    Seniors,
}

impl AgeGroup {
    /// All of them, youngest first.
    pub const ALL: [Self; 5] = [Self::Small, Self::Children, Self::Youth, Self::Adults, Self::Seniors];

    /// As it is stored and published.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Small => "0-6",
            Self::Children => "7-12",
            Self::Youth => "13-20",
            Self::Adults => "21-64",
            Self::Seniors => "65-",
        }
    }
}

/// A field of what is known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Field {
    /// What it is called.
    Name,
    /// Its organisation number.
    Number,
    /// Street and postal code.
    Address,
    /// Where.
    Town,
    /// Where it is written to.
    Email,
    /// Where it is called.
    Telephone,
    /// Its pages.
    Web,
    /// What it does.
    Sports,
    /// For whom.
    Ages,
}

impl Field {
    /// All of them, in the order of the form.
    pub const ALL: [Self; 9] = [
        Self::Name,
        Self::Number,
        Self::Address,
        Self::Town,
        Self::Email,
        Self::Telephone,
        Self::Web,
        Self::Sports,
        Self::Ages,
    ];

    /// Its name in forms, files and the audit.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Number => "organisation_number",
            Self::Address => "address",
            Self::Town => "town",
            Self::Email => "email",
            Self::Telephone => "telephone",
            Self::Web => "web",
            Self::Sports => "sports",
            Self::Ages => "age_groups",
        }
    }

    /// The field of this name.
    pub fn parse(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.key() == key)
    }
}

/// Why a value cannot be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wrong {
    /// It must be said.
    Missing,
    /// It is too long.
    TooLong {
        /// Characters at most.
        most: usize,
    },
    /// There are too many.
    TooMany {
        /// How many at most.
        most: usize,
    },
    /// It has characters that no page shows.
    Unprintable,
    /// No organisation number.
    NoNumber,
    /// No address for mail.
    NoEmail,
    /// No telephone number.
    NoTelephone,
    /// No address on the web.
    NoWeb,
    /// Not one of the choices.
    Unknown,
}

/// What is known of a customer. Texts as they were typed, in their written form once [`Facts::tidy`] has been there;
/// empty is not known. Sports are separated by commas.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Facts {
    /// What it is called.
    pub name: String,
    /// Its organisation number.
    pub number: String,
    /// Street and postal code.
    pub address: String,
    /// Where.
    pub town: String,
    /// Where it is written to.
    pub email: String,
    /// Where it is called.
    pub telephone: String,
    /// Its pages.
    pub web: String,
    /// What it does.
    pub sports: String,
    /// For whom, by the keys of [`AgeGroup`].
    pub ages: String,
}

impl Facts {
    /// What stands in a field.
    pub fn get(&self, field: Field) -> &str {
        match field {
            Field::Name => &self.name,
            Field::Number => &self.number,
            Field::Address => &self.address,
            Field::Town => &self.town,
            Field::Email => &self.email,
            Field::Telephone => &self.telephone,
            Field::Web => &self.web,
            Field::Sports => &self.sports,
            Field::Ages => &self.ages,
        }
    }

    /// Writes into a field.
    pub fn set(&mut self, field: Field, text: &str) {
        let place = match field {
            Field::Name => &mut self.name,
            Field::Number => &mut self.number,
            Field::Address => &mut self.address,
            Field::Town => &mut self.town,
            Field::Email => &mut self.email,
            Field::Telephone => &mut self.telephone,
            Field::Web => &mut self.web,
            Field::Sports => &mut self.sports,
            Field::Ages => &mut self.ages,
        };
        text.clone_into(place);
    }

    /// As it is kept: single spaces, numbers in their written form, a web address with its scheme, lists without holes.
    #[must_use]
    pub fn tidy(&self) -> Self {
        let list = |text: &str| {
            let mut seen: Vec<String> = Vec::new();
            for one in text.split(',').map(one_line).filter(|one| !one.is_empty()) {
                if !seen.iter().any(|known| known.to_lowercase() == one.to_lowercase()) {
                    seen.push(one);
                }
            }
            seen.join(", ")
        };
        let web = one_line(&self.web);
        let number = one_line(&self.number);
        Self {
            name: one_line(&self.name),
            number: OrganisationNumber::parse(&number).map(|known| known.to_string()).unwrap_or(number),
            address: one_line(&self.address),
            town: one_line(&self.town),
            email: one_line(&self.email),
            telephone: one_line(&self.telephone),
            web: if web.is_empty() || web.contains(':') { web } else { format!("https://{web}") },
            sports: list(&self.sports),
            ages: list(&self.ages),
        }
    }

    /// What is wrong with it, tidied, by field.
    pub fn problems(&self) -> Vec<(Field, Wrong)> {
        let longest = |field| match field {
            Field::Name => NAME_CHARS_MAX,
            Field::Address => ADDRESS_CHARS_MAX,
            Field::Town => TOWN_CHARS_MAX,
            Field::Telephone => TELEPHONE_CHARS_MAX,
            Field::Web => WEB_CHARS_MAX,
            Field::Number | Field::Email | Field::Sports | Field::Ages => usize::MAX,
        };
        let wrong = |field: Field| {
            let text = self.get(field);
            if text.is_empty() {
                return (field == Field::Name).then_some(Wrong::Missing);
            }
            let most = longest(field);
            if text.chars().count() > most {
                return Some(Wrong::TooLong { most });
            }
            match field {
                Field::Number => OrganisationNumber::parse(text).is_err().then_some(Wrong::NoNumber),
                Field::Email => (!is_email(text)).then_some(Wrong::NoEmail),
                Field::Telephone => (!is_telephone(text)).then_some(Wrong::NoTelephone),
                Field::Web => (!is_web(text)).then_some(Wrong::NoWeb),
                Field::Sports => wrong_sports(text),
                Field::Ages => {
                    let known = |key: &str| AgeGroup::ALL.iter().any(|group| group.key() == key);
                    (!text.split(", ").all(known)).then_some(Wrong::Unknown)
                }
                Field::Name | Field::Address | Field::Town => {
                    text.chars().any(char::is_control).then_some(Wrong::Unprintable)
                }
            }
        };
        Field::ALL.into_iter().filter_map(|field| Some((field, wrong(field)?))).collect()
    }

    /// The fields in which two differ.
    pub fn differences(&self, other: &Self) -> Vec<Field> {
        Field::ALL.into_iter().filter(|field| self.get(*field) != other.get(*field)).collect()
    }

    /// What somebody's change of `was` makes of what `theirs` became meanwhile: their own words where they wrote, the
    /// others' everywhere else.
    #[must_use]
    pub fn over(&self, was: &Self, theirs: &Self) -> Self {
        let mut both = theirs.clone();
        for field in self.differences(was) {
            both.set(field, self.get(field));
        }
        both
    }

    /// Its organisation number, where it has one.
    pub fn organisation_number(&self) -> Option<OrganisationNumber> {
        OrganisationNumber::parse(&self.number).ok()
    }
}

fn is_telephone(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_digit() || " +-()".contains(c))
        && text.chars().filter(char::is_ascii_digit).count() >= TELEPHONE_DIGITS_MIN
}

/// Only what a browser fetches from the web: no other scheme, no name and password in it.
fn is_web(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let Some(host) = rest.and_then(|rest| rest.split(['/', '?', '#']).next()) else { return false };
    let odd = |c: char| c.is_whitespace() || c.is_control() || "<>\"'@\\".contains(c);
    !text.contains(odd) && host.contains('.') && host.split('.').all(|label| !label.is_empty())
}

fn wrong_sports(text: &str) -> Option<Wrong> {
    let mut sports = text.split(", ");
    if sports.clone().count() > SPORTS_MAX {
        return Some(Wrong::TooMany { most: SPORTS_MAX });
    }
    sports
        .any(|sport| sport.chars().count() > SPORT_CHARS_MAX)
        .then_some(Wrong::TooLong { most: SPORT_CHARS_MAX })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn club() -> Facts {
        Facts {
            name: "  Skogsuddens\u{a0}IBK ".into(),
            number: "162021005448".into(),
            address: "Skogsvägen 1, 184 30".into(),
            town: "Åkersberga".into(),
            email: "kansli@skogsudden.example".into(),
            telephone: "08-540 810 00".into(),
            web: "skogsudden.example".into(),
            sports: "Innebandy, innebandy,, Friidrott ".into(),
            ages: "7-12,13-20".into(),
        }
    }

    #[test]
    fn what_is_typed_is_kept_in_its_written_form() {
        let tidy = club().tidy();
        assert_eq!(tidy.problems(), []);
        assert_eq!((tidy.name.as_str(), tidy.number.as_str()), ("Skogsuddens IBK", "202100-5448"));
        assert_eq!(
            (tidy.web.as_str(), tidy.sports.as_str()),
            ("https://skogsudden.example", "Innebandy, Friidrott")
        );
        assert_eq!(tidy.ages, "7-12, 13-20");
        assert_eq!(tidy.tidy(), tidy);
    }

    #[test]
    fn each_wrong_value_is_told_by_its_field() {
        let wrong = |field: Field, text: &str| {
            let mut facts = club();
            facts.set(field, text);
            facts.tidy().problems()
        };
        for (field, text, expected) in [
            (Field::Name, " ", Wrong::Missing),
            (Field::Name, &*"a".repeat(121), Wrong::TooLong { most: 120 }),
            (Field::Number, "202100-5449", Wrong::NoNumber),
            (Field::Email, "kansli", Wrong::NoEmail),
            (Field::Telephone, "ring!", Wrong::NoTelephone),
            (Field::Telephone, "112", Wrong::NoTelephone),
            (Field::Web, "javascript:alert(1)", Wrong::NoWeb),
            (Field::Web, "https://sam:hemligt@a.example", Wrong::NoWeb),
            (Field::Ages, "0-99", Wrong::Unknown),
        ] {
            assert_eq!(wrong(field, text), [(field, expected)], "{text}");
        }
        let many: Vec<String> = (0..21).map(|n| format!("sport {n}")).collect();
        assert_eq!(wrong(Field::Sports, &many.join(",")), [(Field::Sports, Wrong::TooMany { most: 20 })]);
        assert_eq!(wrong(Field::Sports, &"a".repeat(41)), [(Field::Sports, Wrong::TooLong { most: 40 })]);
    }

    fn any_facts() -> impl Strategy<Value = Facts> {
        proptest::collection::vec("[ab]{0,1}", 9).prop_map(|texts| {
            let mut facts = Facts::default();
            for (field, text) in Field::ALL.into_iter().zip(texts) {
                facts.set(field, &text);
            }
            facts
        })
    }

    proptest! {
        #[test]
        fn of_two_who_change_at_once_neither_loses_what_only_they_changed(
            was in any_facts(), mine in any_facts(), theirs in any_facts(),
        ) {
            let both = mine.over(&was, &theirs);
            for field in Field::ALL {
                let expected = if mine.get(field) == was.get(field) { theirs.get(field) } else { mine.get(field) };
                prop_assert_eq!(both.get(field), expected);
            }
        }

        #[test]
        fn tidying_twice_is_tidying_once(text in "\\PC{0,40}") {
            let mut facts = Facts::default();
            for field in Field::ALL {
                facts.set(field, &text);
            }
            let tidy = facts.tidy();
            prop_assert_eq!(tidy.tidy(), tidy);
        }
    }
}
