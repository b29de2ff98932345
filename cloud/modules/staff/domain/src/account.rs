use serde_json::{Map, Value, json};

use crate::Wrong;
use crate::attribute::USER;

/// Characters of a name or an address that is kept, at most.
pub const TEXT_CHARS_MAX: usize = 256;
/// Addresses of one account at most: work, home, other, and room.
pub const EMAILS_MAX: usize = 8;

/// A user as the identity system says it (RFC 7643 §4.1), in what is kept: who it is, what they are called, where to write,
/// and whether they work here.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Account {
    /// What they are known by; the same in any case.
    pub user_name: String,
    /// What the identity system calls them.
    pub external_id: Option<String>,
    /// Whether they may do anything.
    pub active: bool,
    /// What they are called.
    pub display_name: Option<String>,
    /// The parts of their name: given, family, formatted.
    pub name: [Option<String>; 3],
    /// Their addresses: the address, its type, whether it is the first one.
    pub emails: Vec<(String, Option<String>, bool)>,
}

/// The parts of a name that are kept.
const NAMES: [(&str, &str); 3] =
    [("givenName", "name.givenName"), ("familyName", "name.familyName"), ("formatted", "name.formatted")];

impl Account {
    /// Reads a user. Attributes that are not kept are left alone (RFC 7644 §3.3); null and an empty text are nothing.
    pub fn read(value: &Value) -> Result<Self, Wrong> {
        let object = value.as_object().ok_or(Wrong::Syntax("a user is an object"))?;
        has_schema(object, USER)?;
        let user_name = text(get(object, "userName"), "userName")?;
        let user_name = user_name.ok_or(Wrong::Value { attribute: "userName", what: "is needed" })?;
        let name = get(object, "name");
        let part = |index: usize| -> Result<Option<String>, Wrong> {
            let Some((key, attribute)) = NAMES.get(index) else { return Ok(None) };
            match name {
                None | Some(Value::Null) => Ok(None),
                Some(Value::Object(name)) => text(get(name, key), attribute),
                Some(Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => {
                    Err(Wrong::Value { attribute: "name", what: "is an object" })
                }
            }
        };
        Ok(Self {
            user_name,
            external_id: text(get(object, "externalId"), "externalId")?,
            active: active(get(object, "active"))?,
            display_name: text(get(object, "displayName"), "displayName")?,
            name: [part(0)?, part(1)?, part(2)?],
            emails: emails(get(object, "emails"))?,
        })
    }

    /// What they are called, as well as is known.
    pub fn called(&self) -> String {
        let [given, family, formatted] = &self.name;
        let both: Vec<&str> = [given, family].into_iter().flatten().map(String::as_str).collect();
        let both = Some(both.join(" ")).filter(|name| !name.is_empty());
        let named = self.display_name.clone().or_else(|| formatted.clone()).or(both);
        named.unwrap_or_else(|| self.user_name.clone())
    }
}

/// A user as it is answered, without `id` and `meta`, which are the server's.
pub fn account_json(account: &Account) -> Value {
    let mut object = Map::new();
    object.insert("schemas".to_owned(), json!([USER]));
    object.insert("userName".to_owned(), account.user_name.clone().into());
    object.insert("active".to_owned(), account.active.into());
    if let Some(id) = &account.external_id {
        object.insert("externalId".to_owned(), id.clone().into());
    }
    if let Some(name) = &account.display_name {
        object.insert("displayName".to_owned(), name.clone().into());
    }
    let name: Map<String, Value> = NAMES
        .iter()
        .zip(&account.name)
        .filter_map(|((key, _), value)| Some(((*key).to_owned(), value.clone()?.into())))
        .collect();
    if !name.is_empty() {
        object.insert("name".to_owned(), name.into());
    }
    if !account.emails.is_empty() {
        let one = |(value, kind, primary): &(String, Option<String>, bool)| {
            let mut email = Map::new();
            email.insert("value".to_owned(), value.clone().into());
            if let Some(kind) = kind {
                email.insert("type".to_owned(), kind.clone().into());
            }
            email.insert("primary".to_owned(), (*primary).into());
            Value::Object(email)
        };
        object.insert("emails".to_owned(), account.emails.iter().map(one).collect());
    }
    Value::Object(object)
}

/// An attribute by its name in any case (RFC 7643 §2.1).
pub(crate) fn get<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object.get(name).or_else(|| Some(object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?.1))
}

