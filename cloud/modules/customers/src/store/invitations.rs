//! Invitations to act for a customer, by letter.

use cloud_kernel::TenantTx;
use customers_domain::{Role, Validity};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx as _;
use protocols_ids::{CustomerId, PersonId, Uuid};

use super::holds::stored_days;

/// An invitation that has not been taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Invitation {
    pub(crate) id: Uuid,
    pub(crate) customer: CustomerId,
    pub(crate) customer_name: String,
    pub(crate) role: Role,
    pub(crate) during: Validity,
    pub(crate) label: String,
    pub(crate) email: String,
    pub(crate) language: String,
    pub(crate) invited_by: PersonId,
    pub(crate) expires_at: Timestamp,
    /// The link's secret, sealed.
    pub(crate) sealed: Option<Vec<u8>>,
}

/// What is written of a new one.
pub(crate) struct NewInvitation<'a> {
    pub(crate) id: Uuid,
    pub(crate) customer: CustomerId,
    pub(crate) role: Role,
    pub(crate) during: Validity,
    pub(crate) label: &'a str,
    pub(crate) email: &'a str,
    pub(crate) language: &'a str,
    pub(crate) token_hash: &'a [u8],
    pub(crate) sealed: &'a [u8],
    pub(crate) by: PersonId,
    pub(crate) expires_at: Timestamp,
}

pub(crate) async fn invite(tx: &mut TenantTx, new: &NewInvitation<'_>) -> Result<(), sqlx::Error> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now().to_sqlx());
    sqlx::query!(
        "INSERT INTO customers.invitation
           (tenant_id, id, customer_id, role, valid_from, valid_to, label, email, language, token_hash,
            token_ciphertext, invited_by, invited_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        tenant,
        new.id,
        new.customer.uuid(),
        new.role.key(),
        new.during.from().map(Date::to_sqlx) as _,
        new.during.to().map(Date::to_sqlx) as _,
        new.label,
        new.email,
        new.language,
        new.token_hash,
        new.sealed,
        new.by.uuid(),
        now,
        new.expires_at.to_sqlx()
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// How many invitations to a customer were written since a moment.
pub(crate) async fn since(
    tx: &mut TenantTx,
    customer: CustomerId,
    from: Timestamp,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM customers.invitation WHERE customer_id = $1 AND invited_at > $2"#,
        customer.uuid(),
        from.to_sqlx()
    )
    .fetch_one(tx.conn())
    .await
}

/// Which invitations are wanted; a single one is locked.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Which<'a> {
    /// This one.
    One(Uuid),
    /// The one of this link.
    OfLink(&'a [u8]),
    /// All of a customer's.
    Of(CustomerId),
}

/// Invitations that can be taken now, oldest first.
pub(crate) async fn open(tx: &mut TenantTx, which: Which<'_>) -> Result<Vec<Invitation>, sqlx::Error> {
    let now = tx.now().to_sqlx();
    let (one, hash, customer) = match which {
        Which::One(id) => (Some(id), None, None),
        Which::OfLink(hash) => (None, Some(hash), None),
        Which::Of(customer) => (None, None, Some(customer.uuid())),
    };
    if one.is_some() || hash.is_some() {
        // Of two who take it at once the second finds it taken.
        sqlx::query!(
            "SELECT id FROM customers.invitation WHERE id = $1 OR token_hash = $2 FOR UPDATE",
            one,
            hash
        )
        .fetch_optional(tx.conn())
        .await?;
    }
    let rows = sqlx::query!(
        "SELECT i.id, i.customer_id, c.name AS customer_name, i.role, i.valid_from, i.valid_to, i.label, i.email,
                i.language, i.invited_by, i.expires_at, i.token_ciphertext
           FROM customers.invitation i
           JOIN customers.customer c ON c.tenant_id = i.tenant_id AND c.id = i.customer_id
          WHERE i.ended_at IS NULL AND i.expires_at > $4
            AND (i.id = $1 OR i.token_hash = $2 OR i.customer_id = $3)
          ORDER BY i.id LIMIT 100",
        one,
        hash,
        customer,
        now
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let unknown = || sqlx::Error::Decode(format!("unknown role {:?}", row.role).into());
            Ok(Invitation {
                id: row.id,
                customer: row.customer_id.into(),
                customer_name: row.customer_name,
                role: Role::parse(&row.role).ok_or_else(unknown)?,
                during: stored_days(row.valid_from, row.valid_to)?,
                label: row.label,
                email: row.email,
                language: row.language,
                invited_by: row.invited_by.into(),
                expires_at: row.expires_at.to_jiff(),
                sealed: row.token_ciphertext,
            })
        })
        .collect()
}

/// Ends an invitation: taken by somebody, or withdrawn. Its link leads nowhere from then on.
pub(crate) async fn end(tx: &mut TenantTx, id: Uuid, taken_by: Option<PersonId>) -> Result<(), sqlx::Error> {
    let now = tx.now().to_sqlx();
    sqlx::query!(
        "UPDATE customers.invitation SET ended_at = $2, taken_by = $3, token_ciphertext = NULL WHERE id = $1",
        id,
        now,
        taken_by.map(PersonId::uuid)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
