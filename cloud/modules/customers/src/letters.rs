//! What letters about the register tell, and the links in them.

use async_trait::async_trait;
use cloud_contracts::{CustomerLetter, CustomerLetters, CustomerStep, CustomerTold, PortError};
use cloud_kernel::TenantTx;
use customers_domain::Application;
use jiff::SignedDuration;
use protocols_ids::{PersonId, TenantId, Uuid};

use crate::CustomersPort;
use crate::roles::{INVITATION_DAYS, Wanted, new_invitation};
use crate::sign_in::hash;
use crate::store::applications::{self, Row};
use crate::store::invitations::{self, Which};

/// What an invitation's link is encrypted for.
fn link_context(tenant: TenantId, invitation: Uuid) -> String {
    format!("customers.invitation:{tenant}:{invitation}")
}

/// Writes an invitation, and has its letter sent.
pub(crate) async fn invite(
    tx: &mut TenantTx,
    by: PersonId,
    wanted: &Wanted<'_>,
    email: &str,
    language: &str,
) -> Result<(), sqlx::Error> {
    let (id, token) = (tx.new_id::<Uuid>(), tx.kernel().random().token());
    let context = link_context(tx.tenant(), id);
    let kernel = tx.kernel();
    let sealed = kernel
        .vault()
        .seal(kernel.random(), &context, token.as_bytes())
        .map_err(|error| sqlx::Error::Encode(error.into()))?;
    let days = SignedDuration::from_hours(INVITATION_DAYS * 24);
    let expires_at = tx.now().saturating_add(days).unwrap_or(tx.now());
    let token_hash = hash(&token);
    let new = new_invitation(id, by, wanted, (email, language), (&token_hash, &sealed.0), expires_at);
    invitations::invite(tx, &new).await?;
    tx.emit(&CustomerTold { matter: id, step: CustomerStep::Invited }).await
}

#[async_trait]
impl CustomerLetters for CustomersPort {
    async fn letter(
        &self,
        tx: &mut TenantTx,
        told: CustomerTold,
    ) -> Result<Option<CustomerLetter>, PortError> {
        match told.step {
            CustomerStep::Invited => invitation(tx, told.matter).await,
            CustomerStep::Received | CustomerStep::Approved | CustomerStep::Refused => {
                let found = applications::read(tx, applications::Which::One(told.matter)).await;
                let Some(row) = found.map_err(PortError::database)?.pop() else { return Ok(None) };
                application(tx, &row, told.step).await
            }
        }
    }
}

async fn invitation(tx: &mut TenantTx, id: Uuid) -> Result<Option<CustomerLetter>, PortError> {
    let found = invitations::open(tx, Which::One(id)).await.map_err(PortError::database)?.pop();
    let Some(invitation) = found else { return Ok(None) };
    let Some(sealed) = &invitation.sealed else { return Ok(None) };
    let unusable = |source: Box<dyn std::error::Error + Send + Sync>| PortError::Unusable {
        what: "an invitation's link cannot be read",
        source: Some(source),
    };
    let context = link_context(tx.tenant(), id);
    let token = tx.kernel().vault().open(&context, sealed).map_err(|error| unusable(error.into()))?;
    let token = String::from_utf8(token).map_err(|error| unusable(error.into()))?;
    Ok(Some(CustomerLetter {
        reader: None,
        email: Some(invitation.email),
        language: invitation.language,
        customer: invitation.customer_name,
        reason: String::new(),
        path: format!("/invitations/{token}"),
        until: Some(invitation.expires_at),
    }))
}

async fn application(
    tx: &mut TenantTx,
    row: &Row,
    step: CustomerStep,
) -> Result<Option<CustomerLetter>, PortError> {
    let (reason, holds) = match (&row.state, step) {
        (Application::Refused { reason }, CustomerStep::Refused) => (reason.as_str().to_owned(), true),
        (Application::Approved, CustomerStep::Approved) | (Application::Asked, CustomerStep::Received) => {
            (String::new(), true)
        }
        _ => (String::new(), false),
    };
    // Decided or withdrawn before it was written: the next letter tells that.
    if !holds {
        return Ok(None);
    }
    let contact = tx.contact(row.applicant).await.map_err(PortError::database)?;
    let (email, language) = contact.map_or((None, "sv".to_owned()), |one| (one.email, one.language));
    Ok(Some(CustomerLetter {
        reader: Some(row.applicant),
        email,
        language,
        customer: row.facts.name.clone(),
        reason,
        path: "/associations".to_owned(),
        until: None,
    }))
}
