use crate::Wrong;
use crate::attribute::without_schema;

/// Characters of a filter at most: several values of 256 characters.
const CHARS_MAX: usize = 2_000;
/// Comparisons of a filter at most: the published clients send two.
const TERMS_MAX: usize = 8;

/// What identity systems look for: attributes that equal texts, all of them.
///
/// Of the grammar of RFC 7644 §3.4.2.2 this is what the clients of identity systems send: `eq`, joined by `and`. Attributes
/// are in lower case, without their schema.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Filter(pub Vec<(String, String)>);

/// Reads a filter.
pub fn parse_filter(text: &str) -> Result<Filter, Wrong> {
    if text.chars().count() > CHARS_MAX {
        return Err(Wrong::Filter("it is too long"));
    }
    let mut rest = text.trim_start();
    let mut terms = Vec::new();
    loop {
        let (attribute, after) = word(rest);
        let named =
            attribute.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '_' | '-' | '$'));
        if attribute.is_empty() || !named {
            return Err(Wrong::Filter("it does not begin with an attribute"));
        }
        let (operator, after) = word(after.trim_start());
        if !operator.eq_ignore_ascii_case("eq") {
            return Err(Wrong::Filter("only eq, joined by and, is understood"));
        }
        let (value, after) = value(after.trim_start())?;
        let attribute =
            without_schema(attribute).ok_or(Wrong::Filter("attributes of extensions are not kept"))?;
        terms.push((attribute.to_ascii_lowercase(), value));
        if terms.len() > TERMS_MAX {
            return Err(Wrong::Filter("it compares too much"));
        }
        rest = after.trim_start();
        if rest.is_empty() {
            return Ok(Filter(terms));
        }
        let (joined, after) = word(rest);
        if !joined.eq_ignore_ascii_case("and") {
            return Err(Wrong::Filter("only eq, joined by and, is understood"));
        }
        rest = after.trim_start();
    }
}

/// The first word, and what is after it.
fn word(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| c.is_whitespace() || c == '"').unwrap_or(text.len()))
}

/// A value as JSON writes it: a text, or true, false or a number, which are compared as they are written.
fn value(text: &str) -> Result<(String, &str), Wrong> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<serde_json::Value>();
    let value = match values.next() {
        Some(Ok(serde_json::Value::String(text))) => text,
        Some(Ok(value @ (serde_json::Value::Bool(_) | serde_json::Value::Number(_)))) => value.to_string(),
        Some(_) | None => return Err(Wrong::Filter("what it compares with is no value")),
    };
    let rest = text.get(values.byte_offset()..).unwrap_or_default();
    Ok((value, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn terms(text: &str) -> Vec<(String, String)> {
        parse_filter(text).unwrap().0
    }

    fn one(attribute: &str, value: &str) -> Vec<(String, String)> {
        vec![(attribute.to_owned(), value.to_owned())]
    }

    #[test]
    fn what_the_published_clients_ask_for_is_understood() {
        assert_eq!(terms(r#"userName eq "sam@kommun.example""#), one("username", "sam@kommun.example"));
        assert_eq!(terms(r#"externalId EQ "a\"b""#), one("externalid", "a\"b"));
        assert_eq!(
            terms(r#"displayName eq "Bokning och (drift)""#),
            one("displayname", "Bokning och (drift)")
        );
        assert_eq!(terms("active eq true"), one("active", "true"));
        let long = r#"urn:ietf:params:scim:schemas:core:2.0:User:userName eq "a" and active eq false"#;
        assert_eq!(terms(long), [one("username", "a"), one("active", "false")].concat());
    }

    #[test]
    fn what_is_not_understood_is_refused_and_never_taken_for_less() {
        let many = ["a eq 1"; 9].join(" and ");
        let long = format!("a eq \"{}\"", "x".repeat(2_000));
        for other in [
            "",
            "userName",
            "userName eq",
            "userName pr",
            r#"userName sw "a""#,
            r#"userName eq "a" or id eq "b""#,
            r#"not (userName eq "a")"#,
            r#"(userName eq "a")"#,
            r#"userName eq "a"#,
            r#"userName eq "a" and"#,
            "userName eq a",
            "userName eq {}",
            "userName eq null",
            r#"emails[type eq "work"].value eq "a""#,
            &many,
            &long,
            r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager eq "a""#,
        ] {
            assert!(matches!(parse_filter(other), Err(Wrong::Filter(_))), "{other}");
        }
    }

    proptest! {
        #[test]
        fn any_value_that_is_looked_for_comes_back_whole_and_any_text_has_an_answer(value in ".{0,40}", text in ".{0,80}") {
            let filter = format!("userName eq {}", serde_json::Value::from(value.as_str()));
            prop_assert_eq!(terms(&filter), one("username", &value));
            drop(parse_filter(&text));
        }
    }
}
