//! The index of what can be found, and the only SQL of the module.

use cloud_kernel::TenantTx;
use protocols_ids::{FacilityId, ResourceId};

/// What is found by words at most: more than any city has to let, so that a list is never cut short unsaid.
const FOUND_MAX: i64 = 10_000;

/// What can be found, with the texts by which it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Entry {
    pub(crate) resource: ResourceId,
    pub(crate) facility: FacilityId,
    /// What it is called, its facility first.
    pub(crate) name: String,
    /// What it is for, in Swedish.
    pub(crate) words_sv: String,
    /// The same in English.
    pub(crate) words_en: String,
    /// What else is told of it.
    pub(crate) more: String,
}

/// Puts these entries in the place of the tenant's own. Two that do so at once do it one after the other.
pub(crate) async fn replace(tx: &mut TenantTx, entries: &[Entry]) -> Result<(), sqlx::Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query!(
        "SELECT pg_advisory_xact_lock(hashtextextended('search.entry ' || $1, 0))",
        tenant.to_string()
    )
    .fetch_one(tx.conn())
    .await?;
    sqlx::query!("DELETE FROM search.entry WHERE tenant_id = $1", tenant).execute(tx.conn()).await?;
    let text = |of: fn(&Entry) -> &String| entries.iter().map(of).cloned().collect::<Vec<String>>();
    let resources: Vec<_> = entries.iter().map(|entry| entry.resource.uuid()).collect();
    let facilities: Vec<_> = entries.iter().map(|entry| entry.facility.uuid()).collect();
    sqlx::query!(
        "INSERT INTO search.entry (tenant_id, resource_id, facility_id, name, words_sv, words_en, more)
         SELECT $1, * FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[])",
        tenant,
        &resources,
        &facilities,
        &text(|entry| &entry.name),
        &text(|entry| &entry.words_sv),
        &text(|entry| &entry.words_en),
        &text(|entry| &entry.more)
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Whether the tenant has no entries.
pub(crate) async fn is_empty(tx: &mut TenantTx) -> Result<bool, sqlx::Error> {
    let tenant = tx.tenant().uuid();
    sqlx::query_scalar!(
        r#"SELECT NOT EXISTS (SELECT FROM search.entry WHERE tenant_id = $1) AS "empty!""#,
        tenant
    )
    .fetch_one(tx.conn())
    .await
}

/// What has all of these words or words that begin with them, in either language, best first. The words are letters
/// and digits only; the tenant's condition stands here because row level security does not see to it.
pub(crate) async fn found(tx: &mut TenantTx, words: &[String]) -> Result<Vec<ResourceId>, sqlx::Error> {
    let tenant = tx.tenant().uuid();
    let wanted = words.iter().map(|word| format!("{word}:*")).collect::<Vec<_>>().join(" & ");
    let found = sqlx::query_scalar!(
        "SELECT entry.resource_id
           FROM search.entry entry,
                (SELECT to_tsquery('search.swedish', $2) || to_tsquery('pg_catalog.english', $2) AS words) wanted
          WHERE entry.tenant_id = $1 AND entry.document @@ wanted.words
          ORDER BY ts_rank(entry.document, wanted.words) DESC, entry.name, entry.resource_id LIMIT $3",
        tenant,
        wanted,
        FOUND_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(found.into_iter().map(ResourceId::new).collect())
}
