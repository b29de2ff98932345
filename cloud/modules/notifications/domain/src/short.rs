//! How long a short message is. A network carries it in segments (3GPP TS 23.040 §9.2.3.24.1): 160 characters of the
//! alphabet that telephones have (3GPP TS 23.038 §6.2.1), or 70 of any other; of several segments a little less each.

/// Segments of one message at most: each is paid for, and three screens are read.
pub const SEGMENTS_MAX: usize = 3;

/// The basic table of TS 23.038, without the escape.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// What the escape leads to: two places each.
const EXTENDED: &str = "\u{c}^{}\\[~]|€";

fn septets(c: char) -> Option<usize> {
    if BASIC.contains(c) {
        Some(1)
    } else if EXTENDED.contains(c) {
        Some(2)
    } else {
        None
    }
}

/// How many segments a text takes; none for no text.
pub fn segments(text: &str) -> usize {
    let units: Option<Vec<usize>> = text.chars().map(septets).collect();
    let (units, one, several) = match units {
        Some(units) => (units, 160, 153),
        None => (text.chars().map(char::len_utf16).collect(), 70, 67),
    };
    let whole = units.iter().fold(0_usize, |sum, unit| sum.saturating_add(*unit));
    if whole == 0 {
        return 0;
    }
    if whole <= one {
        return 1;
    }
    // A character is never cut in two.
    let (mut count, mut filled) = (1_usize, 0_usize);
    for unit in units {
        if filled.saturating_add(unit) > several {
            (count, filled) = (count.saturating_add(1), 0);
        }
        filled = filled.saturating_add(unit);
    }
    count
}

/// The text with marks that telephones have for those that printers have: one of these alone would more than halve what a
/// segment holds.
fn plain(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '–' | '—' | '‑' | '·' => '-',
            '’' | '‘' => '\'',
            '”' | '“' | '»' | '«' => '"',
            '\u{a0}' | '\u{202f}' => ' ',
            other => other,
        })
        .collect()
}

/// The lines that fit into [`SEGMENTS_MAX`] segments together with the last one, which is always there: the way to the
/// page that has the rest.
pub fn fit(lines: &[String], last: &str) -> String {
    let lines: Vec<String> = lines.iter().map(|line| plain(line)).collect();
    let mut text = last.to_owned();
    for count in 1..=lines.len() {
        let longer: Vec<&str> = lines.iter().take(count).map(String::as_str).chain([last]).collect();
        let longer = longer.join("\n");
        if segments(&longer) > SEGMENTS_MAX {
            break;
        }
        text = longer;
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn segments_are_counted_as_networks_count_them() {
        let of = |text: &str, count: usize| segments(&text.repeat(count));
        assert_eq!((of("å", 160), of("å", 161), of("å", 306), of("å", 307)), (1, 2, 2, 3));
        assert_eq!((of("€", 80), of("€", 81)), (1, 2));
        // An escape that would be cut in two goes into the next segment whole: 76 of them a segment.
        assert_eq!((of("€", 152), of("€", 153)), (2, 3));
        assert_eq!((of("č", 70), of("č", 71), of("č", 134), of("č", 135)), (1, 2, 2, 3));
        assert_eq!((of("👌", 35), of("👌", 36), of("👌", 66), of("👌", 67)), (1, 2, 2, 3));
        assert_eq!(segments(""), 0);
        assert_eq!(BASIC.chars().count(), 127);
    }

    #[test]
    fn a_printers_mark_does_not_make_a_message_longer() {
        let line = "fredag 27 nov 18.00–20.00, Åsens hall ".repeat(4);
        let text = fit(&[line], "https://boka.example/b");
        assert!(text.contains("18.00-20.00"), "{text}");
        assert_eq!(segments(&text), 2);
    }

    proptest! {
        #[test]
        fn what_fits_ends_with_the_way_on_and_is_as_much_as_fits(
            lines in proptest::collection::vec("[a-zåäö€č ]{0,120}", 0..8)
        ) {
            let last = "https://boka.example/bookings/0190";
            let text = fit(&lines, last);
            prop_assert!(text.ends_with(last));
            prop_assert!(segments(&text) <= SEGMENTS_MAX);
            let taken = text.lines().count() - 1;
            if taken < lines.len() {
                let longer = [&lines[..=taken], &[last.to_owned()]].concat().join("\n");
                prop_assert!(segments(&longer) > SEGMENTS_MAX);
            }
        }
    }
}
