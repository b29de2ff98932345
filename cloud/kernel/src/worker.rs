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

use std::collections::HashMap;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use protocols_ids::TenantId;
use tokio::sync::watch;
use tokio::task::{Id, JoinSet};
use tokio::time::MissedTickBehavior;

use crate::db::jiff_time;
use crate::error_chain::error_chain;
use crate::telemetry::{Attribute, Span, SpanKind, SpanRef, figures, in_span};
use crate::{Again, Delivery, HandlerError, Kernel, Underway, outbox};

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

#[derive(Clone, PartialEq, Eq)]
struct DueStream {
    tenant: TenantId,
    stream: String,
}

/// Streams that are worked on here, and those that another process holds, until the next look.
#[derive(Default)]
struct Streams {
    tasks: JoinSet<bool>,
    held: HashMap<Id, DueStream>,
    resting: Vec<DueStream>,
}

impl Streams {
    fn knows(&self, due: &DueStream) -> bool {
        self.resting.contains(due) || self.held.values().any(|held| held == due)
    }

    /// Waits for one that is done. One that did not come further rests: it would be looked at over and over.
    async fn done(&mut self) {
        match self.tasks.join_next_with_id().await {
            Some(Ok((id, further))) => {
                let done = self.held.remove(&id);
                self.resting.extend(done.filter(|_| !further));
            }
            Some(Err(error)) => drop(self.held.remove(&error.id())),
            None => std::future::pending().await,
        }
    }
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

    /// Works until `stop` becomes true, then finishes what is under way. Streams and jobs are looked after side by
    /// side: a job that waits for somebody outside holds up no stream, and a stream that takes long no other.
    pub async fn run(self, stop: watch::Receiver<bool>) {
        let registry = self.kernel.registry();
        let streams = self.attend_streams(stop.clone());
        let jobs = attend("jobs", stop, || registry.job_woken(), || self.jobs_once());
        tokio::join!(streams, jobs);
    }

    /// Does everything that is due now, once; returns how many streams and jobs came further.
    pub async fn work_once(&self) -> Result<usize, sqlx::Error> {
        Ok(self.streams_once().await? + self.jobs_once().await?)
    }

    /// Looks for due streams again and again, also while others are worked on.
    async fn attend_streams(&self, mut stop: watch::Receiver<bool>) {
        let mut streams = Streams::default();
        let mut poll = tokio::time::interval(POLL);
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !*stop.borrow() {
            if let Err(error) = self.take_up(&mut streams).await {
                tracing::warn!(what = "streams", error = error_chain(&error), "worker cannot look for work");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            tokio::select! {
                () = streams.done() => {}
                () = self.kernel.registry().stream_woken() => streams.resting.clear(),
                _ = poll.tick() => streams.resting.clear(),
                _ = stop.changed() => {}
            }
        }
        while streams.tasks.join_next().await.is_some() {}
    }

    /// Begins with due streams that are not worked on, as many as there is room for.
    async fn take_up(&self, streams: &mut Streams) -> Result<(), sqlx::Error> {
        let room = usize::try_from(STREAMS_AT_ONCE).unwrap_or(0).saturating_sub(streams.tasks.len());
        if room == 0 {
            return Ok(());
        }
        let known = streams.held.len() + streams.resting.len();
        let due = self.due_streams(STREAMS_AT_ONCE + i64::try_from(known).unwrap_or(0)).await?;
        self.kernel.health().worker_looked();
        let new: Vec<DueStream> = due.into_iter().filter(|due| !streams.knows(due)).take(room).collect();
        for due in new {
            let (kernel, stream) = (self.kernel.clone(), due.clone());
            let task = streams.tasks.spawn(async move { worked_on(&kernel, &stream).await });
            streams.held.insert(task.id(), due);
        }
        Ok(())
    }

    async fn streams_once(&self) -> Result<usize, sqlx::Error> {
        let mut tasks = JoinSet::new();
        let due = self.due_streams(STREAMS_AT_ONCE).await?;
        self.kernel.health().worker_looked();
        for due in due {
            let kernel = self.kernel.clone();
            tasks.spawn(async move { worked_on(&kernel, &due).await });
        }
        Ok(came_further(tasks).await)
    }

    async fn jobs_once(&self) -> Result<usize, sqlx::Error> {
        let mut tasks = JoinSet::new();
        for due in self.due_jobs().await? {
            let kernel = self.kernel.clone();
            tasks.spawn(async move {
                run_job(&kernel, &due).await.unwrap_or_else(|error| {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, kind = due.kind, key = due.key, "job could not be worked on");
                    false
                })
            });
        }
        Ok(came_further(tasks).await)
    }

