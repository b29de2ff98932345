//! Tells that times became free, in the transaction that frees them.

use std::collections::BTreeMap;

use cloud_contracts::{FREED_MAX, FreedTime, TimesFreed};
use cloud_kernel::TenantTx;
use protocols_ids::FacilityId;

use crate::store::Time;

/// Tells it of those of these times that are not over.
pub async fn tell(tx: &mut TenantTx, times: &[Time]) -> Result<(), sqlx::Error> {
    let now = tx.now();
    let mut freed: BTreeMap<FacilityId, Vec<FreedTime>> = BTreeMap::new();
    for time in times.iter().filter(|time| time.span.ends_at() > now) {
        let (starts_at, ends_at) = (time.span.starts_at(), time.span.ends_at());
        let one = FreedTime { resource: time.resource, starts_at, ends_at };
        freed.entry(time.facility).or_default().push(one);
    }
    for (facility, times) in freed {
        for times in times.chunks(FREED_MAX) {
            tx.emit(&TimesFreed { facility, times: times.to_vec() }).await?;
        }
    }
    Ok(())
}
