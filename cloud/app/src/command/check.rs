//! `hallport-cloud check`: whether everything is as it should be, in words.

use std::time::Duration;

use anyhow::bail;
use cloud_kernel::Owner;
use cloud_ui::Untranslated;
use tokio::net::TcpStream;

use crate::config::Config;
use crate::databases::Databases;
use crate::wiring::wire;

/// How long a broker may take to accept a connection.
const BROKER_SECONDS: u64 = 3;

/// Says what is right and what is not; fails if something is not.
pub async fn run(config: Config, spoken: &[Untranslated]) -> anyhow::Result<()> {
    crate::say("configuration: read");
    for one in spoken {
        crate::say(&languages(one));
    }
    let databases = Databases::open(&config).await?;
    let mut wrong = 0;
    let mut tell = |what: &str, outcome: Result<String, String>| match outcome {
        Ok(text) => crate::say(&format!("{what}: {text}")),
        Err(text) => {
            wrong += 1;
            crate::say(&format!("{what}: NOT RIGHT: {text}"));
        }
    };
    tell("database", schema(&databases).await);
    tell(
        "keys and certificates",
        wire(&config, &databases).map(|_| "readable".to_owned()).map_err(|e| format!("{e:#}")),
    );
    tell("broker", broker(&config).await);
    databases.close().await;
    if wrong > 0 {
        bail!("{wrong} of these must be mended");
    }
    Ok(())
}

/// What a further language lacks: said, not wrong.
fn languages(one: &Untranslated) -> String {
    let list = |what: &str, keys: &[String]| match keys {
        [] => String::new(),
        some => format!("; {what}: {}", some.join(" ")),
    };
    let unknown = list("texts that nobody asks for", &one.unknown);
    let missing = list("not translated", &one.missing);
    format!("language {}: {} texts are missing{unknown}{missing}", one.code, one.missing.len())
}

async fn schema(databases: &Databases) -> Result<String, String> {
    let words = |error: &dyn std::error::Error| error.to_string();
    let mut owner = Owner::connect(databases.owner()).await.map_err(|e| words(&e))?;
    match owner.is_behind().await.map_err(|e| words(&e))? {
        true if databases.is_private() => {
            Ok("answers; the schema is brought up to date at the next start".to_owned())
        }
        true => Err("the schema is behind; run hallport-cloud migrate".to_owned()),
        false => Ok("answers, and its schema is up to date".to_owned()),
    }
}

async fn broker(config: &Config) -> Result<String, String> {
    let address = (config.broker.host.as_str(), config.broker.port);
    let connecting = TcpStream::connect(address);
    match tokio::time::timeout(Duration::from_secs(BROKER_SECONDS), connecting).await {
        Ok(Ok(_)) => Ok(format!("{}:{} accepts connections", address.0, address.1)),
        Ok(Err(error)) => Err(format!("{}:{}: {error}", address.0, address.1)),
        Err(_) => Err(format!("{}:{} does not answer within {BROKER_SECONDS} s", address.0, address.1)),
    }
}
