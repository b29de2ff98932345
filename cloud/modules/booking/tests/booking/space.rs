//! What the register of facilities is answered about space and stock.

use cloud_booking::PartRegister;
use cloud_contracts::SpaceRegister;
use jiff::SignedDuration;
use protocols_ids::{EquipmentId, PartId, ResourceId, Uuid};

use crate::hall::{HALF_1, HALF_2, Hall, PART_1, PART_2, SEVEN, SIX};

async fn awaited(hall: &Hall, resource: ResourceId, part: PartId) -> bool {
    let mut tx = hall.bench.kernel.begin(hall.bench.alfa).await.unwrap();
    PartRegister.is_awaited(&mut tx, resource, &[part]).await.unwrap()
}

#[tokio::test]
async fn a_resource_is_awaited_until_its_last_time_is_over_or_cancelled() {
    let hall = Hall::new().await;
    let anna = hall.person("Anna").await;
    assert!(!awaited(&hall, HALF_1, PART_1).await);
    let page = hall.booked(&anna, HALF_1, SIX, 60).await;
    hall.booked(&anna, HALF_2, SIX, 60).await;
    assert!(awaited(&hall, HALF_1, PART_1).await);
    assert!(awaited(&hall, HALF_2, PART_2).await);
    hall.post(Some(&anna), &format!("{page}/cancel"), &[]).await;
    assert!(!awaited(&hall, HALF_1, PART_1).await, "cancelled");
    hall.bench.clock.advance(SignedDuration::from_hours(48));
    assert!(!awaited(&hall, HALF_2, PART_2).await, "over");
}

#[tokio::test]
async fn a_stock_is_what_the_register_said_last() {
    let hall = Hall::new().await;
    let goals = EquipmentId::new(Uuid::from_u128(500));
    for stock in [Some(4), None, Some(6)] {
        let mut tx = hall.bench.kernel.begin(hall.bench.alfa).await.unwrap();
        PartRegister.register_stock(&mut tx, &[(goals, stock)]).await.unwrap();
        tx.commit().await.unwrap();
    }
    assert_eq!(hall.count("SELECT max(stock)::bigint FROM booking.stock").await, 6);
}

#[tokio::test]
async fn the_times_to_come_of_a_resource_are_told_with_their_numbers_until_they_are_over_or_cancelled() {
    let hall = Hall::new().await;
    let anna = hall.person("Anna").await;
    let coming = || async {
        let mut tx = hall.bench.kernel.begin(hall.bench.alfa).await.unwrap();
        let times = PartRegister.coming(&mut tx, &[HALF_1, HALF_2]).await.unwrap();
        times.iter().map(|time| (time.resource, time.starts_at.to_string(), time.number)).collect::<Vec<_>>()
    };
    assert_eq!(coming().await, []);
    hall.booked(&anna, HALF_2, SEVEN, 60).await;
    let page = hall.booked(&anna, HALF_1, SIX, 60).await;
    let told = coming().await;
    let spans: Vec<(ResourceId, &str)> = told.iter().map(|(id, at, _)| (*id, at.as_str())).collect();
    assert_eq!(spans, [(HALF_1, SIX), (HALF_2, SEVEN)], "in order");
    assert!(told[0].2 > told[1].2, "each with its booking's number");
    hall.post(Some(&anna), &format!("{page}/cancel"), &[]).await;
    assert_eq!(coming().await.len(), 1, "cancelled");
    hall.bench.clock.advance(SignedDuration::from_hours(48));
    assert_eq!(coming().await, [], "over");
}
