//! The page: a document around a live part, which events replace piece by piece.

mod door;
mod faults;
mod light;
mod log;
mod plan;
mod readers;

use maud::{DOCTYPE, Markup, html};
use sims_devices::Scene;

use crate::app::App;
use crate::words::Lang;

/// The whole document.
pub(crate) fn document(app: &App, scene: &Scene, lang: Lang, faults_open: bool) -> Markup {
    let words = lang.words();
    let other = lang.other();
    html! {
        (DOCTYPE)
        html lang=(lang.code()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (app.config().name) " – " (words.kind) }
                link rel="icon" href="/assets/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/assets/sim.css";
                script src="/assets/sim.js" defer {}
            }
            body {
                a.skip href="#hall" { (words.skip) }
                header {
                    div.top {
                        div.title {
                            p.kind { "Hallport · " (words.kind) }
                            h1 { (app.config().name) }
                        }
                        p.live id="live" role="status" data-state="waiting"
                            data-on=(words.live_on) data-off=(words.live_off) {}
                        a.lang href={ "/?lang=" (other.code()) } lang=(other.code()) hreflang=(other.code()) {
                            (other.name())
                        }
                    }
                    p.notice { strong { (words.notice) } " " (words.notice_more) }
                    noscript { p.notice { a href="/" { (words.reload) } } }
                }
                main id="hall" tabindex="-1" {
                    (live(app, scene, lang, faults_open))
                }
                footer { p.quiet { (lang.bus(app.modbus())) } }
            }
        }
    }
}

/// What changes by itself: the content of `main`.
pub(crate) fn live(app: &App, scene: &Scene, lang: Lang, faults_open: bool) -> Markup {
    let config = app.config();
    let words = lang.words();
    html! {
        section.stage aria-labelledby="plan-title" {
            h2.hidden id="plan-title" { (words.plan) }
            (plan::plan(app, scene, lang))
            (light::zones(app, scene, lang))
        }
        section.doors aria-labelledby="doors-title" {
            h2.hidden id="doors-title" { (words.doors) }
            @for (number, (named, seen)) in (1..).zip(config.doors.iter().zip(&scene.doors)) {
                (door::card(app, number, named, seen, scene.scanner, lang))
            }
        }
        (log::log(app, scene, lang))
        (faults::drawer(app, scene, lang, faults_open))
    }
}
