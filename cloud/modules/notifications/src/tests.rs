//! Messages on their way: real Postgres, a real mail server, and Python's own reader of mail.
//!
//! The mail server is `aiosmtpd` in the Python environment that `HALLPORT_TEST_VENV` names.

mod channels;
#[path = "../../../../e2e/support/port.rs"]
mod port;
mod reported;
mod watched;
mod words;

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use cloud_contracts::{
    Access, AccessState, AnsweredReport, BookingAccess, BookingCancelled, BookingChanged, BookingConfirmed,
    BookingContact, BookingGuest, BookingMet, BookingRearranged, BookingRefused, BookingRequested,
    BookingSummary, BookingToOpen, Bookings, CaseHead, Closure, ClosureKind, ContactsChosen, CustomerLetter,
    CustomerLetters, CustomerStep, CustomerTold, EnquiryStep, EnquirySummary, EnquiryTold, Equipment,
    Facilities, Facility, FaultAnswered, FaultLetter, FaultLetters, FoundTime, GuestAccess, GuestLetIn,
    GuestTakenBack, HandedOver, MustKnow, OccurrenceSummary, Open, Passage, PortError, Rearranged,
    ReportLetters, Resource, ToTell, Watches,
};
use cloud_kernel::testing::Bench;
use cloud_kernel::{Actor, Event, SignInPerson, TenantTx, Worker};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use protocols_ids::{
    AuthorityId, BookingId, ClosureId, ContactId, CustomerId, EnquiryId, EquipmentId, FacilityId, GuestId,
    OccurrenceId, PartId, PersonId, ResourceId,
};
use serde_json::Value;
use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;

use crate::{Carriers, Mail, MailSecurity, NotificationsModule, Ports, Sms};

const CHANGE: Uuid = Uuid::from_u128(77);
const CLOSURE: ClosureId = ClosureId::new(Uuid::from_u128(78));

const PIN: &str = "482913";

const ANNAS_PIN: &str = "190867";
const ANNA: GuestId = GuestId::new(Uuid::from_u128(0xA44A));
const BO: GuestId = GuestId::new(Uuid::from_u128(0xB0));

/// The other modules, with one booking, and whether its guests were taken back, where it has any.
/// Beside them whether those who must know do.
struct Others(Mutex<BookingSummary>, Mutex<Option<bool>>, Mutex<Option<bool>>);

const TABLES: EquipmentId = EquipmentId::new(Uuid::from_u128(0x7AB));
const COFFEE: EquipmentId = EquipmentId::new(Uuid::from_u128(0xC0F));

const CARETAKER: ContactId = ContactId::new(Uuid::from_u128(0xCA));
const GUARD: ContactId = ContactId::new(Uuid::from_u128(0x6A));

#[async_trait]
impl Bookings for Others {
    /// Every booking and enquiry is one of alfa's authority.
    async fn heads(
        &self,
        _: &mut TenantTx,
        bookings: &[BookingId],
        enquiries: &[EnquiryId],
    ) -> Result<Vec<CaseHead>, PortError> {
        let ids = bookings.iter().map(|id| id.uuid()).chain(enquiries.iter().map(|id| id.uuid()));
        let head = |id| CaseHead {
            id,
            number: 1042,
            authority: AuthorityId::new(Uuid::from_u128(0xA1FA << 16)),
            customer_name: "Sam Lind".into(),
        };
        Ok(ids.map(head).collect())
    }

    async fn summary(
        &self,
        _: &mut TenantTx,
        booking: BookingId,
    ) -> Result<Option<BookingSummary>, PortError> {
        Ok(Some(self.0.lock().unwrap().clone()).filter(|known| known.id == booking))
    }

    /// The change took two hours away and offers the one after them.
    async fn rearranged(
        &self,
        _: &mut TenantTx,
        _: BookingId,
        change: Uuid,
    ) -> Result<Option<Rearranged>, PortError> {
        let time = self.0.lock().unwrap().occurrences[0];
        let ends_at = time.ends_at + SignedDuration::from_hours(1);
        let later = OccurrenceSummary { starts_at: time.ends_at, ends_at, ..time };
        Ok((change == CHANGE).then(|| Rearranged {
            reason: "Mässan behöver hallen".to_owned(),
            gone: vec![time],
            came: Vec::new(),
            offered: vec![(later, time.starts_at)],
        }))
    }

    /// The booker has asked.
    async fn enquiry(&self, _: &mut TenantTx, id: EnquiryId) -> Result<Option<EnquirySummary>, PortError> {
        Ok(Some(EnquirySummary {
            id,
            number: 1050,
            asker: self.0.lock().unwrap().booker,
            resource: ResourceId::new(Uuid::from_u128(9)),
            wished: "en lördag i maj".into(),
            answer: Some("Den 9 maj går bra.".into()),
            end_reason: Some("Salen byggs om.".into()),
        }))
    }

    /// Somebody who must know, where anybody does, and somebody who need not any more.
    async fn must_know(&self, _: &mut TenantTx, _: BookingId) -> Result<MustKnow, PortError> {
        let Some(must_know) = *self.2.lock().unwrap() else { return Ok(MustKnow::default()) };
        let contact = |id, name: &str, email: &str, must_know| BookingContact {
            id,
            name: name.into(),
            email: email.into(),
            language: "sv".into(),
            must_know,
        };
        Ok(MustKnow {
            contacts: vec![
                contact(CARETAKER, "Vaktmästarna på Åsen", "vakt@example.org", must_know),
                contact(GUARD, "Väktarna", "guard@example.org", false),
            ],
            purpose: "Dans för åttor".into(),
            persons: Some(80),
            message: Some("Ställ fram\nåtta bord".into()),
        })
    }

