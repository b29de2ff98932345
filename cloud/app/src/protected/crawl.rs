//! The crawl, and what lies in the database.

use std::collections::{BTreeMap, BTreeSet};

use http::{Method, StatusCode};

use super::life::{Answer, CANARIES, Life, Who};
use super::routes::{Route, routes};
use crate::observed::city::Captured;

/// What there is to ask for, by what stands in a route's placeholder.
struct Places {
    /// The paths of the protected person's bookings: own, for the club, asked for.
    bookings: Vec<String>,
    /// Of each booking a time.
    times: BTreeMap<String, String>,
    guest: String,
    enquiry: String,
    contact: String,
    gateway: String,
    door: String,
    /// A change of many that hid somebody's times.
    many: String,
    /// The resource that one asks about.
    by_enquiry: String,
    /// The protected person's own customer, and the club.
    customers: Vec<String>,
    /// What the protected person asks to have in the register.
    application: String,
    /// What the protected person reported, without signing in.
    fault: String,
    /// The page that tells how that goes.
    receipt: String,
    /// What somebody reports as hard to use.
    report: String,
}

impl Places {
    /// The addresses that a route is asked at; nothing where nobody has said how.
    fn addresses(&self, pattern: &str) -> Vec<String> {
        let Self { guest, enquiry, contact, gateway, door, many, .. } = self;
        let one = |path: String| vec![path];
        let each = |rest: &str| self.bookings.iter().map(|booking| format!("{booking}{rest}")).collect();
        match pattern {
            "/bookings/{id}/guests/{guest}/take-back" => each(&format!("/guests/{guest}/take-back")),
            "/bookings/{id}/times/{time}" | "/bookings/{id}/offers/{time}" => {
                let kind = pattern.split('/').nth(3).unwrap_or_default();
                self.times.iter().map(|(booking, time)| format!("{booking}/{kind}/{time}")).collect()
            }
            _ if pattern.starts_with("/bookings/{id}") => each(&pattern["/bookings/{id}".len()..]),
            _ if pattern.starts_with("/enquiries/{id}") => one(pattern.replace("{id}", enquiry)),
            _ if pattern.starts_with("/contacts/{id}") => one(pattern.replace("{id}", contact)),
            _ if pattern.starts_with("/desk/many/{id}") => one(pattern.replace("{id}", many)),
            _ if pattern.starts_with("/doors/{gateway}") => {
                one(pattern.replace("{gateway}", gateway).replace("{door}", door))
            }
            _ if pattern.starts_with("/gateways/{id}") || pattern.starts_with("/keys/{id}") => {
                // Nothing has gone wrong yet: there is no alarm to see to.
                one(pattern.replace("{id}", gateway).replace("{alarm}", many))
            }
            _ if pattern.starts_with("/customers/{customer}") => {
                self.customers.iter().map(|customer| pattern.replace("{customer}", customer)).collect()
            }
            _ if pattern.starts_with("/customers/applications/{application}") => {
                one(pattern.replace("{application}", &self.application))
            }
            _ if pattern.starts_with("/faults/{id}") => one(pattern
                .replace("{id}", &self.fault)
                .replace("{report}", self.receipt.split('/').nth(2).unwrap_or_default())
                .replace("{width}", "480")),
            "/reports/{report}/{proof}" => one(self.receipt.clone()),
            "/report/{slug}/{place}" => one("/report/provhallen/1".to_owned()),
            // Whose they are finds the way from their own page.
            "/associations/leave/{mandate}" => one(pattern.replace("{mandate}", many)),
            "/invitations/{token}" => one(pattern.replace("{token}", many)),
            "/customers" => ["/customers", "/customers?q=kanar"].map(str::to_owned).to_vec(),
            // Who provisions shows a token; none of these has one.
            _ if pattern.starts_with("/scim/v2/") => {
                one(pattern.replace("{id}", many).replace("{name}", "User"))
            }
            // Nobody is shut out.
            "/staff/{person}/let-in" => one(pattern.replace("{person}", many)),
            "/staff/provisioning/{token}/take-back" => one(pattern.replace("{token}", many)),
            "/accessibility/reports/{report}" => one(pattern.replace("{report}", &self.report)),
            "/authorities/{slug}/rules" => one("/authorities/provnamnden/rules".to_owned()),
            "/language/{code}" => one("/language/en?next=/".to_owned()),
            "/theme/{code}" => one("/theme/dark?next=/".to_owned()),
            "/assets/{*path}" => one("/assets/style.css".to_owned()),
            // Drawn anew, without anything that its file said; there is none here.
            "/photos/{photo}/{width}" => one(format!("/photos/{many}/640")),
            "/find" => ["/find", "/find?q=kanar"].map(str::to_owned).to_vec(),
            // None is written.
            "/delegations/{id}/{way}" => one(format!("/delegations/{many}/end")),
            "/records" => {
                ["/records", "/records?words=kanar", "/records?from=2026-01-01"].map(str::to_owned).to_vec()
            }
            _ if pattern.starts_with("/retention/{information}") => {
                one(pattern.replace("{information}", "booking.bookings"))
            }
            "/desk" => ["/desk", "/desk?q=kanar"].map(str::to_owned).to_vec(),
            "/embed/schedule/{slug}/live" => one("/embed/schedule/provhallen/live?seen=0".to_owned()),
            // Nobody follows anything, and no letter has gone: the last part of these stands in letters only.
            _ if pattern.starts_with("/watches/{id}") || pattern.starts_with("/messages/{id}") => {
                one(pattern.replace("{id}", many).replace("{state}", "paused").replace("{proof}", "none"))
            }
            "/my/messages/email/{token}" => one("/my/messages/email/none".to_owned()),
            "/desk/messages/{id}/again" => one(format!("/desk/messages/{many}/again")),
            "/desk/messages/words/{kind}/{language}" => {
                one("/desk/messages/words/booking_confirmed/sv".to_owned())
            }
            "/watches/new" => one(format!("/watches/new?resource={}", self.by_enquiry)),
            "/enquiries/new" => one(format!("/enquiries/new?resource={}", self.by_enquiry)),
            "/doors/{gateway}/posture" => one(format!("/doors/{gateway}/posture?mode=lockdown")),
            _ => one(pattern.replace("{slug}", "provhallen").replace("{resource}", "hallen")),
        }
    }
}

