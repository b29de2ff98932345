//! The configuration: one TOML file, a section a struct, secrets by file.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use cloud_ui::Tiles;
use serde::Deserialize;

/// All of it. Unknown keys are refused.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Pages.
    pub server: Server,
    /// Postgres.
    pub database: Database,
    /// Where gateways enrol.
    pub gateway_api: GatewayApi,
    /// The broker that gateways meet.
    pub broker: Broker,
    /// How people sign in. Either this or `demo`.
    pub sign_in: Option<SignIn>,
    /// A demonstration with made-up people and a sign-in that asks for no secret. Loopback only.
    pub demo: Option<Demo>,
    /// The relay for mail. Without one, messages are recorded as not sent.
    pub mail: Option<Mail>,
    /// The provider of short messages. Without one, nobody is asked for a number.
    pub sms: Option<Sms>,
    /// Where the pictures of maps come from. Without it, maps have a plain ground.
    pub map: Option<Map>,
    /// What operators see.
    pub observability: Observability,
    /// Languages beside Swedish and English.
    pub languages: LanguagesSection,
}

/// `[languages]`: what pages speak beside Swedish and English.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LanguagesSection {
    /// Holds a folder of Fluent files for each language, named by its code. Read at the start.
    pub directory: Option<PathBuf>,
}

/// `[server]`: pages.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// Address and port to listen at.
    pub listen: SocketAddr,
    /// `http` or `https`, as browsers see it.
    pub public_scheme: String,
    /// The port as browsers see it; 0 is the scheme's own.
    pub public_port: u16,
    /// Where secrets, broker files and a private database live.
    pub data_directory: PathBuf,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080),
            public_scheme: "http".to_owned(),
            public_port: 8080,
            data_directory: PathBuf::from("data"),
        }
    }
}

/// `[database]`: the three roles' URLs, each in a file; or none, for a private cluster.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Database {
    /// URL of the owner's role: migrations and new tenants.
    pub owner_url_file: Option<PathBuf>,
    /// URL of the application's role.
    pub application_url_file: Option<PathBuf>,
    /// URL of the worker's role.
    pub worker_url_file: Option<PathBuf>,
    /// Where a private cluster lives; without it, `postgres` in the data directory. Run by root, the cluster
    /// belongs to the user `postgres`, who must be able to enter this directory's parents.
    pub cluster_directory: Option<PathBuf>,
}

/// `[gateway_api]`: where gateways enrol, over TLS of our own authority.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GatewayApi {
    /// Address and port to listen at.
    pub listen: SocketAddr,
    /// Names that it answers under, and every name below them: where the municipalities' host names end.
    pub domains: Vec<String>,
}

impl Default for GatewayApi {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8443),
            domains: vec!["localhost".to_owned()],
        }
    }
}

/// `[broker]`: any MQTT 3.1.1 broker with TLS and client certificates.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Broker {
    /// Its host name, as its certificate has it and as gateways reach it.
    pub host: String,
    /// Its port.
    pub port: u16,
}

impl Default for Broker {
    fn default() -> Self {
        Self { host: "localhost".to_owned(), port: 8883 }
    }
}

/// `[sign_in]`: an OpenID provider.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// Its issuer URL.
    pub issuer: String,
    /// Our name there.
    pub client_id: String,
    /// Our secret there, for confidential clients.
    pub client_secret_file: Option<PathBuf>,
    /// The claim that holds the personal number.
    #[serde(default = "personal_number_claim")]
    pub personal_number_claim: String,
    /// The claim of the ID token or of userinfo that names the groups that somebody is in, such as `groups`. Without it
    /// no roles come from groups of tokens.
    pub groups_claim: Option<String>,
    /// The claim by which accounts that are provisioned by SCIM are known, as their `externalId` or their `userName`.
    #[serde(default = "staff_id_claim")]
    pub staff_id_claim: String,
    /// Scopes beyond `openid profile email`, where the provider wants more before it gives that claim.
    #[serde(default)]
    pub scopes: Vec<String>,
}

fn staff_id_claim() -> String {
    "sub".to_owned()
}

fn personal_number_claim() -> String {
    "personalNumber".to_owned()
}

/// `[demo]`: a demonstration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Demo {
    /// Directories of import files whose made-up people one may be.
    pub people_from: Vec<PathBuf>,
}

