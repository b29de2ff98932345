//! What a change of the rules comes to, in words.

use booking_domain::{Difference, Parameter, Scope, differences};
use cloud_ui::{Lang, Notice, date_words, t};
use jiff::civil::Date;
use maud::{Markup, html};

use super::Known;
use crate::pages::rule_words::{name, value};
use crate::store::rules::StoredLayer;

/// `Från 1 januari 2027: Längsta tid: 2 tim i stället för 3 tim`.
pub(super) fn told(lang: Lang, difference: &Difference<'_>, today: Date) -> (String, Vec<String>) {
    let first = date_words(lang, difference.first, today);
    let when = match difference.last {
        _ if difference.first <= today && difference.last.is_none() => t(lang, "booking-rules-from-now", &[]),
        Some(last) => {
            let last = date_words(lang, last, today);
            t(lang, "booking-rules-dates", &[("first", &first), ("last", &last)])
        }
        None => t(lang, "booking-rules-from", &[("day", &first)]),
    };
    let what = difference.what.iter().map(|parameter| {
        let after = value(lang, *parameter, difference.after, today);
        let before = value(lang, *parameter, difference.before, today);
        let name = name(lang, *parameter);
        t(lang, "booking-rules-instead", &[("name", &name), ("after", &after), ("before", &before)])
    });
    (when, what.collect())
}

/// What becomes other for a scope when its layers become these, from a day on.
pub(super) fn changes(
    lang: Lang,
    known: &Known,
    scope: Scope,
    (before, after): (&[StoredLayer], &[StoredLayer]),
    (first, today): (Date, Date),
) -> Markup {
    let (old, new) = (known.book(scope, before), known.book(scope, after));
    let found = differences(&old, &new, first);
    if found.is_empty() {
        return html! { (Notice::info(&t(lang, "booking-rules-no-change", &[]))) };
    }
    let others = untouched(lang, known, scope, &found, today);
    html! {
        @for difference in &found {
            @let (when, what) = told(lang, difference, today);
            h3 { (when) }
            ul { @for line in &what { li { (line) } } }
        }
        p { (t(lang, "booking-rules-booked-stay", &[])) }
        @if !others.is_empty() {
            p { (t(lang, "booking-rules-untouched", &[])) }
            ul { @for other in &others { li { (other) } } }
        }
    }
}

/// Nearer layers that say the same things themselves.
fn untouched(lang: Lang, known: &Known, scope: Scope, found: &[Difference<'_>], today: Date) -> Vec<String> {
    let nearer = known.layers.iter().filter(|stored| {
        let other = stored.layer.scope;
        other != scope && known.covers(scope, other) && stored.layer.last.is_none_or(|last| last >= today)
    });
    let mut told: Vec<String> = nearer
        .filter_map(|stored| {
            let own: Vec<String> = Parameter::ALL
                .into_iter()
                .filter(|parameter| parameter.is_said(&stored.layer.parameters))
                .filter(|parameter| found.iter().any(|difference| difference.what.contains(parameter)))
                .map(|parameter| name(lang, parameter))
                .collect();
            (!own.is_empty()).then(|| format!("{}: {}", known.name(lang, stored.layer.scope), own.join(", ")))
        })
        .collect();
    told.dedup();
    told
}
