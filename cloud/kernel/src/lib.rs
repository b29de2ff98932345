//! What every module of the cloud stands on: tenants, people, sessions, audit, outbox, jobs, clock,
//! the tenant's transaction, and the shape of a module.
//!
//! **Invariant:** the kernel knows no module and no rule of booking, price or access. Every statement that
//! touches a tenant's rows runs inside a [`TenantTx`], which only [`Kernel::begin`] makes.
//!
//! Wired together by `cloud-app`, which reads the configuration; the kernel reads neither files nor
//! environment.

mod account;
mod audit;
mod clock;
mod db;
mod error_chain;
mod live;
mod module;
mod outbox;
mod owner;
mod random;
mod roles;
mod session;
pub mod telemetry;
mod tenant;
mod tenant_file;
#[cfg(feature = "testing")]
pub mod testing;
mod vault;
pub mod web;
mod worker;

pub use account::Account;
pub use audit::{Actor, Audited};
pub use clock::{Clock, SystemClock, TestClock};
pub use db::{Database, TenantTx};
pub use error_chain::error_chain;
pub use live::{AllSignals, Listener, Live};
pub use module::{Again, HandlerError, MenuItem, Module, Registry};
pub use outbox::{Delivery, Event, Job, Underway};
pub use owner::{DATABASE, Owner, ROLES, answers, provision};
pub use random::Random;
pub use roles::{GroupRole, GroupRoles, HeldRole};
pub use session::{Authority, Contact, Role, SESSION_COOKIE, SESSION_HOURS, SignInPerson, SignedIn, Viewer};
pub use sqlx::postgres::PgConnectOptions;
pub use tenant::{Directory, NewTenant, Tenant};
pub use tenant_file::{AuthorityEntry, TenantFile, TenantFileError};
pub use vault::{Sealed, Vault, VaultError};
pub use worker::Worker;

use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use protocols_ids::TenantId;
use telemetry::{Health, Readiness, Tracer};

/// What the whole service is told once, at the start.
#[derive(Clone, Debug)]
pub struct Service {
    /// `http` or `https`, as browsers see it.
    pub scheme: String,
    /// The port that browsers use, where it is not the scheme's own.
    pub port: Option<u16>,
    /// A demonstration: fictional people, a sign-in that asks for no secret. Said on every page.
    pub demo: bool,
}

impl Service {
    /// The address of `path` at `host`, as a browser would write it.
    pub fn url(&self, host: &str, path: &str) -> String {
        match self.port {
            Some(port) => format!("{}://{host}:{port}{path}", self.scheme),
            None => format!("{}://{host}{path}", self.scheme),
        }
    }
}

/// The kernel: cheap to clone, the state of every route and worker.
#[derive(Clone)]
pub struct Kernel(Arc<Inner>);

struct Inner {
    db: Database,
    clock: Arc<dyn Clock>,
    random: Random,
    vault: Vault,
    live: Live,
    directory: Directory,
    service: Service,
    registry: OnceLock<Registry>,
    health: Health,
    tracer: Tracer,
}

impl Kernel {
    /// A kernel over its database, clock, randomness and secrets. [`Kernel::install`] gives it its modules.
    pub fn new(db: Database, clock: Arc<dyn Clock>, random: Random, vault: Vault, service: Service) -> Self {
        Self(Arc::new(Inner {
            directory: Directory::new(db.application().clone()),
            db,
            clock,
            random,
            vault,
            live: Live::new(),
            service,
            registry: OnceLock::new(),
            health: Health::default(),
            tracer: Tracer::default(),
        }))
    }

    /// Makes the modules known. Only the first call counts.
    pub fn install(&self, registry: Registry) {
        if self.0.registry.set(registry).is_err() {
            tracing::error!("modules were installed twice; the first set stays");
        }
    }

    /// The modules; empty before [`Kernel::install`].
    pub fn registry(&self) -> &Registry {
        static EMPTY: Registry = Registry::empty();
        self.0.registry.get().unwrap_or(&EMPTY)
    }

    /// Begins a transaction that sees this tenant's rows and no others.
    pub async fn begin(&self, tenant: TenantId) -> Result<TenantTx, sqlx::Error> {
        TenantTx::begin(self.clone(), tenant).await
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    /// The clock itself, for those who outlive a call.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.0.clock
    }

    /// Randomness.
    pub fn random(&self) -> &Random {
        &self.0.random
    }

    /// A new id, ordered by time.
    pub fn new_id<T: From<uuid::Uuid>>(&self) -> T {
        T::from(self.0.random.uuid_v7(self.now()))
    }

    /// Keeps secrets that must be shown again.
    pub fn vault(&self) -> &Vault {
        &self.0.vault
    }

    /// Tells pages that something changed.
    pub fn live(&self) -> &Live {
        &self.0.live
    }

    /// Which tenant a host name belongs to.
    pub fn directory(&self) -> &Directory {
        &self.0.directory
    }

    /// The databases.
    pub fn database(&self) -> &Database {
        &self.0.db
    }

    /// What the service's parts say of themselves.
    pub fn health(&self) -> &Health {
        &self.0.health
    }

    /// Whether the service can do its work now.
    pub async fn readiness(&self) -> Readiness {
        self.0.health.readiness(self).await
    }

    /// Where spans go.
    pub fn tracer(&self) -> &Tracer {
        &self.0.tracer
    }

    /// What holds for the whole service.
    pub fn service(&self) -> &Service {
        &self.0.service
    }
}
