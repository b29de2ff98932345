//! Changes as identity systems send them (RFC 7644 §3.5.2), applied to a resource as it is answered. What comes out is
//! read again as a whole resource, so that no change makes what could not have been sent.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::Wrong;
use crate::account::{get, has_schema};
use crate::attribute::without_schema;
use crate::filter::{Filter, parse_filter};

/// Changes of one request at most: the published clients send some tens.
pub const OPERATIONS_MAX: usize = 500;

const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// What is changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// A user.
    User,
    /// A group.
    Group,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Op {
    Add,
    Replace,
    Remove,
}

/// How an attribute holds its value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// One value.
    Simple,
    /// One object.
    Complex,
    /// A list of objects, known by their `value`.
    Many,
    /// A value that is the server's.
    Fixed,
    /// A value of the schema that is not kept.
    NotKept,
}

const USER: [(&str, Shape); 26] = [
    ("userName", Shape::Simple),
    ("externalId", Shape::Simple),
    ("displayName", Shape::Simple),
    ("active", Shape::Simple),
    ("name", Shape::Complex),
    ("emails", Shape::Many),
    ("id", Shape::Fixed),
    ("meta", Shape::Fixed),
    ("schemas", Shape::Fixed),
    ("groups", Shape::NotKept),
    ("nickName", Shape::NotKept),
    ("profileUrl", Shape::NotKept),
    ("title", Shape::NotKept),
    ("userType", Shape::NotKept),
    ("preferredLanguage", Shape::NotKept),
    ("locale", Shape::NotKept),
    ("timezone", Shape::NotKept),
    ("password", Shape::NotKept),
    ("phoneNumbers", Shape::NotKept),
    ("ims", Shape::NotKept),
    ("photos", Shape::NotKept),
    ("addresses", Shape::NotKept),
    ("entitlements", Shape::NotKept),
    ("roles", Shape::NotKept),
    ("x509Certificates", Shape::NotKept),
    ("manager", Shape::NotKept),
];

const GROUP: [(&str, Shape); 6] = [
    ("displayName", Shape::Simple),
    ("externalId", Shape::Simple),
    ("members", Shape::Many),
    ("id", Shape::Fixed),
    ("meta", Shape::Fixed),
    ("schemas", Shape::Fixed),
];

impl Target {
    /// An attribute as its schema writes it.
    fn attribute(self, name: &str) -> Option<(&'static str, Shape)> {
        let all: &[(&'static str, Shape)] = match self {
            Self::User => &USER,
            Self::Group => &GROUP,
        };
        all.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).copied()
    }
}

/// Where a change is made: an attribute, some of its values, a part of it.
struct Path<'a> {
    attribute: &'static str,
    shape: Shape,
    filter: Option<Filter>,
    part: Option<&'a str>,
}

/// Reads a path; nothing where it leads to what is not kept.
fn parse(target: Target, text: &str) -> Result<Option<Path<'_>>, Wrong> {
    let unknown = || Wrong::Path(text.chars().take(80).collect());
    let Some(path) = without_schema(text.trim()) else { return Ok(None) };
    let (name, filter, rest) = if let Some((name, rest)) = path.split_once('[') {
        let (filter, rest) = rest.rsplit_once(']').ok_or_else(unknown)?;
        (name, Some(parse_filter(filter)?), rest)
    } else {
        let end = path.find('.').unwrap_or(path.len());
        let (name, rest) = path.split_at(end);
        (name, None, rest)
    };
    let part = match rest.strip_prefix('.') {
        Some(part) if !part.is_empty() => Some(part),
        None if rest.is_empty() => None,
        Some(_) | None => return Err(unknown()),
    };
    let (attribute, shape) = target.attribute(name.trim()).ok_or_else(unknown)?;
    let fits = match shape {
        Shape::Simple | Shape::Fixed => filter.is_none() && part.is_none(),
        Shape::Complex => filter.is_none(),
        Shape::Many => filter.is_some() || part.is_none(),
        Shape::NotKept => true,
    };
    if !fits {
        return Err(unknown());
    }
    Ok((shape != Shape::NotKept).then_some(Path { attribute, shape, filter, part }))
}

