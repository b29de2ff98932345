//! The file's way into the register, and out through the port.
use std::sync::atomic::Ordering;

use cloud_contracts::{Facilities, Facility, ImportError, ImportReport};
use cloud_facilities::{FacilityRegister, import};
use cloud_kernel::testing::Bench;
use protocols_ids::{PartId, TenantId};

use crate::support::Space;

const FILE: &str = r#"
[defaults]
authority = "namnden"
time_zone = "Europe/Stockholm"
opening_hours = [{ days = "mon-sun", opens = "07:00", closes = "23:00" }]

[[facility]]
slug = "solskiftet"
name = "Solskiftet"
parts = ["A1", "A2"]

[[facility.resource]]
slug = "hallen"
name = "Hallen"
parts = ["A1", "A2"]
size = { width_cm = 1000, length_cm = [1600, 2200] }
activities = ["badminton"]

[[facility.resource]]
slug = "a1"
name = "Halva A1"
parent = "hallen"
parts = ["A1"]

[[facility]]
slug = "berga"
name = "Berga"
parts = ["hallen"]

[[facility.resource]]
slug = "hallen"
name = "Hallen"
parts = ["hallen"]
"#;

async fn imported(bench: &Bench, tenant: TenantId, text: &str) -> Result<ImportReport, ImportError> {
    let mut tx = bench.kernel.begin(tenant).await.unwrap();
    let report = import(&mut tx, &Space::default(), text).await?;
    tx.commit().await.unwrap();
    Ok(report)
}

async fn all(bench: &Bench, tenant: TenantId) -> Vec<Facility> {
    let mut tx = bench.kernel.begin(tenant).await.unwrap();
    FacilityRegister.all(&mut tx).await.unwrap()
}

async fn audited(bench: &Bench, tenant: TenantId) -> i64 {
    let mut tx = bench.kernel.begin(tenant).await.unwrap();
    sqlx::query_scalar("SELECT count(*) FROM kernel.audit").fetch_one(tx.conn()).await.unwrap()
}

#[tokio::test]
async fn what_the_file_says_is_what_the_register_answers() {
    let bench = Bench::new().await;
    let told = Space::default();
    let mut tx = bench.kernel.begin(bench.alfa).await.unwrap();
    let report = import(&mut tx, &told, FILE).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(report, ImportReport { created: 8, updated: 0 });

    let facilities = all(&bench, bench.alfa).await;
    assert_eq!(
        facilities.iter().map(|facility| facility.name.as_str()).collect::<Vec<_>>(),
        ["Berga", "Solskiftet"]
    );
    let solskiftet = &facilities[1];
    assert_eq!(solskiftet.authority, bench.alfa_authority);
    assert_eq!(solskiftet.opening_hours.len(), 7);
    let [hall, part] = solskiftet.resources.as_slice() else { panic!("two resources") };
    assert_eq!(part.parent, Some(hall.id));
    assert!(hall.parts.contains(&part.parts[0]) && hall.parts.len() == 2);
    assert_eq!(hall.size.map(|size| (size.width, size.length)), Some(((1000, 1000), (1600, 2200))));
    assert_eq!(hall.activities, ["badminton"]);

    let mut parts: Vec<PartId> =
        facilities.iter().flat_map(|facility| &facility.resources).flat_map(|r| r.parts.clone()).collect();
    parts.sort_unstable();
    parts.dedup();
    let mut told = told.parts.into_inner().unwrap();
    told.sort_unstable();
    assert_eq!(told, parts, "every part is made known to booking, once");
}

#[tokio::test]
async fn a_facility_is_found_by_slug_and_by_what_can_be_booked_in_it() {
    let bench = Bench::new().await;
    imported(&bench, bench.alfa, FILE).await.unwrap();
    let mut tx = bench.kernel.begin(bench.alfa).await.unwrap();
    let berga = FacilityRegister.by_slug(&mut tx, "berga").await.unwrap().unwrap();
    let again = FacilityRegister.of_resource(&mut tx, berga.resources[0].id).await.unwrap().unwrap();
    assert_eq!((again.id, again.slug.as_str()), (berga.id, "berga"));
    assert!(FacilityRegister.by_slug(&mut tx, "nowhere").await.unwrap().is_none());
}

