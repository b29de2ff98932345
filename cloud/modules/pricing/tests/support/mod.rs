//! A register that answers from memory.

use async_trait::async_trait;
use cloud_contracts::{Facilities, Facility, ImportError, ImportReport, Open, PortError, Resource};
use cloud_kernel::TenantTx;
use cloud_kernel::testing::Bench;
use cloud_pricing::import;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use protocols_ids::{AuthorityId, FacilityId, PartId, ResourceId, TenantId};
use uuid::Uuid;

/// A price list of the halls that [`Register`] has.
pub const FILE: &str = r#"
[[tariff]]
name = "Taxor"
valid_from = "2020-01-01"
decided_by = "Kommunfullmäktige"
reference = "KF 2019 § 7"

[[tariff.group]]
code = "taxa-1"
name = "Taxa 1"
who = "Barn och unga"

[[tariff.group]]
code = "taxa-3"
name = "Taxa 3"
default = true

[[tariff.rate]]
resources = ["sportcentrum/a"]
kr_per_hour = { taxa-1 = 95, taxa-3 = 420 }

[[tariff.rate]]
resources = ["sportcentrum/a1"]
kr_per_hour = { taxa-1 = "55.50" }
"#;

/// One facility, with a hall `a` and its half `a1`.
pub struct Register;

/// The hall.
pub const HALL: ResourceId = ResourceId::new(Uuid::from_u128(0xA));
/// Its half.
pub const HALF: ResourceId = ResourceId::new(Uuid::from_u128(0xA1));

fn facility() -> Facility {
    let parts = [PartId::new(Uuid::from_u128(1))];
    let resource =
        |id, slug: &str, name: &str, parent| Resource { parent, ..Resource::named(id, slug, name, &parts) };
    let (id, authority) = (FacilityId::new(Uuid::from_u128(1)), AuthorityId::new(Uuid::from_u128(1)));
    Facility {
        resources: vec![
            resource(HALL, "a", "Sporthallen A", None),
            resource(HALF, "a1", "Halva A1", Some(HALL)),
        ],
        ..Facility::named(id, authority, "sportcentrum", "Sportcentrum", TimeZone::UTC)
    }
}

#[async_trait]
impl Facilities for Register {
    async fn all(&self, _: &mut TenantTx) -> Result<Vec<Facility>, PortError> {
        Ok(vec![facility()])
    }

    async fn by_slug(&self, _: &mut TenantTx, slug: &str) -> Result<Option<Facility>, PortError> {
        Ok(Some(facility()).filter(|facility| facility.slug == slug))
    }

    async fn of_resource(
        &self,
        _: &mut TenantTx,
        resource: ResourceId,
    ) -> Result<Option<Facility>, PortError> {
        Ok(Some(facility()).filter(|facility| facility.resources.iter().any(|r| r.id == resource)))
    }

    fn open(&self, facility: &Facility, _: ResourceId, first: Date, last: Date) -> Vec<Open> {
        facility.round_the_clock(first, last)
    }
}

/// Imports a file for a tenant and commits.
pub async fn imported(bench: &Bench, tenant: TenantId, text: &str) -> Result<ImportReport, ImportError> {
    let mut tx = bench.kernel.begin(tenant).await.map_err(ImportError::database)?;
    let report = import(&mut tx, &Register, text).await?;
    tx.commit().await.map_err(ImportError::database)?;
    Ok(report)
}