/// `[mail]`: the city's relay.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// Its host name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The sender, `Name <address>` or an address.
    pub from: String,
    /// Whether to demand TLS. Only a relay on this machine may do without.
    #[serde(default = "yes")]
    pub starttls: bool,
}

/// `[sms]`: the provider of short messages.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sms {
    /// Where they are posted to.
    #[serde(default = "sms_url")]
    pub url: String,
    /// Our name there.
    pub username: String,
    /// Our secret there.
    pub password_file: PathBuf,
    /// The sender as telephones show it: one to eleven letters and digits.
    pub sender: String,
}

fn sms_url() -> String {
    "https://api.46elks.com/a1/sms".to_owned()
}

/// `[map]`: the pictures that maps are drawn on.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Map {
    /// The address of a picture, with `{z}`, `{x}` and `{y}` in it. Visitors' browsers ask there.
    pub tiles_url: String,
    /// Whose map it is, as its terms want it said.
    pub attribution: String,
}

impl Map {
    /// The same for pages, with the origin that their policy lets pictures come from.
    pub fn tiles(&self) -> anyhow::Result<Tiles> {
        let Self { tiles_url, attribution } = self;
        if let Some(missing) = ["{z}", "{x}", "{y}"].into_iter().find(|part| !tiles_url.contains(part)) {
            bail!("map.tiles_url has no {missing}");
        }
        let url = reqwest::Url::parse(tiles_url).context("map.tiles_url is no URL")?;
        if !["http", "https"].contains(&url.scheme())
            || !url.username().is_empty()
            || url.password().is_some()
        {
            bail!("map.tiles_url is {tiles_url:?}, not an http or https address without name and password");
        }
        let origin = url.origin().ascii_serialization();
        // In a policy these would end the list of origins.
        if origin.contains([';', ',', ' ', '\'', '{']) {
            bail!("map.tiles_url has a host that a policy cannot name: {origin:?}");
        }
        Ok(Tiles { url: tiles_url.clone(), origin, attribution: attribution.clone() })
    }
}

/// `[observability]`: what operators see.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Observability {
    /// Address and port at which Prometheus reads figures, at `/metrics`. Without one there is none.
    pub metrics_listen: Option<SocketAddr>,
    /// Where spans go: the collector's URL for traces over HTTP, usually `http://…:4318/v1/traces`. Without
    /// one nothing is traced.
    pub otlp_endpoint: Option<String>,
    /// How log lines look: `text` or `json`.
    pub log_format: LogFormat,
}

/// How log lines look.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

const fn yes() -> bool {
    true
}

impl Config {
    /// Reads and validates the file; the defaults where none is named.
    pub fn read(path: Option<&Path>) -> anyhow::Result<Self> {
        let config: Self = match path {
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .with_context(|| format!("cannot read the configuration {}", path.display()))?;
                toml::from_str(&text).with_context(|| format!("in {}", path.display()))?
            }
            None => Self::default(),
        };
        config.validate()?;
        Ok(config)
    }

    fn validate(&self) -> anyhow::Result<()> {
        if !["http", "https"].contains(&self.server.public_scheme.as_str()) {
            bail!("server.public_scheme is {:?}, not http or https", self.server.public_scheme);
        }
        if self.demo.is_some() && self.sign_in.is_some() {
            bail!("demo and sign_in: people sign in either at a real provider or at the demonstration's");
        }
        if self.demo.is_some()
            && !(self.server.listen.ip().is_loopback() && self.server.public_scheme == "http")
        {
            bail!(
                "demo lets anybody sign in as anybody: it needs a loopback address and plain http, \
                 not {} at {}",
                self.server.public_scheme,
                self.server.listen
            );
        }
        let urls = [
            &self.database.owner_url_file,
            &self.database.application_url_file,
            &self.database.worker_url_file,
        ];
        let named = urls.iter().filter(|file| file.is_some()).count();
        if named != 0 && named != urls.len() {
            bail!("database: name all of owner_url_file, application_url_file, worker_url_file, or none");
        }
        if named != 0 && self.database.cluster_directory.is_some() {
            bail!("database: cluster_directory is for a private cluster, URLs are for another's; not both");
        }
        if let Some(map) = &self.map {
            map.tiles()?;
        }
        self.observability.validate(&self.server, &self.gateway_api)?;
        if let Some(mail) = &self.mail
            && !mail.starttls
            && !["localhost", "127.0.0.1", "::1"].contains(&mail.host.as_str())
        {
            bail!("mail.starttls is off for {}, which is not this machine", mail.host);
        }
        Ok(())
    }

    /// The port that browsers use, where it is not the scheme's own.
    pub fn public_port(&self) -> Option<u16> {
        let own = match self.server.public_scheme.as_str() {
            "https" => 443,
            _ => 80,
        };
        (self.server.public_port != 0 && self.server.public_port != own).then_some(self.server.public_port)
    }
}

