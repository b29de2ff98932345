//! What the kernel itself keeps of a person: who signs in, and what they did.

use jiff::Timestamp;
use protocols_ids::PersonId;

use crate::TenantTx;
use crate::db::jiff_time;

/// What is known of somebody who signs in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    /// Their name.
    pub name: String,
    /// Where to write to them.
    pub email: Option<String>,
    /// In which language.
    pub language: String,
    /// Since when.
    pub since: Timestamp,
    /// When they signed in last.
    pub seen_at: Timestamp,
    /// Whether they have a role of staff.
    pub staff: bool,
}

impl TenantTx {
    /// What is known of somebody who signs in; nothing of one who was forgotten.
    pub async fn account(&mut self, person: PersonId) -> Result<Option<Account>, sqlx::Error> {
        let row = sqlx::query!(
            r#"SELECT name, email, language, created_at, seen_at,
                      EXISTS (SELECT FROM kernel.role held
                               WHERE held.tenant_id = person.tenant_id AND held.issuer = person.issuer
                                 AND held.subject = person.subject) AS "staff!"
                 FROM kernel.person person WHERE id = $1 AND name <> ''"#,
            person.uuid()
        )
        .fetch_optional(self.conn())
        .await?;
        Ok(row.map(|row| Account {
            name: row.name,
            email: row.email,
            language: row.language,
            since: row.created_at.to_jiff(),
            seen_at: row.seen_at.to_jiff(),
            staff: row.staff,
        }))
    }

    /// Forgets who somebody is and ends their sessions. The row stays without a name, so that what others keep of what
    /// this person did tells of nobody; whoever signs in again is somebody new. Whether there was anybody.
    pub async fn forget(&mut self, person: PersonId) -> Result<bool, sqlx::Error> {
        sqlx::query!("DELETE FROM kernel.session WHERE person_id = $1", person.uuid())
            .execute(self.conn())
            .await?;
        let gone = sqlx::query!(
            "UPDATE kernel.person SET name = '', email = NULL, issuer = 'forgotten', subject = id::text
              WHERE id = $1 AND name <> ''",
            person.uuid()
        )
        .execute(self.conn())
        .await?;
        Ok(gone.rows_affected() > 0)
    }

    /// What somebody did, with when, the oldest first.
    pub async fn done_by(
        &mut self,
        person: PersonId,
        most: i64,
    ) -> Result<Vec<(i64, Timestamp, String)>, sqlx::Error> {
        let rows = sqlx::query!(
            "SELECT id, at, action FROM kernel.audit WHERE person_id = $1 ORDER BY id LIMIT $2",
            person.uuid(),
            most
        )
        .fetch_all(self.conn())
        .await?;
        Ok(rows.into_iter().map(|row| (row.id, row.at.to_jiff(), row.action)).collect())
    }

    /// Destroys what the log says of before a moment: so many rows at most. Returns how many: none where the municipality has
    /// not decided that, which the database looks at itself.
    pub async fn destroy_audit(&mut self, before: Timestamp, most: u32) -> Result<u64, sqlx::Error> {
        let gone = sqlx::query!(
            "DELETE FROM kernel.audit done USING (
               SELECT tenant_id, id FROM kernel.audit WHERE at < $1 ORDER BY id LIMIT $2) old
              WHERE done.tenant_id = old.tenant_id AND done.id = old.id",
            jiff_time(before) as _,
            i64::from(most)
        )
        .execute(self.conn())
        .await?;
        Ok(gone.rows_affected())
    }
}
