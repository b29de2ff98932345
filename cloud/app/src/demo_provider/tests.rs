//! The whole sign-in: the customers module against this provider, over a real socket where the service asks.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::middleware;
use cloud_customers::{CustomersModule, SignIn, import};
use cloud_kernel::testing::Bench;
use cloud_kernel::web::know_visitor;
use cloud_kernel::{Clock, Module as _};
use http::{Request, StatusCode, header};
use jiff::SignedDuration;
use openidconnect::url::Url;
use tokio::net::TcpListener;
use tower::ServiceExt as _;

use super::{CLIENT_ID, DemoPerson, DemoProvider, DemoTenant, PERSONAL_NUMBER_CLAIM};

const SAM: &str = "18900101-9802";
const KIM: &str = "18900102-9801";

fn person(subject: &str, name: &str) -> DemoPerson {
    DemoPerson {
        subject: subject.to_owned(),
        name: name.to_owned(),
        email: format!("{}@post.example", name.to_lowercase().replace(' ', ".")),
        personal_number: subject.to_owned(),
        about: "spelar innebandy".to_owned(),
    }
}

fn tenants() -> Vec<DemoTenant> {
    ["alfa", "beta"]
        .map(|name| DemoTenant {
            name: name.to_owned(),
            redirect_uri: format!("http://{name}.localhost:8080/sign-in/callback"),
            persons: vec![person(SAM, "Sam Lind"), person(KIM, "Kim Berg")],
        })
        .to_vec()
}

struct World {
    bench: Bench,
    pages: Router,
    provider: Router,
    issuer: String,
}

impl World {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut world = Self::with_provider_at(listener.local_addr().unwrap().port()).await;
        world.open(listener);
        world
    }

    /// A world whose provider would be at the port, if it were there.
    async fn with_provider_at(port: u16) -> Self {
        // Another test of this process may have been first.
        drop(rustls::crypto::ring::default_provider().install_default());
        let bench = Bench::new().await;
        let base = format!("http://127.0.0.1:{port}");
        let kernel = &bench.kernel;
        let provider =
            DemoProvider::new(&base, tenants(), Arc::clone(kernel.clock()), kernel.random().clone()).unwrap();
        let issuer = provider.issuer().to_owned();
        let module = Arc::new(
            CustomersModule::new(SignIn {
                issuer: issuer.clone(),
                client_id: CLIENT_ID.to_owned(),
                client_secret: None,
                groups_claim: None,
                staff_id_claim: "sub".to_owned(),
                personal_number_claim: PERSONAL_NUMBER_CLAIM.to_owned(),
                extra_scopes: vec![],
            })
            .unwrap(),
        );
        let pages = module
            .routes()
            .layer(middleware::from_fn_with_state(kernel.clone(), know_visitor))
            .with_state(kernel.clone());
        bench.install(vec![module]);
        Self { bench, pages, provider: provider.router(), issuer }
    }

    /// The provider begins to answer.
    fn open(&mut self, listener: TcpListener) {
        let provider = self.provider.clone();
        tokio::spawn(async move { axum::serve(listener, provider).await });
    }

    fn browser(&self) -> Browser<'_> {
        Browser { world: self, cookies: Vec::new(), host: "alfa.localhost:8080" }
    }
}

/// What a browser does with our pages: keeps cookies, and goes where it is sent when told to.
struct Browser<'a> {
    world: &'a World,
    cookies: Vec<(String, String)>,
    host: &'static str,
}

struct Answer {
    status: StatusCode,
    location: String,
    page: String,
}

impl Answer {
    /// The path and query that the answer leads to.
    fn path(&self) -> String {
        let url = Url::parse(&self.location).unwrap();
        format!("{}?{}", url.path(), url.query().unwrap_or_default())
    }
}

