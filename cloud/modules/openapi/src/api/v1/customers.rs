//! For whom the program may act.

use axum::extract::Json;
use openapi_domain::Scope;

use super::Ports;
use super::shapes::{CustomerList, CustomerShape};
use crate::api::caller::Caller;
use crate::api::problem::{Problem, Problems};

/// Everybody that the program may act for, by name.
#[utoipa::path(
    get,
    path = "/api/v1/customers",
    tag = "customers",
    responses((status = 200, description = "The customers", body = CustomerList), Problems),
)]
pub(crate) async fn list(caller: Caller, ports: Ports) -> Result<Json<CustomerList>, Problem> {
    caller.may(Scope::CustomersRead)?;
    let mut tx = caller.begin().await?;
    let customers = caller.customers(&mut tx, &ports).await?;
    tx.commit().await?;
    Ok(Json(CustomerList { customers: customers.iter().map(CustomerShape::of).collect() }))
}
