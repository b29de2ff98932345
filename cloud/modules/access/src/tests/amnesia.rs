//! A broker that dies with everything it had taken and comes back knowing nobody: its clients believe that what it
//! confirmed is on its way. Only the signed acknowledgement of the cloud counts.

use std::process::Command;
use std::time::Instant;

use cloud_contracts::AccessState;
use protocols_fieldbus::nodes::NodeEvent;
use tokio::process::Child;

use super::bench::WHOLE;
use super::end_to_end::{Cloud, Gateway, WITHIN};
use crate::journal::verify;
use crate::store::gateway::Gateway as Row;

const ROUNDS: u64 = 4;
/// So often in each round the door opens and closes.
const SWINGS: u64 = 250;
/// Openings that the broker takes before it stands still.
const TAKEN: u64 = 60;

/// Stands still, with its connections open: what is sent to it piles up.
fn freeze(broker: &Child) {
    let id = broker.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-STOP", &id]).status().unwrap().success());
}

impl Cloud {
    /// Waits until so many openings and closings are stored; more would be told twice.
    async fn swings_become(&self, wanted: u64) {
        let topic = crate::events::gateway_topic(self.site.gateway);
        let mut signals = self.site.kernel().live().listen(self.site.tenant(), topic);
        let deadline = Instant::now() + WITHIN;
        loop {
            let mut tx = self.site.begin().await;
            let stored: i64 = sqlx::query_scalar("SELECT count(*) FROM access.journal WHERE kind = 'door'")
                .fetch_one(tx.conn())
                .await
                .unwrap();
            tx.commit().await.unwrap();
            let stored = u64::try_from(stored).unwrap();
            if stored == wanted {
                return;
            }
            assert!(stored < wanted && Instant::now() < deadline, "{stored} of {wanted}");
            signals.changed().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_forgets_its_sessions_costs_none_of_two_thousand_entries() {
    let mut cloud = Box::pin(Cloud::new()).await;
    let data = tempfile::tempdir().unwrap();
    let data = data.path().join("gateway");
    let mut broker = cloud.start_broker();
    cloud.connected(true).await;
    let mut gateway = Gateway::start(cloud.enrol(&data).await, &data);
    let door = cloud.keypad().await;
    let configured = |row: &Row| row.report.as_ref().is_some_and(|report| report.config_revision > 0);
    cloud.row_becomes("it has its configuration", configured).await;
    // A door that was never seen closed is not forced open.
    gateway.sees(door, NodeEvent::Contact(true)).await;

    let mut bookings = Vec::new();
    for round in 0..ROUNDS {
        for swing in 0..SWINGS {
            if swing == TAKEN {
                freeze(&broker);
                let minutes = i64::try_from(round).unwrap() * 120 + 10;
                let booking = cloud.site.booking(round + 1, WHOLE, minutes);
                cloud.issue(&booking).await;
                bookings.push(booking);
            }
            gateway.sees(door, NodeEvent::Contact(false)).await;
            gateway.sees(door, NodeEvent::Contact(true)).await;
        }
        // Dies without a word to anybody. It keeps nothing on disk, so that its successor knows no session.
        broker.kill().await.unwrap();
        cloud.connected(false).await;
        broker = cloud.start_broker();
        cloud.connected(true).await;
    }

    // Each opening without a right is an entry, and so is each closing: 2 000 of 2 000, once each and in order.
    let told = 2 * ROUNDS * SWINGS;
    cloud.swings_become(told).await;
    let row = cloud.site.row().await;
    let mut tx = cloud.site.begin().await;
    let verified = verify(&mut tx, &row).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!((verified.entries, verified.broken), (row.journal.sequence, None));
    assert!(verified.holes.is_empty() && verified.ends_where_it_should);
    // What went down meanwhile arrived as well.
    for booking in &bookings {
        cloud.becomes(booking, AccessState::Delivered).await;
    }
}
