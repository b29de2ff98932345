//! What is kept of bookings and enquiries, for those who may see all of it, and its end.

use cloud_contracts::{RecordsWanted, RecordsWhich};
use cloud_kernel::TenantTx;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use protocols_ids::{PersonId, ResourceId};
use uuid::Uuid;

/// Which cases are read.
#[derive(Clone, Copy, Debug)]
pub enum Cases<'a> {
    /// Those of a person, the oldest first.
    Of(PersonId),
    /// Those that somebody looks for, the newest first.
    Wanted(&'a RecordsWanted),
}

/// Cases of one person at most: more than anybody books in the years that a plan keeps them.
const OF_PERSON_MAX: i64 = 10_000;

/// How cases are chosen, as a statement wants it; what does not choose is null.
struct Chosen {
    person: Option<Uuid>,
    authorities: Option<Vec<Uuid>>,
    ids: Option<Vec<Uuid>>,
    number: Option<i64>,
    words: Option<String>,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    most: i64,
}

impl Chosen {
    fn by(cases: Cases<'_>) -> Self {
        let mut chosen = Self {
            person: None,
            authorities: None,
            ids: None,
            number: None,
            words: None,
            from: None,
            until: None,
            most: OF_PERSON_MAX,
        };
        let wanted = match cases {
            Cases::Of(person) => {
                chosen.person = Some(person.uuid());
                return chosen;
            }
            Cases::Wanted(wanted) => wanted,
        };
        chosen.most = wanted.most.into();
        chosen.authorities = Some(wanted.authorities.iter().map(|authority| authority.uuid()).collect());
        match &wanted.which {
            RecordsWhich::These(ids) => chosen.ids = Some(ids.clone()),
            RecordsWhich::About { words, from, until } => {
                (chosen.from, chosen.until) = (Some(*from), Some(*until));
                chosen.number = words.parse().ok();
                if chosen.number.is_none() && !words.is_empty() {
                    // Sought as they are typed: what LIKE reads as signs of its own is not.
                    let escaped = words.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
                    chosen.words = Some(format!("%{escaped}%"));
                }
            }
        }
        chosen
    }
}

/// A booking, with those who have to do with it.
#[derive(Debug)]
pub struct Kept {
    pub id: Uuid,
    pub number: i64,
    pub customer_name: String,
    pub protected: bool,
    pub booker: String,
    pub purpose: String,
    pub purpose_kind: String,
    pub persons: Option<i32>,
    pub status: String,
    pub created_at: Timestamp,
    pub decided_at: Option<Timestamp>,
    pub decided_by: Option<String>,
    pub delegation: Option<String>,
    pub decision_reason: Option<String>,
    pub contact_message: Option<String>,
    pub price_ore: Option<i64>,
}