#[tokio::test]
async fn the_same_file_twice_changes_nothing() {
    let bench = Bench::new().await;
    imported(&bench, bench.alfa, FILE).await.unwrap();
    let (before, trail) = (format!("{:?}", all(&bench, bench.alfa).await), audited(&bench, bench.alfa).await);
    assert_eq!(imported(&bench, bench.alfa, FILE).await.unwrap(), ImportReport::default());
    assert_eq!(format!("{:?}", all(&bench, bench.alfa).await), before);
    assert_eq!(audited(&bench, bench.alfa).await, trail);
}

#[tokio::test]
async fn a_changed_file_keeps_ids_and_leaves_a_trail() {
    let bench = Bench::new().await;
    imported(&bench, bench.alfa, FILE).await.unwrap();
    let (before, trail) = (all(&bench, bench.alfa).await, audited(&bench, bench.alfa).await);
    let changed = FILE.replace("name = \"Halva A1\"", "name = \"Vänstra halvan\"").replace(
        "name = \"Berga\"",
        "name = \"Berga\"\nopening_hours = [{ days = \"mon\", opens = \"08:00\", closes = \"24:00\" }]",
    );
    assert_eq!(
        imported(&bench, bench.alfa, &changed).await.unwrap(),
        ImportReport { created: 0, updated: 2 }
    );
    let after = all(&bench, bench.alfa).await;
    assert_eq!(after[1].resources[1].name, "Vänstra halvan");
    assert_eq!(after[1].resources[1].id, before[1].resources[1].id);
    assert_eq!(after[0].opening_hours.len(), 1);
    assert_eq!(audited(&bench, bench.alfa).await, trail + 2);
}

#[tokio::test]
async fn a_resource_changes_its_parts_only_where_no_coming_time_hangs_on_it() {
    let bench = Bench::new().await;
    imported(&bench, bench.alfa, FILE).await.unwrap();
    let changed =
        FILE.replace("parent = \"hallen\"\nparts = [\"A1\"]", "parent = \"hallen\"\nparts = [\"A2\"]");
    let space = Space::default();
    space.awaited.store(true, Ordering::Relaxed);
    let mut tx = bench.kernel.begin(bench.alfa).await.unwrap();
    let refusal = import(&mut tx, &space, &changed).await.unwrap_err().to_string();
    assert!(refusal.starts_with("facility \"solskiftet\", resource \"a1\": takes other parts"), "{refusal}");
    drop(tx);
    let before = all(&bench, bench.alfa).await;
    assert_eq!(
        imported(&bench, bench.alfa, &changed).await.unwrap(),
        ImportReport { created: 0, updated: 1 }
    );
    let after = all(&bench, bench.alfa).await;
    assert_eq!(after[1].resources[1].id, before[1].resources[1].id);
    assert_ne!(after[1].resources[1].parts, before[1].resources[1].parts);
}

#[tokio::test]
async fn a_bad_file_changes_nothing_and_names_the_place() {
    let bench = Bench::new().await;
    let foreign = FILE.replace("name = \"Berga\"", "name = \"Berga\"\nauthority = \"bolaget\"");
    let refusal = imported(&bench, bench.alfa, &foreign).await.unwrap_err().to_string();
    assert_eq!(refusal, "facility \"berga\": there is no authority \"bolaget\"");
    let broken = FILE.replacen("parts = [\"A1\", \"A2\"]\nsize", "parts = [\"A3\"]\nsize", 1);
    let refusal = imported(&bench, bench.alfa, &broken).await.unwrap_err().to_string();
    assert!(refusal.starts_with("facility \"solskiftet\", resource \"hallen\": part \"A3\""), "{refusal}");
    assert_eq!(all(&bench, bench.alfa).await.len(), 0);
}

#[tokio::test]
async fn another_tenant_sees_nothing_of_it() {
    let bench = Bench::new().await;
    imported(&bench, bench.alfa, FILE).await.unwrap();
    assert_eq!(all(&bench, bench.beta).await.len(), 0);
    let resource = all(&bench, bench.alfa).await[0].resources[0].id;
    let mut tx = bench.kernel.begin(bench.beta).await.unwrap();
    assert!(FacilityRegister.by_slug(&mut tx, "berga").await.unwrap().is_none());
    assert!(FacilityRegister.of_resource(&mut tx, resource).await.unwrap().is_none());
    drop(tx);
    imported(&bench, bench.beta, FILE).await.expect("the same short names are free there");
}
