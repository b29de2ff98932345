//! What answers a search, and in which order.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use protocols_ids::ResourceId;

use crate::{Filter, Kind, Point, Query, Sort};

/// What is known of something that can be booked, as far as it can be found by it. What is not known is absent, and
/// is not found by whoever asks for it.
#[derive(Clone, PartialEq, Debug)]
pub struct Facts {
    /// Which.
    pub resource: ResourceId,
    /// Its facility's name in paths.
    pub place: String,
    /// What sort of thing.
    pub kind: Kind,
    /// Keys of activities.
    pub activities: Vec<String>,
    /// Its size.
    pub square_metres: Option<u32>,
    /// For how many.
    pub persons_max: Option<u32>,
    /// With what it can be had, by name.
    pub equipment: Vec<String>,
    /// What is known of its accessibility.
    pub accessible: BTreeSet<String>,
    /// What an hour costs whoever asks, in öre.
    pub ore_per_hour: Option<i64>,
    /// Where.
    pub position: Option<Point>,
    /// Its place among what the typed words were found in, best first; none where they were not.
    pub rank: Option<usize>,
}

/// A time that can be booked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Free {
    /// From.
    pub starts_at: Timestamp,
    /// To.
    pub ends_at: Timestamp,
}

/// Something that answers a search.
#[derive(Clone, PartialEq, Debug)]
pub struct Hit {
    /// Which.
    pub resource: ResourceId,
    /// Its next free times, earliest first; none only where no time was asked for.
    pub free: Vec<Free>,
    /// How far away, where that is known.
    pub metres: Option<f64>,
}

impl Query {
    /// Whether something answers it, free times apart.
    pub fn admits(&self, facts: &Facts) -> bool {
        let at_least =
            |known: Option<u32>, wanted: Option<u32>| wanted.is_none_or(|wanted| known >= Some(wanted));
        let price = self.kronor_max.map(|kronor| i64::from(kronor).saturating_mul(100));
        (!self.has(Filter::Text) || facts.rank.is_some())
            && self.activity.as_ref().is_none_or(|activity| facts.activities.contains(activity))
            && self.place.as_ref().is_none_or(|place| facts.place == *place)
            && self.kind.is_none_or(|kind| facts.kind == kind)
            && at_least(facts.square_metres, self.size.map(crate::Size::square_metres))
            && at_least(facts.persons_max, self.persons)
            && self.equipment.as_ref().is_none_or(|name| facts.equipment.contains(name))
            && self.accessible.is_subset(&facts.accessible)
            && price.is_none_or(|most| facts.ore_per_hour.is_some_and(|ore| ore <= most))
    }

    /// What comes first, also where that was not said: what is near where somebody is, what fits the typed words best
    /// where only they were given, else what is free first.
    fn order(&self, origin: Option<Point>) -> Order {
        match self.sort {
            Some(Sort::Nearest) => Order::Nearest,
            Some(Sort::Cheapest) => Order::Cheapest,
            None if origin.is_some() => Order::Nearest,
            None if self.has(Filter::Text) && !self.asks_for_time() => Order::Fitting,
            Some(Sort::Soonest) | None => Order::Soonest,
        }
    }
}

#[derive(Clone, Copy)]
enum Order {
    Soonest,
    Nearest,
    Cheapest,
    Fitting,
}

/// What answers the query, in its order; what is alike in that stays in the order of the facts. Where a time is asked
/// for, only what has one answers.
pub fn hits(
    query: &Query,
    facts: &[Facts],
    free: &BTreeMap<ResourceId, Vec<Free>>,
    origin: Option<Point>,
) -> Vec<Hit> {
    let mut found: Vec<(&Facts, Hit)> = facts
        .iter()
        .filter(|facts| query.admits(facts))
        .map(|facts| {
            let metres = origin.zip(facts.position).map(|(origin, position)| origin.metres_to(position));
            let free = free.get(&facts.resource).cloned().unwrap_or_default();
            (facts, Hit { resource: facts.resource, free, metres })
        })
        .filter(|(_, hit)| !query.asks_for_time() || !hit.free.is_empty())
        .collect();
    let first_free = |hit: &Hit| hit.free.first().copied();
    let order = query.order(origin);
    found.sort_by(|(one, one_hit), (two, two_hit)| {
        let sooner = none_last(first_free(one_hit), first_free(two_hit), Ord::cmp);
        match order {
            Order::Soonest => sooner,
            Order::Nearest => none_last(one_hit.metres, two_hit.metres, f64::total_cmp).then(sooner),
            Order::Cheapest => none_last(one.ore_per_hour, two.ore_per_hour, Ord::cmp).then(sooner),
            Order::Fitting => none_last(one.rank, two.rank, Ord::cmp),
        }
    });
    found.into_iter().map(|(_, hit)| hit).collect()
}

