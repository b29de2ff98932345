//! What a door has beside its keypad: a scanner of codes, a reader of tags.

use firmware_nodes::SCAN_BYTES_MAX;
use maud::{Markup, html};
use sims_devices::ScannerSeen;

use crate::config::ScannerConfig;
use crate::state;
use crate::words::Lang;

/// Three tags to hold to a reader: UIDs of 4, 7 and 10 bytes.
const SAMPLE_TAGS: [&str; 3] = ["04a1b2c3", "04e1f2a3b4c5d6", "0478563412efcdab9001"];
/// Hexadecimal digits of the longest tag, with a sign between the bytes.
const TAG_CHARACTERS: usize = 29;

pub(super) fn scanner(named: &ScannerConfig, door: &str, seen: ScannerSeen, lang: Lang) -> Markup {
    let (words, device) = (lang.words(), &*named.username);
    let field = format!("{device}-text");
    html! {
        form.reader.scanner id=(device) tabindex="-1" method="post" action={ "/devices/" (device) "/scan" }
            aria-label=(lang.scanner_at(door))
            data-scanner=(device)
            data-indicator=(state::indicator(seen.indicator))
            data-connected=(seen.connected)
        {
            div.display {
                span.lamp {}
                p.typed { (words.scanner) ": " (standing(seen, lang)) }
                p.answer role="status" { (lang.answer(seen.indicator)) }
            }
            div.hold {
                label for=(field) { (words.code) }
                input id=(field) name="text" type="text" required maxlength=(SCAN_BYTES_MAX)
                    autocomplete="off" autocapitalize="off" spellcheck="false";
                button type="submit" { (words.hold_code) }
            }
        }
    }
}

fn standing(seen: ScannerSeen, lang: Lang) -> &'static str {
    let words = lang.words();
    if seen.off_line {
        words.cut_off
    } else if !seen.connected {
        words.no_broker
    } else if seen.late {
        words.lies_around
    } else {
        words.ready
    }
}

pub(super) fn tags(number: usize, door: &str, lang: Lang) -> Markup {
    let words = lang.words();
    let field = format!("tag-{number}");
    html! {
        div.reader.tags role="group" aria-label=(lang.reader_at(door)) {
            h4 { (words.reader) }
            form.samples method="post" action={ "/doors/" (number) "/tag" } {
                @for (sample, tag) in SAMPLE_TAGS.iter().enumerate() {
                    button type="submit" name="tag" value=(tag) { (lang.sample_tag(sample)) }
                }
            }
            form.hold method="post" action={ "/doors/" (number) "/tag" } {
                label for=(field) { (words.tag_number) }
                input id=(field) name="tag" type="text" required maxlength=(TAG_CHARACTERS)
                    pattern="[0-9A-Fa-f: \\-]+" autocomplete="off" autocapitalize="off" spellcheck="false";
                button type="submit" { (words.hold_tag) }
            }
        }
    }
}
