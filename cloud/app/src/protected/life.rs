//! A municipality as the service wires it, people who sign in at its provider, and what a protected person does there.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

use axum::Router;
use axum::body::{Body, BodyDataStream};
use cloud_kernel::testing::Bench;
use cloud_kernel::{Kernel, Worker};
use futures_util::StreamExt as _;
use http::{Method, Request, StatusCode, header};
use openidconnect::url::{Url, form_urlencoded};
use tokio::net::TcpListener;
use tower::ServiceExt as _;

use crate::command::seed::seed;
use crate::config::{Config, Demo, Server};
use crate::databases::Databases;
use crate::site::router;
use crate::wiring::{Wired, wire};

const HOST: &str = "provhallen.localhost";
/// More than any page has; a page that has more is cut, and the test says so.
const PAGE_BYTES_MAX: usize = 4 << 20;

/// Somebody of the municipality, by their number at the provider.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Who {
    /// Nobody has signed in.
    Visitor,
    /// Has a protected identity, and books on their own and on the club's account.
    Protected,
    /// Has nothing to do with the protected person.
    Citizen,
    /// Books for the same club.
    ClubMate,
    /// Decides for the same club.
    ClubAdministrator,
    /// Decides about bookings of the authority whose hall it is.
    Officer,
    /// Decides about bookings of another authority.
    OtherOfficer,
    /// Looks after the hall.
    Caretaker,
    /// Looks after gateways and doors.
    Technician,
    /// Looks after the register and the rules.
    Administrator,
}

impl Who {
    /// Everybody who must not read it.
    pub const OTHERS: [Self; 9] = [
        Self::Visitor,
        Self::Citizen,
        Self::ClubMate,
        Self::ClubAdministrator,
        Self::Officer,
        Self::OtherOfficer,
        Self::Caretaker,
        Self::Technician,
        Self::Administrator,
    ];

    const fn number(self) -> &'static str {
        match self {
            Self::Visitor => "",
            Self::Protected => PROTECTED_NUMBER,
            Self::Citizen => "19850612-2392",
            Self::ClubMate => "19790903-2380",
            Self::ClubAdministrator => "20010502-2388",
            Self::Officer => "19710224-2398",
            Self::OtherOfficer => "19660411-2398",
            Self::Caretaker => "19750530-2385",
            Self::Technician => "19880719-2383",
            Self::Administrator => "19830117-2394",
        }
    }
}

const PROTECTED_NUMBER: &str = "19920315-2385";

/// What only the protected person may read: both names, the address, the number in its two forms.
pub const CANARIES: [&str; 5] =
    ["Kanarie", "Fågelsson", "kanarie@post.example", PROTECTED_NUMBER, "199203152385"];

/// The people of the municipality, in the form of its file.
const CUSTOMERS: &str = r#"
person = [
  { personal_number = "19920315-2385", name = "Kanarie Fågelsson", email = "kanarie@post.example" },
  { personal_number = "19850612-2392", name = "Erik Holm", email = "erik@post.example" },
  { personal_number = "19790903-2380", name = "Maria Sand", email = "maria@post.example" },
  { personal_number = "20010502-2388", name = "Kim Varg", email = "kim@post.example" },
  { personal_number = "19710224-2398", name = "Karin Berg", email = "karin@kommun.example" },
  { personal_number = "19660411-2398", name = "Göran Ek", email = "goran@kommun.example" },
  { personal_number = "19750530-2385", name = "Leif Dahl", email = "leif@kommun.example" },
  { personal_number = "19880719-2383", name = "Jonas Ek", email = "jonas@kommun.example" },
  { personal_number = "19830117-2394", name = "Siv Norén", email = "siv@kommun.example" },
]
staff = [
  { subject = "19710224-2398", authority = "provnamnden", role = "officer" },
  { subject = "19660411-2398", authority = "andra", role = "officer" },
  { subject = "19750530-2385", authority = "provnamnden", role = "caretaker" },
  { subject = "19880719-2383", authority = "provnamnden", role = "technician" },
  { subject = "19830117-2394", authority = "provnamnden", role = "administrator" },
]

[[association]]
slug = "klubben"
name = "Klubben"
kind = "association"
price_group = "forening"
mandate = [
  { personal_number = "19920315-2385", role = "booker" },
  { personal_number = "19790903-2380", role = "booker" },
  { personal_number = "20010502-2388", role = "administrator" },
]
"#;

