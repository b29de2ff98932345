use crate::Lang;
use crate::languages::spoken;

/// An amount given in öre, as people say it: `120 kr`, `55,50 kr`, `1 250 kr`; in English `SEK 55.50`.
///
/// The spaces do not break.
pub fn amount(lang: Lang, price_ore: i64) -> String {
    let language = spoken().of(lang);
    let ore = price_ore.unsigned_abs();
    let mut number = grouped(ore / 100, &language.thousands_separator);
    if !ore.is_multiple_of(100) {
        number = format!("{number}{}{:02}", language.decimal_separator, ore % 100);
    }
    let sign = if price_ore < 0 { "\u{2212}" } else { "" };
    let (before, after) = &language.money;
    format!("{sign}{before}{number}{after}")
}

/// Digits in threes from the right.
fn grouped(number: u64, separator: &str) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push_str(separator);
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::amount;
    use crate::Lang;

    #[test]
    fn whole_kronor_have_no_decimals() {
        assert_eq!(amount(Lang::Sv, 12_000), "120\u{a0}kr");
        assert_eq!(amount(Lang::En, 12_000), "SEK\u{a0}120");
        assert_eq!(amount(Lang::Sv, 0), "0\u{a0}kr");
    }

    #[test]
    fn ore_are_written_with_two_digits() {
        assert_eq!(amount(Lang::Sv, 5_550), "55,50\u{a0}kr");
        assert_eq!(amount(Lang::Sv, 5), "0,05\u{a0}kr");
        assert_eq!(amount(Lang::En, 5_505), "SEK\u{a0}55.05");
    }

    #[test]
    fn thousands_stand_in_threes_and_debts_have_a_minus() {
        assert_eq!(amount(Lang::Sv, 123_456_700), "1\u{a0}234\u{a0}567\u{a0}kr");
        assert_eq!(amount(Lang::En, -100_000), "\u{2212}SEK\u{a0}1,000");
    }
}