/// The protected person lives, and others have to do with it.
async fn live(life: &Life) -> Places {
    let hall = life.text("SELECT id::text FROM facilities.resource WHERE slug = 'hallen'").await;
    let by_request = life.text("SELECT id::text FROM facilities.resource WHERE slug = 'a1'").await;
    let by_enquiry = life.text("SELECT id::text FROM facilities.resource WHERE slug = 'a2'").await;
    let club = life.text("SELECT id::text FROM customers.customer WHERE slug = 'klubben'").await;
    let own = life
        .text(
            "SELECT customer_id::text FROM customers.mandate m JOIN kernel.person p ON p.id = m.person_id
              WHERE m.role = 'self' AND p.name LIKE 'Kanarie%'",
        )
        .await;
    let contact = [
        ("authority", "provnamnden"),
        ("role", "caretaker"),
        ("name", "Vaktmästarna"),
        ("email", "vakt@kommun.example"),
        ("language", "sv"),
    ];
    let made = life.post(Who::Officer, "/contacts", &contact).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);

    let mine = life.book(Who::Protected, &hall, &own, 1).await;
    let clubs = life.book(Who::Protected, &hall, &club, 6).await;
    let asked = life.book(Who::Protected, &by_request, &own, 12).await;
    let guest = [("name", "Gästen"), ("email", "gast@post.example"), ("which", "all")];
    let let_in = life.post(Who::Protected, &format!("{mine}/guests"), &guest).await;
    assert_eq!(let_in.status, StatusCode::SEE_OTHER, "{}", let_in.text);
    let question = [
        ("resource", by_enquiry.as_str()),
        ("wished", "en lördag"),
        ("purpose", "Fest"),
        ("purpose_kind", "private"),
        ("message", "Går det?"),
    ];
    let enquired = life.post(Who::Protected, "/enquiries", &question).await;
    assert_eq!(enquired.status, StatusCode::SEE_OTHER, "{}", enquired.text);
    let founded = [("kind", "association"), ("name", "Fåglarnas vänner")];
    let applied = life.post(Who::Protected, "/associations/new", &founded).await;
    assert_eq!(applied.status, StatusCode::SEE_OTHER, "{}", applied.text);
    let made = life.post(Who::Caretaker, "/faults/places/provhallen", &[("name", "Läktaren")]).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    let reported = [("kind", "leak"), ("words", "Det droppar"), ("email", CANARIES[2])];
    let reported = life.post_form(Who::Visitor, "/report/provhallen", &reported).await;
    assert_eq!(reported.status, StatusCode::SEE_OTHER, "{}", reported.text);
    let receipt = reported.location.unwrap().split('?').next().unwrap().to_owned();
    let hard = [("problem", "Knappen syns inte"), ("email", "kim@post.example")];
    let reported = life.post(Who::Protected, "/accessibility/report", &hard).await;
    assert_eq!(reported.status, StatusCode::SEE_OTHER, "{}", reported.text);
    life.settle().await;

    let times =
        life.bench.texts("SELECT '/bookings/' || booking_id || ' ' || id FROM booking.occurrence").await;
    let times = times.iter().filter_map(|both| both.split_once(' '));
    let times: BTreeMap<String, String> =
        times.map(|(booking, time)| (booking.to_owned(), time.to_owned())).collect();
    // The officer moves the club's time by a week.
    let mut change = vec![
        ("facility", "provhallen"),
        ("action", "move"),
        ("time", times[&clubs].as_str()),
        ("weeks", "1"),
        ("reason", "Golvet slipas"),
    ];
    let preview = life.post(Who::Officer, "/desk/many/preview", &change).await;
    let digest =
        preview.text.split("name=\"digest\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    change.push(("digest", digest.unwrap_or_else(|| panic!("{}", preview.text))));
    let moved = life.post(Who::Officer, "/desk/many/carry-out", &change).await;
    assert_eq!(moved.status, StatusCode::SEE_OTHER, "{}", moved.text);

    let id = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    Places {
        bookings: vec![mine, clubs, asked],
        times,
        guest: life.text("SELECT id::text FROM booking.guest").await,
        enquiry: id(enquired.location.unwrap().split('?').next().unwrap()),
        contact: life.text("SELECT id::text FROM booking.contact").await,
        gateway: life.text("SELECT id::text FROM access.gateway").await,
        door: life.text("SELECT id::text FROM access.door LIMIT 1").await,
        many: id(moved.location.unwrap().split('?').next().unwrap()),
        by_enquiry,
        application: life.text("SELECT id::text FROM customers.application").await,
        report: life.text("SELECT id::text FROM accessibility.report").await,
        customers: vec![own, club],
        fault: life.text("SELECT id::text FROM faults.fault").await,
        receipt,
    }
}

