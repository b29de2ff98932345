//! The drawer of faults.

use maud::{Markup, html};
use sims_devices::{Contact, DoorSeen, Link, ScannerSeen, Scene};

use crate::app::App;
use crate::words::Lang;

/// Delays to choose from, in milliseconds: noticed by nobody, felt at the door, longer than a master waits.
const DELAYS_MS: [u32; 4] = [0, 100, 500, 3_000];

pub(super) fn drawer(app: &App, scene: &Scene, lang: Lang, open: bool) -> Markup {
    let words = lang.words();
    let active = active(scene);
    html! {
        section.faults id="faults" aria-labelledby="faults-title" {
            details open[open] {
                summary {
                    h2 id="faults-title" { (words.faults) }
                    span.count data-active=(active > 0) { (lang.faults_active(active)) }
                }
                p.quiet { (words.faults_hint) }
                @for (named, seen) in app.config().doors.iter().zip(&scene.doors) {
                    fieldset {
                        legend { (named.name) }
                        (of_node(seen.link, lang))
                        (of_door(seen, lang))
                    }
                }
                @if let Some((named, seen)) = app.config().scanner.as_ref().zip(scene.scanner) {
                    fieldset {
                        legend { (words.scanner) }
                        (of_scanner(&named.username, seen, lang))
                    }
                }
                fieldset {
                    legend { (words.lighting_node) }
                    (of_node(scene.lighting, lang))
                }
            }
        }
    }
}

fn of_node(link: Link, lang: Lang) -> Markup {
    let words = lang.words();
    let delay_id = format!("delay-{}", link.unit);
    html! {
        (toggle(link.unit, "silent", link.silent, words.make_silent, words.mend_silent))
        (button(link.unit, "power_cycle", true, words.power_cycle))
        form.delay method="post" action="/faults" {
            input type="hidden" name="unit" value=(link.unit);
            input type="hidden" name="fault" value="slow";
            label for=(delay_id) { (words.delay) }
            select id=(delay_id) name="delay_ms" {
                @for delay_ms in DELAYS_MS {
                    option value=(delay_ms) selected[delay_ms == link.reply_delay_ms] {
                        @if delay_ms == 0 { (words.no_delay) } @else { (delay_ms) " ms" }
                    }
                }
            }
            button type="submit" { (words.set_delay) }
        }
    }
}

fn of_door(seen: &DoorSeen, lang: Lang) -> Markup {
    let words = lang.words();
    let (unit, stuck) = (seen.link.unit, seen.contact != Contact::Follows);
    html! {
        (toggle(unit, "stuck_contact", stuck, words.stick_contact, words.mend_contact))
        (toggle(unit, "open_cover", !seen.cover_closed, words.open_cover, words.close_cover))
        (button(unit, "force", true, words.force))
    }
}

fn of_scanner(device: &str, seen: ScannerSeen, lang: Lang) -> Markup {
    let words = lang.words();
    let cut = if seen.off_line { words.mend_network } else { words.cut_network };
    let late = if seen.late { words.mend_late } else { words.make_late };
    let buttons = [
        ("off_line", !seen.off_line, cut),
        ("late", !seen.late, late),
        ("power_cycle", true, words.power_cycle),
    ];
    html! {
        @for (fault, on, label) in buttons {
            form method="post" action={ "/devices/" (device) "/faults" } {
                input type="hidden" name="fault" value=(fault);
                input type="hidden" name="on" value=(on);
                button type="submit" { (label) }
            }
        }
    }
}

fn toggle(unit: u8, fault: &str, is_on: bool, make: &str, mend: &str) -> Markup {
    button(unit, fault, !is_on, if is_on { mend } else { make })
}

fn button(unit: u8, fault: &str, on: bool, label: &str) -> Markup {
    html! {
        form method="post" action="/faults" {
            input type="hidden" name="unit" value=(unit);
            input type="hidden" name="fault" value=(fault);
            input type="hidden" name="on" value=(on);
            button type="submit" { (label) }
        }
    }
}

fn active(scene: &Scene) -> usize {
    let links = scene.doors.iter().map(|door| door.link).chain([scene.lighting]);
    let on_the_bus = links.map(|link| usize::from(link.silent) + usize::from(link.reply_delay_ms > 0));
    let at_the_doors = scene
        .doors
        .iter()
        .map(|door| usize::from(door.contact != Contact::Follows) + usize::from(!door.cover_closed));
    let at_the_scanner =
        scene.scanner.iter().map(|scanner| usize::from(scanner.off_line) + usize::from(scanner.late));
    on_the_bus.chain(at_the_doors).chain(at_the_scanner).sum()
}
