//! What the provider says of a person, in the shape that we keep.

use std::collections::HashMap;

use cloud_ui::Lang;
use openidconnect::core::CoreGenderClaim;
use openidconnect::{AdditionalClaims, UserInfoClaims};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::personal_number::PersonalNumber;

/// Characters of a name that are kept: enough for every name that fits on a page.
const NAME_CHARACTERS_MAX: usize = 120;
/// Octets of an address (RFC 5321 §4.5.3.1.3, without the brackets).
const EMAIL_OCTETS_MAX: usize = 254;

/// Claims beyond the standard ones, by name.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct OtherClaims(HashMap<String, Value>);

impl AdditionalClaims for OtherClaims {}

// What is in there is about a person.
impl std::fmt::Debug for OtherClaims {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// A person, as the provider knows them.
#[derive(Clone, Debug)]
pub(crate) struct ProvidedPerson {
    /// The name of the person at the provider, for ever the same.
    pub(crate) subject: String,
    /// What they are called.
    pub(crate) name: String,
    /// Where to write to them, unless the provider doubts it.
    pub(crate) email: Option<String>,
    /// Which of our languages they prefer.
    pub(crate) language: Option<Lang>,
    /// Their personal number, if the provider gave one that can be one.
    pub(crate) personal_number: Option<PersonalNumber>,
}

impl ProvidedPerson {
    pub(super) fn read(
        info: &UserInfoClaims<OtherClaims, CoreGenderClaim>,
        personal_number_claim: &str,
    ) -> Self {
        let subject = info.subject().to_string();
        let given = info.given_name().and_then(|name| name.get(None)).map(|name| name.as_str());
        let family = info.family_name().and_then(|name| name.get(None)).map(|name| name.as_str());
        let whole = info.name().and_then(|name| name.get(None)).map(|name| name.as_str());
        let name = [
            whole.map(str::to_owned),
            Some([given, family].into_iter().flatten().collect::<Vec<_>>().join(" ")),
            info.preferred_username().map(|name| name.to_string()),
            Some(subject.clone()),
        ]
        .into_iter()
        .flatten()
        .map(|name| plain(&name))
        .find(|name| !name.is_empty())
        .unwrap_or_default();
        let email = info
            .email()
            .filter(|_| info.email_verified() != Some(false))
            .map(|email| email.as_str().trim().to_owned())
            .filter(|email| can_be_an_address(email));
        let claim = info.additional_claims().0.get(personal_number_claim).and_then(Value::as_str);
        let personal_number = claim.and_then(PersonalNumber::parse);
        if claim.is_some() && personal_number.is_none() {
            tracing::warn!(
                claim = personal_number_claim,
                "the claim holds no personal number; gone on without"
            );
        }
        let language = info.locale().and_then(|locale| Lang::parse(locale.as_ref()));
        Self { subject, name, email, language, personal_number }
    }
}

/// Without what would move the text around it, and not longer than fits.
fn plain(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    text.trim().chars().take(NAME_CHARACTERS_MAX).collect()
}

fn can_be_an_address(email: &str) -> bool {
    let whole =
        email.len() <= EMAIL_OCTETS_MAX && !email.contains(|c: char| c.is_control() || c.is_whitespace());
    whole && email.split_once('@').is_some_and(|(to, at)| !to.is_empty() && !at.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> ProvidedPerson {
        let info: UserInfoClaims<OtherClaims, CoreGenderClaim> =
            UserInfoClaims::from_json::<crate::provider::http::HttpError>(json.as_bytes(), None).unwrap();
        ProvidedPerson::read(&info, "personalNumber")
    }

    #[test]
    fn a_person_is_read_with_name_address_language_and_number() {
        let person = read(
            r#"{"sub":"a","name":"Sam Lind","email":"sam@example.org","locale":"en-GB",
                "personalNumber":"18900101-9802","other":{"x":1}}"#,
        );
        assert_eq!((person.subject.as_str(), person.name.as_str()), ("a", "Sam Lind"));
        assert_eq!(person.email.as_deref(), Some("sam@example.org"));
        assert_eq!(person.language, Some(Lang::En));
        assert_eq!(person.personal_number, PersonalNumber::parse("189001019802"));
    }

    #[test]
    fn a_name_is_found_where_the_provider_puts_it() {
        assert_eq!(read(r#"{"sub":"a","given_name":"Sam","family_name":"Lind"}"#).name, "Sam Lind");
        assert_eq!(read(r#"{"sub":"a","preferred_username":"sam"}"#).name, "sam");
        assert_eq!(read(r#"{"sub":"a","name":" \n "}"#).name, "a");
        assert_eq!(read(r#"{"sub":"a","name":"Sam\r\nLind"}"#).name, "SamLind");
        assert_eq!(read(&format!(r#"{{"sub":"a","name":"{}"}}"#, "å".repeat(500))).name.chars().count(), 120);
    }

    #[test]
    fn a_doubtful_address_is_none() {
        for email in [
            r#""email":"sam@example.org","email_verified":false"#,
            r#""email":"sam""#,
            r#""email":"sam@example.org\nBcc: x@example.org""#,
        ] {
            assert_eq!(read(&format!(r#"{{"sub":"a",{email}}}"#)).email, None, "{email}");
        }
    }

    #[test]
    fn a_number_that_cannot_be_one_is_none() {
        assert_eq!(read(r#"{"sub":"a","personalNumber":"123"}"#).personal_number, None);
        assert_eq!(read(r#"{"sub":"a","personalNumber":189001019802}"#).personal_number, None);
    }
}