    async fn due_streams(&self, at_most: i64) -> Result<Vec<DueStream>, sqlx::Error> {
        let rows = sqlx::query!(
            "SELECT o.tenant_id, o.stream FROM kernel.outbox o
              WHERE o.parked_at IS NULL AND o.due_at <= $1
                AND NOT EXISTS (SELECT FROM kernel.outbox earlier
                                 WHERE earlier.tenant_id = o.tenant_id AND earlier.stream = o.stream
                                   AND earlier.id < o.id)
              ORDER BY o.id LIMIT $2",
            jiff_time(self.kernel.now()),
            at_most
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

/// Calls `once` again and again: at once while it gets further, otherwise when woken or when [`POLL`] has passed.
async fn attend<Woken, Once>(
    what: &'static str,
    mut stop: watch::Receiver<bool>,
    woken: impl Fn() -> Woken,
    once: impl Fn() -> Once,
) where
    Woken: Future<Output = ()>,
    Once: Future<Output = Result<usize, sqlx::Error>>,
{
    while !*stop.borrow() {
        let pause = match once().await {
            Ok(0) => POLL,
            Ok(_) => continue,
            Err(error) => {
                tracing::warn!(what, error = &error as &dyn std::error::Error, "worker cannot look for work");
                Duration::from_secs(1)
            }
        };
        tokio::select! {
            () = woken() => {}
            () = tokio::time::sleep(pause) => {}
            _ = stop.changed() => {}
        }
    }
}

async fn came_further(mut tasks: JoinSet<bool>) -> usize {
    let mut count = 0;
    while let Some(done) = tasks.join_next().await {
        count += usize::from(done.unwrap_or(false));
    }
    count
}

/// Runs a handler so that its panic is a failure like any other.
async fn guarded<T: Send + 'static>(
    work: impl Future<Output = Result<T, HandlerError>> + Send + 'static,
) -> Result<T, HandlerError> {
    tokio::spawn(work).await.unwrap_or_else(|panic| {
        Err(HandlerError::Outside { what: "the handler panicked".to_owned(), source: panic.into() })
    })
}

/// What became of the head of a stream.
enum Head {
    Nothing,
    Delivered,
}

/// Works on a stream; whether anything came of it.
async fn worked_on(kernel: &Kernel, due: &DueStream) -> bool {
    drain_stream(kernel, due).await.unwrap_or_else(|error| {
        let error = &error as &dyn std::error::Error;
        tracing::warn!(error, stream = due.stream, "stream could not be worked on");
        false
    })
}

/// Works on a stream until it is empty or fails; whether anything came of it.
async fn drain_stream(kernel: &Kernel, due: &DueStream) -> Result<bool, sqlx::Error> {
    // The lock goes with this transaction, also when this process dies.
    let mut holder = kernel.database().worker().begin().await?;
    let lock = format!("{}/{}", due.tenant, due.stream);
    let held = sqlx::query_scalar!("SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))", lock)
        .fetch_one(&mut *holder)
        .await?
        .unwrap_or(false);
    if !held {
        return Ok(false);
    }
    let mut further = false;
    for _ in 0..ROWS_IN_A_GO {
        let (owned, tenant, stream) = (kernel.clone(), due.tenant, due.stream.clone());
        match guarded(async move { deliver_head(&owned, tenant, &stream).await }).await {
            Ok(Head::Nothing) => break,
            Ok(Head::Delivered) => further = true,
            Err(error) => {
                let mut tx = kernel.begin(due.tenant).await?;
                let Some(delivery) = outbox::head(tx.conn(), &due.stream).await? else { break };
                let (due_at, parked_at) = after_failure(tx.now(), delivery.attempts);
                let text = error_chain(&error);
                report(&delivery.module, delivery.kind(), &text, parked_at.is_some());
                figures::WORKED.count(&["event", delivery.kind(), not_done(parked_at)]);
                outbox::failed(tx.conn(), delivery.id, &text, due_at, parked_at).await?;
                tx.commit().await?;
                further = true;
                break;
            }
        }
    }
    holder.commit().await?;
    Ok(further)
}

/// Delivers the first row of the stream, if it is due: what the handler writes and the row's removal commit together.
async fn deliver_head(kernel: &Kernel, tenant: TenantId, stream: &str) -> Result<Head, HandlerError> {
    let mut tx = kernel.begin(tenant).await?;
    let Some(delivery) = outbox::head(tx.conn(), stream).await? else { return Ok(Head::Nothing) };
    if delivery.parked || delivery.due_at > tx.now() {
        return Ok(Head::Nothing);
    }
    let began = Instant::now();
    let span = SpanRef { trace: kernel.random().bytes(), span: kernel.random().bytes() };
    tx.delivers(Underway {
        kind: delivery.kind().to_owned(),
        written_at: delivery.created_at,
        taken_at: tx.now(),
        span,
    });
    // Without the module nobody is waiting for this any more: it left the service.
    if let Some(module) = kernel.registry().named(&delivery.module) {
        in_span(span, module.on_event(&mut tx, &delivery)).await?;
    }
    outbox::delivered(tx.conn(), delivery.id).await?;
    let told = told(&delivery, span, tx.now(), kernel.now());
    tx.span(told);
    tx.commit().await?;
    figures::WORKED.count(&["event", delivery.kind(), "done"]);
    figures::WORK_SECONDS.took(&["event", delivery.kind()], began.elapsed());
    Ok(Head::Delivered)
}

/// The worker's own span for a delivery.
fn told(delivery: &Delivery, at: SpanRef, began: Timestamp, ended: Timestamp) -> Span {
    Span {
        at,
        parent: None,
        name: format!("deliver {}", delivery.kind()),
        kind: SpanKind::Consumer,
        began,
        ended: ended.max(began),
        attributes: vec![("hallport.module", Attribute::Name(delivery.module.clone()))],
        links: Vec::new(),
        failed: false,
    }
}

const fn not_done(parked_at: Option<Timestamp>) -> &'static str {
    if parked_at.is_some() { "parked" } else { "failed" }
}

/// Runs a job; whether it was there to be run.
async fn run_job(kernel: &Kernel, due: &DueJob) -> Result<bool, sqlx::Error> {
    let (owned, tenant, kind, key) = (kernel.clone(), due.tenant, due.kind.clone(), due.key.clone());
    match guarded(async move { carry_out(&owned, tenant, &kind, &key).await }).await {
        Ok(there) => Ok(there),
        Err(error) => {
            let mut tx = kernel.begin(due.tenant).await?;
            let now = tx.now();
            let Some(job) = outbox::due_job(tx.conn(), &due.kind, &due.key, now).await? else {
                return Ok(false);
            };
            let (due_at, parked_at) = after_failure(now, job.attempts);
            let text = error_chain(&error);
            report(&job.module, &job.kind, &text, parked_at.is_some());
            figures::WORKED.count(&["job", &job.kind, not_done(parked_at)]);
            outbox::job_failed(tx.conn(), &job, &text, due_at, parked_at).await?;
            tx.commit().await?;
            Ok(true)
        }
    }
}

async fn carry_out(kernel: &Kernel, tenant: TenantId, kind: &str, key: &str) -> Result<bool, HandlerError> {
    let mut tx = kernel.begin(tenant).await?;
    let now = tx.now();
    let Some(job) = outbox::due_job(tx.conn(), kind, key, now).await? else { return Ok(false) };
    let began = Instant::now();
    let again = match kernel.registry().named(&job.module) {
        Some(module) => module.on_job(&mut tx, &job).await?,
        None => Again::Never,
    };
    match again {
        Again::Never => outbox::job_done(tx.conn(), &job).await?,
        Again::At(at) => outbox::job_again(tx.conn(), &job, at).await?,
    }
    tx.commit().await?;
    figures::WORKED.count(&["job", &job.kind, "done"]);
    figures::WORK_SECONDS.took(&["job", &job.kind], began.elapsed());
    Ok(true)
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
