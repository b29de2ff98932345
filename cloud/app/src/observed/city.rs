//! A municipality with one hall, its modules wired as the service wires them, and somebody who books.

use std::sync::{Arc, Mutex, Once, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::State;
use axum::routing::post;
use cloud_access::{AccessModule, AccessPort, OfflinePort, ServerNames, Trust, import as import_site};
use cloud_accessibility::ReportAnswers;
use cloud_booking::{Booking, BookingAnswers, FreeTimes, PartRegister, Ports, import as import_rules};
use cloud_contracts::{Customer, CustomerKind, Customers, Facilities as _, PortError};
use cloud_customers::CustomersPort;
use cloud_facilities::{
    FacilitiesModule, FacilityRegister, Ports as FacilityPorts, import as import_facilities,
};
use cloud_faults::FaultAnswers;
use cloud_kernel::testing::Bench;
use cloud_kernel::{
    Clock as _, Database, Kernel, Module, Owner, Random, Registry, SignInPerson, SystemClock, TenantFile,
    TenantTx, Vault,
};
use cloud_notifications::{Carriers, NotificationsModule, Ports as NotificationPorts};
use cloud_pricing::{PriceList, PricingModule, import as import_tariffs};
use cloud_watching::{Ports as WatchPorts, WatchAnswers, Watching};
use http::{HeaderMap, Request, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use protocols_ids::{BookingId, CustomerId, PersonId, ResourceId, TenantId, Uuid};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower::ServiceExt as _;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::site::router;

/// Long enough for the slowest machine; a failure waits this long, a success does not.
pub const WITHIN: Duration = Duration::from_secs(30);
/// Everybody may book for the club.
const CLUB: CustomerId = CustomerId::new(Uuid::from_u128(100));

/// What must stand in no figure, no span and no line of the log: name, address, personal number, purpose,
/// club.
pub const CANARIES: [&str; 5] = [
    "Kanarie Fågelsson",
    "kanarie@post.example",
    "19920315-2385",
    "Kanariefåglarnas vårfest",
    "Kanarieklubben",
];

struct OneClub;

#[async_trait]
impl Customers for OneClub {
    async fn acted_for(
        &self,
        _: &mut TenantTx,
        _: PersonId,
        customer: CustomerId,
    ) -> Result<Option<Customer>, PortError> {
        let name = CANARIES[4].to_owned();
        let club = Customer { id: CLUB, kind: CustomerKind::Association, name, price_group: None };
        Ok((customer == CLUB).then_some(club))
    }

    async fn by_id(&self, _: &mut TenantTx, _: CustomerId) -> Result<Option<Customer>, PortError> {
        Ok(None)
    }

    async fn age(
        &self,
        _: &mut TenantTx,
        _: PersonId,
        _: jiff::civil::Date,
    ) -> Result<Option<u8>, PortError> {
        Ok(None)
    }
}

/// The service over a database of its own, at the machine's time.
pub struct City {
    pub kernel: Kernel,
    pub trust: Arc<Trust>,
    pub tenant: TenantId,
    pub hall: ResourceId,
    pub pages: Router,
    cookie: String,
    _secrets: tempfile::TempDir,
}

/// What a page answered.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl City {
    pub async fn new() -> Self {
        // Another test of this process may have been first.
        drop(rustls::crypto::ring::default_provider().install_default());
        let bench = Bench::new().await;
        let kernel = Kernel::new(
            Database::connect(bench.application.clone(), bench.worker.clone()),
            Arc::new(SystemClock),
            Random::from_system(),
            Vault::new(1, &[7; 32]).unwrap(),
            bench.kernel.service().clone(),
        );
        let secrets = tempfile::tempdir().unwrap();
        let names = ServerNames {
            api: vec!["provhallen.localhost".to_owned()],
            broker: vec!["localhost".to_owned()],
        };
        let trust = Arc::new(Trust::open(secrets.path(), &names, kernel.now()).unwrap());
        kernel.install(Registry::new(modules(&trust)));

        let file = TenantFile::parse(&demo("tenant.toml")).unwrap();
        let mut owner = Owner::connect(&bench.superuser.clone().username("hallport_owner")).await.unwrap();
        let tenant = owner.create_tenant(&file.into_new(|| kernel.new_id()), kernel.now()).await.unwrap();
        owner.close().await.unwrap();
        let mut tx = kernel.begin(tenant).await.unwrap();
        import_facilities(&mut tx, &PartRegister, &demo("facilities.toml")).await.unwrap();
        import_rules(&mut tx, &FacilityRegister, &demo("rules.toml")).await.unwrap();
        import_tariffs(&mut tx, &FacilityRegister, &demo("tariffs.toml")).await.unwrap();
        import_site(&mut tx, &FacilityRegister, &demo("site.toml")).await.unwrap();
        let facility = FacilityRegister.by_slug(&mut tx, "provhallen").await.unwrap().unwrap();
        let person = SignInPerson {
            issuer: "test".to_owned(),
            subject: CANARIES[2].to_owned(),
            name: CANARIES[0].to_owned(),
            email: Some(CANARIES[1].to_owned()),
            language: "sv",
        };
        let (_, token) = tx.begin_session(&person).await.unwrap();
        tx.act_for(&token, CLUB, CANARIES[4]).await.unwrap();
        tx.commit().await.unwrap();
        Self {
            pages: router(kernel.clone(), Router::new()),
            hall: facility.resources[0].id,
            cookie: format!("hallport_session={token}"),
            kernel,
            trust,
            tenant,
            _secrets: secrets,
        }
    }

    /// Asks for a path as the person.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path), Body::empty()).await
    }

    pub async fn send(&self, request: http::request::Builder, body: Body) -> Answer {
        let request = request
            .header(header::HOST, "provhallen.localhost:8080")
            .header(header::COOKIE, &self.cookie)
            .body(body)
            .unwrap();
        let answer = self.pages.clone().oneshot(request).await.unwrap();
        let (status, headers) = (answer.status(), answer.headers().clone());
        let bytes = to_bytes(answer.into_body(), 4 << 20).await.unwrap();
        Answer { status, headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }

    /// Books an hour by the form and the page of its hold, with the purpose that no operator reads.
    pub async fn book(&self, starts_at: Timestamp, traceparent: &str) -> BookingId {
        let encode = |text: &str| {
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
        };
        let fields = [
            ("resource", self.hall.to_string()),
            ("start", starts_at.to_string()),
            ("minutes", "60".to_owned()),
            ("purpose", CANARIES[3].to_owned()),
            ("customer", CLUB.to_string()),
            ("request_key", self.kernel.new_id::<Uuid>().to_string()),
        ];
        let form: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        let request = Request::post(format!("/book?q={}", encode(CANARIES[0])))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("traceparent", traceparent);
        let answer = self.send(request, Body::from(form.join("&"))).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        let hold = answer.headers[header::LOCATION].to_str().unwrap().to_owned();
        let request = Request::post(&hold)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("traceparent", traceparent);
        let answer = self.send(request, Body::from("action=book")).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        hold.split('/').nth(2).unwrap().parse().unwrap()
    }

    /// The next half hour that has not begun, and so many hours after it.
    pub fn half_hour(&self, hours: i64) -> Timestamp {
        let half = 30 * 60;
        let begun = self.kernel.now().as_second() / half * half;
        Timestamp::from_second(begun + half).unwrap() + SignedDuration::from_hours(hours)
    }

    pub async fn begin(&self) -> TenantTx {
        self.kernel.begin(self.tenant).await.unwrap()
    }
}

fn modules(trust: &Arc<Trust>) -> Vec<Arc<dyn Module>> {
    let facilities = Arc::new(FacilityRegister);
    let prices = Arc::new(PriceList);
    let watching = WatchPorts {
        facilities: facilities.clone(),
        availability: Arc::new(FreeTimes::new(facilities.clone())),
    };
    let told = NotificationPorts {
        bookings: Arc::new(BookingAnswers),
        facilities: facilities.clone(),
        access: Arc::new(AccessPort),
        customers: Arc::new(CustomersPort),
        watches: Arc::new(WatchAnswers::new(watching.clone())),
        faults: Arc::new(FaultAnswers::new(facilities.clone())),
        reports: Arc::new(ReportAnswers),
    };
    let ports = Ports {
        facilities: facilities.clone(),
        closures: facilities.clone(),
        customers: Arc::new(OneClub),
        names: Arc::new(CustomersPort),
        prices: prices.clone(),
        access: Arc::new(AccessPort),
        offline: Arc::new(OfflinePort::new(Arc::clone(trust))),
        faults: Arc::new(FaultAnswers::new(facilities.clone())),
    };
    vec![
        Arc::new(FacilitiesModule::new(FacilityPorts {
            prices,
            space: Arc::new(PartRegister),
            customers: Arc::new(OneClub),
            availability: Arc::new(FreeTimes::new(facilities.clone())),
        })),
        Arc::new(Booking::new(ports)),
        Arc::new(PricingModule::new(facilities)),
        Arc::new(AccessModule::new(Arc::clone(trust), 8443)),
        Arc::new(Watching::new(watching)),
        Arc::new(NotificationsModule::new(Carriers::default(), told).unwrap()),
    ]
}

fn demo(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/demo-data/provhallen/");
    std::fs::read_to_string(format!("{folder}{name}")).unwrap()
}

/// The time now, for waits.
pub fn now() -> Timestamp {
    SystemClock.now()
}

/// A collector of spans: what OpenTelemetry's messages say was sent to it.
pub struct Collector {
    pub endpoint: String,
    spans: watch::Receiver<Vec<Span>>,
}

impl Collector {
    pub async fn start() -> Self {
        let (sender, spans) = watch::channel(Vec::new());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}/v1/traces", listener.local_addr().unwrap());
        let router = Router::new().route("/v1/traces", post(collect)).with_state(Arc::new(sender));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { endpoint, spans }
    }

    /// Waits until what was collected is enough.
    pub async fn until(&mut self, what: &str, enough: impl FnMut(&Vec<Span>) -> bool) -> Vec<Span> {
        let waited = tokio::time::timeout(WITHIN, self.spans.wait_for(enough)).await;
        let waited = waited.map(|spans| spans.unwrap().clone());
        waited.unwrap_or_else(|_| panic!("{what} did not come; there are {:?}", names(&self.spans.borrow())))
    }
}

