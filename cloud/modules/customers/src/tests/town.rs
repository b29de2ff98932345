//! A town with a register of customers, its people, and its pages.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::middleware::from_fn_with_state;
use cloud_kernel::testing::Bench;
use cloud_kernel::web::{Visit, know_visitor};
use cloud_kernel::{Module, Role, SignedIn, Viewer};
use cloud_ui::{Lang, Theme};
use http::{Request, Response, StatusCode, header};
use protocols_ids::{CustomerId, PersonId};
use tower::ServiceExt;

use crate::personal_number::PersonalNumber;
use crate::provider::ProvidedPerson;
use crate::{CustomersModule, SignIn, import, sign_in};

pub(super) const ISSUER: &str = "https://login.example";

/// Numbers of the tax agency's test series, each of another person.
pub(super) const ERIK: &str = "19850612-2392";
pub(super) const MARIA: &str = "19790903-2380";
pub(super) const GORAN: &str = "19660411-2398";
pub(super) const ALVA: &str = "19920315-2385";

/// Somebody with a browser.
pub(super) struct Visitor {
    pub(super) id: PersonId,
    pub(super) token: String,
}

pub(super) struct Town {
    pub(super) bench: Bench,
    pages: Router,
}

/// What a page answers.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    headers: http::HeaderMap,
    bytes: Vec<u8>,
}

impl Answer {
    pub(super) fn text(&self) -> String {
        String::from_utf8(self.bytes.clone()).unwrap().replace('\u{a0}', " ")
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The page, which holds all of this.
    #[track_caller]
    pub(super) fn says(&self, texts: &[&str]) -> String {
        let page = self.text();
        for text in texts {
            assert!(page.contains(text), "{text} is not in ({}) {page}", self.status);
        }
        page
    }

    /// It led on, to this path.
    #[track_caller]
    pub(super) fn leads_to(&self, path: &str) {
        assert_eq!((self.status.as_u16(), self.header("location")), (303, path), "{}", self.text());
    }
}

impl Town {
    pub(super) async fn new() -> Self {
        // Another test of this process may have been first.
        _ = rustls::crypto::ring::default_provider().install_default();
        let bench = Bench::new().await;
        let sign_in = SignIn {
            issuer: ISSUER.to_owned(),
            client_id: "hallport".to_owned(),
            client_secret: None,
            groups_claim: None,
            staff_id_claim: "sub".to_owned(),
            personal_number_claim: "personalNumber".to_owned(),
            extra_scopes: Vec::new(),
        };
        let module = Arc::new(CustomersModule::new(sign_in).unwrap());
        bench.install(vec![Arc::clone(&module) as Arc<_>]);
        let pages = module
            .routes()
            .layer(from_fn_with_state(bench.kernel.clone(), know_visitor))
            .with_state(bench.kernel.clone());
        Self { bench, pages }
    }

    /// With a club that Erik administers and Maria books for.
    pub(super) async fn with_club() -> (Self, CustomerId) {
        let town = Self::new().await;
        let text = format!(
            "[[association]]\nslug = \"klubben\"\nname = \"Klubben\"\nkind = \"association\"\ntown = \"Åkersberga\"\n\
             organisation_number = \"802999-9011\"\nemail = \"kansli@klubben.example\"\n\
             [[association.mandate]]\npersonal_number = \"{ERIK}\"\nrole = \"administrator\"\n\
             [[association.mandate]]\npersonal_number = \"{MARIA}\"\nrole = \"booker\"\n"
        );
        town.read(&text).await;
        let club = town.customer("Klubben").await;
        (town, club)
    }