    /// Two guests: one with an address, at the booking's times, and one without.
    async fn guests(&self, _: &mut TenantTx, _: BookingId) -> Result<Vec<BookingGuest>, PortError> {
        let Some(taken_back) = *self.1.lock().unwrap() else { return Ok(vec![]) };
        let summary = self.0.lock().unwrap();
        let guest = |id: GuestId, email: Option<&str>| BookingGuest {
            id,
            name: "Anna på Åsen".into(),
            email: email.map(Into::into),
            language: "en".into(),
            taken_back,
            occurrences: summary.occurrences.iter().map(|time| time.id).collect(),
        };
        Ok(vec![guest(ANNA, Some("anna@example.org")), guest(BO, None)])
    }
}

#[async_trait]
impl CustomerLetters for Others {
    /// Somebody is invited, and the booker's application was refused. What was approved is told no more.
    async fn letter(
        &self,
        _: &mut TenantTx,
        told: CustomerTold,
    ) -> Result<Option<CustomerLetter>, PortError> {
        let (reader, email, path) = match told.step {
            CustomerStep::Invited => (None, "bo@example.org", "/invitations/hemligt"),
            CustomerStep::Refused => {
                (Some(self.0.lock().unwrap().booker), "sam@example.org", "/associations")
            }
            CustomerStep::Received | CustomerStep::Approved => return Ok(None),
        };
        Ok(Some(CustomerLetter {
            reader,
            email: Some(email.into()),
            language: "sv".into(),
            customer: "Strandens IF".into(),
            reason: "Ni finns redan.".into(),
            path: path.into(),
            until: Some("2026-12-07T09:00:00Z".parse().unwrap()),
        }))
    }
}

#[async_trait]
impl Facilities for Others {
    /// The hall, closed by snow.
    async fn all(&self, tx: &mut TenantTx) -> Result<Vec<Facility>, PortError> {
        let hall = self.of_resource(tx, ResourceId::new(Uuid::from_u128(9))).await?;
        let closed = hall.map(|hall| Facility {
            closures: vec![Closure {
                id: CLOSURE,
                resource: None,
                kind: ClosureKind::Unplayable,
                reason: "snö".to_owned(),
                starts_at: tx.now(),
                ends_at: None,
            }],
            resources: vec![Resource::named(
                ResourceId::new(Uuid::from_u128(9)),
                "salen",
                "Salen",
                &[PartId::new(Uuid::from_u128(10))],
            )],
            ..hall
        });
        Ok(closed.into_iter().collect())
    }
    async fn by_slug(&self, _: &mut TenantTx, _: &str) -> Result<Option<Facility>, PortError> {
        Ok(None)
    }
    async fn of_resource(&self, _: &mut TenantTx, _: ResourceId) -> Result<Option<Facility>, PortError> {
        let (id, authority) = (FacilityId::new(Uuid::from_u128(3)), AuthorityId::new(Uuid::from_u128(4)));
        let zone = TimeZone::get("Europe/Stockholm").unwrap();
        Ok(Some(Facility {
            address: Some("Skolvägen 1, Åsby".into()),
            equipment: vec![
                Equipment { id: TABLES, name: "Bord".into(), stock: Some(8), resources: Vec::new() },
                Equipment { id: COFFEE, name: "Kaffe".into(), stock: None, resources: Vec::new() },
            ],
            ..Facility::named(id, authority, "hallen", "Hallen på Åsen", zone)
        }))
    }

    fn open(&self, facility: &Facility, _: ResourceId, first: Date, last: Date) -> Vec<Open> {
        facility.round_the_clock(first, last)
    }
}

#[async_trait]
impl Access for Others {
    async fn issue(&self, _: &mut TenantTx, _: &BookingToOpen) -> Result<(), PortError> {
        Ok(())
    }
    async fn change(&self, _: &mut TenantTx, _: &BookingToOpen) -> Result<(), PortError> {
        Ok(())
    }
    async fn hand_over(&self, _: &mut TenantTx, _: &HandedOver) -> Result<(), PortError> {
        Ok(())
    }
    async fn revoke(&self, _: &mut TenantTx, _: BookingId) -> Result<(), PortError> {
        Ok(())
    }
    async fn of_booking(
        &self,
        _: &mut TenantTx,
        _: BookingId,
        with_pin: bool,
    ) -> Result<Option<BookingAccess>, PortError> {
        Ok(Some(BookingAccess {
            state: AccessState::Issued,
            pin: with_pin.then(|| PIN.to_owned()),
            pins: vec![],
            doors: vec!["Entré".into()],
            opens_at: Some(time("2026-11-27T16:50:00Z")),
            closes_at: Some(time("2026-11-27T19:10:00Z")),
        }))
    }
    async fn of_guests(
        &self,
        _: &mut TenantTx,
        _: BookingId,
        with_pin: bool,
    ) -> Result<Vec<GuestAccess>, PortError> {
        let guest = |guest, pin: &str| GuestAccess {
            guest,
            state: AccessState::Issued,
            pin: with_pin.then(|| pin.to_owned()),
            opens_at: Some(time("2026-11-27T16:50:00Z")),
            closes_at: Some(time("2026-11-27T19:10:00Z")),
        };
        Ok(vec![guest(ANNA, ANNAS_PIN), guest(BO, "555666")])
    }
    async fn states(
        &self,
        _: &mut TenantTx,
        _: &[BookingId],
    ) -> Result<Vec<(BookingId, AccessState)>, PortError> {
        Ok(vec![])
    }
    async fn passages(&self, _: &mut TenantTx, _: &[BookingId]) -> Result<Vec<Passage>, PortError> {
        Ok(vec![])
    }
}

