//! `/messages/{id}/delivered/{proof}`: where the provider of short messages reports what the network says. Only whoever
//! was told this address can report: its last part is a keyed hash of the message.

use axum::extract::{Form, Path};
use cloud_kernel::Kernel;
use cloud_kernel::web::{Failure, Visit};
use data_encoding::HEXLOWER;
use http::StatusCode;
use protocols_ids::Uuid;
use serde::Deserialize;

use crate::store;

/// Bytes of the hash in the address: 128 bits are not guessed.
const PROOF_BYTES: usize = 16;

/// What the provider posts, as far as it matters.
#[derive(Deserialize)]
pub struct Report {
    status: String,
}

fn proof(kernel: &Kernel, message: Uuid) -> String {
    let mut index = kernel.vault().index("notifications.delivered", message.as_bytes());
    index.truncate(PROOF_BYTES);
    HEXLOWER.encode(&index)
}

/// Where a message is reported on.
pub(crate) fn href(kernel: &Kernel, message: Uuid) -> String {
    format!("/messages/{message}/delivered/{}", proof(kernel, message))
}

/// Takes a report. What is no last word about the message is heard and changes nothing.
pub async fn report(
    visit: Visit,
    Path((id, shown)): Path<(String, String)>,
    sent: Result<Form<Report>, axum::extract::rejection::FormRejection>,
) -> Result<StatusCode, Failure> {
    let id: Uuid = id.parse().map_err(|_| Failure::NotFound)?;
    if shown != proof(&visit.kernel, id) {
        return Err(Failure::NotFound);
    }
    let Form(report) = sent.map_err(|_| Failure::BadRequest("a report without a status"))?;
    let arrived = match report.status.as_str() {
        "delivered" => true,
        "failed" => false,
        _ => return Ok(StatusCode::NO_CONTENT),
    };
    let mut tx = visit.begin().await?;
    store::delivered(&mut tx, id, arrived).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}
