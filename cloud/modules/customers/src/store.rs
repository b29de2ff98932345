//! The only SQL of the module.

pub(crate) mod book;

use std::collections::{BTreeMap, BTreeSet};

use cloud_contracts::CustomerKind;
use cloud_kernel::TenantTx;
use jiff_sqlx::ToSqlx as _;
use protocols_ids::{CustomerId, PersonId, Uuid};

use crate::sign_in::Begun;

/// A customer that a person may act for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ActedFor {
    pub(crate) id: CustomerId,
    pub(crate) kind: CustomerKind,
    pub(crate) name: String,
    pub(crate) price_group: Option<String>,
    /// Whether it is a person whose name is nobody else's to read.
    pub(crate) protected: bool,
    /// Whether it is the person's own.
    pub(crate) own: bool,
}

/// An association, company or unit, as an import describes it.
#[derive(Clone, Debug)]
pub(crate) struct NewCustomer<'a> {
    pub(crate) kind: CustomerKind,
    pub(crate) slug: &'a str,
    pub(crate) name: &'a str,
    pub(crate) price_group: Option<&'a str>,
    pub(crate) email: Option<&'a str>,
}

/// What an import did with a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Written {
    Created,
    Updated,
    Unchanged,
}

pub(crate) const fn kind_name(kind: CustomerKind) -> &'static str {
    match kind {
        CustomerKind::Person => "person",
        CustomerKind::Association => "association",
        CustomerKind::Company => "company",
        CustomerKind::Unit => "unit",
    }
}

fn kind_named(name: &str) -> Result<CustomerKind, sqlx::Error> {
    [CustomerKind::Person, CustomerKind::Association, CustomerKind::Company, CustomerKind::Unit]
        .into_iter()
        .find(|kind| kind_name(*kind) == name)
        .ok_or_else(|| sqlx::Error::Decode(format!("unknown kind of customer {name:?}").into()))
}

/// The names of those of these customers that are associations or units of the municipality.
pub(crate) async fn public_names(
    tx: &mut TenantTx,
    customers: &BTreeSet<CustomerId>,
) -> Result<BTreeMap<CustomerId, String>, sqlx::Error> {
    let ids: Vec<Uuid> = customers.iter().map(|customer| customer.uuid()).collect();
    let rows = sqlx::query!(
        "SELECT id, name FROM customers.customer WHERE id = any($1) AND kind IN ('association', 'unit')",
        &ids
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.id.into(), row.name)).collect())
}

/// Sign-ins that wait for the provider, at most; counted no further.
pub(crate) async fn sign_ins_under_way(tx: &mut TenantTx, at_most: i64) -> Result<i64, sqlx::Error> {
    let now = tx.now().to_sqlx();
    sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM (SELECT FROM customers.sign_in WHERE expires_at > $2 LIMIT $1) AS waiting"#,
        at_most,
        now
    )
    .fetch_one(tx.conn())
    .await
}

/// Remembers a sign-in until the provider answers, and forgets those whose time is over.
pub(crate) async fn remember_sign_in(
    tx: &mut TenantTx,
    state_hash: &[u8],
    begun: &Begun,
) -> Result<(), sqlx::Error> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now().to_sqlx());
    sqlx::query!("DELETE FROM customers.sign_in WHERE expires_at <= $1", now).execute(tx.conn()).await?;
    sqlx::query!(
        "INSERT INTO customers.sign_in
           (tenant_id, state_hash, browser_hash, nonce, pkce_verifier, return_to, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        tenant,
        state_hash,
        begun.browser_hash,
        begun.secrets.nonce,
        begun.secrets.pkce_verifier,
        begun.return_to,
        begun.expires_at.to_sqlx()
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Takes a remembered sign-in, which is then gone: an answer counts once.
pub(crate) async fn take_sign_in(tx: &mut TenantTx, state_hash: &[u8]) -> Result<Option<Begun>, sqlx::Error> {
    let row = sqlx::query!(
        "DELETE FROM customers.sign_in WHERE state_hash = $1
         RETURNING browser_hash, nonce, pkce_verifier, return_to, expires_at",
        state_hash
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|row| Begun {
        browser_hash: row.browser_hash,
        secrets: crate::provider::Secrets { nonce: row.nonce, pkce_verifier: row.pkce_verifier },
        return_to: row.return_to,
        expires_at: row.expires_at.to_jiff(),
    }))
}

/// A person's number as it was sealed.
pub(crate) async fn sealed_number(
    tx: &mut TenantTx,
    person: PersonId,
) -> Result<Option<Vec<u8>>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT personal_number_ciphertext FROM customers.identity WHERE person_id = $1",
        person.uuid()
    )
    .fetch_optional(tx.conn())
    .await
}

