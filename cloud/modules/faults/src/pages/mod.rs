//! The pages of faults, one a file, and the words that they share.

pub mod fault;
pub mod grades;
pub mod labels;
pub mod list;
pub mod places;
pub mod receipt;
pub mod report;

use cloud_contracts::Facility;
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Role, SignedIn, TenantTx};
use cloud_ui::{Badge, Lang, Tone, When, t};
use faults_domain::{Kind, State, Wrong};
use protocols_ids::{AuthorityId, FaultId};
use std::collections::BTreeMap;

use crate::Ports;
use crate::store::Place;

/// A form as it was sent: its fields by name.
type Sent = axum::extract::Form<BTreeMap<String, String>>;

/// What stands in a field, without the space around it.
fn field<'a>(sent: &'a Sent, name: &str) -> &'a str {
    sent.get(name).map_or("", |text| text.trim())
}

/// Where a fault is followed up.
fn fault_href(id: FaultId) -> String {
    format!("/faults/{id}")
}

/// Whether somebody looks after what belongs to an authority.
fn looks_after(person: &SignedIn, authority: AuthorityId) -> bool {
    person.has(Role::Administrator)
        || [Role::Caretaker, Role::Officer].iter().any(|role| person.roles.contains(&(authority, *role)))
}

/// Who is signed in, with the facilities that they look after, by name.
async fn at_work<'a>(
    visit: &'a Visit,
    tx: &mut TenantTx,
    ports: &Ports,
) -> Result<(&'a SignedIn, Vec<Facility>), Failure> {
    let person = visit.signed_in()?;
    if ![Role::Caretaker, Role::Officer, Role::Administrator].iter().any(|role| person.has(*role)) {
        return Err(Failure::Forbidden { needs: Role::Caretaker });
    }
    let mut mine = ports.facilities.all(tx).await?;
    mine.retain(|facility| looks_after(person, facility.authority));
    Ok((person, mine))
}

/// A facility that somebody looks after.
async fn worked_at<'a>(
    visit: &'a Visit,
    tx: &mut TenantTx,
    ports: &Ports,
    slug: &str,
) -> Result<(&'a SignedIn, Facility), Failure> {
    let person = visit.signed_in()?;
    let facility = ports.facilities.by_slug(tx, slug).await?.ok_or(Failure::NotFound)?;
    if !looks_after(person, facility.authority) {
        return Err(Failure::Forbidden { needs: Role::Caretaker });
    }
    Ok((person, facility))
}

/// How moments are said where the facility is.
fn when_at(visit: &Visit, facility: &Facility) -> When {
    When { zone: facility.time_zone.clone(), ..visit.when() }
}

/// `Provhallen, Omklädningsrum 2`.
pub(crate) fn place_words(facility: Option<&Facility>, place: Option<&Place>) -> String {
    let names = [facility.map(|facility| facility.name.as_str()), place.map(|place| place.name.as_str())];
    names.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// The key of a kind's name.
pub(crate) const fn kind_key(kind: Kind) -> &'static str {
    match kind {
        Kind::Danger => "faults-kind-danger",
        Kind::Leak => "faults-kind-leak",
        Kind::Toilet => "faults-kind-toilet",
        Kind::Light => "faults-kind-light",
        Kind::Air => "faults-kind-air",
        Kind::Door => "faults-kind-door",
        Kind::Equipment => "faults-kind-equipment",
        Kind::Dirt => "faults-kind-dirt",
        Kind::Other => "faults-kind-other",
    }
}

fn kind_name(lang: Lang, kind: Kind) -> String {
    t(lang, kind_key(kind), &[])
}

/// What has become of a fault, in a word or two.
fn state_badge(lang: Lang, state: State) -> Badge {
    match state {
        State::Reported => Badge::new(Tone::Warning, &t(lang, "faults-state-reported", &[])),
        State::Taken(_) => Badge::new(Tone::Waiting, &t(lang, "faults-state-taken", &[])),
        State::Mended => Badge::new(Tone::Good, &t(lang, "faults-state-mended", &[])),
        State::NoFault => Badge::new(Tone::Info, &t(lang, "faults-state-no-fault", &[])),
        State::Joined(_) => Badge::new(Tone::Info, &t(lang, "faults-state-joined", &[])),
    }
}

/// Why something that was typed cannot be, as it stands beside the field.
fn wrong_words(lang: Lang, wrong: Wrong) -> String {
    match wrong {
        Wrong::NoKind => t(lang, "faults-wrong-kind", &[]),
        Wrong::Missing => t(lang, "faults-wrong-missing", &[]),
        Wrong::TooLong { most } => t(lang, "faults-wrong-long", &[("most", &most)]),
        Wrong::NoAddress => t(lang, "faults-wrong-address", &[]),
    }
}
