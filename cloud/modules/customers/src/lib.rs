//! Customers: who signs in, on whose account something is, and who may act for whom.
//!
//! **Invariant:** personal numbers lie here and nowhere else, encrypted; they are found by a keyed hash, and no
//! port, page, log or event carries one. The name of a person with protected identity leaves this module only
//! to that person.
//!
//! Wired by `cloud-app`, which names the OpenID provider ([`SignIn`]) and hands [`CustomersPort`] to the
//! modules that ask.

mod import;
mod pages;
mod personal_number;
mod port;
mod provider;
mod sign_in;
mod store;
#[cfg(test)]
mod tests;

pub use import::{DemoPersonEntry, demo_persons, import};
pub use openidconnect::ClientSecret;
pub use port::CustomersPort;
pub use provider::{SignIn, SignInError};

use std::sync::Arc;

use async_trait::async_trait;
use axum::routing::{get, post};
use axum::{Extension, Router};
use cloud_kernel::{Kernel, Module};

use self::pages::{act_for, sign_in as sign_in_page, sign_out};
use self::provider::Provider;

/// The module: sign-in, sign-out, and whom one acts for.
pub struct CustomersModule {
    provider: Arc<Provider>,
}

impl CustomersModule {
    /// The module with the provider that people sign in at. The provider is not asked for anything yet.
    ///
    /// # Panics
    /// Where no provider of cryptography is installed for the process (`rustls::crypto::ring`), which `main`
    /// does first of all.
    pub fn new(sign_in: SignIn) -> Result<Self, SignInError> {
        Ok(Self { provider: Arc::new(Provider::new(sign_in)?) })
    }
}

#[async_trait]
impl Module for CustomersModule {
    fn name(&self) -> &'static str {
        "customers"
    }

    fn routes(&self) -> Router<Kernel> {
        Router::new()
            .route("/sign-in", get(sign_in_page::begin))
            .route("/sign-in/callback", get(sign_in_page::callback))
            .route("/sign-out", post(sign_out::post))
            .route("/act-for", get(act_for::get).post(act_for::post))
            .layer(Extension(Arc::clone(&self.provider)))
    }
}