/// Remembers a person's number; another number than before takes its place.
pub(crate) async fn remember_number(
    tx: &mut TenantTx,
    person: PersonId,
    hash: &[u8],
    ciphertext: &[u8],
) -> Result<(), sqlx::Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query!(
        "INSERT INTO customers.identity AS known
           (tenant_id, person_id, personal_number_hash, personal_number_ciphertext)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (tenant_id, person_id) DO UPDATE
           SET personal_number_hash = excluded.personal_number_hash,
               personal_number_ciphertext = excluded.personal_number_ciphertext
         WHERE known.personal_number_hash <> excluded.personal_number_hash",
        tenant,
        person.uuid(),
        hash,
        ciphertext
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Gives a person the mandates of whoever else signed in with the same number, protection included: it is the
/// same human being.
pub(crate) async fn share_mandates(
    tx: &mut TenantTx,
    person: PersonId,
    number_hash: &[u8],
) -> Result<(), sqlx::Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query!(
        "INSERT INTO customers.mandate (tenant_id, person_id, customer_id, role)
         SELECT $1, $2, m.customer_id, m.role FROM customers.mandate m
           JOIN customers.identity i ON i.tenant_id = m.tenant_id AND i.person_id = m.person_id
          WHERE i.personal_number_hash = $3 AND i.person_id <> $2
         ON CONFLICT DO NOTHING",
        tenant,
        person.uuid(),
        number_hash
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "UPDATE customers.identity SET protected = true
          WHERE person_id = $1 AND NOT protected
            AND EXISTS (SELECT FROM customers.identity other
                         WHERE other.tenant_id = identity.tenant_id
                           AND other.personal_number_hash = identity.personal_number_hash AND other.protected)",
        person.uuid()
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Turns the mandates that waited for a number into mandates of the person.
pub(crate) async fn give_awaited(
    tx: &mut TenantTx,
    person: PersonId,
    number_hash: &[u8],
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "WITH awaited AS (
           DELETE FROM customers.awaited_mandate WHERE personal_number_hash = $2
           RETURNING tenant_id, customer_id, role)
         INSERT INTO customers.mandate (tenant_id, person_id, customer_id, role)
         SELECT tenant_id, $1, customer_id, role FROM awaited ON CONFLICT DO NOTHING",
        person.uuid(),
        number_hash
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The person's own customer, called what the person is called now.
pub(crate) async fn own_customer(
    tx: &mut TenantTx,
    person: PersonId,
    name: &str,
) -> Result<CustomerId, sqlx::Error> {
    let known = sqlx::query_scalar!(
        "UPDATE customers.customer c SET name = $2 FROM customers.mandate m
          WHERE m.tenant_id = c.tenant_id AND m.customer_id = c.id AND m.person_id = $1 AND m.role = 'self'
         RETURNING c.id",
        person.uuid(),
        name
    )
    .fetch_optional(tx.conn())
    .await?;
    if let Some(id) = known {
        return Ok(id.into());
    }
    let (tenant, id) = (tx.tenant().uuid(), tx.new_id::<CustomerId>());
    sqlx::query!(
        "INSERT INTO customers.customer (tenant_id, id, kind, name) VALUES ($1, $2, 'person', $3)",
        tenant,
        id.uuid(),
        name
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "INSERT INTO customers.mandate (tenant_id, person_id, customer_id, role) VALUES ($1, $2, $3, 'self')",
        tenant,
        person.uuid(),
        id.uuid()
    )
    .execute(tx.conn())
    .await?;
    Ok(id)
}

/// Whether a person decides for a customer: for oneself, or with an administrator's mandate.
pub(crate) async fn administers(
    tx: &mut TenantTx,
    person: PersonId,
    customer: CustomerId,
) -> Result<bool, sqlx::Error> {
    let found = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM customers.mandate
                           WHERE person_id = $1 AND customer_id = $2 AND role IN ('self', 'administrator')) AS "found!""#,
        person.uuid(),
        customer.uuid()
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(found)
}

/// Everybody that the person may act for, the person's own customer first, then by name.
pub(crate) async fn acted_for(tx: &mut TenantTx, person: PersonId) -> Result<Vec<ActedFor>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT c.id, c.kind, c.name, c.price_group, bool_or(m.role = 'self') AS "own!",
                  EXISTS (SELECT FROM customers.mandate own
                            JOIN customers.identity i
                              ON i.tenant_id = own.tenant_id AND i.person_id = own.person_id
                           WHERE own.tenant_id = c.tenant_id AND own.customer_id = c.id
                             AND own.role = 'self' AND i.protected) AS "protected!"
             FROM customers.mandate m
             JOIN customers.customer c ON c.tenant_id = m.tenant_id AND c.id = m.customer_id
            WHERE m.person_id = $1
            GROUP BY c.tenant_id, c.id
            ORDER BY 5 DESC, c.name, c.id"#,
        person.uuid()
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(ActedFor {
                id: row.id.into(),
                kind: kind_named(&row.kind)?,
                name: row.name,
                price_group: row.price_group,
                protected: row.protected,
                own: row.own,
            })
        })
        .collect()
}

