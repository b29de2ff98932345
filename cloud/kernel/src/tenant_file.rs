//! `tenant.toml`: a municipality as an administrator describes it. The format is in `docs/import-format.md`.

use jiff::tz::TimeZone;
use protocols_ids::{AuthorityId, TenantId};
use serde::Deserialize;
use uuid::Uuid;

use crate::NewTenant;

/// Sites that may show the schedule at most: all of them stand in a header of each page that they show.
const EMBED_ORIGINS_MAX: usize = 16;

/// A municipality as its file describes it.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenantFile {
    /// Its short name, `[a-z0-9-]`, at most 40 characters.
    pub slug: String,
    /// What people call it.
    pub name: String,
    /// Host names of its pages, lower case, without port. At least one.
    pub hosts: Vec<String>,
    /// IANA name.
    pub time_zone: String,
    /// `#rrggbb`, lower case.
    pub accent: String,
    /// The modules that it uses.
    pub modules: Vec<String>,
    /// Origins of the sites that may show its schedule within their pages, such as `https://www.example.se`.
    #[serde(default)]
    pub embed_origins: Vec<String>,
    /// Its boards and companies. At least one.
    #[serde(rename = "authority")]
    pub authorities: Vec<AuthorityEntry>,
}

/// A board or company.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthorityEntry {
    /// Its short name, `[a-z0-9-]`.
    pub slug: String,
    /// What people call it.
    pub name: String,
}

/// Why a file describes no tenant.
#[derive(Debug, thiserror::Error)]
pub enum TenantFileError {
    /// Not TOML, or not with these keys; the text has line and column.
    #[error("{0}")]
    Unreadable(String),
    /// A value that cannot be.
    #[error("{key}: {what}")]
    Invalid {
        /// Which key.
        key: &'static str,
        /// What is wrong, in words.
        what: String,
    },
}

impl TenantFile {
    /// Reads the file's text and refuses what the database would.
    pub fn parse(text: &str) -> Result<Self, TenantFileError> {
        let file: Self =
            toml::from_str(text).map_err(|error| TenantFileError::Unreadable(error.to_string()))?;
        file.validate()?;
        Ok(file)
    }

    fn validate(&self) -> Result<(), TenantFileError> {
        let invalid = |key, what: &str| Err(TenantFileError::Invalid { key, what: what.to_owned() });
        if !is_slug(&self.slug) {
            return invalid("slug", "must be 1 to 40 of a–z, 0–9 and hyphens");
        }
        if self.name.trim().is_empty() {
            return invalid("name", "must not be empty");
        }
        if self.hosts.is_empty() {
            return invalid("hosts", "must name at least one host");
        }
        if let Some(host) = self.hosts.iter().find(|host| !is_host(host)) {
            return invalid("hosts", &format!("\"{host}\" must be a host name in lower case, without port"));
        }
        if TimeZone::get(&self.time_zone).is_err() {
            return invalid("time_zone", &format!("\"{}\" is no time zone's IANA name", self.time_zone));
        }
        if !is_colour(&self.accent) {
            return invalid("accent", "must be # and six hexadecimal digits in lower case");
        }
        if self.embed_origins.len() > EMBED_ORIGINS_MAX {
            return invalid("embed_origins", &format!("must be at most {EMBED_ORIGINS_MAX}"));
        }
        if let Some(origin) = self.embed_origins.iter().find(|origin| !is_origin(origin)) {
            let wanted = "must be https:// and a host name in lower case, with a port where it needs one";
            return invalid("embed_origins", &format!("\"{origin}\" {wanted}"));
        }
        if self.authorities.is_empty() {
            return invalid("authority", "there must be at least one");
        }
        for (index, authority) in self.authorities.iter().enumerate() {
            if !is_slug(&authority.slug) {
                return invalid("authority", &format!("\"{}\" is no short name", authority.slug));
            }
            if self.authorities.iter().take(index).any(|earlier| earlier.slug == authority.slug) {
                return invalid("authority", &format!("\"{}\" stands twice", authority.slug));
            }
        }
        Ok(())
    }

    /// The tenant to make; `id` gives a new id each time.
    pub fn into_new(self, mut id: impl FnMut() -> Uuid) -> NewTenant {
        NewTenant {
            id: TenantId::new(id()),
            slug: self.slug,
            name: self.name,
            hosts: self.hosts,
            time_zone: self.time_zone,
            accent: self.accent,
            modules: self.modules,
            embed_origins: self.embed_origins,
            authorities: self
                .authorities
                .into_iter()
                .map(|authority| (AuthorityId::new(id()), authority.slug, authority.name))
                .collect(),
        }
    }
}

