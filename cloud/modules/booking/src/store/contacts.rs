//! Those who must know of bookings, where they are told by themselves, and what an officer chose for one booking.

use std::collections::{BTreeMap, BTreeSet};

use booking_domain::{ContactDuty, ContactPlace, ContactRole, Email, PersonName, PurposeKind};
use cloud_kernel::TenantTx;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use protocols_ids::{AuthorityId, BookingId, ContactId, FacilityId, ResourceId};
use uuid::Uuid;

/// Letters to those who must know of one booking that are shown at most, newest first.
const TOLD_MAX: i64 = 500;

/// Somebody who must know, as stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contact {
    /// Which.
    pub id: ContactId,
    /// What they do.
    pub role: ContactRole,
    /// What they are called.
    pub name: String,
    /// Where they are written to.
    pub email: String,
    /// In which language.
    pub language: String,
    /// Of what they are told by themselves.
    pub duty: ContactDuty,
}

/// Somebody who is to be written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewContact {
    /// What they do.
    pub role: ContactRole,
    /// What they are called.
    pub name: PersonName,
    /// Where they are written to.
    pub email: Email,
    /// In which language.
    pub language: String,
    /// Of what they are told by themselves.
    pub duty: ContactDuty,
}

impl NewContact {
    /// Whether this is what is stored.
    pub fn is(&self, stored: &Contact) -> bool {
        self.role == stored.role
            && self.name.as_str() == stored.name
            && self.email.as_str() == stored.email
            && self.language == stored.language
            && self.duty == stored.duty
    }
}

/// The contacts of these authorities, by role and name: two statements, however many there are.
pub async fn of_authorities(
    tx: &mut TenantTx,
    authorities: &[AuthorityId],
) -> Result<Vec<Contact>, sqlx::Error> {
    let ids: Vec<Uuid> = authorities.iter().map(|id| id.uuid()).collect();
    let rows = sqlx::query!(
        "SELECT id, authority_id, role, name, email, language, purpose_kinds FROM booking.contact
          WHERE authority_id = any($1) AND removed_at IS NULL ORDER BY name, id",
        &ids
    )
    .fetch_all(tx.conn())
    .await?;
    let contacts: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let places = sqlx::query!(
        "SELECT contact_id, kind, place_id FROM booking.contact_place WHERE contact_id = any($1)",
        &contacts
    )
    .fetch_all(tx.conn())
    .await?;
    let mut found: BTreeMap<Uuid, BTreeSet<ContactPlace>> = BTreeMap::new();
    for row in places {
        let place = match row.kind.as_str() {
            "facility" => ContactPlace::Facility(FacilityId::new(row.place_id)),
            _ => ContactPlace::Resource(ResourceId::new(row.place_id)),
        };
        found.entry(row.contact_id).or_default().insert(place);
    }
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        let role = ContactRole::parse(&row.role)
            .ok_or_else(|| sqlx::Error::Decode(format!("unknown role {:?}", row.role).into()))?;
        let purposes = row.purpose_kinds.iter().filter_map(|kind| PurposeKind::parse(kind));
        all.push(Contact {
            id: row.id.into(),
            role,
            name: row.name,
            email: row.email,
            language: row.language,
            duty: ContactDuty {
                authority: row.authority_id.into(),
                places: found.remove(&row.id).unwrap_or_default(),
                purposes: purposes.collect(),
            },
        });
    }
    all.sort_by_key(|contact| contact.role);
    Ok(all)
}

