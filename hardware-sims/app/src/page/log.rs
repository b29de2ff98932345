//! What has happened, newest first.

use maud::{Markup, html};
use sims_devices::Scene;

use crate::app::App;
use crate::words::Lang;

/// Lines that are shown: what one takes in without scrolling.
const LINES: usize = 12;

pub(super) fn log(app: &App, scene: &Scene, lang: Lang) -> Markup {
    let words = lang.words();
    html! {
        section.log aria-labelledby="log-title" {
            h2 id="log-title" { (words.log) }
            @if scene.log.is_empty() {
                p.quiet { (words.log_empty) }
            } @else {
                ol reversed {
                    @for line in app.lines(scene, lang).take(LINES) {
                        li {
                            span.at { (line.at) }
                            span.place { (line.place) }
                            span.text { (line.text) }
                        }
                    }
                }
            }
        }
    }
}
