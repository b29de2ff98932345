//! What other modules ask of the price lists.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use cloud_contracts::{PortError, Priced, Prices, Quote, QuoteLine, Rate};
use cloud_kernel::TenantTx;
use jiff::civil::Date;
use pricing_domain::{Offer, Price, price, rates};
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
        let offers = store::offers(tx, resources, on, on).await.map_err(PortError::database)?;
        let rates = rates(&offers, price_group, on).into_iter().map(|offer| Rate {
            resource: offer.resource,
            ore_per_hour: offer.ore_per_hour,
            group_name: offer.group_name.clone(),
            tariff_name: offer.tariff_name.clone(),
        });
        Ok(rates.collect())
    }

    async fn quotes(
        &self,
        tx: &mut TenantTx,
        wanted: &[Priced<'_>],
    ) -> Result<Vec<Option<Quote>>, PortError> {
        let dates = wanted.iter().map(|one| one.on);
        let Some((first, last)) = dates.clone().min().zip(dates.max()) else { return Ok(Vec::new()) };
        let resources: BTreeSet<ResourceId> = wanted.iter().map(|one| one.resource).collect();
        let resources: Vec<ResourceId> = resources.into_iter().collect();
        let offers = store::offers(tx, &resources, first, last).await.map_err(PortError::database)?;
        let mut by_resource: BTreeMap<ResourceId, Vec<Offer>> = BTreeMap::new();
        for offer in offers {
            by_resource.entry(offer.resource).or_default().push(offer);
        }
        let of = |one: &Priced<'_>| {
            let offers = by_resource.get(&one.resource).map_or(&[][..], Vec::as_slice);
            let Some(offer) = rates(offers, one.price_group, one.on).pop() else { return Ok(None) };
            let price = price(offer, one.minutes)
                .ok_or(PortError::Unusable { what: "a price larger than 64 bits hold", source: None })?;
            Ok(Some(quote(price)))
        };
        wanted.iter().map(of).collect()
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
