//! `hallport-cloud enrolment-code`: what the technician's page does, for scripts and for the command line.

use anyhow::Context;
use cloud_access::enrolment_code;

use crate::config::Config;
use crate::databases::Databases;
use crate::wiring::wire;

/// Prints the code and the root's fingerprint on one line.
pub async fn run(config: Config, host: &str, gateway: &str) -> anyhow::Result<()> {
    let databases = Databases::open(&config).await?;
    let outcome = code(&config, &databases, host, gateway).await;
    databases.close().await;
    crate::say(&outcome?);
    Ok(())
}

async fn code(config: &Config, databases: &Databases, host: &str, gateway: &str) -> anyhow::Result<String> {
    let wired = wire(config, databases)?;
    let tenant = wired
        .kernel
        .directory()
        .tenant(host, wired.kernel.now())
        .await?
        .with_context(|| format!("no municipality has the host name {host}"))?;
    let mut tx = wired.kernel.begin(tenant.id).await?;
    let code = enrolment_code(&mut tx, gateway)
        .await?
        .with_context(|| format!("{} has no gateway named {gateway:?}", tenant.name))?;
    tx.commit().await?;
    Ok(format!("{code} {}", wired.trust.fingerprint()))
}
