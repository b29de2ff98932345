//! By what right officers decide, and what they decided by it.

use cloud_kernel::TenantTx;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx as _;
use protocols_ids::{AuthorityId, BookingId, PersonId};
use uuid::Uuid;

/// Delegations of some authorities that are read at most: a delegation order has fewer points about premises.
const READ_MAX: i64 = 500;
/// Decisions in one report at most.
pub const REPORT_MAX: i64 = 2_000;

/// A delegation as it is stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delegation {
    /// Which.
    pub id: Uuid,
    /// Whose decisions.
    pub authority: AuthorityId,
    /// Where it is written.
    pub reference: String,
    /// What it lets somebody decide.
    pub matter: String,
    /// From when.
    pub first_day: Date,
    /// The last day, where it has ended or will.
    pub last_day: Option<Date>,
}

impl Delegation {
    /// Whether somebody may decide by it on a day.
    pub fn holds_on(&self, day: Date) -> bool {
        self.first_day <= day && self.last_day.is_none_or(|last| day <= last)
    }
}

/// The delegations of these authorities, those that were made last first.
pub async fn of_authorities(
    tx: &mut TenantTx,
    authorities: &[AuthorityId],
) -> Result<Vec<Delegation>, sqlx::Error> {
    let ids: Vec<Uuid> = authorities.iter().map(|id| id.uuid()).collect();
    let rows = sqlx::query!(
        r#"SELECT id, authority_id, reference, matter, first_day, last_day FROM booking.delegation
            WHERE authority_id = any($1) ORDER BY last_day IS NOT NULL, id DESC LIMIT $2"#,
        &ids,
        READ_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    let delegations = rows.into_iter().map(|row| Delegation {
        id: row.id,
        authority: row.authority_id.into(),
        reference: row.reference,
        matter: row.matter,
        first_day: row.first_day.to_jiff(),
        last_day: row.last_day.map(jiff_sqlx::Date::to_jiff),
    });
    Ok(delegations.collect())
}

/// Writes a new one.
pub async fn insert(tx: &mut TenantTx, new: &Delegation, by: PersonId) -> Result<(), sqlx::Error> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now().to_sqlx());
    sqlx::query!(
        "INSERT INTO booking.delegation
           (tenant_id, id, authority_id, reference, matter, first_day, last_day, written_by, written_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        tenant,
        new.id,
        new.authority.uuid(),
        new.reference,
        new.matter,
        Date::to_sqlx(new.first_day) as _,
        new.last_day.map(Date::to_sqlx) as _,
        by.uuid(),
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Lets it end with a day, or go on until further notice.
pub async fn end(tx: &mut TenantTx, id: Uuid, last_day: Option<Date>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE booking.delegation SET last_day = CASE WHEN $2::date IS NOT NULL THEN greatest($2::date, first_day) END
          WHERE id = $1",
        id,
        last_day.map(Date::to_sqlx) as _
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A decision about a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decided {
    /// About which.
    pub booking: BookingId,
    /// Its number.
    pub number: i64,
    /// On whose account.
    pub customer_name: String,
    /// Whether it was granted.
    pub granted: bool,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub officer: String,
    /// By which delegation, and what that is about.
    pub delegation: Option<(String, String)>,
    /// Why.
    pub reason: Option<String>,
}

/// What was decided about requests of these authorities in a span, or about one; the oldest first.
pub async fn decided(
    tx: &mut TenantTx,
    authorities: &[AuthorityId],
    within: Option<(Timestamp, Timestamp)>,
    one: Option<BookingId>,
) -> Result<Vec<Decided>, sqlx::Error> {
    let ids: Vec<Uuid> = authorities.iter().map(|id| id.uuid()).collect();
    let rows = sqlx::query!(
        r#"SELECT booking.id, booking.number, booking.customer_name, booking.status, booking.decided_at AS "decided_at!",
                  officer.name AS "officer!", said.reference AS "reference?", said.matter AS "matter?",
                  booking.decision_reason
             FROM booking.booking booking
             JOIN pub.person_v1 officer ON officer.tenant_id = booking.tenant_id AND officer.id = booking.decided_by
             LEFT JOIN booking.delegation said
               ON said.tenant_id = booking.tenant_id AND said.id = booking.delegation_id
            WHERE booking.authority_id = any($1) AND booking.decided_at IS NOT NULL AND booking.destroyed_at IS NULL
              AND ($2::timestamptz IS NULL OR (booking.decided_at >= $2 AND booking.decided_at < $3))
              AND ($4::uuid IS NULL OR booking.id = $4)
            ORDER BY booking.decided_at, booking.number LIMIT $5"#,
        &ids,
        within.map(|(from, _)| from.to_sqlx()) as _,
        within.map(|(_, until)| until.to_sqlx()) as _,
        one.map(BookingId::uuid),
        REPORT_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    let decided = rows.into_iter().map(|row| Decided {
        booking: row.id.into(),
        number: row.number,
        customer_name: row.customer_name,
        granted: row.status != "refused",
        at: row.decided_at.to_jiff(),
        officer: row.officer,
        delegation: row.reference.zip(row.matter),
        reason: row.decision_reason.filter(|reason| !reason.is_empty()),
    });
    Ok(decided.collect())
}
