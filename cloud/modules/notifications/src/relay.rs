//! The city's mail relay.

use std::time::Duration;

use jiff::Timestamp;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::response::Category;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use crate::letter::Letter;

/// How long the relay may take for one message: a job holds a connection to the database meanwhile.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where mail is handed over, and from whom it comes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mail {
    /// The relay's host name, as its certificate has it.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The sender: `no-reply@boka.example`, to which the tenant's name is put, or `Name <address>` as it is.
    pub from: String,
    /// How the way there is protected.
    pub security: MailSecurity,
}

/// How the way to the relay is protected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MailSecurity {
    /// TLS, begun by STARTTLS; a relay that does not offer it gets nothing.
    StartTls,
    /// Not at all: only for a relay on this machine.
    Plain,
}

/// Why mail cannot be sent this way.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The sender is no address.
    #[error("sender {address:?} is no address")]
    Sender {
        /// What was given.
        address: String,
        /// What is wrong with it.
        #[source]
        source: lettre::address::AddressError,
    },
    /// Codes would be readable on the way.
    #[error("mail to {0:?}, which is not this machine, needs TLS")]
    Insecure(String),
    /// TLS cannot be set up.
    #[error("TLS to {host:?}")]
    Tls {
        /// The relay.
        host: String,
        /// Why.
        #[source]
        source: lettre::transport::smtp::Error,
    },
}

/// What became of a message that was handed over.
pub(crate) enum Outcome {
    /// Relay or provider has it, and what the provider calls it.
    Taken(Option<String>),
    /// It will never be taken, and why.
    Refused(&'static str),
    /// Not now: the relay is away, busy, or set up wrongly.
    Later(Box<dyn std::error::Error + Send + Sync>),
}

/// The relay, connected to for each message.
pub(crate) struct Relay {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Relay {
    pub(crate) fn new(mail: Mail) -> Result<Self, MailError> {
        let from = mail
            .from
            .parse::<Mailbox>()
            .map_err(|source| MailError::Sender { address: mail.from.clone(), source })?;
        let local = mail.host == "localhost"
            || mail.host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
        let tls = match mail.security {
            MailSecurity::Plain if local => Tls::None,
            MailSecurity::Plain => return Err(MailError::Insecure(mail.host)),
            MailSecurity::StartTls => match TlsParameters::new(mail.host.clone()) {
                Ok(parameters) => Tls::Required(parameters),
                Err(source) => return Err(MailError::Tls { host: mail.host, source }),
            },
        };
        let transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(mail.host)
            .port(mail.port)
            .tls(tls)
            .timeout(Some(PATIENCE))
            .build();
        Ok(Self { transport, from })
    }

    pub(crate) async fn send(
        &self,
        id: &str,
        from_name: &str,
        to: &str,
        now: Timestamp,
        letter: &Letter,
    ) -> Outcome {
        let Ok(to) = to.parse::<Address>() else { return Outcome::Refused("the address is none") };
        let name = self.from.name.clone().unwrap_or_else(|| from_name.to_owned());
        let from = Mailbox::new(Some(name), self.from.email.clone());
        let message = match envelope(id, from, Mailbox::new(None, to), now, letter) {
            Ok(message) => message,
            Err(error) => return Outcome::Later(error),
        };
        match self.transport.send(message).await {
            Ok(_) => Outcome::Taken(None),
            // x5z is about this mailbox and this message (RFC 5321 §4.2.2); other refusals are about us.
            Err(error)
                if error.is_permanent()
                    && error.status().is_some_and(|code| code.category == Category::MailSystem) =>
            {
                tracing::warn!(id, error = &error as &dyn std::error::Error, "the relay refused a message");
                Outcome::Refused("the relay refused it")
            }
            Err(error) => Outcome::Later(error.into()),
        }
    }
}

fn envelope(
    id: &str,
    from: Mailbox,
    to: Mailbox,
    now: Timestamp,
    letter: &Letter,
) -> Result<Message, Box<dyn std::error::Error + Send + Sync>> {
    // Nobody's holiday answer to this is wanted (RFC 3834 §5).
    let automatic = HeaderName::new_from_ascii("Auto-Submitted".to_owned())?;
    let mut parts = MultiPart::mixed().singlepart(SinglePart::plain(letter.text.clone()));
    if let Some(calendar) = &letter.calendar {
        let kind = format!("text/calendar; charset=utf-8; method={}", calendar.method.as_str());
        let file =
            Attachment::new(calendar.name.clone()).body(calendar.text.clone(), ContentType::parse(&kind)?);
        parts = parts.singlepart(file);
    }
    let message = Message::builder()
        .message_id(Some(id.to_owned()))
        .date(now.into())
        .from(from)
        .to(to)
        .subject(&letter.subject)
        .raw_header(HeaderValue::new(automatic, "auto-generated".to_owned()))
        .multipart(parts)?;
    Ok(message)
}

#[cfg(test)]
mod tests {
    use super::{Mail, MailError, MailSecurity, Relay};

    fn relay(host: &str, from: &str, security: MailSecurity) -> Result<Relay, MailError> {
        Relay::new(Mail { host: host.into(), port: 25, from: from.into(), security })
    }

    #[test]
    fn codes_do_not_leave_the_machine_unprotected() {
        for host in ["localhost", "127.0.0.1", "::1"] {
            assert!(relay(host, "a@b.example", MailSecurity::Plain).is_ok(), "{host}");
        }
        for host in ["mail.example", "10.0.0.1", "localhost.example"] {
            let refused = relay(host, "a@b.example", MailSecurity::Plain);
            assert!(matches!(refused, Err(MailError::Insecure(_))), "{host}");
            assert!(relay(host, "a@b.example", MailSecurity::StartTls).is_ok(), "{host}");
        }
    }

    #[test]
    fn a_sender_that_is_no_address_is_refused_at_the_start() {
        assert!(matches!(relay("localhost", "nobody", MailSecurity::Plain), Err(MailError::Sender { .. })));
    }
}
