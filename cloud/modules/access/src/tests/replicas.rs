//! Several processes over one database and one real broker: one carries, the others take over, nothing is lost.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cloud_contracts::AccessState;
use cloud_kernel::telemetry::BrokerLink;
use cloud_kernel::{Database, Kernel, Random, Registry, Service, Vault};
use sqlx::{Connection as _, PgConnection};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::bench::WHOLE;
use super::end_to_end::{Cloud, Gateway, WITHIN};
use crate::store::lead::Lead;
use crate::{AccessModule, Courier};

/// Another process of the same cloud: its own pools, its own signals.
fn another(cloud: &Cloud) -> Kernel {
    let bench = &cloud.site.bench;
    let kernel = Kernel::new(
        Database::connect(bench.application.clone(), bench.worker.clone()),
        bench.clock.clone(),
        Random::from_seed(8),
        Vault::new(1, &[7; 32]).unwrap(),
        Service { scheme: "http".to_owned(), port: Some(8080), demo: true },
    );
    kernel.install(Registry::new(vec![Arc::new(AccessModule::new(cloud.site.trust.clone(), 8443))]));
    kernel
}

/// A courier of a process of its own.
struct Replica {
    status: watch::Receiver<BrokerLink>,
    running: JoinHandle<()>,
    _stop: watch::Sender<bool>,
}

impl Replica {
    fn start(cloud: &Cloud, kernel: Kernel) -> Self {
        let (stop, stopped) = watch::channel(false);
        let trust = cloud.site.trust.clone();
        let (status, courier) = Courier::start(kernel, trust, &cloud.broker, stopped).unwrap();
        Self { status, running: tokio::spawn(courier), _stop: stop }
    }

    async fn becomes(&mut self, carrying: bool) {
        let wait = self.status.wait_for(|now| (*now == BrokerLink::Connected) == carrying);
        tokio::time::timeout(WITHIN, wait).await.expect("the courier saw no change").unwrap();
    }

    /// As the kernel does with a killed process: nothing is finished, every connection is gone.
    async fn kill(self) {
        self.running.abort();
        assert!(self.running.await.unwrap_err().is_cancelled());
    }
}

/// Looks again and again until the database says so.
async fn until(conn: &mut PgConnection, what: &str, question: &'static str) {
    let deadline = Instant::now() + WITHIN;
    loop {
        if sqlx::query_scalar::<_, bool>(question).fetch_one(&mut *conn).await.unwrap() {
            return;
        }
        assert!(Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_process_carries_and_another_takes_over_when_it_dies_or_loses_the_database() {
    let cloud = Box::pin(Cloud::without_courier()).await;
    let _broker = cloud.start_broker();
    let mut first = Replica::start(&cloud, another(&cloud));
    first.becomes(true).await;
    let standing_by = another(&cloud);
    assert!(Lead::take(&standing_by).await.unwrap().is_none(), "only one holds the lock");
    let mut second = Replica::start(&cloud, standing_by);
    let data = tempfile::tempdir().unwrap();
    let data = data.path().join("gateway");
    let _gateway = Gateway::start(cloud.enrol(&data).await, &data);
    // Booked in a process that does not carry: the one that does hears of it from the database.
    let booking = cloud.site.booking(1, WHOLE, 10);
    cloud.issue(&booking).await;
    cloud.becomes(&booking, AccessState::Delivered).await;
    assert_eq!(*second.status.borrow(), BrokerLink::StandsBy);

    first.kill().await;
    second.becomes(true).await;
    let next = cloud.site.booking(2, WHOLE, 180);
    cloud.issue(&next).await;
    cloud.becomes(&next, AccessState::Delivered).await;

    // Its connection to the database is cut: it stops carrying, and somebody begins again.
    let mut superuser = PgConnection::connect_with(&cloud.site.bench.superuser).await.unwrap();
    sqlx::query(
        "SELECT pg_terminate_backend(pid) FROM pg_locks
          WHERE locktype = 'advisory' AND ((classid::bigint << 32) | objid::bigint) = 29396737972330852
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
    )
    .execute(&mut superuser)
    .await
    .unwrap();
    second.becomes(false).await;
    second.becomes(true).await;
    let last = cloud.site.booking(3, WHOLE, 300);
    cloud.issue(&last).await;
    cloud.becomes(&last, AccessState::Delivered).await;
    assert_eq!(cloud.site.row().await.journal_broken_at, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_courier_killed_before_its_commit_loses_nothing_and_doubles_nothing() {
    let cloud = Box::pin(Cloud::without_courier()).await;
    let _broker = cloud.start_broker();
    let mut first = Replica::start(&cloud, another(&cloud));
    first.becomes(true).await;
    let data = tempfile::tempdir().unwrap();
    let data = data.path().join("gateway");
    let mut gateway = Gateway::start(cloud.enrol(&data).await, &data);
    let keypad = cloud.keypad().await;
    let booking = cloud.site.booking(1, WHOLE, 10);
    cloud.issue(&booking).await;
    cloud.becomes(&booking, AccessState::Delivered).await;
    let pin = cloud.site.pin(&booking).await.unwrap();

    // What the gateway tells reaches the courier, which cannot commit it: somebody holds the gateway's row.
    let mut superuser = PgConnection::connect_with(&cloud.site.bench.superuser).await.unwrap();
    let mut holder = PgConnection::connect_with(&cloud.site.bench.superuser).await.unwrap();
    let mut held = holder.begin().await.unwrap();
    sqlx::query("SELECT FROM access.gateway FOR UPDATE").execute(&mut *held).await.unwrap();
    gateway.types(keypad, &pin).await;
    gateway.releases().await;
    let waits = "SELECT EXISTS (SELECT FROM pg_stat_activity
                  WHERE datname = current_database() AND wait_event_type = 'Lock')";
    until(&mut superuser, "the courier waits for the row", waits).await;
    first.kill().await;
    held.rollback().await.unwrap();

    let mut second = Replica::start(&cloud, another(&cloud));
    second.becomes(true).await;
    cloud.passages(&booking, 1).await;
    let row = cloud.site.row().await;
    assert_eq!(row.journal_broken_at, None);
    let stored: i64 =
        sqlx::query_scalar("SELECT count(*) FROM access.journal").fetch_one(&mut superuser).await.unwrap();
    assert_eq!(u64::try_from(stored).unwrap(), row.journal.sequence, "every entry once");
}
