//! The light zones in words.

use maud::{Markup, html};
use sims_devices::Scene;

use super::door::link;
use crate::app::App;
use crate::words::Lang;

pub(super) fn zones(app: &App, scene: &Scene, lang: Lang) -> Markup {
    let words = lang.words();
    html! {
        div.zones role="group" aria-label=(words.light) {
            @for (number, (name, lit)) in (1..).zip(app.config().zones.iter().zip(&scene.zones)) {
                p.zone data-zone=(number) data-lit=(lit) {
                    span.lamp {}
                    span { (name) }
                    strong { (if *lit { words.lit } else { words.dark }) }
                }
            }
            p.zone.node {
                span { (words.lighting_node) ":" }
                (link(scene.lighting, lang))
            }
        }
    }
}
