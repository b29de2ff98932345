//! Faults over a real Postgres: a hall with a changing room, a caretaker, and people whom nobody knows.

use std::io::Cursor;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::middleware::from_fn_with_state;
use cloud_contracts::{
    BookedState, BookedTime, BookedTimes, Closing, Closure, ClosureKind, Closures, Facilities, Facility,
    FaultAnswered, FaultLetters as _, Faults as _, Open, PortError, Resource, TimesWanted, Whose,
};
use cloud_kernel::testing::Bench;
use cloud_kernel::web::know_visitor;
use cloud_kernel::{
    Actor, Delivery, Event as _, HandlerError, Kernel, Module, Role, SignInPerson, TenantTx, Worker,
};
use cloud_photos::Studio;
use http::{Method, Request, StatusCode, header};
use jiff::SignedDuration;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use protocols_ids::{
    AuthorityId, BookingId, ClosureId, CustomerId, FacilityId, OccurrenceId, PartId, PersonId, ResourceId,
};
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::{FaultAnswers, FaultsModule, Ports};

const HALL: FacilityId = FacilityId::new(Uuid::from_u128(1));
const ROOM: ResourceId = ResourceId::new(Uuid::from_u128(2));
/// The bench's authority of the tenant `alfa`.
const AUTHORITY: AuthorityId = AuthorityId::new(Uuid::from_u128(0xA1FA << 16));
const BOUNDARY: &str = "a-boundary-of-the-tests";

/// The register, with what is closed in it, and who has been there.
#[derive(Default)]
struct Town(Mutex<Vec<Closure>>, Mutex<Vec<PersonId>>);

impl Town {
    fn hall(&self) -> Facility {
        let zone = TimeZone::get("Europe/Stockholm").unwrap();
        Facility {
            resources: vec![Resource::named(
                ROOM,
                "omkl",
                "Omklädningsrummet",
                &[PartId::new(Uuid::from_u128(3))],
            )],
            closures: self.0.lock().unwrap().clone(),
            ..Facility::named(HALL, AUTHORITY, "hallen", "Hallen", zone)
        }
    }
}

#[async_trait]
impl Facilities for Town {
    async fn all(&self, _: &mut TenantTx) -> Result<Vec<Facility>, PortError> {
        Ok(vec![self.hall()])
    }
    async fn by_slug(&self, _: &mut TenantTx, slug: &str) -> Result<Option<Facility>, PortError> {
        Ok(Some(self.hall()).filter(|hall| hall.slug == slug))
    }
    async fn of_resource(&self, _: &mut TenantTx, id: ResourceId) -> Result<Option<Facility>, PortError> {
        Ok(Some(self.hall()).filter(|hall| hall.resource(id).is_some()))
    }
    fn open(&self, facility: &Facility, _: ResourceId, first: Date, last: Date) -> Vec<Open> {
        facility.round_the_clock(first, last)
    }
}

#[async_trait]
impl Closures for Town {
    async fn close(&self, tx: &mut TenantTx, _: PersonId, closing: &Closing) -> Result<ClosureId, PortError> {
        let id: ClosureId = tx.new_id();
        self.0.lock().unwrap().push(Closure {
            id,
            resource: closing.resource,
            kind: ClosureKind::Closed,
            reason: closing.reason.clone(),
            starts_at: closing.starts_at,
            ends_at: None,
        });
        Ok(id)
    }
    async fn open_again(
        &self,
        tx: &mut TenantTx,
        _: PersonId,
        _: FacilityId,
        closure: ClosureId,
    ) -> Result<bool, PortError> {
        let mut all = self.0.lock().unwrap();
        let Some(one) = all.iter_mut().find(|one| one.id == closure) else { return Ok(false) };
        one.ends_at = Some(tx.now());
        Ok(true)
    }
}

