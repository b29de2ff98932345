//! `/faults`: what is wrong, by facility, the oldest first; below it what has been seen to lately.

use axum::Extension;
use cloud_contracts::Facility;
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{Badge, EmptyState, Facts, LinkCard, Tone, t};
use faults_domain::{GRADES_MIN, Kind, average_tenths};
use jiff::SignedDuration;
use maud::{Markup, html};
use protocols_ids::FacilityId;

use super::{at_work, fault_href, kind_name, state_badge, when_at};
use crate::Ports;
use crate::store::{self, Fault};

/// So far back what has ended is shown: whoever was away for a week sees what happened.
const LATELY: SignedDuration = SignedDuration::from_hours(14 * 24);

/// So far back grades count.
const A_YEAR: SignedDuration = SignedDuration::from_hours(365 * 24);

/// The list.
pub async fn show(visit: Visit, Extension(ports): Extension<Ports>) -> Result<Markup, Failure> {
    let mut tx = visit.begin().await?;
    let (_, facilities) = at_work(&visit, &mut tx, &ports).await?;
    let ids: Vec<FacilityId> = facilities.iter().map(|facility| facility.id).collect();
    let open = store::open(&mut tx, &ids).await?;
    let since = tx.now().saturating_sub(LATELY).unwrap_or(tx.now());
    let ended = store::ended(&mut tx, &ids, since).await?;
    let a_year_ago = tx.now().saturating_sub(A_YEAR).unwrap_or(tx.now());
    let graded = store::graded(&mut tx, a_year_ago).await?;
    tx.commit().await?;
    let lang = visit.lang;
    let at = |facility: &Facility, faults: &[Fault]| -> Vec<LinkCard> {
        faults
            .iter()
            .filter(|fault| fault.facility == facility.id)
            .map(|fault| card(&visit, facility, fault))
            .collect()
    };
    let ended_cards: Vec<LinkCard> = facilities.iter().flat_map(|facility| at(facility, &ended)).collect();
    let body = html! {
        @if open.is_empty() {
            (EmptyState::new(&t(lang, "faults-empty", &[]), &t(lang, "faults-empty-hint", &[])))
        }
        @for facility in &facilities {
            @let cards = at(facility, &open);
            @if !cards.is_empty() {
                section aria-labelledby={ "at-" (facility.slug) } {
                    h2 id={ "at-" (facility.slug) } { (facility.name) }
                    (LinkCard::list(&cards))
                }
            }
        }
        @if !ended_cards.is_empty() {
            h2 { (t(lang, "faults-ended", &[])) }
            (LinkCard::list(&ended_cards))
        }
        @if !facilities.is_empty() {
            h2 { (t(lang, "faults-labels-title", &[])) }
            ul { @for facility in &facilities {
                li { a href={ "/faults/places/" (facility.slug) } { (facility.name) } }
            } }
            h2 { (t(lang, "faults-graded-title", &[])) }
            (facilities.iter().fold(Facts::new(), |facts, facility| {
                let (count, stars) = graded.get(&facility.id).copied().unwrap_or_default();
                let text = match average_tenths(count, stars) {
                    Some(tenths) => {
                        let comma = lang.decimal_separator();
                        let average = format!("{}{comma}{}", tenths / 10, tenths % 10);
                        t(lang, "faults-graded", &[("average", &average), ("count", &count)])
                    }
                    None => t(lang, "faults-graded-few", &[("most", &GRADES_MIN)]),
                };
                facts.row(&facility.name, text)
            }))
        }
    };
    Ok(visit.page(&t(lang, "faults-title", &[])).lead(&t(lang, "faults-lead", &[])).body(body).render())
}

fn card(visit: &Visit, facility: &Facility, fault: &Fault) -> LinkCard {
    let (lang, when) = (visit.lang, when_at(visit, facility));
    let place = fault.place.as_ref().map_or(&facility.name, |place| &place.name);
    let title = format!("{}, {place}", kind_name(lang, fault.kind));
    let mut card = LinkCard::new(&title, &fault_href(fault.id));
    card = if fault.state.is_open() {
        card.line(&t(lang, "faults-since", &[("time", &when.near_clock(fault.reported_at))]))
    } else {
        card.line(&format!("{}, {}", facility.name, when.near_clock(fault.changed_at)))
    };
    if fault.reports > 1 {
        card = card.line(&t(lang, "faults-said-by", &[("count", &fault.reports)]));
    }
    if fault.kind == Kind::Danger && fault.state.is_open() {
        card = card.badge(Badge::new(Tone::Bad, &t(lang, "faults-dangerous", &[])));
    }
    if fault.closure.is_some() {
        card = card.badge(Badge::new(Tone::Bad, &t(lang, "faults-closed", &[])).icon(cloud_ui::Icon::Lock));
    }
    card.badge(state_badge(lang, fault.state))
}
