//! The accessibility statement of a municipality, and reports of what is hard to use.
//!
//! ```text
//! report (anybody) ──▶ open ──answer (staff)──▶ answered ──▶ letter, where an address was given
//! ```
//!
//! **Invariant:** whoever reports says no more of themselves than where they want the answer; nobody needs to sign in.
//! **Invariant:** the statement says when it was assessed and when it was changed, and each earlier one stays.
//!
//! Driven by `cloud-app`, which hands [`ReportAnswers`] to whoever writes letters.

mod pages;
mod port;
mod store;
#[cfg(test)]
mod tests;

pub use port::ReportAnswers;

use async_trait::async_trait;
use axum::Router;
use axum::routing::get;
use cloud_kernel::{Kernel, MenuItem, Module, Role};

/// The module.
#[derive(Clone, Copy, Debug, Default)]
pub struct AccessibilityModule;

#[async_trait]
impl Module for AccessibilityModule {
    fn name(&self) -> &'static str {
        "accessibility"
    }

    fn routes(&self) -> Router<Kernel> {
        Router::new()
            .route("/accessibility", get(pages::statement::show))
            .route("/accessibility/edit", get(pages::edit::show).post(pages::edit::save))
            .route("/accessibility/report", get(pages::report::show).post(pages::report::send))
            .route("/accessibility/reports", get(pages::reports::list))
            .route("/accessibility/reports/{report}", get(pages::reports::one).post(pages::reports::answer))
    }

    fn menu(&self) -> Vec<MenuItem> {
        let item = |role| MenuItem {
            text: "accessibility-reports-title",
            path: "/accessibility/reports",
            role: Some(role),
        };
        vec![item(Role::Officer), item(Role::Administrator)]
    }
}
