//! The file's way into the price lists, and out through the port.
#![expect(clippy::unwrap_used, reason = "a test ends where something is missing")]

mod support;

use cloud_contracts::{ImportReport, Priced, Prices, Quote, QuoteLine};
use cloud_kernel::testing::Bench;
use cloud_pricing::PriceList;
use jiff::civil::{Date, date};
use protocols_ids::{ResourceId, TenantId};
use support::{FILE, HALF, HALL, imported};

const DAY: Date = date(2026, 11, 23);

/// Resource and öre an hour.
async fn rates(bench: &Bench, tenant: TenantId, group: Option<&str>, on: Date) -> Vec<(ResourceId, i64)> {
    let mut tx = bench.kernel.begin(tenant).await.unwrap();
    let rates = PriceList.rates(&mut tx, &[HALL, HALF], group, on).await.unwrap();
    rates.into_iter().map(|rate| (rate.resource, rate.ore_per_hour)).collect()
}

async fn audited(bench: &Bench) -> i64 {
    let mut tx = bench.kernel.begin(bench.alfa).await.unwrap();
    sqlx::query_scalar("SELECT count(*) FROM kernel.audit").fetch_one(tx.conn()).await.unwrap()
}

#[tokio::test]
async fn a_group_pays_by_the_list_and_where_it_is_silent_nothing_is_said() {
    let bench = Bench::new().await;
    let report = imported(&bench, bench.alfa, FILE).await.unwrap();
    assert_eq!(report, ImportReport { created: 6, updated: 0 });
    assert_eq!(rates(&bench, bench.alfa, Some("taxa-1"), DAY).await, [(HALL, 9500), (HALF, 5550)]);
    assert_eq!(rates(&bench, bench.alfa, None, DAY).await, [(HALL, 42000)]);
    assert_eq!(rates(&bench, bench.alfa, Some("taxa-9"), DAY).await, []);
    assert_eq!(rates(&bench, bench.alfa, None, date(2019, 12, 31)).await, []);
}

#[tokio::test]
async fn a_quote_says_why() {
    let bench = Bench::new().await;
    imported(&bench, bench.alfa, FILE).await.unwrap();
    let mut tx = bench.kernel.begin(bench.alfa).await.unwrap();
    let quote = PriceList.quote(&mut tx, HALF, Some("taxa-1"), DAY, 90).await.unwrap();
    let line = QuoteLine {
        tariff_name: "Taxor".to_owned(),
        group_name: "Taxa 1".to_owned(),
        ore_per_hour: 5550,
        minutes: 90,
        amount_ore: 8325,
    };
    assert_eq!(quote, Some(Quote { total_ore: 8325, lines: vec![line] }));
    assert_eq!(PriceList.quote(&mut tx, HALF, None, DAY, 90).await.unwrap(), None);
}

#[tokio::test]
async fn many_spans_are_priced_in_one_question_each_by_its_day_its_group_and_its_length() {
    let bench = Bench::new().await;
    imported(&bench, bench.alfa, FILE).await.unwrap();
    // From the new year another list holds.
    let next = FILE
        .replace("\"Taxor\"", "\"Taxor 2027\"")
        .replace("\"2020-01-01\"", "\"2027-01-01\"")
        .replace("taxa-1 = 95", "taxa-1 = 100");
    imported(&bench, bench.alfa, &next).await.unwrap();
    let mut tx = bench.kernel.begin(bench.alfa).await.unwrap();
    let of = |resource, price_group, on, minutes| Priced { resource, price_group, on, minutes };
    let wanted = [
        of(HALL, Some("taxa-1"), date(2027, 1, 4), 60),
        of(HALL, Some("taxa-1"), date(2026, 12, 28), 60),
        of(HALF, None, DAY, 60),
        of(HALL, None, DAY, 90),
        of(HALL, Some("taxa-1"), date(2019, 12, 31), 60),
        of(HALL, Some("taxa-1"), date(2027, 1, 4), 60),
    ];
    let quotes = PriceList.quotes(&mut tx, &wanted).await.unwrap();
    let totals: Vec<Option<i64>> =
        quotes.iter().map(|quote| quote.as_ref().map(|one| one.total_ore)).collect();
    assert_eq!(totals, [Some(10_000), Some(9500), None, Some(63_000), None, Some(10_000)]);
    // Asked one by one they are the same.
    for (one, quote) in wanted.iter().zip(&quotes) {
        let alone = PriceList.quote(&mut tx, one.resource, one.price_group, one.on, one.minutes).await;
        assert_eq!(&alone.unwrap(), quote);
    }
    assert_eq!(PriceList.quotes(&mut tx, &[]).await.unwrap(), []);
}

