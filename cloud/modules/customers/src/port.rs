//! What other modules ask about customers.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use cloud_contracts::{Customer, Customers, PortError, PublicNames};
use cloud_kernel::TenantTx;
use cloud_ui::{Lang, t};
use protocols_ids::{CustomerId, PersonId};

use crate::store::{self, ActedFor};

/// Answers from the module's own tables.
#[derive(Clone, Copy, Debug, Default)]
pub struct CustomersPort;

#[async_trait]
impl Customers for CustomersPort {
    async fn acted_for(
        &self,
        tx: &mut TenantTx,
        person: PersonId,
        customer: CustomerId,
    ) -> Result<Option<Customer>, PortError> {
        let all = store::acted_for(tx, person).await.map_err(PortError::database)?;
        Ok(all.into_iter().find(|acted| acted.id == customer).map(known_to_others))
    }
}

#[async_trait]
impl PublicNames for CustomersPort {
    async fn public_names(
        &self,
        tx: &mut TenantTx,
        customers: &BTreeSet<CustomerId>,
    ) -> Result<BTreeMap<CustomerId, String>, PortError> {
        store::public_names(tx, customers).await.map_err(PortError::database)
    }
}

/// The customer as others may know it: the name of a protected person stays in this module. The word in its
/// place is the register's, so it does not follow the reader's language.
fn known_to_others(acted: ActedFor) -> Customer {
    let name = if acted.protected { t(Lang::Sv, "customers-protected", &[]) } else { acted.name };
    Customer { id: acted.id, kind: acted.kind, name, price_group: acted.price_group }
}
