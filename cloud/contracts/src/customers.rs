//! Customers as other modules see them.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use cloud_kernel::TenantTx;
use jiff::civil::Date;
use protocols_ids::{CustomerId, PersonId};

use crate::PortError;

/// What a customer is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CustomerKind {
    /// Somebody on their own account.
    Person,
    /// A club.
    Association,
    /// A company.
    Company,
    /// A school or another unit of the municipality.
    Unit,
}

/// On whose account something is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Customer {
    /// Its id.
    pub id: CustomerId,
    /// What it is.
    pub kind: CustomerKind,
    /// What it is called.
    pub name: String,
    /// The customer group as the tariff names it; `None` is the tariff's own default.
    pub price_group: Option<String>,
}

/// Answers about customers.
#[async_trait]
pub trait Customers: Send + Sync {
    /// The customer, if the person may act for it now.
    async fn acted_for(
        &self,
        tx: &mut TenantTx,
        person: PersonId,
        customer: CustomerId,
    ) -> Result<Option<Customer>, PortError>;

    /// The customer, for staff who act on what is the customer's already, and for the rules of it: nobody's right to act
    /// for it is asked.
    async fn by_id(&self, tx: &mut TenantTx, customer: CustomerId) -> Result<Option<Customer>, PortError>;

    /// Whether the person may decide for the customer, and not only book on its account. Where nobody tells these apart
    /// whoever acts for it decides.
    async fn administers(
        &self,
        tx: &mut TenantTx,
        person: PersonId,
        customer: CustomerId,
    ) -> Result<bool, PortError> {
        Ok(self.acted_for(tx, person, customer).await?.is_some())
    }

    /// How many whole years old a person is on a date; `None` where no personal number is known.
    async fn age(&self, tx: &mut TenantTx, person: PersonId, on: Date) -> Result<Option<u8>, PortError>;
}

/// Answers who may be named to everybody.
#[async_trait]
pub trait PublicNames: Send + Sync {
    /// The names of those of these customers that everybody may know: associations and the municipality's own units.
    /// Persons are never among them, nor companies, which may bear a person's name.
    async fn public_names(
        &self,
        tx: &mut TenantTx,
        customers: &BTreeSet<CustomerId>,
    ) -> Result<BTreeMap<CustomerId, String>, PortError>;
}

/// Answers which customers there are to choose among.
#[async_trait]
pub trait CustomerBook: Send + Sync {
    /// Everybody that a person may act for now, the person's own customer first, then by name.
    async fn of_person(&self, tx: &mut TenantTx, person: PersonId) -> Result<Vec<Customer>, PortError>;

    /// The associations, companies and units, by name; the first of them where there are very many.
    async fn organisations(&self, tx: &mut TenantTx) -> Result<Vec<Customer>, PortError>;

    /// These, whatever they are, by name.
    async fn with_ids(&self, tx: &mut TenantTx, ids: &[CustomerId]) -> Result<Vec<Customer>, PortError>;
}