fn told_in(text: &str) -> Vec<&'static str> {
    CANARIES.into_iter().filter(|canary| text.contains(canary)).collect()
}

fn judge(leaks: &mut Vec<String>, who: Who, asked: &str, answer: &Answer) {
    let told = told_in(&answer.text);
    if !told.is_empty() {
        let at = answer.text.find(told[0]).unwrap_or_default();
        let around: String = answer.text[..at].chars().rev().take(120).collect();
        let around: String = around.chars().rev().collect();
        leaks.push(format!("{who:?} reads {told:?} at {asked}: …{around}"));
    }
    assert!(!answer.status.is_server_error(), "{who:?} at {asked}: {} {}", answer.status, answer.text);
}

/// Routes that nobody of these reaches, and why.
const UNREACHED: [(&str, &str); 10] = [
    ("/api/clients/{id}", "no program is registered"),
    ("/calendars/{secret}/calendar.ics", "its secret is shown once, to whoever made it"),
    ("/faults/{id}/photos/{report}/{width}", "there is no photo"),
    ("/invitations/{token}", "the way to it stands in a letter only"),
    ("/assets/{*path}", "files of the program, the same for everybody"),
    ("/keys/{id}/revoke", "no gateway has been enrolled"),
    ("/my/messages/email/{token}", "it is answered once, to whoever has the letter"),
    ("/photos/{photo}/{width}", "there is no photo"),
    ("/sign-in/callback", "it is answered once, to whoever comes from the provider"),
    ("/watches/{id}/stop/{proof}", "its last part stands in a letter, and says whose it is to nobody"),
];
/// What ends the session of whoever sends it.
const LAST: [&str; 2] = ["/my/data/erase", "/sign-out"];
/// What programs send beside questions and forms.
const CHANGES: [Method; 3] = [Method::PUT, Method::PATCH, Method::DELETE];
/// Addresses of one route that one person asks at most: days and weeks lead to others without end.
const OF_ONE_ROUTE_MAX: usize = 6;