pub fn names(spans: &[Span]) -> Vec<&str> {
    spans.iter().map(|span| span.name.as_str()).collect()
}

async fn collect(
    State(sender): State<Arc<watch::Sender<Vec<Span>>>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    if headers.get(header::CONTENT_TYPE).is_none_or(|value| value != "application/x-protobuf") {
        return StatusCode::UNSUPPORTED_MEDIA_TYPE;
    }
    let Ok(request) = ExportTraceServiceRequest::decode(body) else { return StatusCode::BAD_REQUEST };
    sender.send_modify(|spans| {
        for resource in request.resource_spans {
            for scope in resource.scope_spans {
                spans.extend(scope.spans);
            }
        }
    });
    StatusCode::OK
}

/// The log, as it would be written.
#[derive(Clone, Default)]
pub struct Captured(Arc<Mutex<Vec<u8>>>);

/// Wants to hear everything, and does nothing with it. Whether anybody wants to hear a place in the code is remembered
/// for all threads: without this, a thread that nobody listens to could have it remembered that nobody does.
struct Interested;

impl Subscriber for Interested {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

impl Captured {
    /// From now on what this thread logs is captured, as finely as the filter says.
    pub fn begin(filter: &str) -> (Self, tracing::subscriber::DefaultGuard) {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| tracing::subscriber::set_global_default(Interested).expect("the first"));
        let captured = Self::default();
        let written = captured.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_ansi(false)
            .with_writer(move || written.clone())
            .finish();
        (captured, tracing::subscriber::set_default(subscriber))
    }

    pub fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl std::io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
