//! Records: what is kept of people and cases, how long, and who is told of it. Everybody sees what is kept of them, takes it
//! with them and asks to have it erased; the municipality's retention plan says what is destroyed when, and a job does it
//! by night; officers find public records and disclose them with what must not be read masked.
//!
//! **Invariant:** nothing of a type that the plan governs is destroyed without a decision that names the body, the day and
//! the reference, and each time it is, there is a row that says how much of what by which decision.
//! **Invariant:** codes, and whatever is written of a person whose identity is protected, leave in no file that is
//! disclosed.
//!
//! The records are the modules': each answers for its own through [`Records`]. Driven by `cloud-app`, which hands them
//! over.

mod account;
mod destroy;
mod masks;
mod pages;
mod store;
mod words;

pub use account::AccountRecords;

use std::sync::Arc;

use async_trait::async_trait;
use axum::routing::{get, post};
use axum::{Extension, Router};
use cloud_contracts::{CustomerBook, InformationType, Records};
use cloud_kernel::{Again, HandlerError, Job, Kernel, MenuItem, Module, Role, TenantTx};

/// The module's name, as tenants list it.
const NAME: &str = "records";
/// The job that destroys by the plan; its key is [`ALL`].
const DESTROY: &str = "records.destroy";
/// The only key of that: one job a municipality.
const ALL: &str = "all";

/// The other modules, as this one asks them.
#[derive(Clone)]
pub struct Ports {
    /// What they keep, each its own.
    pub keepers: Arc<[Arc<dyn Records>]>,
    /// Who is the same human being.
    pub customers: Arc<dyn CustomerBook>,
}

impl Ports {
    /// Every type of information that is kept, with the one who keeps it.
    fn types(&self) -> impl Iterator<Item = (&Arc<dyn Records>, &'static InformationType)> {
        self.keepers.iter().flat_map(|keeper| keeper.types().iter().map(move |kept| (keeper, kept)))
    }
}

/// The module.
pub struct RecordsModule {
    ports: Ports,
}

impl RecordsModule {
    /// The module over the others' ports.
    pub fn new(ports: Ports) -> Self {
        Self { ports }
    }
}

#[async_trait]
impl Module for RecordsModule {
    fn name(&self) -> &'static str {
        NAME
    }

    fn routes(&self) -> Router<Kernel> {
        Router::new()
            .route("/my/data", get(pages::mine::show))
            .route("/my/data/file", get(pages::mine::file))
            .route("/my/data/erase", get(pages::erase::ask).post(pages::erase::erase))
            .route("/retention", get(pages::plan::show))
            .route("/retention/{information}", get(pages::decision::show).post(pages::decision::send))
            .route("/retention/{information}/end", post(pages::decision::end))
            .route("/records", get(pages::search::show))
            .route("/records/look", post(pages::disclose::look))
            .route("/records/disclose", post(pages::disclose::disclose))
            .layer(Extension(self.ports.clone()))
    }

    fn menu(&self) -> Vec<MenuItem> {
        vec![
            MenuItem { text: "records-mine-title", path: "/my/data", role: None },
            MenuItem { text: "records-search-title", path: "/records", role: Some(Role::Officer) },
            MenuItem { text: "records-plan-title", path: "/retention", role: Some(Role::Administrator) },
        ]
    }

    async fn on_job(&self, tx: &mut TenantTx, job: &Job) -> Result<Again, HandlerError> {
        match job.kind.as_str() {
            DESTROY => destroy::by_plan(tx, &self.ports).await,
            _ => Ok(Again::Never),
        }
    }
}
