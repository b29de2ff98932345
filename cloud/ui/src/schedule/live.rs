use maud::{Markup, Render, html};

use crate::{Lang, t};

/// A schedule that follows what others book: `events` is a stream of server-sent events named `schedule`, each with a
/// sentence for those who listen; at each of them the schedule is read anew from `page`, and the focus stays where it
/// was.
///
/// Only one on a page. Without script it is the schedule alone.
pub fn live_schedule(events: &str, page: &str, schedule: impl Render) -> Markup {
    html! {
        div hx-ext="sse" sse-connect=(events) sse-close="end" {
            p.visually-hidden role="status" sse-swap="schedule" {}
            div #schedule hx-get=(page) hx-trigger="sse:schedule" hx-select="#schedule-shown" hx-swap="innerHTML" {
                div #schedule-shown { (schedule) }
            }
        }
    }
}

/// The same within another site's page, where a small script of its own follows the stream.
pub fn live_framed_schedule(events: &str, schedule: impl Render) -> Markup {
    html! {
        p.visually-hidden role="status" data-changed {}
        div #schedule data-live=(events) { (schedule) }
    }
}

/// What prints the page, for those whose browser runs scripts (others have it in their browser's menu); and, on paper
/// only, whose page it is and when it was as it says.
pub fn print_button(lang: Lang, tenant: &str, when: &str) -> Markup {
    html! {
        button.button.button-quiet.print type="button" data-print hidden { (t(lang, "ui-print", &[])) }
        p.only-print { (t(lang, "ui-printed", &[("tenant", &tenant), ("time", &when)])) }
    }
}
