//! Names of attributes, and where they stand.

/// The schema of users (RFC 7643 §4.1).
pub(crate) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// The schema of groups (RFC 7643 §4.2).
pub(crate) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// What schemas of extensions begin with. No value of theirs is kept.
const EXTENSION: &str = "urn:ietf:params:scim:schemas:extension:";

/// A path of an attribute without the schema before it; `None` where it is an extension's, which is not kept.
pub(crate) fn without_schema(path: &str) -> Option<&str> {
    for schema in [USER, GROUP] {
        if let Some(rest) = strip_prefix_in_any_case(path, schema) {
            return rest.strip_prefix(':');
        }
    }
    if strip_prefix_in_any_case(path, EXTENSION).is_some() { None } else { Some(path) }
}

fn strip_prefix_in_any_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}
