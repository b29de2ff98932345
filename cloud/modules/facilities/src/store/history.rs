//! What was said of the register's things before and after each change.

use cloud_kernel::{Actor, TenantTx};
use facilities_domain::State;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use protocols_ids::FacilityId;
use sqlx::types::Json;
use uuid::Uuid;

/// Changes of a facility that are shown at most, newest first: years of them.
const HISTORY_MAX: i64 = 400;

/// Keeps everybody else from changing the register of this municipality until the transaction ends. Two who write at
/// once: one waits for the other here, and then reads what the other wrote. One lock for all of it, since a change is
/// done in milliseconds and a register changes some times a day.
pub(crate) async fn lock_register(tx: &mut TenantTx) -> Result<(), sqlx::Error> {
    let of = format!("register {}", tx.tenant().uuid());
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended($1, 42))", of).execute(tx.conn()).await?;
    Ok(())
}

/// A change to keep. One of the two states is there.
pub(crate) struct Written {
    pub(crate) facility: FacilityId,
    pub(crate) subject: Uuid,
    /// `None` is that it was not there.
    pub(crate) before: Option<State>,
    /// `None` is that it is taken away.
    pub(crate) after: Option<State>,
}

/// Keeps a change; answers its number in the history.
pub(crate) async fn keep(tx: &mut TenantTx, written: &Written, actor: Actor) -> Result<i64, sqlx::Error> {
    let about = written.after.as_ref().or(written.before.as_ref()).map_or("facility", State::about);
    let person = match actor {
        Actor::Person(person) => Some(person.uuid()),
        Actor::Service(_) => None,
    };
    let (tenant, now) = (tx.tenant().uuid(), tx.now().to_sqlx());
    sqlx::query_scalar!(
        "INSERT INTO facilities.version
           (tenant_id, facility_id, subject_id, about, before, after, written_at, written_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING written_no",
        tenant,
        written.facility.uuid(),
        written.subject,
        about,
        written.before.as_ref().map(Json) as _,
        written.after.as_ref().map(Json) as _,
        now as _,
        person
    )
    .fetch_one(tx.conn())
    .await
}

/// A change that was kept.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Version {
    /// Its number in the history.
    pub(crate) no: i64,
    pub(crate) subject: Uuid,
    pub(crate) at: Timestamp,
    /// By whom, by name; `None` is a file that was read in at the command line.
    pub(crate) author: Option<String>,
    /// `None` is that it was not there.
    pub(crate) before: Option<State>,
    /// `None` is that it was taken away.
    pub(crate) after: Option<State>,
}

/// Which changes of a facility.
#[derive(Clone, Copy, Default)]
pub(crate) struct Which<'a> {
    /// Of this thing alone.
    pub(crate) of: Option<(Uuid, &'a str)>,
    /// Later than this one.
    pub(crate) after: i64,
    /// This one alone.
    pub(crate) no: Option<i64>,
}

/// Changes of a facility and of what it has, newest first.
pub(crate) async fn versions(
    tx: &mut TenantTx,
    facility: FacilityId,
    which: Which<'_>,
) -> Result<Vec<Version>, sqlx::Error> {
    let (subject, about) = which.of.unzip();
    let rows = sqlx::query!(
        r#"SELECT version.written_no, version.subject_id, version.written_at, person.name AS "author?",
                  version.before AS "before: Json<State>", version.after AS "after: Json<State>"
             FROM facilities.version version
             LEFT JOIN pub.person_v1 person
               ON person.tenant_id = version.tenant_id AND person.id = version.written_by
            WHERE version.facility_id = $1 AND version.written_no > $2
              AND ($3::uuid IS NULL OR version.subject_id = $3) AND ($4::text IS NULL OR version.about = $4)
              AND ($5::bigint IS NULL OR version.written_no = $5)
            ORDER BY version.written_no DESC LIMIT $6"#,
        facility.uuid(),
        which.after,
        subject,
        about,
        which.no,
        HISTORY_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    let versions = rows.into_iter().map(|row| Version {
        no: row.written_no,
        subject: row.subject_id,
        at: row.written_at.to_jiff(),
        author: row.author,
        before: row.before.map(|Json(state)| state),
        after: row.after.map(|Json(state)| state),
    });
    Ok(versions.collect())
}

/// The number of the last change of a thing; 0 where none is kept.
pub(crate) async fn last_written(
    tx: &mut TenantTx,
    facility: FacilityId,
    (subject, about): (Uuid, &str),
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT coalesce(max(written_no), 0) AS "no!" FROM facilities.version
            WHERE facility_id = $1 AND subject_id = $2 AND about = $3"#,
        facility.uuid(),
        subject,
        about
    )
    .fetch_one(tx.conn())
    .await
}
