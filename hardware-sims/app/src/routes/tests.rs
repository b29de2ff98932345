use axum::body::{Body, to_bytes};
use axum::http::header::{ACCEPT, CONTENT_TYPE, COOKIE, LOCATION};
use axum::http::{HeaderMap, Request};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use protocols_fieldbus::nodes::INDICATOR_AT;
use serde_json::Value;
use sims_devices::Hall;
use tokio::net::TcpListener;
use tokio_modbus::client::{Writer as _, tcp};
use tokio_modbus::slave::Slave;
use tower::ServiceExt as _;

use super::*;
use crate::config::{HallConfig, ScannerConfig};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

struct Site {
    app: App,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }
}

impl Site {
    fn new() -> Self {
        Self::with(HallConfig::default())
    }

    /// A hall with a scanner at the entrance, whose network is not there.
    fn with_scanner() -> Self {
        let scanner = ScannerConfig {
            username: "scanner-main".to_owned(),
            password_file: "unread".into(),
            broker: "127.0.0.1:1883".to_owned(),
            root: None,
            door: 1,
        };
        Self::with(HallConfig { scanner: Some(scanner), ..HallConfig::default() })
    }

    fn with(config: HallConfig) -> Self {
        let hall = Hall::new(&config.layout(1).unwrap()).unwrap();
        let app = App::new(hall, config, TimeZone::UTC, Timestamp::UNIX_EPOCH, "bus".to_owned());
        Self { app }
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = router(self.app.clone()).oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let text = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap();
        Answer { status: parts.status, headers: parts.headers, text }
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    async fn post(&self, path: &str, content_type: &str, body: &str) -> Answer {
        let request =
            Request::post(path).header(CONTENT_TYPE, content_type).body(Body::from(body.to_owned())).unwrap();
        self.send(request).await
    }

    async fn page(&self, lang: Lang) -> String {
        let request = Request::get("/")
            .header(COOKIE, format!("other=1; {LANG_COOKIE}={}", lang.code()))
            .body(Body::empty())
            .unwrap();
        self.send(request).await.text
    }
}

#[tokio::test]
async fn the_page_says_in_both_languages_that_it_is_a_simulation() {
    let site = Site::new();
    let swedish = site.get("/").await.text;
    assert!(swedish.contains("<html lang=\"sv\">"));
    assert!(swedish.contains("Det här är en simulering."));
    let english = site.page(Lang::English).await;
    assert!(english.contains("<html lang=\"en\">"));
    assert!(english.contains("This is a simulation."));
}

#[tokio::test]
async fn choosing_a_language_is_remembered_in_a_cookie() {
    let answer = Site::new().get("/?lang=en").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert!(answer.headers[SET_COOKIE].to_str().unwrap().starts_with("hallport_sim_lang=en;"));
}

#[tokio::test]
async fn nothing_on_the_page_is_inline_and_nothing_comes_from_elsewhere() {
    let site = Site::new();
    let answer = site.get("/").await;
    let policy = answer.headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.contains("script-src 'self'; style-src 'self'"));
    for forbidden in ["<style", " style=", "onclick", "http://", "https://", "<script>"] {
        assert!(!answer.text.contains(forbidden), "{forbidden}");
    }
    for asset in ["/assets/sim.css", "/assets/sim.js", "/assets/icon.svg"] {
        assert!(answer.text.contains(asset));
        assert_eq!(site.get(asset).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn every_hook_that_tests_hold_on_to_is_there_once_for_each_door_and_zone() {
    let page = Site::new().get("/").await.text;
    let count = |hook: &str| page.matches(hook).count();
    for number in 1..=2 {
        assert_eq!(count(&format!("data-door=\"{number}\"")), 1);
        assert_eq!(count(&format!("data-zone=\"{number}\" data-lit=\"false\"")), 1);
    }
    assert_eq!(count("data-lock=\"locked\""), 2);
    assert_eq!(count("data-leaf=\"closed\""), 2);
    assert_eq!(count("data-indicator=\"idle\""), 2);
    assert_eq!(count("data-key="), 24);
    assert!(page.contains("aria-label=\"Entré: 5\""));
}

#[tokio::test]
async fn keys_from_a_form_lead_back_to_the_door_on_the_page() {
    let site = Site::new();
    let answer = site.post("/doors/1/keys", FORM, "keys=5").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.headers[LOCATION], "/#door-1");
    assert_eq!(site.app.hall().scene().doors[0].typed, 1);
    assert!(site.get("/").await.text.contains("•"));
}

#[tokio::test]
async fn keys_as_json_answer_with_the_state_and_the_log_keeps_the_code_to_itself() {
    let site = Site::new();
    let answer = site.post("/doors/1/keys", JSON, r#"{"keys":"482913#"}"#).await;
    assert_eq!(answer.status, StatusCode::OK);
    let state = answer.json();
    assert_eq!(state["doors"][0]["digits_typed"], 0);
    assert_eq!(state["log"][0]["text"], "Någon slår 6 siffror och #.");
    assert!(!answer.text.contains("482913"));
}

#[tokio::test]
async fn keys_that_a_keypad_does_not_have_press_nothing() {
    let site = Site::new();
    let long = "1".repeat(KEYS_MAX + 1);
    for keys in ["12a", "٣", "1 2", &long] {
        let answer = site.post("/doors/1/keys", JSON, &format!(r#"{{"keys":"{keys}"}}"#)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{keys}");
    }
    assert_eq!(site.app.hall().scene().doors[0].typed, 0);
    for nowhere in ["/doors/0/keys", "/doors/3/keys"] {
        assert_eq!(site.post(nowhere, JSON, r#"{"keys":"1"}"#).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_locked_door_is_told_to_people_on_the_page_and_to_programs_as_a_conflict() {
    let site = Site::new();
    assert_eq!(site.post("/doors/2/push", FORM, "").await.status, StatusCode::SEE_OTHER);
    assert!(site.get("/").await.text.contains("Någon rycker i dörren. Den är låst."));
    let request = Request::post("/doors/2/push").header(ACCEPT, JSON).body(Body::empty()).unwrap();
    assert_eq!(site.send(request).await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn the_exit_button_lets_a_person_open_and_close_the_door() {
    let site = Site::new();
    site.post("/doors/1/exit", FORM, "").await;
    assert!(site.get("/").await.text.contains("data-lock=\"released\""));
    site.post("/doors/1/push", FORM, "").await;
    let open = site.get("/").await.text;
    assert!(open.contains("data-leaf=\"open\""));
    assert!(open.contains("action=\"/doors/1/close\""));
    site.post("/doors/1/close", FORM, "").await;
    assert!(!site.get("/").await.text.contains("data-leaf=\"open\""));
}

#[tokio::test]
async fn faults_are_made_counted_and_mended() {
    let site = Site::new();
    for fault in [
        r#"{"unit":1,"fault":"silent"}"#,
        r#"{"unit":3,"fault":"slow","delay_ms":500}"#,
        r#"{"unit":2,"fault":"stuck_contact"}"#,
        r#"{"unit":2,"fault":"open_cover"}"#,
        r#"{"unit":2,"fault":"force"}"#,
        r#"{"unit":2,"fault":"power_cycle"}"#,
    ] {
        assert_eq!(site.post("/faults", JSON, fault).await.status, StatusCode::OK, "{fault}");
    }
    let page = site.page(Lang::English).await;
    assert!(page.contains("4 faults now"));
    let state = site.get("/state").await.json();
    assert_eq!(state["doors"][0]["node"]["silent"], true);
    assert_eq!(state["lighting"]["reply_delay_ms"], 500);
    assert_eq!(state["doors"][1]["contact"], "stuck_closed");
    assert_eq!(state["doors"][1]["cover_closed"], false);
    assert_eq!(state["doors"][1]["leaf"], "open");

    let answer = site.post("/faults", FORM, "unit=1&fault=silent&on=false").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert!(site.page(Lang::English).await.contains("3 faults now"));
}

#[tokio::test]
async fn faults_that_do_not_exist_are_refused() {
    let site = Site::new();
    for (fault, status) in [
        (r#"{"unit":1,"fault":"explode"}"#, StatusCode::UNPROCESSABLE_ENTITY),
        (r#"{"unit":9,"fault":"silent"}"#, StatusCode::NOT_FOUND),
        (r#"{"unit":3,"fault":"force"}"#, StatusCode::NOT_FOUND),
        (r#"{"unit":1,"fault":"slow","delay_ms":70000}"#, StatusCode::UNPROCESSABLE_ENTITY),
        ("not json", StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(site.post("/faults", JSON, fault).await.status, status, "{fault}");
    }
    assert!(site.get("/").await.text.contains("Inga fel"));
}

#[tokio::test]
async fn a_form_that_ends_a_code_comes_back_with_the_answer_of_the_keypad() {
    let site = Site::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(site.app.hall().serve_modbus(listener));
    let mut master = tcp::connect_slave(address, Slave(1)).await.unwrap();
    let mut scenes = site.app.hall().watch();

    let form = site.post("/doors/1/keys", FORM, "keys=%23");
    let gateway = async {
        scenes.wait_for(|scene| !scene.log.is_empty()).await.unwrap();
        master.write_single_register(INDICATOR_AT, Indicator::Refused.register()).await.unwrap().unwrap();
    };
    let (answer, ()) = tokio::join!(form, gateway);
    assert_eq!(answer.headers[LOCATION], "/#door-1");
    let page = site.get("/").await.text;
    assert!(page.contains("data-indicator=\"refused\""));
    assert!(page.contains("<p class=\"answer\" role=\"status\">Nekad</p>"));
}

#[tokio::test]
async fn a_scanner_stands_on_plan_card_and_in_the_drawer_of_faults() {
    let site = Site::with_scanner();
    let page = site.get("/").await.text;
    assert!(page.contains("aria-label=\"Skanner vid Entré\""));
    assert!(page.contains("Håll upp koden"));
    assert!(page.contains("class=\"scanner is-away\""));
    assert!(page.contains("Bryt skannerns nät"));
    let english = site.page(Lang::English).await;
    assert!(english.contains("aria-label=\"Scanner at Entré\"") && english.contains("Hold up the code"));
    assert!(!Site::new().get("/").await.text.contains("Skanner"));
}

#[tokio::test]
async fn a_code_is_held_up_by_a_form_and_the_log_keeps_it_to_itself() {
    let site = Site::with_scanner();
    let answer = site.post("/devices/scanner-main/scan", FORM, "text=HEMLIG%2B1").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.headers[LOCATION], "/#scanner-main");
    let state = site.get("/state").await;
    assert!(!state.text.contains("HEMLIG"));
    let state = state.json();
    assert_eq!(state["log"][0]["text"], "Någon håller upp en kod.");
    assert_eq!(state["log"][0]["place"], "Skanner vid Entré");
    assert_eq!(state["scanner"]["device"], "scanner-main");
    assert_eq!(state["scanner"]["connected"], false);
}

#[tokio::test]
async fn a_code_that_cannot_be_scanned_is_refused_in_words() {
    let site = Site::with_scanner();
    for text in [String::new(), " ".to_owned(), "x".repeat(513)] {
        let answer = site.post("/devices/scanner-main/scan", JSON, &format!(r#"{{"text":"{text}"}}"#)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let nowhere = site.post("/devices/other/scan", JSON, r#"{"text":"A"}"#).await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
    let none = Site::new().post("/devices/scanner-main/scan", JSON, r#"{"text":"A"}"#).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_scanners_faults_are_made_and_mended() {
    let site = Site::with_scanner();
    let fault = async |body: &str| site.post("/devices/scanner-main/faults", JSON, body).await.json();
    let state = fault(r#"{"fault":"off_line"}"#).await;
    assert_eq!(state["scanner"]["off_line"], true);
    let state = fault(r#"{"fault":"late"}"#).await;
    assert_eq!(state["scanner"]["late"], true);
    assert!(site.get("/").await.text.contains("2 fel just nu"));
    let state = fault(r#"{"fault":"off_line","on":false}"#).await;
    assert_eq!(state["scanner"]["off_line"], false);
    let back = site.post("/devices/scanner-main/faults", FORM, "fault=late&on=false").await;
    assert_eq!(back.headers[LOCATION], "/?open=faults#faults");
    assert_eq!(
        site.post("/devices/other/faults", JSON, r#"{"fault":"late"}"#).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_tag_is_held_to_a_reader_and_no_other_door_has_one() {
    let site = Site::new();
    let page = site.get("/").await.text;
    assert!(page.contains("aria-label=\"Taggläsare vid Omklädning\""));
    assert!(!page.contains("aria-label=\"Taggläsare vid Entré\""));
    for tag in ["04a1b2c3", "04:E1:F2:A3:B4:C5:D6"] {
        let answer = site.post("/doors/2/tag", JSON, &format!(r#"{{"tag":"{tag}"}}"#)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        assert_eq!(answer.json()["log"][0]["text"], "Någon håller en tagg mot läsaren.");
        assert!(!answer.text.contains(tag));
    }
    for tag in ["", "04a1b2", "04a1b2c", "04a1b2cz"] {
        let answer = site.post("/doors/2/tag", JSON, &format!(r#"{{"tag":"{tag}"}}"#)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{tag}");
    }
    assert_eq!(site.post("/doors/1/tag", JSON, r#"{"tag":"04a1b2c3"}"#).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn events_begin_with_the_hall_as_it_is_and_follow_it() {
    let site = Site::new();
    let request = Request::get("/events").body(Body::empty()).unwrap();
    let response = router(site.app.clone()).oneshot(request).await.unwrap();
    let mut events = response.into_body().into_data_stream();
    let first = String::from_utf8(events.next().await.unwrap().unwrap().to_vec()).unwrap();
    assert!(first.starts_with("data: <section"));
    assert!(!first.contains("data-lock=\"released\""));
    site.app.hall().act(1, Action::Exit).unwrap();
    let second = String::from_utf8(events.next().await.unwrap().unwrap().to_vec()).unwrap();
    assert!(second.contains("data-lock=\"released\""));
}
