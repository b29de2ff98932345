//! Carries out what the outbox and the jobs hold.
//!
//! ```text
//! look (worker role) ──▶ stream due? ──lock──▶ head row ──▶ handler in the tenant's transaction
//!        ▲                                        ▲                  │ ok: row deleted, same commit
//!        └──── woken, or POLL has passed ─────────┴──────────────────┤ error: rolled back, later again
//!                                                                    └ too often: parked, alarm
//! ```
//!
//! One worker holds a stream at a time, by an advisory lock that lasts as long as its transaction.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use protocols_ids::TenantId;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::db::jiff_time;
use crate::{Again, HandlerError, Kernel, Module, outbox};

/// How often to look without being woken: what another replica wrote waits at most this long.
const POLL: Duration = Duration::from_millis(250);
/// Streams held at once; the rest waits for the next look.
const STREAMS_AT_ONCE: i64 = 8;
/// Rows of one stream in one go, so that a busy stream does not keep its lock for ever.
const ROWS_IN_A_GO: usize = 64;
/// After this many failures a row is parked: with the delays below that is about six hours.
const ATTEMPTS_MAX: i32 = 16;
/// The first delay after a failure; it doubles up to [`DELAY_SECONDS_MAX`].
const DELAY_SECONDS_MIN: i64 = 1;
/// The longest delay: half an hour.
const DELAY_SECONDS_MAX: i64 = 1800;

/// The worker of one process.
pub struct Worker {
    kernel: Kernel,
}

struct DueStream {
    tenant: TenantId,
    stream: String,
}

struct DueJob {
    tenant: TenantId,
    kind: String,
    key: String,
}

impl Worker {
    /// A worker for the kernel's modules.
    pub fn new(kernel: Kernel) -> Self {
        Self { kernel }
    }

    /// Works until `stop` becomes true, then finishes what is under way.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            match self.work_once().await {
                Ok(0) => {
                    tokio::select! {
                        () = self.kernel.registry().woken() => {}
                        () = tokio::time::sleep(POLL) => {}
                        _ = stop.changed() => {}
                    }
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "worker cannot look for work");
                    tokio::select! {
                        () = tokio::time::sleep(Duration::from_secs(1)) => {}
                        _ = stop.changed() => {}
                    }
                }
            }
        }
    }

    /// Does everything that is due now, once; returns how many streams and jobs were touched.
    pub async fn work_once(&self) -> Result<usize, sqlx::Error> {
        let streams = self.due_streams().await?;
        let jobs = self.due_jobs().await?;
        let count = streams.len() + jobs.len();
        let mut tasks = JoinSet::new();
        for due in streams {
            let kernel = self.kernel.clone();
            tasks.spawn(async move {
                if let Err(error) = drain_stream(&kernel, &due).await {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, stream = due.stream, "stream could not be worked on");
                }
            });
        }
        for due in jobs {
            let kernel = self.kernel.clone();
            tasks.spawn(async move {
                if let Err(error) = run_job(&kernel, &due).await {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, kind = due.kind, key = due.key, "job could not be worked on");
                }
            });
        }
        while let Some(done) = tasks.join_next().await {
            if let Err(panic) = done {
                tracing::error!(%panic, "a handler panicked");
            }
        }
        Ok(count)
    }

    async fn due_streams(&self) -> Result<Vec<DueStream>, sqlx::Error> {
        let rows = sqlx::query!(
            "SELECT o.tenant_id, o.stream FROM kernel.outbox o
              WHERE o.parked_at IS NULL AND o.due_at <= $1
                AND NOT EXISTS (SELECT FROM kernel.outbox earlier
                                 WHERE earlier.tenant_id = o.tenant_id AND earlier.stream = o.stream
                                   AND earlier.id < o.id)
              ORDER BY o.id LIMIT $2",
            jiff_time(self.kernel.now()),
            STREAMS_AT_ONCE
        )
        .fetch_all(self.kernel.database().worker())
        .await?;
        Ok(rows.into_iter().map(|r| DueStream { tenant: r.tenant_id.into(), stream: r.stream }).collect())
    }

    async fn due_jobs(&self) -> Result<Vec<DueJob>, sqlx::Error> {
        let rows = sqlx::query!(
            "SELECT tenant_id, kind, key FROM kernel.job
              WHERE parked_at IS NULL AND due_at <= $1 ORDER BY due_at LIMIT $2",
            jiff_time(self.kernel.now()),
            STREAMS_AT_ONCE
        )
        .fetch_all(self.kernel.database().worker())
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| DueJob { tenant: row.tenant_id.into(), kind: row.kind, key: row.key })
            .collect())
    }
}

