//! Several codes of one booking: each with whose it is, or for which time.

use maud::{Markup, Render, html};

use crate::access::digits;
use crate::{DoorState, Lang};

/// One of several codes.
#[derive(Debug, Clone)]
pub struct CodeEntry {
    /// Whose it is, or for which time.
    pub title: String,
    /// The digits; none for a reader whom they are not for.
    pub code: Option<String>,
    /// What more there is to say: when it opens, where it was sent.
    pub lines: Vec<String>,
    /// Whether the door knows it, where that is told for each.
    pub state: Option<DoorState>,
    /// What can be done about it.
    pub action: Option<Markup>,
}

/// Several codes, each as one reads it in front of the door.
#[derive(Debug, Clone)]
#[must_use = "a list is nothing until it is rendered"]
pub struct CodeList {
    /// The reader's language.
    pub lang: Lang,
    /// In the order they are shown.
    pub entries: Vec<CodeEntry>,
}

impl Render for CodeList {
    fn render(&self) -> Markup {
        html! {
            ul.code-list {
                @for entry in &self.entries {
                    li {
                        h3 { (entry.title) }
                        @if let Some(code) = &entry.code { p.code data-code=(code) { (digits(code)) } }
                        @for line in &entry.lines { p.quiet { (line) } }
                        @if let Some(state) = &entry.state { p { (state.badge(self.lang)) } }
                        @if let Some(action) = &entry.action { (action) }
                    }
                }
            }
        }
    }
}
