//! Channels that people chose, addresses that they proved, quiet hours, and a provider of short messages on a port of its
//! own that remembers what was posted to it.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Form, State};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use cloud_kernel::web::know_visitor;
use cloud_kernel::{Module as _, Role, SignInPerson};
use http::{HeaderMap, Method, Request, StatusCode, header};
use tower::ServiceExt as _;

use super::*;

/// What was posted to the provider, and what it answers.
#[derive(Clone, Default)]
struct Posted(Arc<Mutex<Vec<BTreeMap<String, String>>>>, Arc<Mutex<Option<StatusCode>>>);

async fn take(
    State(posted): State<Posted>,
    headers: HeaderMap,
    Form(form): Form<BTreeMap<String, String>>,
) -> Response {
    // `user:secret`, as HTTP's basic authentication has it.
    if headers[header::AUTHORIZATION] != "Basic dXNlcjpzZWNyZXQ=" {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    if let Some(status) = *posted.1.lock().unwrap() {
        return status.into_response();
    }
    posted.0.lock().unwrap().push(form);
    let count = posted.0.lock().unwrap().len();
    axum::Json(serde_json::json!({ "id": format!("s{count}"), "status": "created" })).into_response()
}

impl Posted {
    /// A provider at work, as the configuration names it.
    async fn at_work() -> (Self, Sms) {
        let posted = Self::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/a1/sms", listener.local_addr().unwrap());
        let router = Router::new().route("/a1/sms", post(take)).with_state(posted.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let (username, password) = ("user".to_owned(), "secret".to_owned());
        (posted, Sms { url, username, password, sender: "Alfa".to_owned() })
    }

    fn all(&self) -> Vec<BTreeMap<String, String>> {
        self.0.lock().unwrap().clone()
    }

    fn last(&self) -> BTreeMap<String, String> {
        self.all().pop().expect("a message was posted")
    }
}

impl World {
    /// Asks a page as whoever has the session.
    pub(super) async fn ask(
        &self,
        token: &str,
        method: Method,
        path: &str,
        form: &[(&str, &str)],
    ) -> (StatusCode, String, String) {
        let encode = |text: &str| {
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
        };
        let body: Vec<String> =
            form.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "alfa.localhost")
            .header(header::COOKIE, format!("hallport_session={token}; hallport_language=sv"))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body.join("&")))
            .unwrap();
        let kernel = self.bench.kernel.clone();
        let router =
            self.module.routes().layer(from_fn_with_state(kernel.clone(), know_visitor)).with_state(kernel);
        let answer = router.oneshot(request).await.unwrap();
        let status = answer.status();
        let location = answer.headers().get(header::LOCATION).map(|to| to.to_str().unwrap().to_owned());
        let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        (status, location.unwrap_or_default(), String::from_utf8(body.to_vec()).unwrap())
    }

    pub(super) async fn get(&self, path: &str) -> String {
        let (status, _, body) = self.ask(&self.token, Method::GET, path, &[]).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> (StatusCode, String, String) {
        self.ask(&self.token, Method::POST, path, form).await
    }

    /// A member of staff's session.
    pub(super) async fn staff(&self, role: Role) -> String {
        let mut tx = self.bench.kernel.begin(self.bench.alfa).await.unwrap();
        let (issuer, subject) = ("https://login.example", role.as_str());
        tx.give_role(issuer, subject, self.bench.alfa_authority, role).await.unwrap();
        let person = SignInPerson {
            issuer: issuer.into(),
            subject: subject.into(),
            name: "Ove Ås".into(),
            email: None,
            language: "sv",
        };
        let (_, token) = tx.begin_session(&person).await.unwrap();
        tx.commit().await.unwrap();
        token
    }

    /// The booker's number is proven.
    async fn prove_number(&self, posted: &Posted) {
        let (status, to, body) = self.post("/my/messages/mobile", &[("mobile", "070-123 45 67")]).await;
        assert_eq!(
            (status, to.as_str()),
            (StatusCode::SEE_OTHER, "/my/messages/settings?done=code"),
            "{body}"
        );
        self.work().await;
        let code = code_in(&posted.last()["message"]);
        let (_, to, _) = self.post("/my/messages/mobile/code", &[("code", &code)]).await;
        assert_eq!(to, "/my/messages/settings?done=proven");
    }
}