/// Nobody follows anything.
#[async_trait]
impl Watches for Others {
    async fn to_tell(&self, _: &mut TenantTx, _: Uuid) -> Result<Vec<ToTell>, PortError> {
        Ok(Vec::new())
    }
    async fn found(&self, _: &mut TenantTx, _: Uuid) -> Result<Option<FoundTime>, PortError> {
        Ok(None)
    }
}

#[async_trait]
impl FaultLetters for Others {
    async fn letter(&self, _: &mut TenantTx, answer: Uuid) -> Result<Option<FaultLetter>, PortError> {
        Ok((answer == MENDED).then(|| FaultLetter {
            email: "gast@post.example".into(),
            language: "sv".into(),
            place: "Provhallen, Omklädningsrum 2".into(),
            kind: "faults-kind-leak",
            mended: true,
            path: "/reports/1/2".into(),
        }))
    }
}

/// The answer that holds.
const MENDED: Uuid = Uuid::from_u128(0xFA);

#[async_trait]
impl ReportLetters for Others {
    async fn answered(&self, _: &mut TenantTx, report: Uuid) -> Result<Option<AnsweredReport>, PortError> {
        Ok((report == reported::REPORT).then(|| AnsweredReport {
            email: "kim@post.example".to_owned(),
            language: "sv".to_owned(),
            reported: "Knappen syns inte".to_owned(),
            answer: "Nu syns den.".to_owned(),
        }))
    }
    async fn letter_ended(&self, tx: &mut TenantTx, report: Uuid, sent: bool) -> Result<(), PortError> {
        let said = if sent { "reports.sent" } else { "reports.not_sent" };
        tx.audit(Actor::Service("reports"), said, Some(report), &()).await.map_err(PortError::database)
    }
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A mail server with a mailbox; ends with the test.
struct Mailbox {
    python: PathBuf,
    directory: tempfile::TempDir,
    port: u16,
    server: Option<Child>,
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        if let Some(server) = &mut self.server {
            server.kill().unwrap();
            server.wait().unwrap();
        }
    }
}

impl Mailbox {
    /// A mailbox whose server is not up yet.
    fn closed() -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "tests are told where their peers are by their environment"
        )]
        let venv = std::env::var("HALLPORT_TEST_VENV")
            .expect("HALLPORT_TEST_VENV names no Python environment with aiosmtpd; ./deploy/test makes one");
        let port = port::free_port();
        let python = PathBuf::from(venv).join("bin/python3");
        Self { python, directory: tempfile::tempdir().unwrap(), port, server: None }
    }

    /// A mailbox that takes mail, of at most so many bytes.
    fn open(most: &str) -> Self {
        let mut mailbox = Self::closed();
        mailbox.start(most);
        mailbox
    }

    fn start(&mut self, most: &str) {
        let mut server = Command::new(&self.python)
            .args(["-m", "aiosmtpd", "-n", "-d", "-s", most, "-l", &format!("127.0.0.1:{}", self.port)])
            .args(["-c", "aiosmtpd.handlers.Mailbox"])
            .arg(self.directory.path().join("mail"))
            .stderr(Stdio::piped())
            .spawn()
            .expect("aiosmtpd of HALLPORT_TEST_VENV");
        let mut log = BufReader::new(server.stderr.take().unwrap());
        self.server = Some(server);
        let mut said = String::new();
        while !said.contains("Server is listening") {
            assert!(log.read_line(&mut said).unwrap() > 0, "aiosmtpd ended: {said}");
        }
        // Its pipe must not fill up.
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
    }

    /// What has arrived, oldest first, as Python reads it.
    fn mail(&self) -> Vec<Value> {
        let script = "
import json, mailbox, sys, email.policy
box = mailbox.Maildir(sys.argv[1], factory=lambda f: email.message_from_binary_file(f, policy=email.policy.default))
# By the server's count: the microseconds in a name have no leading zeros.
received = lambda k: int(k.split('Q')[1].split('.')[0])
def told(m):
    parts = {p.get_content_type(): p for p in m.walk() if not p.is_multipart()}
    calendar = parts.get('text/calendar')
    return {'id': m['Message-ID'], 'to': m['To'], 'from': m['From'], 'subject': m['Subject'],
            'auto': m['Auto-Submitted'], 'text': parts['text/plain'].get_content(),
            'calendar': calendar and calendar.get_payload(decode=True).decode(),
            'method': calendar and calendar.get_param('method'), 'file': calendar and calendar.get_filename()}
print(json.dumps([told(box[k]) for k in sorted(box.keys(), key=received)]))";
        let read = Command::new(&self.python)
            .args(["-c", script])
            .arg(self.directory.path().join("mail"))
            .output()
            .unwrap();
        assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
        serde_json::from_slice(&read.stdout).unwrap()
    }

    fn relay(&self) -> Mail {
        Mail {
            host: "127.0.0.1".into(),
            port: self.port,
            from: "no-reply@boka.example".into(),
            security: MailSecurity::Plain,
        }
    }
}

struct World {
    bench: Bench,
    others: Arc<Others>,
    booking: BookingId,
    booker: PersonId,
    /// The booker's session.
    token: String,
    module: Arc<NotificationsModule>,
}

impl World {
    /// One booking by somebody with this address and language.
    async fn new(mail: Option<Mail>, email: Option<&str>, language: &'static str) -> Self {
        Self::with(Carriers { mail, sms: None }, email, language).await
    }

    async fn with(carriers: Carriers, email: Option<&str>, language: &'static str) -> Self {
        Self::following(carriers, email, language, None).await
    }

