//! Maps, drawn by script from what the page says. Without script there is none, and nothing is missing.

use maud::{Markup, html};

use crate::{CONTENT_SECURITY_POLICY, Lang, Page, t};

/// Where the map's pictures come from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tiles {
    /// The address of a picture, with `{z}`, `{x}` and `{y}` in it.
    pub url: String,
    /// Its scheme, host and port: what the pages' policy lets pictures come from.
    pub origin: String,
    /// Whose map it is, as its terms want it said.
    pub attribution: String,
}

impl Tiles {
    /// [`CONTENT_SECURITY_POLICY`], with the map's pictures let in.
    pub fn policy(&self) -> String {
        // Leaflet puts an empty picture, as data, in the place of one that it no longer needs.
        let pictures = format!("img-src 'self' data: {}", self.origin);
        CONTENT_SECURITY_POLICY.replace("img-src 'self'", &pictures)
    }
}

/// Where a map is drawn, of everything on the page that has `data-place` with `data-latitude` and `data-longitude`.
/// `label` says to screen readers what it shows. Without tiles it has a plain ground.
pub fn map_box(lang: Lang, label: &str, tiles: Option<&Tiles>) -> Markup {
    html! {
        // No id: htmx would copy the styles that the library gave it, which the policy refuses.
        div.map data-map hidden role="region" aria-label=(label)
            data-tiles=[tiles.map(|tiles| &tiles.url)] data-attribution=[tiles.map(|tiles| &tiles.attribution)]
            data-closer=(t(lang, "ui-map-closer", &[]))
            data-farther=(t(lang, "ui-map-farther", &[])) {}
    }
}

/// The page with what draws its map and asks for a position.
pub fn with_map(page: Page) -> Page {
    page.asset("leaflet.css").asset("leaflet.js").asset("find.js")
}
