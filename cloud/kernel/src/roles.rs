//! Roles of staff: given by hand, or by groups of the identity system, each apart from the other.
//!
//! **Invariant:** what groups give and take leaves alone what was given by hand. Whoever is barred has no role that counts.

use std::collections::BTreeSet;

use protocols_ids::{AuthorityId, PersonId};
use uuid::Uuid;

use crate::db::jiff_time;
use crate::{Role, TenantTx};

/// Roles that are listed at once at most: every member of a large municipality's staff with several.
const ROLES_MAX: i64 = 5_000;

/// A role that groups give, for an authority.
pub type GroupRole = (AuthorityId, Role);

/// What groups gave and took.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct GroupRoles {
    /// What is new.
    pub given: Vec<GroupRole>,
    /// What is no more.
    pub taken: Vec<GroupRole>,
}

/// A role of somebody, and where it comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeldRole {
    /// Whose, where they have signed in.
    pub person: Option<(PersonId, String)>,
    /// Who that is at the identity system: the issuer and the subject.
    pub at: (String, String),
    /// For which authority.
    pub authority: AuthorityId,
    /// Which.
    pub role: Role,
    /// Whether groups gave it; by hand otherwise.
    pub by_group: bool,
    /// Whether the identity system has shut them out, so that it does not count.
    pub barred: bool,
}

impl TenantTx {
    /// Gives a role of staff to whoever signs in as `subject` at `issuer`.
    pub async fn give_role(
        &mut self,
        issuer: &str,
        subject: &str,
        authority: AuthorityId,
        role: Role,
    ) -> Result<(), sqlx::Error> {
        let tenant = self.tenant().uuid();
        sqlx::query!(
            "INSERT INTO kernel.role (tenant_id, issuer, subject, authority_id, role)
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
            tenant,
            issuer,
            subject,
            authority.uuid(),
            role.as_str()
        )
        .execute(self.conn())
        .await?;
        Ok(())
    }

    /// Makes the roles that groups give to whoever signs in as `subject` at `issuer` these and no others. One at a time:
    /// the caller holds a lock on whom it changes.
    pub async fn set_group_roles(
        &mut self,
        (issuer, subject): (&str, &str),
        wanted: &BTreeSet<(AuthorityId, Role)>,
    ) -> Result<GroupRoles, sqlx::Error> {
        let rows = sqlx::query!(
            "SELECT authority_id, role FROM kernel.role WHERE issuer = $1 AND subject = $2 AND source = 'group'",
            issuer,
            subject
        )
        .fetch_all(self.conn())
        .await?;
        let held: BTreeSet<GroupRole> = rows
            .into_iter()
            .filter_map(|row| Some((row.authority_id.into(), Role::parse(&row.role)?)))
            .collect();
        let change = GroupRoles {
            given: wanted.difference(&held).copied().collect(),
            taken: held.difference(wanted).copied().collect(),
        };
        let tenant = self.tenant().uuid();
        for (authority, role) in &change.given {
            sqlx::query!(
                "INSERT INTO kernel.role (tenant_id, issuer, subject, authority_id, role, source)
                 VALUES ($1, $2, $3, $4, $5, 'group')",
                tenant,
                issuer,
                subject,
                authority.uuid(),
                role.as_str()
            )
            .execute(self.conn())
            .await?;
        }
        for (authority, role) in &change.taken {
            sqlx::query!(
                "DELETE FROM kernel.role
                  WHERE issuer = $1 AND subject = $2 AND authority_id = $3 AND role = $4 AND source = 'group'",
                issuer,
                subject,
                authority.uuid(),
                role.as_str()
            )
            .execute(self.conn())
            .await?;
        }
        Ok(change)
    }

    /// Shuts somebody out: their sessions end, and no role of theirs counts until [`TenantTx::unbar`]. Whether they were
    /// let in before.
    pub async fn bar(&mut self, (issuer, subject): (&str, &str)) -> Result<bool, sqlx::Error> {
        let (tenant, now) = (self.tenant().uuid(), jiff_time(self.now()));
        let barred = sqlx::query!(
            "INSERT INTO kernel.barred (tenant_id, issuer, subject, since) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            tenant,
            issuer,
            subject,
            now
        )
        .execute(self.conn())
        .await?;
        if barred.rows_affected() == 0 {
            // Who signs in after that is a private person here.
            return Ok(false);
        }
        sqlx::query!(
            "DELETE FROM kernel.session session USING kernel.person person
              WHERE person.tenant_id = session.tenant_id AND person.id = session.person_id
                AND person.issuer = $1 AND person.subject = $2",
            issuer,
            subject
        )
        .execute(self.conn())
        .await?;
        Ok(true)
    }

    /// Lets somebody in again; whether they were shut out.
    pub async fn unbar(&mut self, (issuer, subject): (&str, &str)) -> Result<bool, sqlx::Error> {
        let done =
            sqlx::query!("DELETE FROM kernel.barred WHERE issuer = $1 AND subject = $2", issuer, subject)
                .execute(self.conn())
                .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Whether somebody is shut out.
    pub async fn is_barred(&mut self, (issuer, subject): (&str, &str)) -> Result<bool, sqlx::Error> {
        sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT FROM kernel.barred WHERE issuer = $1 AND subject = $2) AS "is!""#,
            issuer,
            subject
        )
        .fetch_one(self.conn())
        .await
    }

    /// Every role of everybody, those of one person after each other.
    pub async fn held_roles(&mut self) -> Result<Vec<HeldRole>, sqlx::Error> {
        let rows = sqlx::query!(
            r#"SELECT r.issuer, r.subject, r.authority_id, r.role, r.source, p.id AS "person?: Uuid", p.name AS "name?",
                      EXISTS (SELECT FROM kernel.barred b WHERE b.tenant_id = r.tenant_id AND b.issuer = r.issuer
                                                            AND b.subject = r.subject) AS "barred!"
                 FROM kernel.role r
                 LEFT JOIN kernel.person p
                   ON p.tenant_id = r.tenant_id AND p.issuer = r.issuer AND p.subject = r.subject
                ORDER BY p.name COLLATE "sv-x-icu" NULLS LAST, r.issuer, r.subject, r.authority_id, r.role, r.source LIMIT $1"#,
            ROLES_MAX
        )
        .fetch_all(self.conn())
        .await?;
        let held = rows.into_iter().filter_map(|row| {
            Some(HeldRole {
                person: row.person.map(PersonId::new).zip(row.name),
                at: (row.issuer, row.subject),
                authority: row.authority_id.into(),
                role: Role::parse(&row.role)?,
                by_group: row.source == "group",
                barred: row.barred,
            })
        });
        Ok(held.collect())
    }
}