    /// The same where somebody follows something.
    async fn following(
        carriers: Carriers,
        email: Option<&str>,
        language: &'static str,
        watches: Option<Arc<dyn Watches>>,
    ) -> Self {
        let bench = Bench::new().await;
        let mut tx = bench.kernel.begin(bench.alfa).await.unwrap();
        let person = SignInPerson {
            issuer: "https://login.example".into(),
            subject: "sam".into(),
            name: "Sam Lind".into(),
            email: email.map(str::to_owned),
            language,
        };
        let (booker, token): (PersonId, String) = tx.begin_session(&person).await.unwrap();
        tx.commit().await.unwrap();
        let booking = BookingId::new(Uuid::from_u128(7));
        let others = Arc::new(Others(
            Mutex::new(BookingSummary {
                id: booking,
                number: 1042,
                customer: CustomerId::new(Uuid::from_u128(5)),
                customer_name: "Sam Lind".into(),
                booker,
                cancelled: false,
                decision_reason: None,
                occurrences: vec![OccurrenceSummary {
                    id: OccurrenceId::new(Uuid::from_u128(8)),
                    facility: FacilityId::new(Uuid::from_u128(3)),
                    resource: ResourceId::new(Uuid::from_u128(9)),
                    starts_at: time("2026-11-27T17:00:00Z"),
                    ends_at: time("2026-11-27T19:00:00Z"),
                }],
                accessories: Vec::new(),
            }),
            Mutex::new(None),
            Mutex::new(None),
        ));
        let ports = Ports {
            bookings: others.clone(),
            facilities: others.clone(),
            access: others.clone(),
            customers: others.clone(),
            watches: watches.unwrap_or_else(|| others.clone()),
            faults: others.clone(),
            reports: others.clone(),
        };
        // Whoever builds an HTTP client needs one; several tests of this program do.
        drop(rustls::crypto::ring::default_provider().install_default());
        let module = Arc::new(NotificationsModule::new(carriers, ports).unwrap());
        bench.install(vec![module.clone()]);
        Self { bench, others, booking, booker, token, module }
    }

    async fn confirm(&self) {
        let mut tx = self.bench.kernel.begin(self.bench.alfa).await.unwrap();
        tx.emit(&BookingConfirmed { booking: self.booking }).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Something happens, and everything that follows from it is done.
    async fn tell<E: Event>(&self, event: &E) {
        let mut tx = self.bench.kernel.begin(self.bench.alfa).await.unwrap();
        tx.emit(event).await.unwrap();
        tx.commit().await.unwrap();
        self.work().await;
    }

    async fn cancel(&self) {
        self.others.0.lock().unwrap().cancelled = true;
        let mut tx = self.bench.kernel.begin(self.bench.alfa).await.unwrap();
        tx.emit(&BookingCancelled { booking: self.booking }).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Everything that is due is done.
    async fn work(&self) {
        let worker = Worker::new(self.bench.kernel.clone());
        while worker.work_once().await.unwrap() > 0 {}
    }

    async fn superuser(&self) -> PgConnection {
        PgConnection::connect_with(&self.bench.superuser).await.unwrap()
    }

    /// Status and reason of each message, oldest first.
    async fn messages(&self) -> Vec<(String, Option<String>)> {
        sqlx::query_as("SELECT status, reason FROM notifications.message ORDER BY id")
            .fetch_all(&mut self.superuser().await)
            .await
            .unwrap()
    }
}

fn sent() -> (String, Option<String>) {
    ("sent".into(), None)
}

fn not_sent(reason: &str) -> (String, Option<String>) {
    ("not_sent".into(), Some(reason.into()))
}

fn text<'a>(mail: &'a Value, key: &str) -> &'a str {
    mail[key].as_str().unwrap_or_else(|| panic!("no {key} in {mail}"))
}

#[tokio::test]
async fn an_answer_about_a_fault_goes_once_to_the_address_that_was_given() {
    let mailbox = Mailbox::open("100000");
    let world = World::new(Some(mailbox.relay()), None, "sv").await;
    world.tell(&FaultAnswered { answer: MENDED }).await;
    world.tell(&FaultAnswered { answer: MENDED }).await;
    // What was reopened since has no answer.
    world.tell(&FaultAnswered { answer: Uuid::from_u128(0xFB) }).await;
    let mail = mailbox.mail();
    let [mail] = mail.as_slice() else { panic!("one letter: {mail:?}") };
    assert_eq!(text(mail, "subject"), "Felet är åtgärdat: Provhallen, Omklädningsrum 2");
    let body = text(mail, "text");
    for said in ["Läcker eller står i vatten", "http://alfa.localhost:8080/reports/1/2"] {
        assert!(body.contains(said), "{said} is not in {body}");
    }
    assert_eq!(world.messages().await, [sent()]);
}

#[tokio::test]
async fn one_letter_a_booking_says_what_a_change_of_many_took_why_and_what_is_offered() {
    let mailbox = Mailbox::open("100000");
    let world = World::new(Some(mailbox.relay()), Some("sam@post.example"), "sv").await;
    // A booking that lost all its times is cancelled, and its letter goes all the same.
    world.others.0.lock().unwrap().cancelled = true;
    let event = BookingRearranged { booking: world.booking, change: CHANGE };
    world.tell(&event).await;
    world.tell(&event).await;
    let mail = mailbox.mail();
    let [mail] = mail.as_slice() else { panic!("one mail: {mail:?}") };
    assert_eq!(text(mail, "subject"), "Kommunen har ändrat tider i din bokning 1042");
    let body = text(mail, "text");
    for said in [
        "Skäl: Mässan behöver hallen",
        "De här tiderna har du inte längre:\nfredag 27 nov 18.00–20.00",
        "Vi erbjuder dig:\nfredag 27 nov 20.00–21.00",
        "(svara senast fredag 27 nov 18.00)",
        "Ta tiden eller tacka nej",
    ] {
        assert!(body.contains(said), "{said} is not in {body}");
    }
    assert_eq!(world.messages().await, [sent()]);
}

