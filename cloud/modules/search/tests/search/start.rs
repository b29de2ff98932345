//! The start page, and what happens today.

use http::{Request, StatusCode, header};

use crate::city::{City, HALL, ROOM};

#[tokio::test]
async fn the_start_page_asks_what_when_and_where_and_shows_what_is_free_soon() {
    let city = City::new().await;
    let start = city.get("/").await;
    assert_eq!(start.status, StatusCode::OK);
    for said in
        ["Vad vill du göra?", "name=\"activity\"", "name=\"when\"", "name=\"near\"", "action=\"/find#list\""]
    {
        assert!(start.says(said), "{said}");
    }
    // Ten o'clock: one of each facility, its next three hours; the second half is a tap further away.
    assert_eq!(start.bookable(), [HALL, ROOM], "{}", start.text);
    assert!(start.says(&format!("/book?resource={HALL}&start=2026-11-23T09:00:00Z&minutes=60")));
    assert!(start.says("12.00–13.00") && !start.says("14.00–15.00"));
}

#[tokio::test]
async fn the_start_page_says_what_is_closed_now_and_why() {
    let city = City::new().await;
    let start = city.get("/").await;
    assert!(
        start.says("Stängt just nu") && start.says("Vaxholms idrottsplats, Konstgräset"),
        "{}",
        start.text
    );
    assert!(start.says("Snö & is") && start.says("Går inte att spela") && start.says("Tills vidare"));
    assert!(!start.says("Städning"), "what is over is not closed");
}

#[tokio::test]
async fn what_happens_today_names_associations_and_no_private_person_whatever_they_wrote() {
    let city = City::new().await;
    for path in ["/", "/find/today"] {
        let today = city.get(path).await;
        assert_eq!(today.status, StatusCode::OK);
        assert!(today.says("Innebandy") && today.says(", Klubben") && today.says("18.00–19.00"), "{path}");
        assert!(today.says("Fest") && today.says("Bokat"), "{path}");
        for private in ["Kalle", "Kanin", "Lisa", "P12", "Rehab", "födelsedag"] {
            assert!(!today.says(private), "{path} tells {private}: {}", today.text);
        }
        assert!(!today.says("Handboll, "), "{path} tells what is over");
    }
}

#[tokio::test]
async fn finding_speaks_english_too() {
    let city = City::new().await;
    for (path, said) in [
        ("/", "What would you like to do?"),
        ("/find?when=tomorrow", "3 results"),
        ("/find?when=tomorrow&minutes=300", "Shorter or longer"),
        ("/find/today", "What happens today"),
        ("/find?persons=0", "Write a whole number from 1 to 100000."),
    ] {
        let answer = city.ask(Request::get(path).header(header::ACCEPT_LANGUAGE, "en")).await;
        assert!(answer.says(said), "{path}: {}", answer.text);
    }
}
