//! What an administrator wrote instead of our words.

use cloud_kernel::TenantTx;

/// The words of a kind of letter in a language.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Template {
    pub(crate) subject: String,
    pub(crate) lead: String,
    pub(crate) closing: String,
}

/// The municipality's own words for a kind of letter, where it has any.
pub(crate) async fn find(
    tx: &mut TenantTx,
    kind: &str,
    language: &str,
) -> Result<Option<Template>, sqlx::Error> {
    sqlx::query_as!(
        Template,
        "SELECT subject, lead, closing FROM notifications.template WHERE kind = $1 AND language = $2",
        kind,
        language
    )
    .fetch_optional(tx.conn())
    .await
}

/// Which kinds of letter have words of the municipality's own, each with the language.
pub(crate) async fn kinds(tx: &mut TenantTx) -> Result<Vec<(String, String)>, sqlx::Error> {
    let rows = sqlx::query!("SELECT kind, language FROM notifications.template ORDER BY kind, language")
        .fetch_all(tx.conn())
        .await?;
    Ok(rows.into_iter().map(|row| (row.kind, row.language)).collect())
}

/// Keeps words of the municipality's own.
pub(crate) async fn put(
    tx: &mut TenantTx,
    (kind, language): (&str, &str),
    words: &Template,
) -> Result<(), sqlx::Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query!(
        "INSERT INTO notifications.template (tenant_id, kind, language, subject, lead, closing)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (tenant_id, kind, language) DO UPDATE
           SET subject = excluded.subject, lead = excluded.lead, closing = excluded.closing",
        tenant,
        kind,
        language,
        words.subject,
        words.lead,
        words.closing
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Goes back to our words.
pub(crate) async fn remove(tx: &mut TenantTx, kind: &str, language: &str) -> Result<bool, sqlx::Error> {
    let done =
        sqlx::query!("DELETE FROM notifications.template WHERE kind = $1 AND language = $2", kind, language)
            .execute(tx.conn())
            .await?;
    Ok(done.rows_affected() > 0)
}
