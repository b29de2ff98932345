//! Puts kernel, modules and their ports together, as the configuration says.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use cloud_access::{AccessModule, AccessPort, BrokerAddress, OfflinePort, ServerNames, Trust};
use cloud_accessibility::{AccessibilityModule, ReportAnswers};
use cloud_booking::{
    Booking, BookingAnswers, BookingRecords, CalendarTimes, Desk, FreeTimes, PartRegister, Ports,
};
use cloud_contracts::Customers;
use cloud_customers::{ClientSecret, CustomerRecords, CustomersModule, CustomersPort, SignIn, demo_persons};
use cloud_facilities::{FacilitiesModule, FacilityRegister, Ports as FacilityPorts};
use cloud_faults::{FaultAnswers, FaultsModule, Ports as FaultPorts};
use cloud_kernel::{
    Clock, Database, Kernel, Module, Random, Registry, Service, SystemClock, TenantFile, Vault,
};
use cloud_notifications::{
    Carriers, Mail, MailSecurity, MessageRecords, NotificationsModule, Ports as NotificationPorts, Sms,
};
use cloud_openapi::{ClientCustomers, OpenApi, Ports as OpenApiPorts, ProgramRecords};
use cloud_photos::Studio;
use cloud_pricing::{PriceList, PricingModule};
use cloud_records::{AccountRecords, Ports as RecordPorts, RecordsModule};
use cloud_search::{Ports as SearchPorts, Search};
use cloud_staff::{StaffDirectory, StaffModule};
use cloud_watching::{Ports as WatchPorts, WatchAnswers, WatchRecords, Watching};

use crate::config::{Config, Demo, Map};
use crate::databases::Databases;
use crate::demo_provider::{CLIENT_ID, DemoPerson, DemoProvider, DemoTenant, PERSONAL_NUMBER_CLAIM};
use crate::secrets::{private_directory, secret_file, text_file};

/// The name of the vault's key in use.
const VAULT_KEY: u32 = 1;

/// Everything that serving, seeding and the commands need.
pub struct Wired {
    /// The kernel with its modules.
    pub kernel: Kernel,
    /// Keys and certificates.
    pub trust: Arc<Trust>,
    /// Where the broker is.
    pub broker: BrokerAddress,
    /// Routes of no module: the demonstration's sign-in.
    pub more_routes: Router<Kernel>,
    /// The OpenID provider at which staff have their subjects.
    pub issuer: String,
}

/// Where keys and certificates lie.
pub fn secrets_of_trust(config: &Config) -> PathBuf {
    config.server.data_directory.join("secrets").join("trust")
}

/// What the servers are reached as.
pub fn server_names(config: &Config) -> ServerNames {
    ServerNames { api: config.gateway_api.domains.clone(), broker: vec![config.broker.host.clone()] }
}

/// Wires the service over its databases.
pub fn wire(config: &Config, databases: &Databases) -> anyhow::Result<Wired> {
    let random = Random::from_system();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let secrets = config.server.data_directory.join("secrets");
    private_directory(&secrets)?;
    let vault = Vault::new(VAULT_KEY, &secret_file(&secrets.join("vault.key"), &random)?)?;
    let service = Service {
        scheme: config.server.public_scheme.clone(),
        port: config.public_port(),
        demo: config.demo.is_some(),
    };
    let database = Database::connect(databases.application().clone(), databases.worker().clone());
    let kernel = Kernel::new(database, Arc::clone(&clock), random.clone(), vault, service.clone());

    let trust = Trust::open(&secrets_of_trust(config), &server_names(config), kernel.now());
    let trust = Arc::new(trust.context("keys and certificates")?);
    let broker = BrokerAddress { host: config.broker.host.clone(), port: config.broker.port };

    let (sign_in, more_routes) = match (&config.demo, &config.sign_in) {
        (Some(demo), _) => {
            let provider = demo_provider(demo, &service, clock, random)?;
            let sign_in = SignIn {
                issuer: provider.issuer().to_owned(),
                client_id: CLIENT_ID.to_owned(),
                client_secret: None,
                personal_number_claim: PERSONAL_NUMBER_CLAIM.to_owned(),
                groups_claim: None,
                staff_id_claim: "sub".to_owned(),
                extra_scopes: Vec::new(),
            };
            (sign_in, provider.router())
        }
        (None, Some(section)) => {
            let secret = section.client_secret_file.as_deref().map(text_file).transpose()?;
            let sign_in = SignIn {
                issuer: section.issuer.clone(),
                client_id: section.client_id.clone(),
                client_secret: secret.map(ClientSecret::new),
                personal_number_claim: section.personal_number_claim.clone(),
                groups_claim: section.groups_claim.clone(),
                staff_id_claim: section.staff_id_claim.clone(),
                extra_scopes: section.scopes.clone(),
            };
            (sign_in, Router::new())
        }
        (None, None) => anyhow::bail!("the configuration has neither sign_in nor demo: nobody could sign in"),
    };
    let issuer = sign_in.issuer.clone();
    let modules = modules(config, &trust, sign_in)?;
    kernel.install(Registry::new(modules));
    Ok(Wired { kernel, trust, broker, more_routes, issuer })
}