/// One customer, whoever may act for it.
pub(crate) async fn customer(
    tx: &mut TenantTx,
    customer: CustomerId,
) -> Result<Option<ActedFor>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT c.id, c.kind, c.name, c.price_group,
                  EXISTS (SELECT FROM customers.mandate own
                            JOIN customers.identity i
                              ON i.tenant_id = own.tenant_id AND i.person_id = own.person_id
                           WHERE own.tenant_id = c.tenant_id AND own.customer_id = c.id
                             AND own.role = 'self' AND i.protected) AS "protected!"
             FROM customers.customer c WHERE c.id = $1"#,
        customer.uuid()
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(|row| {
        Ok(ActedFor {
            id: row.id.into(),
            kind: kind_named(&row.kind)?,
            name: row.name,
            price_group: row.price_group,
            protected: row.protected,
            own: false,
        })
    })
    .transpose()
}

/// Writes an association, company or unit, found by its short name.
pub(crate) async fn write_customer(
    tx: &mut TenantTx,
    new: &NewCustomer<'_>,
) -> Result<(CustomerId, Written), sqlx::Error> {
    let (tenant, id) = (tx.tenant().uuid(), tx.new_id::<CustomerId>());
    let row = sqlx::query!(
        r#"INSERT INTO customers.customer AS known (tenant_id, id, kind, slug, name, price_group, email)
           VALUES ($1, $2, $3, $4, $5, $6, $7)
           ON CONFLICT (tenant_id, slug) DO UPDATE
             SET kind = excluded.kind, name = excluded.name, price_group = excluded.price_group,
                 email = excluded.email
           WHERE (known.kind, known.name, known.price_group, known.email)
                 IS DISTINCT FROM (excluded.kind, excluded.name, excluded.price_group, excluded.email)
           RETURNING id, (id = $2) AS "created!""#,
        tenant,
        id.uuid(),
        kind_name(new.kind),
        new.slug,
        new.name,
        new.price_group,
        new.email
    )
    .fetch_optional(tx.conn())
    .await?;
    if let Some(row) = row {
        return Ok((row.id.into(), if row.created { Written::Created } else { Written::Updated }));
    }
    let id = sqlx::query_scalar!("SELECT id FROM customers.customer WHERE slug = $1", new.slug)
        .fetch_one(tx.conn())
        .await?;
    Ok((id.into(), Written::Unchanged))
}

/// Gives a mandate to whoever has the number: at once where they have signed in, otherwise when they do.
/// Whether anything was written.
pub(crate) async fn give_mandate(
    tx: &mut TenantTx,
    number_hash: &[u8],
    customer: CustomerId,
    role: &str,
) -> Result<bool, sqlx::Error> {
    let tenant = tx.tenant().uuid();
    let given = sqlx::query!(
        "INSERT INTO customers.mandate (tenant_id, person_id, customer_id, role)
         SELECT tenant_id, person_id, $2, $3 FROM customers.identity WHERE personal_number_hash = $1
         ON CONFLICT DO NOTHING",
        number_hash,
        customer.uuid(),
        role
    )
    .execute(tx.conn())
    .await?;
    let awaited = sqlx::query!(
        "INSERT INTO customers.awaited_mandate (tenant_id, personal_number_hash, customer_id, role)
         SELECT $1, $2, $3, $4
          WHERE NOT EXISTS (SELECT FROM customers.identity WHERE personal_number_hash = $2)
         ON CONFLICT DO NOTHING",
        tenant,
        number_hash,
        customer.uuid(),
        role
    )
    .execute(tx.conn())
    .await?;
    Ok(given.rows_affected() + awaited.rows_affected() > 0)
}
