//! The hall from above: a handball court of 40 by 20 metres at 18 units a metre, a corridor with the entrance,
//! a changing room with a door of its own. What is lit, unlocked and open is said by classes; the style sheet
//! lets doors swing and lamps glow.

use maud::{Markup, html};
use protocols_fieldbus::nodes::Indicator;
use sims_devices::{DoorSeen, Leaf, Lock, ScannerSeen, Scene};

use crate::app::App;
use crate::words::Lang;

/// Left edge of each door in the south wall.
const DOORS_X: [i32; 2] = [150, 570];
/// The outer side of the south wall.
const WALL_Y: i32 = 600;
/// Where the court's lamps hang.
const COURT_LAMPS: [(i32, i32); 8] =
    [(170, 130), (390, 130), (610, 130), (830, 130), (170, 320), (390, 320), (610, 320), (830, 320)];
/// Where the lamps of corridor and changing room hang.
const CORRIDOR_LAMPS: [(i32, i32); 4] = [(100, 515), (270, 515), (440, 515), (755, 515)];

pub(super) fn plan(app: &App, scene: &Scene, lang: Lang) -> Markup {
    let config = app.config();
    let [court, corridor] = [0, 1].map(|zone| scene.zones.get(zone).copied().unwrap_or(false));
    let [court_name, corridor_name] = &config.zones;
    html! {
        svg.plan viewBox="0 0 1000 720" role="img" aria-labelledby="plan-words" {
            title id="plan-words" { (in_words(app, scene, lang)) }
            defs {
                radialGradient id="glow" {
                    stop.glow-near offset="0" {}
                    stop.glow-far offset="1" {}
                }
                clipPath id="court-room" { rect x="25" y="25" width="950" height="406" {} }
                clipPath id="corridor-room" { rect x="25" y="431" width="950" height="169" {} }
            }
            rect.ground x="0" y="0" width="1000" height="720" rx="10" {}
            @for x in DOORS_X { (path_to(x)) }

            g.room.is-lit[court] {
                rect.floor x="25" y="25" width="950" height="408" {}
                g.court transform="translate(140 48)" {
                    rect.area x="0" y="0" width="720" height="360" {}
                    rect.line x="0" y="0" width="720" height="360" {}
                    path.line d="M360 0V360" {}
                    (half_court())
                    g transform="translate(720 0) scale(-1 1)" { (half_court()) }
                }
                g.lamps clip-path="url(#court-room)" { @for at in COURT_LAMPS { (lamp(at, 190)) } }
                text.name x="500" y="236" { (court_name) }
            }
            g.room.is-lit[corridor] {
                rect.floor x="25" y="431" width="950" height="169" {}
                g.lamps clip-path="url(#corridor-room)" { @for at in CORRIDOR_LAMPS { (lamp(at, 140)) } }
                (benches())
                text.name x="378" y="566" { (corridor_name) }
            }
            (walls())
            @for (x, (named, seen)) in DOORS_X.into_iter().zip(config.doors.iter().zip(&scene.doors)) {
                (door(x, &named.name, seen, lang))
                @if let Some(scanner) = scene.scanner.filter(|scanner| scanner.door == seen.link.unit) {
                    (scanner_on_the_wall(x, scanner))
                }
                @if named.reader { (reader_on_the_wall(x)) }
            }
        }
    }
}

/// The same that the drawing shows, for those who do not see it.
fn in_words(app: &App, scene: &Scene, lang: Lang) -> String {
    let config = app.config();
    let words = lang.words();
    let doors =
        config.doors.iter().zip(&scene.doors).map(|(named, seen)| {
            format!("{}: {}, {}.", named.name, lang.lock(seen.lock), lang.leaf(seen.leaf))
        });
    let zones =
        config.zones.iter().zip(&scene.zones).map(|(name, lit)| {
            format!("{} {name}: {}.", words.light, if *lit { words.lit } else { words.dark })
        });
    doors.chain(zones).collect::<Vec<_>>().join(" ")
}

/// The lines of the left half: goal, goal area at 6 m, free throw line at 9 m, and basketball in a colour of
/// its own. IHF rules of the game, rule 1; FIBA rules, article 2.
fn half_court() -> Markup {
    html! {
        path.line d="M0 45A108 108 0 0 1 108 153V207A108 108 0 0 1 0 315" {}
        path.line.dashed d="M53.2 0A162 162 0 0 1 162 153V207A162 162 0 0 1 53.2 360" {}
        path.line d="M126 171V189" {}
        rect.goal x="-16" y="153" width="16" height="54" {}
        g.second {
            path.line d="M108 136H212V224H108Z" {}
            path.line d="M212 148A32 32 0 0 1 212 212" {}
            path.line d="M108 59H136A121.5 121.5 0 0 1 136 301H108" {}
        }
    }
}

