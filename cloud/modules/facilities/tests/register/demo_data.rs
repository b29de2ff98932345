//! The demo's registers go in whole, through the same import as an administrator's file.

use cloud_contracts::Facilities;
use cloud_facilities::{FacilityRegister, import};
use cloud_kernel::testing::Bench;
use protocols_ids::PartId;

use crate::support::Space;

#[tokio::test]
async fn osterakers_halls_stand_in_the_order_of_the_schedule_with_their_halves() {
    let bench = Bench::new().await;
    let text = include_str!("../../../../../deploy/demo-data/osteraker/facilities.toml");
    let mut tx = bench.kernel.begin(bench.alfa).await.unwrap();
    import(&mut tx, &Space::default(), &text.replace("kultur-och-fritidsnamnden", "namnden")).await.unwrap();
    let centre = FacilityRegister.by_slug(&mut tx, "sportcentrum").await.unwrap().unwrap();
    let names: Vec<&str> = centre.resources.iter().map(|resource| resource.name.as_str()).collect();
    assert_eq!(names, ["Sporthallen A", "Halva A1", "Halva A2", "Sporthallen B", "Halva B1", "Halva B2"]);
    for whole in centre.resources.iter().filter(|resource| resource.parent.is_none()) {
        let halves: Vec<PartId> = centre
            .resources
            .iter()
            .filter(|resource| resource.parent == Some(whole.id))
            .flat_map(|resource| resource.parts.clone())
            .collect();
        assert_eq!(halves, whole.parts, "the halves of {} are the whole of it, as they lie", whole.name);
    }
}

#[tokio::test]
async fn facilities_stand_in_the_order_of_the_swedish_alphabet() {
    let bench = Bench::new().await;
    let facility = |slug: &str, name: &str| {
        format!(
            r#"
            [[facility]]
            slug = "{slug}"
            name = "{name}"
            parts = ["a"]
            [[facility.resource]]
            slug = "a"
            name = "A"
            parts = ["a"]
            "#
        )
    };
    let text = include_str!("../../../../../deploy/demo-data/provhallen/facilities.toml");
    let (defaults, _) = text.split_once("[[facility]]").unwrap();
    let text = format!(
        "{defaults}{}{}{}{}",
        facility("o", "Ö"),
        facility("a2", "Ä"),
        facility("a1", "Å"),
        facility("z", "z")
    );
    let mut tx = bench.kernel.begin(bench.alfa).await.unwrap();
    import(&mut tx, &Space::default(), &text.replace("provnamnden", "namnden")).await.unwrap();
    let names: Vec<String> =
        FacilityRegister.all(&mut tx).await.unwrap().into_iter().map(|facility| facility.name).collect();
    assert_eq!(names, ["z", "Å", "Ä", "Ö"]);
}
