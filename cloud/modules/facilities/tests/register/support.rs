//! What the module needs of others, written down instead of done.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use cloud_contracts::{
    Availability, ComingTime, Customer, CustomerKind, Customers, Facility, FreeDay, FreeTime, FreeWanted,
    Happening, Open, PortError, Priced, Prices, Quote, Rate, SpaceRegister,
};
use cloud_facilities::Ports;
use cloud_kernel::TenantTx;
use jiff::civil::Date;
use protocols_ids::{BookingId, CustomerId, EquipmentId, FacilityId, PartId, PersonId, ResourceId, Uuid};

/// Booking, as far as the register speaks with it.
#[derive(Default)]
pub struct Space {
    /// Every part that it was told of.
    pub parts: Mutex<Vec<PartId>>,
    /// Every stock that it was told of.
    pub stock: Mutex<Vec<(EquipmentId, Option<u32>)>>,
    /// Whether times from now on hang on whatever is asked about.
    pub awaited: AtomicBool,
    /// The times that are booked from now on.
    pub coming: Mutex<Vec<ComingTime>>,
}

#[async_trait]
impl SpaceRegister for Space {
    async fn register(&self, _: &mut TenantTx, parts: &[PartId]) -> Result<(), PortError> {
        self.parts.lock().unwrap().extend_from_slice(parts);
        Ok(())
    }

    async fn register_stock(
        &self,
        _: &mut TenantTx,
        stock: &[(EquipmentId, Option<u32>)],
    ) -> Result<(), PortError> {
        self.stock.lock().unwrap().extend_from_slice(stock);
        Ok(())
    }

    async fn is_awaited(&self, _: &mut TenantTx, _: ResourceId, _: &[PartId]) -> Result<bool, PortError> {
        Ok(self.awaited.load(Ordering::Relaxed))
    }

    /// Every part is booked twice.
    async fn booked(
        &self,
        _: &mut TenantTx,
        parts: &[PartId],
        _: Open,
    ) -> Result<Vec<(PartId, BookingId)>, PortError> {
        let booking = |number| BookingId::new(Uuid::from_u128(number));
        Ok(parts.iter().flat_map(|part| [(*part, booking(1)), (*part, booking(2))]).collect())
    }

    async fn coming(&self, _: &mut TenantTx, resources: &[ResourceId]) -> Result<Vec<ComingTime>, PortError> {
        let coming = self.coming.lock().unwrap();
        Ok(coming.iter().filter(|time| resources.contains(&time.resource)).copied().collect())
    }
}

/// Whoever is in the first list acts for every customer; whoever is in the second too only books for it.
#[derive(Default)]
pub struct Representatives(pub Mutex<Vec<PersonId>>, pub Mutex<Vec<PersonId>>);

#[async_trait]
impl Customers for Representatives {
    async fn acted_for(
        &self,
        _: &mut TenantTx,
        person: PersonId,
        customer: CustomerId,
    ) -> Result<Option<Customer>, PortError> {
        let may = self.0.lock().unwrap().contains(&person);
        let name = "Ägaren".to_owned();
        Ok(may.then_some(Customer { id: customer, kind: CustomerKind::Association, name, price_group: None }))
    }

    async fn by_id(&self, _: &mut TenantTx, _: CustomerId) -> Result<Option<Customer>, PortError> {
        Ok(None)
    }

    async fn administers(
        &self,
        _: &mut TenantTx,
        person: PersonId,
        _: CustomerId,
    ) -> Result<bool, PortError> {
        let books_only = self.1.lock().unwrap().contains(&person);
        Ok(self.0.lock().unwrap().contains(&person) && !books_only)
    }

    async fn age(&self, _: &mut TenantTx, _: PersonId, _: Date) -> Result<Option<u8>, PortError> {
        Ok(None)
    }
}

/// Every resource costs this many öre an hour; without it nothing has a price.
pub struct OnePrice(pub Option<i64>);

#[async_trait]
impl Prices for OnePrice {
    async fn rates(
        &self,
        _: &mut TenantTx,
        resources: &[ResourceId],
        price_group: Option<&str>,
        _: Date,
    ) -> Result<Vec<Rate>, PortError> {
        assert_eq!(price_group, None, "the public page shows what those pay who have no group");
        let rate = |resource: &ResourceId| {
            Some(Rate {
                resource: *resource,
                ore_per_hour: self.0?,
                group_name: "Taxa 3".to_owned(),
                tariff_name: "Taxor".to_owned(),
            })
        };
        Ok(resources.iter().filter_map(rate).collect())
    }

    async fn quotes(&self, _: &mut TenantTx, wanted: &[Priced<'_>]) -> Result<Vec<Option<Quote>>, PortError> {
        Ok(vec![None; wanted.len()])
    }
}

/// Three hours are free on the even days of the week that is asked about, the first of which is day 0, and nothing on the
/// others.
pub struct EvenDays;

#[async_trait]
impl Availability for EvenDays {
    async fn free(
        &self,
        _: &mut TenantTx,
        _: &[Facility],
        _: &BTreeSet<ResourceId>,
        _: &FreeWanted,
    ) -> Result<Vec<FreeTime>, PortError> {
        Ok(Vec::new())
    }

    async fn days(
        &self,
        _: &mut TenantTx,
        _: &Facility,
        _: ResourceId,
        dates: &[Date],
    ) -> Result<Vec<FreeDay>, PortError> {
        let look = |index: usize| {
            if index.is_multiple_of(2) { FreeDay::Free { minutes: 180 } } else { FreeDay::Full }
        };
        Ok((0..dates.len()).map(look).collect())
    }

    async fn happening(
        &self,
        _: &mut TenantTx,
        _: &[FacilityId],
        _: Open,
    ) -> Result<Vec<Happening>, PortError> {
        Ok(Vec::new())
    }
}

/// The module's ports, where everything costs 215 kronor.
pub fn ports() -> Ports {
    Ports {
        prices: Arc::new(OnePrice(Some(21_500))),
        space: Arc::new(Space::default()),
        customers: Arc::new(Representatives::default()),
        availability: Arc::new(EvenDays),
    }
}
