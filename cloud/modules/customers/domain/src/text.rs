//! What people write, as it is kept.

/// Octets of an address (RFC 5321 §4.5.3.1.3, without the brackets).
pub const EMAIL_OCTETS_MAX: usize = 254;

/// White space and control characters of any kind become single spaces.
pub fn one_line(typed: &str) -> String {
    let words = typed.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// Whether it can be one address: something, an at sign, a name with a dot in it, and nothing that would begin another
/// header or another address.
pub fn is_email(text: &str) -> bool {
    let odd = |c: char| c.is_whitespace() || c.is_control() || "<>,;:\"()[]\\".contains(c);
    let Some((to, at)) = text.split_once('@') else { return false };
    text.len() <= EMAIL_OCTETS_MAX
        && !text.contains(odd)
        && !to.is_empty()
        && !at.contains('@')
        && at.contains('.')
        && at.split('.').all(|label| !label.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_and_whole() {
        assert!(is_email("kansli@klubben.example"));
        for wrong in [
            "",
            "kansli",
            "@klubben.example",
            "kansli@",
            "kansli@klubben",
            "a@b@c.example",
            "a b@c.example",
            "a@c.example,d@e.example",
            "a@c.example\nBcc: x@y.example",
            "a@.example",
            "<a@c.example>",
        ] {
            assert!(!is_email(wrong), "{wrong}");
        }
        assert!(!is_email(&format!("{}@c.example", "a".repeat(254))));
    }
}
