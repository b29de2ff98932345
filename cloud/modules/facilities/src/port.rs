//! What other modules ask the register.

use async_trait::async_trait;
use cloud_contracts::{Facilities, Facility, PortError};
use cloud_kernel::TenantTx;
use protocols_ids::ResourceId;

use crate::store::{self, Which};

/// The register, as other modules see it.
#[derive(Clone, Copy, Debug)]
pub struct FacilityRegister;

#[async_trait]
impl Facilities for FacilityRegister {
    async fn all(&self, tx: &mut TenantTx) -> Result<Vec<Facility>, PortError> {
        store::facilities(tx, Which::All).await.map_err(PortError::database)
    }

    async fn by_slug(&self, tx: &mut TenantTx, slug: &str) -> Result<Option<Facility>, PortError> {
        one(tx, Which::Slug(slug)).await
    }

    async fn of_resource(
        &self,
        tx: &mut TenantTx,
        resource: ResourceId,
    ) -> Result<Option<Facility>, PortError> {
        one(tx, Which::OfResource(resource)).await
    }
}

async fn one(tx: &mut TenantTx, which: Which<'_>) -> Result<Option<Facility>, PortError> {
    Ok(store::facilities(tx, which).await.map_err(PortError::database)?.pop())
}
