//! Customers: who signs in, on whose account something is, and who may act for whom.
//!
//! **Invariant:** personal numbers lie here and nowhere else, encrypted; they are found by a keyed hash, and no
//! port, page, log or event carries one. The name of a person with protected identity leaves this module only
//! to that person.
//!
//! Wired by `cloud-app`, which names the OpenID provider ([`SignIn`]) and hands [`CustomersPort`] to the
//! modules that ask.

mod api;
mod applying;
mod import;
mod letters;
mod pages;
mod personal_number;
mod port;
mod provider;
mod records;
mod roles;
mod sign_in;
mod store;
#[cfg(test)]
mod tests;

pub use import::{DemoPersonEntry, beyond_file, demo_persons, import};
pub use openidconnect::ClientSecret;
pub use port::CustomersPort;
pub use provider::{SignIn, SignInError};
pub use records::CustomerRecords;

use std::sync::Arc;

use async_trait::async_trait;
use axum::routing::{get, post};
use axum::{Extension, Router};
use cloud_contracts::StaffRoles;
use cloud_kernel::{Kernel, MenuItem, Module, Role};

use self::pages::register::{
    acting, applications, card, edit, end, entitlements, history, list, merge, new, posts, protect,
};
use self::pages::{act_for, mine, sign_in as sign_in_page, sign_out};
use self::provider::Provider;

/// The module: sign-in, sign-out, whom one acts for, and the register of customers.
pub struct CustomersModule {
    provider: Arc<Provider>,
    staff: Staff,
}

/// Who is told when somebody signs in, where anybody is.
#[derive(Clone)]
pub(crate) struct Staff(pub(crate) Option<Arc<dyn StaffRoles>>);

impl CustomersModule {
    /// The module with the provider that people sign in at. The provider is not asked for anything yet.
    ///
    /// # Panics
    /// Where no provider of cryptography is installed for the process (`rustls::crypto::ring`), which `main`
    /// does first of all.
    pub fn new(sign_in: SignIn) -> Result<Self, SignInError> {
        Ok(Self { provider: Arc::new(Provider::new(sign_in)?), staff: Staff(None) })
    }

    /// The module that has the roles of staff follow what is said at each sign-in.
    #[must_use]
    pub fn with_staff(self, staff: Arc<dyn StaffRoles>) -> Self {
        Self { staff: Staff(Some(staff)), ..self }
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
            .route("/associations", get(mine::show))
            .route("/associations/new", get(mine::new).post(mine::apply))
            .route("/associations/child", get(mine::child).post(mine::apply_child))
            .route("/associations/withdraw", post(mine::withdraw))
            .route("/associations/leave/{mandate}", get(mine::ask_leave).post(mine::leave))
            .route("/invitations/{token}", get(mine::invitation).post(mine::accept))
            .route("/open-data/associations.json", get(api::open_data::json))
            .route("/open-data/associations.csv", get(api::open_data::csv))
            .route("/customers", get(list::show))
            .route("/customers/find", post(list::find))
            .route("/customers/new", get(new::show).post(new::make))
            .route("/customers/applications", get(applications::list))
            .route("/customers/applications/{application}", get(applications::show))
            .route("/customers/applications/{application}/approve", post(applications::approve))
            .route("/customers/applications/{application}/refuse", post(applications::refuse))
            .route("/customers/duplicates", get(merge::duplicates))
            .route("/customers/merge", get(merge::ask).post(merge::save))
            .route("/customers/{customer}", get(card::show))
            .route("/customers/{customer}/reveal", post(card::reveal))
            .route("/customers/{customer}/protect", get(protect::ask).post(protect::turn))
            .route("/customers/{customer}/edit", get(edit::show).post(edit::save))
            .route("/customers/{customer}/end", get(end::ask).post(end::save))
            .route("/customers/{customer}/posts", get(posts::show).post(posts::add))
            .route("/customers/{customer}/posts/remove", post(posts::remove))
            .route("/customers/{customer}/entitlements", get(entitlements::show).post(entitlements::give))
            .route("/customers/{customer}/entitlements/end", post(entitlements::end))
            .route("/customers/{customer}/acting", get(acting::show).post(acting::give))
            .route("/customers/{customer}/acting/guardian", post(acting::guard))
            .route("/customers/{customer}/acting/change", post(acting::change))
            .route("/customers/{customer}/acting/take-back", post(acting::take_back))
            .route("/customers/{customer}/acting/withdraw", post(acting::withdraw))
            .route("/customers/{customer}/history", get(history::show))
            .layer(Extension(Arc::clone(&self.provider)))
            .layer(Extension(self.staff.clone()))
    }

    fn menu(&self) -> Vec<MenuItem> {
        let item = |role| MenuItem { text: "people-menu", path: "/customers", role: Some(role) };
        vec![item(Role::Officer), item(Role::Administrator)]
    }
}