/// A resource with the changes of a request made, one after the other.
pub fn patch(target: Target, resource: Value, request: &Value) -> Result<Value, Wrong> {
    let Value::Object(mut resource) = resource else { return Err(Wrong::Syntax("a resource is an object")) };
    let request = request.as_object().ok_or(Wrong::Syntax("a change is an object"))?;
    has_schema(request, PATCH)?;
    let operations = get(request, "Operations").and_then(Value::as_array);
    let operations = operations.ok_or(Wrong::Syntax("Operations is a list"))?;
    if operations.is_empty() || operations.len() > OPERATIONS_MAX {
        return Err(Wrong::Syntax("Operations are between 1 and 500"));
    }
    for operation in operations {
        let operation = operation.as_object().ok_or(Wrong::Syntax("an operation is an object"))?;
        let op = get(operation, "op").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
        let op = match op.as_str() {
            "add" => Op::Add,
            "replace" => Op::Replace,
            "remove" => Op::Remove,
            _ => return Err(Wrong::Syntax("op is add, replace or remove")),
        };
        let value = get(operation, "value").unwrap_or(&Value::Null);
        match get(operation, "path") {
            Some(Value::String(path)) => {
                if let Some(path) = parse(target, path)? {
                    apply(&mut resource, op, &path, value)?;
                }
            }
            None | Some(Value::Null) if op == Op::Remove => return Err(Wrong::Target),
            None | Some(Value::Null) => {
                let values = value.as_object().ok_or(Wrong::Syntax("without a path, value is an object"))?;
                for (key, value) in values {
                    // What no path leads to is left alone, as in a whole resource.
                    match parse(target, key) {
                        Ok(Some(path)) if path.shape != Shape::Fixed => {
                            apply(&mut resource, op, &path, value)?;
                        }
                        Ok(_) | Err(Wrong::Path(_)) => {}
                        Err(other) => return Err(other),
                    }
                }
            }
            Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                return Err(Wrong::Syntax("path is a text"));
            }
        }
    }
    Ok(Value::Object(resource))
}

fn apply(resource: &mut Map<String, Value>, op: Op, path: &Path<'_>, value: &Value) -> Result<(), Wrong> {
    let attribute = path.attribute;
    match path.shape {
        Shape::NotKept => Ok(()),
        Shape::Fixed => Err(Wrong::Mutability(attribute)),
        // Whoever is left without it would be let in again by what is meant to take away.
        Shape::Simple if attribute == "active" && (op == Op::Remove || value.is_null()) => {
            Err(Wrong::Mutability(attribute))
        }
        Shape::Simple => {
            set(resource, attribute, (op != Op::Remove).then_some(value));
            Ok(())
        }
        Shape::Complex => {
            let wrong = Wrong::Value { attribute, what: "is an object" };
            match (path.part, op) {
                (None, Op::Remove) => set(resource, attribute, None),
                (None, Op::Add | Op::Replace) => {
                    let values = value.as_object().ok_or(wrong)?;
                    for (part, value) in values {
                        set(object_at(resource, attribute), part, Some(value));
                    }
                }
                (Some(part), _) => {
                    set(object_at(resource, attribute), part, (op != Op::Remove).then_some(value));
                }
            }
            Ok(())
        }
        Shape::Many => many(list_at(resource, attribute), op, path, value),
    }
}