/// Writes a contact, in the place of what was there under this id.
pub async fn put(tx: &mut TenantTx, id: ContactId, new: &NewContact) -> Result<(), sqlx::Error> {
    let tenant = tx.tenant().uuid();
    let purposes: Vec<String> = new.duty.purposes.iter().map(|kind| kind.key().to_owned()).collect();
    sqlx::query!(
        "INSERT INTO booking.contact
           (tenant_id, id, authority_id, role, name, email, language, purpose_kinds)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (tenant_id, id) DO UPDATE
           SET authority_id = excluded.authority_id, role = excluded.role, name = excluded.name,
               email = excluded.email, language = excluded.language, purpose_kinds = excluded.purpose_kinds,
               removed_at = NULL",
        tenant,
        id.uuid(),
        new.duty.authority.uuid(),
        new.role.key(),
        new.name.as_str(),
        new.email.as_str(),
        new.language,
        &purposes
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!("DELETE FROM booking.contact_place WHERE contact_id = $1", id.uuid())
        .execute(tx.conn())
        .await?;
    let (kinds, places): (Vec<String>, Vec<Uuid>) = new
        .duty
        .places
        .iter()
        .map(|place| match place {
            ContactPlace::Facility(id) => ("facility".to_owned(), id.uuid()),
            ContactPlace::Resource(id) => ("resource".to_owned(), id.uuid()),
        })
        .unzip();
    sqlx::query!(
        "INSERT INTO booking.contact_place (tenant_id, contact_id, kind, place_id)
         SELECT $1, $2, * FROM unnest($3::text[], $4::uuid[])",
        tenant,
        id.uuid(),
        &kinds,
        &places
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Takes a contact away: told of nothing any more.
pub async fn remove(tx: &mut TenantTx, id: ContactId) -> Result<(), sqlx::Error> {
    let now = tx.now().to_sqlx();
    sqlx::query!("UPDATE booking.contact SET removed_at = $2 WHERE id = $1", id.uuid(), now)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// What an officer chose for a booking beside what follows from its place.
pub async fn choices(
    tx: &mut TenantTx,
    booking: BookingId,
) -> Result<BTreeMap<ContactId, bool>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT contact_id, told FROM booking.contact_choice WHERE booking_id = $1",
        booking.uuid()
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|row| (row.contact_id.into(), row.told)).collect())
}

/// Writes what an officer chose for a booking, and what is written to those who must know.
pub async fn choose(
    tx: &mut TenantTx,
    booking: BookingId,
    choices: &BTreeMap<ContactId, bool>,
    message: Option<&str>,
) -> Result<(), sqlx::Error> {
    let tenant = tx.tenant().uuid();
    let contacts: Vec<Uuid> = choices.keys().map(|id| id.uuid()).collect();
    let told: Vec<bool> = choices.values().copied().collect();
    sqlx::query!("DELETE FROM booking.contact_choice WHERE booking_id = $1", booking.uuid())
        .execute(tx.conn())
        .await?;
    sqlx::query!(
        "INSERT INTO booking.contact_choice (tenant_id, booking_id, contact_id, told)
         SELECT $1, $2, * FROM unnest($3::uuid[], $4::boolean[])",
        tenant,
        booking.uuid(),
        &contacts,
        &told
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!("UPDATE booking.booking SET contact_message = $2 WHERE id = $1", booking.uuid(), message)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// What an officer writes to those who must know of a booking.
pub async fn message(tx: &mut TenantTx, booking: BookingId) -> Result<Option<String>, sqlx::Error> {
    let found =
        sqlx::query_scalar!("SELECT contact_message FROM booking.booking WHERE id = $1", booking.uuid())
            .fetch_optional(tx.conn())
            .await?;
    Ok(found.flatten())
}

/// A letter to somebody who must know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    /// To whom.
    pub contact: ContactId,
    /// What it told, as the module of messages calls it.
    pub kind: String,
    /// `queued`, `sent`, `failed` or `not_sent`.
    pub status: String,
    /// When it was settled, or written where it is not.
    pub at: Timestamp,
}

/// What those who must know were told of a booking, newest first.
pub async fn told(tx: &mut TenantTx, booking: BookingId) -> Result<Vec<Told>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT contact_id AS "contact_id!", kind AS "kind!", status AS "status!",
                  coalesce(settled_at, created_at) AS "at!: jiff_sqlx::Timestamp"
             FROM pub.contact_told_v1 WHERE booking_id = $1 ORDER BY message_id DESC LIMIT $2"#,
        booking.uuid(),
        TOLD_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Told {
            contact: row.contact_id.into(),
            kind: row.kind,
            status: row.status,
            at: row.at.to_jiff(),
        })
        .collect())
}
