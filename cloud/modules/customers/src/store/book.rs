//! Customers to choose among.

use cloud_kernel::TenantTx;
use protocols_ids::{CustomerId, Uuid};

use super::{ActedFor, kind_named};

/// Organisations that are read at once at most: more than the associations and companies of a large municipality.
const ORGANISATIONS_MAX: i64 = 2_000;

/// Associations, companies and units, by name.
pub(crate) async fn organisations(tx: &mut TenantTx) -> Result<Vec<ActedFor>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT id, kind, name, price_group FROM customers.customer WHERE kind <> 'person'
            ORDER BY name COLLATE "sv-x-icu", id LIMIT $1"#,
        ORGANISATIONS_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    let organisation = rows.into_iter().map(|row| {
        Ok(ActedFor {
            id: row.id.into(),
            kind: kind_named(&row.kind)?,
            name: row.name,
            price_group: row.price_group,
            protected: false,
            own: false,
        })
    });
    organisation.collect()
}

/// These customers, by name.
pub(crate) async fn with_ids(tx: &mut TenantTx, ids: &[CustomerId]) -> Result<Vec<ActedFor>, sqlx::Error> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let rows = sqlx::query!(
        r#"SELECT c.id, c.kind, c.name, c.price_group,
                  EXISTS (SELECT FROM customers.mandate own
                            JOIN customers.identity i
                              ON i.tenant_id = own.tenant_id AND i.person_id = own.person_id
                           WHERE own.tenant_id = c.tenant_id AND own.customer_id = c.id
                             AND own.role = 'self' AND i.protected) AS "protected!"
             FROM customers.customer c WHERE c.id = any($1)
            ORDER BY c.name COLLATE "sv-x-icu", c.id"#,
        &ids
    )
    .fetch_all(tx.conn())
    .await?;
    let customer = rows.into_iter().map(|row| {
        Ok(ActedFor {
            id: row.id.into(),
            kind: kind_named(&row.kind)?,
            name: row.name,
            price_group: row.price_group,
            protected: row.protected,
            own: false,
        })
    });
    customer.collect()
}
