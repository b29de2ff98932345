//! Customers to choose among.

use cloud_kernel::TenantTx;
use jiff_sqlx::ToSqlx as _;
use protocols_ids::{CustomerId, Uuid};

use super::holds::ActedFor;
use super::kind_named;

/// Organisations that are read at once at most: more than the associations and companies of a large municipality.
const ORGANISATIONS_MAX: i64 = 2_000;

/// Associations, companies and units that somebody can still book for, by name.
pub(crate) async fn organisations(tx: &mut TenantTx) -> Result<Vec<ActedFor>, sqlx::Error> {
    read(tx, None).await
}

/// These customers, by name.
pub(crate) async fn with_ids(tx: &mut TenantTx, ids: &[CustomerId]) -> Result<Vec<ActedFor>, sqlx::Error> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    read(tx, Some(ids)).await
}

async fn read(tx: &mut TenantTx, ids: Option<Vec<Uuid>>) -> Result<Vec<ActedFor>, sqlx::Error> {
    let now = tx.now().to_sqlx();
    let rows = sqlx::query!(
        r#"SELECT c.id, c.kind, c.name,
                  coalesce((SELECT e.price_group FROM customers.entitlement e
                             WHERE e.tenant_id = c.tenant_id AND e.customer_id = c.id
                               AND e.valid_from <= customers.today($2)
                               AND (e.valid_to IS NULL OR e.valid_to >= customers.today($2))
                             ORDER BY e.valid_from DESC, e.id DESC LIMIT 1), c.price_group) AS price_group,
                  (c.kind = 'person' AND
                   (EXISTS (SELECT FROM customers.mandate own
                              JOIN customers.identity i
                                ON i.tenant_id = own.tenant_id AND i.person_id = own.person_id
                             WHERE own.tenant_id = c.tenant_id AND own.customer_id = c.id
                               AND own.role = 'self' AND i.protected)
                    OR EXISTS (SELECT FROM customers.known_person known
                                WHERE known.tenant_id = c.tenant_id AND known.customer_id = c.id
                                  AND known.protected))) AS "protected!"
             FROM customers.customer c
            WHERE c.id = any($1)
               OR ($1::uuid[] IS NULL AND c.kind <> 'person' AND c.merged_into IS NULL
                   AND (c.ended_on IS NULL OR c.ended_on > customers.today($2)))
            ORDER BY c.name COLLATE "sv-x-icu", c.id LIMIT $3"#,
        ids as _,
        now,
        ORGANISATIONS_MAX
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
            child: false,
            until: None,
        })
    });
    customer.collect()
}