    pub(super) async fn read(&self, text: &str) {
        let mut tx = self.bench.kernel.begin(self.bench.alfa).await.unwrap();
        import(&mut tx, text, ISSUER).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// The customer of this name.
    pub(super) async fn customer(&self, name: &str) -> CustomerId {
        let mut tx = self.bench.kernel.begin(self.bench.alfa).await.unwrap();
        let id = sqlx::query_scalar("SELECT id FROM customers.customer WHERE name = $1")
            .bind(name)
            .fetch_one(tx.conn())
            .await
            .unwrap();
        CustomerId::new(id)
    }

    /// Lets time pass until then.
    pub(super) fn comes(&self, at: &str) {
        let at: jiff::Timestamp = at.parse().unwrap();
        self.bench.clock.advance(at.duration_since(self.bench.kernel.now()));
    }

    /// Signs somebody in.
    pub(super) async fn person(&self, name: &str, number: Option<&str>, roles: &[Role]) -> Visitor {
        let tenant = self.bench.kernel.directory().tenant("alfa.localhost", self.bench.kernel.now()).await;
        let visit = Visit {
            kernel: self.bench.kernel.clone(),
            tenant: tenant.unwrap().unwrap(),
            lang: Lang::Sv,
            theme: Theme::default(),
            viewer: Viewer::Anonymous,
            uri: "/sign-in/callback".parse().unwrap(),
            token: None,
        };
        let who = ProvidedPerson {
            subject: name.into(),
            name: name.into(),
            email: Some(format!("{}@post.example", name.to_lowercase())),
            language: None,
            personal_number: number.map(|number| PersonalNumber::parse(number).unwrap()),
            staff_id: name.into(),
            groups: None,
        };
        let token = sign_in::admit(&visit, ISSUER, &who, None).await.unwrap();
        let mut tx = self.bench.kernel.begin(self.bench.alfa).await.unwrap();
        for role in roles {
            tx.give_role(ISSUER, name, self.bench.alfa_authority, *role).await.unwrap();
        }
        tx.commit().await.unwrap();
        let id = self.signed_in(&token).await.person;
        Visitor { id, token }
    }

    /// Who a session's token belongs to now.
    pub(super) async fn signed_in(&self, token: &str) -> SignedIn {
        let mut tx = self.bench.kernel.begin(self.bench.alfa).await.unwrap();
        let Viewer::SignedIn(person) = tx.viewer(token).await.unwrap() else { panic!("nobody is signed in") };
        *person
    }

    pub(super) async fn open(&self, person: Option<&Visitor>, path: &str) -> Answer {
        self.ask(person, Request::get(path), Body::empty()).await
    }

    pub(super) async fn post(&self, person: &Visitor, path: &str, fields: &[(&str, &str)]) -> Answer {
        let pairs: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={}", percent(value))).collect();
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.ask(Some(person), request, Body::from(pairs.join("&"))).await
    }

    async fn ask(&self, person: Option<&Visitor>, request: http::request::Builder, body: Body) -> Answer {
        let request = request.header(header::HOST, "alfa.localhost").header(header::ACCEPT_LANGUAGE, "sv");
        let request = match person {
            Some(person) => request.header(header::COOKIE, format!("hallport_session={}", person.token)),
            None => request,
        };
        let response: Response<Body> = self.pages.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = to_bytes(response.into_body(), 1 << 24).await.unwrap().to_vec();
        Answer { status, headers, bytes }
    }

    /// Every action in the trail of a subject, in order.
    pub(super) async fn trail(&self, subject: CustomerId) -> Vec<String> {
        let mut tx = self.bench.kernel.begin(self.bench.alfa).await.unwrap();
        sqlx::query_scalar("SELECT action FROM kernel.audit WHERE subject = $1 ORDER BY id")
            .bind(subject.uuid())
            .fetch_all(tx.conn())
            .await
            .unwrap()
    }

    /// All that is written down anywhere of what was done, for what must not stand there.
    pub(super) async fn everything_written(&self) -> String {
        let mut tx = self.bench.kernel.begin(self.bench.alfa).await.unwrap();
        let audit: Vec<String> =
            sqlx::query_scalar("SELECT detail::text FROM kernel.audit").fetch_all(tx.conn()).await.unwrap();
        let outbox: Vec<String> =
            sqlx::query_scalar("SELECT payload::text FROM kernel.outbox").fetch_all(tx.conn()).await.unwrap();
        audit.join("\n") + &outbox.join("\n")
    }
}

/// What the first field of this name holds in a page.
pub(super) fn field(page: &str, name: &str) -> String {
    let rest = page.split_once(&format!("name=\"{name}\" value=\"")).expect(name).1;
    rest.split('"').next().unwrap().to_owned()
}

fn percent(text: &str) -> String {
    text.bytes().fold(String::new(), |out, byte| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => out + &char::from(byte).to_string(),
        _ => out + &format!("%{byte:02X}"),
    })
}
