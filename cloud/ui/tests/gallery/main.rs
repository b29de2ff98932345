//! Renders every component in both languages into `target/ui-gallery/`, to be looked at, and holds all of it to the
//! rules of the house.

mod samples;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use cloud_ui::{Lang, asset};

/// Every page with its file name.
fn pages() -> Vec<(String, String)> {
    let mut pages = Vec::new();
    for lang in [Lang::Sv, Lang::En] {
        for (name, page) in samples::all(lang) {
            pages.push((format!("{name}-{}.html", lang.code()), page.render().into_string()));
        }
    }
    pages
}

/// The values of an attribute, in order.
fn attributes<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!(" {name}=\"");
    page.split(start.as_str()).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn the_gallery_can_be_opened_in_a_browser() {
    let folder: PathBuf = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("ui-gallery");
    fs::create_dir_all(folder.join("assets")).unwrap();
    for (name, page) in pages() {
        for url in attributes(&page, "href").into_iter().chain(attributes(&page, "src")) {
            if let Some(path) = url.strip_prefix("/assets/") {
                let file = asset(path).unwrap_or_else(|| panic!("{name} asks for {url}"));
                fs::write(folder.join("assets").join(path), &file.bytes).unwrap();
            }
        }
        fs::write(folder.join(name), page).unwrap();
    }
}

#[test]
fn no_page_has_inline_style_or_script() {
    for (name, page) in pages() {
        assert!(attributes(&page, "style").is_empty(), "{name}");
        assert!(!page.contains("<style"), "{name}");
        let handler = page
            .split(" on")
            .skip(1)
            .filter_map(|rest| rest.split_once("=\""))
            .find(|(rest, _)| rest.chars().all(|letter| letter.is_ascii_lowercase()));
        assert_eq!(handler, None, "{name} has an event attribute");
        for script in page.split("<script").skip(1) {
            assert!(
                script.starts_with(" src=\"/assets/") && script.contains("></script>"),
                "{name}: {script:.80}"
            );
        }
    }
}

#[test]
fn every_page_has_one_heading_one_main_and_a_way_past_the_menu() {
    for (name, page) in pages() {
        for (what, count) in [("<h1", 1), ("<main", 1), ("<header", 1), ("<footer", 1), ("href=\"#main\"", 1)]
        {
            assert_eq!(page.matches(what).count(), count, "{what} in {name}");
        }
        assert!(page.contains("id=\"main\""), "{name}");
    }
}

#[test]
fn every_reference_within_a_page_leads_somewhere_and_no_id_stands_twice() {
    for (name, page) in pages() {
        let ids = attributes(&page, "id");
        let known: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), known.len(), "an id stands twice in {name}: {ids:?}");
        let references = ["for", "aria-describedby", "aria-labelledby"]
            .into_iter()
            .flat_map(|attribute| attributes(&page, attribute))
            .flat_map(str::split_whitespace)
            .chain(attributes(&page, "href").into_iter().filter_map(|href| href.strip_prefix('#')));
        for reference in references {
            assert!(known.contains(reference), "{name} refers to {reference}, which is not there");
        }
    }
}

#[test]
fn every_page_says_its_language_and_offers_the_other() {
    for (name, page) in pages() {
        let (own, other) = if name.ends_with("-sv.html") { ("sv", "en") } else { ("en", "sv") };
        assert!(page.contains(&format!("<html lang=\"{own}\">")), "{name}");
        assert!(page.contains(&format!("href=\"/language/{other}?next=/")), "{name}");
    }
}