/// The six digits of a text.
fn code_in(text: &str) -> String {
    let digits = text.split(|c: char| !c.is_ascii_digit()).find(|part| part.len() == 6);
    digits.unwrap_or_else(|| panic!("no code in {text}")).to_owned()
}

#[tokio::test]
async fn a_number_is_written_to_once_its_owner_has_typed_the_code_that_was_sent_there() {
    let (posted, sms) = Posted::at_work().await;
    let world = World::with(Carriers { mail: None, sms: Some(sms) }, Some("sam@post.example"), "sv").await;
    let (status, _, body) = world.post("/my/messages/mobile", &[("mobile", "08-123 456 78")]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(body.contains("Skriv ett mobilnummer") && body.contains("value=\"08-123 456 78\""), "{body}");

    world.post("/my/messages/mobile", &[("mobile", "070-123 45 67")]).await;
    world.work().await;
    let sent = posted.last();
    assert_eq!((sent["to"].as_str(), sent["from"].as_str()), ("+46701234567", "Alfa"));
    let code = code_in(&sent["message"]);
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let page = world.get("/my/messages/settings").await;
    assert!(page.contains("Vi har skickat ett sms med en kod till 070-123 45 67") && !page.contains(&code));
    let (status, _, body) = world.post("/my/messages/mobile/code", &[("code", wrong)]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(body.contains("Du kan försöka 4 gånger till."), "{body}");
    let typed = format!("{} {}", &code[..3], &code[3..]);
    let (_, to, _) = world.post("/my/messages/mobile/code", &[("code", &typed)]).await;
    assert_eq!(to, "/my/messages/settings?done=proven");
    assert!(world.get("/my/messages/settings").await.contains("Vi skickar sms till 070-123 45 67."));
    // A code is good once.
    let (_, _, body) = world.post("/my/messages/mobile/code", &[("code", &code)]).await;
    assert!(body.contains("Koden gäller inte längre"), "{body}");
    world.post("/my/messages/mobile/remove", &[]).await;
    assert!(world.get("/my/messages/settings").await.contains("Vi har inget mobilnummer till dig."));
}

#[tokio::test]
async fn codes_are_guessed_five_times_and_asked_for_five_times_a_day() {
    let (posted, sms) = Posted::at_work().await;
    let world = World::with(Carriers { mail: None, sms: Some(sms) }, None, "sv").await;
    world.post("/my/messages/mobile", &[("mobile", "0701234567")]).await;
    world.work().await;
    let code = code_in(&posted.last()["message"]);
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for _ in 0..5 {
        world.post("/my/messages/mobile/code", &[("code", wrong)]).await;
    }
    let (_, _, body) = world.post("/my/messages/mobile/code", &[("code", &code)]).await;
    assert!(body.contains("Koden gäller inte längre"), "{body}");
    for _ in 0..4 {
        let (_, to, _) = world.post("/my/messages/mobile", &[("mobile", "0701234568")]).await;
        assert_eq!(to, "/my/messages/settings?done=code");
    }
    let (status, _, body) = world.post("/my/messages/mobile", &[("mobile", "0701234568")]).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert!(body.contains("Försök igen i morgon"), "{body}");
    world.bench.clock.advance(SignedDuration::from_hours(24));
    let token = world.sign_in_again().await;
    let (_, to, _) =
        world.ask(&token, Method::POST, "/my/messages/mobile", &[("mobile", "0701234568")]).await;
    assert_eq!(to, "/my/messages/settings?done=code");
}

impl World {
    /// A session lasts half a day.
    async fn sign_in_again(&self) -> String {
        let mut tx = self.bench.kernel.begin(self.bench.alfa).await.unwrap();
        let person = SignInPerson {
            issuer: "https://login.example".into(),
            subject: "sam".into(),
            name: "Sam Lind".into(),
            email: None,
            language: "sv",
        };
        let (_, token) = tx.begin_session(&person).await.unwrap();
        tx.commit().await.unwrap();
        token
    }

    /// The clock goes on until then.
    fn at(&self, then: Timestamp) {
        self.bench.clock.advance(then.duration_since(self.bench.kernel.now()));
    }

    /// Whoever is told of the closing is told by these channels.
    async fn close(&self, change: Uuid) {
        self.tell(&BookingRearranged { booking: self.booking, change }).await;
    }
}

#[tokio::test]
async fn a_new_e_mail_address_is_written_to_once_the_link_that_was_sent_there_is_answered() {
    let mailbox = Mailbox::open("100000");
    let world = World::new(Some(mailbox.relay()), Some("sam@post.example"), "sv").await;
    let (status, _, body) = world.post("/my/messages/email", &[("email", "a@b.se\nBcc: x@y.se")]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
    let (_, to, _) = world.post("/my/messages/email", &[("email", "ny@post.example")]).await;
    assert_eq!(to, "/my/messages/settings?done=link");
    world.work().await;
    let letter = mailbox.mail().pop().unwrap();
    assert_eq!(text(&letter, "to"), "ny@post.example");
    let body = text(&letter, "text");
    let link = body.lines().find_map(|line| line.strip_prefix("http://alfa.localhost:8080")).unwrap();
    // The old one stays until the link is answered, and looking at it answers nothing.
    let (status, _, page) = world.ask("", Method::GET, link, &[]).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("ny@post.example") && page.contains("Ja, skriv hit"));
    assert!(world.get("/my/messages/settings").await.contains("Vi skriver till sam@post.example."));
    let (status, _, _) = world.ask("", Method::POST, link, &[]).await;
    assert_eq!(status, StatusCode::OK);
    world.confirm().await;
    world.work().await;
    assert_eq!(text(&mailbox.mail().pop().unwrap(), "to"), "ny@post.example");
    let (status, _, _) = world.ask("", Method::POST, link, &[]).await;
    assert_eq!(status, StatusCode::GONE, "a link is good once");
    assert_eq!(world.ask("", Method::GET, "/my/messages/email/abc", &[]).await.0, StatusCode::GONE);
    world.post("/my/messages/email/remove", &[]).await;
    assert!(world.get("/my/messages/settings").await.contains("Vi skriver till sam@post.example."));
}

#[tokio::test]
async fn a_link_that_waited_too_long_changes_nothing() {
    let mailbox = Mailbox::open("100000");
    let world = World::new(Some(mailbox.relay()), Some("sam@post.example"), "sv").await;
    world.post("/my/messages/email", &[("email", "ny@post.example")]).await;
    world.work().await;
    let letter = mailbox.mail().pop().unwrap();
    let link = text(&letter, "text")
        .lines()
        .find_map(|line| line.strip_prefix("http://alfa.localhost:8080"))
        .unwrap();
    world.bench.clock.advance(SignedDuration::from_mins(30));
    assert_eq!(world.ask("", Method::POST, link, &[]).await.0, StatusCode::GONE);
    assert!(world.get("/my/messages/settings").await.contains("Vi skriver till sam@post.example."));
}

#[tokio::test]
async fn a_change_of_many_comes_by_letter_and_as_a_short_version_that_says_whether_it_arrived() {
    let mailbox = Mailbox::open("100000");
    let (posted, sms) = Posted::at_work().await;
    let carriers = Carriers { mail: Some(mailbox.relay()), sms: Some(sms) };
    let world = World::with(carriers, Some("sam@post.example"), "sv").await;
    world.prove_number(&posted).await;
    world.close(CHANGE).await;
    let sent = posted.last();
    let message = &sent["message"];
    for said in [
        "alfa kommun: Kommunen har ändrat tider i din bokning 1042",
        "Mässan behöver hallen",
        "fredag 27 nov 18.00-20.00",
    ] {
        assert!(message.contains(said), "{said} is not in {message}");
    }
    assert!(message.ends_with(&format!("http://alfa.localhost:8080/bookings/{}", world.booking)));
    assert!(notifications_domain::segments(message) <= notifications_domain::SEGMENTS_MAX);
    assert_eq!(mailbox.mail().len(), 1);

    let report = sent["whendelivered"].strip_prefix("http://alfa.localhost:8080").unwrap();
    let page = world.get("/my/messages").await;
    assert!(page.contains("Skickat") && !page.contains("Kom fram"), "{page}");
    // Nobody else reports, and what is no last word changes nothing.
    let forged = report.replace(&report[report.len() - 4..], "beef");
    assert_eq!(
        world.ask("", Method::POST, &forged, &[("status", "delivered")]).await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(world.ask("", Method::POST, report, &[("status", "sent")]).await.0, StatusCode::NO_CONTENT);
    assert!(!world.get("/my/messages").await.contains("Kom fram"));
    assert_eq!(
        world.ask("", Method::POST, report, &[("id", "s2"), ("status", "delivered")]).await.0,
        StatusCode::NO_CONTENT
    );
    assert_eq!(world.ask("", Method::POST, report, &[("status", "failed")]).await.0, StatusCode::NO_CONTENT);
    let page = world.get("/my/messages").await;
    assert!(page.contains("Kom fram") && !page.contains("Kom inte fram"), "{page}");
}

#[tokio::test]
async fn a_code_stands_in_a_short_message_only_where_its_holder_chose_that() {
    let (posted, sms) = Posted::at_work().await;
    let world = World::with(Carriers { mail: None, sms: Some(sms) }, None, "sv").await;
    world.prove_number(&posted).await;
    let choose = |codes: bool| {
        let mut form = vec![("bookings", "sms"), ("disruptions", "sms"), ("quiet", "never")];
        form.extend(codes.then_some(("codes", "yes")));
        form
    };
    assert_eq!(
        world.post("/my/messages/settings", &choose(false)).await.1,
        "/my/messages/settings?done=saved"
    );
    world.confirm().await;
    world.work().await;
    let first = posted.last();
    assert!(first["message"].contains("Din bokning 1042 är bekräftad"), "{first:?}");
    assert!(!first["message"].contains("482 913"));
    world.post("/my/messages/settings", &choose(true)).await;
    world.tell(&BookingChanged { booking: world.booking }).await;
    assert!(posted.last()["message"].contains("482 913"));
    let told: i64 =
        sqlx::query_scalar("SELECT count(*) FROM kernel.audit WHERE action = 'notifications.code_told'")
            .fetch_one(&mut world.superuser().await)
            .await
            .unwrap();
    assert_eq!(told, 1, "each code that is told leaves a trail");
}

#[tokio::test]
async fn what_does_not_hurry_waits_for_the_end_of_quiet_hours_and_what_is_about_today_does_not() {
    let mailbox = Mailbox::open("100000");
    let (posted, sms) = Posted::at_work().await;
    let carriers = Carriers { mail: Some(mailbox.relay()), sms: Some(sms) };
    let world = World::with(carriers, Some("sam@post.example"), "sv").await;
    world.prove_number(&posted).await;
    let before = posted.all().len();
    // Monday evening, half past ten in Stockholm; the booking is on Friday.
    world.at(time("2026-11-23T21:30:00Z"));
    world.close(CHANGE).await;
    assert_eq!((posted.all().len(), mailbox.mail().len()), (before, 1), "the letter does not wait");
    world.at(time("2026-11-24T05:59:59Z"));
    world.work().await;
    assert_eq!(posted.all().len(), before);
    world.at(time("2026-11-24T06:00:00Z"));
    world.work().await;
    assert_eq!(posted.all().len(), before + 1);
    // The night before, the same waits for nothing.
    world.at(time("2026-11-27T05:30:00Z"));
    world.tell(&BookingMet { booking: world.booking, closure: CLOSURE, open: false }).await;
    assert_eq!(posted.all().len(), before + 2);
}

#[tokio::test]
async fn whoever_must_be_reached_cannot_choose_no_way_and_odd_forms_get_an_answer() {
    let (_, sms) = Posted::at_work().await;
    let world = World::with(Carriers { mail: None, sms: Some(sms) }, Some("sam@post.example"), "sv").await;
    let (status, _, body) =
        world.post("/my/messages/settings", &[("bookings", "email"), ("quiet", "ours")]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(body.contains("Välj minst ett sätt"), "{body}");
    let both = [("bookings", "email"), ("disruptions", "email")];
    for (quiet, said) in [
        (&[("quiet", "own"), ("from", "22:00"), ("until", "22:00")][..], "måste vara olika"),
        (&[("quiet", "own"), ("from", "kväll"), ("until", "07:00")][..], "Skriv ett klockslag"),
        (&[("quiet", "sometimes")][..], "Välj en av de tre"),
        (&[][..], "Välj en av de tre"),
    ] {
        let (status, _, body) = world.post("/my/messages/settings", &[&both, quiet].concat()).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(body.contains(said), "{said}: {body}");
    }
    let own =
        [&both[..], &[("quiet", "own"), ("from", "20:30"), ("until", "08:15"), ("x", "<script>")]].concat();
    assert_eq!(world.post("/my/messages/settings", &own).await.1, "/my/messages/settings?done=saved");
    let page = world.get("/my/messages/settings").await;
    assert!(page.contains("value=\"20:30\"") && page.contains("value=\"08:15\""), "{page}");
    // Of what one only wishes for one may want nothing.
    assert_eq!(world.ask("", Method::GET, "/my/messages", &[]).await.0, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_provider_that_is_away_is_tried_again_and_what_it_refuses_stands_in_the_officers_list_until_sent_again()
 {
    let (posted, sms) = Posted::at_work().await;
    let world = World::with(Carriers { mail: None, sms: Some(sms) }, None, "sv").await;
    world.prove_number(&posted).await;
    let before = posted.all().len();
    *posted.1.lock().unwrap() = Some(StatusCode::SERVICE_UNAVAILABLE);
    world.close(CHANGE).await;
    *posted.1.lock().unwrap() = None;
    world.bench.clock.advance(SignedDuration::from_secs(2));
    world.work().await;
    assert_eq!(posted.all().len(), before + 1);

    *posted.1.lock().unwrap() = Some(StatusCode::BAD_REQUEST);
    world.tell(&BookingMet { booking: world.booking, closure: CLOSURE, open: false }).await;
    *posted.1.lock().unwrap() = None;
    let officer = world.staff(Role::Officer).await;
    let (status, _, page) = world.ask(&officer, Method::GET, "/desk/messages", &[]).await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        page.contains("Inte skickat: numret tar inte emot") && page.contains("Stängt: bokning 1042"),
        "{page}"
    );
    let again = page
        .split("action=\"")
        .find_map(|part| part.strip_prefix("/desk/messages/")?.split('"').next())
        .unwrap();
    let again = format!("/desk/messages/{again}");
    // Nobody but an officer of that authority sends it.
    assert_eq!(world.ask(&world.token, Method::POST, &again, &[]).await.0, StatusCode::FORBIDDEN);
    let (_, to, _) = world.ask(&officer, Method::POST, &again, &[]).await;
    assert_eq!(to, "/desk/messages?done=again");
    world.work().await;
    assert_eq!(posted.all().len(), before + 2);
    let (_, _, page) = world.ask(&officer, Method::GET, "/desk/messages", &[]).await;
    assert!(page.contains("Allt har kommit fram"), "{page}");
    // A second press finds nothing to do.
    world.ask(&officer, Method::POST, &again, &[]).await;
    world.work().await;
    assert_eq!(posted.all().len(), before + 2);
}

#[tokio::test]
async fn whoever_has_no_address_stands_in_the_officers_list_and_is_told_once_there_is_one() {
    let mailbox = Mailbox::open("100000");
    let world = World::new(Some(mailbox.relay()), None, "sv").await;
    world.confirm().await;
    world.work().await;
    let officer = world.staff(Role::Officer).await;
    let (_, _, page) = world.ask(&officer, Method::GET, "/desk/messages", &[]).await;
    assert!(page.contains("Inte skickat: ingen adress") && page.contains("Sam Lind"), "{page}");
    let again = page
        .split("action=\"")
        .find_map(|part| part.strip_prefix("/desk/messages/")?.split('"').next())
        .unwrap();
    let again = format!("/desk/messages/{again}");
    assert_eq!(world.ask(&officer, Method::POST, &again, &[]).await.1, "/desk/messages?done=nowhere");
    let mut tx = world.bench.kernel.begin(world.bench.alfa).await.unwrap();
    crate::store::person::proven(
        &mut tx,
        world.booker,
        (notifications_domain::Channel::Email, "sam@post.example"),
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(world.ask(&officer, Method::POST, &again, &[]).await.1, "/desk/messages?done=again");
    world.work().await;
    assert_eq!(text(&mailbox.mail().pop().unwrap(), "to"), "sam@post.example");
}
