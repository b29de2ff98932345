//! What only the owner of the database does: roles, schema, tenants.

use jiff::Timestamp;
use protocols_ids::TenantId;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{Connection, Executor};

use crate::tenant::{NewTenant, create_tenant};

/// The schema's history, compiled in.
pub(crate) static MIGRATOR: Migrator = sqlx::migrate!("../../migrations");

/// The name of the database in a cluster of our own.
pub const DATABASE: &str = "hallport";
/// The three roles: owner, application, worker.
pub const ROLES: [&str; 3] = ["hallport_owner", "hallport_application", "hallport_worker"];

/// A connection of the owner's role.
#[derive(Debug)]
pub struct Owner(PgConnection);

impl Owner {
    /// Connects.
    pub async fn connect(options: &PgConnectOptions) -> Result<Self, sqlx::Error> {
        Ok(Self(PgConnection::connect_with(options).await?))
    }

    /// Brings the schema up to date.
    pub async fn migrate(&mut self) -> Result<(), MigrateError> {
        MIGRATOR.run(&mut self.0).await
    }

    /// Whether migrations are missing.
    pub async fn is_behind(&mut self) -> Result<bool, sqlx::Error> {
        let known: bool = sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL")
            .fetch_one(&mut self.0)
            .await?;
        if !known {
            return Ok(true);
        }
        let applied: Vec<i64> = sqlx::query_scalar("SELECT version FROM _sqlx_migrations WHERE success")
            .fetch_all(&mut self.0)
            .await?;
        Ok(MIGRATOR.iter().any(|migration| !applied.contains(&migration.version)))
    }

    /// Makes a tenant, or brings it up to date: the one that has one of these host names keeps its id, which is
    /// returned.
    pub async fn create_tenant(
        &mut self,
        tenant: &NewTenant,
        now: Timestamp,
    ) -> Result<TenantId, sqlx::Error> {
        let mut tx = self.0.begin().await?;
        let id = create_tenant(&mut tx, tenant, now).await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Ends the connection in order.
    pub async fn close(self) -> Result<(), sqlx::Error> {
        self.0.close().await
    }
}

/// Whether a server answers there.
pub async fn answers(options: &PgConnectOptions) -> bool {
    match PgConnection::connect_with(options).await {
        Ok(conn) => conn.close().await.is_ok(),
        Err(_) => false,
    }
}

/// Makes the roles and the database in a cluster of our own, where they are missing. `superuser` connects to
/// its maintenance database.
pub async fn provision(superuser: &PgConnectOptions) -> Result<(), sqlx::Error> {
    let mut conn = PgConnection::connect_with(superuser).await?;
    sqlx::raw_sql(include_str!("../../../deploy/database/roles.sql")).execute(&mut conn).await?;
    let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
        .bind(DATABASE)
        .fetch_one(&mut conn)
        .await?;
    if !exists {
        conn.execute("CREATE DATABASE hallport OWNER hallport_owner").await?;
    }
    conn.close().await
}
