//! What opens a door that the cloud cannot tell: off-line codes, and QR codes.

use maud::{Markup, Render, html};
use qrcode::{Color, EcLevel};

use crate::access::digits;
use crate::{Facts, Lang, t};

/// The digits of an off-line code, or why there are none. Times are finished words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OfflineShown {
    /// Twelve digits.
    Digits {
        /// They.
        code: String,
        /// From when the door takes them, where that is later than the time itself: `18.04`.
        taken_from: Option<String>,
    },
    /// The time is longer than a day.
    TooLong,
    /// Every code for this time has been given out.
    NoneLeft,
}

/// The off-line code of one time at one way in. Times are finished words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfflineEntry {
    /// The booked time, where a booking has several: `torsdag 27 nov 18.00–20.00`.
    pub time: Option<String>,
    /// When it opens: `torsdag 27 nov 17.50–20.10`.
    pub valid: String,
    /// Which door, as the sign beside it says.
    pub door: String,
    /// The digits.
    pub shown: OfflineShown,
}

/// What opens the door while the hall is without connection; nothing where no entries are.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "codes are nothing until they are rendered"]
pub struct OfflineCodes {
    /// The reader's language.
    pub lang: Lang,
    /// In the order of their times.
    pub entries: Vec<OfflineEntry>,
}

impl Render for OfflineCodes {
    fn render(&self) -> Markup {
        let lang = self.lang;
        if self.entries.is_empty() {
            return html! {};
        }
        let any = self.entries.iter().any(|entry| matches!(entry.shown, OfflineShown::Digits { .. }));
        let title = if any {
            t(lang, "access-offline-title", &[])
        } else {
            t(lang, "access-offline-none-title", &[])
        };
        html! {
            section.offline-codes aria-labelledby="offline-title" {
                h3 #offline-title { (title) }
                @if any { p.quiet { (t(lang, "access-offline-why", &[])) } }
                @for entry in &self.entries { (entry.markup(lang)) }
                @if any { p.quiet { (t(lang, "access-offline-back", &[])) } }
            }
        }
    }
}

impl OfflineEntry {
    fn markup(&self, lang: Lang) -> Markup {
        html! {
            @if let Some(time) = &self.time { h4 { (time) } }
            @match &self.shown {
                OfflineShown::Digits { code, taken_from } => {
                    p.code data-offline-code=(code) { (digits(code)) }
                    p { (t(lang, "access-offline-how", &[])) }
                    @if let Some(time) = taken_from {
                        p { (t(lang, "access-offline-taken-from", &[("time", time)])) }
                    }
                    (Facts::new()
                        .row(&t(lang, "access-valid", &[]), &self.valid)
                        .row(&t(lang, "access-door", &[]), &self.door))
                }
                OfflineShown::TooLong => p { (t(lang, "access-offline-too-long", &[])) },
                OfflineShown::NoneLeft => p { (t(lang, "access-offline-none-left", &[])) },
            }
        }
    }
}

/// Light modules around a QR code: four, as ISO/IEC 18004 asks, so that a scanner finds its edge.
const QUIET_MODULES: usize = 4;
/// Edge of the picture where the style sheet says nothing: large enough for a scanner, small enough for a phone.
const EDGE_PX: usize = 320;

/// A QR code of `text` as a picture that is read out as `label`. Black on white also where the page is dark: most
/// scanners read nothing else. `None` for a text that no QR code holds.
///
/// Drawn here, because the page's policy allows no inline style and a picture needs a name to be read out; the
/// library's own drawing begins with an XML declaration and has no place for one.
pub fn qr_code(text: &str, label: &str) -> Option<Markup> {
    let code = qrcode::QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let width = code.width();
    let path = dark_runs(&code.to_colors(), width);
    let edge = width + 2 * QUIET_MODULES;
    let view = format!("0 0 {edge} {edge}");
    Some(html! {
        svg.qr xmlns="http://www.w3.org/2000/svg" viewBox=(view) width=(EDGE_PX) height=(EDGE_PX)
            role="img" aria-label=(label) shape-rendering="crispEdges" {
            rect width=(edge) height=(edge) fill="#fff" {}
            path fill="#000" d=(path) {}
        }
    })
}

/// One rectangle for each run of dark modules in a row.
fn dark_runs(modules: &[Color], width: usize) -> String {
    let mut path = String::new();
    for (y, row) in modules.chunks(width.max(1)).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|one, next| one == next) {
            if run.first() == Some(&Color::Dark) {
                let (left, top, length) = (x + QUIET_MODULES, y + QUIET_MODULES, run.len());
                path.push_str(&format!("M{left} {top}h{length}v1h-{length}z"));
            }
            x += run.len();
        }
    }
    path
}

#[cfg(test)]
mod tests;
