//! What faults answer other modules.

use std::sync::Arc;

use async_trait::async_trait;
use cloud_contracts::{Facilities, FaultLetter, FaultLetters, Faults, OpenFault, PortError};
use cloud_kernel::TenantTx;
use faults_domain::State;
use protocols_ids::FacilityId;
use uuid::Uuid;

use crate::pages::{kind_key, place_words, receipt};
use crate::store;

/// Answers about what is wrong.
#[derive(Clone)]
pub struct FaultAnswers {
    facilities: Arc<dyn Facilities>,
}

impl FaultAnswers {
    /// With what places are called in this register.
    pub fn new(facilities: Arc<dyn Facilities>) -> Self {
        Self { facilities }
    }
}

#[async_trait]
impl Faults for FaultAnswers {
    async fn open_at(
        &self,
        tx: &mut TenantTx,
        facilities: &[FacilityId],
    ) -> Result<Vec<OpenFault>, PortError> {
        let open = store::open(tx, facilities).await.map_err(PortError::database)?;
        let told = open.into_iter().map(|fault| OpenFault {
            id: fault.id,
            facility: fault.facility,
            kind: kind_key(fault.kind),
            reported_at: fault.reported_at,
            taken: fault.state != State::Reported,
            place: fault.place.map(|place| place.name),
        });
        Ok(told.collect())
    }
}

#[async_trait]
impl FaultLetters for FaultAnswers {
    async fn letter(&self, tx: &mut TenantTx, answer: Uuid) -> Result<Option<FaultLetter>, PortError> {
        let Some(told) = store::answered(tx, answer).await.map_err(PortError::database)? else {
            return Ok(None);
        };
        let found = store::find(tx, told.fault).await.map_err(PortError::database)?;
        let Some(fault) = found.filter(|fault| !fault.state.is_open()) else { return Ok(None) };
        let all = self.facilities.all(tx).await?;
        let facility = all.iter().find(|facility| facility.id == fault.facility);
        Ok(Some(FaultLetter {
            email: told.email,
            language: told.language,
            place: place_words(facility, fault.place.as_ref()),
            kind: kind_key(fault.kind),
            mended: fault.state == State::Mended,
            path: receipt::href(tx.kernel(), told.report),
        }))
    }
}
