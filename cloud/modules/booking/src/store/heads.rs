//! What bookings and enquiries are called.

use cloud_contracts::CaseHead;
use cloud_kernel::TenantTx;
use protocols_ids::{BookingId, EnquiryId};
use uuid::Uuid;

use super::StoreError;

/// Of these bookings and enquiries, those that there are.
pub async fn of(
    tx: &mut TenantTx,
    bookings: &[BookingId],
    enquiries: &[EnquiryId],
) -> Result<Vec<CaseHead>, StoreError> {
    let bookings: Vec<Uuid> = bookings.iter().map(|id| id.uuid()).collect();
    let enquiries: Vec<Uuid> = enquiries.iter().map(|id| id.uuid()).collect();
    let rows = sqlx::query!(
        r#"SELECT id AS "id!", number AS "number!", authority_id AS "authority_id!", customer_name AS "customer_name!"
             FROM booking.booking WHERE id = any($1)
            UNION ALL
           SELECT id, number, authority_id, customer_name FROM booking.enquiry WHERE id = any($2)"#,
        &bookings,
        &enquiries
    )
    .fetch_all(tx.conn())
    .await?;
    let heads = rows.into_iter().map(|row| CaseHead {
        id: row.id,
        number: u64::try_from(row.number).unwrap_or(0),
        authority: row.authority_id.into(),
        customer_name: row.customer_name,
    });
    Ok(heads.collect())
}
