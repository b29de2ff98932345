//! The statement and reports over a real Postgres.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::middleware::from_fn_with_state;
use cloud_contracts::ReportLetters as _;
use cloud_kernel::testing::Bench;
use cloud_kernel::web::know_visitor;
use cloud_kernel::{Module as _, Role, SignInPerson};
use http::{Method, Request, StatusCode, header};
use jiff::SignedDuration;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use protocols_ids::Uuid;
use tower::ServiceExt as _;

use crate::{AccessibilityModule, ReportAnswers};

struct Town {
    bench: Bench,
    pages: Router,
}

struct Answer {
    status: StatusCode,
    to: String,
    text: String,
}

const STATEMENT: [(&str, &str); 9] = [
    ("version", "0"),
    ("compliance", "partial"),
    ("method", "self"),
    ("assessed_on", "2026-11-20"),
    (
        "flaws_sv",
        "Kartan går inte att läsa med skärmläsare. Listan bredvid säger samma sak.\nFilmen saknar text",
    ),
    ("flaws_en", "The map cannot be read by a screen reader."),
    ("burden_sv", "Äldre ritningar <b>"),
    ("email", "fritid@kommun.example"),
    ("telephone", "08-123 456"),
];

impl Town {
    async fn new() -> Self {
        let bench = Bench::new().await;
        bench.switch_on("accessibility").await;
        let module = Arc::new(AccessibilityModule);
        let kernel = bench.kernel.clone();
        let pages =
            module.routes().layer(from_fn_with_state(kernel.clone(), know_visitor)).with_state(kernel);
        bench.install(vec![module]);
        Self { bench, pages }
    }

    async fn person(&self, name: &str, role: Option<Role>) -> String {
        let mut tx = self.bench.kernel.begin(self.bench.alfa).await.unwrap();
        if let Some(role) = role {
            tx.give_role("test", name, self.bench.alfa_authority, role).await.unwrap();
        }
        let person = SignInPerson {
            issuer: "test".into(),
            subject: name.into(),
            name: name.into(),
            email: None,
            language: "sv",
        };
        let (_, token) = tx.begin_session(&person).await.unwrap();
        tx.commit().await.unwrap();
        token
    }

    async fn ask(&self, who: &str, method: Method, path: &str, form: &[(&str, &str)]) -> Answer {
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let body: Vec<String> =
            form.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        let (session, lang) = who.split_once('/').unwrap_or((who, "sv"));
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "alfa.localhost")
            .header(header::COOKIE, format!("hallport_session={session}; hallport_language={lang}"))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body.join("&")))
            .unwrap();
        let answer = self.pages.clone().oneshot(request).await.unwrap();
        let to = answer.headers().get(header::LOCATION).map(|to| to.to_str().unwrap().to_owned());
        let status = answer.status();
        let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        Answer { status, to: to.unwrap_or_default(), text: String::from_utf8(body.to_vec()).unwrap() }
    }

    async fn get(&self, who: &str, path: &str) -> String {
        let answer = self.ask(who, Method::GET, path, &[]).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        answer.text
    }

    async fn report(&self, problem: &str, email: &str) -> Answer {
        let form = [("problem", problem), ("place", "/book"), ("aids", "Skärmläsare"), ("email", email)];
        self.ask("", Method::POST, "/accessibility/report", &form).await
    }

    async fn text(&self, query: &'static str) -> String {
        self.bench.texts(query).await.join("|")
    }
}

