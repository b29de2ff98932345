//! A town with facilities, its people, and its pages.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::middleware::from_fn_with_state;
use cloud_contracts::{Facilities, Facility};
use cloud_facilities::{FacilitiesModule, FacilityRegister, Ports, import};
use cloud_kernel::testing::Bench;
use cloud_kernel::web::know_visitor;
use cloud_kernel::{Module, Role, SignInPerson};
use cloud_ui::Tiles;
use http::{Request, Response, StatusCode, header};
use jiff::civil::Date;
use protocols_ids::PersonId;
use tower::ServiceExt;

use crate::support::{EvenDays, OnePrice, Representatives, Space};

pub const FILE: &str = r#"
[defaults]
authority = "namnden"
time_zone = "Europe/Stockholm"
opening_hours = [
  { days = "mon-fri", opens = "08:00", closes = "22:00" },
  { days = "sat-sun", opens = "10:00", closes = "18:00" },
  { days = "mon-sun", on = "holiday", closed = true },
]

[[facility]]
slug = "strand"
name = "Strandens IP"
address = "Strandvägen 1"
description = "Konstgräs vid vattnet."
rules_text = "Inga dubbar.\nTa med skräpet.\nTre.\nFyra.\nFem.\nSex."
directions = "Buss 620 till Stranden."
accessibility = ["parking", "toilet"]
position = { latitude = 59.48, longitude = 18.3 }
other_ids = { karta = "4711" }
parts = ["p1", "p2", "rum"]

[[facility.resource]]
slug = "planen"
name = "Planen"
kind = "pitch"
persons_max = 200
parts = ["p1", "p2"]
activities = ["football"]

[[facility.resource]]
slug = "norra"
name = "Norra halvan"
kind = "pitch"
parent = "planen"
parts = ["p1"]

[[facility.resource]]
slug = "rummet"
name = "Rummet <b>"
kind = "room"
parts = ["rum"]
before_minutes = 15

[[facility.equipment]]
slug = "mal"
name = "Mål"
stock = 4
resources = ["planen"]

[[facility.exception]]
first = "2026-11-27"
hours = [{ opens = "12:00", closes = "14:00" }]
reason = "Städdag"
"#;

/// Somebody with a browser.
pub struct Visitor {
    pub id: PersonId,
    cookie: String,
}

pub struct Town {
    pub bench: Bench,
    pub space: Arc<Space>,
    pub representatives: Arc<Representatives>,
    pages: Router,
}

/// What a page answers.
pub struct Answer {
    pub status: StatusCode,
    pub headers: http::HeaderMap,
    pub bytes: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8(self.bytes.clone()).unwrap().replace('\u{a0}', " ")
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The page, which holds all of this.
    #[track_caller]
    pub fn says(&self, texts: &[&str]) -> String {
        let page = self.text();
        for text in texts {
            assert!(page.contains(text), "{text} is not in ({}) {page}", self.status);
        }
        page
    }
}

impl Town {
    pub async fn new() -> Self {
        Self::with(None).await
    }

    /// With the pictures that maps are drawn on.
    pub async fn with(tiles: Option<Tiles>) -> Self {
        let bench = Bench::new().await;
        let space = Arc::new(Space::default());
        let representatives = Arc::new(Representatives::default());
        let ports = Ports {
            prices: Arc::new(OnePrice(None)),
            space: Arc::clone(&space) as Arc<_>,
            customers: Arc::clone(&representatives) as Arc<_>,
            availability: Arc::new(EvenDays),
        };
        let module = Arc::new(FacilitiesModule::new(ports).with_tiles(tiles));
        bench.install(vec![Arc::clone(&module) as Arc<_>]);
        let pages = module
            .routes()
            .layer(from_fn_with_state(bench.kernel.clone(), know_visitor))
            .with_state(bench.kernel.clone());
        let town = Self { bench, space, representatives, pages };
        let mut tx = town.bench.kernel.begin(town.bench.alfa).await.unwrap();
        import(&mut tx, town.space.as_ref(), FILE).await.unwrap();
        tx.commit().await.unwrap();
        town
    }

