use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use fluent_syntax::ast::Entry;
use fluent_syntax::parser;

use super::t;
use crate::Lang;
use crate::languages::{BUILT_IN, arguments};

/// Every key of a built-in language with the arguments its text wants.
fn keys(lang: Lang) -> BTreeMap<String, BTreeSet<String>> {
    let mut keys = BTreeMap::new();
    let (code, files) = BUILT_IN[usize::from(lang.0)];
    for (module, source) in files {
        let resource =
            parser::parse(*source).unwrap_or_else(|(_, errors)| panic!("{code}/{module}.ftl: {errors:?}"));
        for entry in resource.body {
            let Entry::Message(message) = entry else { continue };
            let key = message.id.name.to_owned();
            assert!(
                key.starts_with(&format!("{module}-")),
                "{key} does not begin with its file's name, {module}"
            );
            let text = message.value.unwrap_or_else(|| panic!("{key} has no text"));
            let before = keys.insert(key.clone(), arguments(&text));
            assert!(before.is_none(), "{key} stands twice in {code}");
        }
    }
    keys
}

#[test]
fn both_languages_have_the_same_keys_with_the_same_arguments() {
    let (swedish, english) = (keys(Lang::Sv), keys(Lang::En));
    let missing_in_english: Vec<_> = swedish.keys().filter(|key| !english.contains_key(*key)).collect();
    let missing_in_swedish: Vec<_> = english.keys().filter(|key| !swedish.contains_key(*key)).collect();
    assert!(missing_in_english.is_empty(), "only in Swedish: {missing_in_english:?}");
    assert!(missing_in_swedish.is_empty(), "only in English: {missing_in_swedish:?}");
    for (key, arguments) in &swedish {
        assert_eq!(Some(arguments), english.get(key), "the arguments of {key}");
    }
}

#[test]
fn every_text_can_be_said_in_both_languages() {
    for lang in [Lang::Sv, Lang::En] {
        for (key, arguments) in keys(lang) {
            let arguments: Vec<(&str, &dyn super::Argument)> =
                arguments.iter().map(|name| (name.as_str(), &2_u8 as &dyn super::Argument)).collect();
            let text = t(lang, &key, &arguments);
            assert!(
                !text.trim_matches(' ').is_empty() && !text.contains('{'),
                "{key} in {}: {text}",
                lang.code()
            );
        }
    }
}

#[test]
fn the_sources_of_the_cloud_ask_only_for_texts_that_exist() {
    let known = keys(Lang::Sv);
    let cloud = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut asked = 0;
    for file in rust_files(cloud) {
        let source = fs::read_to_string(&file).unwrap();
        for (key, arguments) in asked_for(&source) {
            asked += 1;
            let wanted = known
                .get(&key)
                .unwrap_or_else(|| panic!("{} asks for {key}, which no file has", file.display()));
            if let Some(arguments) = arguments {
                assert_eq!(&arguments, wanted, "the arguments of {key} in {}", file.display());
            }
        }
    }
    assert!(asked > 50, "found only {asked} texts asked for: the search itself is broken");
}

#[test]
fn the_search_for_keys_sees_calls_as_they_are_written() {
    let source = r#"
        let one = t(lang, "booking-book", &[]);
        let two = cloud_ui::t(
            self.lang,
            "time-week",
            &[("number", &week), ("x", &format(day, "y"))],
        );
        let none = format(lang, "no-key"); let dynamic = t(lang, key, arguments);
        let three = t(page.lang(), "ui-save", &arguments);
    "#;
    let found = asked_for(source);
    let names = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>());
    assert_eq!(
        found,
        [
            ("booking-book".to_owned(), names(&[])),
            ("time-week".to_owned(), names(&["number", "x"])),
            ("ui-save".to_owned(), None),
        ]
    );
}

#[test]
#[should_panic(expected = "no text ui-nowhere")]
fn a_missing_text_is_never_shown_in_silence() {
    // Put together so that the search above does not take it for a text asked for.
    let key = ["ui", "nowhere"].join("-");
    t(Lang::Sv, &key, &[]);
}

#[test]
#[should_panic(expected = "time-week")]
fn a_missing_argument_is_never_shown_in_silence() {
    let key = ["time", "week"].join("-");
    t(Lang::Sv, &key, &[]);
}

#[test]
fn texts_carry_no_isolation_marks() {
    assert_eq!(t(Lang::Sv, "ui-page-of", &[("page", &1), ("pages", &3)]), "Sida 1 av 3");
}

#[test]
fn numbers_choose_the_plural_form() {
    assert_eq!(t(Lang::Sv, "ui-strip-free", &[("count", &1)]), "1 ledig");
    assert_eq!(t(Lang::Sv, "ui-strip-free", &[("count", &2)]), "2 lediga");
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && !path.ends_with("texts/tests.rs")
        {
            files.push(path);
        }
    }
    files
}

/// Keys in calls of `t(…, "key", &[("name", …)])`, with the names where the arguments are written in the call.
fn asked_for(source: &str) -> Vec<(String, Option<BTreeSet<String>>)> {
    let code: String =
        source.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut found = Vec::new();
    for (at, _) in code.match_indices("t(") {
        let is_name = |letter: char| letter.is_alphanumeric() || letter == '_';
        if code[..at].chars().next_back().is_some_and(is_name) {
            continue;
        }
        let Some((_, rest)) = code[at + 2..].split_once(',') else { continue };
        let Some(rest) = rest.trim_start().strip_prefix('"') else { continue };
        let Some((key, rest)) = rest.split_once('"') else { continue };
        let rest = rest.trim_start().trim_start_matches(',').trim_start();
        let arguments = rest.strip_prefix("&[").and_then(|list| list.split_once(']')).map(|(list, _)| {
            list.split("(\"")
                .skip(1)
                .filter_map(|part| part.split_once("\", "))
                .map(|(name, _)| name.to_owned())
                .collect()
        });
        found.push((key.to_owned(), arguments));
    }
    found
}
