//! Takes what people say is wrong, and forgets it again.

use cloud_kernel::{Actor, Again, HandlerError, TenantTx};
use cloud_photos::Print;
use faults_domain::Report;
use jiff::SignedDuration;
use protocols_ids::{FacilityId, FaultId};
use serde_json::json;
use uuid::Uuid;

use crate::{ALL, FORGET, NAME, store};

/// Reports of one facility in an hour at most: a full hall where the light goes out. More is a prank, and the staff knows.
const HOUR_MAX_HERE: i64 = 20;
/// Reports of a whole municipality in an hour at most: each may have a photo of a megabyte.
const HOUR_MAX_ALL: i64 = 200;
/// For so long after a fault ended it is kept who said what: a season, for whoever asks why something was done.
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);
/// How often what is over is forgotten.
const FORGET_EVERY: SignedDuration = SignedDuration::from_hours(24);

/// Whether a facility takes one more report now.
pub async fn takes_more(tx: &mut TenantTx, facility: FacilityId) -> Result<bool, sqlx::Error> {
    let since = tx.now().saturating_sub(SignedDuration::from_hours(1)).unwrap_or(tx.now());
    let (here, all) = store::sent_since(tx, facility, since).await?;
    Ok(here < HOUR_MAX_HERE && all < HOUR_MAX_ALL)
}

/// What a report is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Of {
    /// Something new, at this place where it is at one.
    New(Option<i16>),
    /// What somebody else has reported; it is open.
    Known(FaultId),
}

/// Keeps a report; its id.
pub async fn take(
    tx: &mut TenantTx,
    facility: FacilityId,
    of: Of,
    report: &Report,
    (language, prints): (&str, &[Print]),
) -> Result<Uuid, sqlx::Error> {
    let id: Uuid = tx.new_id();
    let (fault, step, action) = match of {
        Of::New(place) => {
            let fault: FaultId = tx.new_id();
            store::insert(tx, fault, facility, place, report.kind).await?;
            (fault, "reported", "faults.reported")
        }
        Of::Known(fault) => (fault, "seen", "faults.seen"),
    };
    store::insert_report(tx, id, (fault, facility), report, language, prints).await?;
    store::write(tx, fault, None, step, "").await?;
    let detail = json!({ "report": id, "kind": report.kind.key(), "photo": !prints.is_empty() });
    tx.audit(Actor::Service(NAME), action, Some(fault.uuid()), &detail).await?;
    let next = tx.now().saturating_add(FORGET_EVERY).unwrap_or(tx.now());
    tx.enqueue_once(NAME, FORGET, ALL, next).await?;
    Ok(id)
}

/// Forgets who said what of faults that have been over for long.
pub async fn forget(tx: &mut TenantTx) -> Result<Again, HandlerError> {
    let now = tx.now();
    let forgotten = store::forget(tx, now.saturating_sub(KEPT).unwrap_or(now)).await?;
    if forgotten > 0 {
        tx.audit(Actor::Service(NAME), "faults.forgotten", None, &json!({ "rows": forgotten })).await?;
    }
    Ok(now.checked_add(FORGET_EVERY).map_or(Again::Never, Again::At))
}
