//! The code, the door that knows it, and the officer's list of the day.

use maud::{Markup, Render, html};

use crate::blocks::sse_region_beside;
use crate::when::capital;
use crate::{Badge, EmptyState, Facts, Icon, Lang, OfflineCodes, Tone, live_region, t};

/// Whether the door knows a code. Times are finished words (`18.04`, `i går 22.15`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DoorState {
    /// On its way.
    Preparing,
    /// The gateway has reported that it holds it.
    Known {
        /// Since when, where it is worth saying.
        since: Option<String>,
    },
    /// It will be sent when the time comes nearer.
    Later {
        /// When: `tisdag 1 dec`, `om 12 dagar`.
        when: String,
    },
    /// Not delivered, and nothing is heard from the hall.
    Silent {
        /// Since when nothing is heard.
        since: String,
    },
    /// The gateway refused it.
    Refused,
    /// Taken back: the booking is cancelled or over.
    Withdrawn,
}

impl DoorState {
    /// The state as a badge, for the lists of staff.
    pub fn badge(&self, lang: Lang) -> Badge {
        match self {
            Self::Known { .. } => Badge::new(Tone::Good, &t(lang, "access-known", &[])),
            Self::Preparing | Self::Later { .. } | Self::Silent { .. } | Self::Refused | Self::Withdrawn => {
                self.own_badge(lang)
            }
        }
    }

    /// The state as a badge, for the one whose code it is.
    fn own_badge(&self, lang: Lang) -> Badge {
        match self {
            Self::Preparing => Badge::new(Tone::Waiting, &t(lang, "access-preparing", &[])),
            Self::Known { since: None } => Badge::new(Tone::Good, &t(lang, "access-known-mine", &[])),
            Self::Known { since: Some(time) } => {
                Badge::new(Tone::Good, &t(lang, "access-known-since", &[("time", time)]))
            }
            Self::Later { when } => Badge::new(Tone::Waiting, &t(lang, "access-later", &[("time", when)])),
            Self::Silent { since } => {
                Badge::new(Tone::Warning, &t(lang, "access-silent", &[("time", since)])).icon(Icon::Offline)
            }
            Self::Refused => Badge::new(Tone::Bad, &t(lang, "access-refused", &[])),
            Self::Withdrawn => Badge::new(Tone::Info, &t(lang, "access-withdrawn", &[])).icon(Icon::Lock),
        }
    }

    /// The state with what it means for the one who waits: the body of a server-sent event for [`AccessCode`].
    pub fn panel(&self, lang: Lang) -> Markup {
        let hint = match self {
            Self::Preparing => Some(t(lang, "access-preparing-hint", &[])),
            Self::Silent { .. } => Some(t(lang, "access-silent-hint", &[])),
            Self::Refused => Some(t(lang, "access-refused-hint", &[])),
            Self::Known { .. } | Self::Later { .. } | Self::Withdrawn => None,
        };
        html! {
            (self.own_badge(lang))
            @if let Some(hint) = hint { p.quiet { (hint) } }
        }
    }
}

/// Digits in groups that can be kept in mind: `482 913`, `1234 5678 9012`.
pub fn grouped_code(code: &str) -> String {
    let digits: Vec<char> = code.chars().filter(|letter| !letter.is_whitespace()).collect();
    let size = if digits.len().is_multiple_of(4) { 4 } else { 3 };
    let groups: Vec<String> = digits.chunks(size).map(|group| group.iter().collect()).collect();
    groups.join(" ")
}

/// The code of a booking as one reads it in front of the door.
#[derive(Debug, Clone)]
#[must_use = "a code panel is nothing until it is rendered"]
pub struct AccessCode {
    /// The reader's language.
    pub lang: Lang,
    /// The digits.
    pub code: String,
    /// When it opens, as words: `torsdag 27 nov 17.50–20.00`.
    pub valid: String,
    /// Which door, as the sign beside it says.
    pub door: String,
    /// Whether the door knows it.
    pub state: DoorState,
    /// The address of server-sent events named `door`, whose data is [`DoorState::panel`]; none once it is settled.
    pub events: Option<String>,
    /// What opens the door while the hall is without connection.
    pub offline: OfflineCodes,
    /// Where [`OfflineCodes`] can be had alone: asked for when an event named `offline` says that they changed.
    pub offline_url: String,
}

/// Digits in groups for the eyes, spelled out for the ears: '482 913' would be read as a number of thousands.
pub(crate) fn digits(code: &str) -> Markup {
    let spelled: Vec<String> = code.chars().map(String::from).collect();
    html! {
        span aria-hidden="true" { (grouped_code(code)) }
        span.visually-hidden { (spelled.join(" ")) }
    }
}

