//! What is told when times become free. A module of its own listens, in the place of the one that people follow times by.

use axum::Router;
use cloud_contracts::TimesFreed;
use cloud_kernel::{Actor, Delivery, Event as _, HandlerError, Kernel, Module, TenantTx};
use http::StatusCode;
use jiff::SignedDuration;

use crate::hall::{HALF_1, HALF_2, Hall, SEVEN, SIX, WHOLE};

/// Remembers in the audit which times became free.
pub struct Listener;

#[async_trait::async_trait]
impl Module for Listener {
    fn name(&self) -> &'static str {
        "watching"
    }

    fn routes(&self) -> Router<Kernel> {
        Router::new()
    }

    fn subscriptions(&self) -> &'static [&'static str] {
        &[TimesFreed::KIND]
    }

    async fn on_event(&self, tx: &mut TenantTx, delivery: &Delivery) -> Result<(), HandlerError> {
        if let Some(event) = delivery.read::<TimesFreed>() {
            for time in event?.times {
                let detail = format!("{} {}", time.resource, time.starts_at);
                tx.audit(Actor::Service("listener"), "listener.freed", None, &detail).await?;
            }
        }
        Ok(())
    }
}

/// What was told since the last time that was asked.
async fn freed(hall: &Hall) -> Vec<String> {
    hall.works().await;
    let mut superuser = hall.superuser().await;
    let told = sqlx::query_scalar(
        "SELECT detail #>> '{}' FROM kernel.audit WHERE action = 'listener.freed' ORDER BY 1",
    )
    .fetch_all(&mut superuser)
    .await
    .unwrap();
    sqlx::query("UPDATE kernel.audit SET action = 'listener.seen' WHERE action = 'listener.freed'")
        .execute(&mut superuser)
        .await
        .unwrap();
    told
}

#[tokio::test]
async fn whatever_frees_a_time_tells_of_it_and_nothing_else_does() {
    let hall = Hall::new().await;
    hall.bench.switch_on("watching").await;
    let anna = hall.person("Anna").await;
    let time = |resource, start: &str| format!("{resource} {start}");

    // Booking frees nothing; cancelling does.
    let booking = hall.booked(&anna, HALF_1, SIX, 60).await;
    assert!(freed(&hall).await.is_empty());
    hall.post(Some(&anna), &format!("{booking}/cancel"), &[]).await;
    assert_eq!(freed(&hall).await, [time(HALF_1, SIX)]);
    // Once more does not.
    hall.post(Some(&anna), &format!("{booking}/cancel"), &[]).await;
    assert!(freed(&hall).await.is_empty());

    // Of several times the one that is handed back.
    let booking = hall.booked_several(&anna, &[(HALF_1, SIX), (HALF_2, SEVEN)]).await;
    assert!(freed(&hall).await.is_empty());
    let page = hall.get(Some(&anna), &format!("{booking}/change")).await;
    let second = page.text.split(&format!("href=\"{booking}/times/")).nth(2).unwrap()[..36].to_owned();
    let given = hall.post(Some(&anna), &format!("{booking}/cancel"), &[("time", &second)]).await;
    assert_eq!(given.status, StatusCode::SEE_OTHER, "{}", given.text);
    assert_eq!(freed(&hall).await, [time(HALF_2, SEVEN)]);

    // What is moved frees where it was.
    let first = page.text.split(&format!("href=\"{booking}/times/")).nth(1).unwrap()[..36].to_owned();
    let fields = [("time", first.as_str()), ("action", "move"), ("days", "7")];
    hall.post(Some(&anna), &format!("{booking}/change"), &fields).await;
    assert_eq!(freed(&hall).await, [time(HALF_1, SIX)]);

    // A hold that is let go of, and one that runs out.
    let held = hall.hold(&anna, WHOLE, (SIX, "60"), &[]).await.location;
    hall.press(&anna, &held, "let-go").await;
    assert_eq!(freed(&hall).await, [time(WHOLE, SIX)]);
    hall.hold(&anna, WHOLE, (SIX, "60"), &[]).await;
    assert!(freed(&hall).await.is_empty());
    hall.bench.clock.advance(SignedDuration::from_mins(10));
    assert_eq!(freed(&hall).await, [time(WHOLE, SIX)]);
}

#[tokio::test]
async fn the_next_time_of_a_series_is_handed_back_from_ones_own_list_and_the_others_stay() {
    let hall = Hall::new().await;
    let anna = hall.person("Anna").await;
    let booking = hall.booked_several(&anna, &[(HALF_1, SIX), (HALF_1, "2026-12-01T17:00:00Z")]).await;
    let mine = hall.get(Some(&anna), "/bookings").await;
    let href =
        mine.text.split("href=\"").find(|part| part.starts_with(&format!("{booking}/cancel?time="))).unwrap();
    let href = href.split('"').next().unwrap();
    assert!(mine.says("Vi kommer inte") && mine.says("tisdag 24 nov 18.00–19.00"), "{}", mine.text);
    let asked = hall.get(Some(&anna), href).await;
    assert!(asked.says("Det kostar inget att avboka nu.") && !asked.says("1 dec"), "{}", asked.text);
    let time = href.split("time=").nth(1).unwrap();
    hall.post(Some(&anna), &format!("{booking}/cancel"), &[("time", time)]).await;
    let given_up = "SELECT count(*) FROM booking.occurrence WHERE cancelled_at IS NOT NULL";
    assert_eq!(hall.count(given_up).await, 1);
    // The next one is the one after it.
    let mine = hall.get(Some(&anna), "/bookings").await;
    assert!(mine.says("Vi kommer inte") && !mine.says("24 nov"), "{}", mine.text);
}