#[tokio::test]
async fn a_statement_says_all_that_the_law_asks_for_in_both_languages_and_earlier_ones_stay() {
    let town = Town::new().await;
    let admin = town.person("Siv", Some(Role::Administrator)).await;
    let page = town.get("", "/accessibility").await;
    assert!(
        page.contains("har inte skrivit sin bedömning") && page.contains("/accessibility/report"),
        "{page}"
    );
    let saved = town.ask(&admin, Method::POST, "/accessibility/edit", &STATEMENT).await;
    assert_eq!(saved.to, "/accessibility?done=saved", "{}", saved.text);
    let page = town.get("", "/accessibility").await;
    for said in [
        "alfa kommun",
        "http://alfa.localhost:8080/",
        "delvis förenlig",
        "<li>Filmen saknar text</li>",
        "12 §",
        "Äldre ritningar &lt;b&gt;",
        "EN 301 549",
        "bedömt webbplatsen själva",
        "fredag 20 nov",
        "ändrades senast",
        "mailto:fritid@kommun.example",
        "08-123 456",
        "https://www.digg.se/tdosanmalan",
        "href=\"/accessibility/report\"",
    ] {
        assert!(page.contains(said), "{said} is not in {page}");
    }
    assert!(!page.contains("9 §"), "what nothing is said about has no heading: {page}");
    let english = town.get("/en", "/accessibility").await;
    assert!(english.contains("partially compliant") && english.contains("by a screen reader"), "{english}");
    // Saved again it is another one; whoever began from the first is told.
    let again = town.ask(&admin, Method::POST, "/accessibility/edit", &STATEMENT).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "{}", again.text);
    let mut next = STATEMENT;
    (next[0], next[1], next[4], next[5]) =
        (("version", "1"), ("compliance", "full"), ("flaws_sv", ""), ("flaws_en", ""));
    assert_eq!(
        town.ask(&admin, Method::POST, "/accessibility/edit", &next).await.to,
        "/accessibility?done=saved"
    );
    let form = town.get(&admin, "/accessibility/edit").await;
    assert!(form.contains("delvis förenlig") && form.contains("Tidigare redogörelser"), "{form}");
    assert_eq!(town.text("SELECT version::text FROM accessibility.statement ORDER BY 1").await, "1|2");
    let audited = "SELECT detail->>'compliance' FROM kernel.audit WHERE action = 'accessibility.statement_saved' ORDER BY id";
    assert_eq!(town.text(audited).await, "partial|full");
    // Each page leads there.
    assert!(
        town.get("", "/accessibility/report")
            .await
            .contains("<a href=\"/accessibility\">Tillgänglighetsredogörelse</a>")
    );
}

