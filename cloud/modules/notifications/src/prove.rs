//! Proving that an address is one's own: a link sent to the new e-mail address, a code sent to the number.

use cloud_kernel::{Actor, HandlerError, TenantTx};
use cloud_ui::{Lang, t};
use jiff::SignedDuration;
use notifications_domain::{Channel, Judged, PROOF_MINUTES, judge, may_ask};
use protocols_ids::PersonId;
use serde_json::json;

use crate::letter::Letter;
use crate::relay::Outcome;
use crate::store::person::{self as rows, Secret};
use crate::{NAME, NotificationsModule, lang};

/// The job that sends a link or a code; its key is the channel and the person.
pub(crate) const PROVE: &str = "notifications.prove";

/// Why an address could not be asked about or taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProveError {
    /// The database.
    #[error("database")]
    Database(#[from] sqlx::Error),
    /// The secret cannot be sealed or opened.
    #[error("vault")]
    Vault(#[from] cloud_kernel::VaultError),
}

fn context(person: PersonId, channel: Channel) -> String {
    format!("notifications.proof:{person}:{}", channel.as_str())
}

/// The keyed hash by which a link is found.
pub(crate) fn link_index(tx: &TenantTx, token: &str) -> Vec<u8> {
    tx.kernel().vault().index("notifications.link", token.as_bytes())
}

fn code_index(tx: &TenantTx, person: PersonId, code: &str) -> Vec<u8> {
    let value = format!("{person}:{code}");
    tx.kernel().vault().index("notifications.code", value.as_bytes())
}

/// Has a link or a code sent to an address. False where that was asked for too often.
pub(crate) async fn ask(
    tx: &mut TenantTx,
    person: PersonId,
    channel: Channel,
    address: &str,
) -> Result<bool, ProveError> {
    let before = rows::proof(tx, person, channel).await?;
    let now = tx.now();
    let Some(asked) = may_ask(before.map(|proof| proof.asked), now) else { return Ok(false) };
    let random = tx.kernel().random().clone();
    let (secret, index) = match channel {
        Channel::Email => {
            let token = random.token();
            let index = link_index(tx, &token);
            (token, index)
        }
        Channel::Sms => {
            let code = format!("{:06}", random.below(1_000_000));
            let index = code_index(tx, person, &code);
            (code, index)
        }
    };
    let sealed = tx.kernel().vault().seal(&random, &context(person, channel), secret.as_bytes())?;
    let until = now.saturating_add(SignedDuration::from_mins(PROOF_MINUTES)).unwrap_or(now);
    let secret = Secret { index: &index, sealed: &sealed.0, until };
    rows::ask_proof(tx, person, (channel, address), &secret, asked).await?;
    tx.enqueue(NAME, PROVE, &format!("{}:{person}", channel.as_str()), now).await?;
    let detail = json!({ "channel": channel.as_str() });
    tx.audit(Actor::Person(person), "notifications.address_asked", Some(person.uuid()), &detail).await?;
    Ok(true)
}

/// Judges a code that was typed; a right one makes the number one's own.
pub(crate) async fn code(tx: &mut TenantTx, person: PersonId, typed: &str) -> Result<Judged, ProveError> {
    let Some(proof) = rows::proof(tx, person, Channel::Sms).await? else { return Ok(Judged::Over) };
    let (Some(address), Some(index)) = (&proof.address, &proof.secret_index) else { return Ok(Judged::Over) };
    let right = *index == code_index(tx, person, typed);
    let judged = judge(proof.wrong, proof.until, right, tx.now());
    match judged {
        Judged::Own => taken(tx, person, Channel::Sms, address).await?,
        Judged::Wrong { .. } | Judged::Over => rows::proof_wrong(tx, person, Channel::Sms).await?,
    }
    Ok(judged)
}

/// The address that a link proves, and whose; nothing where it is over or was never sent.
pub(crate) async fn by_link(
    tx: &mut TenantTx,
    token: &str,
) -> Result<Option<(PersonId, String)>, ProveError> {
    let index = link_index(tx, token);
    let Some(person) = rows::by_link(tx, &index).await? else { return Ok(None) };
    let proof = rows::proof(tx, person, Channel::Email).await?;
    let holds = proof.filter(|proof| proof.secret_index.as_ref() == Some(&index) && tx.now() < proof.until);
    Ok(holds.and_then(|proof| Some((person, proof.address?))))
}

/// Makes an address one's own.
pub(crate) async fn taken(
    tx: &mut TenantTx,
    person: PersonId,
    channel: Channel,
    address: &str,
) -> Result<(), ProveError> {
    rows::proven(tx, person, (channel, address)).await?;
    let detail = json!({ "channel": channel.as_str() });
    tx.audit(Actor::Person(person), "notifications.address_proven", Some(person.uuid()), &detail).await?;
    Ok(())
}

impl NotificationsModule {
    /// Sends what proves an address, where it still waits to be proven.
    pub(crate) async fn send_proof(&self, tx: &mut TenantTx, key: &str) -> Result<(), HandlerError> {
        let parsed = key.split_once(':');
        let parsed =
            parsed.and_then(|(channel, person)| Some((Channel::parse(channel)?, person.parse().ok()?)));
        let Some((channel, person)): Option<(Channel, PersonId)> = parsed else { return Ok(()) };
        let Some(proof) = rows::proof(tx, person, channel).await? else { return Ok(()) };
        let (Some(address), Some(sealed)) = (&proof.address, &proof.secret) else { return Ok(()) };
        if tx.now() >= proof.until {
            return Ok(());
        }
        let kernel = tx.kernel().clone();
        let Some(tenant) = kernel.directory().by_id(tx.tenant(), tx.now()).await? else { return Ok(()) };
        let vault = |source: cloud_kernel::VaultError| HandlerError::Outside {
            what: "what proves an address".to_owned(),
            source: source.into(),
        };
        let secret = kernel.vault().open(&context(person, channel), sealed).map_err(vault)?;
        let secret = String::from_utf8_lossy(&secret).into_owned();
        let contact = tx.contact(person).await?;
        let lang = contact.map(|contact| lang(&contact.language)).unwrap_or_default();
        let outcome = match channel {
            Channel::Email => {
                let url = kernel.service().url(&tenant.host, &format!("/my/messages/email/{secret}"));
                let letter = letter(lang, &tenant.name, &url);
                let id = format!("<{}@{}>", tx.new_id::<protocols_ids::Uuid>(), tenant.host);
                match &self.relay {
                    Some(relay) => relay.send(&id, &tenant.name, address, tx.now(), &letter).await,
                    None => Outcome::Refused("no mail relay"),
                }
            }
            Channel::Sms => {
                let text = t(lang, "messages-code-sms", &[("code", &secret), ("tenant", &tenant.name)]);
                match &self.provider {
                    Some(provider) => provider.send(address, &text, None).await,
                    None => Outcome::Refused("no provider of short messages"),
                }
            }
        };
        match outcome {
            Outcome::Taken(_) => {}
            Outcome::Refused(why) => tracing::info!(why, "what proves an address was not taken"),
            Outcome::Later(source) => {
                return Err(HandlerError::Outside {
                    what: "what proves an address was not handed over".to_owned(),
                    source,
                });
            }
        }
        rows::proof_sent(tx, person, channel).await?;
        Ok(())
    }
}

fn letter(lang: Lang, tenant: &str, url: &str) -> Letter {
    let paragraphs = [
        t(lang, "notifications-greeting", &[]),
        t(lang, "messages-link-lead", &[("tenant", &tenant), ("minutes", &PROOF_MINUTES)]),
        url.to_owned(),
        t(lang, "messages-link-other", &[]),
        t(lang, "notifications-regards", &[("tenant", &tenant)]),
    ];
    Letter {
        subject: t(lang, "messages-link-subject", &[("tenant", &tenant)]),
        text: paragraphs.join("\n\n") + "\n",
        short: String::new(),
        calendar: None,
    }
}
