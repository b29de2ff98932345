//! The price lists' tables.

use std::collections::BTreeMap;

use cloud_kernel::TenantTx;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use pricing_domain::{GroupEntry, Offer, TariffEntry};
use protocols_ids::{ResourceId, TariffId};
use uuid::Uuid;

/// Every figure that could hold for the resources on a date from the first to the last, of every list and group: one
/// statement.
pub(crate) async fn offers(
    tx: &mut TenantTx,
    resources: &[ResourceId],
    first: Date,
    last: Date,
) -> Result<Vec<Offer>, sqlx::Error> {
    let resources: Vec<Uuid> = resources.iter().map(|resource| resource.uuid()).collect();
    let rows = sqlx::query!(
        "SELECT r.resource_id, r.tariff_id, t.name AS tariff_name, t.valid_from, t.valid_to,
                g.code AS group_code, g.name AS group_name, g.is_default, r.ore_per_hour
           FROM pricing.rate r
           JOIN pricing.tariff t ON t.tenant_id = r.tenant_id AND t.id = r.tariff_id
           JOIN pricing.price_group g
             ON g.tenant_id = r.tenant_id AND g.tariff_id = r.tariff_id AND g.code = r.price_group
          WHERE r.resource_id = any($1) AND t.valid_from <= $3 AND (t.valid_to IS NULL OR t.valid_to >= $2)",
        &resources,
        first.to_sqlx() as _,
        last.to_sqlx() as _
    )
    .fetch_all(tx.conn())
    .await?;
    let offers = rows.into_iter().map(|row| Offer {
        resource: ResourceId::new(row.resource_id),
        tariff: TariffId::new(row.tariff_id),
        tariff_name: row.tariff_name,
        valid_from: row.valid_from.to_jiff(),
        valid_to: row.valid_to.map(jiff_sqlx::Date::to_jiff),
        group_code: row.group_code,
        group_name: row.group_name,
        is_default: row.is_default,
        ore_per_hour: row.ore_per_hour,
    });
    Ok(offers.collect())
}

/// A price list with its groups and figures.
pub(crate) struct Tariff {
    /// Its id.
    pub(crate) id: TariffId,
    /// What it is called.
    pub(crate) name: String,
    /// Which body decided it.
    pub(crate) decided_by: Option<String>,
    /// The decision, as that body refers to it.
    pub(crate) reference: Option<String>,
    /// First day.
    pub(crate) valid_from: Date,
    /// Last day.
    pub(crate) valid_to: Option<Date>,
    /// Its groups, in the list's order.
    pub(crate) groups: Vec<Group>,
    /// Öre an hour by resource and group's code.
    pub(crate) rates: BTreeMap<(ResourceId, String), i64>,
}

/// A group and its place in its list.
pub(crate) struct Group {
    /// From 0.
    pub(crate) position: i32,
    /// What the list says of it.
    pub(crate) entry: GroupEntry,
}

/// Every list, the newest first: three statements, however many there are.
pub(crate) async fn tariffs(tx: &mut TenantTx) -> Result<Vec<Tariff>, sqlx::Error> {
    let lists = sqlx::query!(
        "SELECT id, name, decided_by, reference, valid_from, valid_to FROM pricing.tariff
          ORDER BY valid_from DESC, name"
    )
    .fetch_all(tx.conn())
    .await?;
    let mut tariffs: Vec<Tariff> = lists
        .into_iter()
        .map(|row| Tariff {
            id: TariffId::new(row.id),
            name: row.name,
            decided_by: row.decided_by,
            reference: row.reference,
            valid_from: row.valid_from.to_jiff(),
            valid_to: row.valid_to.map(jiff_sqlx::Date::to_jiff),
            groups: Vec::new(),
            rates: BTreeMap::new(),
        })
        .collect();
    let groups = sqlx::query!(
        "SELECT tariff_id, code, name, who, is_default, position FROM pricing.price_group
          ORDER BY position, code"
    )
    .fetch_all(tx.conn())
    .await?;
    for row in groups {
        if let Some(tariff) = tariffs.iter_mut().find(|tariff| tariff.id.uuid() == row.tariff_id) {
            let (code, name) = (row.code, row.name);
            let entry = GroupEntry { code, name, who: row.who, is_default: row.is_default };
            tariff.groups.push(Group { position: row.position, entry });
        }
    }
    let rates = sqlx::query!("SELECT tariff_id, resource_id, price_group, ore_per_hour FROM pricing.rate")
        .fetch_all(tx.conn())
        .await?;
    for row in rates {
        if let Some(tariff) = tariffs.iter_mut().find(|tariff| tariff.id.uuid() == row.tariff_id) {
            tariff.rates.insert((ResourceId::new(row.resource_id), row.price_group), row.ore_per_hour);
        }
    }
    Ok(tariffs)
}

/// Writes a new list, without groups and figures.
pub(crate) async fn insert_tariff(
    tx: &mut TenantTx,
    id: TariffId,
    entry: &TariffEntry,
) -> Result<(), sqlx::Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query!(
        "INSERT INTO pricing.tariff (tenant_id, id, name, decided_by, reference, valid_from, valid_to)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        tenant,
        id.uuid(),
        entry.name,
        entry.decided_by,
        entry.reference,
        entry.valid_from.to_sqlx() as _,
        entry.valid_to.map(Date::to_sqlx) as _
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Brings a list's head up to date.
pub(crate) async fn update_tariff(
    tx: &mut TenantTx,
    id: TariffId,
    entry: &TariffEntry,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE pricing.tariff SET decided_by = $2, reference = $3, valid_to = $4 WHERE id = $1",
        id.uuid(),
        entry.decided_by,
        entry.reference,
        entry.valid_to.map(Date::to_sqlx) as _
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Takes the default away from every group of a list, so that another may have it.
pub(crate) async fn clear_default(tx: &mut TenantTx, tariff: TariffId) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE pricing.price_group SET is_default = false WHERE tariff_id = $1 AND is_default",
        tariff.uuid()
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes a group of a list, new or as it is now, at its place from 0.
pub(crate) async fn put_group(
    tx: &mut TenantTx,
    tariff: TariffId,
    position: i32,
    group: &GroupEntry,
) -> Result<(), sqlx::Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query!(
        "INSERT INTO pricing.price_group (tenant_id, tariff_id, code, name, who, is_default, position)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (tenant_id, tariff_id, code)
         DO UPDATE SET name = excluded.name, who = excluded.who, is_default = excluded.is_default,
                       position = excluded.position",
        tenant,
        tariff.uuid(),
        group.code,
        group.name,
        group.who,
        group.is_default,
        position
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes a figure of a list, new or as it is now.
pub(crate) async fn put_rate(
    tx: &mut TenantTx,
    tariff: TariffId,
    resource: ResourceId,
    group: &str,
    ore_per_hour: i64,
) -> Result<(), sqlx::Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query!(
        "INSERT INTO pricing.rate (tenant_id, tariff_id, resource_id, price_group, ore_per_hour)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (tenant_id, tariff_id, resource_id, price_group)
         DO UPDATE SET ore_per_hour = excluded.ore_per_hour",
        tenant,
        tariff.uuid(),
        resource.uuid(),
        group,
        ore_per_hour
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Takes a figure out of a list.
pub(crate) async fn delete_rate(
    tx: &mut TenantTx,
    tariff: TariffId,
    resource: ResourceId,
    group: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "DELETE FROM pricing.rate WHERE tariff_id = $1 AND resource_id = $2 AND price_group = $3",
        tariff.uuid(),
        resource.uuid(),
        group
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
