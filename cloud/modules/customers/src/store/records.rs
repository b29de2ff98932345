//! What is kept of people in the register, and its end.

use cloud_contracts::{RecordsWanted, RecordsWhich};
use cloud_kernel::TenantTx;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use protocols_ids::{PersonId, Uuid};

/// An application that is kept.
#[derive(Debug)]
pub(crate) struct KeptApplication {
    pub(crate) id: Uuid,
    pub(crate) kind: String,
    pub(crate) applicant: String,
    pub(crate) protected: bool,
    pub(crate) name: String,
    pub(crate) statement: String,
    pub(crate) step: String,
    pub(crate) reason: Option<String>,
    pub(crate) asked_at: Timestamp,
    pub(crate) decided_by: Option<String>,
    pub(crate) decided_at: Option<Timestamp>,
}

/// Applications of a person, or those that are wanted. A child's is named by nobody but its applicant.
pub(crate) async fn applications(
    tx: &mut TenantTx,
    of: Option<PersonId>,
    wanted: Option<&RecordsWanted>,
) -> Result<Vec<KeptApplication>, sqlx::Error> {
    let (mut ids, mut words, mut from, mut until) = (None, None, None, None);
    match wanted.map(|wanted| &wanted.which) {
        Some(RecordsWhich::These(these)) => ids = Some(these.as_slice()),
        Some(RecordsWhich::About { words: about, from: first, until: last }) => {
            (from, until) = (Some(first.to_sqlx()), Some(last.to_sqlx()));
            words = Some(about.to_lowercase()).filter(|about| !about.is_empty());
        }
        None => {}
    }
    let most = wanted.map_or(i64::MAX, |wanted| wanted.most.into());
    let rows = sqlx::query!(
        r#"SELECT asked.id, asked.kind, applicant.name AS "applicant!", asked.name, asked.statement, asked.step,
                  asked.reason, asked.asked_at, asked.decided_at, decider.name AS "decided_by?"
             FROM customers.application asked
             JOIN pub.person_v1 applicant ON applicant.tenant_id = asked.tenant_id AND applicant.id = asked.applicant_id
             LEFT JOIN pub.person_v1 decider ON decider.tenant_id = asked.tenant_id AND decider.id = asked.decided_by
            WHERE ($1::uuid IS NULL OR asked.applicant_id = $1)
              AND ($2::uuid[] IS NULL OR asked.id = any($2))
              AND ($3::text IS NULL OR strpos(lower(asked.name), $3) > 0
                   OR (applicant.name <> 'Skyddad' AND strpos(lower(applicant.name), $3) > 0))
              AND ($4::timestamptz IS NULL
                   OR (coalesce(asked.decided_at, 'infinity') > $4 AND asked.asked_at < $5))
            ORDER BY asked.id DESC LIMIT $6"#,
        of.map(PersonId::uuid),
        ids,
        words,
        from as _,
        until as _,
        most
    )
    .fetch_all(tx.conn())
    .await?;
    let kept = rows.into_iter().map(|row| KeptApplication {
        id: row.id,
        kind: row.kind,
        protected: row.applicant == "Skyddad",
        applicant: row.applicant,
        name: row.name,
        statement: row.statement,
        step: row.step,
        reason: row.reason,
        asked_at: row.asked_at.to_jiff(),
        decided_by: row.decided_by,
        decided_at: row.decided_at.map(jiff_sqlx::Timestamp::to_jiff),
    });
    Ok(kept.collect())
}

/// Destroys applications that were decided, or withdrawn, before a moment. Returns how many.
pub(crate) async fn destroy_applications(
    tx: &mut TenantTx,
    of: Option<PersonId>,
    before: Timestamp,
    most: u32,
) -> Result<u64, sqlx::Error> {
    let gone = sqlx::query!(
        "DELETE FROM customers.application gone USING (
           SELECT tenant_id, id FROM customers.application
            WHERE decided_at < $2 AND ($1::uuid IS NULL OR applicant_id = $1) ORDER BY id LIMIT $3) old
          WHERE gone.tenant_id = old.tenant_id AND gone.id = old.id",
        of.map(PersonId::uuid),
        before.to_sqlx() as _,
        i64::from(most)
    )
    .execute(tx.conn())
    .await?;
    Ok(gone.rows_affected())
}

/// An invitation that is kept.
#[derive(Debug)]
pub(crate) struct KeptInvitation {
    pub(crate) id: Uuid,
    pub(crate) customer: String,
    pub(crate) role: String,
    pub(crate) label: String,
    pub(crate) email: String,
    pub(crate) invited_at: Timestamp,
    pub(crate) over_at: Timestamp,
}

