//! A door: its state, its keypad, and what a person can do there.

use maud::{Markup, html};
use protocols_fieldbus::nodes::Indicator;
use sims_devices::{Contact, DoorSeen, Leaf, Link, Lock, ScannerSeen};

use super::readers;
use crate::app::App;
use crate::config::DoorConfig;
use crate::state;
use crate::words::Lang;

/// As on a telephone, and on the wall.
const KEYS: [&str; 12] = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];

pub(super) fn card(
    app: &App,
    number: usize,
    named: &DoorConfig,
    seen: &DoorSeen,
    scanner: Option<ScannerSeen>,
    lang: Lang,
) -> Markup {
    let (words, name) = (lang.words(), &*named.name);
    let scanner = app.config().scanner.as_ref().filter(|scanner| scanner.door == number).zip(scanner);
    html! {
        section.door id={ "door-" (number) } tabindex="-1" aria-labelledby={ "door-" (number) "-name" }
            data-door=(number)
            data-lock=(state::lock(seen.lock))
            data-leaf=(state::leaf(seen.leaf))
            data-indicator=(state::indicator(seen.indicator))
        {
            h3 id={ "door-" (number) "-name" } { (name) }
            (keypad(number, name, seen, lang))
            div.beside {
                dl.facts {
                    div { dt { (words.lock) } dd.lock { (padlock(seen.lock)) (lang.lock(seen.lock)) } }
                    div { dt { (words.leaf) } dd { (lang.leaf(seen.leaf)) } }
                    div { dt { (words.node) } dd { (link(seen.link, lang)) } }
                }
                @if seen.contact != Contact::Follows { p.fault { (words.contact_stuck) } }
                @if !seen.cover_closed { p.fault { (words.cover_open) } }
                div.actions {
                    @match seen.leaf {
                        Leaf::Closed => (act(number, name, "push", words.push)),
                        Leaf::Open => (act(number, name, "close", words.close)),
                    }
                    (act(number, name, "exit", words.exit))
                }
            }
            @if let Some((scanner, seen)) = scanner { (readers::scanner(scanner, name, seen, lang)) }
            @if named.reader { (readers::tags(number, name, lang)) }
        }
    }
}

/// A node on the bus, in words.
pub(super) fn link(link: Link, lang: Lang) -> Markup {
    let words = lang.words();
    html! {
        @if link.silent {
            span.fault { (words.silent) }
        } @else if link.reply_delay_ms > 0 {
            span.fault { (lang.late_by(link.reply_delay_ms)) }
        } @else if link.heard {
            (words.asked)
        } @else {
            span.quiet { (words.not_asked) }
        }
    }
}

fn keypad(number: usize, name: &str, seen: &DoorSeen, lang: Lang) -> Markup {
    let words = lang.words();
    html! {
        form.keypad method="post" action={ "/doors/" (number) "/keys" }
            aria-label={ (words.keypad) " " (name) }
        {
            div.display {
                span.lamp {}
                p.typed {
                    @if seen.indicator == Indicator::Idle {
                        @if seen.typed == 0 { (words.enter_code) } @else { (dots(seen.typed)) }
                    }
                }
                p.answer role="status" { (lang.answer(seen.indicator)) }
            }
            div.keys {
                @for key in KEYS {
                    button type="submit" name="keys" value=(key) data-key=(key)
                        aria-label={ (name) ": " (key) } { (key) }
                }
            }
        }
    }
}

/// One dot a digit, up to as many as the display has room for.
fn dots(typed: u8) -> String {
    "•".repeat(usize::from(typed.min(12)))
}

/// The door's name is in the button's accessible name, after what is read on it.
fn act(number: usize, name: &str, action: &str, label: &str) -> Markup {
    html! {
        form method="post" action={ "/doors/" (number) "/" (action) } {
            button type="submit" { (label) span.hidden { ": " (name) } }
        }
    }
}

fn padlock(lock: Lock) -> Markup {
    html! {
        svg.padlock viewBox="0 0 24 24" aria-hidden="true" {
            @match lock {
                Lock::Locked => path d="M7 11V8a5 5 0 0 1 10 0v3" {},
                Lock::Released => path d="M7 11V7a5 5 0 0 1 9.6-2" {},
            }
            rect x="4" y="11" width="16" height="10" rx="2" {}
        }
    }
}
