//! What the outbox and the jobs promise: with the change or not at all, in order, again after a failure.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up ends here")]

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use cloud_kernel::testing::Bench;
use cloud_kernel::{Again, Delivery, Event, HandlerError, Job, Kernel, Module, TenantTx, Worker};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use sqlx::Connection;
use sqlx::postgres::PgConnection;

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

/// The number at which the handler panics.
const PANICS: u32 = 1300;

/// Hears numbers; refuses those it was told to, as often as it was told to.
#[derive(Default)]
struct Hearing {
    heard: Mutex<Vec<u32>>,
    refusals: Mutex<Vec<u32>>,
    jobs: Mutex<u32>,
}

#[async_trait]
impl Module for Hearing {
    fn name(&self) -> &'static str {
        "hearing"
    }
    fn routes(&self) -> Router<Kernel> {
        Router::new()
    }
    fn subscriptions(&self) -> &'static [&'static str] {
        &[Happened::KIND]
    }
    async fn on_event(&self, _: &mut TenantTx, delivery: &Delivery) -> Result<(), HandlerError> {
        let event: Happened = delivery.read().expect("the kind")?;
        assert_ne!(event.number, PANICS, "by the test");
        let mut refusals = self.refusals.lock().unwrap();
        if let Some(at) = refusals.iter().position(|number| *number == event.number) {
            refusals.remove(at);
            return Err(HandlerError::Outside { what: "refused".to_owned(), source: "by the test".into() });
        }
        self.heard.lock().unwrap().push(event.number);
        Ok(())
    }
    async fn on_job(&self, tx: &mut TenantTx, _: &Job) -> Result<Again, HandlerError> {
        let mut jobs = self.jobs.lock().unwrap();
        *jobs += 1;
        Ok(if *jobs < 2 { Again::At(tx.now() + SignedDuration::from_mins(1)) } else { Again::Never })
    }
}

async fn bench() -> (Bench, Arc<Hearing>, Worker) {
    let bench = Bench::new().await;
    bench.switch_on("hearing").await;
    let hearing = Arc::new(Hearing::default());
    bench.install(vec![hearing.clone()]);
    let worker = Worker::new(bench.kernel.clone());
    (bench, hearing, worker)
}

async fn emit(bench: &Bench, numbers: &[u32], commit: bool) {
    let mut tx = bench.kernel.begin(bench.alfa).await.unwrap();
    for number in numbers {
        tx.emit(&Happened { number: *number }).await.unwrap();
    }
    if commit {
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn an_event_of_a_transaction_that_was_dropped_never_happened() {
    let (bench, hearing, worker) = bench().await;
    emit(&bench, &[1], false).await;
    emit(&bench, &[2], true).await;
    worker.work_once().await.unwrap();
    assert_eq!(*hearing.heard.lock().unwrap(), [2]);
    assert_eq!(worker.work_once().await.unwrap(), 0, "what was delivered is gone");
}

#[tokio::test]
async fn a_failure_holds_the_stream_in_order_and_is_tried_again_later() {
    let (bench, hearing, worker) = bench().await;
    hearing.refusals.lock().unwrap().push(2);
    emit(&bench, &[1, 2, 3], true).await;
    worker.work_once().await.unwrap();
    assert_eq!(*hearing.heard.lock().unwrap(), [1]);
    assert_eq!(worker.work_once().await.unwrap(), 0, "not before its time");
    bench.clock.advance(SignedDuration::from_secs(2));
    worker.work_once().await.unwrap();
    assert_eq!(*hearing.heard.lock().unwrap(), [1, 2, 3]);
}

#[tokio::test]
async fn what_fails_too_often_is_parked_and_its_stream_waits() {
    let (bench, hearing, worker) = bench().await;
    hearing.refusals.lock().unwrap().extend([1; 16]);
    emit(&bench, &[1, 2], true).await;
    for _ in 0..20 {
        worker.work_once().await.unwrap();
        bench.clock.advance(SignedDuration::from_hours(1));
    }
    assert!(hearing.heard.lock().unwrap().is_empty());
    assert!(hearing.refusals.lock().unwrap().is_empty(), "tried as often as promised");
    assert_eq!(worker.work_once().await.unwrap(), 0);
}

#[tokio::test]
async fn two_workers_deliver_once() {
    let (bench, hearing, worker) = bench().await;
    let numbers: Vec<u32> = (0..40).collect();
    emit(&bench, &numbers, true).await;
    let other = Worker::new(bench.kernel.clone());
    let (one, two) = tokio::join!(worker.work_once(), other.work_once());
    one.unwrap();
    two.unwrap();
    worker.work_once().await.unwrap();
    assert_eq!(*hearing.heard.lock().unwrap(), numbers);
}

#[tokio::test]
async fn a_job_runs_when_it_is_due_and_again_when_it_asks() {
    let (bench, hearing, worker) = bench().await;
    let mut tx = bench.kernel.begin(bench.beta).await.unwrap();
    let due = tx.now() + SignedDuration::from_mins(5);
    tx.enqueue("hearing", "test.job", "a", due).await.unwrap();
    tx.enqueue("hearing", "test.job", "a", due + SignedDuration::from_mins(5)).await.unwrap();
    tx.commit().await.unwrap();
    let ran = || *hearing.jobs.lock().unwrap();
    worker.work_once().await.unwrap();
    assert_eq!(ran(), 0);
    bench.clock.advance(SignedDuration::from_mins(5));
    worker.work_once().await.unwrap();
    worker.work_once().await.unwrap();
    assert_eq!(ran(), 1, "the second enqueuing did not make a second job");
    bench.clock.advance(SignedDuration::from_mins(1));
    worker.work_once().await.unwrap();
    assert_eq!(ran(), 2);
    bench.clock.advance(SignedDuration::from_hours(1));
    assert_eq!(worker.work_once().await.unwrap(), 0);
}

#[tokio::test]
async fn a_handler_that_panics_has_failed_and_is_parked_in_the_end() {
    let (bench, hearing, worker) = bench().await;
    emit(&bench, &[PANICS, 2], true).await;
    for _ in 0..16 {
        assert_eq!(worker.work_once().await.unwrap(), 1);
        assert_eq!(worker.work_once().await.unwrap(), 0, "not before its time");
        bench.clock.advance(SignedDuration::from_hours(1));
    }
    assert_eq!(worker.work_once().await.unwrap(), 0, "parked");
    assert!(hearing.heard.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_module_that_the_tenant_does_not_use_hears_nothing() {
    let (bench, hearing, worker) = bench().await;
    let mut superuser = PgConnection::connect_with(&bench.superuser).await.unwrap();
    sqlx::query("UPDATE kernel.tenant SET modules = '{}'").execute(&mut superuser).await.unwrap();
    emit(&bench, &[1], true).await;
    assert_eq!(worker.work_once().await.unwrap(), 0);
    assert!(hearing.heard.lock().unwrap().is_empty());
}
