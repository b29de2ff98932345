//! `/grades`: how well the facilities were kept where one had a time lately, by one tap each.

use axum::Extension;
use axum::response::Redirect;
use cloud_contracts::{BookedState, Facility, Open, TimesWanted, Whose};
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Actor, TenantTx};
use cloud_ui::{Button, Card, EmptyState, Notice, t};
use faults_domain::Grade;
use jiff::SignedDuration;
use maud::{Markup, html};
use protocols_ids::{FacilityId, PersonId};
use serde_json::json;

use super::{Sent, field};
use crate::{Ports, store};

/// So far back a visit is remembered well enough to be graded.
const LATELY: SignedDuration = SignedDuration::from_hours(60 * 24);
/// Times that are looked at: more than anybody has had in that while, but a club's secretary, who had them at few places.
const TIMES_MAX: usize = 200;

/// Where somebody had a time that is over, by name.
async fn visited(tx: &mut TenantTx, ports: &Ports, person: PersonId) -> Result<Vec<Facility>, Failure> {
    let now = tx.now();
    let since = now.saturating_sub(LATELY).unwrap_or(now);
    let wanted =
        TimesWanted { during: Open { starts_at: since, ends_at: now }, gone_since: now, most: TIMES_MAX };
    let times = ports.times.of(tx, Whose::Person(person), wanted).await?;
    let over = |facility: FacilityId| {
        times
            .iter()
            .any(|time| time.facility == facility && time.ends_at <= now && time.state == BookedState::Agreed)
    };
    let mut all = ports.facilities.all(tx).await?;
    all.retain(|facility| over(facility.id));
    Ok(all)
}

/// The page.
pub async fn show(visit: Visit, Extension(ports): Extension<Ports>) -> Result<Markup, Failure> {
    let person = visit.signed_in()?.person;
    let mut tx = visit.begin().await?;
    let visited = visited(&mut tx, &ports, person).await?;
    let given = store::grades_of(&mut tx, person).await?;
    tx.commit().await?;
    let lang = visit.lang;
    let body = html! {
        @if visited.is_empty() {
            (EmptyState::new(&t(lang, "faults-grades-empty", &[]), &t(lang, "faults-grades-empty-hint", &[])))
        }
        @for facility in &visited {
            (Card::new(&facility.slug, &facility.name, html! {
                @if let Some(grade) = given.get(&facility.id) {
                    p { (t(lang, "faults-grade-given", &[("stars", &grade.stars())])) }
                }
                form.actions method="post" action="/grades" {
                    input type="hidden" name="facility" value=(facility.id.to_string());
                    @for grade in Grade::ALL {
                        (Button::quiet(&grade.stars().to_string())
                            .about(&t(lang, "faults-grade-about", &[("place", &facility.name)]))
                            .value("stars", &grade.stars().to_string()))
                    }
                    @if given.contains_key(&facility.id) {
                        (Button::danger(&t(lang, "faults-grade-remove", &[])).about(&facility.name).value("stars", "0"))
                    }
                }
                @if visit.tenant.uses(crate::NAME) {
                    p { a href={ "/report/" (facility.slug) } { (t(lang, "faults-report-title", &[])) } }
                }
            }))
        }
    };
    let mut page = visit.page(&t(lang, "faults-grades-title", &[])).lead(&t(lang, "faults-grades-lead", &[]));
    if visit.uri.query() == Some("done") {
        page = page.notice(Notice::success(&t(lang, "faults-grade-done", &[])));
    }
    Ok(page.body(body).render())
}

/// Grades one of them, or takes the grade back.
pub async fn grade(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    sent: Sent,
) -> Result<Redirect, Failure> {
    let person = visit.signed_in()?.person;
    let odd = Failure::BadRequest("a grade that no page of ours has");
    let (Ok(facility), Ok(stars)) = (field(&sent, "facility").parse(), field(&sent, "stars").parse::<u8>())
    else {
        return Err(odd);
    };
    let grade = match stars {
        0 => None,
        stars => Some(Grade::new(stars).ok_or(odd)?),
    };
    let mut tx = visit.begin().await?;
    if !visited(&mut tx, &ports, person).await?.iter().any(|one| one.id == facility) {
        return Err(Failure::NotFound);
    }
    store::set_grade(&mut tx, person, facility, grade).await?;
    let detail = json!({ "stars": grade.map(Grade::stars) });
    tx.audit(Actor::Person(person), "faults.graded", Some(facility.uuid()), &detail).await?;
    tx.commit().await?;
    Ok(Redirect::to("/grades?done"))
}
