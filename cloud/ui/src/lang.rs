use crate::languages::{Languages, spoken};

/// A language the pages are written in: its place among those that this process speaks.
///
/// Swedish and English are always there, and complete. The others are what the files say: see [`Languages`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Lang(pub(crate) u8);

#[expect(non_upper_case_globals, reason = "the two that code may name read as values of an enum: `Lang::Sv`")]
impl Lang {
    /// Swedish: what a page speaks when nothing else is asked for.
    pub const Sv: Self = Self(0);
    /// English.
    pub const En: Self = Self(1);
}

impl Lang {
    /// Every language, in the order the switch shows them.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..spoken().count()).map(Self)
    }

    /// The language of a tag such as `sv`, `sv-SE` or `EN`; `None` for one we do not speak.
    pub fn parse(tag: &str) -> Option<Self> {
        Self::among(spoken(), tag)
    }

    fn among(languages: &Languages, tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next().unwrap_or_default();
        (0..languages.count()).map(Self).find(|lang| languages.of(*lang).code.eq_ignore_ascii_case(primary))
    }

    /// The best of ours for an `Accept-Language` header (RFC 9110 §12.5.4), Swedish where nothing fits.
    ///
    /// Weights are honoured, `q=0` refuses, and of equal weights the first wins.
    pub fn negotiate(accept_language: Option<&str>) -> Self {
        let mut best: Option<(Self, u16)> = None;
        for entry in accept_language.unwrap_or_default().split(',') {
            let mut parts = entry.split(';');
            let Some(lang) = parts.next().and_then(Self::parse) else { continue };
            let weight = parts.find_map(weight_thousandths).unwrap_or(1000);
            if weight > best.map_or(0, |(_, heaviest)| heaviest) {
                best = Some((lang, weight));
            }
        }
        best.map_or_else(Self::default, |(lang, _)| lang)
    }

    /// The code for `<html lang>` and for links: `sv`, `en`.
    pub fn code(self) -> &'static str {
        &spoken().of(self).code
    }

    /// The language's name in itself.
    pub fn own_name(self) -> &'static str {
        &spoken().of(self).own_name
    }

    /// The direction of its script, as in `<html dir>`: `ltr` or `rtl`.
    pub fn direction(self) -> &'static str {
        if spoken().of(self).right_to_left { "rtl" } else { "ltr" }
    }

    /// What stands between a number's whole and its fraction.
    pub fn decimal_separator(self) -> &'static str {
        &spoken().of(self).decimal_separator
    }
}

/// `q=0.8` as 800; `None` for another parameter or something that is no weight.
fn weight_thousandths(parameter: &str) -> Option<u16> {
    let value = parameter.trim().strip_prefix("q=")?;
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    let whole: u16 = whole.parse().ok().filter(|whole| *whole <= 1)?;
    let fraction: u16 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    Some((whole * 1000 + fraction).min(1000))
}

#[cfg(test)]
mod tests {
    use super::Lang;

    #[test]
    fn a_tag_is_read_by_its_primary_language() {
        assert_eq!(Lang::parse("sv-SE"), Some(Lang::Sv));
        assert_eq!(Lang::parse("EN"), Some(Lang::En));
        assert_eq!(Lang::parse("english"), None);
        assert_eq!(Lang::parse("de"), None);
    }

    #[test]
    fn the_two_that_code_may_name_are_the_first_of_the_files() {
        assert_eq!([Lang::Sv.code(), Lang::En.code()], ["sv", "en"]);
        assert_eq!([Lang::Sv.own_name(), Lang::En.own_name()], ["Svenska", "English"]);
        assert_eq!(Lang::all().take(2).collect::<Vec<_>>(), [Lang::Sv, Lang::En]);
    }

    #[test]
    fn the_heaviest_language_we_speak_wins() {
        assert_eq!(Lang::negotiate(Some("de, en;q=0.8, sv;q=0.7")), Lang::En);
        assert_eq!(Lang::negotiate(Some("en-GB;q=0.5,sv-SE;q=0.9")), Lang::Sv);
        assert_eq!(Lang::negotiate(Some("en,sv")), Lang::En);
        assert_eq!(Lang::negotiate(Some("en;q=0, de")), Lang::Sv);
        assert_eq!(Lang::negotiate(Some(";;,q=x,é;q=é")), Lang::Sv);
        assert_eq!(Lang::negotiate(None), Lang::Sv);
    }
}
