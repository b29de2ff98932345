//! The database: pools by role, migrations, and the one transaction in which a tenant's rows are visible.

use jiff::Timestamp;
use protocols_ids::TenantId;
use serde::Serialize;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{PgConnection, Postgres, Transaction};

use crate::telemetry::{Span, Untold, figures};
use crate::{Actor, Event, Kernel, Underway, audit, outbox};

/// Connections of the application role: two cores saturate well below this, the rest waits its turn.
const APPLICATION_CONNECTIONS: u32 = 24;
/// Connections of the worker role: one to look for work, and one for each stream that is held.
const WORKER_CONNECTIONS: u32 = 10;
/// How long a request waits for a connection before the page says that the service is busy.
const ACQUIRE_SECONDS: u64 = 3;

/// Pools for the two roles that the running service uses.
#[derive(Clone, Debug)]
pub struct Database {
    application: PgPool,
    worker: PgPool,
}

impl Database {
    /// Pools that connect when first used, so that the service starts while Postgres is down.
    pub fn connect(application: PgConnectOptions, worker: PgConnectOptions) -> Self {
        let pool = |connections| {
            PgPoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(std::time::Duration::from_secs(ACQUIRE_SECONDS))
        };
        Self {
            application: pool(APPLICATION_CONNECTIONS).connect_lazy_with(application),
            worker: pool(WORKER_CONNECTIONS).connect_lazy_with(worker),
        }
    }

    /// The application's pool. Outside a [`TenantTx`] only the public tables can be read through it.
    pub fn application(&self) -> &PgPool {
        &self.application
    }

    pub(crate) fn worker(&self) -> &PgPool {
        &self.worker
    }

    pub(crate) fn pools(&self) -> [(&'static str, &PgPool); 2] {
        [("application", &self.application), ("worker", &self.worker)]
    }

    /// Whether the database answers.
    pub async fn answers(&self) -> bool {
        sqlx::query("SELECT 1").execute(&self.application).await.is_ok()
    }
}

/// A transaction in which one tenant's rows are visible. Dropped without [`TenantTx::commit`], nothing of it
/// has happened.
pub struct TenantTx {
    kernel: Kernel,
    tenant: TenantId,
    now: Timestamp,
    transaction: Transaction<'static, Postgres>,
    signals: Vec<String>,
    wakes_worker: bool,
    untold: Untold,
    underway: Option<Underway>,
    outcome: Outcome,
}

/// Counts the transaction when it ends, however it ends.
struct Outcome {
    committed: bool,
}

impl Drop for Outcome {
    fn drop(&mut self) {
        figures::DATABASE_TRANSACTIONS.count(&[if self.committed { "committed" } else { "dropped" }]);
    }
}

impl TenantTx {
    pub(crate) async fn begin(kernel: Kernel, tenant: TenantId) -> Result<Self, sqlx::Error> {
        let began = std::time::Instant::now();
        let connection = kernel.database().application().begin().await;
        figures::DATABASE_WAIT.took(&[], began.elapsed());
        let mut transaction =
            connection.inspect_err(|_| figures::DATABASE_TRANSACTIONS.count(&["not_begun"]))?;
        sqlx::query!("SELECT set_config('app.tenant', $1, true)", tenant.to_string())
            .fetch_one(&mut *transaction)
            .await?;
        let now = kernel.now();
        Ok(Self {
            kernel,
            tenant,
            now,
            transaction,
            signals: Vec::new(),
            wakes_worker: false,
            untold: Untold::default(),
            underway: None,
            outcome: Outcome { committed: false },
        })
    }

    /// Whose rows.
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// When the transaction began: one time for everything in it.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The kernel that began it.
    pub fn kernel(&self) -> &Kernel {
        &self.kernel
    }

    /// A new id, ordered by time.
    pub fn new_id<T: From<uuid::Uuid>>(&self) -> T {
        self.kernel.new_id()
    }

    /// For the statements of a store.
    pub fn conn(&mut self) -> &mut PgConnection {
        &mut self.transaction
    }

    /// Writes what was done, by whom, into the audit, in this transaction.
    pub async fn audit(
        &mut self,
        actor: Actor,
        action: &'static str,
        subject: Option<uuid::Uuid>,
        detail: &impl Serialize,
    ) -> Result<(), sqlx::Error> {
        audit::write(self, actor, action, subject, detail).await
    }

    /// What was done to something, newest first, at most so many rows.
    pub async fn audited(
        &mut self,
        subject: uuid::Uuid,
        most: i64,
    ) -> Result<Vec<audit::Audited>, sqlx::Error> {
        audit::of(self, subject, most).await
    }

    /// Hands an event to every module that subscribes to it, when and only when this commits.
    pub async fn emit<E: Event>(&mut self, event: &E) -> Result<(), sqlx::Error> {
        self.wakes_worker = true;
        outbox::emit(self, event).await
    }

    /// Enqueues work for `module` at a time; the same kind and key again moves it to the earlier time.
    pub async fn enqueue(
        &mut self,
        module: &'static str,
        kind: &'static str,
        key: &str,
        due_at: Timestamp,
    ) -> Result<(), sqlx::Error> {
        self.wakes_worker = true;
        outbox::enqueue(self, module, kind, key, due_at).await
    }

    /// Enqueues work that comes again by itself, where it is not there already: whoever only sees to it that there is
    /// such work does not wait for the worker that is doing it.
    pub async fn enqueue_once(
        &mut self,
        module: &'static str,
        kind: &'static str,
        key: &str,
        due_at: Timestamp,
    ) -> Result<(), sqlx::Error> {
        if outbox::has_job(self, kind, key).await? {
            return Ok(());
        }
        self.enqueue(module, kind, key, due_at).await
    }

    /// Wakes pages that listen to the topic, when this commits.
    pub fn signal(&mut self, topic: String) {
        self.signals.push(topic);
    }

    /// Whether spans are wanted: without, nothing is read or made for their sake.
    pub fn is_traced(&self) -> bool {
        self.kernel.tracer().is_on()
    }

    /// Tells a span, when and only when this commits.
    pub fn span(&mut self, span: Span) {
        if self.is_traced() {
            self.untold.keep(span);
        }
    }

    /// The event that this transaction delivers, in a worker's handler.
    pub fn underway(&self) -> Option<&Underway> {
        self.underway.as_ref()
    }

    pub(crate) fn delivers(&mut self, underway: Underway) {
        self.underway = Some(underway);
    }

    /// Makes everything happen.
    pub async fn commit(mut self) -> Result<(), sqlx::Error> {
        self.transaction.commit().await?;
        self.outcome.committed = true;
        self.untold.tell(self.kernel.tracer());
        for topic in self.signals {
            self.kernel.live().signal(self.tenant, topic);
        }
        if self.wakes_worker {
            self.kernel.registry().wake();
        }
        Ok(())
    }
}

impl std::fmt::Debug for TenantTx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TenantTx").field("tenant", &self.tenant).finish_non_exhaustive()
    }
}

/// An instant as a parameter of a statement.
pub(crate) fn jiff_time(at: Timestamp) -> jiff_sqlx::Timestamp {
    use jiff_sqlx::ToSqlx as _;
    at.to_sqlx()
}