#[tokio::test]
async fn a_statement_that_cannot_be_is_told_beside_the_field_and_only_administrators_write_it() {
    let town = Town::new().await;
    let admin = town.person("Siv", Some(Role::Administrator)).await;
    let officer = town.person("Karin", Some(Role::Officer)).await;
    for (field, value) in [
        ("compliance", "perhaps"),
        ("method", ""),
        ("assessed_on", "2026-11-24"),
        ("assessed_on", "i går"),
        ("flaws_en", ""),
        ("email", "fritid"),
        ("version", "x"),
    ] {
        let mut form = STATEMENT;
        form.iter_mut().filter(|(name, _)| *name == field).for_each(|(_, old)| *old = value);
        let answer = town.ask(&admin, Method::POST, "/accessibility/edit", &form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}: {}", answer.text);
        assert!(answer.text.contains("Kartan går inte"), "what was typed stays");
    }
    assert_eq!(
        town.ask(&officer, Method::POST, "/accessibility/edit", &STATEMENT).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        town.ask(&officer, Method::GET, "/accessibility/edit", &[]).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        town.ask("", Method::POST, "/accessibility/edit", &STATEMENT).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(town.text("SELECT version::text FROM accessibility.statement").await, "");
}

#[tokio::test]
async fn anybody_reports_without_signing_in_and_staff_answer_once() {
    let town = Town::new().await;
    let officer = town.person("Karin", Some(Role::Officer)).await;
    let citizen = town.person("Alva", None).await;
    assert!(town.get(&officer, "/accessibility/reports").await.contains("Ingen har anmält något"));
    assert_eq!(
        town.report("Knappen <b> syns inte", "kim@post.example").await.to,
        "/accessibility/report?done=sent"
    );
    assert_eq!(town.report("Dörren", "").await.to, "/accessibility/report?done=sent");
    assert!(town.get("", "/accessibility/report?done=sent").await.contains("har kommit fram"));
    let list = town.get(&officer, "/accessibility/reports").await;
    assert!(list.contains("Knappen &lt;b&gt; syns inte") && list.contains("Väntar på svar"), "{list}");
    let id = town.text("SELECT id::text FROM accessibility.report WHERE email IS NOT NULL").await;
    let path = format!("/accessibility/reports/{id}");
    assert!(town.get(&officer, &path).await.contains("kim@post.example"));
    for who in [citizen.as_str(), ""] {
        assert_ne!(town.ask(who, Method::GET, &path, &[]).await.status, StatusCode::OK);
        assert_ne!(town.ask(who, Method::GET, "/accessibility/reports", &[]).await.status, StatusCode::OK);
        assert!(!town.ask(who, Method::POST, &path, &[("answer", "x")]).await.to.contains("answered"));
    }
    let long = "å".repeat(4_001);
    for wrong in ["", " \n", long.as_str()] {
        let answer = town.ask(&officer, Method::POST, &path, &[("answer", wrong)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let answered = town.ask(&officer, Method::POST, &path, &[("answer", "Nu syns den")]).await;
    assert_eq!(answered.to, format!("{path}?done=answered"));
    let second = town.ask(&officer, Method::POST, &path, &[("answer", "Nej")]).await;
    assert_eq!(second.to, path, "the first answer stays");
    assert!(town.get(&officer, &path).await.contains("Brevet är på väg"));

    let id: Uuid = id.parse().unwrap();
    let mut tx = town.bench.kernel.begin(town.bench.alfa).await.unwrap();
    let letter = ReportAnswers.answered(&mut tx, id).await.unwrap().unwrap();
    assert_eq!((letter.email.as_str(), letter.answer.as_str()), ("kim@post.example", "Nu syns den"));
    ReportAnswers.letter_ended(&mut tx, id, true).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = town.bench.kernel.begin(town.bench.beta).await.unwrap();
    assert_eq!(ReportAnswers.answered(&mut tx, id).await.unwrap(), None, "another municipality's");
    tx.commit().await.unwrap();
    assert!(town.get(&officer, &path).await.contains("Brevet har gått"));
    // Only what somebody waits for is told to whoever writes letters.
    let nobody = town.text("SELECT id::text FROM accessibility.report WHERE email IS NULL").await;
    town.ask(&officer, Method::POST, &format!("/accessibility/reports/{nobody}"), &[("answer", "Lagad")])
        .await;
    assert_eq!(
        town.text("SELECT count(*)::text FROM accessibility.report WHERE letter IS NOT NULL").await,
        "1"
    );
}

#[tokio::test]
async fn reports_are_bounded_and_a_flood_of_them_stops_for_an_hour() {
    let town = Town::new().await;
    let long = "å".repeat(4_001);
    for (problem, email) in
        [("", ""), (long.as_str(), ""), ("x", "nej"), ("x", "a@b.se\r\nBcc: c@d.se"), ("x", "a@b.se,c@d.se")]
    {
        let answer = town.report(problem, email).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{problem:.20} {email}");
        assert!(answer.text.contains("Skärmläsare"), "what was typed stays");
    }
    let no_form = town.ask("", Method::POST, "/accessibility/report", &[]).await;
    assert_eq!(no_form.status, StatusCode::UNPROCESSABLE_ENTITY);
    for _ in 0..30 {
        assert_eq!(town.report("Igen", "").await.status, StatusCode::SEE_OTHER);
    }
    let flooded = town.report("Det sista", "").await;
    assert_eq!(flooded.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(flooded.text.contains("Det sista"), "what was typed stays: {}", flooded.text);
    town.bench.clock.advance(SignedDuration::from_mins(61));
    assert_eq!(town.report("Senare", "").await.status, StatusCode::SEE_OTHER);
    // What was answered long ago goes with the next one, and what waits stays.
    town.person("Karin", None).await;
    town.bench
        .execute(
            "UPDATE accessibility.report SET answer = 'x', answered_at = '2025-01-01',
                    answered_by = (SELECT id FROM kernel.person LIMIT 1) WHERE problem = 'Igen'",
        )
        .await;
    town.bench.clock.advance(SignedDuration::from_mins(1));
    assert_eq!(town.report("Nu", "").await.status, StatusCode::SEE_OTHER);
    let left = town.text("SELECT problem FROM accessibility.report ORDER BY made_at").await;
    assert_eq!(left, "Senare|Nu");
}
