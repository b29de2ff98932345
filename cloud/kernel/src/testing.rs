//! A real Postgres for the tests of stores and routes.
//!
//! The first [`Bench`] of a test program makes a template database with every migration; each bench is a copy
//! of it, so that tests neither wait for nor see each other. The server is named by
//! `HALLPORT_TEST_DATABASE`, the URL of a superuser.

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use jiff::Timestamp;
use protocols_ids::{AuthorityId, TenantId};
use ring::digest::{SHA256, digest};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection};
use uuid::Uuid;

use crate::owner::MIGRATOR;
use crate::{Database, Kernel, NewTenant, Owner, Random, Registry, Service, TestClock, Vault};

/// When every bench's clock stands at first: Monday 23 November 2026, 10.00 in Stockholm.
pub const START: &str = "2026-11-23T09:00:00Z";

/// A fresh database with two tenants, `alfa` and `beta`, at `alfa.localhost` and `beta.localhost`.
pub struct Bench {
    /// A kernel over it, with a clock that stands still and a seeded generator.
    pub kernel: Kernel,
    /// The clock.
    pub clock: Arc<TestClock>,
    /// The first tenant.
    pub alfa: TenantId,
    /// Its authority, `namnden`.
    pub alfa_authority: AuthorityId,
    /// The second tenant.
    pub beta: TenantId,
    /// Its authority, `namnden`.
    pub beta_authority: AuthorityId,
    /// As a superuser, for what a test must see or do past every policy.
    pub superuser: PgConnectOptions,
    /// As the application.
    pub application: PgConnectOptions,
    /// As the worker.
    pub worker: PgConnectOptions,
}

static COUNTER: AtomicU32 = AtomicU32::new(0);

/// An empty database as an earlier release had it, for the tests of what a migration makes of what stood there.
pub struct Earlier {
    /// As a superuser, for what stood there, and to see what became of it past every policy.
    pub superuser: PgConnection,
    owner: PgConnection,
}

impl Earlier {
    /// With every migration up to this one.
    ///
    /// # Panics
    /// Without `HALLPORT_TEST_DATABASE`, when that server refuses, or when there is no such migration.
    pub async fn at(version: i64) -> Self {
        let server = server();
        // Makes the roles too, under the lock that they need.
        template(&server).await;
        let name =
            format!("hallport_earlier_{}_{}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed));
        let mut admin = connect(&server).await;
        run(&mut admin, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
        run(&mut admin, format!("CREATE DATABASE {name} OWNER hallport_owner")).await;
        let owner = connect(&as_role(&server, "hallport_owner").database(&name)).await;
        let mut earlier = Self { superuser: connect(&server.clone().database(&name)).await, owner };
        earlier.migrate(version).await;
        earlier
    }

    /// Applies the migrations that follow, up to this one.
    ///
    /// # Panics
    /// When one of them fails, or there is no such migration.
    pub async fn migrate(&mut self, version: i64) {
        MIGRATOR.run_to(version, &mut self.owner).await.expect("migrations");
    }
}

impl Bench {
    /// A fresh database, without modules: [`Kernel::install`] gives it those under test.
    ///
    /// # Panics
    /// Without `HALLPORT_TEST_DATABASE`, or when that server refuses.
    pub async fn new() -> Self {
        let server = server();
        let template = template(&server).await;
        let name =
            format!("hallport_test_{}_{}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed));
        let mut admin = connect(&server).await;
        run(&mut admin, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
        run(&mut admin, format!("CREATE DATABASE {name} TEMPLATE {template} OWNER hallport_owner")).await;
        let superuser = server.clone().database(&name);
        let application = as_role(&server, "hallport_application").database(&name);
        let worker = as_role(&server, "hallport_worker").database(&name);

        let clock = Arc::new(TestClock::at(START.parse().expect("a time")));
        let kernel = Kernel::new(
            Database::connect(application.clone(), worker.clone()),
            clock.clone(),
            Random::from_seed(7),
            Vault::new(1, &[7; 32]).expect("a vault"),
            Service { scheme: "http".to_owned(), port: Some(8080), demo: true },
        );
        let mut owner = Owner::connect(&as_role(&server, "hallport_owner").database(&name))
            .await
            .expect("the owner's role");
        let (alfa, alfa_authority) = tenant(&mut owner, "alfa", 0xA1FA).await;
        let (beta, beta_authority) = tenant(&mut owner, "beta", 0xBE7A).await;
        Self { kernel, clock, alfa, alfa_authority, beta, beta_authority, superuser, application, worker }
    }

    /// Lets every tenant use a module beside those that it has.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn switch_on(&self, module: &str) {
        let mut superuser = connect(&self.superuser).await;
        sqlx::query("UPDATE kernel.tenant SET modules = array_append(modules, $1)")
            .bind(module)
            .execute(&mut superuser)
            .await
            .expect("the tenants");
    }

    /// The rows of a query of one text, past every policy.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn texts(&self, query: &'static str) -> Vec<String> {
        let mut superuser = connect(&self.superuser).await;
        sqlx::query_scalar(query).fetch_all(&mut superuser).await.expect("a query of one text")
    }

    /// Carries out statements, past every policy.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn execute(&self, statements: &'static str) {
        let mut superuser = connect(&self.superuser).await;
        sqlx::raw_sql(statements).execute(&mut superuser).await.expect("statements of a test");
    }

    /// The tables that hold one of these texts anywhere, as text or as its bytes, each with the rows in which it stands.
    ///
    /// # Panics
    /// When the server refuses.
    pub async fn tables_that_hold(&self, texts: &[&str]) -> Vec<(String, Vec<String>)> {
        let mut superuser = connect(&self.superuser).await;
        let tables: Vec<String> = sqlx::query_scalar(
            "SELECT format('%I.%I', n.nspname, c.relname)
               FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
              WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1",
        )
        .fetch_all(&mut superuser)
        .await
        .expect("the catalogue");
        // A row as text shows bytes as hexadecimal digits.
        let both = |text: &&str| {
            [format!("%{text}%"), format!("%{}%", data_encoding::HEXLOWER.encode(text.as_bytes()))]
        };
        let patterns: Vec<String> = texts.iter().flat_map(both).collect();
        let mut found = Vec::new();
        for table in tables {
            // Named by the catalogue, and quoted there.
            let query = format!("SELECT t::text FROM {table} t WHERE t::text LIKE ANY ($1)");
            let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(query))
                .bind(&patterns)
                .fetch_all(&mut superuser)
                .await
                .expect("a table's rows");
            if !rows.is_empty() {
                found.push((table, rows));
            }
        }
        found
    }

