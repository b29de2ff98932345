//! A page for a screen on a wall: nobody touches it, it is read from five metres, and it says when it is old.

use maud::{DOCTYPE, Markup, html};

use crate::{Accent, Icon, Lang, asset_url};

/// How often the page is loaded anew where there is no script, in seconds.
const REFRESH_S: u32 = 60;

/// What a screen shows. Texts are finished.
#[derive(Debug, Clone)]
#[must_use = "a page is nothing until it is rendered"]
pub struct ScreenPage {
    /// The language that it speaks.
    pub lang: Lang,
    /// What it is about.
    pub title: String,
    /// What it shows of it.
    pub lead: String,
    /// Whose it is.
    pub tenant: String,
    /// Its colour.
    pub accent: Accent,
    /// As of when it is.
    pub updated: String,
    /// What it says once it has not been renewed for a while.
    pub stale: String,
    /// What it shows; no headings.
    pub body: Markup,
}

impl ScreenPage {
    /// The whole document.
    pub fn render(self) -> Markup {
        html! {
            (DOCTYPE)
            html.screen lang=(self.lang.code()) dir=[(self.lang.direction() == "rtl").then_some("rtl")] {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="robots" content="noindex";
                    title { (self.title) " – " (self.tenant) }
                    @if let Some(icon) = asset_url("icon.svg") { link rel="icon" type="image/svg+xml" href=(icon); }
                    @if let Some(style) = asset_url("hallport.css") { link rel="stylesheet" href=(style); }
                    link rel="stylesheet" href={ "/assets/tenant-" (self.accent.hex()) ".css" };
                    noscript { meta http-equiv="refresh" content=(REFRESH_S); }
                    @if let Some(url) = asset_url("screen.js") { script src=(url) defer {} }
                }
                body {
                    main data-screen {
                        h1 { (self.title) }
                        p.screen-lead { (self.lead) }
                        p.screen-stale role="status" data-stale hidden { (Icon::Offline) " " (self.stale) }
                        (self.body)
                        p.screen-updated { (self.updated) }
                    }
                }
            }
        }
    }
}