fn many(list: &mut Vec<Value>, op: Op, path: &Path<'_>, value: &Value) -> Result<(), Wrong> {
    let attribute = path.attribute;
    let Some(filter) = &path.filter else {
        let given = objects(attribute, value)?;
        match op {
            Op::Replace => *list = given,
            Op::Remove if value.is_null() => list.clear(),
            // Not in RFC 7644, and what Microsoft Entra sends: those values, not all of them.
            Op::Remove => {
                let gone: BTreeSet<String> = given.iter().filter_map(known_by).collect();
                list.retain(|one| !known_by(one).is_some_and(|known| gone.contains(&known)));
            }
            Op::Add => {
                let mut there: BTreeSet<String> = list.iter().filter_map(known_by).collect();
                for one in given {
                    if known_by(&one).is_none_or(|known| there.insert(known)) {
                        add(list, one);
                    }
                }
            }
        }
        return Ok(());
    };
    let chosen = |one: &Value| {
        let same = |(name, wanted): &(String, String)| {
            let found = one.as_object().and_then(|one| get(one, name));
            found.is_some_and(|found| {
                found.as_str().map_or_else(|| found.to_string(), str::to_owned) == *wanted
            })
        };
        filter.0.iter().all(same)
    };
    match (op, path.part) {
        (Op::Remove, None) => list.retain(|one| !chosen(one)),
        (Op::Remove, Some(part)) => {
            for one in list.iter_mut().filter(|one| chosen(one)) {
                if let Value::Object(one) = one {
                    set(one, part, None);
                }
            }
        }
        (Op::Add | Op::Replace, part) => {
            let wrong = Wrong::Value { attribute, what: "are objects" };
            let parts = match part {
                Some(part) => Map::from_iter([(part.to_owned(), value.clone())]),
                None => value.as_object().cloned().ok_or(wrong)?,
            };
            let mut met = false;
            for one in list.iter_mut().filter(|one| chosen(one)) {
                met = true;
                if let Value::Object(one) = one {
                    for (part, value) in &parts {
                        set(one, part, Some(value));
                    }
                }
            }
            // The work address of somebody who has none yet: one is made of what chooses it.
            if !met && part.is_some() {
                let named = filter.0.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str())));
                let mut one: Map<String, Value> = named.collect();
                one.extend(parts);
                add(list, Value::Object(one));
            } else if !met {
                return Err(Wrong::Target);
            }
        }
    }
    Ok(())
}

/// Adds a value. Where it is the first one, no other is.
fn add(list: &mut Vec<Value>, one: Value) {
    let first = one.as_object().is_some_and(|one| get(one, "primary") == Some(&Value::Bool(true)));
    if first {
        for other in list.iter_mut() {
            if let Value::Object(other) = other
                && get(other, "primary").is_some()
            {
                set(other, "primary", Some(&Value::Bool(false)));
            }
        }
    }
    list.push(one);
}

/// What a value of a list is known by.
fn known_by(one: &Value) -> Option<String> {
    get(one.as_object()?, "value")?.as_str().map(str::to_owned)
}

/// The values that are given: a list of them, one, or none.
fn objects(attribute: &'static str, value: &Value) -> Result<Vec<Value>, Wrong> {
    let all = match value {
        Value::Null => Vec::new(),
        Value::Object(_) => vec![value.clone()],
        Value::Array(all) => all.clone(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            return Err(Wrong::Value { attribute, what: "is a list" });
        }
    };
    if all.iter().all(Value::is_object) {
        Ok(all)
    } else {
        Err(Wrong::Value { attribute, what: "are objects" })
    }
}

/// Sets or takes away, under the name that stands there already, in whatever case.
fn set(object: &mut Map<String, Value>, name: &str, value: Option<&Value>) {
    let stands = object.keys().find(|key| key.eq_ignore_ascii_case(name)).cloned();
    match value {
        Some(value) => {
            object.insert(stands.unwrap_or_else(|| name.to_owned()), value.clone());
        }
        None => {
            if let Some(stands) = stands {
                object.remove(&stands);
            }
        }
    }
}

fn object_at<'a>(resource: &'a mut Map<String, Value>, name: &str) -> &'a mut Map<String, Value> {
    let slot = resource.entry(name.to_owned()).or_insert(Value::Null);
    if !slot.is_object() {
        *slot = Value::Object(Map::new());
    }
    match slot {
        Value::Object(object) => object,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            unreachable!("it was made an object")
        }
    }
}