impl Browser<'_> {
    async fn ask(&mut self, method: &str, path: &str, body: &str) -> Answer {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, self.host)
            .header(header::COOKIE, cookies.join("; "))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body.to_owned()))
            .unwrap();
        let response = self.world.pages.clone().oneshot(request).await.unwrap();
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let (name, rest) = cookie.to_str().unwrap().split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            self.cookies.retain(|(known, _)| known != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        answer(response).await
    }

    async fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, "").await
    }

    /// Begins a sign-in; the address at the provider.
    async fn begin(&mut self, return_to: &str) -> String {
        let answer = self.get(&format!("/sign-in?return_to={return_to}")).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.page);
        answer.path()
    }

    /// Chooses a person at the provider; the path of the answer to our pages.
    async fn choose(&self, asked: &str, subject: &str) -> String {
        at_provider(self.world, &format!("{asked}&person={subject}")).await.path()
    }

    async fn sign_in(&mut self, subject: &str) -> Answer {
        let asked = self.begin("/bookings").await;
        let callback = self.choose(&asked, subject).await;
        self.get(&callback).await
    }

    fn is_signed_in(&self) -> bool {
        self.cookies.iter().any(|(name, _)| name == cloud_kernel::SESSION_COOKIE)
    }
}

async fn at_provider(world: &World, path: &str) -> Answer {
    let request = Request::builder().uri(path).body(Body::empty()).unwrap();
    answer(world.provider.clone().oneshot(request).await.unwrap()).await
}

async fn answer(response: axum::response::Response) -> Answer {
    let location =
        response.headers().get(header::LOCATION).map(|l| l.to_str().unwrap().to_owned()).unwrap_or_default();
    let status = response.status();
    let page = String::from_utf8(to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap();
    Answer { status, location, page }
}

#[tokio::test]
async fn a_person_chooses_whom_to_be_and_comes_back_signed_in() {
    let world = World::new().await;
    let mut browser = world.browser();
    let asked = browser.begin("%2Fbook%3Fminutes%3D60").await;
    let people = at_provider(&world, &asked).await;
    assert_eq!(people.status, StatusCode::OK);
    assert!(
        people.page.contains("Sam Lind")
            && people.page.contains("spelar innebandy")
            && people.page.contains("påhittade"),
        "{}",
        people.page
    );
    let callback = browser.choose(&asked, SAM).await;
    let back = browser.get(&callback).await;
    assert_eq!((back.status, back.location.as_str()), (StatusCode::SEE_OTHER, "/book?minutes=60"));
    let page = browser.get("/act-for").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.page.contains("Sam Lind") && page.page.contains("checked"), "{}", page.page);
}

#[tokio::test]
async fn an_answer_counts_once() {
    let world = World::new().await;
    let mut browser = world.browser();
    let asked = browser.begin("/").await;
    let callback = browser.choose(&asked, SAM).await;
    assert_eq!(browser.get(&callback).await.status, StatusCode::SEE_OTHER);
    let again = browser.get(&callback).await;
    assert_eq!(again.status, StatusCode::BAD_REQUEST);
    assert!(again.page.contains("Försök igen"), "{}", again.page);
}

#[tokio::test]
async fn nobody_is_signed_in_by_somebody_elses_link() {
    let world = World::new().await;
    let mut attacker = world.browser();
    let asked = attacker.begin("/").await;
    let callback = attacker.choose(&asked, KIM).await;
    let mut victim = world.browser();
    assert_eq!(victim.get(&callback).await.status, StatusCode::BAD_REQUEST);
    assert!(!victim.is_signed_in());
    // Nor where the victim has begun a sign-in of their own.
    let mut victim = world.browser();
    victim.begin("/").await;
    let asked = attacker.begin("/").await;
    let callback = attacker.choose(&asked, KIM).await;
    assert_eq!(victim.get(&callback).await.status, StatusCode::BAD_REQUEST);
    assert!(!victim.is_signed_in());
}