/// The smaller first, what is not known last.
fn none_last<T>(one: Option<T>, two: Option<T>, order: impl Fn(&T, &T) -> Ordering) -> Ordering {
    match (one, two) {
        (Some(one), Some(two)) => order(&one, &two),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use protocols_ids::Uuid;

    use super::*;
    use crate::{Day, Near, Size};

    const fn id(number: u128) -> ResourceId {
        ResourceId::new(Uuid::from_u128(number))
    }

    fn facts(number: u128) -> Facts {
        Facts {
            resource: id(number),
            place: "hallen".to_owned(),
            kind: Kind::Hall,
            activities: vec!["floorball".to_owned()],
            square_metres: None,
            persons_max: None,
            equipment: Vec::new(),
            accessible: BTreeSet::new(),
            ore_per_hour: None,
            position: None,
            rank: None,
        }
    }

    fn free(hour: i64) -> Free {
        let starts_at = Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_hours(hour);
        Free { starts_at, ends_at: starts_at + jiff::SignedDuration::from_hours(1) }
    }

    fn found(query: &Query, facts: &[Facts], times: &[(u128, i64)]) -> Vec<ResourceId> {
        let times = times.iter().map(|(number, hour)| (id(*number), vec![free(*hour)])).collect();
        let origin = query.near.as_ref().and_then(|near| match near {
            Near::Point(point) => Some(*point),
            Near::Named(_) => None,
        });
        hits(query, facts, &times, origin).into_iter().map(|hit| hit.resource).collect()
    }

    #[test]
    fn what_is_not_known_of_something_does_not_answer_whoever_asks_for_it() {
        let bare = facts(1);
        for query in [
            Query { size: Some(Size::Court), ..Query::default() },
            Query { persons: Some(1), ..Query::default() },
            Query { kronor_max: Some(10_000), ..Query::default() },
            Query { equipment: Some("Mål".to_owned()), ..Query::default() },
            Query { accessible: BTreeSet::from(["lift".to_owned()]), ..Query::default() },
            Query { text: "hall".to_owned(), ..Query::default() },
        ] {
            assert!(!query.admits(&bare), "{query:?}");
        }
        assert!(Query::default().admits(&bare));
        assert!(
            Query { activity: Some("floorball".to_owned()), kind: Some(Kind::Hall), ..Query::default() }
                .admits(&bare)
        );
    }

    #[test]
    fn the_soonest_the_nearest_or_the_cheapest_comes_first_as_it_was_asked() {
        let at = |latitude| Some(Point { latitude, longitude: 18.0 });
        let all = [
            Facts { ore_per_hour: Some(300), position: at(59.1), ..facts(1) },
            Facts { ore_per_hour: Some(100), position: None, ..facts(2) },
            Facts { ore_per_hour: None, position: at(59.0), ..facts(3) },
        ];
        let times = [(1, 5), (2, 9), (3, 7)];
        let sorted = |sort| Query { sort: Some(sort), ..Query::default() };
        assert_eq!(found(&sorted(Sort::Soonest), &all, &times), [id(1), id(3), id(2)]);
        assert_eq!(found(&sorted(Sort::Cheapest), &all, &times), [id(2), id(1), id(3)]);
        let near = Some(Near::Point(Point { latitude: 58.9, longitude: 18.0 }));
        let nearest = Query { near, ..Query::default() };
        assert_eq!(found(&nearest, &all, &times), [id(3), id(1), id(2)]);
    }

    #[test]
    fn whoever_asks_for_a_time_is_shown_only_what_has_one() {
        let all = [facts(1), facts(2)];
        assert_eq!(found(&Query::default(), &all, &[(2, 1)]), [id(2), id(1)]);
        assert_eq!(found(&Query { day: Day::Today, ..Query::default() }, &all, &[(2, 1)]), [id(2)]);
    }

    #[test]
    fn words_alone_are_answered_by_what_fits_them_best() {
        let all = [Facts { rank: Some(1), ..facts(1) }, Facts { rank: Some(0), ..facts(2) }, facts(3)];
        let query = Query { text: "hall".to_owned(), ..Query::default() };
        assert_eq!(found(&query, &all, &[(1, 1)]), [id(2), id(1)]);
    }

    fn some_facts() -> impl Strategy<Value = Vec<Facts>> {
        let one = (
            proptest::option::of(50u32..1000),
            proptest::option::of(1u32..500),
            proptest::option::of(0i64..100_000),
            proptest::option::of(0usize..9),
            any::<bool>(),
        );
        proptest::collection::vec(one, 0..8).prop_map(|all| {
            let numbered = (1u128..).zip(all);
            let made =
                numbered.map(|(number, (square_metres, persons_max, ore_per_hour, rank, pitch))| Facts {
                    square_metres,
                    persons_max,
                    ore_per_hour,
                    rank,
                    kind: if pitch { Kind::Pitch } else { Kind::Hall },
                    ..facts(number)
                });
            made.collect()
        })
    }

    fn some_query() -> impl Strategy<Value = Query> {
        (
            prop_oneof![Just(String::new()), Just("hall".to_owned())],
            proptest::option::of(Just(Kind::Pitch)),
            proptest::option::of(Just(Size::Half)),
            proptest::option::of(1u32..500),
            proptest::option::of(1u32..1000),
            prop_oneof![Just(Day::Any), Just(Day::Today)],
        )
            .prop_map(|(text, kind, size, persons, kronor_max, day)| Query {
                text,
                kind,
                day,
                size,
                persons,
                kronor_max,
                ..Query::default()
            })
    }

    proptest! {
        #[test]
        fn loosening_never_loses_a_hit(
            query in some_query(), all in some_facts(), times in proptest::collection::btree_map(1u128..9, 0i64..9, 0..9),
        ) {
            let times: Vec<(u128, i64)> = times.into_iter().collect();
            let narrow = found(&query, &all, &times);
            for filter in Filter::ALL {
                let loose = found(&query.without(filter), &all, &times);
                prop_assert!(narrow.iter().all(|hit| loose.contains(hit)), "{filter:?}");
            }
        }
    }
}
