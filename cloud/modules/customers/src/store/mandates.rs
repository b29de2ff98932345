//! Who may act for a customer: given, changed, taken back. One human being who signs in in several ways has one mandate
//! in several rows, which change together.

use cloud_kernel::TenantTx;
use customers_domain::{Hold, Mandate, Validity};
use jiff::civil::Date;
use jiff_sqlx::ToSqlx as _;
use protocols_ids::{CustomerId, PersonId, Uuid};

use super::Written;
use super::holds::{stored_days, stored_hold};

/// Rows of one customer's mandates at most that are read: each mandate in a few ways of signing in.
const ROWS_MAX: i64 = 1_000;

/// Somebody who may act for a customer, or will when they sign in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Acting {
    /// The mandate; of several rows of one human being the first.
    pub(crate) id: Uuid,
    pub(crate) hold: Hold,
    pub(crate) during: Validity,
    /// Who; nobody yet where it waits for somebody to sign in.
    pub(crate) people: Vec<PersonId>,
    /// What whoever gave it calls them; otherwise what they are called.
    pub(crate) name: String,
    /// Whether their identity is protected and nobody gave them a name to be called by.
    pub(crate) hidden: bool,
}

impl Acting {
    /// As rules see it; `None` for what nobody hands over.
    pub(crate) fn mandate(&self) -> Option<Mandate> {
        let Hold::Role(role) = self.hold else { return None };
        Some(Mandate { role, during: self.during, awaited: self.people.is_empty() })
    }
}

/// Takes the customer's mandates for this transaction alone, so that of two who take back one administrator each the
/// second sees what the first did.
pub(crate) async fn lock(tx: &mut TenantTx, customer: CustomerId) -> Result<(), sqlx::Error> {
    sqlx::query!("SELECT id FROM customers.customer WHERE id = $1 FOR UPDATE", customer.uuid())
        .fetch_optional(tx.conn())
        .await?;
    Ok(())
}

/// Everybody who may act for a customer, whenever, and everybody who waits.
pub(crate) async fn acting(tx: &mut TenantTx, customer: CustomerId) -> Result<Vec<Acting>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT m.id, m.role, m.valid_from, m.valid_to, m.label, m.person_id, person.name,
                  coalesce(i.protected, false) AS "protected!", i.personal_number_hash AS "hash?"
             FROM customers.mandate m
             JOIN pub.person_v1 person ON person.tenant_id = m.tenant_id AND person.id = m.person_id
             LEFT JOIN customers.identity i ON i.tenant_id = m.tenant_id AND i.person_id = m.person_id
            WHERE m.customer_id = $1 ORDER BY m.id LIMIT $2"#,
        customer.uuid(),
        ROWS_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    let mut all: Vec<(Option<Vec<u8>>, Acting)> = Vec::new();
    for row in rows {
        let hold = stored_hold(&row.role)?;
        let same = |(hash, known): &&mut (Option<Vec<u8>>, Acting)| {
            known.hold == hold && hash.is_some() && *hash == row.hash
        };
        if let Some((_, known)) = all.iter_mut().find(same) {
            known.people.push(row.person_id.into());
            continue;
        }
        let name = if row.label.is_empty() { row.name.unwrap_or_default() } else { row.label.clone() };
        all.push((
            row.hash,
            Acting {
                id: row.id,
                hold,
                during: stored_days(row.valid_from, row.valid_to)?,
                people: vec![row.person_id.into()],
                name,
                hidden: row.protected && row.label.is_empty(),
            },
        ));
    }
    let mut all: Vec<Acting> = all.into_iter().map(|(_, acting)| acting).collect();
    let waiting = sqlx::query!(
        "SELECT id, role, valid_from, valid_to, label FROM customers.awaited_mandate
          WHERE customer_id = $1 ORDER BY id LIMIT $2",
        customer.uuid(),
        ROWS_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    for row in waiting {
        all.push(Acting {
            id: row.id,
            hold: stored_hold(&row.role)?,
            during: stored_days(row.valid_from, row.valid_to)?,
            people: Vec::new(),
            name: row.label,
            hidden: false,
        });
    }
    Ok(all)
}

/// Everybody who is the same human being as a person: themselves, and their other ways of signing in.
pub(crate) async fn same_person(tx: &mut TenantTx, person: PersonId) -> Result<Vec<PersonId>, sqlx::Error> {
    let others = sqlx::query_scalar!(
        "SELECT other.person_id FROM customers.identity own
           JOIN customers.identity other
             ON other.tenant_id = own.tenant_id AND other.personal_number_hash = own.personal_number_hash
          WHERE own.person_id = $1",
        person.uuid()
    )
    .fetch_all(tx.conn())
    .await?;
    let mut all: Vec<PersonId> = others.into_iter().map(PersonId::new).collect();
    if !all.contains(&person) {
        all.push(person);
    }
    Ok(all)
}

/// What is given.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Given<'a> {
    pub(crate) customer: CustomerId,
    pub(crate) hold: Hold,
    pub(crate) during: Validity,
    pub(crate) label: &'a str,
}

