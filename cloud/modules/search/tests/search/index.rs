//! The index: what it finds, how it is made anew, whose it is, and how it is read.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use cloud_contracts::{Facilities as _, RegisterChanged};
use cloud_kernel::testing::Bench;
use cloud_kernel::{TenantTx, Worker};
use cloud_search::{rebuild, rebuild_where_empty};
use protocols_ids::ResourceId;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Metadata, Subscriber};

use crate::city::{City, HALF, HALL, PITCH, ROOM, Register, facilities};

/// What the page finds, without regard to order.
async fn found(city: &City, text: &str) -> Vec<ResourceId> {
    let mut path = "/find?q=".to_owned();
    for byte in text.bytes() {
        write!(path, "%{byte:02X}").unwrap();
    }
    let answer = city.get(&path).await;
    let all =
        [(HALL, "Stora salen<"), (HALF, "Halva salen<"), (PITCH, "Konstgräset<"), (ROOM, "Mötesrummet ")];
    all.into_iter().filter(|(_, name)| answer.says(name)).map(|(id, _)| id).collect()
}

#[tokio::test]
async fn words_are_found_in_either_language_in_any_form_and_without_their_marks() {
    let city = City::new().await;
    for (text, expected) in [
        ("innebandy", vec![HALL, HALF]),
        ("floorball", vec![HALL, HALF]),
        ("badmintonen", vec![HALF]),
        ("fotbollsplan", vec![]),
        ("fotboll", vec![PITCH]),
        ("football pitches", vec![PITCH]),
        ("idrottsplatser", vec![PITCH]),
        ("idrottsplatsen", vec![PITCH]),
        ("Åkersberga", vec![HALL, HALF]),
        ("akersberga", vec![HALL, HALF]),
        ("konstgras", vec![PITCH]),
        ("möte", vec![ROOM]),
        ("solsk", vec![HALL, HALF]),
        ("innebandymål", vec![HALL]),
        ("solskiftet halva", vec![HALF]),
        ("solskiftet fotboll", vec![]),
    ] {
        assert_eq!(found(&city, text).await, expected, "{text}");
    }
}

#[tokio::test]
async fn a_name_goes_before_a_text() {
    let city = City::new().await;
    // One is called so, the other stands in a street that is.
    let mut register = facilities();
    register[2].resources[0].name = "Hallvägens rum".to_owned();
    let mut tx = city.bench.kernel.begin(city.bench.alfa).await.unwrap();
    rebuild(&mut tx, &Register(register)).await.unwrap();
    tx.commit().await.unwrap();
    let answer = city.get("/find?q=hallv%C3%A4gen").await;
    assert!(answer.text.find("Biblioteket, ").unwrap() < answer.text.find("Stora salen<").unwrap());
}

async fn entries(tx: &mut TenantTx) -> i64 {
    let tenant = tx.tenant();
    sqlx::query_scalar("SELECT count(*) FROM search.entry WHERE tenant_id = $1")
        .bind(tenant.uuid())
        .fetch_one(tx.conn())
        .await
        .unwrap()
}

#[tokio::test]
async fn when_the_register_changes_its_own_tenants_index_is_made_anew() {
    let city = City::new().await;
    let kernel = &city.bench.kernel;
    city.bench.install(vec![Arc::new(city.module())]);
    // Another tenant's entries, and one of ours that the register no longer has.
    for tenant in [city.bench.alfa, city.bench.beta] {
        let mut tx = kernel.begin(tenant).await.unwrap();
        let mut old = facilities();
        old[0].resources[1].id = ROOM;
        old.truncate(1);
        rebuild(&mut tx, &Register(old)).await.unwrap();
        assert_eq!(entries(&mut tx).await, 2);
        if tenant == city.bench.alfa {
            tx.emit(&RegisterChanged {}).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
    Worker::new(kernel.clone()).work_once().await.unwrap();
    let mut tx = kernel.begin(city.bench.alfa).await.unwrap();
    assert_eq!(entries(&mut tx).await, 4);
    let mut tx = kernel.begin(city.bench.beta).await.unwrap();
    assert_eq!(entries(&mut tx).await, 2, "the other tenant's stays as it was");
}

#[tokio::test]
async fn an_index_that_is_not_there_is_made_and_one_that_is_stays() {
    let bench = Bench::new().await;
    let register = Register(facilities());
    let mut tx = bench.kernel.begin(bench.alfa).await.unwrap();
    rebuild_where_empty(&mut tx, &register).await.unwrap();
    assert_eq!(entries(&mut tx).await, 4);
    let fewer = Register(register.all(&mut tx).await.unwrap().split_off(2));
    rebuild_where_empty(&mut tx, &fewer).await.unwrap();
    assert_eq!(entries(&mut tx).await, 4);
    rebuild(&mut tx, &fewer).await.unwrap();
    assert_eq!(entries(&mut tx).await, 1);
}

/// Collects the plans that the database sends with its answers.
#[derive(Clone, Default)]
struct Plans(Arc<Mutex<Vec<String>>>);

impl Subscriber for Plans {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("sqlx")
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        let mut text = String::new();
        event.record(&mut Words(&mut text));
        self.0.lock().unwrap().push(text);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

struct Words<'a>(&'a mut String);

impl Visit for Words<'_> {
    fn record_debug(&mut self, _: &Field, value: &dyn std::fmt::Debug) {
        write!(self.0, " {value:?}").unwrap();
    }
}

#[tokio::test]
async fn a_search_reads_by_the_index_under_the_applications_role() {
    let bench = Bench::new().await;
    let mut superuser = PgConnection::connect_with(&bench.superuser).await.unwrap();
    let database = bench.superuser.get_database().unwrap().to_owned();
    let mut run =
        async |sql: String| sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut superuser).await.unwrap();
    // Before the first connection of the application is made.
    run(format!(
        "ALTER DATABASE {database} SET session_preload_libraries = 'auto_explain';
         ALTER DATABASE {database} SET auto_explain.log_min_duration = 0;
         ALTER DATABASE {database} SET auto_explain.log_level = 'notice';"
    ))
    .await;
    let city = City::over(bench).await;
    // Twenty municipalities as large as any.
    run(format!(
        "SET session_replication_role = replica;
         INSERT INTO search.entry (tenant_id, resource_id, facility_id, name, words_sv, words_en, more)
           SELECT CASE WHEN number % 20 = 0 THEN '{}'::uuid ELSE md5('tenant ' || number % 20)::uuid END,
                  md5('resource ' || number)::uuid, md5('facility ' || number / 10)::uuid,
                  'Hallen ' || number / 10 || ' sal ' || number, 'innebandy hall sporthall', 'floorball hall',
                  'Gatan ' || number
             FROM generate_series(1, 20000) AS number;
         ANALYZE search.entry;",
        city.bench.alfa
    ))
    .await;
    let plans = Plans::default();
    // For the whole process: only the database of this test explains what it does.
    tracing::subscriber::set_global_default(plans.clone()).unwrap();
    city.get("/find?q=solskiftet%20innebandy").await;
    let plans = plans.0.lock().unwrap();
    let plan = plans.iter().find(|text| text.contains("Query Text: SELECT entry.resource_id"));
    let plan = plan.unwrap_or_else(|| panic!("no plan: {plans:#?}"));
    let condition = plan.split("Index Cond:").nth(1).unwrap_or_else(|| panic!("{plan}"));
    assert!(plan.contains("entry_document") && !plan.contains("Seq Scan"), "{plan}");
    assert!(condition.contains("tenant_id") && condition.contains("@@"), "{plan}");
}
