//! `hallport-cloud seed`: a municipality from a directory of import files, each through its module's import.

use std::path::Path;

use anyhow::Context;
use cloud_access::import as import_site;
use cloud_booking::{PartRegister, import as import_rules, import_contacts};
use cloud_contracts::ImportReport;
use cloud_customers::{beyond_file as customers_beyond_file, import as import_customers};
use cloud_facilities::{FacilityRegister, import as import_facilities};
use cloud_kernel::{Owner, TenantFile};
use cloud_pricing::import as import_tariffs;
use cloud_staff::import as import_staff;

use crate::command::migrate::migrate;
use crate::config::Config;
use crate::databases::Databases;
use crate::wiring::wire;

/// Loads the directory: the tenant by the owner's role, the rest by the application's, in one transaction.
pub async fn run(config: Config, from: &Path) -> anyhow::Result<()> {
    let databases = Databases::open(&config).await?;
    let outcome = seed(&config, &databases, from).await;
    databases.close().await;
    outcome
}

/// The same over databases that stay open.
pub async fn seed(config: &Config, databases: &Databases, from: &Path) -> anyhow::Result<()> {
    if databases.is_private() {
        migrate(databases).await?;
    }
    let wired = wire(config, databases)?;
    let kernel = &wired.kernel;
    let tenant = read(from, "tenant.toml")?.context("a municipality needs its tenant.toml")?;
    let tenant = TenantFile::parse(&tenant).context("tenant.toml")?.into_new(|| kernel.new_id());
    let name = tenant.name.clone();
    let mut owner = Owner::connect(databases.owner()).await?;
    let id = owner.create_tenant(&tenant, kernel.now()).await.context("cannot make the municipality")?;
    owner.close().await?;

    let mut tx = kernel.begin(id).await?;
    let mut done = Vec::new();
    // Facilities name the associations that own them.
    if let Some(text) = read(from, "customers.toml")? {
        let report = import_customers(&mut tx, &text, &wired.issuer).await.context("customers.toml")?;
        done.push(told("customers", &report));
        done.extend(customers_beyond_file(&mut tx, &text).await.context("customers.toml")?);
    }
    if let Some(text) = read(from, "staff.toml")? {
        let report = import_staff(&mut tx, &text).await.context("staff.toml")?;
        done.push(told("groups of staff", &report));
    }
    if let Some(text) = read(from, "facilities.toml")? {
        let report = import_facilities(&mut tx, &PartRegister, &text).await.context("facilities.toml")?;
        done.push(told("facilities", &report));
    }
    if let Some(text) = read(from, "rules.toml")? {
        let report = import_rules(&mut tx, &FacilityRegister, &text).await.context("rules.toml")?;
        done.push(told("rules", &report));
    }
    if let Some(text) = read(from, "contacts.toml")? {
        let report = import_contacts(&mut tx, &FacilityRegister, &text).await.context("contacts.toml")?;
        done.push(told("contacts", &report));
    }
    if let Some(text) = read(from, "tariffs.toml")? {
        let report = import_tariffs(&mut tx, &FacilityRegister, &text).await.context("tariffs.toml")?;
        done.push(told("tariffs", &report));
    }
    if let Some(text) = read(from, "site.toml")? {
        let report = import_site(&mut tx, &FacilityRegister, &text).await.context("site.toml")?;
        done.push(told("site", &report));
    }
    if tenant.modules.iter().any(|module| module == "search") {
        cloud_search::rebuild(&mut tx, &FacilityRegister).await.context("the search index")?;
    }
    tx.commit().await?;
    crate::say(&format!("{name}: {}", done.join("; ")));
    Ok(())
}

fn told(what: &str, report: &ImportReport) -> String {
    format!("{what} {} new, {} changed", report.created, report.updated)
}

/// The file's text; `None` if the directory has no such file.
fn read(from: &Path, name: &str) -> anyhow::Result<Option<String>> {
    let path = from.join(name);
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && from.is_dir() => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}