#[tokio::test]
async fn guests_and_those_who_must_know_hear_of_a_change_of_many_too() {
    let mailbox = Mailbox::open("100000");
    let world = World::new(Some(mailbox.relay()), Some("sam@post.example"), "sv").await;
    *world.others.1.lock().unwrap() = Some(false);
    *world.others.2.lock().unwrap() = Some(true);
    world.tell(&BookingRearranged { booking: world.booking, change: CHANGE }).await;
    // Another one takes all of it away.
    world.others.0.lock().unwrap().cancelled = true;
    world.tell(&BookingRearranged { booking: world.booking, change: Uuid::from_u128(79) }).await;
    let mail = mailbox.mail();
    let to = |address: &str| -> Vec<&str> {
        let mine = mail.iter().filter(|mail| text(mail, "to") == address);
        mine.map(|mail| text(mail, "subject")).collect()
    };
    assert_eq!(to("sam@post.example"), ["Kommunen har ändrat tider i din bokning 1042"; 2]);
    let changed = "The time of your code at alfa kommun has been changed";
    assert_eq!(to("anna@example.org"), [changed, "Your code for a door at alfa kommun is no longer valid"]);
    let changed = "Bokning 1042 som berör dig är ändrad";
    assert_eq!(to("vakt@example.org"), [changed, "Bokning 1042 är avbokad"]);
}

#[tokio::test]
async fn a_closure_is_told_once_and_once_more_when_it_is_over() {
    let mailbox = Mailbox::open("100000");
    let world = World::new(Some(mailbox.relay()), Some("sam@post.example"), "sv").await;
    for open in [false, false, true, true] {
        world.tell(&BookingMet { booking: world.booking, closure: CLOSURE, open }).await;
    }
    let mail = mailbox.mail();
    let mut subjects: Vec<&str> = mail.iter().map(|mail| text(mail, "subject")).collect();
    subjects.sort_unstable();
    let wanted = ["Stängt: din bokning 1042 går inte att använda nu", "Öppet igen: din bokning 1042"];
    assert_eq!(subjects, wanted);
    for mail in &mail {
        assert!(text(mail, "text").contains("Skäl: snö"), "{mail}");
    }
    assert_eq!(world.messages().await, [sent(), sent()]);
}

#[tokio::test]
async fn guests_and_those_who_must_know_hear_of_a_closure_too_and_of_the_times_that_it_is_about() {
    let mailbox = Mailbox::open("100000");
    let world = World::new(Some(mailbox.relay()), Some("sam@post.example"), "sv").await;
    *world.others.1.lock().unwrap() = Some(false);
    *world.others.2.lock().unwrap() = Some(true);
    {
        let mut summary = world.others.0.lock().unwrap();
        let first = summary.occurrences[0];
        let days = |days: i64, id| OccurrenceSummary {
            id: OccurrenceId::new(Uuid::from_u128(id)),
            starts_at: first.starts_at + SignedDuration::from_hours(24 * days),
            ends_at: first.ends_at + SignedDuration::from_hours(24 * days),
            ..first
        };
        // One that is over, and one after the thaw.
        summary.occurrences.extend([days(-7, 80), days(7, 81)]);
    }
    for open in [false, true] {
        world.tell(&BookingMet { booking: world.booking, closure: CLOSURE, open }).await;
    }
    let mail = mailbox.mail();
    let to = |address: &str| -> Vec<&str> {
        let mine = mail.iter().filter(|mail| text(mail, "to") == address);
        mine.map(|mail| text(mail, "subject")).collect()
    };
    let closed = "Stängt: din bokning 1042 går inte att använda nu";
    assert_eq!(to("sam@post.example"), [closed, "Öppet igen: din bokning 1042"]);
    let closed = "Closed: your code at alfa kommun cannot be used now";
    assert_eq!(to("anna@example.org"), [closed, "Open again at alfa kommun"]);
    let closed = "Stängt: bokning 1042 som berör dig";
    assert_eq!(to("vakt@example.org"), [closed, "Öppet igen: bokning 1042 som berör dig"]);
    assert!(to("guard@example.org").is_empty(), "who need not know hears nothing");
    for mail in &mail {
        let body = text(mail, "text");
        assert!(body.contains("27 nov") || body.contains("27 Nov"), "{body}");
        for not in ["20 nov", "20 Nov", "4 dec", "4 Dec", PIN, ANNAS_PIN] {
            assert!(!body.contains(not), "{not} is in {body}");
        }
    }
}

#[tokio::test]
async fn a_confirmation_tells_time_place_and_code_and_the_code_nowhere_else() {
    let mailbox = Mailbox::open("100000");
    let world = World::new(Some(mailbox.relay()), Some("sam@post.example"), "sv").await;
    world.confirm().await;
    world.work().await;
    let mail = mailbox.mail();
    let [mail] = mail.as_slice() else { panic!("one mail: {mail:?}") };
    assert_eq!(text(mail, "subject"), "Din bokning 1042 är bekräftad");
    assert_eq!(text(mail, "to"), "sam@post.example");
    assert_eq!(text(mail, "from"), "alfa kommun <no-reply@boka.example>");
    assert_eq!(text(mail, "auto"), "auto-generated");
    let body = text(mail, "text");
    for told in [
        "fredag 27 nov 18.00–20.00",
        "Hallen på Åsen",
        "Skolvägen 1, Åsby",
        "482 913",
        "fredag 27 nov 17.50–20.10",
        &format!("http://alfa.localhost:8080/bookings/{}", world.booking),
    ] {
        assert!(body.contains(told), "{told} in {body}");
    }
    let calendar: Vec<_> = text(mail, "calendar").lines().collect();
    for line in ["METHOD:PUBLISH", "DTSTART:20261127T170000Z", "SEQUENCE:0", "SUMMARY:Hallen på Åsen"] {
        assert!(calendar.contains(&line), "{line} in {calendar:?}");
    }
    assert_eq!((text(mail, "method"), text(mail, "file")), ("PUBLISH", "bokning-1042.ics"));
    for elsewhere in ["subject", "calendar", "id", "file"] {
        let bare: String = text(mail, elsewhere).split_whitespace().collect();
        assert!(!bare.contains(PIN), "{elsewhere}");
    }
    assert_eq!(world.messages().await, [sent()]);
    let stored: Vec<String> = sqlx::query_scalar(
        "SELECT m::text FROM notifications.message m UNION ALL SELECT a::text FROM kernel.audit a",
    )
    .fetch_all(&mut world.superuser().await)
    .await
    .unwrap();
    assert_eq!(stored.len(), 2, "the message, and that the code was told");
    assert!(!stored.iter().any(|row| row.contains(PIN)));
}

