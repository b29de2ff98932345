//! What cancelling costs by the rules: nothing is charged here, an amount and its reason are told.

use std::collections::BTreeMap;

use jiff::ToSpan as _;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Rules;
use crate::PurposeKind;

/// One step of the terms: cancelled less than so many days before its day, a time costs so much.
///
/// Days are counted by the calendar: a time on Friday that is cancelled on Tuesday is cancelled three days before,
/// whatever the clock says, so that a person can count them too.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CancelFee {
    /// Less than this.
    pub less_than_days: u32,
    /// For these purposes; empty is every purpose that no step of the same terms names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub purposes: Vec<PurposeKind>,
    /// A sum in kronor, once for the booking.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kr: Option<u32>,
    /// So much of what the time costs, in hundredths; 100 is all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<u8>,
    /// The price group that a group pays as, so that what is free of charge is not free to leave unused.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pays_as: BTreeMap<String, String>,
}

impl CancelFee {
    /// What one has to pay.
    pub fn due(&self) -> Due {
        match (self.kr, self.percent) {
            (Some(kr), _) => Due::Sum { ore: u64::from(kr).saturating_mul(100) },
            (None, Some(percent)) => Due::OfPrice { percent },
            (None, None) => Due::Sum { ore: 0 },
        }
    }

    /// The price group by whose prices a customer pays.
    pub fn group<'a>(&'a self, own: Option<&'a str>) -> Option<&'a str> {
        own.map(|own| self.pays_as.get(own).map_or(own, String::as_str))
    }
}

/// What a step asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Due {
    /// A sum, once for the booking.
    Sum {
        /// In öre.
        ore: u64,
    },
    /// A share of what the time costs.
    OfPrice {
        /// In hundredths.
        percent: u8,
    },
}

/// The steps that are about a purpose: those that name it, or those that name none.
fn steps_for(fees: &[CancelFee], purpose: PurposeKind) -> impl Iterator<Item = &CancelFee> {
    let named = fees.iter().any(|fee| fee.purposes.contains(&purpose));
    fees.iter().filter(
        move |fee| {
            if named { fee.purposes.contains(&purpose) } else { fee.purposes.is_empty() }
        },
    )
}

/// The terms of a purpose, the step that is reached first before the others.
pub fn cancel_terms(rules: &Rules, purpose: PurposeKind) -> Vec<&CancelFee> {
    let mut steps: Vec<&CancelFee> = steps_for(&rules.cancel_fees, purpose).collect();
    steps.sort_by_key(|fee| std::cmp::Reverse(fee.less_than_days));
    steps
}

/// The step that holds for a time on `day` that is cancelled on `today`; `None` where that costs nothing.
pub fn cancel_step(rules: &Rules, purpose: PurposeKind, day: Date, today: Date) -> Option<&CancelFee> {
    let days = today.until(day).map_or(0, |span| i64::from(span.get_days()));
    steps_for(&rules.cancel_fees, purpose)
        .filter(|fee| days < i64::from(fee.less_than_days))
        .min_by_key(|fee| fee.less_than_days)
}

/// A time that is cancelled, with the step that holds for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CancelledTime<'a> {
    /// The step; `None` where it costs nothing.
    pub step: Option<&'a CancelFee>,
    /// What the time costs by the step's price group, in öre; `None` where the list is silent. Looked at only where
    /// the step asks for a share of it.
    pub price_ore: Option<u64>,
}

/// What cancelling comes to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Cancellation {
    /// In öre; `None` where a time's price is not known.
    pub ore: Option<u64>,
    /// The steps that it comes of, each once.
    pub steps: Vec<CancelFee>,
}

impl Cancellation {
    /// Whether it costs nothing for sure.
    pub fn is_free(&self) -> bool {
        self.ore == Some(0)
    }
}

/// Until which day a time on `day` is cancelled free of charge; `None` where it always is.
pub fn free_until(rules: &Rules, purpose: PurposeKind, day: Date) -> Option<Date> {
    let most = steps_for(&rules.cancel_fees, purpose).map(|fee| fee.less_than_days).max()?;
    day.checked_sub(i64::from(most).days()).ok()
}

/// What cancelling these times of one booking costs: shares of the price for each of them, and of sums the largest,
/// since those are for the booking and not for each time. `earlier` are the steps by which other times of the booking
/// were cancelled before: of a sum only what goes beyond theirs is left.
pub fn cancellation(times: &[CancelledTime<'_>], earlier: &[CancelFee]) -> Cancellation {
    let mut steps: Vec<CancelFee> = Vec::new();
    let mut shares = Some(0_u64);
    let mut sum = 0_u64;
    for time in times {
        let Some(step) = time.step else { continue };
        match step.due() {
            Due::Sum { ore } => sum = sum.max(ore),
            Due::OfPrice { percent } => {
                let share = time.price_ore.map(|price| share_of(price, percent));
                shares = shares.zip(share).map(|(all, share)| all.saturating_add(share));
            }
        }
        if !steps.contains(step) {
            steps.push(step.clone());
        }
    }
    let had = earlier.iter().map(|step| match step.due() {
        Due::Sum { ore } => ore,
        Due::OfPrice { .. } => 0,
    });
    let left = sum.saturating_sub(had.max().unwrap_or(0));
    Cancellation { ore: shares.map(|shares| shares.saturating_add(left)), steps }
}

/// A share, half an öre upwards.
fn share_of(ore: u64, percent: u8) -> u64 {
    ore.saturating_mul(percent.into()).saturating_add(50).div_euclid(100)
}
