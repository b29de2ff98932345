//! What people call what is on a gateway's site.

use std::collections::HashMap;

use cloud_kernel::TenantTx;
use protocols_ids::{DeviceId, DoorId, GatewayId, ZoneId};

/// The doors of a gateway that are in use, in their order.
pub(crate) async fn doors(
    tx: &mut TenantTx,
    gateway: GatewayId,
) -> Result<Vec<(DoorId, String)>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT id, name FROM access.door WHERE gateway_id = $1 AND in_use ORDER BY position, name, id",
        gateway.uuid()
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.id.into(), row.name)).collect())
}

/// Names of devices and zones, also of those that have left the site.
#[derive(Clone, Debug, Default)]
pub(crate) struct SiteNames {
    pub devices: HashMap<DeviceId, String>,
    pub zones: HashMap<ZoneId, String>,
}

/// Names of a gateway's devices and zones.
pub(crate) async fn of_site(tx: &mut TenantTx, gateway: GatewayId) -> Result<SiteNames, sqlx::Error> {
    let devices = sqlx::query!("SELECT id, name FROM access.device WHERE gateway_id = $1", gateway.uuid())
        .fetch_all(tx.conn())
        .await?;
    let zones = sqlx::query!("SELECT id, name FROM access.zone WHERE gateway_id = $1", gateway.uuid())
        .fetch_all(tx.conn())
        .await?;
    Ok(SiteNames {
        devices: devices.into_iter().map(|row| (row.id.into(), row.name)).collect(),
        zones: zones.into_iter().map(|row| (row.id.into(), row.name)).collect(),
    })
}
