//! The rules of the house that a machine can see: which room may know which, what may be built in, and where
//! SQL and HTTP may stand.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace's root").to_owned()
}

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .other_options(["--locked".to_owned()])
        .exec()
        .expect("cargo metadata")
}

/// A crate's place: its folder below the workspace's root, such as `cloud/modules/booking/domain`.
fn place(package: &Package) -> String {
    let folder = package.manifest_path.parent().expect("a folder").as_std_path();
    folder.strip_prefix(root()).expect("a crate of ours").to_str().expect("a plain name").to_owned()
}

fn is_domain(place: &str) -> bool {
    place.starts_with("cloud/modules/") && place.ends_with("/domain")
}

/// Whether a crate at `from` may be built on a crate of ours at `to`.
fn may_know(from: &str, to: &str) -> bool {
    let protocols = to.starts_with("protocols/");
    if from.starts_with("protocols/") || from == "firmware/nodes" {
        return protocols;
    }
    if from == "edge-gateway/core" || is_domain(from) {
        return protocols;
    }
    match from {
        "cloud/ui" => protocols,
        "cloud/photos" | "cloud/kernel" => protocols || to == "cloud/ui",
        "cloud/contracts" => protocols || to == "cloud/kernel",
        "cloud/app" => protocols || to.starts_with("cloud/"),
        "edge-gateway/app" => protocols || to.starts_with("edge-gateway/"),
        "hardware-sims/devices" => protocols || to == "firmware/nodes",
        "hardware-sims/app" => protocols || to == "hardware-sims/devices" || to == "firmware/nodes",
        _ if from.starts_with("edge-gateway/") => protocols || to == "edge-gateway/core",
        // A module knows the kernel, the contracts, the pages' components and its own rules; no other module.
        _ if from.starts_with("cloud/modules/") => {
            protocols
                || ["cloud/kernel", "cloud/contracts", "cloud/ui", "cloud/photos"].contains(&to)
                || to == format!("{from}/domain")
        }
        _ => false,
    }
}

/// Libraries that only these rooms may use.
fn rooms_of(library: &str) -> Option<fn(&str) -> bool> {
    fn module(place: &str) -> bool {
        place.starts_with("cloud/modules/") && !is_domain(place)
    }
    match library {
        "sqlx" => Some(|place| place == "cloud/kernel" || place == "edge-gateway/store" || module(place)),
        "rumqttc-v4-next" => Some(|place| {
            place == "edge-gateway/uplink"
                || place == "edge-gateway/fieldbus"
                || place == "cloud/modules/access"
                || place.starts_with("hardware-sims/")
        }),
        "tokio-modbus" => {
            Some(|place| place == "edge-gateway/fieldbus" || place.starts_with("hardware-sims/"))
        }
        "axum" => {
            Some(|place| ["cloud/kernel", "cloud/app", "hardware-sims/app"].contains(&place) || module(place))
        }
        _ => None,
    }
}

