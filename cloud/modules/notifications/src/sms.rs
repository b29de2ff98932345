//! The provider of short messages: a form posted over HTTPS, answered with the provider's own name for the message, and
//! a report posted back when the network has said what became of it. The shape is that of 46elks' published API
//! (<https://46elks.se/docs/overview>, <https://46elks.se/docs/sms-delivery-reports>).

use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use crate::relay::Outcome;

/// How long the provider may take for one message: a job holds a connection to the database meanwhile.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long it may take to be reached.
const CONNECT: Duration = Duration::from_secs(3);
/// Bytes of an answer that are read at most: it repeats the message and adds ten short fields.
const ANSWER_BYTES_MAX: usize = 16 * 1024;
/// Characters of the provider's name for a message that are kept at most.
const ID_CHARS_MAX: usize = 100;
/// Characters of a sender's name at most (3GPP TS 23.040 §9.1.2.5: eleven septets fit).
const SENDER_CHARS_MAX: usize = 11;

/// Where short messages are handed over, and from whom they come.
#[derive(Clone, PartialEq, Eq)]
pub struct Sms {
    /// Where they are posted to.
    pub url: String,
    /// Our name there.
    pub username: String,
    /// Our secret there.
    pub password: String,
    /// The sender as telephones show it.
    pub sender: String,
}

impl std::fmt::Debug for Sms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sms").field("url", &self.url).finish_non_exhaustive()
    }
}

/// Why short messages cannot be sent this way.
#[derive(Debug, thiserror::Error)]
pub enum SmsError {
    /// The address is none, or what is sent there would be readable on the way.
    #[error("{0:?} is not an https address, nor one of this machine")]
    Url(String),
    /// Telephones would not show it.
    #[error("sender {0:?} is not one to {SENDER_CHARS_MAX} letters and digits that begin with a letter")]
    Sender(String),
    /// The client cannot be set up.
    #[error("HTTP")]
    Http(#[source] reqwest::Error),
}

/// Why the provider did not take a message now.
#[derive(Debug, thiserror::Error)]
enum Away {
    #[error("HTTP")]
    Exchange(#[from] reqwest::Error),
    #[error("the provider answered {0}")]
    Status(reqwest::StatusCode),
    #[error("the provider's answer cannot be read")]
    Answer(#[from] serde_json::Error),
    #[error("the provider's answer is longer than {ANSWER_BYTES_MAX} bytes")]
    Long,
}

/// What the provider answers, as far as it matters.
#[derive(Deserialize)]
struct Answer {
    id: String,
}

/// The provider.
pub(crate) struct Provider {
    client: reqwest::Client,
    sms: Sms,
}

impl Provider {
    pub(crate) fn new(sms: Sms) -> Result<Self, SmsError> {
        let url = reqwest::Url::parse(&sms.url).map_err(|_| SmsError::Url(sms.url.clone()))?;
        let local = url.host_str().is_some_and(|host| ["localhost", "127.0.0.1", "[::1]"].contains(&host));
        let holds = url.scheme() == "https" || (url.scheme() == "http" && local);
        if !holds || !url.username().is_empty() || url.password().is_some() {
            return Err(SmsError::Url(sms.url));
        }
        let named = sms.sender.chars().count() <= SENDER_CHARS_MAX
            && sms.sender.starts_with(|c: char| c.is_ascii_alphabetic())
            && sms.sender.chars().all(|c| c.is_ascii_alphanumeric());
        if !named {
            return Err(SmsError::Sender(sms.sender));
        }
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PATIENCE)
            .connect_timeout(CONNECT)
            .user_agent("hallport")
            .build()
            .map_err(SmsError::Http)?;
        Ok(Self { client, sms })
    }

    /// Hands a text over; what becomes of it is reported to `report`, where anybody wants to know.
    pub(crate) async fn send(&self, to: &str, text: &str, report: Option<&str>) -> Outcome {
        let fields = [("from", self.sms.sender.as_str()), ("to", to), ("message", text)];
        let fields = fields.into_iter().chain(report.map(|report| ("whendelivered", report)));
        let pairs: Vec<String> = fields
            .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
            .collect();
        match self.post(pairs.join("&")).await {
            Ok(id) => Outcome::Taken(Some(id)),
            // About this message, as the provider documents it: the number or the text is none.
            Err(Away::Status(reqwest::StatusCode::BAD_REQUEST)) => {
                Outcome::Refused("the provider refused it")
            }
            Err(away) => Outcome::Later(away.into()),
        }
    }

    async fn post(&self, form: String) -> Result<String, Away> {
        let request = self
            .client
            .post(&self.sms.url)
            .basic_auth(&self.sms.username, Some(&self.sms.password))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form);
        let mut answer = request.send().await.map_err(reqwest::Error::without_url)?;
        if !answer.status().is_success() {
            return Err(Away::Status(answer.status()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(reqwest::Error::without_url)? {
            if body.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Err(Away::Long);
            }
            body.extend_from_slice(&chunk);
        }
        let answer: Answer = serde_json::from_slice(&body)?;
        Ok(answer.id.chars().take(ID_CHARS_MAX).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::{Provider, Sms, SmsError};

    fn provider(url: &str, sender: &str) -> Result<Provider, SmsError> {
        let (username, password) = ("u".to_owned(), "p".to_owned());
        Provider::new(Sms { url: url.into(), username, password, sender: sender.into() })
    }

    #[test]
    fn short_messages_leave_the_machine_only_over_tls_and_under_a_name_that_telephones_show() {
        drop(rustls::crypto::ring::default_provider().install_default());
        for good in ["https://api.sms.example/a1/sms", "http://127.0.0.1:1/sms", "http://localhost/sms"] {
            assert!(provider(good, "Kommunen").is_ok(), "{good}");
        }
        for bad in [
            "http://api.sms.example/",
            "http://localhost.example/",
            "ftp://a/",
            "x",
            "https://u:p@a.example/",
        ] {
            assert!(matches!(provider(bad, "Kommunen"), Err(SmsError::Url(_))), "{bad}");
        }
        for bad in ["", "Österåker", "Elva tecken", "Tolvtecken12", "1Kommunen"] {
            assert!(matches!(provider("https://a.example/", bad), Err(SmsError::Sender(_))), "{bad}");
        }
    }
}
