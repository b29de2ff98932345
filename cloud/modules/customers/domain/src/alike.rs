//! How alike two customers are: whether an officer ought to look whether they are one.

use std::collections::{BTreeMap, BTreeSet};

use crate::OrganisationNumber;

/// Hundredths of the pairs of letters that two names must share to be told of.
const SHARED_HUNDREDTHS: usize = 80;
/// Customers that share a word at most before that word is too common to compare by.
const SHARE_A_WORD_MAX: usize = 200;
/// Words that say what kind of organisation it is, and not which.
const KIND_WORDS: [&str; 20] = [
    "ab",
    "hb",
    "kb",
    "if",
    "ik",
    "fk",
    "bk",
    "sk",
    "ibk",
    "foreningen",
    "forening",
    "foreningar",
    "ideell",
    "ekonomisk",
    "idrottsforening",
    "idrottsforeningen",
    "idrottsklubb",
    "klubb",
    "klubben",
    "i",
];

/// What is compared of a customer.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Alike {
    /// What it is called.
    pub name: String,
    /// Its organisation number.
    pub number: Option<OrganisationNumber>,
    /// Where it is written to; empty where that is not known.
    pub email: String,
}

/// Why two are alike, the strongest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Because {
    /// They have one number.
    Number,
    /// They have one address for mail.
    Email,
    /// They are called nearly the same.
    Name,
}

/// Why the two are alike, or that they are not. Two different numbers are two customers, whatever they are called.
pub fn alike(one: &Alike, other: &Alike) -> Option<Because> {
    if let (Some(mine), Some(theirs)) = (&one.number, &other.number) {
        return (mine == theirs).then_some(Because::Number);
    }
    let email = |of: &Alike| of.email.trim().to_lowercase();
    if !email(one).is_empty() && email(one) == email(other) {
        return Some(Because::Email);
    }
    let (mine, theirs) = (folded(&one.name), folded(&other.name));
    (!mine.is_empty() && near(&mine, &theirs)).then_some(Because::Name)
}

/// A name without capitals, accents, signs and the words that say what kind of organisation it is; the name itself where
/// nothing else is left.
pub fn folded(name: &str) -> String {
    let plain: String =
        name.chars().flat_map(char::to_lowercase).map(|letter| plain_letter(letter).unwrap_or(' ')).collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    let telling: Vec<&str> = words.iter().copied().filter(|word| !KIND_WORDS.contains(word)).collect();
    if telling.is_empty() { words.join(" ") } else { telling.join(" ") }
}

/// A small letter or a digit without its accents; `None` for signs.
pub(crate) fn plain_letter(letter: char) -> Option<char> {
    match letter {
        'å' | 'ä' | 'à' | 'á' | 'â' | 'æ' => Some('a'),
        'ö' | 'ø' | 'ó' | 'ò' | 'ô' => Some('o'),
        'é' | 'è' | 'ê' | 'ë' => Some('e'),
        'ü' | 'ú' | 'ù' => Some('u'),
        'ï' | 'í' => Some('i'),
        'ñ' => Some('n'),
        'ç' => Some('c'),
        letter if letter.is_alphanumeric() => Some(letter),
        _ => None,
    }
}

/// Whether two folded names share enough pairs of neighbouring letters (Dice's coefficient).
fn near(one: &str, other: &str) -> bool {
    if one == other {
        return true;
    }
    let (mine, theirs) = (pairs(one), pairs(other));
    let count =
        |of: &BTreeMap<(char, char), usize>| of.values().fold(0_usize, |sum, n| sum.saturating_add(*n));
    let shared = mine
        .iter()
        .fold(0_usize, |sum, (pair, n)| sum.saturating_add((*n).min(theirs.get(pair).copied().unwrap_or(0))));
    let all = count(&mine).saturating_add(count(&theirs));
    shared > 0 && shared.saturating_mul(200) >= all.saturating_mul(SHARED_HUNDREDTHS)
}

