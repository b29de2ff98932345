use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use protocols_ids::{ResourceId, Uuid};
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom as _, SliceRandom as _};
use rand::{Rng as _, SeedableRng as _};
use serde_json::json;
use tokio::task::JoinSet;

use crate::hall::{CLUB, HALF_1, HALF_2, Hall, SIX, WHOLE, at};

const ATTEMPTS: usize = 200;
const SERIES: i64 = 30;

/// One attempt: some times of one resource.
#[derive(Clone)]
struct Attempt {
    resource: ResourceId,
    starts: Vec<Timestamp>,
}

impl Attempt {
    fn excludes(&self, other: &Self) -> bool {
        let halves = [HALF_1, HALF_2];
        let apart = self.resource != other.resource
            && halves.contains(&self.resource)
            && halves.contains(&other.resource);
        // All are an hour long and start on the hour.
        !apart && self.starts.iter().any(|start| other.starts.contains(start))
    }
}

/// Four days of five hours, and series of thirty days that begin on one of them.
fn attempts(random: &mut StdRng) -> Vec<Attempt> {
    let start = |day: i64, hour: i64| at(SIX) + SignedDuration::from_hours(24 * day + hour);
    let mut attempts: Vec<Attempt> = (0..ATTEMPTS)
        .map(|index| {
            let (day, hour) = (random.random_range(0..4), random.random_range(0..5));
            let starts = if index % 10 == 0 {
                (0..SERIES).map(|more| start(day + more, hour)).collect()
            } else {
                vec![start(day, hour)]
            };
            Attempt { resource: *[WHOLE, HALF_1, HALF_2].choose(random).unwrap(), starts }
        })
        .collect();
    attempts.shuffle(random);
    attempts
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_at_twenty_times_never_take_the_same_space_and_never_fail() {
    let seed = cloud_kernel::Random::from_system().below(u64::MAX);
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let hall = std::sync::Arc::new(Hall::new().await);
    let mut people = Vec::new();
    for number in 0..8 {
        people.push(hall.person(&format!("Person {number}")).await);
    }
    let attempts = attempts(&mut random);
    let mut tasks = JoinSet::new();
    for (index, attempt) in attempts.iter().cloned().enumerate() {
        let (hall, person) = (hall.clone(), people[index % people.len()].clone());
        tasks.spawn(async move {
            let key: Uuid = hall.bench.kernel.new_id();
            let mut occurrences: Vec<_> = attempt
                .starts
                .iter()
                .map(|start| json!({ "resource": attempt.resource, "start": start, "minutes": 60 }))
                .collect();
            // The order in which a request names its times is not the order of locks.
            if index % 2 == 0 {
                occurrences.reverse();
            }
            let wanted =
                json!({ "customer": CLUB, "purpose": "Cup", "request_key": key, "occurrences": occurrences });
            let answer = hall.post_json(Some(&person), &wanted).await;
            (index, answer.status, answer.text)
        });
    }
    let (mut accepted, mut refused) = (Vec::new(), Vec::new());
    while let Some(done) = tasks.join_next().await {
        let (index, status, text) = done.unwrap();
        match status {
            StatusCode::CREATED => accepted.push(attempts[index].clone()),
            StatusCode::CONFLICT => refused.push(attempts[index].clone()),
            other => panic!("seed {seed}: {other}: {text}"),
        }
    }
    assert_eq!(accepted.len() + refused.len(), ATTEMPTS);
    for one in &refused {
        assert!(accepted.iter().any(|other| other.excludes(one)), "seed {seed}: refused although free");
    }

    // Asked of the times themselves, past the table that has the constraint.
    let overlaps = hall
        .count(
            "WITH takes (resource_id, part) AS (VALUES
               ('00000000-0000-0000-0000-000000000001'::uuid, 1), ('00000000-0000-0000-0000-000000000001', 2),
               ('00000000-0000-0000-0000-000000000002', 1), ('00000000-0000-0000-0000-000000000003', 2)
             ), space AS (SELECT * FROM booking.occurrence JOIN takes USING (resource_id))
             SELECT count(*) FROM space a JOIN space b ON a.part = b.part AND a.id < b.id
                AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at",
        )
        .await;
    assert_eq!(overlaps, 0, "seed {seed}");
    let times: usize = accepted.iter().map(|one| one.starts.len()).sum();
    assert_eq!(hall.count("SELECT count(*) FROM booking.occurrence").await, i64::try_from(times).unwrap());
    let space: usize =
        accepted.iter().map(|one| one.starts.len() * if one.resource == WHOLE { 2 } else { 1 }).sum();
    assert_eq!(hall.count("SELECT count(*) FROM booking.occupancy").await, i64::try_from(space).unwrap());
    let numbers = hall.count("SELECT max(number) - min(number) + 1 FROM booking.booking").await;
    assert_eq!(numbers, i64::try_from(accepted.len()).unwrap(), "seed {seed}: the series has a gap");
    let deadlocks =
        hall.count("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").await;
    assert_eq!(deadlocks, 0, "seed {seed}");
}

#[tokio::test]
async fn a_hold_keeps_others_out_until_it_runs_out() {
    let hall = Hall::new().await;
    let anna = hall.person("Anna").await;
    let sql = "INSERT INTO booking.occupancy (tenant_id, part_id, starts_at, ends_at, occurrence_id, hold_until)
               SELECT $1, $2, $3::timestamptz, $3::timestamptz + interval '1 hour', occurrence.id, $4::timestamptz
                 FROM booking.occurrence";
    // The hold needs a time to belong to.
    hall.booked(&anna, HALF_2, SIX, 60).await;
    sqlx::query(sql)
        .bind(hall.bench.alfa.uuid())
        .bind(crate::hall::PART_1.uuid())
        .bind(jiff_sqlx::Timestamp::from(at(SIX)))
        .bind(jiff_sqlx::Timestamp::from(hall.bench.kernel.now() + SignedDuration::from_mins(10)))
        .execute(&mut hall.superuser().await)
        .await
        .unwrap();
    assert_eq!(hall.book(&anna, HALF_1, SIX, 60).await.status, StatusCode::CONFLICT);
    hall.bench.clock.advance(SignedDuration::from_mins(10));
    hall.booked(&anna, HALF_1, SIX, 60).await;
}
