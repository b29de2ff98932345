//! What the provider says of a person, in the shape that we keep.

use std::collections::{BTreeSet, HashMap};

use cloud_contracts::{GROUP_CHARS_MAX, GROUPS_MAX, GroupsSaid};
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

/// The claims that are read beside the standard ones, by name.
pub(super) struct Wanted<'a> {
    pub(super) personal_number: &'a str,
    pub(super) groups: Option<&'a str>,
    pub(super) staff_id: &'a str,
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
    /// By what provisioned accounts are known to be theirs.
    pub(crate) staff_id: String,
    /// In which groups of the identity system they are; `None` where groups give no roles.
    pub(crate) groups: Option<GroupsSaid>,
}

impl ProvidedPerson {
    pub(super) fn read(
        info: &UserInfoClaims<OtherClaims, CoreGenderClaim>,
        token: Option<&OtherClaims>,
        wanted: &Wanted<'_>,
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
        let claim = info.additional_claims().0.get(wanted.personal_number).and_then(Value::as_str);
        let personal_number = claim.and_then(PersonalNumber::parse);
        if claim.is_some() && personal_number.is_none() {
            tracing::warn!(
                claim = wanted.personal_number,
                "the claim holds no personal number; gone on without"
            );
        }
        let language = info.locale().and_then(|locale| Lang::parse(locale.as_ref()));
        // The ID token is read first: some providers name groups there only.
        let told: Vec<&OtherClaims> = token.into_iter().chain([info.additional_claims()]).collect();
        let staff_id = told.iter().find_map(|claims| claims.0.get(wanted.staff_id)?.as_str());
        let staff_id = staff_id.map(plain).filter(|id| !id.is_empty()).unwrap_or_else(|| subject.clone());
        let groups = wanted.groups.map(|claim| {
            let said = told.iter().map(|claims| groups_said(claims, claim));
            said.reduce(|first, next| if first == GroupsSaid::None { next } else { first })
                .unwrap_or_default()
        });
        Self { subject, name, email, language, personal_number, staff_id, groups }
    }
}

/// What these claims say of groups: names in a list, or one name.
fn groups_said(claims: &OtherClaims, claim: &str) -> GroupsSaid {
    // What Microsoft Entra says in place of groups that are too many for a token.
    let elsewhere = claims.0.get("_claim_names").is_some_and(|names| names.get(claim).is_some());
    let has_groups =
        claims.0.get("hasgroups").is_some_and(|has| matches!(has, Value::Bool(true)) || has == "true");
    if elsewhere || has_groups {
        return GroupsSaid::TooMany;
    }
    let named: Vec<&str> = match claims.0.get(claim) {
        Some(Value::Array(all)) if all.len() > GROUPS_MAX => return GroupsSaid::TooMany,
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(one)) => vec![one],
        Some(_) => {
            tracing::warn!(claim, "the claim holds no groups; gone on without");
            Vec::new()
        }
        None => Vec::new(),
    };
    let can_be = |name: &&str| {
        !name.is_empty() && name.chars().count() <= GROUP_CHARS_MAX && !name.contains(char::is_control)
    };
    let these: BTreeSet<String> = named.into_iter().filter(can_be).map(str::to_owned).collect();
    if these.is_empty() { GroupsSaid::None } else { GroupsSaid::These(these) }
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
        let wanted = Wanted { personal_number: "personalNumber", groups: Some("groups"), staff_id: "oid" };
        ProvidedPerson::read(&info, None, &wanted)
    }

    fn groups(json: &str) -> GroupsSaid {
        read(&format!(r#"{{"sub":"a",{json}}}"#)).groups.unwrap()
    }

    fn these(names: &[&str]) -> GroupsSaid {
        GroupsSaid::These(names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn groups_are_read_however_a_provider_writes_them_and_nothing_else_is_one() {
        assert_eq!(groups(r#""groups":["Bokning","Vakt å/ä <b>"]"#), these(&["Bokning", "Vakt å/ä <b>"]));
        assert_eq!(groups(r#""groups":"Bokning""#), these(&["Bokning"]));
        assert_eq!(groups(r#""groups":["a","a",1,null,{"x":1},"","b\u0000","c\n"]"#), these(&["a"]));
        for nothing in
            [r#""other":1"#, r#""groups":[]"#, r#""groups":null"#, r#""groups":7"#, r#""groups":{"a":1}"#]
        {
            assert_eq!(groups(nothing), GroupsSaid::None, "{nothing}");
        }
        let long = "å".repeat(GROUP_CHARS_MAX + 1);
        assert_eq!(groups(&format!(r#""groups":["{long}"]"#)), GroupsSaid::None);
    }

    #[test]
    fn groups_that_are_too_many_to_say_are_none_that_count() {
        let many: Vec<String> = (0..=GROUPS_MAX).map(|number| format!("\"g{number}\"")).collect();
        assert_eq!(groups(&format!(r#""groups":[{}]"#, many.join(","))), GroupsSaid::TooMany);
        let entra = r#""groups":["a"],"_claim_names":{"groups":"src1"},"_claim_sources":{"src1":{"endpoint":"https://x"}}"#;
        assert_eq!(groups(entra), GroupsSaid::TooMany);
        assert_eq!(groups(r#""hasgroups":true"#), GroupsSaid::TooMany);
        assert_eq!(groups(r#""_claim_names":{"other":"src1"},"groups":["a"]"#), these(&["a"]));
    }

    #[test]
    fn the_id_token_names_groups_before_userinfo_does_and_either_is_enough() {
        let info: UserInfoClaims<OtherClaims, CoreGenderClaim> = UserInfoClaims::from_json::<
            crate::provider::http::HttpError,
        >(
            br#"{"sub":"a","groups":["info"]}"#, None
        )
        .unwrap();
        let token = |json: &str| OtherClaims(serde_json::from_str(json).unwrap());
        let read = |claims: &OtherClaims, groups| {
            let wanted = Wanted { personal_number: "n", groups, staff_id: "oid" };
            ProvidedPerson::read(&info, Some(claims), &wanted)
        };
        let both = read(&token(r#"{"groups":["token"],"oid":"o-1"}"#), Some("groups"));
        assert_eq!((both.groups, both.staff_id.as_str()), (Some(these(&["token"])), "o-1"));
        assert_eq!(read(&token("{}"), Some("groups")).groups, Some(these(&["info"])));
        let neither = read(&token("{}"), None);
        assert_eq!((neither.groups, neither.staff_id.as_str()), (None, "a"));
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
