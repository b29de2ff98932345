//! The hall as JSON: `GET /state`, and the answer to everything that asks for JSON.

use protocols_fieldbus::nodes::Indicator;
use serde::Serialize;
use sims_devices::{Contact, DoorSeen, HeldTo, Leaf, Link, Lock, Scene};

use crate::app::App;
use crate::config::DoorConfig;
use crate::words::Lang;

/// The words of the page's data attributes and of the JSON.
pub(crate) const fn lock(lock: Lock) -> &'static str {
    match lock {
        Lock::Locked => "locked",
        Lock::Released => "released",
    }
}

pub(crate) const fn leaf(leaf: Leaf) -> &'static str {
    match leaf {
        Leaf::Closed => "closed",
        Leaf::Open => "open",
    }
}

pub(crate) const fn indicator(indicator: Indicator) -> &'static str {
    match indicator {
        Indicator::Idle => "idle",
        Indicator::Admitted => "admitted",
        Indicator::Refused => "refused",
    }
}

const fn contact(contact: Contact) -> &'static str {
    match contact {
        Contact::Follows => "follows",
        Contact::Stuck(HeldTo::Closed) => "stuck_closed",
        Contact::Stuck(HeldTo::Open) => "stuck_open",
    }
}

#[derive(Serialize)]
pub(crate) struct State {
    hall: String,
    doors: Vec<DoorState>,
    zones: Vec<ZoneState>,
    lighting: LinkState,
    scanner: Option<ScannerState>,
    log: Vec<LineState>,
}

#[derive(Serialize)]
struct ScannerState {
    /// As in `/devices/{device}/scan`.
    device: String,
    /// From 1, as on the page.
    door: usize,
    indicator: &'static str,
    connected: bool,
    off_line: bool,
    late: bool,
}

#[derive(Serialize)]
struct DoorState {
    /// From 1, as on the page.
    number: usize,
    name: String,
    lock: &'static str,
    leaf: &'static str,
    indicator: &'static str,
    contact: &'static str,
    exit_pressed: bool,
    cover_closed: bool,
    digits_typed: u8,
    /// A tag reader hangs on the node.
    reader: bool,
    node: LinkState,
}

#[derive(Serialize)]
struct ZoneState {
    /// From 1, as on the page.
    number: usize,
    name: String,
    lit: bool,
}

#[derive(Serialize)]
struct LinkState {
    unit: u8,
    heard: bool,
    silent: bool,
    reply_delay_ms: u32,
}

#[derive(Serialize)]
struct LineState {
    number: u64,
    at: String,
    place: String,
    text: String,
}

/// Everything that the page shows; the log newest first.
pub(crate) fn state(app: &App, scene: &Scene, lang: Lang) -> State {
    let config = app.config();
    State {
        hall: config.name.clone(),
        doors: (1..)
            .zip(config.doors.iter().zip(&scene.doors))
            .map(|(number, (named, seen))| door_state(number, named, seen))
            .collect(),
        zones: (1..)
            .zip(config.zones.iter().zip(&scene.zones))
            .map(|(number, (name, lit))| ZoneState { number, name: name.clone(), lit: *lit })
            .collect(),
        lighting: link_state(scene.lighting),
        scanner: config.scanner.as_ref().zip(scene.scanner).map(|(named, seen)| ScannerState {
            device: named.username.clone(),
            door: named.door,
            indicator: indicator(seen.indicator),
            connected: seen.connected,
            off_line: seen.off_line,
            late: seen.late,
        }),
        log: app
            .lines(scene, lang)
            .map(|line| LineState {
                number: line.number,
                at: line.at,
                place: line.place.into_owned(),
                text: line.text,
            })
            .collect(),
    }
}

fn door_state(number: usize, named: &DoorConfig, seen: &DoorSeen) -> DoorState {
    DoorState {
        number,
        name: named.name.clone(),
        lock: lock(seen.lock),
        leaf: leaf(seen.leaf),
        indicator: indicator(seen.indicator),
        contact: contact(seen.contact),
        exit_pressed: seen.exit_pressed,
        cover_closed: seen.cover_closed,
        digits_typed: seen.typed,
        reader: named.reader,
        node: link_state(seen.link),
    }
}

const fn link_state(link: Link) -> LinkState {
    LinkState { unit: link.unit, heard: link.heard, silent: link.silent, reply_delay_ms: link.reply_delay_ms }
}
