//! When something is open, as other modules are answered.

use cloud_facilities::import;
use cloud_kernel::Role;

use crate::town::{FILE, Town};

#[tokio::test]
async fn hours_exceptions_and_red_days_are_what_the_port_answers() {
    let town = Town::new().await;
    assert_eq!(town.hours("rummet", "2026-11-26").await, ["8-22"], "a Thursday");
    assert_eq!(town.hours("rummet", "2026-11-28").await, ["10-18"], "a Saturday");
    assert_eq!(town.hours("rummet", "2026-11-27").await, ["12-14"], "the day of cleaning");
    assert_eq!(town.hours("rummet", "2027-01-06").await, [""; 0], "Epiphany");
}

#[tokio::test]
async fn a_half_that_is_closed_closes_the_whole_and_leaves_what_shares_nothing_with_it() {
    let town = Town::new().await;
    let karin = town.person("karin", &[Role::Officer]).await;
    let sent =
        [("resource", "norra"), ("kind", "closed"), ("reason", "Läktaren lagas"), ("from", "2026-11-25")];
    let answer = town.post(&karin, "/register/strand/closures", &sent).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    assert_eq!(town.hours("norra", "2026-11-26").await, [""; 0]);
    assert_eq!(town.hours("planen", "2026-11-26").await, [""; 0]);
    assert_eq!(town.hours("rummet", "2026-11-26").await, ["8-22"]);
    assert_eq!(town.hours("planen", "2026-11-24").await, ["8-22"], "until then it is open");
}

#[tokio::test]
async fn school_terms_have_hours_of_their_own() {
    let town = Town::new().await;
    let text = FILE.replace(
        "{ days = \"mon-sun\", on = \"holiday\", closed = true },",
        "{ days = \"mon-fri\", on = \"term\", opens = \"17:00\", closes = \"22:00\" },",
    ) + "[[school_period]]\nkind = \"term\"\nname = \"Hösten\"\nfirst = \"2026-08-18\"\nlast = \"2026-12-18\"\n";
    let mut tx = town.bench.kernel.begin(town.bench.alfa).await.unwrap();
    import(&mut tx, town.space.as_ref(), &text).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(town.hours("rummet", "2026-11-26").await, ["17-22"], "in term");
    assert_eq!(town.hours("rummet", "2026-12-21").await, ["8-22"], "after it");
}

#[tokio::test]
async fn booking_is_told_of_stock_in_the_transaction_of_the_change() {
    let town = Town::new().await;
    let facility = town.facility("strand").await;
    let goals = &facility.equipment[0];
    assert_eq!(town.space.stock.lock().unwrap().as_slice(), [(goals.id, Some(4))]);
    let karin = town.person("karin", &[Role::Officer]).await;
    let sent = [("one", "mal"), ("name", "Mål"), ("stock", "6")];
    assert_eq!(town.post(&karin, "/register/strand/equipment", &sent).await.status, 303);
    assert_eq!(town.space.stock.lock().unwrap().last(), Some(&(goals.id, Some(6))));
    assert_eq!(
        town.facility("strand").await.equipment[0].resources,
        [],
        "nothing ticked: it goes with everything"
    );
}
