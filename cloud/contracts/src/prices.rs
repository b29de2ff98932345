//! Prices as other modules see them.

use async_trait::async_trait;
use cloud_kernel::TenantTx;
use jiff::civil::Date;
use protocols_ids::ResourceId;

use crate::PortError;

/// What an hour costs for a group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rate {
    /// Of what.
    pub resource: ResourceId,
    /// In öre.
    pub ore_per_hour: i64,
    /// The customer group's name, in the tariff's words.
    pub group_name: String,
    /// The tariff's name.
    pub tariff_name: String,
}

/// A span that somebody would pay for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Priced<'a> {
    /// Of what.
    pub resource: ResourceId,
    /// For which group of customers; `None` is the list's default one.
    pub price_group: Option<&'a str>,
    /// On which date.
    pub on: Date,
    /// How long.
    pub minutes: u32,
}

/// A price with its reasons.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Quote {
    /// All of it, in öre.
    pub total_ore: i64,
    /// Line by line.
    pub lines: Vec<QuoteLine>,
}

/// One line of a price.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QuoteLine {
    /// By which list.
    pub tariff_name: String,
    /// For which group.
    pub group_name: String,
    /// What an hour costs, in öre.
    pub ore_per_hour: i64,
    /// How many minutes.
    pub minutes: u32,
    /// What they cost, in öre.
    pub amount_ore: i64,
}

/// Answers about prices. Where the list is silent there is no price, never zero.
#[async_trait]
pub trait Prices: Send + Sync {
    /// What an hour costs on a date, for each of the resources that has a price.
    async fn rates(
        &self,
        tx: &mut TenantTx,
        resources: &[ResourceId],
        price_group: Option<&str>,
        on: Date,
    ) -> Result<Vec<Rate>, PortError>;

    /// What each of these spans costs, in their order: one question, however many there are.
    async fn quotes(&self, tx: &mut TenantTx, wanted: &[Priced<'_>])
    -> Result<Vec<Option<Quote>>, PortError>;

    /// What a span on a date costs.
    async fn quote(
        &self,
        tx: &mut TenantTx,
        resource: ResourceId,
        price_group: Option<&str>,
        on: Date,
        minutes: u32,
    ) -> Result<Option<Quote>, PortError> {
        let wanted = [Priced { resource, price_group, on, minutes }];
        Ok(self.quotes(tx, &wanted).await?.pop().flatten())
    }
}
