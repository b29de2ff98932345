//! `/find`: what answers, in which order, and what is said where nothing does.

use http::{Request, StatusCode, header};

use crate::city::{CLUB, City, HALF, HALL, ROOM};

#[tokio::test]
async fn thursday_after_six_two_hours_floorball_has_its_free_times_as_buttons() {
    let city = City::new().await;
    let answer = city.get("/find?activity=floorball&when=2026-11-26&after=18&minutes=120").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.bookable(), [HALL, HALF]);
    let first = format!("/book?resource={HALL}&start=2026-11-26T17:00:00Z&minutes=120");
    assert!(answer.says(&first) && answer.says("18.00–20.00") && answer.says("2 träffar"), "{}", answer.text);
    // Four that are free are shown of each.
    assert!(answer.says("21.00–23.00") && !answer.says("22.00–00.00"));
    assert!(!answer.says("Konstgräset"), "what is not free is not shown to whoever asks for a time");
}

#[tokio::test]
async fn a_day_without_a_clock_begins_at_six_says_so_and_shows_the_night_to_whoever_wants_it() {
    let city = City::new().await;
    let first = |day: &str, start: &str| format!("/book?resource={HALL}&start=2026-11-{day}T{start}:00Z&");
    for (when, day) in [("tomorrow", "24"), ("weekend", "28")] {
        let answer = city.get(&format!("/find?when={when}&activity=floorball")).await;
        assert!(answer.says(&first(day, "05:00")) && !answer.says("00.00–01.00"), "{}", answer.text);
        assert!(answer.says("Visar tider från 6 på morgonen"));
        let night = format!("/find?activity=floorball&when={when}&after=00:00");
        assert!(answer.says(&format!("href=\"{night}\"")), "{}", answer.text);
        let answer = city.get(&night).await;
        let midnight = if day == "24" { "23" } else { "27" };
        assert!(answer.says(&first(midnight, "23:00")) && !answer.says("från 6 på morgonen"));
    }
    // What begins in the evening may be over after midnight.
    let late = city.get("/find?when=tomorrow&activity=floorball&after=23&minutes=120").await;
    assert!(late.says(&first("24", "22:00")), "{}", late.text);
    for asked in ["when=tonight", "when=tomorrow&after=18", "when=tomorrow&before=5"] {
        let answer = city.get(&format!("/find?{asked}")).await;
        assert!(!answer.says("från 6 på morgonen"), "{asked}");
    }
}

