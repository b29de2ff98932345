//! `hallport-cloud migrate`: brings the schema up to date.

use anyhow::Context;
use cloud_kernel::Owner;

use crate::config::Config;
use crate::databases::Databases;

/// Runs the migrations that are missing, as the owner.
pub async fn run(config: Config) -> anyhow::Result<()> {
    let databases = Databases::open(&config).await?;
    let outcome = migrate(&databases).await;
    databases.close().await;
    outcome
}

/// Runs the migrations that are missing.
pub async fn migrate(databases: &Databases) -> anyhow::Result<()> {
    let mut owner =
        Owner::connect(databases.owner()).await.context("cannot reach the database as its owner")?;
    owner.migrate().await.context("a migration failed; nothing of it was kept")?;
    owner.close().await.context("the owner's connection")
}
