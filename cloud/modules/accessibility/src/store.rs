//! The only SQL of the module.

use accessibility_domain::{Compliance, Method, Report, Statement};
use cloud_kernel::TenantTx;
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx as _;
use protocols_ids::{PersonId, Uuid};

/// Statements and reports that are listed at once, at most.
const LISTED_MAX: i64 = 200;
/// For how long reports that were answered are kept: until the next year's assessment has used them.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 400);

/// A statement as it was saved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Saved {
    pub(crate) version: i32,
    pub(crate) statement: Statement,
    pub(crate) at: Timestamp,
}

/// The statement that holds.
pub(crate) async fn current(tx: &mut TenantTx) -> Result<Option<Saved>, sqlx::Error> {
    let row = sqlx::query!(
        "SELECT version, compliance, method, assessed_on, flaws_sv, flaws_en, burden_sv,
                burden_en, exempt_sv, exempt_en, email, telephone, address, saved_at
           FROM accessibility.statement ORDER BY version DESC LIMIT 1"
    )
    .fetch_optional(tx.conn())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let odd = || sqlx::Error::Decode("a statement of no kind that is known".into());
    Ok(Some(Saved {
        version: row.version,
        statement: Statement {
            compliance: Compliance::parse(&row.compliance).ok_or_else(odd)?,
            method: Method::parse(&row.method).ok_or_else(odd)?,
            assessed_on: row.assessed_on.to_jiff(),
            flaws: [row.flaws_sv, row.flaws_en],
            burden: [row.burden_sv, row.burden_en],
            exempt: [row.exempt_sv, row.exempt_en],
            email: row.email,
            telephone: row.telephone,
            address: row.address,
        },
        at: row.saved_at.to_jiff(),
    }))
}

/// When each was saved, and how well it said that the law is followed; the newest first.
pub(crate) async fn history(tx: &mut TenantTx) -> Result<Vec<(i32, Timestamp, Compliance)>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT version, saved_at, compliance FROM accessibility.statement ORDER BY version DESC LIMIT $1",
        LISTED_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    let saved = rows
        .into_iter()
        .filter_map(|row| Some((row.version, row.saved_at.to_jiff(), Compliance::parse(&row.compliance)?)));
    Ok(saved.collect())
}

/// Saves another one after the one that was read; false where somebody else has saved meanwhile.
pub(crate) async fn save(
    tx: &mut TenantTx,
    statement: &Statement,
    version: i32,
    by: PersonId,
) -> Result<bool, sqlx::Error> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now().to_sqlx());
    let [flaws_sv, flaws_en] = &statement.flaws;
    let [burden_sv, burden_en] = &statement.burden;
    let [exempt_sv, exempt_en] = &statement.exempt;
    let done = sqlx::query!(
        "INSERT INTO accessibility.statement
           (tenant_id, version, compliance, method, assessed_on, flaws_sv, flaws_en, burden_sv, burden_en, exempt_sv,
            exempt_en, email, telephone, address, saved_at, saved_by)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16
          WHERE (SELECT coalesce(max(version), 0) FROM accessibility.statement) = $2 - 1 ON CONFLICT DO NOTHING",
        tenant,
        version,
        statement.compliance.as_str(),
        statement.method.as_str(),
        statement.assessed_on.to_sqlx() as _,
        flaws_sv,
        flaws_en,
        burden_sv,
        burden_en,
        exempt_sv,
        exempt_en,
        statement.email,
        statement.telephone,
        statement.address,
        now,
        by.uuid()
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// An answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Answer {
    pub(crate) text: String,
    pub(crate) at: Timestamp,
    /// Whether the letter went; `None` where it waits, or nobody is written to.
    pub(crate) sent: Option<bool>,
}

/// A report as it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Kept {
    pub(crate) id: Uuid,
    pub(crate) report: Report,
    pub(crate) language: String,
    pub(crate) made_at: Timestamp,
    pub(crate) answer: Option<Answer>,
}

struct Row {
    id: Uuid,
    place: String,
    problem: String,
    aids: String,
    email: Option<String>,
    language: String,
    made_at: jiff_sqlx::Timestamp,
    answer: Option<String>,
    answered_at: Option<jiff_sqlx::Timestamp>,
    letter: Option<String>,
}

impl Row {
    fn kept(self) -> Kept {
        let sent = match self.letter.as_deref() {
            Some("sent") => Some(true),
            Some("not_sent") => Some(false),
            Some(_) | None => None,
        };
        let answer = self.answer.zip(self.answered_at);
        Kept {
            id: self.id,
            report: Report { place: self.place, problem: self.problem, aids: self.aids, email: self.email },
            language: self.language,
            made_at: self.made_at.to_jiff(),
            answer: answer.map(|(text, at)| Answer { text, at: at.to_jiff(), sent }),
        }
    }
}

/// Writes a report, unless there were so many since a moment already; whether it was written. Those that were answered
/// long ago go.
pub(crate) async fn report(
    tx: &mut TenantTx,
    id: Uuid,
    report: &Report,
    language: &str,
    (since, most): (Timestamp, i64),
) -> Result<bool, sqlx::Error> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now());
    let lock = format!("accessibility {tenant}");
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended($1, 47))", lock).execute(tx.conn()).await?;
    let old = now.saturating_sub(KEPT).unwrap_or(now).to_sqlx();
    sqlx::query!("DELETE FROM accessibility.report WHERE answered_at < $1", old).execute(tx.conn()).await?;
    let done = sqlx::query!(
        "INSERT INTO accessibility.report (tenant_id, id, place, problem, aids, email, language, made_at)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8
          WHERE (SELECT count(*) FROM accessibility.report WHERE made_at > $9) < $10",
        tenant,
        id,
        report.place,
        report.problem,
        report.aids,
        report.email,
        language,
        now.to_sqlx(),
        since.to_sqlx() as _,
        most
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Those that wait for an answer, the oldest first, and then the others, the newest first.
pub(crate) async fn reports(tx: &mut TenantTx) -> Result<Vec<Kept>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT id, place, problem, aids, email, language, made_at, answer, answered_at, letter
           FROM accessibility.report
          ORDER BY answered_at DESC NULLS FIRST, made_at, id LIMIT $1",
        LISTED_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Row::kept).collect())
}

/// One of them.
pub(crate) async fn find(tx: &mut TenantTx, id: Uuid) -> Result<Option<Kept>, sqlx::Error> {
    let row = sqlx::query_as!(
        Row,
        "SELECT id, place, problem, aids, email, language, made_at, answer, answered_at, letter
           FROM accessibility.report WHERE id = $1",
        id
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(Row::kept))
}

/// Writes an answer; false where there is one already.
pub(crate) async fn answer(
    tx: &mut TenantTx,
    id: Uuid,
    text: &str,
    by: PersonId,
) -> Result<bool, sqlx::Error> {
    let now = tx.now().to_sqlx();
    let done = sqlx::query!(
        "UPDATE accessibility.report SET answer = $2, answered_at = $3, answered_by = $4,
                letter = CASE WHEN email IS NULL THEN NULL ELSE 'queued' END
          WHERE id = $1 AND answer IS NULL",
        id,
        text,
        now,
        by.uuid()
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Writes what became of the letter.
pub(crate) async fn letter_ended(tx: &mut TenantTx, id: Uuid, sent: bool) -> Result<(), sqlx::Error> {
    let letter = if sent { "sent" } else { "not_sent" };
    sqlx::query!(
        "UPDATE accessibility.report SET letter = $2 WHERE id = $1 AND letter IS NOT NULL",
        id,
        letter
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
