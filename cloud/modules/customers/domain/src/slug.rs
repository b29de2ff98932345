//! Short names, for links and files.

use crate::alike::plain_letter;

/// Characters of a short name at most.
const SLUG_CHARS_MAX: usize = 60;

/// A short name from a name: `Skogsuddens IBK` is `skogsuddens-ibk`; empty where the name has no letter that fits.
pub fn slug_of(name: &str) -> String {
    let plain: String = name
        .chars()
        .flat_map(char::to_lowercase)
        .map(|letter| plain_letter(letter).filter(char::is_ascii_alphanumeric).unwrap_or(' '))
        .collect();
    let joined = plain.split_whitespace().collect::<Vec<_>>().join("-");
    let short: String = joined.chars().take(SLUG_CHARS_MAX).collect();
    short.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::slug_of;

    #[test]
    fn a_short_name_is_made_of_plain_letters() {
        assert_eq!(slug_of("Åkers Ö-IF & Söner"), "akers-o-if-soner");
        assert_eq!(slug_of("–"), "");
        assert!(slug_of(&"å".repeat(200)).len() <= 60);
    }
}
