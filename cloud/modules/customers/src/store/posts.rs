//! Boards and other posts.

use cloud_kernel::TenantTx;
use customers_domain::Validity;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx as _;
use protocols_ids::{CustomerId, Uuid};

use super::holds::stored_days;

/// Posts of one customer at most, over the years: boards change, and the old ones stay.
pub(crate) const POSTS_MAX: i64 = 200;

/// Somebody on a board.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Post {
    pub(crate) id: Uuid,
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) telephone: String,
    pub(crate) during: Validity,
}

/// The posts of a customer, the latest first.
pub(crate) async fn posts(tx: &mut TenantTx, customer: CustomerId) -> Result<Vec<Post>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT id, post, name, email, telephone, valid_from, valid_to FROM customers.post
          WHERE customer_id = $1 ORDER BY valid_to DESC NULLS FIRST, valid_from DESC NULLS LAST, id LIMIT $2",
        customer.uuid(),
        POSTS_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Post {
                id: row.id,
                kind: row.post,
                name: row.name,
                email: row.email,
                telephone: row.telephone,
                during: stored_days(row.valid_from, row.valid_to)?,
            })
        })
        .collect()
}

/// Adds a post; its id is not read.
pub(crate) async fn add(tx: &mut TenantTx, customer: CustomerId, post: &Post) -> Result<(), sqlx::Error> {
    let (tenant, id) = (tx.tenant().uuid(), tx.new_id::<Uuid>());
    sqlx::query!(
        "INSERT INTO customers.post (tenant_id, id, customer_id, post, name, email, telephone, valid_from, valid_to)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        tenant,
        id,
        customer.uuid(),
        post.kind,
        post.name,
        post.email,
        post.telephone,
        post.during.from().map(Date::to_sqlx) as _,
        post.during.to().map(Date::to_sqlx) as _
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Takes a post away; what it was, or nothing where there is none.
pub(crate) async fn remove(
    tx: &mut TenantTx,
    customer: CustomerId,
    post: Uuid,
) -> Result<Option<String>, sqlx::Error> {
    sqlx::query_scalar!(
        "DELETE FROM customers.post WHERE id = $1 AND customer_id = $2 RETURNING post",
        post,
        customer.uuid()
    )
    .fetch_optional(tx.conn())
    .await
}
