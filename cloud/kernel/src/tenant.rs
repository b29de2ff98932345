//! Tenants, and which one a host name belongs to.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use protocols_ids::{AuthorityId, TenantId};
use sqlx::{PgConnection, PgPool};

use crate::TenantTx;
use crate::db::jiff_time;

/// A municipality, or another operator.
#[derive(Clone, Debug)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// The host name that was asked for.
    pub host: String,
    /// Its short name.
    pub slug: String,
    /// What people call it.
    pub name: String,
    /// Its accent colour, `#rrggbb`.
    pub accent: String,
    /// Where its clocks are.
    pub time_zone: TimeZone,
    /// The modules that it uses.
    pub modules: Vec<String>,
    /// Origins of the sites that may show its schedule within their pages.
    pub embed_origins: Vec<String>,
}

impl Tenant {
    /// Whether the tenant uses the module.
    pub fn uses(&self, module: &str) -> bool {
        self.modules.iter().any(|name| name == module)
    }
}

/// Host names whose answer is remembered at most; past that the memory is emptied, so that a flood of
/// invented host names costs a query each and no more.
const REMEMBERED_MAX: usize = 4096;
/// How long an answer is believed.
const BELIEVED: SignedDuration = SignedDuration::from_secs(30);

/// Answers which tenant a host name belongs to.
#[derive(Debug)]
pub struct Directory {
    pool: PgPool,
    remembered: RwLock<HashMap<String, Answer>>,
}

/// What a host name was found to be, and until when that is believed.
#[derive(Debug)]
struct Answer {
    tenant: Option<Arc<Tenant>>,
    until: Timestamp,
}

impl Directory {
    pub(crate) fn new(pool: PgPool) -> Self {
        Self { pool, remembered: RwLock::default() }
    }

    /// The tenant of `host` (lower case, without port), or `None` where there is none.
    pub async fn tenant(&self, host: &str, now: Timestamp) -> Result<Option<Arc<Tenant>>, sqlx::Error> {
        if let Some(answer) = self.remembered.read().unwrap_or_else(PoisonError::into_inner).get(host)
            && now < answer.until
        {
            return Ok(answer.tenant.clone());
        }
        let tenant = self.read(host).await?.map(Arc::new);
        let until = now.saturating_add(BELIEVED).unwrap_or(now);
        let mut remembered = self.remembered.write().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= REMEMBERED_MAX {
            remembered.clear();
        }
        remembered.insert(host.to_owned(), Answer { tenant: tenant.clone(), until });
        Ok(tenant)
    }

    /// Every tenant, for work that is done for each: its id and one of its host names.
    pub async fn tenants(&self) -> Result<Vec<(TenantId, String)>, sqlx::Error> {
        let rows = sqlx::query!(
            r#"SELECT tenant_id, min(host) AS "host!" FROM kernel.host GROUP BY tenant_id ORDER BY 2"#
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|row| (row.tenant_id.into(), row.host)).collect())
    }

    /// A tenant as it is at the first of its host names, for work that no visitor asked for.
    pub async fn by_id(&self, id: TenantId, now: Timestamp) -> Result<Option<Arc<Tenant>>, sqlx::Error> {
        let host = sqlx::query_scalar!("SELECT min(host) FROM kernel.host WHERE tenant_id = $1", id.uuid())
            .fetch_one(&self.pool)
            .await?;
        match host {
            Some(host) => self.tenant(&host, now).await,
            None => Ok(None),
        }
    }

    async fn read(&self, host: &str) -> Result<Option<Tenant>, sqlx::Error> {
        let Some(row) = sqlx::query!("SELECT tenant_id FROM kernel.host WHERE host = $1", host)
            .fetch_optional(&self.pool)
            .await?
        else {
            return Ok(None);
        };
        let mut tx = self.pool.begin().await?;
        sqlx::query!("SELECT set_config('app.tenant', $1, true)", row.tenant_id.to_string())
            .fetch_one(&mut *tx)
            .await?;
        let tenant = sqlx::query!(
            "SELECT id, slug, name, accent, time_zone, modules, embed_origins FROM kernel.tenant"
        )
        .fetch_one(&mut *tx)
        .await?;
        tx.commit().await?;
        let time_zone = TimeZone::get(&tenant.time_zone).map_err(|e| sqlx::Error::Decode(e.into()))?;
        Ok(Some(Tenant {
            id: tenant.id.into(),
            host: host.to_owned(),
            slug: tenant.slug,
            name: tenant.name,
            accent: tenant.accent,
            time_zone,
            modules: tenant.modules,
            embed_origins: tenant.embed_origins,
        }))
    }
}