/// The addresses on this service that a page leads to, or loads.
fn links(page: &str) -> impl Iterator<Item = String> {
    ["href=\"", "sse-connect=\"", "hx-get=\"", "src=\""].into_iter().flat_map(|attribute| {
        let values = page.split(attribute).skip(1).filter_map(|rest| rest.split('"').next());
        let own = values.filter(|value| value.starts_with('/'));
        own.map(|value| value.split('#').next().unwrap_or_default().replace("&amp;", "&"))
    })
}

/// Asks for everything that somebody can get to: from every route's own addresses along every link.
async fn walk(
    life: &Life,
    places: &Places,
    all: &[Route],
    who: Who,
    mut see: impl FnMut(&Route, &str, &Answer),
) {
    let mut asked: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let own = all.iter().filter(|route| route.get).flat_map(|route| places.addresses(&route.pattern));
    let mut waiting: Vec<String> = own.collect();
    waiting.reverse();
    while let Some(address) = waiting.pop() {
        let path = address.split('?').next().unwrap_or_default();
        let Some(route) = all.iter().find(|route| route.get && route.is_at(path)) else { continue };
        let before = asked.entry(&route.pattern).or_default();
        if before.len() >= OF_ONE_ROUTE_MAX || !before.insert(address.clone()) {
            continue;
        }
        let answer = life.get(who, &address).await;
        see(route, &address, &answer);
        waiting.extend(links(&answer.text));
    }
}

