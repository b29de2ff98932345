/// Characters of a long text at most: two pages.
pub const TEXT_CHARS_MAX: usize = 4_000;
/// Characters of an e-mail address at most (RFC 5321 §4.5.3.1.3, without the brackets).
pub const EMAIL_CHARS_MAX: usize = 254;

/// A text of several lines as it was typed, without what would move what is around it.
pub(crate) fn tidy(typed: &str) -> String {
    let lines = typed.lines().map(|line| line.chars().filter(|c| !c.is_control()).collect::<String>());
    let lines: Vec<String> = lines.map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n").trim().to_owned()
}

/// The same in one line.
pub(crate) fn one_line(typed: &str) -> String {
    let words = typed.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// Whether a text can be an address: one `@` with something on both sides, and nothing that ends a line.
pub(crate) fn is_email(text: &str) -> bool {
    let plain = text.chars().count() <= EMAIL_CHARS_MAX
        && !text
            .contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | ',' | ';'));
    plain
        && text
            .split_once('@')
            .is_some_and(|(to, at)| !to.is_empty() && at.contains('.') && !at.contains('@'))
}

/// The lines of a text that say something.
pub fn lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_address_is_one_address_and_nothing_beside_it() {
        assert!(is_email("sam@post.example") && is_email("å+1@kommun.example"));
        for wrong in
            ["", "sam", "@b.se", "a@", "a@b", "a@b@c.se", "a b@c.se", "a@b.se\nBcc: x@y.se", "a@b.se,c@d.se"]
        {
            assert!(!is_email(wrong), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn tidied_texts_are_tidy_and_have_no_controls(text in "\\PC{0,20}[\\x00-\\x1f]{0,4}\\PC{0,20}") {
            let (many, one) = (tidy(&text), one_line(&text));
            prop_assert_eq!(tidy(&many), many.clone());
            prop_assert_eq!(one_line(&one), one.clone());
            prop_assert!(!many.chars().any(|c| c.is_control() && c != '\n') && !one.contains(char::is_control));
        }
    }
}
