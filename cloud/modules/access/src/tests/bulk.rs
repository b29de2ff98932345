//! A large batch for one gateway does not hold up what is urgent for another: real broker, real gateways.

use std::time::Instant;

use cloud_contracts::AccessState;
use cloud_kernel::{TenantTx, testing::Bench};
use protocols_ids::GatewayId;
use sqlx::{Connection as _, PgConnection};

use super::bench::{FIELD, Hall, SITE, WHOLE};
use super::end_to_end::{Cloud, Gateway, WITHIN};
use crate::import;
use crate::store::gateway;

/// A second gateway, with a door for the field.
const BIG: &str = r#"
[[gateway]]
slug = "big"
name = "Stora hallen"

[[gateway.device]]
slug = "door"
name = "Dörrnod"
profile = "hallport-door-node"
address = "127.0.0.1:15030"
unit = 1

[[gateway.door]]
slug = "main"
name = "Porten"
lock = "door.lock"
keypad = "door"
lead_minutes = 0
lag_minutes = 0

[[gateway.need]]
resources = ["hall/field"]
doors = ["main"]
zones = []
"#;
/// Some eighty parts of 64 KiB.
const GRANTS: i32 = 20_000;

async fn two_halls(cloud: &Cloud) -> GatewayId {
    let mut tx: TenantTx = cloud.site.begin().await;
    import(&mut tx, &Hall, &format!("{SITE}{BIG}")).await.unwrap();
    let big = gateway::named(&mut tx, "big").await.unwrap().unwrap();
    tx.commit().await.unwrap();
    big
}

/// As many rights at a gateway as a season's, made from one that is there.
async fn multiply_grants(bench: &Bench, gateway: GatewayId) {
    let mut superuser = PgConnection::connect_with(&bench.superuser).await.unwrap();
    sqlx::query(
        "INSERT INTO access.access_grant (tenant_id, id, gateway_id, booking_id, booking_number, occurrence_id,
           resource_id, secret_index, starts_at, ends_at, opens_at, closes_at)
         SELECT tenant_id, gen_random_uuid(), gateway_id, booking_id, booking_number, gen_random_uuid(), resource_id,
                sha256(convert_to(n::text, 'UTF8')), starts_at + n * interval '30 seconds',
                ends_at + n * interval '30 seconds', opens_at + n * interval '30 seconds',
                closes_at + n * interval '30 seconds'
           FROM access.access_grant, generate_series(1, $2) n WHERE gateway_id = $1",
    )
    .bind(gateway.uuid())
    .bind(GRANTS)
    .execute(&mut superuser)
    .await
    .unwrap();
}

/// The gateway's last revisions: given, and acknowledged.
async fn revisions(cloud: &Cloud, id: GatewayId) -> (u64, u64) {
    let mut tx = cloud.site.begin().await;
    let ledger = gateway::find(&mut tx, id).await.unwrap().unwrap().ledger;
    (ledger.revision, ledger.acknowledged)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revocation_passes_a_large_batch_for_another_gateway() {
    let mut cloud = Box::pin(Cloud::new()).await;
    let big = two_halls(&cloud).await;
    let _broker = cloud.start_broker();
    cloud.connected(true).await;
    let data = tempfile::tempdir().unwrap();
    let (small, large) = (data.path().join("small"), data.path().join("big"));
    let _small = Gateway::start(cloud.enrol(&small).await, &small);
    let _big = Gateway::start(cloud.enrol_named("big", &large).await, &large);
    let (urgent, first) = (cloud.site.booking(1, WHOLE, 60), cloud.site.booking(2, FIELD, 60));
    for booking in [&urgent, &first] {
        cloud.issue(booking).await;
        cloud.becomes(booking, AccessState::Delivered).await;
    }

    multiply_grants(&cloud.site.bench, big).await;
    let (before, _) = revisions(&cloud, big).await;
    let last = cloud.site.booking(3, FIELD, 30);
    cloud.issue(&last).await;
    let deadline = Instant::now() + WITHIN;
    while revisions(&cloud, big).await.0 == before {
        assert!(Instant::now() < deadline, "the large batch is not built");
        tokio::task::yield_now().await;
    }
    let began = Instant::now();
    cloud.revoke(&urgent).await;
    cloud.becomes(&urgent, AccessState::Revoked).await;
    let passed = began.elapsed();
    let (given, acknowledged) = revisions(&cloud, big).await;
    assert!(acknowledged < given, "the large batch was there first, after {passed:?}");
    cloud.becomes(&last, AccessState::Delivered).await;
    println!("revoked after {passed:?}, {GRANTS} grants delivered after {:?}", began.elapsed());
}
