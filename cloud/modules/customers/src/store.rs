//! The only SQL of the module.

pub(crate) mod book;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) mod applications;
pub(crate) mod holds;
pub(crate) mod invitations;
pub(crate) mod mandates;
pub(crate) mod merge;
pub(crate) mod persons;
pub(crate) mod posts;
pub(crate) mod records;
pub(crate) mod register;

use cloud_contracts::CustomerKind;
use cloud_kernel::TenantTx;
use customers_domain::Facts;
use jiff_sqlx::ToSqlx as _;
use protocols_ids::{CustomerId, PersonId, Uuid};

use crate::sign_in::Begun;

/// An association, company or unit, as an import describes it. What a file does not say stays as it is: people maintain
/// the register on its pages too.
#[derive(Clone, Debug)]
pub(crate) struct NewCustomer<'a> {
    pub(crate) kind: CustomerKind,
    pub(crate) slug: &'a str,
    pub(crate) price_group: Option<&'a str>,
    pub(crate) facts: &'a Facts,
    pub(crate) says: &'a [customers_domain::Field],
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

pub(crate) fn kind_named(name: &str) -> Result<CustomerKind, sqlx::Error> {
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
        "INSERT INTO customers.mandate (tenant_id, person_id, customer_id, role, valid_from, valid_to, label)
         SELECT $1, $2, m.customer_id, m.role, m.valid_from, m.valid_to, m.label FROM customers.mandate m
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
            AND (EXISTS (SELECT FROM customers.identity other
                          WHERE other.tenant_id = identity.tenant_id
                            AND other.personal_number_hash = identity.personal_number_hash AND other.protected)
                 OR EXISTS (SELECT FROM customers.known_person known
                             WHERE known.tenant_id = identity.tenant_id
                               AND known.personal_number_hash = identity.personal_number_hash AND known.protected))",
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
           RETURNING tenant_id, customer_id, role, valid_from, valid_to, label)
         INSERT INTO customers.mandate (tenant_id, person_id, customer_id, role, valid_from, valid_to, label)
         SELECT tenant_id, $1, customer_id, role, valid_from, valid_to, label FROM awaited ON CONFLICT DO NOTHING",
        person.uuid(),
        number_hash
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The person's own customer, called what the person is called now: the one that they have, the one that the register
/// knows by their number, or a new one.
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
    let (tenant, new) = (tx.tenant().uuid(), tx.new_id::<CustomerId>());
    let known = sqlx::query_scalar!(
        "UPDATE customers.customer c SET name = $2 FROM customers.known_person known, customers.identity i
          WHERE known.tenant_id = c.tenant_id AND known.customer_id = c.id AND i.tenant_id = c.tenant_id
            AND i.personal_number_hash = known.personal_number_hash AND i.person_id = $1
         RETURNING c.id",
        person.uuid(),
        name
    )
    .fetch_optional(tx.conn())
    .await?;
    let id = known.map_or(new, CustomerId::new);
    if known.is_none() {
        sqlx::query!(
            "INSERT INTO customers.customer (tenant_id, id, kind, name) VALUES ($1, $2, 'person', $3)",
            tenant,
            id.uuid(),
            name
        )
        .execute(tx.conn())
        .await?;
    }
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

/// Writes an association, company or unit, found by its short name.
pub(crate) async fn write_customer(
    tx: &mut TenantTx,
    new: &NewCustomer<'_>,
) -> Result<(CustomerId, Written), sqlx::Error> {
    use customers_domain::Field;
    let said = |field: Field| new.says.contains(&field).then(|| new.facts.get(field));
    let number = new.facts.organisation_number();
    let (tenant, id) = (tx.tenant().uuid(), tx.new_id::<CustomerId>());
    let row = sqlx::query!(
        r#"INSERT INTO customers.customer AS known
             (tenant_id, id, kind, slug, name, price_group, email, organisation_number, address, town, telephone, web,
              sports, age_groups)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, coalesce($9, ''), coalesce($10, ''), coalesce($11, ''),
                   coalesce($12, ''), coalesce($13, ''), coalesce($14, ''))
           ON CONFLICT (tenant_id, slug) DO UPDATE
             SET kind = excluded.kind, name = excluded.name, price_group = excluded.price_group,
                 email = coalesce($7, known.email), organisation_number = coalesce($8, known.organisation_number),
                 address = coalesce($9, known.address), town = coalesce($10, known.town),
                 telephone = coalesce($11, known.telephone), web = coalesce($12, known.web),
                 sports = coalesce($13, known.sports), age_groups = coalesce($14, known.age_groups),
                 revision = known.revision + 1
           WHERE (known.kind, known.name, known.price_group, known.email, known.organisation_number, known.address,
                  known.town, known.telephone, known.web, known.sports, known.age_groups)
                 IS DISTINCT FROM
                 (excluded.kind, excluded.name, excluded.price_group, coalesce($7, known.email),
                  coalesce($8, known.organisation_number), coalesce($9, known.address), coalesce($10, known.town),
                  coalesce($11, known.telephone), coalesce($12, known.web), coalesce($13, known.sports),
                  coalesce($14, known.age_groups))
           RETURNING id, (id = $2) AS "created!""#,
        tenant,
        id.uuid(),
        kind_name(new.kind),
        new.slug,
        new.facts.name,
        new.price_group,
        said(Field::Email),
        number.as_ref().map(customers_domain::OrganisationNumber::digits),
        said(Field::Address),
        said(Field::Town),
        said(Field::Telephone),
        said(Field::Web),
        said(Field::Sports),
        said(Field::Ages)
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

/// Those of these persons who have a protected identity.
pub(crate) async fn protected_among(
    tx: &mut TenantTx,
    persons: &[PersonId],
) -> Result<BTreeSet<PersonId>, sqlx::Error> {
    let ids: Vec<Uuid> = persons.iter().map(|person| person.uuid()).collect();
    let rows = sqlx::query_scalar!(
        "SELECT person_id FROM customers.identity WHERE person_id = any($1) AND protected",
        &ids
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(PersonId::new).collect())
}
