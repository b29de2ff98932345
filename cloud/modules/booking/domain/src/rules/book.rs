use jiff::civil::Date;
use protocols_ids::{AuthorityId, FacilityId, ResourceId};

use super::{Parameters, Rules};

/// What a layer of rules is about, farthest out first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Scope {
    /// The whole municipality.
    Tenant,
    /// A board or company.
    Authority(AuthorityId),
    /// A facility.
    Facility(FacilityId),
    /// A resource.
    Resource(ResourceId),
}

/// Parameters with what they are about and when they hold.
#[derive(Clone, PartialEq, Debug)]
pub struct Layer {
    /// About what.
    pub scope: Scope,
    /// The first day.
    pub first: Date,
    /// The last day, which is in it; `None` is until further notice.
    pub last: Option<Date>,
    /// What is said.
    pub parameters: Parameters,
}

impl Layer {
    /// Whether it holds on a date.
    pub fn holds_on(&self, date: Date) -> bool {
        self.first <= date && self.last.is_none_or(|last| date <= last)
    }
}

/// The rules of one resource on every date.
#[derive(Clone, PartialEq, Debug)]
pub struct RuleBook {
    /// From which date on which rules hold; in order, the first from the beginning of time.
    pieces: Vec<(Date, Rules)>,
}

impl RuleBook {
    /// What comes of these layers, in any order. The caller has left out those of other resources.
    pub fn new(layers: &[Layer]) -> Self {
        let mut near_last: Vec<&Layer> = layers.iter().collect();
        near_last.sort_by_key(|layer| (layer.scope, layer.first));
        let mut changes: Vec<Date> = vec![Date::MIN];
        changes.extend(layers.iter().map(|layer| layer.first));
        changes.extend(layers.iter().filter_map(|layer| layer.last?.tomorrow().ok()));
        changes.sort_unstable();
        changes.dedup();
        let rules_on = |date: Date| {
            let mut rules = Rules::default();
            for layer in near_last.iter().filter(|layer| layer.holds_on(date)) {
                layer.parameters.over(layer.scope, &mut rules);
            }
            rules
        };
        let mut pieces: Vec<(Date, Rules)> = Vec::new();
        for date in changes {
            let rules = rules_on(date);
            if pieces.last().is_none_or(|(_, before)| *before != rules) {
                pieces.push((date, rules));
            }
        }
        Self { pieces }
    }

    /// The same rules on every date.
    pub fn always(rules: Rules) -> Self {
        Self { pieces: vec![(Date::MIN, rules)] }
    }

    /// The rules of a date.
    pub fn on(&self, date: Date) -> &Rules {
        static DEFAULT: std::sync::LazyLock<Rules> = std::sync::LazyLock::new(Rules::default);
        let after = self.pieces.partition_point(|(first, _)| *first <= date);
        let piece = after.checked_sub(1).and_then(|index| self.pieces.get(index));
        piece.map_or(&DEFAULT, |(_, rules)| rules)
    }

    /// Whether neither stays nor packages are booked on any date.
    pub fn is_always_by_step(&self) -> bool {
        self.pieces.iter().all(|(_, rules)| rules.by_step())
    }

    /// The dates on which something changes.
    pub fn changes(&self) -> impl Iterator<Item = Date> + '_ {
        self.pieces.iter().skip(1).map(|(date, _)| *date)
    }
}
