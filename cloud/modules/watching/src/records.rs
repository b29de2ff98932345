//! What people follow, as something that is kept of them.

use std::sync::Arc;

use async_trait::async_trait;
use cloud_contracts::{Facilities, Fact, FactValue, InformationType, KeptBy, PortError, Record, Records};
use cloud_kernel::TenantTx;
use jiff::Timestamp;
use protocols_ids::PersonId;

use crate::store;

const WATCHES: &str = "watching.watches";

/// What people follow. It ends when they wish.
pub struct WatchRecords {
    facilities: Arc<dyn Facilities>,
}

impl WatchRecords {
    /// Over the register, which knows what places are called.
    pub fn new(facilities: Arc<dyn Facilities>) -> Self {
        Self { facilities }
    }
}

fn record(watch: store::Kept, place: Option<String>) -> Record {
    let what: Vec<String> = [watch.activity, place].into_iter().flatten().collect();
    let what = what.join(", ");
    let mut facts = vec![Fact::case("records-fact-place", FactValue::Text(what.clone()))];
    if let Some((starts_at, ends_at)) = watch.this {
        facts.push(Fact::case("records-fact-time", FactValue::Span(starts_at, ends_at, String::new())));
    }
    facts.push(Fact::case("records-fact-until", FactValue::At(watch.until)));
    Record {
        information: WATCHES,
        id: watch.id,
        name: what,
        since: watch.since,
        over_at: Some(watch.until),
        protected: false,
        facts,
    }
}

#[async_trait]
impl Records for WatchRecords {
    fn types(&self) -> &'static [InformationType] {
        &[InformationType { key: WATCHES, kept_by: KeptBy::Wish }]
    }

    async fn of_person(&self, tx: &mut TenantTx, person: PersonId) -> Result<Vec<Record>, PortError> {
        let watches = store::kept_of(tx, person).await.map_err(PortError::database)?;
        let facilities = self.facilities.all(tx).await?;
        let place = |watch: &store::Kept| {
            let mut all = facilities.iter();
            match (watch.resource, watch.facility) {
                (Some(id), _) => {
                    all.find_map(|one| Some(format!("{}, {}", one.name, one.resource(id)?.name)))
                }
                (None, Some(id)) => all.find(|one| one.id == id).map(|one| one.name.clone()),
                (None, None) => None,
            }
        };
        let placed = watches.into_iter().map(|watch| (place(&watch), watch));
        Ok(placed.map(|(place, watch)| record(watch, place)).collect())
    }

    async fn destroy(
        &self,
        tx: &mut TenantTx,
        _: &str,
        of: Option<PersonId>,
        _: Timestamp,
        _: u32,
    ) -> Result<u64, PortError> {
        // Of everybody, the module's own sweep takes what is over.
        let Some(person) = of else { return Ok(0) };
        store::destroy_of(tx, person).await.map_err(PortError::database)
    }
}