fn is_slug(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn is_host(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.'))
}

/// Whether it names one site, over TLS. Without TLS only what is on the visitor's own machine, for trying out.
fn is_origin(text: &str) -> bool {
    let (secure, rest) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
        (Some(rest), _) => (true, rest),
        (None, Some(rest)) => (false, rest),
        (None, None) => return false,
    };
    let (host, port) = rest.split_once(':').map_or((rest, None), |(host, port)| (host, Some(port)));
    is_host(host)
        && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|number| number.to_string() == port))
        && (secure || host == "localhost" || host.ends_with(".localhost"))
}

fn is_colour(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|digits| {
        digits.len() == 6 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r##"
        slug = "alfa"
        name = "Alfa kommun"
        hosts = ["alfa.localhost"]
        time_zone = "Europe/Stockholm"
        accent = "#0b5fa5"
        modules = ["facilities"]
        [[authority]]
        slug = "namnden"
        name = "Nämnden"
    "##;

    fn refusal(from: &str, to: &str) -> String {
        let text = FILE.replace(from, to);
        assert_ne!(text, FILE, "nothing was replaced");
        TenantFile::parse(&text).unwrap_err().to_string()
    }

    #[test]
    fn a_tenant_is_made_with_an_id_of_its_own_and_one_for_each_authority() {
        let mut last = 0;
        let new = TenantFile::parse(FILE).unwrap().into_new(|| {
            last += 1;
            Uuid::from_u128(last)
        });
        assert_eq!(new.id, TenantId::new(Uuid::from_u128(1)));
        assert_eq!(new.authorities[0].0, AuthorityId::new(Uuid::from_u128(2)));
        assert_eq!(new.hosts, ["alfa.localhost"]);
    }

    #[test]
    fn what_the_database_would_refuse_is_refused_with_its_key() {
        assert!(refusal("\"alfa\"", "\"Alfa\"").starts_with("slug: "));
        assert!(refusal("\"alfa.localhost\"", "\"alfa.localhost:8080\"").starts_with("hosts: "));
        assert!(refusal("Europe/Stockholm", "Europe/Sverige").starts_with("time_zone: "));
        assert!(refusal("#0b5fa5", "#0B5FA5").starts_with("accent: "));
        assert!(refusal("\"namnden\"", "\"nämnden\"").starts_with("authority: "));
    }

    #[test]
    fn only_whole_origins_over_tls_may_show_the_schedule() {
        let with = |origins: &str| {
            FILE.replace("modules =", &format!("embed_origins = [{origins}]\n        modules ="))
        };
        let good = r#""https://www.alfa.se", "https://alfa.se:8443", "http://intranet.localhost:81""#;
        assert_eq!(TenantFile::parse(&with(good)).unwrap().into_new(Uuid::nil).embed_origins.len(), 3);
        assert!(TenantFile::parse(FILE).unwrap().embed_origins.is_empty());
        for wrong in [
            "*",
            "https://*",
            "https://*.alfa.se",
            "https://alfa.se/",
            "https://alfa.se/x",
            "http://alfa.se",
            "alfa.se",
            "https://Alfa.se",
            "https://alfa.se:0x",
            "https://alfa.se;",
            "https://alfa.se script-src *",
            "https://",
        ] {
            let text = TenantFile::parse(&with(&format!("{wrong:?}"))).unwrap_err().to_string();
            assert!(text.starts_with("embed_origins: "), "{wrong}: {text}");
        }
        let many = vec!["\"https://alfa.se\""; 17].join(", ");
        assert!(TenantFile::parse(&with(&many)).is_err());
    }

    #[test]
    fn a_misspelt_key_is_refused_with_its_line() {
        let text = refusal("accent =", "acent =");
        assert!(text.contains("line 6") && text.contains("acent"), "{text}");
    }

    #[test]
    fn the_demos_tenants_can_be_made() {
        for text in [
            include_str!("../../../deploy/demo-data/osteraker/tenant.toml"),
            include_str!("../../../deploy/demo-data/vaxholm/tenant.toml"),
            include_str!("../../../deploy/demo-data/provhallen/tenant.toml"),
        ] {
            TenantFile::parse(text).unwrap();
        }
    }
}