#[tokio::test]
async fn a_cancellation_follows_its_confirmation_and_takes_the_time_out_of_the_calendar() {
    let mailbox = Mailbox::open("100000");
    let world = World::new(Some(mailbox.relay()), Some("sam@post.example"), "en").await;
    world.confirm().await;
    world.work().await;
    world.cancel().await;
    world.work().await;
    let mail = mailbox.mail();
    let mut subjects: Vec<_> = mail.iter().map(|mail| text(mail, "subject")).collect();
    subjects.sort_unstable();
    assert_eq!(subjects, ["Your booking 1042 is cancelled", "Your booking 1042 is confirmed"]);
    let of = |method: &str| mail.iter().find(|mail| mail["method"] == method).unwrap();
    let uid = |mail: &Value| {
        text(mail, "calendar").lines().find(|line| line.starts_with("UID:")).unwrap().to_owned()
    };
    let cancelled = of("CANCEL");
    assert_eq!(uid(of("PUBLISH")), uid(cancelled));
    assert!(text(cancelled, "calendar").contains("SEQUENCE:1"));
    assert!(!text(cancelled, "text").contains("482"));
    assert_eq!(world.messages().await, [sent(), sent()]);
}

#[tokio::test]
async fn the_same_event_again_is_the_same_message() {
    let mailbox = Mailbox::open("100000");
    let world = World::new(Some(mailbox.relay()), Some("sam@post.example"), "sv").await;
    for _ in 0..2 {
        world.confirm().await;
        world.work().await;
    }
    assert_eq!(mailbox.mail().len(), 1);
    assert_eq!(world.messages().await, [sent()]);
}

#[tokio::test]
async fn a_relay_that_is_away_is_tried_again_with_the_same_message() {
    let mut mailbox = Mailbox::closed();
    let world = World::new(Some(mailbox.relay()), Some("sam@post.example"), "sv").await;
    world.confirm().await;
    world.work().await;
    assert_eq!(world.messages().await, [("queued".into(), None)]);
    mailbox.start("100000");
    world.work().await;
    assert_eq!(world.messages().await, [("queued".into(), None)], "it is left alone for a while");
    world.bench.clock.advance(SignedDuration::from_secs(2));
    world.work().await;
    assert_eq!(world.messages().await, [sent()]);
    let id: Uuid = sqlx::query_scalar("SELECT id FROM notifications.message")
        .fetch_one(&mut world.superuser().await)
        .await
        .unwrap();
    let mail = mailbox.mail();
    assert_eq!(mail.len(), 1);
    assert_eq!(text(&mail[0], "id"), format!("<{id}@alfa.localhost>"));
}

#[tokio::test]
async fn a_confirmation_that_a_cancellation_overtook_is_not_sent() {
    let mut mailbox = Mailbox::closed();
    let world = World::new(Some(mailbox.relay()), Some("sam@post.example"), "sv").await;
    world.confirm().await;
    world.work().await;
    world.cancel().await;
    mailbox.start("100000");
    world.bench.clock.advance(SignedDuration::from_secs(2));
    world.work().await;
    assert_eq!(world.messages().await, [not_sent("cancelled before it was sent"), sent()]);
    let mail = mailbox.mail();
    assert_eq!(mail.len(), 1);
    assert_eq!(text(&mail[0], "method"), "CANCEL");
}

#[tokio::test]
async fn what_the_relay_refuses_for_good_has_failed_and_is_not_tried_again() {
    let mailbox = Mailbox::open("100");
    let world = World::new(Some(mailbox.relay()), Some("sam@post.example"), "sv").await;
    world.confirm().await;
    world.work().await;
    assert_eq!(world.messages().await, [("failed".into(), Some("the relay refused it".into()))]);
    let jobs: i64 = sqlx::query_scalar("SELECT count(*) FROM kernel.job")
        .fetch_one(&mut world.superuser().await)
        .await
        .unwrap();
    assert_eq!(jobs, 0);
}

#[tokio::test]
async fn without_a_relay_or_an_address_the_message_is_recorded_as_not_sent() {
    let world = World::new(None, Some("sam@post.example"), "sv").await;
    world.confirm().await;
    world.work().await;
    assert_eq!(world.messages().await, [not_sent("no mail relay")]);

    let mailbox = Mailbox::closed();
    let world = World::new(Some(mailbox.relay()), None, "sv").await;
    world.confirm().await;
    world.work().await;
    assert_eq!(world.messages().await, [not_sent("the person has given no address")]);
}

