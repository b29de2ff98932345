use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::Wrong;
use crate::account::{get, has_schema, text};
use crate::attribute::GROUP;

/// Members of one group at most: more than any municipality has staff that book halls.
pub const MEMBERS_MAX: usize = 5_000;

/// A group as the identity system says it (RFC 7643 §4.2). Members are ids of this server, as texts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Team {
    /// What it is called.
    pub display_name: String,
    /// What the identity system calls it.
    pub external_id: Option<String>,
    /// Who is in it.
    pub members: BTreeSet<String>,
}

impl Team {
    /// Reads a group.
    pub fn read(value: &Value) -> Result<Self, Wrong> {
        let object = value.as_object().ok_or(Wrong::Syntax("a group is an object"))?;
        has_schema(object, GROUP)?;
        let display_name = text(get(object, "displayName"), "displayName")?;
        Ok(Self {
            display_name: display_name.ok_or(Wrong::Value { attribute: "displayName", what: "is needed" })?,
            external_id: text(get(object, "externalId"), "externalId")?,
            members: members(get(object, "members"))?,
        })
    }

    /// As it is answered, without `id` and `meta`.
    pub fn json(&self) -> Value {
        let members: Vec<Value> = self.members.iter().map(|member| json!({ "value": member })).collect();
        let mut group = json!({ "schemas": [GROUP], "displayName": self.display_name, "members": members });
        if let (Some(id), Some(object)) = (&self.external_id, group.as_object_mut()) {
            object.insert("externalId".to_owned(), id.clone().into());
        }
        group
    }
}

fn members(value: Option<&Value>) -> Result<BTreeSet<String>, Wrong> {
    let wrong = |what| Wrong::Value { attribute: "members", what };
    let all = match value {
        None | Some(Value::Null) => return Ok(BTreeSet::new()),
        Some(Value::Array(all)) => all,
        Some(Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => {
            return Err(wrong("is a list"));
        }
    };
    if all.len() > MEMBERS_MAX {
        return Err(wrong("are more than 5000"));
    }
    let one = |member: &Value| {
        let member = member.as_object().ok_or_else(|| wrong("are objects"))?;
        let kind = text(get(member, "type"), "members.type")?;
        if kind.is_some_and(|kind| !kind.eq_ignore_ascii_case("user")) {
            return Err(wrong("are users: groups within groups are not kept"));
        }
        text(get(member, "value"), "members.value")?.ok_or_else(|| wrong("have a value"))
    };
    all.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_read_as_it_is_answered_and_nothing_else_is_one() {
        let sent = json!({ "schemas": [GROUP], "displayName": "Bokning", "externalId": "g1",
                           "members": [{ "value": "a", "display": "Sam", "$ref": null }, { "value": "a" }] });
        let team = Team::read(&sent).unwrap();
        assert_eq!(team.members.len(), 1);
        assert_eq!(Team::read(&team.json()), Ok(team));
        for wrong in [
            json!({}),
            json!({ "displayName": "a", "members": "b" }),
            json!({ "displayName": "a", "members": ["b"] }),
            json!({ "displayName": "a", "members": [{}] }),
            json!({ "displayName": "a", "members": [{ "value": 1 }] }),
            json!({ "displayName": "a", "members": [{ "value": "b", "type": "Group" }] }),
            json!({ "displayName": "a", "members": vec![json!({ "value": "b" }); MEMBERS_MAX + 1] }),
        ] {
            assert!(Team::read(&wrong).is_err(), "{wrong:.60}");
        }
    }
}
