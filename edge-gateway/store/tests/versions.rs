//! Files of other versions of the program.
#![expect(clippy::unwrap_used, reason = "what fails here is a failed test")]

mod support;

use std::path::Path;

use gateway_store::{OpenError, Store};
use protocols_access::Throttle;
use protocols_ids::Uuid;
use protocols_wire::{Damage, Position, Posture, PostureMode, UnixMs, encode};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};

use support::{
    GENERATION, Pen, boot, door, file, grant, is_whole, numbers, open, reopened, sequences, site, zone,
};

const FIRST: &str = include_str!("../migrations/0001_begin.sql");

async fn connect(path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    SqliteConnection::connect_with(&options).await.unwrap()
}

/// A file as the first version left it: three entries, one acknowledged and gone; two grants; all the rest.
async fn first_version(path: &Path) -> Pen {
    let mut connection = connect(path).await;
    sqlx::raw_sql(FIRST).execute(&mut connection).await.unwrap();
    sqlx::raw_sql("CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY)")
        .execute(&mut connection)
        .await
        .unwrap();
    let mut throttle = Throttle::default();
    throttle.wrong(door(), UnixMs(1_000));
    let mut pen = Pen::default();
    pen.next();
    let acknowledged_chain = pen.chain;
    for _ in 0..2 {
        let gateway_core::Change::Append { sequence, entry, chain, .. } = pen.next() else { unreachable!() };
        sqlx::query("INSERT INTO journal (sequence, entry, chain) VALUES (?1, ?2, ?3)")
            .bind(i64::try_from(sequence).unwrap())
            .bind(entry)
            .bind(chain.as_slice())
            .execute(&mut connection)
            .await
            .unwrap();
    }
    sqlx::query("INSERT INTO standing VALUES (1, 2, 7, 9, 90, 20, 10, ?1, ?2, ?3, 3, 3, ?4, 1, ?5)")
        .bind(encode(&site()))
        .bind(encode(&Posture { counter: 2, mode: PostureMode::Lockdown }))
        .bind(encode(&throttle))
        .bind(pen.chain.as_slice())
        .bind(acknowledged_chain.as_slice())
        .execute(&mut connection)
        .await
        .unwrap();
    for number in 1..=2_u64 {
        let row = grant(number, 100);
        sqlx::query("INSERT INTO access_grant VALUES (?1, 100, ?2)")
            .bind(Uuid::from_u128(u128::from(number)).as_bytes().as_slice())
            .bind(encode(&row))
            .execute(&mut connection)
            .await
            .unwrap();
    }
    sqlx::query("INSERT INTO lit VALUES (?1, 55)")
        .bind(zone(4).as_bytes().as_slice())
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    pen
}

#[tokio::test]
async fn a_file_of_the_first_version_is_brought_up_with_all_that_is_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder);
    let mut pen = first_version(&path).await;
    let older = Store::open_read_only(&path).await.unwrap_err();
    assert!(matches!(older, OpenError::Older { .. }), "{older}");

    let mut store = open(&path).await;
    assert_eq!(store.put_aside(), None);
    let stored = store.load(boot()).await.unwrap();
    assert_eq!((numbers(&stored), stored.position), (vec![1, 2], Position { epoch: 2, revision: 7 }));
    assert_eq!((stored.seal_id, stored.table_hash), (9, None));
    assert_eq!((stored.config, stored.posture.unwrap().mode), (Some(site()), PostureMode::Lockdown));
    assert_eq!((stored.lease_until, stored.heartbeat_at), (Some(UnixMs(90)), Some(UnixMs(20))));
    assert_eq!((stored.time_floor, stored.clock_error_ms), (UnixMs(10), None));
    assert_ne!(stored.throttle, Throttle::default());
    assert_eq!(stored.lit, [(zone(4), UnixMs(55))]);
    assert_eq!((stored.journal_generation, stored.journal_head), (GENERATION, 3));
    store.apply(&[pen.next()]).await.unwrap();
    drop(store);
    let stored = reopened(&path).await;
    assert_eq!((sequences(&stored), stored.damage.len()), (vec![2, 3, 4], 0));
    assert!(is_whole(&stored));
}

#[tokio::test]
async fn a_first_file_of_another_enrolment_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder);
    first_version(&path).await;
    let refused = Store::open(&path, GENERATION + 1).await.unwrap_err();
    assert!(matches!(refused, OpenError::OtherGeneration { found: 3, expected: 4, .. }), "{refused}");
    assert_eq!(numbers(&reopened(&path).await), [1, 2]);
}

#[tokio::test]
async fn a_first_file_with_an_unreadable_row_is_put_aside_and_its_generation_is_not_used_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder);
    first_version(&path).await;
    let mut connection = connect(&path).await;
    sqlx::raw_sql("UPDATE journal SET entry = x'00' WHERE sequence = 3")
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    let mut store = open(&path).await;
    assert!(store.put_aside().unwrap().exists());
    let stored = store.load(boot()).await.unwrap();
    assert_eq!(stored.damage, [Damage::Everything]);
    assert_eq!((stored.journal_generation, stored.journal_head), (GENERATION + 1, 0));
}

#[tokio::test]
async fn a_file_of_a_newer_program_is_refused_with_a_clear_word_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder);
    let mut connection = connect(&path).await;
    sqlx::raw_sql("CREATE TABLE other (x); PRAGMA user_version = 7").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let before = std::fs::read(&path).unwrap();
    for refused in [Store::open(&path, GENERATION).await, Store::open_read_only(&path).await] {
        let refused = refused.unwrap_err();
        assert!(matches!(refused, OpenError::Newer { found: 7, known: 2, .. }), "{refused}");
        assert!(refused.to_string().contains("newer hallport-gateway"), "{refused}");
    }
    assert_eq!(std::fs::read(&path).unwrap().len(), before.len());
}