/// Invitations that a person sent or took.
pub(crate) async fn invitations(
    tx: &mut TenantTx,
    person: PersonId,
) -> Result<Vec<KeptInvitation>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT asked.id, customer.name, asked.role, asked.label, asked.email, asked.invited_at,
                  least(asked.ended_at, asked.expires_at) AS "over_at!"
             FROM customers.invitation asked
             JOIN customers.customer customer ON customer.tenant_id = asked.tenant_id AND customer.id = asked.customer_id
            WHERE asked.invited_by = $1 OR asked.taken_by = $1 ORDER BY asked.id"#,
        person.uuid()
    )
    .fetch_all(tx.conn())
    .await?;
    let kept = rows.into_iter().map(|row| KeptInvitation {
        id: row.id,
        customer: row.name,
        role: row.role,
        label: row.label,
        email: row.email,
        invited_at: row.invited_at.to_jiff(),
        over_at: row.over_at.to_jiff(),
    });
    Ok(kept.collect())
}

/// Destroys invitations that were taken, withdrawn or over before a moment. Returns how many.
pub(crate) async fn destroy_invitations(
    tx: &mut TenantTx,
    of: Option<PersonId>,
    before: Timestamp,
    most: u32,
) -> Result<u64, sqlx::Error> {
    let gone = sqlx::query!(
        "DELETE FROM customers.invitation gone USING (
           SELECT tenant_id, id FROM customers.invitation
            WHERE least(ended_at, expires_at) < $2 AND ($1::uuid IS NULL OR invited_by = $1 OR taken_by = $1)
            ORDER BY id LIMIT $3) old
          WHERE gone.tenant_id = old.tenant_id AND gone.id = old.id",
        of.map(PersonId::uuid),
        before.to_sqlx() as _,
        i64::from(most)
    )
    .execute(tx.conn())
    .await?;
    Ok(gone.rows_affected())
}

/// What a person may do for a customer.
#[derive(Debug)]
pub(crate) struct KeptRole {
    pub(crate) id: Uuid,
    pub(crate) customer: String,
    pub(crate) role: String,
    pub(crate) last_day: Option<jiff::civil::Date>,
}

/// What a person may do for others, whenever.
pub(crate) async fn roles(tx: &mut TenantTx, person: PersonId) -> Result<Vec<KeptRole>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT held.id, customer.name, held.role, held.valid_to AS "valid_to: jiff_sqlx::Date"
             FROM customers.mandate held
             JOIN customers.customer customer ON customer.tenant_id = held.tenant_id AND customer.id = held.customer_id
            WHERE held.person_id = $1 AND held.role <> 'self' ORDER BY held.id"#,
        person.uuid()
    )
    .fetch_all(tx.conn())
    .await?;
    let kept = rows.into_iter().map(|row| KeptRole {
        id: row.id,
        customer: row.name,
        role: row.role,
        last_day: row.valid_to.map(jiff_sqlx::Date::to_jiff),
    });
    Ok(kept.collect())
}

/// Who a person is on their own account.
#[derive(Debug)]
pub(crate) struct KeptPerson {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) email: Option<String>,
    pub(crate) telephone: String,
    pub(crate) address: String,
    pub(crate) town: String,
}

/// A person's own customer, where they have one.
pub(crate) async fn own(tx: &mut TenantTx, person: PersonId) -> Result<Option<KeptPerson>, sqlx::Error> {
    sqlx::query_as!(
        KeptPerson,
        "SELECT customer.id, customer.name, customer.email, customer.telephone, customer.address, customer.town
           FROM customers.mandate own
           JOIN customers.customer customer ON customer.tenant_id = own.tenant_id AND customer.id = own.customer_id
          WHERE own.person_id = $1 AND own.role = 'self' AND customer.ended_on IS NULL",
        person.uuid()
    )
    .fetch_optional(tx.conn())
    .await
}

/// Forgets who a person is: number, details and what they might do for others. What is left of their customer is a row
/// that tells of nobody, on which nothing can be booked.
pub(crate) async fn forget(tx: &mut TenantTx, person: PersonId) -> Result<bool, sqlx::Error> {
    let now = tx.now().to_sqlx();
    sqlx::query!(
        "UPDATE customers.customer own
            SET name = '', email = NULL, telephone = '', address = '', town = '', web = '', sports = '',
                age_groups = '', price_group = NULL, revision = own.revision + 1,
                ended_on = customers.today($2), end_reason = '–'
           FROM customers.mandate self
          WHERE self.person_id = $1 AND self.role = 'self'
            AND own.tenant_id = self.tenant_id AND own.id = self.customer_id",
        person.uuid(),
        now as _
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "DELETE FROM customers.known_person known USING customers.mandate self
          WHERE self.person_id = $1 AND self.role = 'self'
            AND known.tenant_id = self.tenant_id AND known.customer_id = self.customer_id",
        person.uuid()
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!("DELETE FROM customers.mandate WHERE person_id = $1", person.uuid())
        .execute(tx.conn())
        .await?;
    let gone = sqlx::query!("DELETE FROM customers.identity WHERE person_id = $1", person.uuid())
        .execute(tx.conn())
        .await?;
    Ok(gone.rows_affected() > 0)
}