/// The modules, in the order of the menu.
fn modules(config: &Config, trust: &Arc<Trust>, sign_in: SignIn) -> anyhow::Result<Vec<Arc<dyn Module>>> {
    let facilities = Arc::new(FacilityRegister);
    let prices = Arc::new(PriceList);
    let mail = config.mail.as_ref().map(|mail| Mail {
        host: mail.host.clone(),
        port: mail.port,
        from: mail.from.clone(),
        security: if mail.starttls { MailSecurity::StartTls } else { MailSecurity::Plain },
    });
    let sms = config.sms.as_ref().map(|sms| -> anyhow::Result<Sms> {
        Ok(Sms {
            url: sms.url.clone(),
            username: sms.username.clone(),
            password: text_file(&sms.password_file)?,
            sender: sms.sender.clone(),
        })
    });
    let carriers = Carriers { mail, sms: sms.transpose()? };
    let faults = Arc::new(FaultAnswers::new(facilities.clone()));
    // One for all modules: how many photos are drawn at once is what the machine bears.
    let photos = Studio::default();
    let ports = Ports {
        facilities: facilities.clone(),
        closures: facilities.clone(),
        customers: Arc::new(CustomersPort),
        names: Arc::new(CustomersPort),
        prices: prices.clone(),
        access: Arc::new(AccessPort),
        offline: Arc::new(OfflinePort::new(Arc::clone(trust))),
        faults: faults.clone(),
    };
    let availability = Arc::new(FreeTimes::new(facilities.clone()));
    let watching = WatchPorts { facilities: facilities.clone(), availability: availability.clone() };
    let told = NotificationPorts {
        bookings: Arc::new(BookingAnswers),
        facilities: facilities.clone(),
        access: Arc::new(AccessPort),
        customers: Arc::new(CustomersPort),
        watches: Arc::new(WatchAnswers::new(watching.clone())),
        faults,
        reports: Arc::new(ReportAnswers),
    };
    let search = SearchPorts {
        facilities: facilities.clone(),
        availability: availability.clone(),
        prices: prices.clone(),
        customers: Arc::new(CustomersPort),
        names: Arc::new(CustomersPort),
    };
    // What booking asks about a program's right to act for a customer, the interface for programs knows.
    let as_program: Arc<dyn Customers> = Arc::new(ClientCustomers::new(Arc::new(CustomersPort)));
    let open_api = OpenApiPorts {
        facilities: facilities.clone(),
        availability: availability.clone(),
        customers: Arc::new(CustomersPort),
        book: Arc::new(CustomersPort),
        names: Arc::new(CustomersPort),
        times: Arc::new(CalendarTimes),
        bookings: Arc::new(BookingAnswers),
        desk: Arc::new(Desk::new(Ports { customers: as_program, ..ports.clone() })),
    };
    let tiles = config.map.as_ref().map(Map::tiles).transpose()?;
    let wrong = FaultPorts {
        facilities: facilities.clone(),
        closures: facilities.clone(),
        times: Arc::new(CalendarTimes),
    };
    let maintained = FacilityPorts {
        prices,
        space: Arc::new(PartRegister),
        customers: Arc::new(CustomersPort),
        availability,
    };
    // In the order in which people read what is kept of them; who they are comes last, since it goes last.
    let records = RecordPorts {
        keepers: Arc::new([
            Arc::new(BookingRecords::new(facilities.clone(), Arc::new(AccessPort))),
            Arc::new(MessageRecords),
            Arc::new(WatchRecords::new(facilities.clone())),
            Arc::new(ProgramRecords),
            Arc::new(CustomerRecords),
            Arc::new(AccountRecords),
        ]),
        customers: Arc::new(CustomersPort),
    };
    Ok(vec![
        Arc::new(Search::new(search, tiles.clone())),
        Arc::new(FacilitiesModule::new(maintained).with_studio(photos.clone()).with_tiles(tiles)),
        Arc::new(Booking::new(ports)),
        Arc::new(FaultsModule::new(wrong, photos)),
        Arc::new(Watching::new(watching)),
        Arc::new(PricingModule::new(facilities)),
        Arc::new(AccessModule::new(Arc::clone(trust), config.gateway_api.listen.port())),
        Arc::new(OpenApi::new(open_api)),
        Arc::new(StaffModule::new(Arc::new(CustomersPort))),
        Arc::new(CustomersModule::new(sign_in).context("sign_in")?.with_staff(Arc::new(StaffDirectory))),
        Arc::new(AccessibilityModule),
        Arc::new(NotificationsModule::new(carriers, told).context("messages")?),
        Arc::new(RecordsModule::new(records)),
    ])
}

/// The demonstration's provider, for the people of its import files.
fn demo_provider(
    demo: &Demo,
    service: &Service,
    clock: Arc<dyn Clock>,
    random: Random,
) -> anyhow::Result<DemoProvider> {
    let mut tenants = Vec::new();
    for directory in &demo.people_from {
        let read = |name: &str| {
            let path = directory.join(name);
            std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
        };
        let tenant = TenantFile::parse(&read("tenant.toml")?)
            .with_context(|| format!("in {}", directory.join("tenant.toml").display()))?;
        let persons: Vec<DemoPerson> = demo_persons(&read("customers.toml")?)
            .with_context(|| format!("in {}", directory.join("customers.toml").display()))?
            .into_iter()
            .map(|person| DemoPerson {
                subject: person.personal_number.clone(),
                name: person.name,
                email: person.email,
                personal_number: person.personal_number,
                about: person.about,
            })
            .collect();
        for host in &tenant.hosts {
            tenants.push(DemoTenant {
                name: tenant.name.clone(),
                redirect_uri: service.url(host, "/sign-in/callback"),
                persons: persons.clone(),
            });
        }
    }
    DemoProvider::new(&service.url("localhost", ""), tenants, clock, random)
}
