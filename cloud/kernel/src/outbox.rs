//! Events and jobs: written with the change that causes them, carried out after it.

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sqlx::PgConnection;

use crate::db::jiff_time;
use crate::telemetry::{Measures, SpanRef, figures};
use crate::{HandlerError, Kernel, TenantTx};

/// Something that happened, as other modules hear of it. Payloads carry ids, never secrets.
pub trait Event: Serialize + DeserializeOwned + Send + Sync {
    /// Its kind, `module.what_happened`.
    const KIND: &'static str;

    /// What it is about, for example `booking:<id>`: events of one stream reach a module in order.
    fn stream(&self) -> String;
}

/// An event on its way to one module.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub(crate) id: i64,
    pub(crate) module: String,
    kind: String,
    payload: Value,
    pub(crate) attempts: i32,
    pub(crate) created_at: Timestamp,
    pub(crate) due_at: Timestamp,
    pub(crate) parked: bool,
}

/// What a worker's transaction is delivering.
#[derive(Clone, Debug)]
pub struct Underway {
    /// The event's kind.
    pub kind: String,
    /// When the event was written.
    pub written_at: Timestamp,
    /// When the worker took it up.
    pub taken_at: Timestamp,
    /// The worker's own span.
    pub span: SpanRef,
}

impl Delivery {
    /// The event's kind.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The event, if it is of this kind; an error if its payload is not what the kind promises.
    pub fn read<E: Event>(&self) -> Option<Result<E, HandlerError>> {
        (self.kind == E::KIND).then(|| {
            serde_json::from_value(self.payload.clone())
                .map_err(|source| HandlerError::Payload { kind: self.kind.clone(), source })
        })
    }
}

/// Work that is due.
#[derive(Clone, Debug)]
pub struct Job {
    /// What to do.
    pub kind: String,
    /// To what.
    pub key: String,
    pub(crate) module: String,
    pub(crate) attempts: i32,
}

pub(crate) async fn emit<E: Event>(tx: &mut TenantTx, event: &E) -> Result<(), sqlx::Error> {
    let payload = serde_json::to_value(event).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let modules: Vec<String> = tx.kernel().registry().subscribers(E::KIND).map(str::to_owned).collect();
    let (tenant, now, stream) = (tx.tenant().uuid(), jiff_time(tx.now()), event.stream());
    // A module that the tenant does not use hears nothing. A stream belongs to one module, so that a module that fails holds up nobody else.
    sqlx::query!(
        "INSERT INTO kernel.outbox (tenant_id, stream, module, kind, payload, created_at, due_at)
         SELECT $1, module || '/' || $2, module, $3, $4, $5, $5 FROM unnest($6::text[]) AS module
          WHERE module = any (ARRAY(SELECT unnest(modules) FROM kernel.tenant))",
        tenant,
        stream,
        E::KIND,
        payload,
        now,
        &modules
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub(crate) async fn enqueue(
    tx: &mut TenantTx,
    module: &'static str,
    kind: &'static str,
    key: &str,
    due_at: Timestamp,
) -> Result<(), sqlx::Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query!(
        "INSERT INTO kernel.job AS job (tenant_id, module, kind, key, payload, due_at)
         VALUES ($1, $2, $3, $4, '{}', $5)
         ON CONFLICT (tenant_id, kind, key) DO UPDATE SET due_at = least(job.due_at, excluded.due_at),
           parked_at = NULL, attempts = CASE WHEN job.parked_at IS NULL THEN job.attempts ELSE 0 END",
        tenant,
        module,
        kind,
        key,
        jiff_time(due_at)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Whether a job waits or is being done; asked without waiting for whoever does it.
pub(crate) async fn has_job(tx: &mut TenantTx, kind: &str, key: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM kernel.job WHERE kind = $1 AND key = $2 AND parked_at IS NULL) AS "exists!""#,
        kind,
        key
    )
    .fetch_one(tx.conn())
    .await
}

/// The first row of a stream, locked until the transaction ends.
pub(crate) async fn head(conn: &mut PgConnection, stream: &str) -> Result<Option<Delivery>, sqlx::Error> {
    let row = sqlx::query!(
        "SELECT id, module, kind, payload, attempts, created_at, due_at, parked_at FROM kernel.outbox
          WHERE stream = $1 ORDER BY id LIMIT 1 FOR UPDATE",
        stream
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Delivery {
        id: row.id,
        module: row.module,
        kind: row.kind,
        payload: row.payload,
        attempts: row.attempts,
        created_at: row.created_at.to_jiff(),
        due_at: row.due_at.to_jiff(),
        parked: row.parked_at.is_some(),
    }))
}