/// Of one half an officer decides, and about the other one asks.
const RULES: &str = r#"
[[rules]]
for = "resource:provhallen/a1"
first = "2026-01-01"
parameters = { approval = "always" }

[[rules]]
for = "resource:provhallen/a2"
first = "2026-01-01"
parameters = { by_enquiry = true }
"#;

/// An answer.
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Where it leads, where it leads anywhere.
    pub location: Option<String>,
    /// Its headers and its body, of a stream what it says at once.
    pub text: String,
}

/// The service over a database of its own.
pub struct Life {
    pages: Router,
    kernel: Kernel,
    port: u16,
    cookies: Mutex<BTreeMap<Who, BTreeMap<String, String>>>,
    /// The database.
    pub bench: Bench,
    _folder: tempfile::TempDir,
}

impl Life {
    /// With everybody signed in, and the protected person known as such.
    pub async fn new() -> Self {
        // Another test of this process may have been first.
        drop(rustls::crypto::ring::default_provider().install_default());
        let bench = Bench::new().await;
        let folder = tempfile::tempdir().unwrap();
        let people = folder.path().join("people");
        files(&people);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let listen = listener.local_addr().unwrap();
        let config = Config {
            server: Server {
                listen,
                public_port: listen.port(),
                data_directory: folder.path().join("data"),
                ..Server::default()
            },
            demo: Some(Demo { people_from: vec![people.clone()] }),
            ..Config::default()
        };
        std::fs::create_dir(&config.server.data_directory).unwrap();
        let databases = Databases::of_test(&bench);
        seed(&config, &databases, &people).await.unwrap();
        let Wired { kernel, more_routes, .. } = wire(&config, &databases).unwrap();
        let pages = router(kernel.clone(), more_routes);
        let provider = pages.clone();
        tokio::spawn(async move { axum::serve(listener, provider).await });
        let life =
            Self { pages, kernel, port: listen.port(), cookies: Mutex::default(), bench, _folder: folder };
        life.sign_in(Who::Protected).await;
        life.bench.execute("UPDATE customers.identity SET protected = true").await;
        for who in Who::OTHERS.into_iter().filter(|who| *who != Who::Visitor).chain([Who::Protected]) {
            life.sign_in(who).await;
        }
        life
    }

    /// One text of the database.
    pub async fn text(&self, query: &'static str) -> String {
        self.bench.texts(query).await.into_iter().next().unwrap_or_else(|| panic!("nothing for {query}"))
    }

    /// Everything that waits to be told is told.
    pub async fn settle(&self) {
        let worker = Worker::new(self.kernel.clone());
        while worker.work_once().await.unwrap() > 0 {}
    }

    async fn sign_in(&self, who: Who) {
        self.cookies.lock().unwrap().remove(&who);
        let begun = self.get(who, "/sign-in?return_to=%2F").await;
        let chosen = format!("{}&person={}", path_of(begun.location.as_deref().unwrap()), who.number());
        let request = Request::get(chosen).header(header::HOST, format!("localhost:{}", self.port));
        let answer = self.pages.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let back = path_of(answer.headers()[header::LOCATION].to_str().unwrap());
        let answer = self.get(who, &back).await;
        assert_eq!(
            (answer.status, answer.location.as_deref()),
            (StatusCode::SEE_OTHER, Some("/")),
            "{who:?}"
        );
    }

    /// Asks for a path.
    pub async fn get(&self, who: Who, path: &str) -> Answer {
        self.send(who, Request::get(path), Body::empty()).await
    }

    /// Sends a form.
    pub async fn post(&self, who: Who, path: &str, fields: &[(&str, &str)]) -> Answer {
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(who, request, Body::from(form)).await
    }

