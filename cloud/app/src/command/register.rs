//! `hallport-cloud register`: a file into the register of facilities, told line by line, tried unless it shall be read in.

use std::path::Path;

use anyhow::{Context, bail};
use cloud_booking::PartRegister;
use cloud_facilities::{Format, Outcome, Report, read_file};
use cloud_kernel::Actor;

use crate::config::Config;
use crate::databases::Databases;
use crate::wiring::wire;

/// Tries the file, or reads it in; fails if something of it is refused.
pub async fn run(config: Config, host: &str, file: &Path, apply: bool) -> anyhow::Result<()> {
    let format = match file.extension().and_then(|extension| extension.to_str()) {
        Some("toml") => Format::Toml,
        Some("csv") => Format::Csv,
        Some("json" | "geojson") => Format::GeoJson,
        _ => bail!("{} is neither .toml, .csv, .json nor .geojson", file.display()),
    };
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let databases = Databases::open(&config).await?;
    let outcome = read(&config, &databases, host, format, &text, apply).await;
    databases.close().await;
    let report = outcome?;
    for line in &report.lines {
        let what = match &line.outcome {
            Ok(Outcome::New) => "new".to_owned(),
            Ok(Outcome::Same) => "as before".to_owned(),
            Ok(Outcome::Changed(changes)) => {
                let all: Vec<String> = changes
                    .iter()
                    .map(|change| format!("{} {:?} becomes {:?}", change.key, change.from, change.to))
                    .collect();
                format!("changed: {}", all.join("; "))
            }
            Err(why) => format!("REFUSED: {why}"),
        };
        crate::say(&format!("line {}: {}: {what}", line.line, line.at));
    }
    let [new, changed, same, refused] = report.counts();
    crate::say(&format!("{new} new, {changed} changed, {same} as before, {refused} refused"));
    if refused > 0 {
        bail!("nothing was read in: {refused} of these must be mended");
    }
    crate::say(if apply { "read in" } else { "tried only; --apply reads it in" });
    Ok(())
}

async fn read(
    config: &Config,
    databases: &Databases,
    host: &str,
    format: Format,
    text: &str,
    apply: bool,
) -> anyhow::Result<Report> {
    let wired = wire(config, databases)?;
    let tenant = wired
        .kernel
        .directory()
        .tenant(host, wired.kernel.now())
        .await?
        .with_context(|| format!("no municipality has the host name {host}"))?;
    let mut tx = wired.kernel.begin(tenant.id).await?;
    let report = read_file(&mut tx, &PartRegister, Actor::Service("import"), format, text).await?;
    if apply && report.refused().is_none() {
        tx.commit().await?;
    }
    Ok(report)
}