pub(crate) async fn delivered(conn: &mut PgConnection, id: i64) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM kernel.outbox WHERE id = $1", id).execute(conn).await?;
    Ok(())
}

pub(crate) async fn failed(
    conn: &mut PgConnection,
    id: i64,
    error: &str,
    due_at: Timestamp,
    parked_at: Option<Timestamp>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE kernel.outbox SET attempts = attempts + 1, last_error = $2, due_at = $3, parked_at = $4
          WHERE id = $1",
        id,
        error,
        jiff_time(due_at),
        parked_at.map(jiff_time) as _
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A job that is due, locked until the transaction ends; `None` if another worker has it or did it.
pub(crate) async fn due_job(
    conn: &mut PgConnection,
    kind: &str,
    key: &str,
    now: Timestamp,
) -> Result<Option<Job>, sqlx::Error> {
    let row = sqlx::query!(
        "SELECT kind, key, module, attempts FROM kernel.job
          WHERE kind = $1 AND key = $2 AND parked_at IS NULL AND due_at <= $3 FOR UPDATE SKIP LOCKED",
        kind,
        key,
        jiff_time(now)
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Job { kind: row.kind, key: row.key, module: row.module, attempts: row.attempts }))
}

pub(crate) async fn job_done(conn: &mut PgConnection, job: &Job) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM kernel.job WHERE kind = $1 AND key = $2", job.kind, job.key)
        .execute(conn)
        .await?;
    Ok(())
}

pub(crate) async fn job_again(
    conn: &mut PgConnection,
    job: &Job,
    due_at: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE kernel.job SET due_at = $3, attempts = 0, last_error = NULL WHERE kind = $1 AND key = $2",
        job.kind,
        job.key,
        jiff_time(due_at)
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(crate) async fn job_failed(
    conn: &mut PgConnection,
    job: &Job,
    error: &str,
    due_at: Timestamp,
    parked_at: Option<Timestamp>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE kernel.job SET attempts = attempts + 1, last_error = $3, due_at = $4, parked_at = $5
          WHERE kind = $1 AND key = $2",
        job.kind,
        job.key,
        error,
        jiff_time(due_at),
        parked_at.map(jiff_time) as _
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What waits, over all tenants, as the worker's role sees it.
pub(crate) async fn measure(kernel: &Kernel, measures: &mut Measures) -> Result<(), sqlx::Error> {
    let now = kernel.now();
    let late = |since: Option<jiff_sqlx::Timestamp>| {
        since.map_or(0.0, |at| now.duration_since(at.to_jiff()).as_secs_f64().max(0.0))
    };
    let waiting = sqlx::query!(
        r#"SELECT kind, count(*) AS "rows!", min(created_at) AS oldest,
                  count(DISTINCT (tenant_id, stream)) FILTER (WHERE parked_at IS NOT NULL) AS "parked!"
             FROM kernel.outbox GROUP BY kind"#
    )
    .fetch_all(kernel.database().worker())
    .await?;
    measures.add(&figures::OUTBOX_PARKED, &[], 0.0);
    for row in waiting {
        measures.add(&figures::OUTBOX_ROWS, &[&row.kind], count(row.rows));
        measures.at_least(&figures::OUTBOX_OLDEST, &[&row.kind], late(row.oldest));
        measures.add(&figures::OUTBOX_PARKED, &[], count(row.parked));
    }
    let jobs = sqlx::query!(
        r#"SELECT kind, count(*) FILTER (WHERE parked_at IS NULL AND due_at <= $1) AS "due!",
                  min(due_at) FILTER (WHERE parked_at IS NULL) AS earliest,
                  count(parked_at) AS "parked!"
             FROM kernel.job GROUP BY kind"#,
        jiff_time(now)
    )
    .fetch_all(kernel.database().worker())
    .await?;
    measures.add(&figures::JOBS_PARKED, &[], 0.0);
    for row in jobs {
        measures.add(&figures::JOBS_WAITING, &[&row.kind], count(row.due));
        measures.at_least(&figures::JOBS_LATE, &[&row.kind], late(row.earliest));
        measures.add(&figures::JOBS_PARKED, &[], count(row.parked));
    }
    Ok(())
}

/// A count as a figure; exact up to 2³², which no queue of ours reaches.
fn count(rows: i64) -> f64 {
    u32::try_from(rows).map_or(f64::from(u32::MAX), f64::from)
}
