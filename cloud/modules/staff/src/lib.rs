//! Staff: which groups of the municipality's identity system give which roles, whether a token names the groups at sign-in
//! or the identity system provisions them (SCIM 2.0, RFC 7643 and RFC 7644).
//!
//! ```text
//! sign-in ──▶ said (groups of the token) ──┐
//!                                          ├──▶ rules ──▶ roles by groups (kernel), given and taken, audited
//! SCIM ──▶ accounts, groups, members ──────┘
//!   └── active: false, or deleted ──▶ shut out: sessions end, no role counts
//! ```
//!
//! **Invariant:** roles that were given by hand are neither given nor taken here. Whoever is shut out has no role that
//! counts, wherever it comes from.
//! **Invariant:** nobody provisions but who shows the municipality's token, which lies as a hash.
//!
//! Wired by `cloud-app`, which hands [`StaffDirectory`] to whoever lets people sign in.

mod api;
mod import;
mod pages;
mod roles;
mod store;
#[cfg(test)]
mod tests;

pub use import::import;
pub use roles::StaffDirectory;

use std::sync::Arc;

use async_trait::async_trait;
use axum::routing::{get, post};
use axum::{Extension, Router};
use cloud_contracts::ProtectedPersons;
use cloud_kernel::{Kernel, MenuItem, Module, Role};

/// The module's name, as tenants list it.
const NAME: &str = "staff";
/// Rules of one municipality at most: every group of a large one for every board.
const RULES_MAX: usize = 500;

/// Who knows whose name is nobody's to read.
#[derive(Clone)]
struct Names(Arc<dyn ProtectedPersons>);

/// The module.
pub struct StaffModule {
    names: Names,
}

impl StaffModule {
    /// The module, which names nobody with a protected identity.
    pub fn new(names: Arc<dyn ProtectedPersons>) -> Self {
        Self { names: Names(names) }
    }
}

#[async_trait]
impl Module for StaffModule {
    fn name(&self) -> &'static str {
        NAME
    }

    fn routes(&self) -> Router<Kernel> {
        Router::new()
            .route("/staff", get(pages::people::show))
            .route("/staff/{person}/let-in", post(pages::people::let_in))
            .route("/staff/groups", get(pages::groups::show).post(pages::groups::add))
            .route("/staff/groups/remove", post(pages::groups::remove))
            .route("/staff/provisioning", get(pages::provisioning::show).post(pages::provisioning::make))
            .route("/staff/provisioning/{token}/take-back", post(pages::provisioning::take_back))
            .layer(Extension(self.names.clone()))
            .merge(api::routes())
    }

    fn menu(&self) -> Vec<MenuItem> {
        vec![MenuItem { text: "staff-title", path: "/staff", role: Some(Role::Administrator) }]
    }
}
