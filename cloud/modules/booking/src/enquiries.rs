//! Asks about what cannot be booked directly, answers, and ends it: each step in one transaction with its audit row.

use booking_domain::{
    Asked, ENQUIRIES_OPEN_MAX, ENQUIRY_MESSAGES_MAX, EnquiryEnded, Participants, Particulars, Purpose,
    PurposeKind,
};
use cloud_contracts::{Customer, EnquiryStep, EnquiryTold, Facility};
use cloud_kernel::{Actor, Kernel, TenantTx};
use jiff::Timestamp;
use protocols_ids::{EnquiryId, PersonId, ResourceId, TenantId};
use serde_json::json;

use crate::Ports;
use crate::book::{BookError, Outcome, Wish, book};
use crate::store::enquiries::{self as rows, Enquiry, NewEnquiry};

/// A question.
#[derive(Debug)]
pub struct Question {
    /// About what.
    pub resource: ResourceId,
    /// When roughly.
    pub wished: String,
    /// The time that was pointed at.
    pub wished_at: Option<Timestamp>,
    /// What for.
    pub purpose: Purpose,
    /// The sort of it.
    pub purpose_kind: PurposeKind,
    /// How many come.
    pub persons: Option<u32>,
    /// What else there is to say; empty where nothing is.
    pub message: String,
}

/// Asks. `None` where the person has asked as much as one may.
pub async fn ask(
    mut tx: TenantTx,
    asker: PersonId,
    customer: &Customer,
    facility: &Facility,
    question: &Question,
) -> Result<Option<EnquiryId>, BookError> {
    if rows::open_count(&mut tx, asker).await? >= ENQUIRIES_OPEN_MAX {
        return Ok(None);
    }
    let id: EnquiryId = tx.new_id();
    let new = NewEnquiry {
        id,
        authority: facility.authority,
        facility: facility.id,
        resource: question.resource,
        asker,
        customer: customer.id,
        customer_name: &customer.name,
        wished: &question.wished,
        wished_at: question.wished_at,
        purpose: &question.purpose,
        purpose_kind: question.purpose_kind,
        persons: question.persons,
    };
    let number = rows::insert(&mut tx, &new).await?;
    if !question.message.is_empty() {
        rows::add_message(&mut tx, id, asker, false, &question.message).await?;
    }
    let detail = json!({ "number": number, "customer": customer.id });
    tx.audit(Actor::Person(asker), "booking.enquiry_asked", Some(id.uuid()), &detail).await?;
    tx.emit(&EnquiryTold { enquiry: id, step: EnquiryStep::Received }).await?;
    tx.commit().await?;
    Ok(Some(id))
}

/// Why nothing was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotWritten {
    /// The enquiry has ended.
    Ended(EnquiryEnded),
    /// There are as many messages as can be.
    Full,
}

/// Writes a message. The enquiry is as the caller read it in `tx`, locked.
pub async fn write(
    mut tx: TenantTx,
    by: PersonId,
    staff: bool,
    enquiry: &Enquiry,
    text: &str,
) -> Result<Result<(), NotWritten>, BookError> {
    let state = match enquiry.state.write(staff) {
        Ok(state) => state,
        Err(ended) => return Ok(Err(NotWritten::Ended(ended))),
    };
    if rows::messages(&mut tx, enquiry.id).await?.len() >= ENQUIRY_MESSAGES_MAX {
        return Ok(Err(NotWritten::Full));
    }
    rows::add_message(&mut tx, enquiry.id, by, staff, text).await?;
    rows::set_state(&mut tx, enquiry.id, state).await?;
    let detail = json!({ "number": enquiry.number, "staff": staff });
    tx.audit(Actor::Person(by), "booking.enquiry_written", Some(enquiry.id.uuid()), &detail).await?;
    if staff {
        tx.emit(&EnquiryTold { enquiry: enquiry.id, step: EnquiryStep::Answered }).await?;
    }
    tx.commit().await?;
    Ok(Ok(()))
}

/// Ends an enquiry without a booking. The enquiry is as the caller read it in `tx`, locked.
pub async fn close(
    mut tx: TenantTx,
    by: PersonId,
    staff: bool,
    enquiry: &Enquiry,
    reason: &str,
) -> Result<Result<(), EnquiryEnded>, BookError> {
    let state = match enquiry.state.close() {
        Ok(state) => state,
        Err(ended) => return Ok(Err(ended)),
    };
    let said = Some(reason).filter(|reason| !reason.is_empty());
    rows::end(&mut tx, enquiry.id, state, by, said, None).await?;
    let detail = json!({ "number": enquiry.number, "staff": staff });
    tx.audit(Actor::Person(by), "booking.enquiry_closed", Some(enquiry.id.uuid()), &detail).await?;
    // Whoever withdraws their own question knows.
    if staff {
        tx.emit(&EnquiryTold { enquiry: enquiry.id, step: EnquiryStep::Closed }).await?;
    }
    tx.commit().await?;
    Ok(Ok(()))
}

/// Makes a booking of an enquiry: on the account of the one who asked, as an officer books. A booking and its enquiry's
/// end are two transactions; the enquiry is the booking's request key, so that whoever tries again after a fault between
/// them finds the booking that is there.
pub async fn make_booking(
    kernel: &Kernel,
    tenant: TenantId,
    ports: &Ports,
    officer: PersonId,
    enquiry: &Enquiry,
    (asked, purpose): (Asked, Purpose),
) -> Result<Outcome, BookError> {
    let wish = Wish {
        booker: enquiry.asker,
        customer: enquiry.customer,
        purpose,
        purpose_kind: enquiry.purpose_kind,
        participants: Participants { persons: enquiry.persons, ..Participants::default() },
        officer: Some(officer),
        request_key: enquiry.id.uuid(),
        asked: vec![asked],
        accessories: Vec::new(),
        particulars: Particulars::default(),
        hold: false,
    };
    let outcome = book(kernel, tenant, ports, &wish).await?;
    let (Outcome::Booked { booking, number } | Outcome::Requested { booking, number }) = outcome else {
        return Ok(outcome);
    };
    let mut tx = kernel.begin(tenant).await?;
    let Some(now) = rows::find(&mut tx, enquiry.id).await? else { return Ok(outcome) };
    if let Ok(state) = now.state.book() {
        rows::end(&mut tx, enquiry.id, state, officer, None, Some(booking)).await?;
        let detail = json!({ "number": enquiry.number, "booking": number });
        tx.audit(Actor::Person(officer), "booking.enquiry_booked", Some(enquiry.id.uuid()), &detail).await?;
        tx.emit(&EnquiryTold { enquiry: enquiry.id, step: EnquiryStep::Booked }).await?;
        tx.commit().await?;
    }
    Ok(outcome)
}
