//! Every route of the service, read from where it is declared. The router itself does not tell what is in it.

use std::path::{Path, PathBuf};

/// A path with its placeholders, and the methods that it answers to.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Route {
    /// For example `/bookings/{id}`.
    pub pattern: String,
    /// Whether it answers to `GET`.
    pub get: bool,
    /// Whether it answers to `POST`.
    pub post: bool,
    /// Whether it answers to `PUT`, `PATCH` and `DELETE`, which programs send.
    pub changes: bool,
}

impl Route {
    /// Whether it is this one that answers at a path, where no other one names the path more closely.
    pub fn is_at(&self, path: &str) -> bool {
        let (mut wanted, mut there) = (self.pattern.split('/'), path.split('/'));
        loop {
            match (wanted.next(), there.next()) {
                (None, None) => return true,
                (Some(any), Some(_)) if any.starts_with("{*") => return true,
                (Some(any), Some(one)) if any.starts_with('{') && !one.is_empty() => {}
                (Some(same), Some(one)) if same == one => {}
                _ => return false,
            }
        }
    }
}

/// All of them, in order: those that begin alike with the more closely named one first.
pub fn routes() -> Vec<Route> {
    let app = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for module in folders(&app.join("../modules")) {
        for file in sources(&module.join("src")) {
            found.extend(of_file(&file));
        }
    }
    found.extend(of_file(&app.join("src/site.rs")));
    found.sort_by_key(|route| route.pattern.replace('{', "~"));
    found
}

fn folders(under: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(under)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect()
}

fn sources(under: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = folders(under).iter().flat_map(|folder| sources(folder)).collect();
    let here = std::fs::read_dir(under).unwrap().map(|entry| entry.unwrap().path());
    files.extend(here.filter(|path| path.extension().is_some_and(|ending| ending == "rs")));
    files
}

fn of_file(file: &Path) -> Vec<Route> {
    let text = std::fs::read_to_string(file).unwrap();
    // What tests declare for themselves stands at the end of a file.
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    text.split(".route(").skip(1).filter_map(|rest| route(rest, file)).collect()
}

/// The route whose declaration goes on like this.
fn route(rest: &str, file: &Path) -> Option<Route> {
    let declared = arguments(rest);
    let (pattern, handlers) =
        declared.split_once(',').unwrap_or_else(|| panic!("{declared} in {}", file.display()));
    // A route with a name in place of a path is the script for other sites' pages, which is one file for everybody.
    let pattern = pattern.trim().strip_prefix('"')?.strip_suffix('"')?.to_owned();
    if pattern.ends_with("/{*rest}") {
        // Where a part of the service says that it has no such path.
        return None;
    }
    let answers = |method: &str| {
        handlers.match_indices(&format!("{method}(")).any(|(at, _)| {
            !handlers[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_')
        })
    };
    for other in ["any", "on"] {
        assert!(!answers(other), "{pattern} answers to {other}, which nothing here asks");
    }
    let changes = ["put", "patch", "delete"].map(answers);
    assert!(
        changes.iter().all(|one| *one == changes[0]),
        "{pattern} answers to some of put, patch, delete only"
    );
    let route = Route { pattern, get: answers("get"), post: answers("post"), changes: changes[0] };
    assert!(route.get || route.post, "no method is seen in {declared:?} of {}", file.display());
    Some(route)
}

/// What stands within the parentheses whose first one is just past.
fn arguments(rest: &str) -> &str {
    let mut depth = 1_u32;
    for (at, character) in rest.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &rest[..at];
        }
    }
    panic!("a route that does not end: {rest:.60}")
}

#[test]
fn every_declaration_of_a_route_is_read() {
    let all = routes();
    let of = |pattern: &str| {
        let found: Vec<_> = all.iter().filter(|route| route.pattern == pattern).collect();
        (found.iter().any(|route| route.get), found.iter().any(|route| route.post))
    };
    assert_eq!(of("/"), (true, false));
    assert_eq!(of("/book"), (true, true));
    assert_eq!(of("/sign-out"), (false, true));
    assert_eq!(of("/bookings/{id}/accessories"), (true, true), "one that is declared on several lines");
    assert_eq!(of("/register/import"), (true, true), "one that is declared twice");
    assert_eq!(of("/theme/{code}"), (true, false));
    assert!(all.iter().any(|route| route.pattern == "/scim/v2/Users/{id}" && route.get && route.changes));
    assert_eq!(all.iter().filter(|route| route.changes).count(), 2);
    assert_eq!(of("/public"), (false, false), "one of a test's own");
    let at = |path: &str| all.iter().find(|route| route.is_at(path)).map(|route| route.pattern.as_str());
    assert_eq!(at("/book/several"), Some("/book/several"));
    assert_eq!(at("/register/import"), Some("/register/import"));
    assert_eq!(at("/register/hallen"), Some("/register/{slug}"));
    assert_eq!(at("/assets/a/b.css"), Some("/assets/{*path}"));
    assert_eq!((at("/bookings/"), at("/elsewhere")), (None, None));
    let count = all.iter().filter(|route| route.pattern == "/book").count();
    assert_eq!(count, 1);
}
