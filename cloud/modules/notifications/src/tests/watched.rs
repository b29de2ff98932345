//! Letters to those who follow a time.

use std::sync::atomic::{AtomicUsize, Ordering};

use cloud_contracts::WatchesFound;
use protocols_ids::WatchId;

use super::*;

/// Everybody of alfa follows the hall on Friday at six; somebody takes it once so many have been told.
struct Followers {
    persons: Mutex<Vec<PersonId>>,
    free_for: AtomicUsize,
}

impl Followers {
    fn new(free_for: usize) -> Arc<Self> {
        Arc::new(Self { persons: Mutex::default(), free_for: AtomicUsize::new(free_for) })
    }
}

#[async_trait]
impl Watches for Followers {
    async fn to_tell(&self, _: &mut TenantTx, _: Uuid) -> Result<Vec<ToTell>, PortError> {
        let told = |person: &PersonId| ToTell {
            hit: person.uuid(),
            person: *person,
            starts_at: time("2026-11-27T17:00:00Z"),
        };
        Ok(self.persons.lock().unwrap().iter().map(told).collect())
    }

    async fn found(&self, _: &mut TenantTx, hit: Uuid) -> Result<Option<FoundTime>, PortError> {
        let left = self.free_for.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        Ok(Some(FoundTime {
            watch: WatchId::new(hit),
            person: PersonId::new(hit),
            facility: FacilityId::new(Uuid::from_u128(3)),
            resource: ResourceId::new(Uuid::from_u128(9)),
            starts_at: time("2026-11-27T17:00:00Z"),
            ends_at: time("2026-11-27T18:00:00Z"),
            still: left.is_ok(),
            stop_path: "/watches/x/stop/y".to_owned(),
        }))
    }
}

#[tokio::test]
async fn whoever_follows_a_time_gets_one_letter_with_the_way_to_book_it_and_the_way_out() {
    let mailbox = Mailbox::open("100000");
    let followers = Followers::new(1);
    let carriers = Carriers { mail: Some(mailbox.relay()), sms: None };
    let world = World::following(carriers, Some("sam@post.example"), "sv", Some(followers.clone())).await;
    followers.persons.lock().unwrap().push(world.booker);
    let event = WatchesFound { notice: Uuid::from_u128(1) };
    world.tell(&event).await;
    world.tell(&event).await;
    let mail = mailbox.mail();
    let [mail] = mail.as_slice() else { panic!("one letter: {mail:?}") };
    assert_eq!(text(mail, "subject"), "Ledig tid: Hallen på Åsen");
    let body = text(mail, "text");
    for said in [
        "fredag 27 nov 18.00–19.00",
        "http://alfa.localhost:8080/book?resource=00000000-0000-0000-0000-000000000009&start=2026-11-27T17:00:00Z&minutes=60",
        "http://alfa.localhost:8080/watches/x/stop/y",
    ] {
        assert!(body.contains(said), "{said} is not in {body}");
    }
    assert!(mail["method"].is_null(), "no calendar takes in what is not booked");
    assert!(world.get("/my/messages").await.contains("En tid som du bevakar blev ledig"));
}

#[tokio::test]
async fn of_many_followers_those_whose_turn_comes_after_the_time_is_taken_are_told_nothing() {
    let mailbox = Mailbox::open("100000");
    let followers = Followers::new(3);
    let carriers = Carriers { mail: Some(mailbox.relay()), sms: None };
    let world = World::following(carriers, Some("sam@post.example"), "sv", Some(followers.clone())).await;
    sqlx::query(
        "INSERT INTO kernel.person (tenant_id, id, issuer, subject, name, email, language, created_at, seen_at)
         SELECT $1, gen_random_uuid(), 'test', 'p' || n, 'P', 'p' || n || '@post.example', 'sv', now(), now()
           FROM generate_series(1, 20) AS n",
    )
    .bind(world.bench.alfa.uuid())
    .execute(&mut world.superuser().await)
    .await
    .unwrap();
    let ids: Vec<Uuid> = sqlx::query_scalar("SELECT id FROM kernel.person WHERE issuer = 'test'")
        .fetch_all(&mut world.superuser().await)
        .await
        .unwrap();
    *followers.persons.lock().unwrap() = ids.into_iter().map(PersonId::new).collect();
    world.tell(&WatchesFound { notice: Uuid::from_u128(1) }).await;
    assert_eq!(mailbox.mail().len(), 3);
    let taken = not_sent("taken again, or not followed any more, before it was sent");
    let messages = world.messages().await;
    assert_eq!((messages.len(), messages.iter().filter(|one| **one == taken).count()), (20, 17));
}

#[tokio::test]
async fn whoever_wants_to_hear_of_nothing_that_they_follow_hears_of_nothing() {
    let mailbox = Mailbox::open("100000");
    let followers = Followers::new(9);
    let carriers = Carriers { mail: Some(mailbox.relay()), sms: None };
    let world = World::following(carriers, Some("sam@post.example"), "sv", Some(followers.clone())).await;
    followers.persons.lock().unwrap().push(world.booker);
    let form = [("bookings", "email"), ("disruptions", "email"), ("quiet", "ours")];
    let (_, to, _) = world.ask(&world.token, http::Method::POST, "/my/messages/settings", &form).await;
    assert_eq!(to, "/my/messages/settings?done=saved");
    world.tell(&WatchesFound { notice: Uuid::from_u128(1) }).await;
    assert!(mailbox.mail().is_empty() && world.messages().await.is_empty());
}
