//! Asking to be in the register, and what an officer answers.

use cloud_contracts::{CustomerKind, CustomerStep, CustomerTold};
use cloud_kernel::{Actor, TenantTx};
use customers_domain::{
    Alike, Application, Because, Facts, Hold, Reason, Role, Validity, alike, guardian_until, slug_of,
};
use jiff::civil::Date;
use protocols_ids::{CustomerId, PersonId, Uuid};
use serde_json::json;

use crate::personal_number::PersonalNumber;
use crate::sign_in::{number_hash, open_number, seal_number};
use crate::store::applications::{self, Asked, New, Row, Which};
use crate::store::mandates::{self, Given};
use crate::store::{holds, persons, register};

/// Applications of one person at most that wait: somebody who founds several associations at once, and nobody who fills
/// the officers' queue.
pub(crate) const WAITING_MAX: usize = 5;

/// What somebody asks.
pub(crate) struct Asking<'a> {
    pub(crate) asked: Asked,
    pub(crate) facts: &'a Facts,
    pub(crate) statement: &'a str,
    /// The child's.
    pub(crate) number: Option<&'a PersonalNumber>,
}

/// Writes an application down and has the applicant told. `None` where too many of theirs wait.
pub(crate) async fn ask(
    tx: &mut TenantTx,
    person: PersonId,
    asking: &Asking<'_>,
) -> Result<Option<Uuid>, sqlx::Error> {
    let own = applications::read(tx, Which::Of(person)).await?;
    if own.iter().filter(|row| row.state == Application::Asked).count() >= WAITING_MAX {
        return Ok(None);
    }
    let id: Uuid = tx.new_id();
    let number = match asking.number {
        Some(number) => Some((
            number_hash(tx.kernel(), tx.tenant(), number),
            seal_number(tx, &application_context(id), number)?,
        )),
        None => None,
    };
    let new = New {
        id,
        asked: asking.asked,
        applicant: person,
        facts: asking.facts,
        statement: asking.statement,
        number: number.as_ref().map(|(hash, sealed)| (hash.as_slice(), sealed.as_slice())),
    };
    applications::ask(tx, &new).await?;
    let detail = json!({ "kind": asking.asked.key() });
    tx.audit(Actor::Person(person), "customers.applied", Some(id), &detail).await?;
    tx.emit(&CustomerTold { matter: id, step: CustomerStep::Received }).await?;
    Ok(Some(id))
}

fn application_context(id: Uuid) -> String {
    format!("customers.application:{id}")
}

/// The organisations that something could be, the likeliest first.
pub(crate) async fn like(
    tx: &mut TenantTx,
    facts: &Facts,
) -> Result<Vec<(CustomerId, CustomerKind, String, Because)>, sqlx::Error> {
    let wanted =
        Alike { name: facts.name.clone(), number: facts.organisation_number(), email: facts.email.clone() };
    let mut found: Vec<_> = register::comparable(tx)
        .await?
        .into_iter()
        .filter_map(|(id, kind, known)| alike(&wanted, &known).map(|because| (id, kind, known.name, because)))
        .collect();
    found.sort_by_key(|(.., because)| *because);
    found.truncate(10);
    Ok(found)
}

/// Why an application is not decided so.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Refused {
    /// Somebody has decided, or withdrawn it.
    Over,
    /// The one it is to be is no organisation of the register.
    NoSuch,
    /// It is no child any more, or not yet.
    NoChild,
}

/// The birth date that a child's number tells.
pub(crate) fn born(tx: &mut TenantTx, row: &Row) -> Result<Option<Date>, sqlx::Error> {
    let Some((_, sealed)) = &row.number else { return Ok(None) };
    Ok(open_number(tx, &application_context(row.id), sealed)?.birth_date())
}