/// Whether the door knows a code, or the codes of several times, and what opens it while the hall is without connection:
/// both follow by themselves while there are `events`, as [`AccessCode`] says.
pub fn live_door(
    lang: Lang,
    state: &DoorState,
    events: Option<&str>,
    offline: &OfflineCodes,
    offline_url: &str,
) -> Markup {
    let Some(url) = events else {
        return html! {
            (live_region("door-state", state.panel(lang)))
            (offline)
        };
    };
    sse_region_beside(
        "door-state",
        url,
        "door",
        state.panel(lang),
        html! {
            div #offline-codes aria-live="polite" hx-get=(offline_url)
                hx-trigger="sse:offline" hx-select=".offline-codes" {
                (offline)
            }
        },
    )
}

impl Render for AccessCode {
    fn render(&self) -> Markup {
        let lang = self.lang;
        html! {
            section.code-panel aria-labelledby="code-title" {
                h2 #code-title { (t(lang, "access-code", &[])) }
                p.code data-code=(self.code) { (digits(&self.code)) }
                p.quiet { (t(lang, "access-code-how", &[])) }
                (live_door(lang, &self.state, self.events.as_deref(), &self.offline, &self.offline_url))
                (Facts::new()
                    .row(&t(lang, "access-valid", &[]), &self.valid)
                    .row(&t(lang, "access-door", &[]), &self.door))
            }
        }
    }
}

/// Whether anybody came. Times are finished words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presence {
    /// The time has not begun.
    NotBegun,
    /// It has begun and nobody has entered.
    NobodyYet,
    /// Somebody entered.
    Came {
        /// When first: `18.04`.
        at: String,
    },
    /// It is over and nobody entered.
    NobodyCame,
}

impl Presence {
    /// The presence as a badge.
    pub fn badge(&self, lang: Lang) -> Badge {
        match self {
            Self::NotBegun => Badge::new(Tone::Info, &t(lang, "access-not-begun", &[])).icon(Icon::Circle),
            Self::NobodyYet => Badge::new(Tone::Waiting, &t(lang, "access-nobody-yet", &[])),
            Self::Came { at } => Badge::new(Tone::Good, &t(lang, "access-came", &[("time", at)])),
            Self::NobodyCame => Badge::new(Tone::Warning, &t(lang, "access-nobody-came", &[])),
        }
    }
}

/// One booking of the day.
#[derive(Debug, Clone)]
pub struct DayEntry {
    /// `18.00–20.00`.
    pub time: String,
    /// What is booked: `Sporthallen A, halva A1`.
    pub place: String,
    /// For whom.
    pub customer: String,
    /// What somebody on site must know beside that, a line each: how many come, what goes with it.
    pub more: Vec<String>,
    /// The booking's number, and the link's text.
    pub number: String,
    /// Where the booking is shown, to those who may see it.
    pub href: Option<String>,
    /// The booking's own state where it is worth saying (cancelled), instead of the door's.
    pub note: Option<Badge>,
    /// Whether the door knows the code; none where there is no code.
    pub door: Option<DoorState>,
    /// Whether anybody came.
    pub presence: Presence,
    /// How many passages the journal has.
    pub passages: u32,
}

/// The officer's day: every booking with its access state and presence.
#[derive(Debug, Clone)]
#[must_use = "a list is nothing until it is rendered"]
pub struct DayList {
    /// The reader's language.
    pub lang: Lang,
    /// The day, as words.
    pub title: String,
    /// In the order they are shown.
    pub entries: Vec<DayEntry>,
}

impl Render for DayList {
    fn render(&self) -> Markup {
        let lang = self.lang;
        if self.entries.is_empty() {
            return EmptyState::new(
                &t(lang, "access-day-empty", &[]),
                &t(lang, "access-day-empty-hint", &[]),
            )
            .render();
        }
        html! {
            section aria-label=(self.title) {
                h2 { (capital(&self.title)) }
                ol.day-list {
                    @for entry in &self.entries {
                        li.day-entry {
                            p.day-time { (entry.time) }
                            div.day-what {
                                p { strong { (entry.place) } }
                                p {
                                    (entry.customer) " ·\u{a0}"
                                    @match &entry.href {
                                        Some(href) => { a href=(href) { (entry.number) } }
                                        None => { (entry.number) }
                                    }
                                }
                                @for line in &entry.more { p.quiet { (line) } }
                            }
                            div.day-states {
                                @if let Some(note) = &entry.note { (note) }
                                @if let Some(door) = &entry.door { (door.badge(lang)) }
                                (entry.presence.badge(lang))
                                @if entry.passages > 0 {
                                    span.quiet { (t(lang, "access-passages", &[("count", &entry.passages)])) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
