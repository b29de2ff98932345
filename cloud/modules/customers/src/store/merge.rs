//! Two customers that are one.

use cloud_kernel::TenantTx;
use jiff_sqlx::ToSqlx as _;
use protocols_ids::CustomerId;

/// What of one customer moves to the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Moving {
    pub(crate) mandates: i64,
    pub(crate) waiting: i64,
    pub(crate) posts: i64,
    pub(crate) entitlements: i64,
}

pub(crate) async fn moving(tx: &mut TenantTx, gone: CustomerId) -> Result<Moving, sqlx::Error> {
    sqlx::query_as!(
        Moving,
        r#"SELECT (SELECT count(*) FROM customers.mandate WHERE customer_id = $1) AS "mandates!",
                  (SELECT count(*) FROM customers.awaited_mandate WHERE customer_id = $1) AS "waiting!",
                  (SELECT count(*) FROM customers.post WHERE customer_id = $1) AS "posts!",
                  (SELECT count(*) FROM customers.entitlement WHERE customer_id = $1) AS "entitlements!""#,
        gone.uuid()
    )
    .fetch_one(tx.conn())
    .await
}

/// Moves everything of this module from one to the other, which it is from now on. Who has the same role for both keeps
/// the longer of the two.
pub(crate) async fn merge(tx: &mut TenantTx, kept: CustomerId, gone: CustomerId) -> Result<(), sqlx::Error> {
    let (kept, gone, now) = (kept.uuid(), gone.uuid(), tx.now().to_sqlx());
    sqlx::query!(
        "WITH moved AS (DELETE FROM customers.mandate WHERE customer_id = $2
                        RETURNING tenant_id, person_id, role, valid_from, valid_to, label)
         INSERT INTO customers.mandate AS own (tenant_id, person_id, customer_id, role, valid_from, valid_to, label)
         SELECT tenant_id, person_id, $1, role, valid_from, valid_to, label FROM moved
         ON CONFLICT (tenant_id, person_id, customer_id, role) DO UPDATE
           SET valid_from = CASE WHEN own.valid_from IS NULL OR excluded.valid_from IS NULL THEN NULL
                                 ELSE least(own.valid_from, excluded.valid_from) END,
               valid_to = CASE WHEN own.valid_to IS NULL OR excluded.valid_to IS NULL THEN NULL
                               ELSE greatest(own.valid_to, excluded.valid_to) END",
        kept,
        gone
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "WITH moved AS (DELETE FROM customers.awaited_mandate WHERE customer_id = $2
                        RETURNING tenant_id, personal_number_hash, role, valid_from, valid_to, label)
         INSERT INTO customers.awaited_mandate
           (tenant_id, personal_number_hash, customer_id, role, valid_from, valid_to, label)
         SELECT tenant_id, personal_number_hash, $1, role, valid_from, valid_to, label FROM moved
         ON CONFLICT DO NOTHING",
        kept,
        gone
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!("UPDATE customers.post SET customer_id = $1 WHERE customer_id = $2", kept, gone)
        .execute(tx.conn())
        .await?;
    sqlx::query!("UPDATE customers.entitlement SET customer_id = $1 WHERE customer_id = $2", kept, gone)
        .execute(tx.conn())
        .await?;
    sqlx::query!("UPDATE customers.invitation SET customer_id = $1 WHERE customer_id = $2", kept, gone)
        .execute(tx.conn())
        .await?;
    sqlx::query!("UPDATE customers.application SET customer_id = $1 WHERE customer_id = $2", kept, gone)
        .execute(tx.conn())
        .await?;
    // A person has one number: the kept one's stays where there is one.
    sqlx::query!(
        "UPDATE customers.known_person SET customer_id = $1 WHERE customer_id = $2
            AND NOT EXISTS (SELECT FROM customers.known_person WHERE customer_id = $1)",
        kept,
        gone
    )
    .execute(tx.conn())
    .await?;
    // Whatever leads to the one that is gone leads on in one step.
    sqlx::query!(
        "UPDATE customers.customer SET merged_into = $1, revision = revision + 1,
                ended_on = coalesce(ended_on, customers.today($3)), end_reason = coalesce(end_reason, '=')
          WHERE id = $2 OR merged_into = $2",
        kept,
        gone,
        now
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "UPDATE customers.customer own SET
           organisation_number = coalesce(own.organisation_number, gone.organisation_number),
           email = coalesce(own.email, gone.email), price_group = coalesce(own.price_group, gone.price_group),
           address = CASE WHEN own.address = '' THEN gone.address ELSE own.address END,
           town = CASE WHEN own.town = '' THEN gone.town ELSE own.town END,
           telephone = CASE WHEN own.telephone = '' THEN gone.telephone ELSE own.telephone END,
           web = CASE WHEN own.web = '' THEN gone.web ELSE own.web END,
           sports = CASE WHEN own.sports = '' THEN gone.sports ELSE own.sports END,
           age_groups = CASE WHEN own.age_groups = '' THEN gone.age_groups ELSE own.age_groups END,
           revision = own.revision + 1
          FROM customers.customer gone
         WHERE own.id = $1 AND gone.id = $2 AND gone.tenant_id = own.tenant_id",
        kept,
        gone
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Takes the two for this transaction alone, in the order of their ids, so that two who merge them at once take turns.
pub(crate) async fn lock(tx: &mut TenantTx, one: CustomerId, other: CustomerId) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "SELECT id FROM customers.customer WHERE id = any($1) ORDER BY id FOR UPDATE",
        &[one.uuid(), other.uuid()]
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(())
}