/// Those who have been there had an hour.
#[async_trait]
impl BookedTimes for Town {
    async fn at(
        &self,
        _: &mut TenantTx,
        _: FacilityId,
        _: &[ResourceId],
        _: TimesWanted,
    ) -> Result<Vec<BookedTime>, PortError> {
        Ok(Vec::new())
    }
    async fn of(
        &self,
        tx: &mut TenantTx,
        whose: Whose,
        wanted: TimesWanted,
    ) -> Result<Vec<BookedTime>, PortError> {
        assert_eq!(wanted.during.ends_at, tx.now(), "what has begun");
        let Whose::Person(person) = whose else { return Ok(Vec::new()) };
        if !self.1.lock().unwrap().contains(&person) {
            return Ok(Vec::new());
        }
        Ok(vec![BookedTime {
            id: OccurrenceId::new(Uuid::from_u128(7)),
            booking: BookingId::new(Uuid::from_u128(8)),
            number: 1001,
            facility: HALL,
            resource: ROOM,
            starts_at: tx.now() - SignedDuration::from_hours(3),
            ends_at: tx.now() - SignedDuration::from_hours(2),
            customer: CustomerId::new(Uuid::from_u128(9)),
            purpose: "Träning".to_owned(),
            state: BookedState::Agreed,
            changed_at: tx.now(),
        }])
    }
}

/// Writes letters, as whoever carries them does: what they tell when they go.
struct Letters(FaultAnswers);

#[async_trait]
impl Module for Letters {
    fn name(&self) -> &'static str {
        "notifications"
    }
    fn routes(&self) -> Router<Kernel> {
        Router::new()
    }
    fn subscriptions(&self) -> &'static [&'static str] {
        &[FaultAnswered::KIND]
    }
    async fn on_event(&self, tx: &mut TenantTx, delivery: &Delivery) -> Result<(), HandlerError> {
        let Some(event) = delivery.read::<FaultAnswered>() else { return Ok(()) };
        if let Some(letter) = self.0.letter(tx, event?.answer).await.unwrap() {
            let told = format!("{} {} {} {}", letter.email, letter.place, letter.mended, letter.path);
            tx.audit(Actor::Service("letters"), "letters.sent", None, &told).await?;
        }
        Ok(())
    }
}

struct World {
    bench: Bench,
    town: Arc<Town>,
    answers: FaultAnswers,
    router: Router,
}

struct Answer {
    status: StatusCode,
    to: String,
    text: String,
    bytes: Vec<u8>,
}

/// A form with a file in it: its fields, and the file's bytes.
type Form<'a> = (&'a [(&'a str, &'a str)], &'a [u8]);

impl World {
    async fn new() -> Self {
        let bench = Bench::new().await;
        bench.switch_on("faults").await;
        let town = Arc::new(Town::default());
        let ports = Ports { facilities: town.clone(), closures: town.clone(), times: town.clone() };
        let module = Arc::new(FaultsModule::new(ports, Studio::default()));
        let answers = FaultAnswers::new(town.clone());
        let kernel = bench.kernel.clone();
        let router =
            module.routes().layer(from_fn_with_state(kernel.clone(), know_visitor)).with_state(kernel);
        bench.install(vec![module, Arc::new(Letters(answers.clone()))]);
        Self { bench, town, answers, router }
    }

    /// The session of somebody who has had a time there.
    async fn visitor(&self, name: &str) -> String {
        let token = self.person(name, None).await;
        let mut tx = self.bench.kernel.begin(self.bench.alfa).await.unwrap();
        let cloud_kernel::Viewer::SignedIn(person) = tx.viewer(&token).await.unwrap() else {
            panic!("{name} has no session")
        };
        self.town.1.lock().unwrap().push(person.person);
        token
    }

    /// Somebody's session, with a role at the hall or without any.
    async fn person(&self, name: &str, role: Option<Role>) -> String {
        let mut tx = self.bench.kernel.begin(self.bench.alfa).await.unwrap();
        let person = SignInPerson {
            issuer: "test".into(),
            subject: name.into(),
            name: name.into(),
            email: None,
            language: "sv",
        };
        let (_, token) = tx.begin_session(&person).await.unwrap();
        if let Some(role) = role {
            tx.give_role("test", name, self.bench.alfa_authority, role).await.unwrap();
        }
        tx.commit().await.unwrap();
        token
    }

