//! Two processes over one database: a stream is one worker's, and what a killed one had begun is done by the other,
//! once.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up ends here")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use axum::Router;
use cloud_kernel::testing::Bench;
use cloud_kernel::{
    Actor, Database, Delivery, Event, HandlerError, Kernel, Module, Random, Registry, Service, TenantTx,
    Vault, Worker,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::Connection;
use sqlx::postgres::PgConnection;
use tokio::sync::mpsc;

/// Long enough for the slowest machine; a failure waits this long, a success does not.
const WITHIN: Duration = Duration::from_secs(30);

#[derive(Serialize, Deserialize)]
struct Happened {
    number: u32,
}

impl Event for Happened {
    const KIND: &'static str = "test.happened";
    fn stream(&self) -> String {
        "one".to_owned()
    }
}

/// Something else than what takes long.
#[derive(Serialize, Deserialize)]
struct Urgent;

impl Event for Urgent {
    const KIND: &'static str = "test.urgent";
    fn stream(&self) -> String {
        "two".to_owned()
    }
}

/// Takes for ever over one stream, and tells of the other.
struct Slow {
    begun: mpsc::UnboundedSender<&'static str>,
}

#[async_trait]
impl Module for Slow {
    fn name(&self) -> &'static str {
        "writing"
    }
    fn routes(&self) -> Router<Kernel> {
        Router::new()
    }
    fn subscriptions(&self) -> &'static [&'static str] {
        &[Happened::KIND, Urgent::KIND]
    }
    async fn on_event(&self, _: &mut TenantTx, delivery: &Delivery) -> Result<(), HandlerError> {
        if delivery.read::<Urgent>().is_some() {
            self.begun.send("urgent").unwrap();
            return Ok(());
        }
        self.begun.send("slow").unwrap();
        std::future::pending().await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_takes_long_holds_up_no_other() {
    let bench = Bench::new().await;
    bench.switch_on("writing").await;
    let (begun, mut told) = mpsc::unbounded_channel();
    bench.install(vec![Arc::new(Slow { begun })]);
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    let running = tokio::spawn(Worker::new(bench.kernel.clone()).run(stopped));
    let mut tx = bench.kernel.begin(bench.alfa).await.unwrap();
    tx.emit(&Happened { number: 1 }).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(tokio::time::timeout(WITHIN, told.recv()).await.unwrap(), Some("slow"));
    let mut tx = bench.kernel.begin(bench.alfa).await.unwrap();
    tx.emit(&Urgent).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(tokio::time::timeout(WITHIN, told.recv()).await.unwrap(), Some("urgent"));
    running.abort();
}

/// Writes down each number. In the process that is to be killed it says so before it returns, and never returns.
struct Writing {
    before_commit: Option<mpsc::UnboundedSender<u32>>,
}

#[async_trait]
impl Module for Writing {
    fn name(&self) -> &'static str {
        "writing"
    }
    fn routes(&self) -> Router<Kernel> {
        Router::new()
    }
    fn subscriptions(&self) -> &'static [&'static str] {
        &[Happened::KIND]
    }
    async fn on_event(&self, tx: &mut TenantTx, delivery: &Delivery) -> Result<(), HandlerError> {
        let event: Happened = delivery.read().expect("the kind")?;
        tx.audit(Actor::Service("writing"), "test.written", None, &json!({ "number": event.number })).await?;
        if let Some(told) = &self.before_commit {
            told.send(event.number).unwrap();
            std::future::pending::<()>().await;
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_worker_killed_before_its_commit_had_begun_is_done_by_another_once_and_in_order() {
    let bench = Bench::new().await;
    let mut superuser = PgConnection::connect_with(&bench.superuser).await.unwrap();
    bench.switch_on("writing").await;
    bench.install(vec![Arc::new(Writing { before_commit: None })]);
    let mut tx = bench.kernel.begin(bench.alfa).await.unwrap();
    for number in 1..=3 {
        tx.emit(&Happened { number }).await.unwrap();
    }
    tx.commit().await.unwrap();

    // The other process: its own threads, its own pools.
    let (told, mut began) = mpsc::unbounded_channel();
    let process = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (application, worker, clock) = (bench.application.clone(), bench.worker.clone(), bench.clock.clone());
    process.spawn(async move {
        let kernel = Kernel::new(
            Database::connect(application, worker),
            clock,
            Random::from_seed(9),
            Vault::new(1, &[7; 32]).unwrap(),
            Service { scheme: "http".to_owned(), port: None, demo: true },
        );
        kernel.install(Registry::new(vec![Arc::new(Writing { before_commit: Some(told) })]));
        Worker::new(kernel).work_once().await
    });
    assert_eq!(tokio::time::timeout(WITHIN, began.recv()).await.unwrap(), Some(1));

    // While it lives the stream is its own.
    let here = Worker::new(bench.kernel.clone());
    assert_eq!(here.work_once().await.unwrap(), 0);

    process.shutdown_background();
    let deadline = Instant::now() + WITHIN;
    while here.work_once().await.unwrap() == 0 {
        assert!(Instant::now() < deadline, "nobody takes over");
        tokio::task::yield_now().await;
    }
    while here.work_once().await.unwrap() > 0 {}
    let written: Vec<i64> = sqlx::query_scalar(
        "SELECT (detail->>'number')::bigint FROM kernel.audit WHERE action = 'test.written' ORDER BY id",
    )
    .fetch_all(&mut superuser)
    .await
    .unwrap();
    assert_eq!(written, [1, 2, 3]);
}