#[test]
fn dependencies_point_inwards() {
    let metadata = metadata();
    let ours: BTreeMap<String, String> =
        metadata.workspace_packages().iter().map(|p| (p.name.to_string(), place(p))).collect();
    let mut wrong = Vec::new();
    for package in metadata.workspace_packages() {
        let from = place(package);
        for dependency in package.dependencies.iter().filter(|d| d.kind == DependencyKind::Normal) {
            if let Some(to) = ours.get(&dependency.name) {
                if !may_know(&from, to) {
                    wrong.push(format!("{from} knows {to}"));
                }
            } else if rooms_of(&dependency.name).is_some_and(|allowed| !allowed(&from)) {
                wrong.push(format!("{from} uses {}", dependency.name));
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that the architecture does not have:\n{}", wrong.join("\n"));
}

#[test]
fn a_crate_is_named_after_its_place() {
    for package in metadata().workspace_packages() {
        let place = place(package);
        let rooms: Vec<&str> = place.split('/').collect();
        let expected = match rooms.as_slice() {
            ["e2e"] => "hallport-e2e".to_owned(),
            ["cloud", "modules", module] => format!("cloud-{module}"),
            ["edge-gateway", room] => format!("gateway-{room}"),
            ["hardware-sims", room] => format!("sims-{room}"),
            [.., house, room] => format!("{house}-{room}"),
            _ => panic!("a crate at an unexpected place: {place}"),
        };
        assert_eq!(package.name.as_str(), expected, "the crate at {place}");
        assert!(package.publish.as_ref().is_some_and(Vec::is_empty), "{expected} could be published");
    }
}

#[test]
fn nothing_is_built_in_that_the_decisions_exclude() {
    let excluded = ["openssl", "openssl-sys", "native-tls", "aws-lc-rs", "aws-lc-sys"];
    let allowed: BTreeSet<&str> = [
        "0BSD",
        "Apache-2.0",
        "Apache-2.0 WITH LLVM-exception",
        "BlueOak-1.0.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "BSL-1.0",
        "CC0-1.0",
        "CDLA-Permissive-2.0",
        "ISC",
        "MIT",
        "MIT-0",
        "MPL-2.0",
        "Unicode-3.0",
        "Unlicense",
        "Zlib",
    ]
    .into();
    let metadata = metadata();
    for package in &metadata.packages {
        let name = package.name.as_str();
        assert!(!excluded.contains(&name), "{name} is built in");
        let from_registry = package.source.as_ref().is_none_or(|source| source.repr.starts_with("registry+"));
        assert!(from_registry, "{name} comes from {:?}", package.source);
        if package.source.is_none() {
            continue;
        }
        let licence = package.license.as_deref().unwrap_or_default().replace('/', " OR ");
        let one_of_them = licence.split(" OR ").any(|choice| {
            let choice = choice.trim_matches([' ', '(', ')']);
            choice.split(" AND ").all(|part| allowed.contains(part.trim_matches([' ', '(', ')'])))
        });
        assert!(one_of_them, "{name} has the licence {licence:?}");
    }
    let versions = |wanted: &str| metadata.packages.iter().filter(|p| p.name.as_str() == wanted).count();
    assert_eq!(versions("rustls"), 1, "one rustls");
    assert_eq!(versions("ring"), 1, "one ring");
}

fn sources(below: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(below).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The files of a module's own `src`, each with its path below it.
fn module_sources() -> Vec<(String, PathBuf, String)> {
    let mut all = Vec::new();
    for module in fs::read_dir(root().join("cloud/modules")).expect("modules").flatten() {
        let src = module.path().join("src");
        let mut files = Vec::new();
        sources(&src, &mut files);
        for file in files {
            let text = fs::read_to_string(&file).expect("a source file");
            let below = file.strip_prefix(&src).expect("below src").to_owned();
            all.push((module.file_name().to_string_lossy().into_owned(), below, text));
        }
    }
    assert!(all.len() > 20, "the modules' sources were read");
    all
}

#[test]
fn a_module_has_its_sql_in_its_store_only() {
    for (module, file, text) in module_sources() {
        let in_store = file == Path::new("store.rs") || file.starts_with("store");
        let in_tests =
            file.components().any(|part| part.as_os_str() == "tests" || part.as_os_str() == "tests.rs");
        let has_sql = ["sqlx::query", "query!(", "query_as!(", "query_scalar!(", "raw_sql("]
            .iter()
            .any(|m| text.contains(m));
        assert!(in_store || in_tests || !has_sql, "{module}: SQL in {}", file.display());
    }
}

#[test]
fn a_module_speaks_http_in_pages_and_api_only() {
    for (module, file, text) in module_sources() {
        let outside = file == Path::new("lib.rs") || file.starts_with("pages") || file.starts_with("api");
        let in_tests =
            file.components().any(|part| part.as_os_str() == "tests" || part.as_os_str() == "tests.rs");
        assert!(outside || in_tests || !text.contains("axum::"), "{module}: axum in {}", file.display());
    }
}

#[test]
fn every_requirement_and_every_fault_that_is_claimed_names_a_test_that_exists() {
    let mut files = Vec::new();
    for room in ["cloud", "protocols", "edge-gateway", "firmware", "hardware-sims", "e2e"] {
        sources(&root().join(room), &mut files);
    }
    let mut names = BTreeSet::new();
    for file in &files {
        let text = fs::read_to_string(file).expect("a source file");
        let mut marked = false;
        for line in text.lines().map(str::trim) {
            if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
                marked = true;
            } else if let Some(rest) = line.strip_prefix("fn ").or_else(|| line.strip_prefix("async fn ")) {
                // Property tests stand inside `proptest! { … }` with `#[test]` before each.
                if marked {
                    names.insert(rest.split(['(', '<']).next().unwrap_or_default().to_owned());
                }
                marked = false;
            }
        }
    }
    for story in fs::read_dir(root().join("e2e/browser/tests")).expect("browser tests").flatten() {
        let text = fs::read_to_string(story.path()).expect("a browser test");
        for line in text.lines().filter_map(|line| line.trim().strip_prefix("test('")) {
            names.insert(line.split('\'').next().unwrap_or_default().to_owned());
        }
    }
    for map in ["docs/requirements.md", "docs/faults.md"] {
        let text = fs::read_to_string(root().join(map)).expect(map);
        let mut claimed = 0;
        for line in text.lines().filter(|line| line.starts_with("| ") && line.contains('`')) {
            for name in line.split('`').skip(1).step_by(2) {
                assert!(names.contains(name), "{map} names `{name}`, and no test has that name");
                claimed += 1;
            }
        }
        assert!(claimed >= 10, "{map} was read");
    }
}
