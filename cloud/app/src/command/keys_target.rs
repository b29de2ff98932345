//! A change for one municipality from the command line.

use anyhow::Context;
use cloud_kernel::TenantTx;

use crate::config::Config;
use crate::databases::Databases;
use crate::wiring::wire;

/// Runs `change` in a transaction of the municipality at `host`, and commits.
pub async fn with_tenant<T>(
    config: &Config,
    databases: &Databases,
    host: &str,
    change: impl AsyncFnOnce(&mut TenantTx) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let kernel = wire(config, databases)?.kernel;
    let tenant = kernel
        .directory()
        .tenant(host, kernel.now())
        .await?
        .with_context(|| format!("no municipality has the host name {host}"))?;
    let mut tx = kernel.begin(tenant.id).await?;
    let done = change(&mut tx).await?;
    tx.commit().await?;
    Ok(done)
}
