//! Customers as other modules see them.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use cloud_kernel::{Event, TenantTx};
use jiff::Timestamp;
use jiff::civil::Date;
use protocols_ids::{CustomerId, PersonId, Uuid};
use serde::{Deserialize, Serialize};

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

    /// How old the one is, on a date, who comes when the person books for the customer: the child where a guardian acts for
    /// one, otherwise whoever books.
    async fn age_for(
        &self,
        tx: &mut TenantTx,
        person: PersonId,
        customer: CustomerId,
        on: Date,
    ) -> Result<Option<u8>, PortError> {
        _ = customer;
        self.age(tx, person, on).await
    }
}

/// Two customers were one, and are from now on: who keeps the id of the one that is gone writes the other's.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CustomersMerged {
    /// Which goes on.
    pub kept: CustomerId,
    /// Which does not.
    pub gone: CustomerId,
}

impl Event for CustomersMerged {
    const KIND: &'static str = "customers.merged";
    fn stream(&self) -> String {
        // In order, so that of two mergings the second finds what the first has made.
        "customers:merged".to_owned()
    }
}

/// A person customer has a protected identity from now on: whoever keeps what they were called forgets it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CustomerHidden {
    /// Which.
    pub customer: CustomerId,
}

impl Event for CustomerHidden {
    const KIND: &'static str = "customers.hidden";
    fn stream(&self) -> String {
        format!("customer:{}", self.customer)
    }
}

/// Something happened in the register of customers that somebody is told of by letter.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CustomerTold {
    /// The invitation or the application.
    pub matter: Uuid,
    /// What happened.
    pub step: CustomerStep,
}

impl Event for CustomerTold {
    const KIND: &'static str = "customers.told";
    fn stream(&self) -> String {
        format!("customer-matter:{}", self.matter)
    }
}

/// What happened in the register of customers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomerStep {
    /// Somebody is invited to act for a customer.
    Invited,
    /// Somebody asked for a customer to be in the register.
    Received,
    /// It is.
    Approved,
    /// It is not.
    Refused,
}

/// What a letter about the register of customers tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CustomerLetter {
    /// Who reads it, where it is somebody who has signed in.
    pub reader: Option<PersonId>,
    /// Where it is sent; `None` where there is no address.
    pub email: Option<String>,
    /// In which language, as the kernel stores languages.
    pub language: String,
    /// Which customer.
    pub customer: String,
    /// Why it was refused; empty otherwise.
    pub reason: String,
    /// The path of the page that it leads to. May be a secret: it stands in the letter and nowhere else.
    pub path: String,
    /// Until when that leads anywhere, where it does not always.
    pub until: Option<Timestamp>,
}

/// Answers what letters about the register of customers tell.
#[async_trait]
pub trait CustomerLetters: Send + Sync {
    /// The letter, or `None` where there is nothing to tell any more.
    async fn letter(
        &self,
        tx: &mut TenantTx,
        told: CustomerTold,
    ) -> Result<Option<CustomerLetter>, PortError>;
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

    /// Everybody who is the same human being as a person, the person included: one may sign in in several ways.
    async fn same_person(&self, tx: &mut TenantTx, person: PersonId) -> Result<Vec<PersonId>, PortError>;

    /// These, whatever they are, by name.
    async fn with_ids(&self, tx: &mut TenantTx, ids: &[CustomerId]) -> Result<Vec<Customer>, PortError>;
}