#[tokio::test]
async fn each_filter_narrows_and_what_the_register_does_not_say_is_not_found() {
    let city = City::new().await;
    for (filters, found) in [
        ("when=tomorrow", vec![HALL, HALF, ROOM]),
        ("when=tomorrow&activity=badminton", vec![HALF]),
        ("when=tomorrow&place=hallen", vec![HALL, HALF]),
        ("when=tomorrow&kind=room", vec![ROOM]),
        ("when=tomorrow&size=half", vec![HALL, HALF]),
        ("when=tomorrow&size=whole", vec![HALL]),
        ("when=tomorrow&persons=12", vec![ROOM]),
        ("when=tomorrow&persons=13", vec![]),
        ("when=tomorrow&equipment=Innebandym%C3%A5l", vec![HALL]),
        ("when=tomorrow&accessible=lift&accessible=toilet", vec![HALL, HALF]),
        ("when=tomorrow&price=150", vec![HALF]),
        ("when=tomorrow&q=sporthall", vec![HALL, HALF, ROOM]),
        ("when=tomorrow&q=Halva", vec![HALF]),
        ("when=tomorrow&before=9", vec![HALL, HALF, ROOM]),
        ("when=2026-11-22", vec![]),
    ] {
        let answer = city.get(&format!("/find?{filters}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{filters}");
        if filters.contains("q=sporthall") {
            // Halls by their kind, and the facility by its name; the meeting room is neither.
            assert_eq!(answer.bookable(), [HALL, HALF], "{filters}");
        } else {
            assert_eq!(answer.bookable(), found, "{filters}");
        }
    }
}

#[tokio::test]
async fn what_is_nearest_cheapest_or_soonest_stands_first_as_it_was_asked() {
    let city = City::new().await;
    let cheapest = city.get("/find?when=tomorrow&sort=cheapest").await;
    assert_eq!(cheapest.bookable(), [HALF, HALL, ROOM]);
    let near = city.get("/find?near=59.41,18.35").await;
    let place = |name: &str| near.text.find(&format!("data-place=\"{name}\"")).unwrap();
    assert!(place("Vaxholms idrottsplats") < place("Solskiftets sporthall"));
    assert!(place("Solskiftets sporthall") < place("Biblioteket"), "what has no position comes last");
    assert!(near.says("900 m bort") && near.says("8,3 km bort"), "{}", near.text);
    let named = city.get("/find?near=%C3%85kersberga").await;
    assert!(
        named.says("0 m bort")
            && named.text.find("Solskiftets").unwrap() < named.text.find("Konstgräset").unwrap()
    );
    let unknown = city.get("/find?near=Atlantis").await;
    assert!(unknown.says("Vi vet inte var Atlantis ligger") && !unknown.says(" bort"));
}

#[tokio::test]
async fn the_price_is_the_price_for_whoever_looks() {
    let city = City::new().await;
    let stranger = city.get("/find?when=tomorrow&activity=badminton").await;
    assert!(stranger.says("100 kr i timmen"));
    let cookie = city.signed_in(CLUB).await;
    let path = "/find?when=tomorrow&activity=badminton&price=50";
    let member = city.ask(Request::get(path).header(header::COOKIE, cookie)).await;
    assert!(member.says("50 kr i timmen"));
    assert_eq!((member.bookable(), city.get(path).await.bookable()), (vec![HALF], vec![]));
}

#[tokio::test]
async fn where_nothing_fits_each_way_to_loosen_says_how_many_it_gives() {
    let city = City::new().await;
    let answer = city.get("/find?when=tomorrow&minutes=300&kind=room").await;
    assert!(answer.says("Inget passar allt du har valt") && answer.says("Inga träffar"));
    assert!(
        answer.says("href=\"/find?when=tomorrow&kind=room\"") && answer.says("1 träff"),
        "{}",
        answer.text
    );
    assert!(!answer.says("Allt som går att hyra"), "a way that gives nothing is not offered");
    let two = city.get("/find?when=tomorrow&activity=badminton&price=150&size=whole").await;
    let way = |query: &str| two.says(&format!("<a class=\"link-card-title\" href=\"/find?{query}\">"));
    assert!(way("activity=badminton&when=tomorrow&price=150"), "{}", two.text);
    assert!(
        !way("activity=badminton&when=tomorrow&size=whole") && !way("when=tomorrow&size=whole&price=150")
    );
    let loose = city.get("/find?when=tomorrow&activity=badminton&price=150").await;
    assert_eq!(loose.bookable(), [HALF], "the way leads to what it says");
    let hopeless = city.get("/find?when=2026-11-22&minutes=300").await;
    assert!(hopeless.says("Börja om"));
}

#[tokio::test]
async fn looking_asks_booking_once_and_finding_nothing_a_bounded_number_of_times() {
    let city = City::new().await;
    let asked = || std::mem::take(&mut *city.availability.asked.lock().unwrap());
    city.get("/find?when=tomorrow").await;
    assert_eq!(asked().len(), 1);
    city.get("/find?when=tomorrow&after=8&minutes=300&kind=room&activity=floorball&place=hallen&q=x").await;
    assert!(asked().len() <= 5);
}

#[tokio::test]
async fn hostile_input_in_any_field_is_answered_beside_the_field() {
    let city = City::new().await;
    let long = "x".repeat(101);
    for (field, value) in [
        ("activity", "%27%3B%20DROP%20TABLE"),
        ("place", "..%2F..%2F"),
        ("kind", "%3Cscript%3E"),
        ("when", "9999-99-99"),
        ("date", "snart"),
        ("after", "25:00"),
        ("before", "%F0%9F%92%A9"),
        ("minutes", "-60"),
        ("size", "%00"),
        ("persons", "1e9"),
        ("equipment", "x"),
        ("accessible", "stairs"),
        ("price", "99999999999999999999"),
        ("sort", "random()"),
        ("page", "0"),
        ("q", &long),
        ("near", &long),
    ] {
        let answer = city.get(&format!("/find?{field}={value}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        assert!(answer.says("Sökningen går inte att göra än"), "{field}");
        assert!(answer.says(&format!("<a href=\"#{field}\">")), "{field} is told of: {}", answer.text);
        assert!(!answer.says("<script>"), "{field}");
        let by_script =
            city.ask(Request::get(format!("/find?{field}={value}")).header("hx-request", "true")).await;
        assert_eq!(by_script.status, StatusCode::OK, "{field}");
        assert!(by_script.says("Sökningen går inte att göra än"), "{field}");
    }
    // Text may be anything: what is no word finds nothing, and what stands in it is shown as it was typed.
    for text in [
        "%3Cb%3E%20%26%20%27%20%3A*%20%7C%20!(",
        "%00hall%00",
        "%FF%FE",
        "a%20b%20c%20d%20e%20f%20g%20h%20i%20j",
    ] {
        let answer = city.get(&format!("/find?q={text}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{text}");
        assert!(!answer.says("<b>"), "{text}");
    }
    let twice = city.get("/find?minutes=x&minutes=60&when=tomorrow&unknown=1").await;
    assert_eq!(
        twice.status,
        StatusCode::OK,
        "the last value counts, and what is not asked for is left alone"
    );
}

#[tokio::test]
async fn list_and_map_say_the_same_and_the_policy_lets_in_the_maps_pictures_only_where_there_are_some() {
    let city = City::new().await;
    let plain = city.get("/find?when=tomorrow").await;
    assert!(plain.says("data-latitude=\"59.48\" data-longitude=\"18.3\""), "{}", plain.text);
    assert!(
        plain.says("data-map")
            && !plain.says("data-tiles")
            && plain.headers.get("content-security-policy").is_none()
    );
    let nowhere = city.get("/find?when=tomorrow&kind=room").await;
    assert!(!nowhere.says("data-map"), "nothing that is found has a position");
    let city = city.with_tiles("https://tiles.example/{z}/{x}/{y}.png", "https://tiles.example");
    let drawn = city.get("/find?when=tomorrow").await;
    assert!(drawn.says("data-tiles=\"https://tiles.example/{z}/{x}/{y}.png\""));
    let policy = drawn.headers.get("content-security-policy").unwrap().to_str().unwrap();
    assert!(
        policy.contains("img-src 'self' data: https://tiles.example;")
            && policy.contains("script-src 'self';")
    );
}

#[tokio::test]
async fn the_form_keeps_what_was_chosen_and_a_position_is_rounded_before_anything_else_sees_it() {
    let city = City::new().await;
    let answer = city
        .get("/find?activity=floorball&when=2026-12-24&after=18.30&minutes=45&near=59.4794123,18.2996871")
        .await;
    for said in [
        "<option value=\"floorball\" selected>",
        "<option value=\"2026-12-24\" selected>",
        "value=\"18:30\"",
        "<option value=\"45\" selected>",
    ] {
        assert!(answer.says(said), "{said}: {}", answer.text);
    }
    let page_two = city.get("/find?near=59.4794123,18.2996871&page=999").await;
    assert_eq!(page_two.status, StatusCode::OK, "a page behind the last is the last");
}