fn walls() -> Markup {
    let [first, second] = DOORS_X;
    html! {
        path.wall d={
            "M" (first) " 600H25V25H975V600H" (second + 80) "M" (first + 80) " 600H" (second)
            "M25 431H380M500 431H975M540 431V480M540 550V600"
        } {}
    }
}

fn benches() -> Markup {
    html! {
        g.benches {
            rect x="600" y="452" width="340" height="16" rx="4" {}
            rect x="930" y="480" width="16" height="96" rx="4" {}
            rect x="760" y="560" width="150" height="16" rx="4" {}
            rect x="48" y="452" width="120" height="16" rx="4" {}
        }
    }
}

fn lamp((x, y): (i32, i32), radius: i32) -> Markup {
    html! {
        g.luminaire transform={ "translate(" (x) " " (y) ")" } {
            circle.glow r=(radius) fill="url(#glow)" {}
            rect.tube x="-34" y="-5" width="68" height="10" rx="5" {}
        }
    }
}

/// Below the keypad: a window that looks at what is held before it, and its lamp.
fn scanner_on_the_wall(x: i32, seen: ScannerSeen) -> Markup {
    let (admitted, refused) = (seen.indicator == Indicator::Admitted, seen.indicator == Indicator::Refused);
    html! {
        g.scanner.is-admitted[admitted].is-refused[refused].is-away[!seen.connected]
            transform={ "translate(" (x + 104) " " (WALL_Y + 91) ")" }
        {
            rect.case x="0" y="0" width="46" height="27" rx="6" {}
            rect.window x="6" y="4" width="19" height="19" rx="2" {}
            path.code d="M9 7h5v5h-5zM17 7h5v5h-5zM9 15h5v5h-5zM17 15h2v2h-2zM20 18h2v2h-2z" {}
            circle.lamp cx="36" cy="13.5" r="5" {}
        }
    }
}

/// Below the keypad: the field of a tag reader.
fn reader_on_the_wall(x: i32) -> Markup {
    html! {
        g.tag-reader transform={ "translate(" (x + 104) " " (WALL_Y + 91) ")" } {
            rect.case x="0" y="0" width="46" height="27" rx="6" {}
            path.field d="M14 21A11 11 0 0 1 14 6M20 17A5 5 0 0 1 20 10M32 6A11 11 0 0 1 32 21M26 10A5 5 0 0 1 26 17" {}
        }
    }
}

fn path_to(x: i32) -> Markup {
    html! { rect.paving x=(x - 12) y=(WALL_Y) width="104" height="180" {} }
}

fn door(x: i32, name: &str, seen: &DoorSeen, lang: Lang) -> Markup {
    let open = seen.leaf == Leaf::Open;
    let released = seen.lock == Lock::Released;
    let (admitted, refused) = (seen.indicator == Indicator::Admitted, seen.indicator == Indicator::Refused);
    html! {
        g.entrance.is-open[open].is-released[released].is-admitted[admitted].is-refused[refused].is-leaving[seen.exit_pressed]
            transform={ "translate(" (x) " " (WALL_Y) ")" }
        {
            path.swing d="M80 0A80 80 0 0 1 0 80" {}
            rect.sill x="0" y="-5" width="80" height="10" {}
            g.leaf { rect x="0" y="-6" width="80" height="12" rx="3" {} circle cx="70" cy="0" r="2.5" {} }
            circle.hinge cx="0" cy="0" r="7" {}
            rect.exit-button x="98" y="-34" width="16" height="20" rx="3" {}
            g.badge transform="translate(40 -38)" {
                circle r="21" {}
                @match seen.lock {
                    Lock::Locked => path.shackle d="M-6 -2V-6A6 6 0 0 1 6 -6V-2" {},
                    Lock::Released => path.shackle d="M-6 -2V-8A6 6 0 0 1 5.4 -10.5" {},
                }
                rect.body x="-10" y="-3" width="20" height="14" rx="3" {}
            }
            g.pad transform="translate(104 16)" {
                rect.case x="0" y="0" width="46" height="72" rx="7" {}
                circle.lamp cx="23" cy="13" r="6" {}
                @for (row, column) in (0..4).flat_map(|row| (0..3).map(move |column| (row, column))) {
                    rect.key x=(8 + column * 11) y=(25 + row * 11) width="8" height="8" rx="2" {}
                }
            }
            text.name x="166" y="46" { (name) }
            text.state x="166" y="86" {
                (lang.lock(seen.lock)) @if open { ", " (lang.leaf(seen.leaf).to_lowercase()) }
            }
        }
    }
}
