//! The shape of a module, and the set of them.

use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use jiff::Timestamp;
use tokio::sync::Notify;

use crate::telemetry::Measures;
use crate::{Delivery, Job, Kernel, Role, TenantTx};

/// An entry of the menu.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MenuItem {
    /// The key of its text.
    pub text: &'static str,
    /// Where it leads.
    pub path: &'static str,
    /// Who sees it; `None` is everyone, signed in or not.
    pub role: Option<Role>,
}

/// Why a handler did not do its work this time. It is tried again, later and later, and parked in the end.
#[derive(Debug, thiserror::Error)]
pub enum HandlerError {
    /// The database.
    #[error("database")]
    Database(#[from] sqlx::Error),
    /// The payload is not what the kind promises.
    #[error("payload of {kind} is unreadable")]
    Payload {
        /// The event's or job's kind.
        kind: String,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// Somebody outside did not take it.
    #[error("{what}")]
    Outside {
        /// What was tried, without secrets.
        what: String,
        /// Why it failed.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// What a job wants next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Again {
    /// Nothing more: the job is done.
    Never,
    /// To be run again then.
    At(Timestamp),
}

/// A module of the service. It knows the kernel and the contracts, and writes its own tables only.
#[async_trait]
pub trait Module: Send + Sync + 'static {
    /// Its name: the schema of its tables, and what a tenant's list of modules says.
    fn name(&self) -> &'static str;

    /// Its pages and routes.
    fn routes(&self) -> Router<Kernel>;

    /// Its entries in the menu.
    fn menu(&self) -> Vec<MenuItem> {
        Vec::new()
    }

    /// The kinds of event that it wants.
    fn subscriptions(&self) -> &'static [&'static str] {
        &[]
    }

    /// Takes an event. Runs at least once; what it writes in `tx` happens once, with the event's removal.
    async fn on_event(&self, tx: &mut TenantTx, delivery: &Delivery) -> Result<(), HandlerError> {
        tracing::error!(module = self.name(), kind = delivery.kind(), "event without a handler");
        _ = tx;
        Ok(())
    }

    /// Runs a job. The same rules as for events.
    async fn on_job(&self, tx: &mut TenantTx, job: &Job) -> Result<Again, HandlerError> {
        tracing::error!(module = self.name(), kind = job.kind, "job without a handler");
        _ = tx;
        Ok(Again::Never)
    }

    /// Adds what the tenant's rows say to figures about all tenants. Asked now and then.
    async fn measure(&self, tx: &mut TenantTx, measures: &mut Measures) -> Result<(), sqlx::Error> {
        _ = (tx, measures);
        Ok(())
    }
}

/// The modules of this service.
pub struct Registry {
    modules: Vec<Arc<dyn Module>>,
    streams: Notify,
    jobs: Notify,
}

impl Registry {
    /// The set of modules, in the order of the menu.
    pub fn new(modules: Vec<Arc<dyn Module>>) -> Self {
        Self { modules, streams: Notify::new(), jobs: Notify::new() }
    }

    pub(crate) const fn empty() -> Self {
        Self { modules: Vec::new(), streams: Notify::const_new(), jobs: Notify::const_new() }
    }

    /// All modules.
    pub fn modules(&self) -> &[Arc<dyn Module>] {
        &self.modules
    }

    pub(crate) fn named(&self, name: &str) -> Option<&Arc<dyn Module>> {
        self.modules.iter().find(|module| module.name() == name)
    }

    pub(crate) fn subscribers(&self, kind: &str) -> impl Iterator<Item = &'static str> {
        self.modules.iter().filter(move |m| m.subscriptions().contains(&kind)).map(|m| m.name())
    }

    pub(crate) fn wake(&self) {
        self.streams.notify_one();
        self.jobs.notify_one();
    }

    pub(crate) async fn stream_woken(&self) {
        self.streams.notified().await;
    }

    pub(crate) async fn job_woken(&self) {
        self.jobs.notified().await;
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.modules.iter().map(|module| module.name())).finish()
    }
}
