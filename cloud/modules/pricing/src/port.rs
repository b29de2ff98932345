//! What other modules ask of the price lists.

use async_trait::async_trait;
use cloud_contracts::{PortError, Prices, Quote, QuoteLine, Rate};
use cloud_kernel::TenantTx;
use jiff::civil::Date;
use pricing_domain::{Price, price, rates};
use protocols_ids::ResourceId;

use crate::store;

/// The price lists, as other modules see them.
#[derive(Clone, Copy, Debug)]
pub struct PriceList;

#[async_trait]
impl Prices for PriceList {
    async fn rates(
        &self,
        tx: &mut TenantTx,
        resources: &[ResourceId],
        price_group: Option<&str>,
        on: Date,
    ) -> Result<Vec<Rate>, PortError> {
        let offers = store::offers(tx, resources, on).await.map_err(PortError::database)?;
        let rates = rates(&offers, price_group, on).into_iter().map(|offer| Rate {
            resource: offer.resource,
            ore_per_hour: offer.ore_per_hour,
            group_name: offer.group_name.clone(),
            tariff_name: offer.tariff_name.clone(),
        });
        Ok(rates.collect())
    }

    async fn quote(
        &self,
        tx: &mut TenantTx,
        resource: ResourceId,
        price_group: Option<&str>,
        on: Date,
        minutes: u32,
    ) -> Result<Option<Quote>, PortError> {
        let offers = store::offers(tx, &[resource], on).await.map_err(PortError::database)?;
        let Some(offer) = rates(&offers, price_group, on).pop() else { return Ok(None) };
        let price = price(offer, minutes)
            .ok_or(PortError::Unusable { what: "a price larger than 64 bits hold", source: None })?;
        Ok(Some(quote(price)))
    }
}

fn quote(price: Price) -> Quote {
    let lines = price.lines.into_iter().map(|line| QuoteLine {
        tariff_name: line.tariff_name,
        group_name: line.group_name,
        ore_per_hour: line.ore_per_hour,
        minutes: line.minutes,
        amount_ore: line.amount_ore,
    });
    Quote { total_ore: price.total_ore, lines: lines.collect() }
}