#[tokio::test]
async fn a_request_its_refusal_and_each_change_are_told_each_once() {
    let mailbox = Mailbox::open("100000");
    let world = World::new(Some(mailbox.relay()), Some("sam@post.example"), "en").await;
    world.tell(&BookingRequested { booking: world.booking }).await;
    world.tell(&BookingConfirmed { booking: world.booking }).await;
    world.tell(&BookingChanged { booking: world.booking }).await;
    world.tell(&BookingChanged { booking: world.booking }).await;
    {
        let mut booking = world.others.0.lock().unwrap();
        booking.cancelled = true;
        booking.decision_reason = Some("The hall is needed for a match.".to_owned());
    }
    world.tell(&BookingRefused { booking: world.booking }).await;
    let mail = mailbox.mail();
    let mut subjects: Vec<_> = mail.iter().map(|mail| text(mail, "subject")).collect();
    subjects.sort_unstable();
    assert_eq!(
        subjects,
        [
            "Your booking 1042 has been changed",
            "Your booking 1042 has been changed",
            "Your booking 1042 is confirmed",
            "Your request 1042 has been received",
            "Your request 1042 was refused",
        ]
    );
    let of = |subject: &str| {
        text(mail.iter().find(|mail| text(mail, "subject").contains(subject)).unwrap(), "text")
    };
    assert!(of("was refused").contains("The officer writes: The hall is needed for a match."));
    // The code is told when there is one to use, and never with a request or a refusal.
    assert!(of("has been changed").contains("482 913"), "{}", of("has been changed"));
    for subject in ["has been received", "was refused"] {
        assert!(!of(subject).contains("482"), "{}", of(subject));
    }
}

#[tokio::test]
async fn a_guest_is_told_the_guests_own_code_in_the_letters_body_and_nothing_of_the_bookings() {
    let mailbox = Mailbox::open("100000");
    let world = World::new(Some(mailbox.relay()), Some("sam@post.example"), "sv").await;
    *world.others.1.lock().unwrap() = Some(false);
    world.tell(&GuestLetIn { booking: world.booking, guest: ANNA }).await;
    // Whoever has no address hears it from the booker.
    world.tell(&GuestLetIn { booking: world.booking, guest: BO }).await;
    let mail = mailbox.mail();
    let [mail] = mail.as_slice() else { panic!("one mail: {mail:?}") };
    assert_eq!(text(mail, "to"), "anna@example.org");
    assert_eq!(text(mail, "subject"), "You have got a code for a door at alfa kommun");
    let body = text(mail, "text");
    for told in ["Hello Anna på Åsen!", "Sam Lind lets you in", "190 867", "Hallen på Åsen", "18:00–20:00"]
    {
        assert!(body.contains(told), "{told} in {body}");
    }
    let all = mail.to_string();
    assert_eq!(all.matches("190 867").count(), 1);
    let booking = world.booking.to_string();
    for secret in [PIN, "482 913", ANNAS_PIN, "555666", booking.as_str()] {
        assert!(!all.contains(secret), "{secret} in {all}");
    }
    let told: i64 =
        sqlx::query_scalar("SELECT count(*) FROM kernel.audit WHERE action = 'notifications.code_told'")
            .fetch_one(&mut world.superuser().await)
            .await
            .unwrap();
    assert_eq!(told, 1);
}

#[tokio::test]
async fn a_guest_hears_of_each_change_and_of_the_end_and_a_letter_that_waits_is_never_too_late() {
    let mailbox = Mailbox::open("100000");
    let world = World::new(Some(mailbox.relay()), Some("sam@post.example"), "sv").await;
    *world.others.1.lock().unwrap() = Some(false);
    world.tell(&BookingChanged { booking: world.booking }).await;
    world.tell(&BookingChanged { booking: world.booking }).await;
    *world.others.1.lock().unwrap() = Some(true);
    // Told twice of the same event: once.
    world.tell(&GuestLetIn { booking: world.booking, guest: ANNA }).await;
    world.tell(&GuestTakenBack { booking: world.booking, guest: ANNA }).await;
    world.tell(&GuestTakenBack { booking: world.booking, guest: ANNA }).await;
    let mail = mailbox.mail();
    let to_anna: Vec<&Value> = mail.iter().filter(|mail| text(mail, "to") == "anna@example.org").collect();
    let subjects: Vec<&str> = to_anna.iter().map(|mail| text(mail, "subject")).collect();
    let changed = "The time of your code at alfa kommun has been changed";
    let over = "Your code for a door at alfa kommun is no longer valid";
    assert_eq!(subjects, [changed, changed, over]);
    assert!(!text(to_anna[2], "text").contains("190"));
    assert!(world.messages().await.contains(&not_sent("taken back before it was sent")));
}

#[tokio::test]
async fn a_letter_names_what_goes_with_a_booking_to_whom_it_concerns_as_long_as_it_goes_on() {
    let mailbox = Mailbox::open("100000");
    let world = World::new(Some(mailbox.relay()), Some("sam@post.example"), "sv").await;
    *world.others.1.lock().unwrap() = Some(false);
    *world.others.2.lock().unwrap() = Some(true);
    let gone = EquipmentId::new(Uuid::from_u128(0xDEAD));
    world.others.0.lock().unwrap().accessories = vec![(TABLES, 8), (COFFEE, 20), (gone, 1)];
    let booking = world.booking;
    world.tell(&BookingConfirmed { booking }).await;
    world.tell(&BookingChanged { booking }).await;
    world.cancel().await;
    world.work().await;
    let mail = mailbox.mail();
    let said = "Utrustning och tjänster: 8 Bord, 20 Kaffe";
    let told = |to: &str| -> Vec<bool> {
        let letters = mail.iter().filter(|letter| text(letter, "to") == to);
        letters.map(|letter| text(letter, "text").contains(said)).collect()
    };
    assert_eq!(told("sam@post.example"), [true, true, false]);
    assert_eq!(told("vakt@example.org"), [true, true, false]);
    assert!(
        mail.iter()
            .all(|letter| text(letter, "to") != "anna@example.org" || !text(letter, "text").contains("Bord"))
    );
    // What left the register is no line without a name.
    assert!(mail.iter().all(|letter| !text(letter, "text").contains("20 Kaffe, 1")));
}