#[tokio::test]
async fn the_same_file_twice_changes_nothing() {
    let bench = Bench::new().await;
    imported(&bench, bench.alfa, FILE).await.unwrap();
    let trail = audited(&bench).await;
    assert_eq!(trail, 1);
    assert_eq!(imported(&bench, bench.alfa, FILE).await.unwrap(), ImportReport::default());
    assert_eq!(audited(&bench).await, trail);
}

#[tokio::test]
async fn a_mended_file_mends_the_list() {
    let bench = Bench::new().await;
    imported(&bench, bench.alfa, FILE).await.unwrap();
    let mended = FILE
        .replace("taxa-1 = 95, taxa-3 = 420", "taxa-1 = 90")
        .replace("who = \"Barn och unga\"", "default = true")
        .replace("name = \"Taxa 3\"\ndefault = true", "name = \"Taxa 3\"");
    // A figure, a figure that is gone, and two groups.
    assert_eq!(imported(&bench, bench.alfa, &mended).await.unwrap(), ImportReport { created: 0, updated: 4 });
    assert_eq!(rates(&bench, bench.alfa, None, DAY).await, [(HALL, 9000), (HALF, 5550)]);
    assert_eq!(rates(&bench, bench.alfa, Some("taxa-3"), DAY).await, []);
    assert_eq!(audited(&bench).await, 2);
}

#[tokio::test]
async fn a_group_taken_out_of_the_file_does_not_unsettle_the_others() {
    let bench = Bench::new().await;
    imported(&bench, bench.alfa, FILE).await.unwrap();
    let (before, rest) = FILE.split_once("[[tariff.group]]").unwrap();
    let (_, third) = rest.split_once("[[tariff.group]]").unwrap();
    let shorter = format!("{before}[[tariff.group]]{third}")
        .replace("taxa-1 = 95, ", "")
        .replace("taxa-1 = \"55.50\"", "taxa-3 = 260");
    // One group moved up, one figure new, two gone.
    assert_eq!(
        imported(&bench, bench.alfa, &shorter).await.unwrap(),
        ImportReport { created: 1, updated: 3 }
    );
    assert_eq!(imported(&bench, bench.alfa, &shorter).await.unwrap(), ImportReport::default());
}

#[tokio::test]
async fn a_new_list_follows_the_old_one_on_its_day() {
    let bench = Bench::new().await;
    imported(&bench, bench.alfa, FILE).await.unwrap();
    let next = FILE.replace("2020-01-01", "2027-01-01").replace("taxa-3 = 420", "taxa-3 = 450");
    imported(&bench, bench.alfa, &next).await.unwrap();
    assert_eq!(rates(&bench, bench.alfa, None, date(2026, 12, 31)).await, [(HALL, 42000)]);
    assert_eq!(rates(&bench, bench.alfa, None, date(2027, 1, 1)).await, [(HALL, 45000)]);
}

#[tokio::test]
async fn a_bad_file_changes_nothing_and_names_the_place() {
    let bench = Bench::new().await;
    let nowhere = FILE.replace("sportcentrum/a1", "sportcentrum/c");
    let refusal = imported(&bench, bench.alfa, &nowhere).await.unwrap_err().to_string();
    assert!(
        refusal.starts_with("tariff \"Taxor\", rate of \"sportcentrum/c\": there is no such"),
        "{refusal}"
    );
    let dear = FILE.replace("taxa-1 = 95", "taxa-1 = -95");
    let refusal = imported(&bench, bench.alfa, &dear).await.unwrap_err().to_string();
    assert!(refusal.starts_with("tariff \"Taxor\", rate of \"sportcentrum/a\": the price"), "{refusal}");
    assert_eq!(rates(&bench, bench.alfa, Some("taxa-1"), DAY).await, []);
}

#[tokio::test]
async fn another_tenant_sees_nothing_of_it() {
    let bench = Bench::new().await;
    imported(&bench, bench.alfa, FILE).await.unwrap();
    assert_eq!(rates(&bench, bench.beta, Some("taxa-1"), DAY).await, []);
    assert_eq!(
        imported(&bench, bench.beta, FILE).await.unwrap(),
        ImportReport { created: 6, updated: 0 },
        "the same list is new there"
    );
}