/// Bookings that are not destroyed; none that are only held.
pub async fn bookings(tx: &mut TenantTx, cases: Cases<'_>) -> Result<Vec<Kept>, sqlx::Error> {
    let chosen = Chosen::by(cases);
    let rows = sqlx::query!(
        r#"SELECT booking.id, booking.number,
                  CASE WHEN hidden.customer_id IS NULL THEN booking.customer_name ELSE 'Skyddad' END AS "customer_name!",
                  hidden.customer_id IS NOT NULL OR booker.name = 'Skyddad' AS "protected!",
                  coalesce(booker.name, '') AS "booker!", booking.purpose, booking.purpose_kind, booking.persons,
                  booking.status, booking.created_at, booking.decided_at, decider.name AS "decided_by?",
                  said.reference AS "delegation?", booking.decision_reason, booking.contact_message, booking.price_ore
             FROM booking.booking booking
             LEFT JOIN booking.delegation said
               ON said.tenant_id = booking.tenant_id AND said.id = booking.delegation_id
             LEFT JOIN pub.protected_customer_v1 hidden
               ON hidden.tenant_id = booking.tenant_id AND hidden.customer_id = booking.customer_id
             LEFT JOIN pub.person_v1 booker ON booker.tenant_id = booking.tenant_id AND booker.id = booking.booker_id
             LEFT JOIN pub.person_v1 decider ON decider.tenant_id = booking.tenant_id AND decider.id = booking.decided_by
            WHERE booking.destroyed_at IS NULL AND booking.status <> 'held'
              AND ($1::uuid IS NULL OR booking.booker_id = $1)
              AND ($2::uuid[] IS NULL OR booking.authority_id = any($2))
              AND ($3::uuid[] IS NULL OR booking.id = any($3))
              AND ($4::bigint IS NULL OR booking.number = $4)
              AND ($5::text IS NULL OR (hidden.customer_id IS NULL AND booker.name IS DISTINCT FROM 'Skyddad'
                   AND (booking.customer_name ILIKE $5 OR booker.name ILIKE $5 OR booking.purpose ILIKE $5)))
              AND ($6::timestamptz IS NULL OR EXISTS (
                   SELECT FROM booking.occurrence time
                    WHERE time.tenant_id = booking.tenant_id AND time.booking_id = booking.id
                      AND time.ends_at > $6 AND time.starts_at < $7))
            ORDER BY CASE WHEN $1::uuid IS NULL THEN -booking.number ELSE booking.number END
            LIMIT $8"#,
        chosen.person,
        chosen.authorities.as_deref(),
        chosen.ids.as_deref(),
        chosen.number,
        chosen.words,
        chosen.from.map(Timestamp::to_sqlx) as _,
        chosen.until.map(Timestamp::to_sqlx) as _,
        chosen.most
    )
    .fetch_all(tx.conn())
    .await?;
    let kept = rows.into_iter().map(|row| Kept {
        id: row.id,
        number: row.number,
        customer_name: row.customer_name,
        protected: row.protected,
        booker: row.booker,
        purpose: row.purpose,
        purpose_kind: row.purpose_kind,
        persons: row.persons,
        status: row.status,
        created_at: row.created_at.to_jiff(),
        decided_at: row.decided_at.map(jiff_sqlx::Timestamp::to_jiff),
        decided_by: row.decided_by,
        delegation: row.delegation,
        decision_reason: row.decision_reason,
        contact_message: row.contact_message,
        price_ore: row.price_ore,
    });
    Ok(kept.collect())
}

/// A time of a booking.
#[derive(Clone, Copy, Debug)]
pub struct KeptTime {
    pub booking: Uuid,
    pub resource: ResourceId,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
}

/// The times of these bookings, those that were given up included, in order.
pub async fn times(tx: &mut TenantTx, bookings: &[Uuid]) -> Result<Vec<KeptTime>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT booking_id, resource_id, starts_at, ends_at FROM booking.occurrence
          WHERE booking_id = any($1) ORDER BY booking_id, starts_at, id",
        bookings
    )
    .fetch_all(tx.conn())
    .await?;
    let times = rows.into_iter().map(|row| KeptTime {
        booking: row.booking_id,
        resource: row.resource_id.into(),
        starts_at: row.starts_at.to_jiff(),
        ends_at: row.ends_at.to_jiff(),
    });
    Ok(times.collect())
}

/// What is written beside a case.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Beside {
    /// Among staff.
    Note,
    /// Between staff and whoever booked or asked.
    Letter,
    /// Somebody who was let in: the author is their name, the words are their address.
    Guest,
}

/// Something that is written beside a case.
#[derive(Debug)]
pub struct KeptText {
    pub case: Uuid,
    pub beside: Beside,
    pub author: String,
    pub words: String,
}