/// A resource says of which schema it is; where it says nothing it is taken for the one that the address is for.
pub(crate) fn has_schema(object: &Map<String, Value>, schema: &str) -> Result<(), Wrong> {
    match get(object, "schemas") {
        None | Some(Value::Null) => Ok(()),
        Some(Value::Array(all)) => {
            let same = |value: &Value| value.as_str().is_some_and(|one| one.eq_ignore_ascii_case(schema));
            if all.iter().any(same) { Ok(()) } else { Err(Wrong::Syntax("schemas names another schema")) }
        }
        Some(Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => {
            Err(Wrong::Syntax("schemas is a list"))
        }
    }
}

/// One line of text.
pub(crate) fn text(value: Option<&Value>, attribute: &'static str) -> Result<Option<String>, Wrong> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => {
            let text = text.trim();
            if text.chars().count() > TEXT_CHARS_MAX {
                return Err(Wrong::Value { attribute, what: "is longer than 256 characters" });
            }
            if text.contains(char::is_control) {
                return Err(Wrong::Value { attribute, what: "has characters that no line has" });
            }
            Ok((!text.is_empty()).then(|| text.to_owned()))
        }
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            Err(Wrong::Value { attribute, what: "is a text" })
        }
    }
}

/// True, unless something else is said: as a boolean, or as a text, which older clients of Microsoft Entra send.
fn active(value: Option<&Value>) -> Result<bool, Wrong> {
    match value {
        None | Some(Value::Null) => Ok(true),
        Some(Value::Bool(active)) => Ok(*active),
        Some(Value::String(text)) if text.eq_ignore_ascii_case("true") => Ok(true),
        Some(Value::String(text)) if text.eq_ignore_ascii_case("false") => Ok(false),
        Some(Value::String(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            Err(Wrong::Value { attribute: "active", what: "is true or false" })
        }
    }
}

fn emails(value: Option<&Value>) -> Result<Vec<(String, Option<String>, bool)>, Wrong> {
    let wrong = |what| Wrong::Value { attribute: "emails", what };
    let all = match value {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(all)) => all,
        Some(Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => {
            return Err(wrong("is a list"));
        }
    };
    if all.len() > EMAILS_MAX {
        return Err(wrong("are more than 8"));
    }
    let mut emails = Vec::new();
    for one in all {
        let one = one.as_object().ok_or_else(|| wrong("are objects"))?;
        let primary = matches!(get(one, "primary"), Some(Value::Bool(true)));
        if let Some(address) = text(get(one, "value"), "emails.value")? {
            emails.push((address, text(get(one, "type"), "emails.type")?, primary));
        }
    }
    Ok(emails)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_read_as_it_is_answered() {
        let sent = json!({
            "schemas": [USER, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
            "externalId": "0a21f0f2", "userName": "Sam.Lind@kommun.example", "active": "False",
            "name": { "givenName": "Sam", "familyName": "Lind", "middleName": "X" },
            "emails": [{ "primary": true, "type": "work", "value": "sam@kommun.example" }],
            "title": "Vakt", "meta": { "resourceType": "User" }, "password": "secret"
        });
        let account = Account::read(&sent).unwrap();
        assert!(!account.active && account.called() == "Sam Lind");
        assert_eq!(Account::read(&account_json(&account)), Ok(account.clone()));
        let answered = account_json(&account).to_string();
        assert!(!answered.contains("secret") && !answered.contains("Vakt"), "only what is kept: {answered}");
    }

    #[test]
    fn what_no_user_can_be_is_told_with_its_attribute() {
        let told = |value: Value| Account::read(&value).unwrap_err().to_string();
        assert!(told(json!([])).contains("object"));
        assert!(told(json!({})).starts_with("userName"));
        assert!(told(json!({ "userName": 7 })).starts_with("userName"));
        assert!(told(json!({ "userName": "a".repeat(257) })).starts_with("userName"));
        assert!(told(json!({ "userName": "a\u{0}b" })).starts_with("userName"));
        assert!(told(json!({ "userName": "a", "active": "perhaps" })).starts_with("active"));
        assert!(told(json!({ "userName": "a", "active": 0 })).starts_with("active"));
        assert!(told(json!({ "userName": "a", "name": "b" })).starts_with("name"));
        assert!(told(json!({ "userName": "a", "emails": ["b"] })).starts_with("emails"));
        assert!(
            told(json!({ "userName": "a", "emails": vec![json!({ "value": "b" }); 9] }))
                .starts_with("emails")
        );
        assert!(told(json!({ "userName": "a", "schemas": [GROUP] })).contains("schema"));
    }

    const GROUP: &str = crate::attribute::GROUP;
}
