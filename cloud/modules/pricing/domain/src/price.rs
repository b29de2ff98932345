//! Which list holds, and what a span costs by it.

use std::collections::BTreeMap;

use jiff::civil::Date;
use protocols_ids::{ResourceId, TariffId};

/// One figure of a price list: what an hour of a resource costs for a group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Offer {
    /// Of what.
    pub resource: ResourceId,
    /// By which list.
    pub tariff: TariffId,
    /// The list's name.
    pub tariff_name: String,
    /// The list's first day.
    pub valid_from: Date,
    /// The list's last day; `None` until another one comes.
    pub valid_to: Option<Date>,
    /// The group's short name.
    pub group_code: String,
    /// The group's name, in the list's words.
    pub group_name: String,
    /// Whether it is the group of those who have no other.
    pub is_default: bool,
    /// In öre, not negative.
    pub ore_per_hour: i64,
}

impl Offer {
    fn holds(&self, on: Date) -> bool {
        self.valid_from <= on && self.valid_to.is_none_or(|last| on <= last)
    }

    fn is_for(&self, group: Option<&str>) -> bool {
        match group {
            Some(code) => self.group_code == code,
            None => self.is_default,
        }
    }
}

/// The figure that holds for a group on a date, for each resource that has one, in order of resource.
///
/// Of the lists that name a resource and hold on the date, the one that began last decides alone: if it is
/// silent about the group there is no price, whatever an older list says. `None` is the list's default group.
pub fn rates<'a>(offers: &'a [Offer], group: Option<&str>, on: Date) -> Vec<&'a Offer> {
    let mut deciding: BTreeMap<ResourceId, (Date, TariffId)> = BTreeMap::new();
    for offer in offers.iter().filter(|offer| offer.holds(on)) {
        let list = (offer.valid_from, offer.tariff);
        deciding.entry(offer.resource).and_modify(|latest| *latest = list.max(*latest)).or_insert(list);
    }
    deciding
        .into_iter()
        .filter_map(|(resource, (_, tariff))| {
            offers
                .iter()
                .find(|offer| offer.resource == resource && offer.tariff == tariff && offer.is_for(group))
        })
        .collect()
}

/// What something costs, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Price {
    /// All of it, in öre.
    pub total_ore: i64,
    /// Line by line; they add up to the total.
    pub lines: Vec<PriceLine>,
}

/// One line of a price: so many minutes at so much an hour.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PriceLine {
    /// By which list.
    pub tariff_name: String,
    /// For which group.
    pub group_name: String,
    /// In öre.
    pub ore_per_hour: i64,
    /// How many minutes.
    pub minutes: u32,
    /// What they cost, in öre.
    pub amount_ore: i64,
}

/// What `minutes` cost by a figure: minutes × öre an hour ÷ 60, rounded to whole öre, half an öre upwards.
/// `None` past what 64 bits hold.
pub fn price(offer: &Offer, minutes: u32) -> Option<Price> {
    let amount_ore = amount_ore(offer.ore_per_hour, minutes)?;
    let line = PriceLine {
        tariff_name: offer.tariff_name.clone(),
        group_name: offer.group_name.clone(),
        ore_per_hour: offer.ore_per_hour,
        minutes,
        amount_ore,
    };
    Some(Price { total_ore: amount_ore, lines: vec![line] })
}

const MINUTES_AN_HOUR: i64 = 60;