    pub async fn person(&self, name: &str, roles: &[Role]) -> Visitor {
        let mut tx = self.bench.kernel.begin(self.bench.alfa).await.unwrap();
        for role in roles {
            tx.give_role("test", name, self.bench.alfa_authority, *role).await.unwrap();
        }
        let person = SignInPerson {
            issuer: "test".to_owned(),
            subject: name.to_owned(),
            name: name.to_owned(),
            email: None,
            language: "sv",
        };
        let (id, token) = tx.begin_session(&person).await.unwrap();
        tx.commit().await.unwrap();
        Visitor { id, cookie: format!("hallport_session={token}") }
    }

    pub async fn open(&self, person: Option<&Visitor>, path: &str) -> Answer {
        self.ask(person, Request::get(path), Body::empty()).await
    }

    pub async fn post(&self, person: &Visitor, path: &str, fields: &[(&str, &str)]) -> Answer {
        let pairs: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={}", percent(value))).collect();
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.ask(Some(person), request, Body::from(pairs.join("&"))).await
    }

    /// A form with files: name, file's name if it is one, content.
    pub async fn upload(
        &self,
        person: &Visitor,
        path: &str,
        pieces: &[(&str, Option<&str>, &[u8])],
    ) -> Answer {
        let mut body = Vec::new();
        for (name, file, content) in pieces {
            let file = file.map(|file| format!("; filename=\"{file}\"")).unwrap_or_default();
            let head = format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(content);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--edge--\r\n");
        let request = Request::post(path).header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge");
        self.ask(Some(person), request, Body::from(body)).await
    }

    /// Follows the way back that a change offers; answers what came of it.
    pub async fn undo(&self, person: &Visitor, change: &Answer) -> Answer {
        let to = change.header("location");
        let page = self.open(Some(person), to).await.says(&["Ångra"]);
        let ask = page.split("href=\"").find(|rest| rest.contains("/history/restore?no=")).unwrap();
        let ask = ask.split('"').next().unwrap();
        let asks = self.open(Some(person), ask).await.says(&["Återställ"]);
        let done = self.post(person, ask.split('?').next().unwrap(), &hidden(&asks, &["no", "seen"])).await;
        assert_eq!(done.status, 303, "{}", done.text());
        done
    }

    async fn ask(&self, person: Option<&Visitor>, request: http::request::Builder, body: Body) -> Answer {
        let request = request.header(header::HOST, "alfa.localhost").header(header::ACCEPT_LANGUAGE, "sv");
        let request = match person {
            Some(person) => request.header(header::COOKIE, &person.cookie),
            None => request,
        };
        let response: Response<Body> = self.pages.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = to_bytes(response.into_body(), 1 << 24).await.unwrap().to_vec();
        Answer { status, headers, bytes }
    }

    pub async fn facility(&self, slug: &str) -> Facility {
        let mut tx = self.bench.kernel.begin(self.bench.alfa).await.unwrap();
        FacilityRegister.by_slug(&mut tx, slug).await.unwrap().unwrap()
    }

    /// The clock hours at which a resource is open on a date, such as `8-22`.
    pub async fn hours(&self, resource: &str, date: &str) -> Vec<String> {
        let facility = self.facility("strand").await;
        let resource = facility.resources.iter().find(|one| one.slug == resource).unwrap().id;
        let date: Date = date.parse().unwrap();
        let clock = |at: jiff::Timestamp| at.to_zoned(facility.time_zone.clone()).hour();
        FacilityRegister
            .open(&facility, resource, date, date)
            .iter()
            .map(|span| format!("{}-{}", clock(span.starts_at), clock(span.ends_at)))
            .collect()
    }

    /// Every action in the trail, in order.
    pub async fn trail(&self) -> Vec<String> {
        let mut tx = self.bench.kernel.begin(self.bench.alfa).await.unwrap();
        sqlx::query_scalar("SELECT action FROM kernel.audit WHERE person_id IS NOT NULL ORDER BY id")
            .fetch_all(tx.conn())
            .await
            .unwrap()
    }
}

/// What the first hidden fields of these names hold in a page.
pub fn hidden<'a>(page: &'a str, names: &[&'a str]) -> Vec<(&'a str, &'a str)> {
    let value = |name: &str| {
        let field = page.split_once(&format!("name=\"{name}\" value=\"")).expect(name).1;
        field.split('"').next().unwrap()
    };
    names.iter().map(|name| (*name, value(name))).collect()
}

fn percent(text: &str) -> String {
    text.bytes().fold(String::new(), |out, byte| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => out + &char::from(byte).to_string(),
        _ => out + &format!("%{byte:02X}"),
    })
}
