//! What the plan says is destroyed, by night.

use cloud_contracts::KeptBy;
use cloud_kernel::{Actor, Again, HandlerError, TenantTx};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use records_domain::last_day_over;
use serde_json::json;

use crate::store::{self, Stored};
use crate::{ALL, DESTROY, NAME, Ports};

/// Records of one type that are destroyed in one transaction: so that it is short, and nobody waits for its locks.
const BATCH: u32 = 200;
/// At which hour of the municipality's night.
const HOUR: i8 = 3;

/// The moment such that what was over before it need not be kept any more; `None` at the beginning of the calendar.
pub(crate) fn over_before(now: Timestamp, zone: &TimeZone, months: u16) -> Option<Timestamp> {
    let last = last_day_over(zone.to_datetime(now).date(), months)?;
    Some(last.tomorrow().ok()?.to_zoned(zone.clone()).ok()?.timestamp())
}

/// The next night's hour.
fn next_night(now: Timestamp, zone: &TimeZone) -> Timestamp {
    let here = zone.to_datetime(now);
    let tonight = here.date().at(HOUR, 0, 0, 0);
    let next = if here < tonight { Ok(tonight) } else { tonight.checked_add(1.day()) };
    next.ok()
        .and_then(|night| zone.to_ambiguous_timestamp(night).compatible().ok())
        .unwrap_or_else(|| now.saturating_add(24.hours()).unwrap_or(now))
}

/// Sees to it that there is a next night: called where something is decided.
pub(crate) async fn wake(tx: &mut TenantTx, zone: &TimeZone) -> Result<(), sqlx::Error> {
    let night = next_night(tx.now(), zone);
    tx.enqueue_once(NAME, DESTROY, ALL, night).await
}

/// Destroys one batch of each type that a decision lets be destroyed, and writes down how much; again at once while there
/// is more, otherwise the next night. Ends where nothing is decided any more.
pub(crate) async fn by_plan(tx: &mut TenantTx, ports: &Ports) -> Result<Again, HandlerError> {
    let zone = tx.zone().await?;
    let decided = store::in_force(tx).await?;
    let mut more = false;
    for (keeper, kept) in ports.types() {
        let governed = matches!(kept.kept_by, KeptBy::Plan | KeptBy::Log);
        let Some(stored) = decided.iter().find(|stored| governed && stored.information == kept.key) else {
            continue;
        };
        let Some(before) = over_before(tx.now(), &zone, stored.decision.months) else { continue };
        let gone = keeper.destroy(tx, kept.key, None, before, BATCH).await.map_err(|source| {
            HandlerError::Outside { what: format!("destroying {}", kept.key), source: source.into() }
        })?;
        if gone > 0 {
            write_down(tx, stored, before, gone).await?;
        }
        more |= gone >= u64::from(BATCH);
    }
    Ok(if more {
        Again::At(tx.now())
    } else if decided.is_empty() {
        Again::Never
    } else {
        Again::At(next_night(tx.now(), &zone))
    })
}

/// Writes down what was destroyed by a decision.
pub(crate) async fn write_down(
    tx: &mut TenantTx,
    stored: &Stored,
    before: Timestamp,
    gone: u64,
) -> Result<(), sqlx::Error> {
    store::destroyed(tx, stored, before, gone).await?;
    tracing::info!(information = stored.information, records = gone, "destroyed by the retention plan");
    let detail = json!({ "information": stored.information, "records": gone, "over_before": before });
    tx.audit(Actor::Service(NAME), "records.destroyed", Some(stored.id), &detail).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_plan_counts_in_days_of_the_clock_on_the_wall() {
        let zone = TimeZone::get("Europe/Stockholm").unwrap();
        let now = at("2026-11-22T23:30:00Z");
        assert_eq!(over_before(now, &zone, 0), Some(at("2026-11-22T23:00:00Z")), "today is the 23rd here");
        assert_eq!(over_before(now, &zone, 6), Some(at("2026-05-22T22:00:00Z")), "summer time then");
        assert_eq!(next_night(now, &zone), at("2026-11-23T02:00:00Z"));
        assert_eq!(next_night(at("2026-11-23T02:00:00Z"), &zone), at("2026-11-24T02:00:00Z"));
    }
}
