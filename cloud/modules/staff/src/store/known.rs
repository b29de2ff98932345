//! Which groups give what, and what tokens said.

use std::collections::BTreeSet;

use cloud_contracts::{GroupsSaid, StaffSignIn};
use cloud_kernel::{Role, TenantTx};
use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use protocols_ids::{AuthorityId, PersonId, Uuid};

/// People whose groups are listed at once, at most.
const SAID_MAX: i64 = 5_000;

/// A group gives a role for an authority.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Rule {
    pub(crate) group: String,
    pub(crate) authority: AuthorityId,
    pub(crate) role: Role,
}

/// What somebody's token said when they signed in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Said {
    pub(crate) person: PersonId,
    pub(crate) issuer: String,
    pub(crate) subject: String,
    pub(crate) staff_id: String,
    pub(crate) groups: GroupsSaid,
    pub(crate) at: Timestamp,
}

pub(super) struct Row {
    pub(super) person_id: Uuid,
    pub(super) issuer: String,
    pub(super) subject: String,
    pub(super) staff_id: String,
    pub(super) outcome: String,
    pub(super) groups: Vec<String>,
    pub(super) at: jiff_sqlx::Timestamp,
}

impl Row {
    pub(super) fn said(self) -> Said {
        let groups = match self.outcome.as_str() {
            "groups" => GroupsSaid::These(self.groups.into_iter().collect()),
            "too_many" => GroupsSaid::TooMany,
            _ => GroupsSaid::None,
        };
        Said {
            person: self.person_id.into(),
            issuer: self.issuer,
            subject: self.subject,
            staff_id: self.staff_id,
            groups,
            at: self.at.to_jiff(),
        }
    }
}

impl Said {
    /// Who that is at the identity system.
    pub(crate) fn who(&self) -> (&str, &str) {
        (&self.issuer, &self.subject)
    }

    /// The groups that the token named.
    pub(crate) fn named(&self) -> BTreeSet<String> {
        match &self.groups {
            GroupsSaid::These(groups) => groups.clone(),
            GroupsSaid::None | GroupsSaid::TooMany => BTreeSet::new(),
        }
    }
}

/// What changes roles by groups of one municipality goes one after the other, until the transaction ends.
pub(crate) async fn one_at_a_time(tx: &mut TenantTx) -> Result<(), sqlx::Error> {
    let name = format!("staff {}", tx.tenant());
    sqlx::query!("SELECT pg_advisory_xact_lock(hashtextextended($1, 47))", name).execute(tx.conn()).await?;
    Ok(())
}

/// All rules, by group.
pub(crate) async fn rules(tx: &mut TenantTx) -> Result<Vec<Rule>, sqlx::Error> {
    let rows = sqlx::query!("SELECT group_name, authority_id, role FROM staff.rule ORDER BY 1, 2, 3")
        .fetch_all(tx.conn())
        .await?;
    let rules = rows.into_iter().filter_map(|row| {
        Some(Rule {
            group: row.group_name,
            authority: row.authority_id.into(),
            role: Role::parse(&row.role)?,
        })
    });
    Ok(rules.collect())
}

/// Writes a rule; whether it is new.
pub(crate) async fn add_rule(tx: &mut TenantTx, rule: &Rule) -> Result<bool, sqlx::Error> {
    let (tenant, now) = (tx.tenant().uuid(), tx.now().to_sqlx());
    let done = sqlx::query!(
        "INSERT INTO staff.rule (tenant_id, group_name, authority_id, role, created_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT DO NOTHING",
        tenant,
        rule.group,
        rule.authority.uuid(),
        rule.role.as_str(),
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes a rule away; whether there was one.
pub(crate) async fn remove_rule(tx: &mut TenantTx, rule: &Rule) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "DELETE FROM staff.rule WHERE group_name = $1 AND authority_id = $2 AND role = $3",
        rule.group,
        rule.authority.uuid(),
        rule.role.as_str()
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Writes what a token said of somebody.
pub(crate) async fn say(tx: &mut TenantTx, who: &StaffSignIn<'_>) -> Result<(), sqlx::Error> {
    let (outcome, groups) = match who.groups {
        GroupsSaid::None => ("none", Vec::new()),
        GroupsSaid::TooMany => ("too_many", Vec::new()),
        GroupsSaid::These(groups) => ("groups", groups.iter().cloned().collect()),
    };
    let (tenant, now) = (tx.tenant().uuid(), tx.now().to_sqlx());
    sqlx::query!(
        "INSERT INTO staff.said (tenant_id, person_id, issuer, subject, staff_id, outcome, groups, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (tenant_id, person_id) DO UPDATE SET
           staff_id = excluded.staff_id, outcome = excluded.outcome, groups = excluded.groups, at = excluded.at",
        tenant,
        who.person.uuid(),
        who.issuer,
        who.subject,
        who.staff_id,
        outcome,
        &groups,
        now
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What tokens said of everybody of whom they said anything, the last first.
pub(crate) async fn all_said(tx: &mut TenantTx) -> Result<Vec<Said>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT person_id, issuer, subject, staff_id, outcome, groups, at FROM staff.said
          WHERE outcome <> 'none' ORDER BY at DESC, person_id LIMIT $1",
        SAID_MAX
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Row::said).collect())
}

/// What tokens said of those whose accounts these are.
pub(crate) async fn said_of_accounts(tx: &mut TenantTx, accounts: &[Uuid]) -> Result<Vec<Said>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT DISTINCT said.person_id, said.issuer, said.subject, said.staff_id, said.outcome, said.groups, said.at
           FROM staff.account account
           JOIN staff.said said ON said.tenant_id = account.tenant_id
            AND (said.staff_id = account.external_id OR lower(said.staff_id) = account.user_key)
          WHERE account.id = any($1)",
        accounts
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Row::said).collect())
}

/// What tokens said of those who are in a group, as a token names it or as it is provisioned.
pub(crate) async fn said_of_group(tx: &mut TenantTx, group: &str) -> Result<Vec<Said>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT said.person_id, said.issuer, said.subject, said.staff_id, said.outcome, said.groups, said.at
           FROM staff.said said
          WHERE $1 = any(said.groups) OR EXISTS (
            SELECT FROM staff.account account
              JOIN staff.member member ON member.tenant_id = account.tenant_id AND member.account_id = account.id
              JOIN staff.team team ON team.tenant_id = member.tenant_id AND team.id = member.team_id
             WHERE (team.display_name = $1 OR team.external_id = $1)
               AND (said.staff_id = account.external_id OR lower(said.staff_id) = account.user_key))",
        group
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Row::said).collect())
}

/// The provisioned groups of those who have signed in, by what each is known.
pub(crate) async fn provisioned(tx: &mut TenantTx) -> Result<Vec<(PersonId, String)>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT said.person_id, team.display_name, team.external_id
           FROM staff.said said
           JOIN staff.account account ON account.tenant_id = said.tenant_id AND account.active
            AND (said.staff_id = account.external_id OR lower(said.staff_id) = account.user_key)
           JOIN staff.member member ON member.tenant_id = account.tenant_id AND member.account_id = account.id
           JOIN staff.team team ON team.tenant_id = member.tenant_id AND team.id = member.team_id"
    )
    .fetch_all(tx.conn())
    .await?;
    let known = |row: (Uuid, String, Option<String>)| {
        [Some(row.1), row.2].into_iter().flatten().map(move |name| (PersonId::new(row.0), name))
    };
    Ok(rows.into_iter().flat_map(|row| known((row.person_id, row.display_name, row.external_id))).collect())
}