#[tokio::test]
async fn those_who_must_know_are_told_what_they_need_and_never_the_code() {
    let mailbox = Mailbox::open("100000");
    let world = World::new(Some(mailbox.relay()), None, "sv").await;
    *world.others.2.lock().unwrap() = Some(true);
    let booking = world.booking;
    world.tell(&BookingConfirmed { booking }).await;
    world.tell(&BookingChanged { booking }).await;
    let chosen = |added: &[ContactId], released: &[ContactId], anew| ContactsChosen {
        booking,
        added: added.to_vec(),
        released: released.to_vec(),
        anew,
    };
    world.tell(&chosen(&[CARETAKER], &[GUARD], true)).await;
    world.tell(&chosen(&[], &[], true)).await;
    world.cancel().await;
    world.work().await;
    let mail = mailbox.mail();
    let to =
        |address: &str| -> Vec<&Value> { mail.iter().filter(|mail| text(mail, "to") == address).collect() };
    let subjects: Vec<&str> = to("vakt@example.org").iter().map(|mail| text(mail, "subject")).collect();
    let (about, changed) = ("Bokning 1042 som berör dig", "Bokning 1042 som berör dig är ändrad");
    assert_eq!(subjects, [about, changed, about, changed, "Bokning 1042 är avbokad"]);
    let released: Vec<&str> = to("guard@example.org").iter().map(|mail| text(mail, "subject")).collect();
    assert_eq!(released, ["Du behövs inte för bokning 1042"]);
    let body = text(to("vakt@example.org")[0], "text");
    for told in [
        "Hej Vaktmästarna på Åsen!",
        "fredag 27 nov 18.00–20.00",
        "Hallen på Åsen",
        "Bokad av: Sam Lind",
        "Ändamål: Dans för åttor",
        "Antal personer: 80",
        "åtta bord",
    ] {
        assert!(body.contains(told), "{told} in {body}");
    }
    for letter in &mail {
        assert!(!letter.to_string().contains(PIN) && !letter.to_string().contains("482 913"));
    }
}

#[tokio::test]
async fn a_letter_to_somebody_who_need_not_know_any_more_is_not_sent() {
    let mut mailbox = Mailbox::closed();
    let world = World::new(Some(mailbox.relay()), None, "sv").await;
    *world.others.2.lock().unwrap() = Some(true);
    world.confirm().await;
    world.work().await;
    *world.others.2.lock().unwrap() = Some(false);
    mailbox.start("100000");
    world.bench.clock.advance(SignedDuration::from_secs(2));
    world.work().await;
    let no_address = not_sent("the person has given no address");
    let mut messages = world.messages().await;
    messages.sort();
    assert_eq!(messages, [not_sent("need not know any more"), no_address]);
}

#[tokio::test]
async fn whoever_asks_is_told_of_each_step_in_order_and_no_calendar_hears_of_it() {
    let mailbox = Mailbox::open("100000");
    let world = World::new(Some(mailbox.relay()), Some("sam@post.example"), "sv").await;
    let enquiry = EnquiryId::new(Uuid::from_u128(0xE0));
    for step in [EnquiryStep::Received, EnquiryStep::Answered, EnquiryStep::Booked, EnquiryStep::Closed] {
        world.tell(&EnquiryTold { enquiry, step }).await;
    }
    let mail = mailbox.mail();
    let subjects: Vec<&str> = mail.iter().map(|mail| text(mail, "subject")).collect();
    assert_eq!(
        subjects,
        [
            "Vi har fått din fråga 1050",
            "Svar på din fråga 1050",
            "Din fråga 1050 blev en bokning",
            "Din fråga 1050 är avslutad",
        ]
    );
    let address = format!("http://alfa.localhost:8080/enquiries/{enquiry}");
    for letter in &mail {
        let body = text(letter, "text");
        assert!(body.contains("en lördag i maj") && body.contains(&address), "{body}");
        assert!(letter["method"].is_null(), "{letter}");
    }
    assert!(text(&mail[1], "text").contains("Den 9 maj går bra."));
    assert!(text(&mail[3], "text").contains("Salen byggs om."));
}

#[tokio::test]
async fn an_invitation_and_an_answer_are_written_once_with_the_way_on_and_what_is_overtaken_not_at_all() {
    let mailbox = Mailbox::open("100000");
    let world = World::new(Some(mailbox.relay()), Some("sam@post.example"), "sv").await;
    let matter = Uuid::from_u128(0xC0);
    for step in [CustomerStep::Invited, CustomerStep::Invited, CustomerStep::Received, CustomerStep::Refused]
    {
        world.tell(&CustomerTold { matter, step }).await;
    }
    let mail = mailbox.mail();
    let subjects: Vec<&str> = mail.iter().map(|mail| text(mail, "subject")).collect();
    assert_eq!(subjects, ["Inbjudan från Strandens IF", "Avslag: Strandens IF"]);
    let invited = text(&mail[0], "text");
    assert!(invited.contains("http://alfa.localhost:8080/invitations/hemligt"), "{invited}");
    assert!(invited.contains("7 dec 10.00") && !subjects[0].contains("hemligt"), "{invited}");
    assert!(text(&mail[1], "text").contains("Ni finns redan."));
    assert_eq!(world.messages().await, [sent(), sent()]);
}