/// A tenant that is to be made.
#[derive(Clone, Debug)]
pub struct NewTenant {
    /// Its id.
    pub id: TenantId,
    /// Its short name, `[a-z0-9-]`.
    pub slug: String,
    /// What people call it.
    pub name: String,
    /// Host names, lower case, without port.
    pub hosts: Vec<String>,
    /// IANA name.
    pub time_zone: String,
    /// `#rrggbb`.
    pub accent: String,
    /// Modules that it uses.
    pub modules: Vec<String>,
    /// Origins of the sites that may show its schedule within their pages.
    pub embed_origins: Vec<String>,
    /// Its boards and companies: id, short name, name. At least one.
    pub authorities: Vec<(AuthorityId, String, String)>,
}

/// Makes a tenant, in a transaction of the owner's role: the application may not. A tenant with this short
/// name that exists already keeps its id, which is returned; names, hosts and modules are brought up to date.
pub(crate) async fn create_tenant(
    conn: &mut PgConnection,
    tenant: &NewTenant,
    now: Timestamp,
) -> Result<TenantId, sqlx::Error> {
    // The owner, too, is held by row level security. Which tenant has the short name is found by its host.
    let existing =
        sqlx::query_scalar!("SELECT tenant_id FROM kernel.host WHERE host = any($1) LIMIT 1", &tenant.hosts)
            .fetch_optional(&mut *conn)
            .await?;
    let id = existing.map_or(tenant.id, TenantId::new);
    sqlx::query!("SELECT set_config('app.tenant', $1, true)", id.to_string()).fetch_one(&mut *conn).await?;
    sqlx::query!(
        "INSERT INTO kernel.tenant (id, slug, name, time_zone, accent, modules, created_at, embed_origins)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, time_zone = excluded.time_zone,
           accent = excluded.accent, modules = excluded.modules, embed_origins = excluded.embed_origins",
        id.uuid(),
        tenant.slug,
        tenant.name,
        tenant.time_zone,
        tenant.accent,
        &tenant.modules,
        jiff_time(now),
        &tenant.embed_origins
    )
    .execute(&mut *conn)
    .await?;
    for host in &tenant.hosts {
        sqlx::query!(
            "INSERT INTO kernel.host (host, tenant_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            host,
            id.uuid()
        )
        .execute(&mut *conn)
        .await?;
    }
    for (authority, slug, name) in &tenant.authorities {
        sqlx::query!(
            "INSERT INTO kernel.authority (tenant_id, id, slug, name) VALUES ($1, $2, $3, $4)
             ON CONFLICT (tenant_id, slug) DO UPDATE SET name = excluded.name",
            id.uuid(),
            authority.uuid(),
            slug,
            name
        )
        .execute(&mut *conn)
        .await?;
    }
    Ok(id)
}

impl TenantTx {
    /// Where the tenant's clocks are.
    pub async fn zone(&mut self) -> Result<TimeZone, sqlx::Error> {
        let tenant = self.tenant().uuid();
        let name = sqlx::query_scalar!("SELECT time_zone FROM kernel.tenant WHERE id = $1", tenant)
            .fetch_one(self.conn())
            .await?;
        TimeZone::get(&name).map_err(|error| sqlx::Error::Decode(error.into()))
    }
}
