//! A sign-in from beginning to end, without its pages.
//!
//! ```text
//! begin ──▶ Begun (row, browser's cookie) ──▶ provider ──▶ take ──▶ person ──▶ admit ──▶ session
//! ```
//!
//! **Invariant:** an answer counts once, within [`SIGN_IN_MINUTES`], in the browser and for the tenant where it
//! was asked for.

use cloud_contracts::{GroupsSaid, StaffRoles, StaffSignIn};
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Actor, Kernel, SignInPerson, TenantTx, Viewer};
use jiff::{SignedDuration, Timestamp};
use protocols_ids::{CustomerId, PersonId, TenantId};
use ring::digest::{SHA256, digest};

use crate::personal_number::PersonalNumber;
use crate::provider::{ProvidedPerson, Secrets};
use crate::store;

/// How long a person may take at the provider: fetching a phone and typing a code included.
pub(crate) const SIGN_IN_MINUTES: SignedDuration = SignedDuration::from_mins(10);
/// Sign-ins of one tenant that wait at the same time. Past that somebody is flooding us, and the table stays
/// small enough to sweep.
const UNDER_WAY_MAX: i64 = 10_000;

/// A sign-in that waits for the provider's answer.
#[derive(Clone, Debug)]
pub(crate) struct Begun {
    /// SHA-256 of the secret in the browser's cookie.
    pub(crate) browser_hash: Vec<u8>,
    pub(crate) secrets: Secrets,
    /// The path to come back to.
    pub(crate) return_to: String,
    pub(crate) expires_at: Timestamp,
}

/// Too many people are signing in, or one who pretends to be many.
#[derive(Debug, thiserror::Error)]
#[error("{UNDER_WAY_MAX} sign-ins are under way")]
struct Flooded;

pub(crate) fn hash(secret: &str) -> Vec<u8> {
    digest(&SHA256, secret.as_bytes()).as_ref().to_vec()
}

/// Remembers a new sign-in; returns its state and its secrets.
pub(crate) async fn begin(
    visit: &Visit,
    browser: &str,
    return_to: &str,
) -> Result<(String, Secrets), Failure> {
    let random = visit.kernel.random();
    let (state, secrets) = (random.token(), Secrets { nonce: random.token(), pkce_verifier: random.token() });
    let mut tx = visit.begin().await?;
    if store::sign_ins_under_way(&mut tx, UNDER_WAY_MAX).await? >= UNDER_WAY_MAX {
        return Err(Failure::Unavailable(Flooded.into()));
    }
    let expires_at = tx.now().saturating_add(SIGN_IN_MINUTES).map_err(Failure::internal)?;
    let begun = Begun {
        browser_hash: hash(browser),
        secrets: secrets.clone(),
        return_to: return_to.to_owned(),
        expires_at,
    };
    store::remember_sign_in(&mut tx, &hash(&state), &begun).await?;
    tx.commit().await?;
    Ok((state, secrets))
}

/// Takes the sign-in that an answer belongs to; `None` if there is none, it is over, or it was begun in another
/// browser. Whatever comes of it, the same answer finds nothing again.
pub(crate) async fn take(visit: &Visit, state: &str, browser: &str) -> Result<Option<Begun>, Failure> {
    let mut tx = visit.begin().await?;
    let now = tx.now();
    let begun = store::take_sign_in(&mut tx, &hash(state)).await?;
    tx.commit().await?;
    Ok(begun.filter(|begun| now < begun.expires_at && begun.browser_hash == hash(browser)))
}

/// Lets a person of the issuer in: who they are, for whom they may act, and a session that acts for themselves at first.
/// Returns the session's token.
pub(crate) async fn admit(
    visit: &Visit,
    issuer: &str,
    who: &ProvidedPerson,
    staff: Option<&dyn StaffRoles>,
) -> Result<String, Failure> {
    let mut tx = visit.begin().await?;
    if let Viewer::SignedIn(before) = &visit.viewer {
        tx.end_session(before).await?;
    }
    let (person, token) = tx
        .begin_session(&SignInPerson {
            issuer: issuer.to_owned(),
            subject: who.subject.clone(),
            name: who.name.clone(),
            email: who.email.clone(),
            language: who.language.unwrap_or(visit.lang).code(),
        })
        .await?;
    if let Some(number) = &who.personal_number {
        recognise(&mut tx, person, number).await?;
    }
    let own: CustomerId = store::own_customer(&mut tx, person, &who.name).await?;
    tx.act_for(&token, own, &who.name).await?;
    // A municipality that does not use the module has no rules, and so no roles by groups.
    if let Some(staff) = staff.filter(|_| visit.tenant.uses("staff")) {
        let groups = who.groups.as_ref().unwrap_or(&GroupsSaid::None);
        let (subject, staff_id) = (who.subject.as_str(), who.staff_id.as_str());
        staff.signed_in(&mut tx, &StaffSignIn { person, issuer, subject, staff_id, groups }).await?;
    }
    tx.audit(Actor::Person(person), "customers.signed_in", Some(person.uuid()), &serde_json::json!({}))
        .await?;
    tx.commit().await?;
    Ok(token)
}

/// Remembers a person's number and gives them what waited for it.
async fn recognise(tx: &mut TenantTx, person: PersonId, number: &PersonalNumber) -> Result<(), Failure> {
    let tenant = tx.tenant();
    let hash = number_hash(tx.kernel(), tenant, number);
    let sealed = seal_number(tx, &number_context(tenant, person), number)?;
    store::remember_number(tx, person, &hash, &sealed).await?;
    store::share_mandates(tx, person, &hash).await?;
    store::give_awaited(tx, person, &hash).await?;
    Ok(())
}

/// A number as it is kept.
pub(crate) fn seal_number(
    tx: &TenantTx,
    context: &str,
    number: &PersonalNumber,
) -> Result<Vec<u8>, sqlx::Error> {
    let kernel = tx.kernel();
    let sealed = kernel.vault().seal(kernel.random(), context, number.digits().as_bytes());
    sealed.map(|sealed| sealed.0).map_err(|error| sqlx::Error::Encode(error.into()))
}

/// A number that was kept.
pub(crate) fn open_number(
    tx: &TenantTx,
    context: &str,
    sealed: &[u8],
) -> Result<PersonalNumber, sqlx::Error> {
    let unusable = |why: Box<dyn std::error::Error + Send + Sync>| sqlx::Error::Decode(why);
    let digits = tx.kernel().vault().open(context, sealed).map_err(|error| unusable(error.into()))?;
    let digits = String::from_utf8(digits).map_err(|error| unusable(error.into()))?;
    PersonalNumber::parse(&digits).ok_or_else(|| unusable("a stored personal number is none".into()))
}

/// A person's number, decrypted, for what must be worked out of it here; `None` where none is known.
pub(crate) async fn personal_number(
    tx: &mut TenantTx,
    person: PersonId,
) -> Result<Option<PersonalNumber>, sqlx::Error> {
    let Some(sealed) = store::sealed_number(tx, person).await? else { return Ok(None) };
    let context = number_context(tx.tenant(), person);
    open_number(tx, &context, &sealed).map(Some)
}

/// What a number is found by: another hash in each tenant.
pub(crate) fn number_hash(kernel: &Kernel, tenant: TenantId, number: &PersonalNumber) -> Vec<u8> {
    kernel.vault().index(&format!("customers.personal-number:{tenant}"), number.digits().as_bytes())
}

/// What a number is encrypted for.
fn number_context(tenant: TenantId, person: PersonId) -> String {
    format!("customers.identity:{tenant}:{person}")
}
