//! Person customers who have not signed in: whom the desk knows, and children.

use cloud_kernel::TenantTx;
use protocols_ids::{CustomerId, PersonId};

/// The person customer of a number, whether somebody signs in with it or not.
pub(crate) async fn by_number(tx: &mut TenantTx, hash: &[u8]) -> Result<Option<CustomerId>, sqlx::Error> {
    let found = sqlx::query_scalar!(
        r#"SELECT m.customer_id AS "id!" FROM customers.identity i
             JOIN customers.mandate m ON m.tenant_id = i.tenant_id AND m.person_id = i.person_id AND m.role = 'self'
            WHERE i.personal_number_hash = $1
           UNION ALL
           SELECT customer_id FROM customers.known_person WHERE personal_number_hash = $1
           LIMIT 1"#,
        hash
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(found.map(CustomerId::new))
}

/// Remembers whose number it is.
pub(crate) async fn remember(
    tx: &mut TenantTx,
    customer: CustomerId,
    hash: &[u8],
    sealed: &[u8],
) -> Result<(), sqlx::Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query!(
        "INSERT INTO customers.known_person
           (tenant_id, customer_id, personal_number_hash, personal_number_ciphertext)
         VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        tenant,
        customer.uuid(),
        hash,
        sealed
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A person customer's number as it was sealed, where the register has it without anybody having signed in.
pub(crate) async fn sealed(tx: &mut TenantTx, customer: CustomerId) -> Result<Option<Vec<u8>>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT personal_number_ciphertext FROM customers.known_person WHERE customer_id = $1",
        customer.uuid()
    )
    .fetch_optional(tx.conn())
    .await
}

/// Who signs in as a person customer, where anybody does.
pub(crate) async fn signs_in_as(
    tx: &mut TenantTx,
    customer: CustomerId,
) -> Result<Option<PersonId>, sqlx::Error> {
    let found = sqlx::query_scalar!(
        "SELECT person_id FROM customers.mandate WHERE customer_id = $1 AND role = 'self' ORDER BY person_id LIMIT 1",
        customer.uuid()
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(found.map(PersonId::new))
}

/// Whether two person customers have a number each, and not the same one.
pub(crate) async fn two_numbers(
    tx: &mut TenantTx,
    one: CustomerId,
    other: CustomerId,
) -> Result<bool, sqlx::Error> {
    let numbers = sqlx::query_scalar!(
        r#"SELECT count(DISTINCT number) AS "count!" FROM (
             SELECT i.personal_number_hash AS number FROM customers.mandate m
               JOIN customers.identity i ON i.tenant_id = m.tenant_id AND i.person_id = m.person_id
              WHERE m.customer_id = any($1) AND m.role = 'self'
             UNION ALL
             SELECT personal_number_hash FROM customers.known_person WHERE customer_id = any($1)) AS known"#,
        &[one.uuid(), other.uuid()]
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(numbers > 1)
}

/// Marks a person customer's identity as protected, or takes the mark away, in whatever way they sign in and without. Whether
/// there is anybody to mark: of somebody without a number nobody knows who it is.
pub(crate) async fn protect(
    tx: &mut TenantTx,
    customer: CustomerId,
    protected: bool,
) -> Result<bool, sqlx::Error> {
    let known = sqlx::query!(
        "UPDATE customers.known_person SET protected = $2 WHERE customer_id = $1",
        customer.uuid(),
        protected
    )
    .execute(tx.conn())
    .await?;
    let signs_in = sqlx::query!(
        "UPDATE customers.identity one SET protected = $2
           FROM customers.mandate own
           JOIN customers.identity his ON his.tenant_id = own.tenant_id AND his.person_id = own.person_id
          WHERE own.customer_id = $1 AND own.role = 'self'
            AND one.tenant_id = his.tenant_id AND one.personal_number_hash = his.personal_number_hash",
        customer.uuid(),
        protected
    )
    .execute(tx.conn())
    .await?;
    Ok(known.rows_affected() + signs_in.rows_affected() > 0)
}