    /// Makes modules known to the kernel.
    pub fn install(&self, modules: Vec<Arc<dyn crate::Module>>) {
        self.kernel.install(Registry::new(modules));
    }
}

fn server() -> PgConnectOptions {
    #[expect(clippy::disallowed_methods, reason = "tests are told where the server is by their environment")]
    let url = std::env::var("HALLPORT_TEST_DATABASE")
        .expect("HALLPORT_TEST_DATABASE names no Postgres; ./deploy/test starts one");
    PgConnectOptions::from_str(&url).expect("HALLPORT_TEST_DATABASE is not a Postgres URL")
}

fn as_role(server: &PgConnectOptions, role: &str) -> PgConnectOptions {
    server.clone().username(role)
}

async fn connect(options: &PgConnectOptions) -> PgConnection {
    PgConnection::connect_with(options).await.expect("the test Postgres does not answer")
}

async fn run(conn: &mut PgConnection, sql: String) {
    // Names in `sql` are made above, from numbers and hexadecimal digits.
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(conn).await.expect("statement of the test bench");
}

/// The template for this state of the migrations; made by whoever comes first, under a lock.
async fn template(server: &PgConnectOptions) -> String {
    let mut history = Vec::new();
    for migration in MIGRATOR.iter() {
        history.extend_from_slice(&migration.checksum);
    }
    let short = data_encoding::HEXLOWER.encode(&digest(&SHA256, &history).as_ref()[..8]);
    let name = format!("hallport_template_{short}");
    let mut admin = connect(server).await;
    sqlx::query("SELECT pg_advisory_lock(7283)").execute(&mut admin).await.expect("lock");
    let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
        .bind(&name)
        .fetch_one(&mut admin)
        .await
        .expect("catalogue");
    if !exists {
        let making = format!("{name}_making");
        sqlx::raw_sql(include_str!("../../../deploy/database/roles.sql"))
            .execute(&mut admin)
            .await
            .expect("roles");
        run(&mut admin, format!("DROP DATABASE IF EXISTS {making} WITH (FORCE)")).await;
        run(&mut admin, format!("CREATE DATABASE {making} OWNER hallport_owner")).await;
        let mut owner = connect(&as_role(server, "hallport_owner").database(&making)).await;
        MIGRATOR.run(&mut owner).await.expect("migrations");
        owner.close().await.expect("close");
        run(&mut admin, format!("ALTER DATABASE {making} RENAME TO {name}")).await;
    }
    sqlx::query("SELECT pg_advisory_unlock(7283)").execute(&mut admin).await.expect("unlock");
    name
}

async fn tenant(owner: &mut Owner, slug: &str, seed: u128) -> (TenantId, AuthorityId) {
    let (id, authority) =
        (TenantId::new(Uuid::from_u128(seed)), AuthorityId::new(Uuid::from_u128(seed << 16)));
    let new = NewTenant {
        id,
        slug: slug.to_owned(),
        name: format!("{slug} kommun"),
        hosts: vec![format!("{slug}.localhost")],
        time_zone: "Europe/Stockholm".to_owned(),
        accent: "#0b5fa5".to_owned(),
        modules: ["facilities", "customers", "booking", "pricing", "access", "notifications"]
            .map(str::to_owned)
            .to_vec(),
        embed_origins: vec!["https://www.alfa.example".to_owned()],
        authorities: vec![(authority, "namnden".to_owned(), "Nämnden".to_owned())],
    };
    let now: Timestamp = START.parse().expect("a time");
    owner.create_tenant(&new, now).await.expect("tenant");
    (id, authority)
}