fn list_at<'a>(resource: &'a mut Map<String, Value>, name: &str) -> &'a mut Vec<Value> {
    let slot = resource.entry(name.to_owned()).or_insert(Value::Null);
    if !slot.is_array() {
        *slot = Value::Array(Vec::new());
    }
    match slot {
        Value::Array(list) => list,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            unreachable!("it was made a list")
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::{Account, Team, account_json};

    fn user(operations: &Value) -> Result<Account, Wrong> {
        let before = Account {
            user_name: "sam@kommun.example".to_owned(),
            active: true,
            emails: vec![("sam@kommun.example".to_owned(), Some("work".to_owned()), true)],
            ..Account::default()
        };
        Account::read(&patch(
            Target::User,
            account_json(&before),
            &json!({ "schemas": [PATCH], "Operations": operations }),
        )?)
    }

    fn group(members: &[&str], operations: &Value) -> Result<Vec<String>, Wrong> {
        let members = members.iter().map(|member| (*member).to_owned()).collect();
        let before = Team { display_name: "Bokning".to_owned(), external_id: None, members };
        let after = patch(Target::Group, before.json(), &json!({ "Operations": operations }))?;
        Ok(Team::read(&after)?.members.into_iter().collect())
    }

    #[test]
    fn a_user_is_changed_as_the_published_clients_write_it() {
        let entra = user(&json!([
            { "op": "Replace", "path": "active", "value": "False" },
            { "op": "Replace", "path": "emails[type eq \"work\"].value", "value": "lind@kommun.example" },
            { "op": "Add", "path": "emails[type eq \"home\"].value", "value": "hem@post.example" },
            { "op": "Add", "path": "name.givenName", "value": "Sam" },
            { "op": "Add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "value": "Fritid" },
            { "op": "Add", "path": "title", "value": "Vakt" },
            { "op": "Add", "value": { "name.familyName": "Lind", "externalId": "e-1", "userType": "x" } }
        ]));
        let entra = entra.unwrap();
        assert!(!entra.active && entra.called() == "Sam Lind" && entra.external_id.as_deref() == Some("e-1"));
        let addresses: Vec<&str> = entra.emails.iter().map(|(address, ..)| address.as_str()).collect();
        assert_eq!(addresses, ["lind@kommun.example", "hem@post.example"]);
        let okta =
            user(&json!([{ "op": "replace", "value": { "active": false, "id": "x", "schemas": [] } }]));
        assert!(!okta.unwrap().active);
        assert!(
            user(&json!([{ "op": "remove", "path": "emails[type eq \"work\"]" }])).unwrap().emails.is_empty()
        );
    }

    #[test]
    fn members_come_and_go_as_the_published_clients_write_it() {
        let members = |op: &str, value: Value| json!([{ "op": op, "path": "members", "value": value }]);
        assert_eq!(
            group(&["a"], &members("Add", json!([{ "$ref": null, "value": "b" }, { "value": "a" }])))
                .unwrap(),
            ["a", "b"]
        );
        assert_eq!(
            group(&["a", "b"], &members("Remove", json!([{ "$ref": null, "value": "b" }]))).unwrap(),
            ["a"]
        );
        assert_eq!(
            group(&["a", "b"], &json!([{ "op": "remove", "path": "members[value eq \"b\"]" }])).unwrap(),
            ["a"]
        );
        assert_eq!(
            group(&["a"], &json!([{ "op": "remove", "path": "members[value eq \"z\"]" }])).unwrap(),
            ["a"]
        );
        assert!(group(&["a", "b"], &json!([{ "op": "remove", "path": "members" }])).unwrap().is_empty());
        assert_eq!(
            group(&["a"], &members("replace", json!([{ "value": "c", "display": "C" }]))).unwrap(),
            ["c"]
        );
        assert_eq!(
            group(&["a"], &json!([{ "op": "replace", "value": { "id": "1", "displayName": "Ny" } }]))
                .unwrap(),
            ["a"]
        );
    }

    #[test]
    fn what_cannot_be_changed_so_is_refused_and_says_why() {
        let kind = |operations: Value| user(&operations).unwrap_err().scim_type();
        assert_eq!(kind(json!([{ "op": "remove" }])), "noTarget");
        assert_eq!(
            kind(json!([{ "op": "replace", "path": "emails[type eq \"home\"]", "value": {} }])),
            "noTarget"
        );
        assert_eq!(kind(json!([{ "op": "replace", "path": "nothing", "value": 1 }])), "invalidPath");
        assert_eq!(kind(json!([{ "op": "replace", "path": "userName.x", "value": 1 }])), "invalidPath");
        assert_eq!(
            kind(json!([{ "op": "replace", "path": "emails[type sw \"w\"].value", "value": "a" }])),
            "invalidFilter"
        );
        assert_eq!(kind(json!([{ "op": "replace", "path": "id", "value": "x" }])), "mutability");
        assert_eq!(kind(json!([{ "op": "remove", "path": "active" }])), "mutability");
        assert_eq!(kind(json!([{ "op": "remove", "path": "userName" }])), "invalidValue");
        assert_eq!(kind(json!([{ "op": "replace", "path": "active", "value": "nej" }])), "invalidValue");
        for syntax in [
            json!([]),
            json!({}),
            json!([1]),
            json!([{ "op": "move", "path": "active" }]),
            json!([{ "op": "add", "value": 1 }]),
        ] {
            assert_eq!(kind(syntax), "invalidSyntax");
        }
        let many = vec![json!({ "op": "replace", "path": "active", "value": true }); OPERATIONS_MAX + 1];
        assert_eq!(kind(many.into()), "invalidSyntax");
    }

    fn member() -> impl Strategy<Value = String> {
        "[a-f]"
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "(userName|work|False|[a-z\\[\\]. \"]{0,8})".prop_map(Value::from),
        ];
        let keys = "(op|path|value|Operations|active|name|emails|members|type|members\\[value eq \"a\"\\]|[a-z.]{0,6})";
        leaf.prop_recursive(4, 32, 4, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(keys, inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        /// Whatever is added and removed, in whichever of the ways of writing it, comes to the same as with a set.
        #[test]
        fn members_are_a_set_whichever_way_they_come_and_go(
            before in prop::collection::btree_set(member(), 0..6),
            steps in prop::collection::vec((0_u8..5, prop::collection::btree_set(member(), 0..4)), 1..8),
        ) {
            let mut model = before.clone();
            let mut operations = Vec::new();
            for (kind, members) in steps {
                let values: Vec<Value> = members.iter().map(|member| json!({ "value": member })).collect();
                match kind {
                    0 => { operations.push(json!({ "op": "Add", "path": "members", "value": values })); model.extend(members); }
                    1 => { operations.push(json!({ "op": "add", "value": { "members": values } })); model.extend(members); }
                    2 => {
                        operations.push(json!({ "op": "Remove", "path": "members", "value": values }));
                        model.retain(|member| !members.contains(member));
                    }
                    3 => for member in members {
                        operations.push(json!({ "op": "remove", "path": format!("members[value eq \"{member}\"]") }));
                        model.remove(&member);
                    },
                    _ => { operations.push(json!({ "op": "replace", "path": "members", "value": values })); model = members; }
                }
            }
            operations.push(json!({ "op": "replace", "path": "displayName", "value": "Bokning" }));
            let before: Vec<&str> = before.iter().map(String::as_str).collect();
            let after = group(&before, &operations.into()).unwrap();
            prop_assert_eq!(after, model.into_iter().collect::<Vec<_>>());
        }

        /// What was changed and is sent again changes nothing more.
        #[test]
        fn a_change_that_comes_twice_is_one(given in "[A-Z][a-z]{0,8}", active in any::<bool>(), address in "[a-z]{1,8}@kommun\\.example") {
            let request = json!({ "Operations": [
                { "op": "replace", "path": "name.givenName", "value": given }, { "op": "replace", "value": { "active": active } },
                { "op": "add", "path": "emails", "value": [{ "value": address, "primary": true }] },
            ] });
            let begun = account_json(&Account { user_name: "a".to_owned(), active: true, ..Account::default() });
            let once = patch(Target::User, begun, &request).unwrap();
            let twice = patch(Target::User, once.clone(), &request).unwrap();
            prop_assert_eq!(Account::read(&twice).unwrap(), Account::read(&once).unwrap());
            prop_assert_eq!(Account::read(&once).unwrap().active, active);
        }

        #[test]
        fn anything_at_all_has_an_answer(operations in any_json(), target in prop_oneof![Just(Target::User), Just(Target::Group)]) {
            let resource = json!({ "userName": "a", "displayName": "b", "members": [{ "value": "a" }], "emails": [{ "type": "work" }] });
            for request in [json!({ "Operations": operations }), json!({ "Operations": [operations] })] {
                if let Ok(changed) = patch(target, resource.clone(), &request) {
                    drop((Account::read(&changed), Team::read(&changed)));
                }
            }
        }
    }
}
