//! Who holds the broker: one process of those that share a database.
//!
//! The holder has a session's advisory lock, on a connection that is used for nothing else. The lock goes with
//! the connection, so that another process can take it when this one is gone.

use std::time::Duration;

use cloud_kernel::Kernel;
use protocols_ids::{GatewayId, TenantId};
use sqlx::Connection as _;
use sqlx::postgres::{PgConnection, PgListener};

/// The lock's number: `hp-lead` in ASCII.
const LOCK: i64 = 0x0068_702D_6C65_6164;
/// How long the database may take to say that the lock is still held. Past that somebody else may have it.
const ANSWERS_WITHIN: Duration = Duration::from_secs(3);
/// The channel of the triggers in migration 9.
const CHANNEL: &str = "access_courier";

/// The lock, held.
#[derive(Debug)]
pub(crate) struct Lead(PgConnection);

impl Lead {
    /// Takes the lock; `None` while another process has it.
    pub(crate) async fn take(kernel: &Kernel) -> Result<Option<Self>, sqlx::Error> {
        let options = kernel.database().application().connect_options();
        let mut conn = PgConnection::connect_with(&options).await?;
        let held = sqlx::query_scalar!(r#"SELECT pg_try_advisory_lock($1) AS "held!""#, LOCK)
            .fetch_one(&mut conn)
            .await?;
        if held {
            return Ok(Some(Self(conn)));
        }
        conn.close().await?;
        Ok(None)
    }

    /// Whether the lock is still held.
    pub(crate) async fn holds(&mut self) -> bool {
        let asked = sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT FROM pg_locks
                WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted AND objsubid = 1
                  AND ((classid::bigint << 32) | objid::bigint) = $1) AS "held!""#,
            LOCK
        )
        .fetch_one(&mut self.0);
        matches!(tokio::time::timeout(ANSWERS_WITHIN, asked).await, Ok(Ok(true)))
    }

    /// Lets it go at once.
    pub(crate) async fn release(self) {
        if let Err(error) = self.0.close().await {
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "the lead's connection was gone already"
            );
        }
    }
}

/// Hears what any process wrote for a gateway.
#[derive(Debug)]
pub(crate) struct Ears(PgListener);

impl Ears {
    /// Listens, on a connection of its own.
    pub(crate) async fn open(kernel: &Kernel) -> Result<Self, sqlx::Error> {
        let mut listener = PgListener::connect_with(kernel.database().application()).await?;
        listener.listen(CHANNEL).await?;
        Ok(Self(listener))
    }

    /// The next one; `None` when some may have been missed, so that one looks everywhere.
    pub(crate) async fn next(&mut self) -> Result<Option<(TenantId, GatewayId)>, sqlx::Error> {
        let Some(told) = self.0.try_recv().await? else { return Ok(None) };
        let both = told.payload().split_once('/');
        Ok(both.and_then(|(tenant, gateway)| tenant.parse().ok().zip(gateway.parse().ok())))
    }
}