impl Observability {
    fn validate(&self, server: &Server, gateway_api: &GatewayApi) -> anyhow::Result<()> {
        if let Some(listen) = self.metrics_listen
            && [server.listen, gateway_api.listen].contains(&listen)
        {
            bail!("observability.metrics_listen is {listen}, where something else listens");
        }
        let Some(endpoint) = &self.otlp_endpoint else { return Ok(()) };
        let url = reqwest::Url::parse(endpoint).context("observability.otlp_endpoint is no URL")?;
        if !["http", "https"].contains(&url.scheme()) || !url.has_host() {
            bail!("observability.otlp_endpoint is {endpoint:?}, not an http or https address");
        }
        if !url.username().is_empty() || url.password().is_some() {
            bail!("observability.otlp_endpoint holds a name or password: secrets do not stand in this file");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> anyhow::Result<Config> {
        let config: Config = toml::from_str(text)?;
        config.validate()?;
        Ok(config)
    }

    #[test]
    fn the_defaults_hold_and_unknown_keys_are_refused() {
        assert!(parse("").is_ok());
        assert!(parse("[server]\nlissten = \"127.0.0.1:1\"").is_err());
        assert!(parse("[serverr]").is_err());
    }

    #[test]
    fn a_demonstration_is_refused_where_others_could_reach_it() {
        let demo = "[demo]\npeople_from = []\n";
        assert!(parse(demo).is_ok());
        assert!(parse(&format!("{demo}[server]\nlisten = \"0.0.0.0:8080\"")).is_err());
        assert!(parse(&format!("{demo}[server]\npublic_scheme = \"https\"")).is_err());
        assert!(parse(&format!("{demo}[sign_in]\nissuer = \"https://a\"\nclient_id = \"b\"")).is_err());
    }

    #[test]
    fn half_a_database_is_refused() {
        assert!(parse("[database]\nowner_url_file = \"a\"").is_err());
        let whole =
            "[database]\nowner_url_file = \"a\"\napplication_url_file = \"b\"\nworker_url_file = \"c\"\n";
        assert!(parse(whole).is_ok());
        assert!(parse(&format!("{whole}cluster_directory = \"d\"")).is_err());
    }

    #[test]
    fn a_collector_is_an_address_without_secrets_and_figures_have_a_port_of_their_own() {
        let otlp = |url: &str| parse(&format!("[observability]\notlp_endpoint = {url:?}"));
        assert!(otlp("http://127.0.0.1:4318/v1/traces").is_ok());
        for wrong in ["127.0.0.1:4318", "ftp://a/b", "http://a:b@c/d", "not a url"] {
            assert!(otlp(wrong).is_err(), "{wrong}");
        }
        assert!(parse("[observability]\nmetrics_listen = \"127.0.0.1:9464\"").is_ok());
        assert!(parse("[observability]\nmetrics_listen = \"127.0.0.1:8080\"").is_err());
        assert!(parse("[observability]\nlog_format = \"xml\"").is_err());
    }

    #[test]
    fn a_maps_pictures_come_from_one_origin_that_the_policy_can_name() {
        let map = |url: &str| parse(&format!("[map]\ntiles_url = {url:?}\nattribution = \"Kartan\""));
        let config = map("https://tiles.example:8443/a/{z}/{x}/{y}.png").unwrap();
        assert_eq!(config.map.unwrap().tiles().unwrap().origin, "https://tiles.example:8443");
        for wrong in [
            "https://tiles.example/{z}/{x}.png",
            "data:{z}{x}{y}",
            "https://{z}.example/{x}/{y}",
            "https://a:b@tiles.example/{z}/{x}/{y}",
            "{z}/{x}/{y}",
        ] {
            assert!(map(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn mail_leaves_the_machine_only_with_tls() {
        let mail = |host| format!("[mail]\nhost = \"{host}\"\nport = 25\nfrom = \"a@b\"\nstarttls = false");
        assert!(parse(&mail("localhost")).is_ok());
        assert!(parse(&mail("relay.example")).is_err());
    }
}