    async fn send(&self, token: &str, method: Method, path: &str, (kind, body): (&str, Vec<u8>)) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "alfa.localhost")
            .header(header::COOKIE, format!("hallport_session={token}; hallport_language=sv"))
            .header(header::CONTENT_TYPE, kind)
            .body(Body::from(body))
            .unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let to = answer.headers().get(header::LOCATION).map(|to| to.to_str().unwrap().to_owned());
        let status = answer.status();
        let bytes = to_bytes(answer.into_body(), 4 << 20).await.unwrap().to_vec();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status, to: to.unwrap_or_default(), text, bytes }
    }

    async fn ask(&self, token: &str, path: &str) -> Answer {
        self.send(token, Method::GET, path, ("text/plain", Vec::new())).await
    }

    async fn get(&self, token: &str, path: &str) -> String {
        let answer = self.ask(token, path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        answer.text
    }

    async fn post(&self, token: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let encode = |text: &str| {
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
        };
        let body: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        let form = ("application/x-www-form-urlencoded", body.join("&").into_bytes());
        self.send(token, Method::POST, path, form).await
    }

    /// Sends what nobody has signed in for.
    async fn report(&self, path: &str, (fields, file): Form<'_>) -> Answer {
        let mut body = Vec::new();
        for (name, value) in fields {
            let piece =
                format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
            body.extend_from_slice(piece.as_bytes());
        }
        let head = format!(
            "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"IMG_1.jpg\"\r\ncontent-type: image/jpeg\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(file);
        body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
        self.send("", Method::POST, path, (&format!("multipart/form-data; boundary={BOUNDARY}"), body)).await
    }

    /// Reports something, and nothing else happens in that second; the receipt's path.
    async fn reported(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let answer = self.report(path, (fields, b"")).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        self.bench.clock.advance(SignedDuration::from_secs(1));
        answer.to.strip_suffix("?done").unwrap().to_owned()
    }

    /// The paths of what the staff's list shows, in order.
    async fn listed(&self, token: &str) -> Vec<String> {
        let page = self.get(token, "/faults").await;
        let links = page.split("link-card-title\" href=\"").skip(1);
        links.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
    }

    async fn work(&self) {
        let worker = Worker::new(self.bench.kernel.clone());
        while worker.work_once().await.unwrap() > 0 {}
    }

    async fn letters(&self) -> Vec<String> {
        self.work().await;
        self.bench
            .texts("SELECT detail #>> '{}' FROM kernel.audit WHERE action = 'letters.sent' ORDER BY id")
            .await
    }

    async fn audited(&self) -> Vec<String> {
        self.bench.texts("SELECT action FROM kernel.audit WHERE action LIKE 'faults.%' ORDER BY id").await
    }
}

/// A photo as a phone sends it: with where it was taken.
fn photo() -> Vec<u8> {
    let mut file = Vec::new();
    image::RgbImage::from_pixel(700, 500, image::Rgb([90, 120, 200]))
        .write_to(&mut Cursor::new(&mut file), image::ImageFormat::Jpeg)
        .unwrap();
    let mut with_place = file[..2].to_vec();
    let place = b"Exif\0\0GPS 59.48 18.30";
    with_place.extend_from_slice(&[0xff, 0xe1]);
    with_place.extend_from_slice(&u16::try_from(place.len() + 2).unwrap().to_be_bytes());
    with_place.extend_from_slice(place);
    with_place.extend_from_slice(&file[2..]);
    with_place
}

#[tokio::test]
async fn a_fault_is_reported_with_a_photo_without_signing_in_and_only_the_staff_sees_the_photo() {
    let world = World::new().await;
    let leif = world.person("Leif Dahl", Some(Role::Caretaker)).await;
    let made = world
        .post(
            &leif,
            "/faults/places/hallen",
            &[("name", " Omklädningsrum  2 "), ("resource", &ROOM.to_string())],
        )
        .await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    let form = world.get("", "/report/hallen/1").await;
    assert!(form.contains("Hallen, Omklädningsrum 2") && form.contains("capture=\"environment\""), "{form}");
    let fields = [("kind", "toilet"), ("words", "Den rinner hela tiden"), ("email", "")];
    let sent = world.report("/report/hallen/1", (&fields, &photo())).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
    assert!(world.get("", &sent.to).await.contains("Personalen har fått din anmälan"));

    let list = world.listed(&leif).await;
    assert_eq!(list.len(), 1);
    let page = world.get(&leif, &list[0]).await;
    assert!(page.contains("Den rinner hela tiden") && page.contains("Hallen, Omklädningsrum 2"), "{page}");
    let src = page.split("img class=\"photo\" src=\"").nth(1).unwrap().split('"').next().unwrap();
    let shown = world.ask(&leif, src).await;
    assert_eq!(shown.status, StatusCode::OK);
    assert!(shown.bytes.starts_with(&[0xff, 0xd8]), "a JPEG");
    assert!(!shown.bytes.windows(3).any(|bytes| bytes == b"GPS"), "drawn anew");
    assert_eq!(world.ask("", src).await.status, StatusCode::SEE_OTHER, "not without signing in");
    let anna = world.person("Anna", None).await;
    assert_eq!(world.ask(&anna, src).await.status, StatusCode::NOT_FOUND);
    assert_eq!(world.ask(&anna, &list[0]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(world.ask(&anna, "/faults").await.status, StatusCode::FORBIDDEN);
    // The next visitor reads of what sort it is, and neither words nor the photo.
    let next = world.get("", "/report/hallen/1").await;
    assert!(next.contains("Toalett, dusch eller avlopp, anmält"), "{next}");
    assert!(!next.contains("rinner") && !next.contains("/photos/"));
    // At another place it is not told: there it would be something else.
    assert!(!world.get("", "/report/hallen").await.contains("redan är anmält"));
    assert_eq!(world.audited().await, ["faults.place_made", "faults.reported"]);
}

#[tokio::test]
async fn whoever_wanted_to_know_gets_one_letter_when_it_is_mended_and_the_receipt_says_it_too() {
    let world = World::new().await;
    let leif = world.person("Leif Dahl", Some(Role::Caretaker)).await;
    let receipt =
        world.reported("/report/hallen", &[("kind", "light"), ("email", "gast@post.example")]).await;
    let fault = world.listed(&leif).await.remove(0);
    let step = async |step: &str| {
        let done = world.post(&leif, &format!("{fault}/step"), &[("step", step)]).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        done.to
    };
    assert!(step("take").await.ends_with("?done=taken"));
    assert!(world.get("", &receipt).await.contains("Någon i personalen tar hand om felet."));
    assert!(step("mend").await.ends_with("?done=mended"));
    // Reopened before the letter goes: there is nothing to tell.
    assert!(step("reopen").await.ends_with("?done=reopened"));
    assert!(world.letters().await.is_empty());
    assert!(step("mend").await.ends_with("?done=mended"));
    assert!(step("mend").await.ends_with("?late"), "somebody was first");
    let told = format!("gast@post.example Hallen true {receipt}");
    assert_eq!(world.letters().await, [told.as_str()]);
    assert!(world.get("", &receipt).await.contains("Felet åtgärdades"));
    // Mended a second time is told a second time.
    step("reopen").await;
    step("dismiss").await;
    assert_eq!(world.letters().await, [told.clone(), told.replace("true", "false")]);
    // An address that somebody made up leads nowhere.
    let forged = receipt.replace(receipt.rsplit('/').next().unwrap(), &"0".repeat(32));
    assert_eq!(world.ask("", &forged).await.status, StatusCode::NOT_FOUND);
    let page = world.get(&leif, &fault).await;
    assert!(!page.contains("gast@post.example"), "the address is for the letter only");
    assert!(page.contains("Leif Dahl") && page.contains("Öppnades igen"), "{page}");
}

#[tokio::test]
async fn the_changing_room_is_closed_from_the_fault_and_opened_again_once_each() {
    let world = World::new().await;
    let leif = world.person("Leif Dahl", Some(Role::Caretaker)).await;
    world
        .post(
            &leif,
            "/faults/places/hallen",
            &[("name", "Omklädningsrum 2"), ("resource", &ROOM.to_string())],
        )
        .await;
    world.reported("/report/hallen/1", &[("kind", "leak")]).await;
    let fault = world.listed(&leif).await.remove(0);
    let page = world.get(&leif, &fault).await;
    assert!(
        page.contains(&format!("value=\"{ROOM}\" selected")),
        "what the place belongs to is suggested: {page}"
    );
    let room = ROOM.to_string();
    for _ in 0..2 {
        let closed = world.post(&leif, &format!("{fault}/close"), &[("resource", &room)]).await;
        assert_eq!(closed.to, format!("{fault}?done=closed"), "{}", closed.text);
    }
    let page = world.get(&leif, &fault).await;
    assert!(
        page.contains("Omklädningsrummet är stängt på grund av felet.")
            && page.contains("Omklädningsrummet stängdes")
    );
    for _ in 0..2 {
        assert_eq!(world.post(&leif, &format!("{fault}/open"), &[]).await.to, format!("{fault}?done=opened"));
    }
    assert!(world.get(&leif, &fault).await.contains("Omklädningsrummet öppnades"));
    let audited = world.audited().await;
    let count = |action: &str| audited.iter().filter(|one| *one == action).count();
    assert_eq!((count("faults.closed"), count("faults.opened")), (1, 1));
    // Not something of another facility, and not by whoever does not look after it.
    let foreign = ResourceId::new(Uuid::from_u128(99)).to_string();
    let refused = world.post(&leif, &format!("{fault}/close"), &[("resource", &foreign)]).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let anna = world.person("Anna", None).await;
    for path in ["close", "open", "step", "note", "join"] {
        let fields = [("resource", room.as_str()), ("step", "mend"), ("text", "x"), ("into", &room)];
        let refused = world.post(&anna, &format!("{fault}/{path}"), &fields).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn reports_of_the_same_fault_are_joined_and_all_who_reported_it_are_answered() {
    let world = World::new().await;
    let leif = world.person("Leif Dahl", Some(Role::Caretaker)).await;
    let first = world.reported("/report/hallen", &[("kind", "leak"), ("email", "en@post.example")]).await;
    let form = world.get("", "/report/hallen").await;
    let same = form.split("name=\"same\" value=\"").nth(2).unwrap().split('"').next().unwrap();
    // The same again: one tap, and neither sort nor words.
    world.reported("/report/hallen", &[("same", same), ("email", "tva@post.example")]).await;
    world.bench.clock.advance(SignedDuration::from_mins(5));
    let third = world.reported("/report/hallen", &[("kind", "toilet"), ("email", "tre@post.example")]).await;
    let list = world.listed(&leif).await;
    assert_eq!(list.len(), 2, "the oldest first");
    assert!(world.get(&leif, "/faults").await.contains("2 har anmält det"));
    let into = list[0].rsplit('/').next().unwrap();
    let joined = world.post(&leif, &format!("{}/join", list[1]), &[("into", into)]).await;
    assert_eq!(joined.to, format!("{}?done=received", list[0]), "{}", joined.text);
    assert_eq!(world.listed(&leif).await, [list[0].clone()]);
    assert!(world.get(&leif, &list[1]).await.contains(&format!("href=\"{}\"", list[0])), "the way on");
    // Neither with itself, nor once more.
    let itself = world.post(&leif, &format!("{}/join", list[0]), &[("into", into)]).await;
    assert_eq!(itself.status, StatusCode::BAD_REQUEST);
    let again = world.post(&leif, &format!("{}/join", list[1]), &[("into", into)]).await;
    assert_eq!(again.to, format!("{}?late", list[1]));
    world.post(&leif, &format!("{}/step", list[0]), &[("step", "mend")]).await;
    let letters = world.letters().await;
    // Each goes by itself, in whatever order.
    let to: std::collections::BTreeSet<&str> =
        letters.iter().map(|letter| letter.split(' ').next().unwrap()).collect();
    assert_eq!(to, ["en@post.example", "tre@post.example", "tva@post.example"].into());
    assert_eq!(letters.len(), 3, "one letter each");
    for receipt in [first, third] {
        assert!(world.get("", &receipt).await.contains("Felet åtgärdades"));
    }
}

#[tokio::test]
async fn bad_reports_are_answered_beside_the_field_and_floods_are_bounded() {
    let world = World::new().await;
    let wrong = world.report("/report/hallen", (&[("kind", "other"), ("email", "ingen")], b"")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    for text in ["words-error", "email-error", "ingen"] {
        assert!(wrong.text.contains(text), "{text} is missing: {}", wrong.text);
    }
    for file in [&b"%PDF-1.7"[..], b"<svg onload=alert(1)>", &photo()[..300]] {
        let odd = world.report("/report/hallen", (&[("kind", "leak"), ("words", "<b>vatten")], file)).await;
        assert_eq!(odd.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(odd.text.contains("file-error") && odd.text.contains("&lt;b&gt;vatten"), "{}", odd.text);
    }
    let huge = vec![0_u8; cloud_photos::UPLOAD_BYTES_MAX];
    let huge = world.report("/report/hallen", (&[("kind", "leak"), ("words", "stort")], &huge)).await;
    assert_eq!(huge.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(huge.text.contains("Filen är för stor"), "{}", huge.text);
    let none = world.send("", Method::POST, "/report/hallen", ("text/plain", b"x".to_vec())).await;
    assert!(none.status.is_client_error(), "{}", none.status);
    assert_eq!(world.ask("", "/report/ingenstans").await.status, StatusCode::NOT_FOUND);
    assert!(
        world.get("", "/report/hallen/77").await.contains("Hallen"),
        "a label that was taken away is the facility"
    );
    // As many in an hour as a full hall sends, and then a word; an hour later again.
    for _ in 0..20 {
        world.reported("/report/hallen", &[("kind", "dirt")]).await;
    }
    let many = world.report("/report/hallen", (&[("kind", "dirt")], b"")).await;
    assert_eq!(many.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(many.text.contains("den senaste timmen"), "{}", many.text);
    world.bench.clock.advance(SignedDuration::from_mins(61));
    world.reported("/report/hallen", &[("kind", "dirt")]).await;
    assert_eq!(world.bench.texts("SELECT count(*)::text FROM faults.report").await, ["21"]);
}

#[tokio::test]
async fn what_people_wrote_is_forgotten_a_season_after_a_fault_ended() {
    let world = World::new().await;
    let leif = world.person("Leif Dahl", Some(Role::Caretaker)).await;
    let fields = [("kind", "leak"), ("words", "Kanariefåglar"), ("email", "kanarie@post.example")];
    let sent = world.report("/report/hallen", (&fields, &photo())).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
    world.bench.clock.advance(SignedDuration::from_secs(1));
    world
        .reported("/report/hallen", &[("kind", "dirt"), ("words", "Kvar"), ("email", "kvar@post.example")])
        .await;
    let fault = world.listed(&leif).await.remove(0);
    world.post(&leif, &format!("{fault}/step"), &[("step", "mend")]).await;
    world.work().await;
    world.bench.clock.advance(SignedDuration::from_hours(89 * 24));
    world.work().await;
    assert!(!world.bench.tables_that_hold(&["Kanariefåglar"]).await.is_empty(), "not before its time");
    world.bench.clock.advance(SignedDuration::from_hours(2 * 24));
    world.work().await;
    let held = world.bench.tables_that_hold(&["Kanariefåglar"]).await;
    assert!(held.is_empty(), "{held:?}");
    assert_eq!(world.bench.texts("SELECT count(*)::text FROM faults.photo").await, ["0"]);
    let open =
        world.bench.texts("SELECT words || ' ' || email FROM faults.report WHERE email IS NOT NULL").await;
    assert_eq!(open, ["Kvar kvar@post.example"], "what is open is kept");
}

#[tokio::test]
async fn places_have_labels_that_a_phone_reads_and_numbers_that_are_never_anothers() {
    let world = World::new().await;
    let leif = world.person("Leif Dahl", Some(Role::Caretaker)).await;
    for name in ["Entrén", "Läktaren"] {
        world.post(&leif, "/faults/places/hallen", &[("name", name)]).await;
    }
    let sheet = world.get(&leif, "/faults/places/hallen/labels").await;
    assert_eq!(sheet.matches("<svg class=\"qr\"").count(), 3, "the facility's own, and one a place");
    assert!(sheet.contains("http://alfa.localhost:8080/report/hallen/2"), "{sheet}");
    let removed = world.post(&leif, "/faults/places/hallen/remove", &[("no", "2")]).await;
    let page = world.get(&leif, &removed.to).await;
    assert!(!page.contains("Läktaren") && page.contains("Ångra"), "{page}");
    world.post(&leif, "/faults/places/hallen", &[("name", "Kiosken")]).await;
    assert!(world.get("", "/report/hallen/3").await.contains("Kiosken"));
    assert!(!world.get("", "/report/hallen/2").await.contains("Läktaren"));
    world.post(&leif, "/faults/places/hallen/restore", &[("no", "2")]).await;
    assert!(world.get("", "/report/hallen/2").await.contains("Läktaren"));
    for name in ["", "   ", &"x".repeat(61)] {
        let wrong = world.post(&leif, "/faults/places/hallen", &[("name", name)]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.text.contains("name-error"));
    }
    let anna = world.person("Anna", None).await;
    for path in ["/faults/places/hallen", "/faults/places/hallen/labels"] {
        assert_eq!(world.ask(&anna, path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
}

#[tokio::test]
async fn others_are_told_of_what_sort_a_fault_is_and_nothing_that_was_written() {
    let world = World::new().await;
    world.reported("/report/hallen", &[("kind", "danger"), ("words", "Anna föll")]).await;
    let mut tx = world.bench.kernel.begin(world.bench.alfa).await.unwrap();
    let open = world.answers.open_at(&mut tx, &[HALL]).await.unwrap();
    assert_eq!((open.len(), open[0].kind, open[0].taken), (1, "faults-kind-danger", false));
    assert!(!format!("{open:?}").contains("Anna"));
    // Another municipality has no such hall, and no such fault.
    let mut tx = world.bench.kernel.begin(world.bench.beta).await.unwrap();
    assert!(world.answers.open_at(&mut tx, &[HALL]).await.unwrap().is_empty());
}

#[tokio::test]
async fn whoever_had_a_time_grades_the_facility_and_a_few_grades_are_told_to_nobody() {
    let world = World::new().await;
    let leif = world.person("Leif Dahl", Some(Role::Caretaker)).await;
    let hall = HALL.to_string();
    let grade = async |token: &str, stars: &str| {
        world.post(token, "/grades", &[("facility", &hall), ("stars", stars)]).await
    };
    for (name, stars) in [("Anna", "5"), ("Bo", "4")] {
        let token = world.visitor(name).await;
        assert!(world.get(&token, "/grades").await.contains("Hallen"));
        assert_eq!(grade(&token, stars).await.to, "/grades?done");
    }
    assert!(world.get(&leif, "/faults").await.contains("Färre än 3 betyg"));
    let cilla = world.visitor("Cilla").await;
    grade(&cilla, "1").await;
    grade(&cilla, "4").await;
    assert!(world.get(&cilla, "/grades").await.contains("Du har gett 4 av 5."));
    assert!(world.get(&leif, "/faults").await.contains("4,3 av 5, 3 betyg"), "one grade a person, the last");
    grade(&cilla, "0").await;
    assert!(world.get(&leif, "/faults").await.contains("Färre än 3 betyg"), "taken back");
    // Nobody who was not there, and nothing but a grade.
    let dag = world.person("Dag", None).await;
    assert!(world.get(&dag, "/grades").await.contains("Inget att betygsätta"));
    assert_eq!(grade(&dag, "5").await.status, StatusCode::NOT_FOUND);
    for odd in ["6", "-1", "", "fem"] {
        assert_eq!(grade(&cilla, odd).await.status, StatusCode::BAD_REQUEST, "{odd}");
    }
}