fn amount_ore(ore_per_hour: i64, minutes: u32) -> Option<i64> {
    let sixtieths = ore_per_hour.checked_mul(i64::from(minutes))?;
    sixtieths.checked_add(MINUTES_AN_HOUR / 2)?.checked_div_euclid(MINUTES_AN_HOUR)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    const HALL: u128 = 1;
    const DAY: Date = date(2026, 11, 23);

    fn offer(list: u128, valid_from: Date, group: &str, ore_per_hour: i64) -> Offer {
        Offer {
            resource: ResourceId::new(Uuid::from_u128(HALL)),
            tariff: TariffId::new(Uuid::from_u128(list)),
            tariff_name: format!("lista {list}"),
            valid_from,
            valid_to: None,
            group_code: group.to_owned(),
            group_name: group.to_uppercase(),
            is_default: group == "taxa-3",
            ore_per_hour,
        }
    }

    fn found(offers: &[Offer], group: Option<&str>, on: Date) -> Vec<i64> {
        rates(offers, group, on).into_iter().map(|offer| offer.ore_per_hour).collect()
    }

    #[test]
    fn a_group_pays_its_own_figure_and_who_has_none_the_default() {
        let offers =
            [offer(1, date(2020, 1, 1), "taxa-1", 8500), offer(1, date(2020, 1, 1), "taxa-3", 38000)];
        assert_eq!(found(&offers, Some("taxa-1"), DAY), [8500]);
        assert_eq!(found(&offers, None, DAY), [38000]);
    }

    #[test]
    fn a_silent_list_gives_no_price() {
        let offers = [offer(1, date(2020, 1, 1), "taxa-1", 8500)];
        assert_eq!(found(&offers, Some("taxa-9"), DAY), [0; 0]);
        assert_eq!(found(&offers, None, DAY), [0; 0]);
    }

    #[test]
    fn a_price_of_nothing_is_a_price() {
        assert_eq!(found(&[offer(1, date(2020, 1, 1), "taxa-1", 0)], Some("taxa-1"), DAY), [0]);
    }

    #[test]
    fn a_tariff_changes_with_the_year() {
        let offers =
            [offer(1, date(2021, 1, 1), "taxa-3", 34000), offer(2, date(2023, 1, 1), "taxa-3", 63400)];
        assert_eq!(found(&offers, None, date(2020, 12, 31)), [0; 0]);
        assert_eq!(found(&offers, None, date(2021, 1, 1)), [34000]);
        assert_eq!(found(&offers, None, date(2022, 12, 31)), [34000]);
        assert_eq!(found(&offers, None, date(2023, 1, 1)), [63400]);
    }

    #[test]
    fn the_newer_lists_silence_outweighs_the_older_lists_figure() {
        let offers =
            [offer(1, date(2021, 1, 1), "taxa-3", 150_000), offer(2, date(2023, 1, 1), "taxa-1", 10_500)];
        assert_eq!(found(&offers, None, date(2022, 6, 1)), [150_000]);
        assert_eq!(found(&offers, None, DAY), [0; 0]);
    }

    #[test]
    fn a_list_holds_through_its_last_day() {
        let mut offers = [offer(1, date(2021, 1, 1), "taxa-3", 34000)];
        offers[0].valid_to = Some(date(2021, 12, 31));
        assert_eq!(found(&offers, None, date(2021, 12, 31)), [34000]);
        assert_eq!(found(&offers, None, date(2022, 1, 1)), [0; 0]);
    }

    #[test]
    fn half_an_ore_is_rounded_upwards() {
        // 90 minutes of 333 öre are 499.5; 20 minutes of 100 are 33.33; 50 of 100 are 83.33.
        assert_eq!(amount_ore(333, 90), Some(500));
        assert_eq!(amount_ore(100, 20), Some(33));
        assert_eq!(amount_ore(101, 10), Some(17));
        assert_eq!(amount_ore(i64::MAX, 61), None);
    }

    #[test]
    fn a_price_says_by_which_list_for_whom_and_how_long() {
        let price = price(&offer(1, date(2020, 1, 1), "taxa-3", 38000), 90).unwrap();
        assert_eq!(price.total_ore, 57000);
        assert_eq!(
            price.lines,
            [PriceLine {
                tariff_name: "lista 1".to_owned(),
                group_name: "TAXA-3".to_owned(),
                ore_per_hour: 38000,
                minutes: 90,
                amount_ore: 57000,
            }]
        );
    }

    proptest! {
        #[test]
        fn an_hour_costs_what_the_list_says(ore in 0i64..10_000_000) {
            prop_assert_eq!(amount_ore(ore, 60), Some(ore));
        }

        #[test]
        fn a_price_is_off_by_at_most_half_an_ore_and_never_downwards_from_the_half(
            ore in 0i64..10_000_000, minutes in 0u32..100_000,
        ) {
            let exact = i128::from(ore) * i128::from(minutes);
            let rounded = i128::from(amount_ore(ore, minutes).unwrap()) * 60;
            prop_assert!(-30 < rounded - exact && rounded - exact <= 30);
        }

        #[test]
        fn a_longer_time_or_a_dearer_hour_never_costs_less(
            ore in 0i64..10_000_000, more in 0i64..1000, minutes in 0u32..10_000, longer in 0u32..1000,
        ) {
            prop_assert!(amount_ore(ore, minutes) <= amount_ore(ore, minutes + longer));
            prop_assert!(amount_ore(ore, minutes) <= amount_ore(ore + more, minutes));
        }

        #[test]
        fn the_order_of_the_figures_does_not_matter(
            mut years in proptest::collection::vec((2015i16..2030, 0i64..100_000), 1..8), group in "taxa-[13]",
        ) {
            years.sort_unstable();
            years.dedup_by_key(|(year, _)| *year);
            let offers: Vec<Offer> = years
                .iter()
                .enumerate()
                .map(|(n, (year, ore))| offer(u128::try_from(n).unwrap(), date(*year, 1, 1), &group, *ore))
                .collect();
            let backwards: Vec<Offer> = offers.iter().rev().cloned().collect();
            prop_assert_eq!(found(&offers, Some(&group), DAY), found(&backwards, Some(&group), DAY));
        }
    }
}
