//! What other modules ask about customers.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use cloud_contracts::{Customer, CustomerBook, Customers, PortError, ProtectedPersons, PublicNames};
use cloud_kernel::TenantTx;
use cloud_ui::{Lang, t};
use customers_domain::whole_years;
use jiff::civil::Date;
use protocols_ids::{CustomerId, PersonId};

use crate::personal_number::PersonalNumber;
use crate::sign_in::personal_number;
use crate::store;
use crate::store::holds::{self, ActedFor};

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
        let all = holds::acted_for(tx, person).await.map_err(PortError::database)?;
        Ok(all.into_iter().find(|acted| acted.id == customer).map(known_to_others))
    }

    async fn by_id(&self, tx: &mut TenantTx, customer: CustomerId) -> Result<Option<Customer>, PortError> {
        let found = holds::customer(tx, customer).await.map_err(PortError::database)?;
        Ok(found.map(known_to_others))
    }

    async fn administers(
        &self,
        tx: &mut TenantTx,
        person: PersonId,
        customer: CustomerId,
    ) -> Result<bool, PortError> {
        holds::administers(tx, person, customer).await.map_err(PortError::database)
    }

    async fn age(&self, tx: &mut TenantTx, person: PersonId, on: Date) -> Result<Option<u8>, PortError> {
        let number = personal_number(tx, person).await.map_err(PortError::database)?;
        Ok(number.and_then(|number| whole_years_of(&number, on)))
    }

    async fn age_for(
        &self,
        tx: &mut TenantTx,
        person: PersonId,
        customer: CustomerId,
        on: Date,
    ) -> Result<Option<u8>, PortError> {
        let all = holds::acted_for(tx, person).await.map_err(PortError::database)?;
        if !all.iter().any(|acted| acted.id == customer && acted.child && !acted.own) {
            return self.age(tx, person, on).await;
        }
        let number = crate::roles::child_number(tx, customer).await.map_err(PortError::database)?;
        Ok(number.and_then(|number| whole_years_of(&number, on)))
    }
}

fn whole_years_of(number: &PersonalNumber, on: Date) -> Option<u8> {
    whole_years(number.birth_date()?, on)
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

#[async_trait]
impl CustomerBook for CustomersPort {
    async fn of_person(&self, tx: &mut TenantTx, person: PersonId) -> Result<Vec<Customer>, PortError> {
        let all = holds::acted_for(tx, person).await.map_err(PortError::database)?;
        Ok(all.into_iter().map(known_to_others).collect())
    }

    async fn organisations(&self, tx: &mut TenantTx) -> Result<Vec<Customer>, PortError> {
        let all = store::book::organisations(tx).await.map_err(PortError::database)?;
        Ok(all.into_iter().map(known_to_others).collect())
    }

    async fn same_person(&self, tx: &mut TenantTx, person: PersonId) -> Result<Vec<PersonId>, PortError> {
        store::mandates::same_person(tx, person).await.map_err(PortError::database)
    }

    async fn with_ids(&self, tx: &mut TenantTx, ids: &[CustomerId]) -> Result<Vec<Customer>, PortError> {
        let all = store::book::with_ids(tx, ids).await.map_err(PortError::database)?;
        Ok(all.into_iter().map(known_to_others).collect())
    }
}

#[async_trait]
impl ProtectedPersons for CustomersPort {
    async fn protected_among(
        &self,
        tx: &mut TenantTx,
        persons: &[PersonId],
    ) -> Result<BTreeSet<PersonId>, PortError> {
        store::protected_among(tx, persons).await.map_err(PortError::database)
    }
}

/// The customer as others may know it: the name of a protected person stays in this module. The word in its
/// place is the register's, so it does not follow the reader's language.
fn known_to_others(acted: ActedFor) -> Customer {
    let name = if acted.protected { t(Lang::Sv, "customers-protected", &[]) } else { acted.name };
    Customer { id: acted.id, kind: acted.kind, name, price_group: acted.price_group }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use crate::personal_number::PersonalNumber;

    #[test]
    fn a_birth_date_is_read_from_personal_and_coordination_numbers() {
        let born = |text: &str| PersonalNumber::parse(text).unwrap().birth_date();
        assert_eq!(born("189001019802"), Some(date(1890, 1, 1)));
        assert_eq!(born("19701063-2391"), Some(date(1970, 10, 3)));
    }
}