/// What is written beside these bookings and enquiries, the oldest first.
pub async fn texts(tx: &mut TenantTx, cases: &[Uuid]) -> Result<Vec<KeptText>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT one.case_id AS "case_id!", one.beside AS "beside!", one.author AS "author!", one.words AS "words!"
             FROM (SELECT note.booking_id AS case_id, 'note' AS beside, author.name AS author, note.text AS words,
                          note.written_at AS at
                     FROM booking.note note
                     JOIN pub.person_v1 author ON author.tenant_id = note.tenant_id AND author.id = note.author_id
                    WHERE note.booking_id = any($1)
                    UNION ALL
                   SELECT letter.booking_id, 'letter', author.name, letter.text, letter.written_at
                     FROM booking.thread_text letter
                     JOIN pub.person_v1 author ON author.tenant_id = letter.tenant_id AND author.id = letter.author_id
                    WHERE letter.booking_id = any($1)
                    UNION ALL
                   SELECT letter.enquiry_id, 'letter', author.name, letter.text, letter.written_at
                     FROM booking.enquiry_message letter
                     JOIN pub.person_v1 author ON author.tenant_id = letter.tenant_id AND author.id = letter.author_id
                    WHERE letter.enquiry_id = any($1)
                    UNION ALL
                   SELECT guest.booking_id, 'guest', guest.name, coalesce(guest.email, ''), guest.let_in_at
                     FROM booking.guest guest WHERE guest.booking_id = any($1)) one
            ORDER BY one.case_id, one.at"#,
        cases
    )
    .fetch_all(tx.conn())
    .await?;
    let texts = rows.into_iter().map(|row| KeptText {
        case: row.case_id,
        beside: match row.beside.as_str() {
            "note" => Beside::Note,
            "guest" => Beside::Guest,
            _ => Beside::Letter,
        },
        author: row.author,
        words: row.words,
    });
    Ok(texts.collect())
}

/// An enquiry, with those who have to do with it.
#[derive(Debug)]
pub struct KeptEnquiry {
    pub id: Uuid,
    pub number: i64,
    pub customer_name: String,
    pub protected: bool,
    pub asker: String,
    pub resource: ResourceId,
    pub wished: String,
    pub purpose: String,
    pub asked_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub ended_by: Option<String>,
    pub end_reason: Option<String>,
}

/// Enquiries.
pub async fn enquiries(tx: &mut TenantTx, cases: Cases<'_>) -> Result<Vec<KeptEnquiry>, sqlx::Error> {
    let chosen = Chosen::by(cases);
    let rows = sqlx::query!(
        r#"SELECT enquiry.id, enquiry.number,
                  CASE WHEN hidden.customer_id IS NULL THEN enquiry.customer_name ELSE 'Skyddad' END AS "customer_name!",
                  hidden.customer_id IS NOT NULL OR asker.name = 'Skyddad' AS "protected!",
                  asker.name AS "asker!", enquiry.resource_id, enquiry.wished, enquiry.purpose, enquiry.asked_at,
                  enquiry.ended_at, ender.name AS "ended_by?", enquiry.end_reason
             FROM booking.enquiry enquiry
             JOIN pub.person_v1 asker ON asker.tenant_id = enquiry.tenant_id AND asker.id = enquiry.asker_id
             LEFT JOIN pub.protected_customer_v1 hidden
               ON hidden.tenant_id = enquiry.tenant_id AND hidden.customer_id = enquiry.customer_id
             LEFT JOIN pub.person_v1 ender ON ender.tenant_id = enquiry.tenant_id AND ender.id = enquiry.ended_by
            WHERE ($1::uuid IS NULL OR enquiry.asker_id = $1)
              AND ($2::uuid[] IS NULL OR enquiry.authority_id = any($2))
              AND ($3::uuid[] IS NULL OR enquiry.id = any($3))
              AND ($4::bigint IS NULL OR enquiry.number = $4)
              AND ($5::text IS NULL OR (hidden.customer_id IS NULL AND asker.name <> 'Skyddad'
                   AND (enquiry.customer_name ILIKE $5 OR asker.name ILIKE $5 OR enquiry.purpose ILIKE $5)))
              AND ($6::timestamptz IS NULL
                   OR (coalesce(enquiry.ended_at, 'infinity') > $6 AND enquiry.asked_at < $7))
            ORDER BY CASE WHEN $1::uuid IS NULL THEN -enquiry.number ELSE enquiry.number END
            LIMIT $8"#,
        chosen.person,
        chosen.authorities.as_deref(),
        chosen.ids.as_deref(),
        chosen.number,
        chosen.words,
        chosen.from.map(Timestamp::to_sqlx) as _,
        chosen.until.map(Timestamp::to_sqlx) as _,
        chosen.most
    )
    .fetch_all(tx.conn())
    .await?;
    let kept = rows.into_iter().map(|row| KeptEnquiry {
        id: row.id,
        number: row.number,
        customer_name: row.customer_name,
        protected: row.protected,
        asker: row.asker,
        resource: row.resource_id.into(),
        wished: row.wished,
        purpose: row.purpose,
        asked_at: row.asked_at.to_jiff(),
        ended_at: row.ended_at.map(jiff_sqlx::Timestamp::to_jiff),
        ended_by: row.ended_by,
        end_reason: row.end_reason,
    });
    Ok(kept.collect())
}

