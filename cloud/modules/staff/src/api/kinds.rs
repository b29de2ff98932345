//! What this server can do, and of which kinds its resources are (RFC 7643 §5 to §7).

use axum::extract::Path;
use axum::response::Response;
use http::StatusCode;
use serde_json::{Value, json};
use staff_domain::OPERATIONS_MAX;

use super::answer::{Refused, list, scim};
use super::caller::Caller;

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";

/// What is supported.
pub(super) async fn config(caller: Caller) -> Response {
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": { "supported": true },
        "bulk": { "supported": false, "maxOperations": OPERATIONS_MAX, "maxPayloadSize": super::BODY_BYTES_MAX },
        "filter": { "supported": true, "maxResults": 200 },
        "changePassword": { "supported": false },
        "sort": { "supported": false },
        "etag": { "supported": true },
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "Bearer token",
            "description": "A token that an administrator of the municipality makes",
        }],
        "meta": { "resourceType": "ServiceProviderConfig", "location": caller.location("ServiceProviderConfig") },
    });
    scim(StatusCode::OK, &body)
}

fn all_types(caller: &Caller) -> [Value; 2] {
    [("User", USER), ("Group", GROUP)].map(|(name, schema)| {
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
            "id": name,
            "name": name,
            "endpoint": format!("/{name}s"),
            "schema": schema,
            "meta": { "resourceType": "ResourceType", "location": caller.location(&format!("ResourceTypes/{name}")) },
        })
    })
}

/// The kinds of resource.
pub(super) async fn types(caller: Caller) -> Response {
    list(2, 1, &all_types(&caller))
}

/// One of them.
pub(super) async fn one_type(caller: Caller, Path(name): Path<String>) -> Result<Response, Refused> {
    let found = all_types(&caller).into_iter().find(|one| one["id"] == name.as_str());
    Ok(scim(StatusCode::OK, &found.ok_or(Refused::NotFound)?))
}

fn text(name: &str, required: bool, unique: bool, exact: bool) -> Value {
    json!({
        "name": name, "type": "string", "multiValued": false, "required": required, "caseExact": exact,
        "mutability": "readWrite", "returned": "default", "uniqueness": if unique { "server" } else { "none" },
    })
}

fn boolean(name: &str) -> Value {
    json!({ "name": name, "type": "boolean", "multiValued": false, "required": false,
            "mutability": "readWrite", "returned": "default" })
}

fn complex(name: &str, many: bool, parts: &[Value]) -> Value {
    json!({ "name": name, "type": "complex", "multiValued": many, "required": false,
            "mutability": "readWrite", "returned": "default", "subAttributes": parts })
}

fn all_schemas(caller: &Caller) -> [Value; 2] {
    let plain = |name| text(name, false, false, false);
    let user = vec![
        text("userName", true, true, false),
        text("externalId", false, true, true),
        plain("displayName"),
        boolean("active"),
        complex("name", false, &[plain("givenName"), plain("familyName"), plain("formatted")]),
        complex("emails", true, &[plain("value"), plain("type"), boolean("primary")]),
    ];
    let group = vec![
        text("displayName", true, true, true),
        text("externalId", false, true, true),
        complex("members", true, &[text("value", true, false, true)]),
    ];
    [(USER, "User", user), (GROUP, "Group", group)].map(|(id, name, attributes)| {
        json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
            "id": id,
            "name": name,
            "attributes": attributes,
            "meta": { "resourceType": "Schema", "location": caller.location(&format!("Schemas/{id}")) },
        })
    })
}

/// What users and groups have.
pub(super) async fn schemas(caller: Caller) -> Response {
    list(2, 1, &all_schemas(&caller))
}

/// What one of them has.
pub(super) async fn schema(caller: Caller, Path(name): Path<String>) -> Result<Response, Refused> {
    let found = all_schemas(&caller).into_iter().find(|one| one["id"] == name.as_str());
    Ok(scim(StatusCode::OK, &found.ok_or(Refused::NotFound)?))
}