fn pairs(name: &str) -> BTreeMap<(char, char), usize> {
    let letters = || name.chars().filter(|letter| !letter.is_whitespace());
    let mut pairs = BTreeMap::new();
    for pair in letters().zip(letters().skip(1)) {
        let count: &mut usize = pairs.entry(pair).or_default();
        *count = count.saturating_add(1);
    }
    pairs
}

/// The pairs, by place, that are worth comparing: those that share a number, an address or the beginning of a word.
pub fn pairs_to_compare(all: &[Alike]) -> BTreeSet<(usize, usize)> {
    let mut by_key: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (place, one) in all.iter().enumerate() {
        let mut keys: BTreeSet<String> = folded(&one.name)
            .split_whitespace()
            .map(|word| format!("word {}", word.chars().take(4).collect::<String>()))
            .collect();
        keys.extend(one.number.as_ref().map(|number| format!("number {}", number.digits())));
        let email = one.email.trim().to_lowercase();
        if !email.is_empty() {
            keys.insert(format!("email {email}"));
        }
        for key in keys {
            by_key.entry(key).or_default().push(place);
        }
    }
    let mut found = BTreeSet::new();
    for places in by_key.values().filter(|places| places.len() <= SHARE_A_WORD_MAX) {
        for (at, one) in places.iter().enumerate() {
            found.extend(places.iter().skip(at.saturating_add(1)).map(|other| (*one, *other)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn named(name: &str) -> Alike {
        Alike { name: name.to_owned(), ..Alike::default() }
    }

    #[test]
    fn names_that_differ_in_spelling_or_kind_are_alike() {
        for (one, other) in [
            ("Skogsuddens IBK", "Skogsudden IBK"),
            ("Åkersbergs Gymnastikförening", "Akersbergs gymnastik-förening"),
            ("IK Solstrålen", "Solstrålen, Idrottsförening"),
        ] {
            assert_eq!(alike(&named(one), &named(other)), Some(Because::Name), "{one} / {other}");
        }
        for (one, other) in
            [("Skogsuddens IBK", "Skogsuddens motionsförening"), ("IF", "AB"), ("Norra FK", "Södra FK")]
        {
            assert_eq!(alike(&named(one), &named(other)), None, "{one} / {other}");
        }
    }

    #[test]
    fn one_number_is_one_customer_and_two_numbers_are_two() {
        let number = |text: &str| OrganisationNumber::parse(text).ok();
        let tax = Alike { number: number("202100-5448"), ..named("Skatteverket") };
        let same = Alike { number: number("162021005448"), ..named("Något annat") };
        assert_eq!(alike(&tax, &same), Some(Because::Number));
        let other = Alike { number: number("212000-0142"), ..named("Skatteverket") };
        assert!(other.number.is_some());
        assert_eq!(alike(&tax, &other), None);
        let mail = |name: &str| Alike { email: "Kansli@klubben.example".to_owned(), ..named(name) };
        assert_eq!(alike(&mail("Ett"), &mail("Två")), Some(Because::Email));
    }

    proptest! {
        #[test]
        fn likeness_goes_both_ways_and_everybody_is_like_themselves(one in "[a-zåäöA-ZÅÄÖ .-]{0,24}", other in "[a-zåäö ]{0,24}") {
            let (a, b) = (named(&one), named(&other));
            prop_assert_eq!(alike(&a, &b), alike(&b, &a));
            prop_assert_eq!(alike(&a, &a).is_some(), !folded(&one).is_empty());
        }

        #[test]
        fn whoever_has_the_same_telling_words_is_compared(names in proptest::collection::vec("[a-zåäö]{1,8}( [a-zåäö]{1,8})?", 0..12)) {
            let all: Vec<Alike> = names.iter().map(|name| named(name)).collect();
            let compared = pairs_to_compare(&all);
            for (i, one) in all.iter().enumerate() {
                for (j, other) in all.iter().enumerate().skip(i + 1) {
                    if folded(&one.name) == folded(&other.name) {
                        prop_assert!(compared.contains(&(i, j)));
                    }
                }
            }
        }
    }
}