/// Approves an application: the register has it, or `same` is it, and the applicant may act for it.
pub(crate) async fn approve(
    tx: &mut TenantTx,
    officer: PersonId,
    row: Row,
    same: Option<CustomerId>,
) -> Result<Result<CustomerId, Refused>, sqlx::Error> {
    let Ok(state) = row.state.clone().approve() else { return Ok(Err(Refused::Over)) };
    let today = holds::today(tx).await?;
    let (kind, hold, during) = match row.asked {
        Asked::Association => (CustomerKind::Association, Hold::Role(Role::Administrator), Validity::ALWAYS),
        Asked::Company => (CustomerKind::Company, Hold::Role(Role::Administrator), Validity::ALWAYS),
        Asked::Child => {
            let until = born(tx, &row)?.and_then(|born| guardian_until(born, today));
            let during = until.and_then(|until| Validity::new(None, Some(until)).ok());
            let Some(during) = during else { return Ok(Err(Refused::NoChild)) };
            (CustomerKind::Person, Hold::Guardian, during)
        }
    };
    let customer = match (row.asked, same) {
        (Asked::Child, _) => child(tx, &row).await?,
        (Asked::Association | Asked::Company, Some(same)) => {
            let known = register::card(tx, same).await?;
            let fits =
                known.is_some_and(|card| card.kind != CustomerKind::Person && card.merged_into.is_none());
            if !fits {
                return Ok(Err(Refused::NoSuch));
            }
            same
        }
        (Asked::Association | Asked::Company, None) => {
            register::make(tx, kind, &slug_of(&row.facts.name), &row.facts).await?
        }
    };
    let people = mandates::same_person(tx, row.applicant).await?;
    mandates::give(tx, &people, &Given { customer, hold, during, label: "" }).await?;
    applications::decide(tx, row.id, &state, officer, Some(customer)).await?;
    let actor = Actor::Person(officer);
    tx.audit(actor, "customers.application_approved", Some(row.id), &json!({})).await?;
    let detail = json!({ "kind": row.asked.key(), "role": hold.key() });
    tx.audit(actor, "customers.registered", Some(customer.uuid()), &detail).await?;
    tx.emit(&CustomerTold { matter: row.id, step: CustomerStep::Approved }).await?;
    Ok(Ok(customer))
}

/// The child's customer: the one that the register knows by the number, or a new one.
async fn child(tx: &mut TenantTx, row: &Row) -> Result<CustomerId, sqlx::Error> {
    let Some((hash, sealed)) = &row.number else {
        return Err(sqlx::Error::Decode(format!("application {} has no number", row.id).into()));
    };
    if let Some(known) = persons::by_number(tx, hash).await? {
        return Ok(known);
    }
    let number = open_number(tx, &application_context(row.id), sealed)?;
    let customer = register::make(tx, CustomerKind::Person, "", &row.facts).await?;
    let sealed = seal_number(tx, &known_person_context(customer), &number)?;
    persons::remember(tx, customer, hash, &sealed).await?;
    Ok(customer)
}

/// What the number of a person customer is encrypted for.
pub(crate) fn known_person_context(customer: CustomerId) -> String {
    format!("customers.known-person:{customer}")
}

/// Refuses an application, and has the applicant told why.
pub(crate) async fn refuse(
    tx: &mut TenantTx,
    officer: PersonId,
    row: Row,
    reason: Reason,
) -> Result<Result<(), Refused>, sqlx::Error> {
    let Ok(state) = row.state.refuse(reason) else { return Ok(Err(Refused::Over)) };
    applications::decide(tx, row.id, &state, officer, None).await?;
    tx.audit(Actor::Person(officer), "customers.application_refused", Some(row.id), &json!({})).await?;
    tx.emit(&CustomerTold { matter: row.id, step: CustomerStep::Refused }).await?;
    Ok(Ok(()))
}

/// Takes one's own application back.
pub(crate) async fn withdraw(
    tx: &mut TenantTx,
    person: PersonId,
    row: Row,
) -> Result<Result<(), Refused>, sqlx::Error> {
    let Ok(state) = row.state.withdraw() else { return Ok(Err(Refused::Over)) };
    applications::decide(tx, row.id, &state, person, None).await?;
    tx.audit(Actor::Person(person), "customers.application_withdrawn", Some(row.id), &json!({})).await?;
    Ok(Ok(()))
}
