//! Lists of bookings for programs, a page at a time.

use cloud_kernel::TenantTx;
use jiff_sqlx::ToSqlx as _;
use protocols_ids::{CustomerId, PersonId};
use uuid::Uuid;

use super::{Booking, Head, StoreError, with_times};

/// What a person has booked and what is on these accounts, latest first; of holds those that hold something.
pub async fn list(
    tx: &mut TenantTx,
    person: Option<PersonId>,
    customers: &[CustomerId],
    before: Option<u64>,
    most: usize,
) -> Result<Vec<Booking>, StoreError> {
    let customers: Vec<Uuid> = customers.iter().map(|customer| customer.uuid()).collect();
    let now = tx.now().to_sqlx();
    let heads = heads!(
        tx,
        "WHERE (booker_id = $1 OR customer_id = any($2)) AND number < $3
            AND (status <> 'held' OR held_until > $4)
          ORDER BY number DESC LIMIT $5",
        person.map(PersonId::uuid),
        &customers,
        before.map_or(i64::MAX, |before| i64::try_from(before).unwrap_or(i64::MAX)),
        now,
        i64::try_from(most).unwrap_or(i64::MAX)
    )
    .await?;
    with_times(tx, heads).await
}
