//! For whom a program acts: what an administrator has chosen, beside what people may do.

use std::sync::Arc;

use async_trait::async_trait;
use cloud_contracts::{Customer, Customers, PortError};
use cloud_kernel::TenantTx;
use jiff::civil::Date;
use protocols_ids::{CustomerId, PersonId};

use crate::store::clients;

/// The customers as booking asks about them for programs: a client's person may act for the client's customers, and
/// everybody else for whom they may anyhow.
pub struct ClientCustomers {
    people: Arc<dyn Customers>,
}

impl ClientCustomers {
    /// Beside what people may do.
    pub fn new(people: Arc<dyn Customers>) -> Self {
        Self { people }
    }
}

#[async_trait]
impl Customers for ClientCustomers {
    async fn acted_for(
        &self,
        tx: &mut TenantTx,
        person: PersonId,
        customer: CustomerId,
    ) -> Result<Option<Customer>, PortError> {
        if let Some(acted) = self.people.acted_for(tx, person, customer).await? {
            return Ok(Some(acted));
        }
        if clients::may_act(tx, person, customer).await.map_err(PortError::database)? {
            return self.people.by_id(tx, customer).await;
        }
        Ok(None)
    }

    async fn by_id(&self, tx: &mut TenantTx, customer: CustomerId) -> Result<Option<Customer>, PortError> {
        self.people.by_id(tx, customer).await
    }

    async fn administers(
        &self,
        tx: &mut TenantTx,
        person: PersonId,
        customer: CustomerId,
    ) -> Result<bool, PortError> {
        self.people.administers(tx, person, customer).await
    }

    async fn age(&self, tx: &mut TenantTx, person: PersonId, on: Date) -> Result<Option<u8>, PortError> {
        self.people.age(tx, person, on).await
    }
}