    /// Sends a form that could have a file in it, without one.
    pub async fn post_form(&self, who: Who, path: &str, fields: &[(&str, &str)]) -> Answer {
        let piece = |(name, value): &(&str, &str)| {
            format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let form: String = fields.iter().map(piece).chain(["--b--\r\n".to_owned()]).collect();
        let request = Request::post(path).header(header::CONTENT_TYPE, "multipart/form-data; boundary=b");
        self.send(who, request, Body::from(form)).await
    }

    /// Sends what a program sends, without its token.
    pub async fn change(&self, who: Who, method: &Method, path: &str) -> Answer {
        self.send(who, Request::builder().method(method).uri(path), Body::from("{}")).await
    }

    async fn send(&self, who: Who, request: http::request::Builder, body: Body) -> Answer {
        let cookies: Vec<String> = {
            let all = self.cookies.lock().unwrap();
            let own = all.get(&who).into_iter().flatten();
            own.map(|(name, value)| format!("{name}={value}")).collect()
        };
        let request = request
            .header(header::HOST, format!("{HOST}:{}", self.port))
            .header(header::COOKIE, cookies.join("; "))
            .body(body)
            .unwrap();
        let answer = self.pages.clone().oneshot(request).await.unwrap();
        let (parts, body) = answer.into_parts();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            let (name, rest) = cookie.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            let mut all = self.cookies.lock().unwrap();
            let own = all.entry(who).or_default();
            if value.is_empty() {
                own.remove(name)
            } else {
                own.insert(name.to_owned(), value.to_owned())
            };
        }
        let is_stream =
            parts.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream");
        let mut text = format!("{:?}\n", parts.headers);
        text.push_str(&read(body.into_data_stream(), is_stream).await);
        let location = parts.headers.get(header::LOCATION).map(|place| place.to_str().unwrap().to_owned());
        Answer { status: parts.status, location, text }
    }

    /// Books an hour of a resource on somebody's account, so many half hours from now, or asks for it; its path.
    pub async fn book(&self, who: Who, resource: &str, customer: &str, half_hours: i64) -> String {
        let half = 30 * 60;
        let begun = self.kernel.now().as_second() / half * half;
        let start = jiff::Timestamp::from_second(begun + half * half_hours).unwrap().to_string();
        let key = self.kernel.new_id::<uuid::Uuid>().to_string();
        let mut fields = vec![
            ("resource", resource),
            ("start", start.as_str()),
            ("minutes", "60"),
            ("purpose", "Träning"),
            ("customer", customer),
            ("request_key", &key),
        ];
        let asked = self.post(who, "/book", &fields).await;
        // Whoever acts for another one is asked whether they mean this one.
        let certain =
            asked.text.split("name=\"certain\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        let held = match certain {
            Some(certain) if asked.status == StatusCode::CONFLICT => {
                fields.push(("certain", certain));
                self.post(who, "/book", &fields).await
            }
            Some(_) | None => asked,
        };
        let leads = held.location.unwrap_or_else(|| panic!("{} {}", held.status, held.text));
        // What an officer decides about is asked for at once.
        let Some(booking) = leads.strip_suffix("/hold") else { return leads };
        let booked = self.post(who, &leads, &[("action", "book")]).await;
        assert_eq!(booked.status, StatusCode::SEE_OTHER, "{}", booked.text);
        booking.to_owned()
    }
}

/// The body; of a stream what is there when it is asked, since it has no end.
async fn read(mut body: BodyDataStream, is_stream: bool) -> String {
    let mut bytes = Vec::new();
    loop {
        let next = if is_stream {
            match futures_util::future::poll_immediate(body.next()).await {
                Some(next) => next,
                None => break,
            }
        } else {
            body.next().await
        };
        let Some(chunk) = next else { break };
        bytes.extend_from_slice(&chunk.unwrap());
        assert!(bytes.len() <= PAGE_BYTES_MAX, "a page without end");
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn path_of(location: &str) -> String {
    let url = Url::parse(location).unwrap();
    format!("{}?{}", url.path(), url.query().unwrap_or_default())
}

/// The municipality of the tests, with its own people, rules and a second authority.
fn files(folder: &Path) {
    std::fs::create_dir(folder).unwrap();
    let original = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/demo-data/provhallen");
    for name in ["tenant.toml", "facilities.toml", "rules.toml", "tariffs.toml", "site.toml"] {
        let mut text = std::fs::read_to_string(original.join(name)).unwrap();
        match name {
            "tenant.toml" => text.push_str("\n[[authority]]\nslug = \"andra\"\nname = \"Andra nämnden\"\n"),
            "rules.toml" => text.push_str(RULES),
            _ => {}
        }
        std::fs::write(folder.join(name), text).unwrap();
    }
    std::fs::write(folder.join("customers.toml"), CUSTOMERS).unwrap();
}