/// Gives a mandate to people who are one human being. Whether anything was written: what they have already stays as it
/// is.
pub(crate) async fn give(
    tx: &mut TenantTx,
    people: &[PersonId],
    given: &Given<'_>,
) -> Result<bool, sqlx::Error> {
    let tenant = tx.tenant().uuid();
    let people: Vec<Uuid> = people.iter().map(|person| person.uuid()).collect();
    let done = sqlx::query!(
        "INSERT INTO customers.mandate (tenant_id, person_id, customer_id, role, valid_from, valid_to, label)
         SELECT $1, person, $3, $4, $5, $6, $7 FROM unnest($2::uuid[]) AS person ON CONFLICT DO NOTHING",
        tenant,
        &people,
        given.customer.uuid(),
        given.hold.key(),
        given.during.from().map(Date::to_sqlx) as _,
        given.during.to().map(Date::to_sqlx) as _,
        given.label
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Gives a mandate to whoever has the number: at once where they have signed in, otherwise when they do.
/// Whether anything was written.
pub(crate) async fn give_by_number(
    tx: &mut TenantTx,
    number_hash: &[u8],
    given: &Given<'_>,
) -> Result<bool, sqlx::Error> {
    let people = sqlx::query_scalar!(
        "SELECT person_id FROM customers.identity WHERE personal_number_hash = $1",
        number_hash
    )
    .fetch_all(tx.conn())
    .await?;
    if !people.is_empty() {
        let people: Vec<PersonId> = people.into_iter().map(PersonId::new).collect();
        return give(tx, &people, given).await;
    }
    let tenant = tx.tenant().uuid();
    let awaited = sqlx::query!(
        "INSERT INTO customers.awaited_mandate
           (tenant_id, personal_number_hash, customer_id, role, valid_from, valid_to, label)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        tenant,
        number_hash,
        given.customer.uuid(),
        given.hold.key(),
        given.during.from().map(Date::to_sqlx) as _,
        given.during.to().map(Date::to_sqlx) as _,
        given.label
    )
    .execute(tx.conn())
    .await?;
    Ok(awaited.rows_affected() > 0)
}

/// Gives a mandate to whoever has the number, as a file says it: one that is there already gets the file's days.
pub(crate) async fn give_or_change(
    tx: &mut TenantTx,
    number_hash: &[u8],
    given: &Given<'_>,
    says_days: bool,
) -> Result<Written, sqlx::Error> {
    if give_by_number(tx, number_hash, given).await? {
        return Ok(Written::Created);
    }
    if !says_days {
        return Ok(Written::Unchanged);
    }
    let (from, to) = (given.during.from().map(Date::to_sqlx), given.during.to().map(Date::to_sqlx));
    let held = sqlx::query!(
        "UPDATE customers.mandate SET valid_from = $4, valid_to = $5
          WHERE customer_id = $1 AND role = $2 AND (valid_from, valid_to) IS DISTINCT FROM ($4, $5)
            AND person_id IN (SELECT person_id FROM customers.identity WHERE personal_number_hash = $3)",
        given.customer.uuid(),
        given.hold.key(),
        number_hash,
        from as _,
        to as _
    )
    .execute(tx.conn())
    .await?;
    let awaited = sqlx::query!(
        "UPDATE customers.awaited_mandate SET valid_from = $4, valid_to = $5
          WHERE customer_id = $1 AND role = $2 AND personal_number_hash = $3
            AND (valid_from, valid_to) IS DISTINCT FROM ($4, $5)",
        given.customer.uuid(),
        given.hold.key(),
        number_hash,
        from as _,
        to as _
    )
    .execute(tx.conn())
    .await?;
    let changed = held.rows_affected() + awaited.rows_affected() > 0;
    Ok(if changed { Written::Updated } else { Written::Unchanged })
}

/// Lets what somebody has hold on other days.
pub(crate) async fn change_days(
    tx: &mut TenantTx,
    customer: CustomerId,
    acting: &Acting,
    during: Validity,
) -> Result<(), sqlx::Error> {
    let people: Vec<Uuid> = acting.people.iter().map(|person| person.uuid()).collect();
    let (from, to) = (during.from().map(Date::to_sqlx), during.to().map(Date::to_sqlx));
    sqlx::query!(
        "UPDATE customers.mandate SET valid_from = $4, valid_to = $5
          WHERE customer_id = $1 AND role = $2 AND person_id = any($3)",
        customer.uuid(),
        acting.hold.key(),
        &people,
        from as _,
        to as _
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "UPDATE customers.awaited_mandate SET valid_from = $3, valid_to = $4 WHERE customer_id = $1 AND id = $2",
        customer.uuid(),
        acting.id,
        from as _,
        to as _
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Takes back what somebody has, or what waits for them.
pub(crate) async fn take_back(
    tx: &mut TenantTx,
    customer: CustomerId,
    acting: &Acting,
) -> Result<(), sqlx::Error> {
    let people: Vec<Uuid> = acting.people.iter().map(|person| person.uuid()).collect();
    sqlx::query!(
        "DELETE FROM customers.mandate WHERE customer_id = $1 AND role = $2 AND person_id = any($3)",
        customer.uuid(),
        acting.hold.key(),
        &people
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "DELETE FROM customers.awaited_mandate WHERE customer_id = $1 AND id = $2",
        customer.uuid(),
        acting.id
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The mandates of a customer by its short name, those that wait included: whose number, and which role.
pub(crate) async fn by_slug(
    tx: &mut TenantTx,
    slug: &str,
) -> Result<Vec<(Option<Vec<u8>>, String)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT DISTINCT i.personal_number_hash AS hash, m.role AS "role!" FROM customers.customer c
             JOIN customers.mandate m ON m.tenant_id = c.tenant_id AND m.customer_id = c.id
             LEFT JOIN customers.identity i ON i.tenant_id = m.tenant_id AND i.person_id = m.person_id
            WHERE c.slug = $1
           UNION ALL
           SELECT a.personal_number_hash, a.role FROM customers.customer c
             JOIN customers.awaited_mandate a ON a.tenant_id = c.tenant_id AND a.customer_id = c.id
            WHERE c.slug = $1"#,
        slug
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.hash, row.role)).collect())
}