/// Destroys who had to do with bookings whose last time was over before a moment, and what was written: what is left are
/// times, prices and numbers of people. Returns how many bookings.
pub async fn destroy_bookings(
    tx: &mut TenantTx,
    of: Option<PersonId>,
    over_before: Timestamp,
    most: u32,
) -> Result<u64, sqlx::Error> {
    let (now, before) = (tx.now().to_sqlx(), over_before.to_sqlx());
    let ids = sqlx::query_scalar!(
        "SELECT booking.id FROM booking.booking booking
          WHERE booking.destroyed_at IS NULL AND booking.status IN ('confirmed', 'cancelled', 'refused')
            AND booking.created_at < $2 AND ($1::uuid IS NULL OR booking.booker_id = $1)
            AND NOT EXISTS (SELECT FROM booking.occurrence time
                             WHERE time.tenant_id = booking.tenant_id AND time.booking_id = booking.id
                               AND time.ends_at >= $2)
          ORDER BY booking.created_at LIMIT $3 FOR UPDATE",
        of.map(PersonId::uuid),
        before as _,
        i64::from(most)
    )
    .fetch_all(tx.conn())
    .await?;
    if ids.is_empty() {
        return Ok(0);
    }
    sqlx::query!(
        "WITH guests AS (
           DELETE FROM booking.guest_time time USING booking.guest guest
            WHERE guest.booking_id = any($1) AND time.tenant_id = guest.tenant_id AND time.guest_id = guest.id
         ), notes AS (DELETE FROM booking.note WHERE booking_id = any($1)
         ), letters AS (DELETE FROM booking.thread_text WHERE booking_id = any($1))
         DELETE FROM booking.contact_choice WHERE booking_id = any($1)",
        &ids
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!("DELETE FROM booking.guest WHERE booking_id = any($1)", &ids).execute(tx.conn()).await?;
    let done = sqlx::query!(
        "UPDATE booking.booking
            SET destroyed_at = $2, customer_id = $3, booker_id = $3, customer_name = '', purpose = '',
                contact_message = NULL, approval_reasons = '{}', particulars = '{}',
                decision_reason = CASE WHEN status = 'refused' THEN '' END
          WHERE id = any($1)",
        &ids,
        now,
        Uuid::nil()
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}

/// Destroys enquiries that were ended before a moment, with what was written about them. Returns how many.
pub async fn destroy_enquiries(
    tx: &mut TenantTx,
    of: Option<PersonId>,
    over_before: Timestamp,
    most: u32,
) -> Result<u64, sqlx::Error> {
    let ids = sqlx::query_scalar!(
        "SELECT id FROM booking.enquiry
          WHERE ended_at < $2 AND ($1::uuid IS NULL OR asker_id = $1) ORDER BY ended_at LIMIT $3 FOR UPDATE",
        of.map(PersonId::uuid),
        over_before.to_sqlx() as _,
        i64::from(most)
    )
    .fetch_all(tx.conn())
    .await?;
    sqlx::query!("DELETE FROM booking.enquiry_message WHERE enquiry_id = any($1)", &ids)
        .execute(tx.conn())
        .await?;
    let gone =
        sqlx::query!("DELETE FROM booking.enquiry WHERE id = any($1)", &ids).execute(tx.conn()).await?;
    Ok(gone.rows_affected())
}