#[tokio::test]
async fn no_route_tells_anybody_else_who_a_protected_person_is() {
    let (log, _logging) = Captured::begin("debug,sqlx=warn,hyper=warn,h2=warn");
    let life = Life::new().await;
    let places = live(&life).await;
    let own = life.get(Who::Protected, &places.bookings[0]).await;
    assert!(own.text.contains("Kanarie Fågelsson"), "the protected person reads the own name: {}", own.text);

    let mut leaks = Vec::new();
    let mut reached: BTreeSet<String> = BTreeSet::new();
    let all = routes();
    for who in Who::OTHERS.into_iter().chain([Who::Protected]) {
        walk(&life, &places, &all, who, |route, address, answer| {
            if who != Who::Protected {
                judge(&mut leaks, who, &format!("GET {address}"), answer);
            }
            let to_sign_in = answer.location.as_ref().is_some_and(|place| place.starts_with("/sign-in"));
            if answer.status.is_success() || (answer.status == StatusCode::SEE_OTHER && !to_sign_in) {
                reached.insert(route.pattern.clone());
            }
        })
        .await;
    }
    let unreached: Vec<&str> = all
        .iter()
        .filter(|route| route.get && !reached.contains(&route.pattern))
        .map(|route| route.pattern.as_str())
        .filter(|pattern| !UNREACHED.iter().any(|(known, _)| known == pattern))
        // Asked all the same, and answered that it needs the token of the identity system.
        .filter(|pattern| !pattern.starts_with("/scim/v2/"))
        .collect();
    assert!(
        unreached.is_empty(),
        "routes that nobody reached, so that nothing is known of them: {unreached:#?}"
    );

    // What these do is done when the pages have been read; what ends a session comes last of all.
    let (out, posts): (Vec<_>, Vec<_>) =
        all.iter().filter(|route| route.post).partition(|route| LAST.contains(&route.pattern.as_str()));
    for who in Who::OTHERS {
        for route in posts.iter().chain(&out) {
            for address in places.addresses(&route.pattern) {
                let answer = life.post(who, &address, &[]).await;
                judge(&mut leaks, who, &format!("POST {address}"), &answer);
            }
        }
    }
    for who in Who::OTHERS {
        for route in all.iter().filter(|route| route.changes) {
            for (method, address) in CHANGES
                .iter()
                .flat_map(|method| places.addresses(&route.pattern).into_iter().map(move |to| (method, to)))
            {
                let answer = life.change(who, method, &address).await;
                judge(&mut leaks, who, &format!("{method} {address}"), &answer);
                assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {address}");
            }
        }
    }
    life.settle().await;
    assert!(leaks.is_empty(), "{} leaks:\n{}", leaks.len(), leaks.join("\n"));
    assert_eq!(told_in(&log.text()), [""; 0], "the log");
}

/// Tables in which it lies: who signs in, the register of customers, where an answer to a report is wanted, and where a
/// letter went.
const KEPT_IN: [&str; 5] =
    ["customers.customer", "faults.report", "kernel.person", "kernel.session", "notifications.message"];

#[tokio::test]
async fn a_protected_persons_name_lies_with_the_sign_in_and_the_customers_and_nowhere_else() {
    let life = Life::new().await;
    live(&life).await;
    let found = life.bench.tables_that_hold(&CANARIES).await;
    let elsewhere: Vec<_> = found.iter().filter(|(table, _)| !KEPT_IN.contains(&table.as_str())).collect();
    assert!(elsewhere.is_empty(), "{elsewhere:#?}");
    let kept: Vec<&str> = found.iter().map(|(table, _)| table.as_str()).collect();
    assert_eq!(kept, KEPT_IN, "the search finds what is there");
}

#[tokio::test]
async fn whoever_becomes_protected_is_not_named_any_more_by_what_was_booked_before() {
    let life = Life::new().await;
    let hall = life.text("SELECT id::text FROM facilities.resource WHERE slug = 'hallen'").await;
    let own = life
        .text(
            "SELECT customer_id::text FROM customers.mandate m JOIN kernel.person p ON p.id = m.person_id
              WHERE m.role = 'self' AND p.name = 'Erik Holm'",
        )
        .await;
    life.book(Who::Citizen, &hall, &own, 1).await;
    life.settle().await;
    let named =
        |found: Vec<(String, Vec<String>)>| found.into_iter().map(|(table, _)| table).collect::<Vec<_>>();
    let before = named(life.bench.tables_that_hold(&["Erik Holm"]).await);
    assert!(before.contains(&"booking.booking".to_owned()), "{before:?}");
    let mark = [("protected", "yes"), ("reason", "Avi från folkbokföringen")];
    let marked = life.post(Who::Officer, &format!("/customers/{own}/protect"), &mark).await;
    assert_eq!(marked.status, StatusCode::SEE_OTHER, "{}", marked.text);
    life.settle().await;
    let after = named(life.bench.tables_that_hold(&["Erik Holm"]).await);
    assert!(after.iter().all(|table| KEPT_IN.contains(&table.as_str())), "{after:?}");
    let day = life.get(Who::Officer, "/desk").await;
    assert!(day.text.contains("Skyddad") && !day.text.contains("Erik"), "{}", day.text);
}