#[tokio::test]
async fn a_state_that_was_never_given_or_belongs_to_another_tenant_is_refused() {
    let world = World::new().await;
    let mut browser = world.browser();
    let asked = browser.begin("/").await;
    let callback = browser.choose(&asked, SAM).await;
    let state = Url::parse(&format!("http://x{callback}"))
        .unwrap()
        .query_pairs()
        .find(|(name, _)| name == "state")
        .unwrap()
        .1
        .into_owned();
    for wrong in [callback.replace(&state, "another"), callback.replace("state=", "nostate=")] {
        assert_eq!(browser.get(&wrong).await.status, StatusCode::BAD_REQUEST);
    }
    // The same browser, cookies and all, at another municipality.
    browser.host = "beta.localhost:8080";
    assert_eq!(browser.get(&callback).await.status, StatusCode::BAD_REQUEST);
    assert!(!browser.is_signed_in());
    browser.host = "alfa.localhost:8080";
    assert_eq!(browser.get(&callback).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_token_for_another_nonce_is_refused() {
    let world = World::new().await;
    let mut browser = world.browser();
    let asked = browser.begin("/").await;
    let nonce = asked.split('&').find(|pair| pair.starts_with("nonce=")).unwrap();
    let callback = browser.choose(&asked.replace(nonce, "nonce=another"), SAM).await;
    let answer = browser.get(&callback).await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY);
    assert!(!browser.is_signed_in());
}

#[tokio::test]
async fn a_code_of_another_sign_in_is_refused() {
    let world = World::new().await;
    let (mut one, mut other) = (world.browser(), world.browser());
    let (asked_one, asked_other) = (one.begin("/").await, other.begin("/").await);
    let (back_one, back_other) = (one.choose(&asked_one, SAM).await, other.choose(&asked_other, KIM).await);
    let code = |path: &str| path.split(['?', '&']).find(|pair| pair.starts_with("code=")).unwrap().to_owned();
    let swapped = back_one.replace(&code(&back_one), &code(&back_other));
    assert_eq!(one.get(&swapped).await.status, StatusCode::BAD_GATEWAY);
    assert!(!one.is_signed_in());
}

#[tokio::test]
async fn a_sign_in_that_took_too_long_begins_anew() {
    let world = World::new().await;
    let mut browser = world.browser();
    let asked = browser.begin("/").await;
    world.bench.clock.advance(SignedDuration::from_mins(10));
    let callback = browser.choose(&asked, SAM).await;
    assert_eq!(browser.get(&callback).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(browser.sign_in(SAM).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_code_is_good_for_a_minute() {
    let world = World::new().await;
    let mut browser = world.browser();
    let asked = browser.begin("/").await;
    let callback = browser.choose(&asked, SAM).await;
    world.bench.clock.advance(SignedDuration::from_secs(60));
    assert_eq!(browser.get(&callback).await.status, StatusCode::BAD_GATEWAY);
    assert!(!browser.is_signed_in());
}

#[tokio::test]
async fn two_tabs_sign_in_side_by_side() {
    let world = World::new().await;
    let mut browser = world.browser();
    let (first, second) = (browser.begin("/a").await, browser.begin("/b").await);
    for (asked, place) in [(first, "/a"), (second, "/b")] {
        let callback = browser.choose(&asked, SAM).await;
        assert_eq!(browser.get(&callback).await.location, place);
    }
}

#[tokio::test]
async fn nobody_is_led_to_another_site() {
    let world = World::new().await;
    for foreign in
        ["https%3A%2F%2Fevil.example", "%2F%2Fevil.example", "%2F%5Cevil.example", "%2F%09%2Fevil.example"]
    {
        let mut browser = world.browser();
        let asked = browser.begin(foreign).await;
        let callback = browser.choose(&asked, SAM).await;
        assert_eq!(browser.get(&callback).await.location, "/", "{foreign}");
    }
}

#[tokio::test]
async fn whoever_changes_their_mind_is_told_what_still_works() {
    let world = World::new().await;
    let mut browser = world.browser();
    let asked = browser.begin("/").await;
    let callback = at_provider(&world, &format!("{asked}&cancel=yes")).await.path();
    let answer = browser.get(&callback).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.page.contains("Du avbröt inloggningen"), "{}", answer.page);
    assert!(!browser.is_signed_in());
}

#[tokio::test]
async fn a_provider_that_is_down_is_said_and_asked_again_later() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let mut world = World::with_provider_at(address.port()).await;
    let answer = world.browser().get("/sign-in").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.page.contains("svarar inte"), "{}", answer.page);
    world.open(TcpListener::bind(address).await.unwrap());
    world.bench.clock.advance(SignedDuration::from_secs(2));
    assert_eq!(world.browser().sign_in(SAM).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn signing_out_ends_the_session_on_the_server() {
    let world = World::new().await;
    let mut browser = world.browser();
    browser.sign_in(SAM).await;
    let kept = browser.cookies.clone();
    let out = browser.ask("POST", "/sign-out", "").await;
    assert_eq!((out.status, out.location.as_str()), (StatusCode::SEE_OTHER, "/"));
    assert!(!browser.is_signed_in());
    browser.cookies = kept;
    assert!(browser.get("/act-for").await.location.starts_with("/sign-in"));
}

#[tokio::test]
async fn a_mandate_that_waited_is_there_at_the_first_sign_in_and_can_be_chosen() {
    let world = World::new().await;
    let text = format!(
        "[[association]]\nslug = \"klubben\"\nname = \"Klubben\"\nkind = \"association\"\n\
         [[association.mandate]]\npersonal_number = \"{KIM}\"\nrole = \"administrator\"\n\
         [[staff]]\nsubject = \"{KIM}\"\nauthority = \"namnden\"\nrole = \"officer\"\n"
    );
    let mut tx = world.bench.kernel.begin(world.bench.alfa).await.unwrap();
    import(&mut tx, &text, &world.issuer).await.unwrap();
    tx.commit().await.unwrap();

    let mut kim = world.browser();
    kim.sign_in(KIM).await;
    let page = kim.get("/act-for").await.page;
    assert!(page.contains("Klubben"), "{page}");
    let before = page.split("name=\"customer\" value=\"").nth(2).unwrap();
    let klubben = before.split('"').next().unwrap();
    let chosen = kim.ask("POST", "/act-for", &format!("customer={klubben}&next=%2Fbookings")).await;
    assert_eq!((chosen.status, chosen.location.as_str()), (StatusCode::SEE_OTHER, "/bookings"));
    let page = kim.get("/act-for").await.page;
    assert!(page.contains("<strong>Klubben</strong>"), "{page}");

    let mut sam = world.browser();
    sam.sign_in(SAM).await;
    assert!(!sam.get("/act-for").await.page.contains("Klubben"));
    let refused = sam.ask("POST", "/act-for", &format!("customer={klubben}")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.page.contains("Välj en av dem"), "{}", refused.page);
}

#[tokio::test]
async fn whom_the_provider_does_not_know_is_not_sent_anywhere() {
    let world = World::new().await;
    let asked = world.browser().begin("/").await;
    for foreign in [
        asked.replace("alfa.localhost", "evil.example"),
        asked.replace("client_id=hallport", "client_id=other"),
        "/demo-provider/authorize".to_owned(),
    ] {
        let answer = at_provider(&world, &foreign).await;
        assert_eq!((answer.status, answer.location.as_str()), (StatusCode::BAD_REQUEST, ""), "{foreign}");
        assert!(answer.page.contains("påhittade"), "{}", answer.page);
    }
    let without_pkce = asked.replace("code_challenge_method=S256", "code_challenge_method=plain");
    assert!(at_provider(&world, &without_pkce).await.location.contains("error=invalid_request"));
}

#[tokio::test]
async fn the_page_speaks_the_language_that_was_asked_for() {
    let world = World::new().await;
    let asked = world.browser().begin("/").await.replace("ui_locales=sv", "ui_locales=en");
    assert!(at_provider(&world, &asked).await.page.contains("Who do you want to be?"));
}

#[test]
fn it_refuses_to_be_where_others_could_reach_it() {
    let clock: Arc<dyn Clock> = Arc::new(cloud_kernel::SystemClock);
    let made = |base: &str, tenants| {
        DemoProvider::new(base, tenants, Arc::clone(&clock), cloud_kernel::Random::from_seed(1)).is_ok()
    };
    for here in
        ["http://localhost:8080", "http://127.0.0.1:8080/", "http://demo.localhost", "http://[::1]:80"]
    {
        assert!(made(here, tenants()), "{here}");
    }
    for elsewhere in ["https://boka.example", "http://10.0.0.1", "http://localhost.example", "localhost"] {
        assert!(!made(elsewhere, tenants()), "{elsewhere}");
    }
    let mut tenants = tenants();
    tenants[0].redirect_uri = "https://boka.example/sign-in/callback".to_owned();
    assert!(!made("http://localhost:8080", tenants));
}