async fn drain_stream(kernel: &Kernel, due: &DueStream) -> Result<(), sqlx::Error> {
    // The lock goes with this transaction, also when this process dies.
    let mut holder = kernel.database().worker().begin().await?;
    let lock = format!("{}/{}", due.tenant, due.stream);
    let held = sqlx::query_scalar!("SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))", lock)
        .fetch_one(&mut *holder)
        .await?
        .unwrap_or(false);
    if !held {
        return Ok(());
    }
    for _ in 0..ROWS_IN_A_GO {
        let mut tx = kernel.begin(due.tenant).await?;
        let Some(delivery) = outbox::head(tx.conn(), &due.stream).await? else { break };
        if delivery.parked || delivery.due_at > tx.now() {
            break;
        }
        let outcome = match kernel.registry().named(&delivery.module) {
            Some(module) => module.on_event(&mut tx, &delivery).await,
            // The module left the service: nobody is waiting for this any more.
            None => Ok(()),
        };
        match outcome {
            Ok(()) => {
                outbox::delivered(tx.conn(), delivery.id).await?;
                tx.commit().await?;
            }
            Err(error) => {
                drop(tx);
                let mut tx = kernel.begin(due.tenant).await?;
                let (due_at, parked_at) = after_failure(tx.now(), delivery.attempts);
                let text = chain(&error);
                report(&delivery.module, delivery.kind(), &text, parked_at.is_some());
                outbox::failed(tx.conn(), delivery.id, &text, due_at, parked_at).await?;
                tx.commit().await?;
                break;
            }
        }
    }
    holder.commit().await
}

async fn run_job(kernel: &Kernel, due: &DueJob) -> Result<(), sqlx::Error> {
    let mut tx = kernel.begin(due.tenant).await?;
    let now = tx.now();
    let Some(job) = outbox::due_job(tx.conn(), &due.kind, &due.key, now).await? else { return Ok(()) };
    let module: Option<&Arc<dyn Module>> = kernel.registry().named(&job.module);
    let outcome = match module {
        Some(module) => module.on_job(&mut tx, &job).await,
        None => Ok(Again::Never),
    };
    match outcome {
        Ok(Again::Never) => outbox::job_done(tx.conn(), &job).await?,
        Ok(Again::At(at)) => outbox::job_again(tx.conn(), &job, at).await?,
        Err(error) => {
            drop(tx);
            let mut tx = kernel.begin(due.tenant).await?;
            let (due_at, parked_at) = after_failure(tx.now(), job.attempts);
            let text = chain(&error);
            report(&job.module, &job.kind, &text, parked_at.is_some());
            outbox::job_failed(tx.conn(), &job, &text, due_at, parked_at).await?;
            return tx.commit().await;
        }
    }
    tx.commit().await
}

/// When to try again, and whether to stop trying.
fn after_failure(now: Timestamp, attempts: i32) -> (Timestamp, Option<Timestamp>) {
    let doublings = u32::try_from(attempts).unwrap_or(0).min(20);
    let seconds = (DELAY_SECONDS_MIN << doublings).min(DELAY_SECONDS_MAX);
    let due_at = now.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(now);
    (due_at, (attempts + 1 >= ATTEMPTS_MAX).then_some(now))
}

fn report(module: &str, kind: &str, error: &str, parked: bool) {
    if parked {
        tracing::error!(module, kind, error, "parked: failed too often, needs somebody's eyes");
    } else {
        tracing::warn!(module, kind, error, "failed, will be tried again");
    }
}

/// An error and its sources, in one line.
fn chain(error: &HandlerError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_half_an_hour_and_end_in_parking() {
        let now = Timestamp::UNIX_EPOCH;
        let delay = |attempts| after_failure(now, attempts).0.as_second();
        assert_eq!([0, 1, 2, 10, 11, 15].map(delay), [1, 2, 4, 1024, 1800, 1800]);
        assert_eq!(after_failure(now, 14).1, None);
        assert_eq!(after_failure(now, 15).1, Some(now));
    }
}
