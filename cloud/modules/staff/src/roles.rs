//! The roles that come from groups, made what tokens and provisioning say now.

use std::collections::{BTreeSet, HashSet};
use std::sync::{LazyLock, Mutex, PoisonError};

use async_trait::async_trait;
use cloud_contracts::{GroupsSaid, PortError, StaffRoles, StaffSignIn};
use cloud_kernel::{Actor, Role, TenantTx};
use protocols_ids::{AuthorityId, TenantId, Uuid};
use serde_json::{Value, json};
use staff_domain::{Given, roles_of};

use crate::NAME;
use crate::store::known::{self, Said};
use crate::store::{accounts, teams, tokens};

/// Names of groups without a rule that are remembered as logged, at most. Past that they are forgotten and logged again:
/// a provider that invents names costs a line each, and no memory.
const LOGGED_MAX: usize = 4_096;

/// Why roles are looked at anew.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Because {
    /// Somebody signed in.
    SignIn,
    /// The identity system has changed an account or a group.
    Provisioning,
    /// An administrator has changed what a group gives.
    Rule,
}

impl Because {
    const fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::Provisioning => "provisioning",
            Self::Rule => "rule",
        }
    }
}

/// Has roles follow what is said at each sign-in.
#[derive(Clone, Copy, Debug, Default)]
pub struct StaffDirectory;

#[async_trait]
impl StaffRoles for StaffDirectory {
    async fn signed_in(&self, tx: &mut TenantTx, who: &StaffSignIn<'_>) -> Result<(), PortError> {
        signed_in(tx, who).await.map_err(PortError::database)
    }
}

async fn signed_in(tx: &mut TenantTx, who: &StaffSignIn<'_>) -> Result<(), sqlx::Error> {
    known::one_at_a_time(tx).await?;
    // Of most people who sign in nothing is kept: they are no staff, and nobody provisions who might become it.
    let concerned = *who.groups != GroupsSaid::None
        || !tokens::all(tx).await?.is_empty()
        || accounts::of_staff_id(tx, who.staff_id).await?.is_some()
        || known::all_said(tx).await?.iter().any(|said| said.person == who.person);
    if concerned {
        known::say(tx, who).await?;
    }
    if *who.groups == GroupsSaid::TooMany {
        tracing::warn!(person = %who.person, "a token says that its groups are too many to name; none of them counts");
        tx.audit(Actor::Service(NAME), "staff.groups_too_many", Some(who.person.uuid()), &json!({})).await?;
    }
    let said = Said {
        person: who.person,
        issuer: who.issuer.to_owned(),
        subject: who.subject.to_owned(),
        staff_id: who.staff_id.to_owned(),
        groups: who.groups.clone(),
        at: tx.now(),
    };
    settle(tx, &said, Because::SignIn, Actor::Service(NAME)).await
}

/// Makes somebody's roles by groups what is said of them now, and shuts them out or lets them in as their account says.
pub(crate) async fn settle(
    tx: &mut TenantTx,
    said: &Said,
    because: Because,
    actor: Actor,
) -> Result<(), sqlx::Error> {
    let mut groups = said.named();
    let account = accounts::of_staff_id(tx, &said.staff_id).await?;
    let out = match &account {
        Some(kept) if kept.account.active => {
            if tx.unbar(said.who()).await? {
                tx.audit(actor, "staff.let_in", Some(said.person.uuid()), &json!({})).await?;
            }
            groups.extend(teams::names_of(tx, kept.id).await?);
            false
        }
        Some(_) => {
            shut_out(tx, said, actor).await?;
            true
        }
        // Whose account was deleted stays out until there is one again.
        None => tx.is_barred(said.who()).await?,
    };
    let rules = known::rules(tx).await?;
    let rules: Vec<(String, (AuthorityId, Role))> =
        rules.into_iter().map(|rule| (rule.group, (rule.authority, rule.role))).collect();
    log_unknown(tx.tenant(), &groups, &rules);
    let given = if out { Given::new() } else { roles_of(&rules, &groups) };
    let change = tx.set_group_roles(said.who(), &given.keys().copied().collect()).await?;
    if !change.given.is_empty() || !change.taken.is_empty() {
        let told = |(authority, role): &(AuthorityId, Role)| -> Value {
            json!({ "authority": authority, "role": role.as_str(), "groups": given.get(&(*authority, *role)) })
        };
        let detail = json!({
            "because": because.as_str(),
            "given": change.given.iter().map(told).collect::<Vec<_>>(),
            "taken": change.taken.iter().map(told).collect::<Vec<_>>(),
        });
        tx.audit(actor, "staff.roles_changed", Some(said.person.uuid()), &detail).await?;
    }
    Ok(())
}

/// Ends somebody's sessions, and lets no role of theirs count.
pub(crate) async fn shut_out(tx: &mut TenantTx, said: &Said, actor: Actor) -> Result<(), sqlx::Error> {
    if tx.bar(said.who()).await? {
        tx.audit(actor, "staff.shut_out", Some(said.person.uuid()), &json!({})).await?;
    }
    Ok(())
}

/// The same for everybody whose accounts these are.
pub(crate) async fn settle_accounts(tx: &mut TenantTx, ids: &[Uuid]) -> Result<(), sqlx::Error> {
    for said in known::said_of_accounts(tx, ids).await? {
        settle(tx, &said, Because::Provisioning, Actor::Service(NAME)).await?;
    }
    Ok(())
}

/// The same for everybody in a group whose rule has changed.
pub(crate) async fn settle_group(tx: &mut TenantTx, group: &str, actor: Actor) -> Result<(), sqlx::Error> {
    for said in known::said_of_group(tx, group).await? {
        settle(tx, &said, Because::Rule, actor).await?;
    }
    Ok(())
}

static LOGGED: LazyLock<Mutex<Once>> = LazyLock::new(Mutex::default);

/// Tells each group that gives nothing once, as long as the process runs: the rule that somebody forgot.
fn log_unknown(tenant: TenantId, groups: &BTreeSet<String>, rules: &[(String, (AuthorityId, Role))]) {
    let unknown = groups.iter().filter(|group| !rules.iter().any(|(known, _)| known == *group));
    let mut logged = LOGGED.lock().unwrap_or_else(PoisonError::into_inner);
    for group in unknown.filter(|group| logged.is_first(tenant, group)) {
        tracing::info!(%tenant, group = ?group, "a group of the identity system gives no role");
    }
}

/// What was told once.
#[derive(Default)]
struct Once(HashSet<(TenantId, String)>);

impl Once {
    fn is_first(&mut self, tenant: TenantId, group: &str) -> bool {
        if self.0.len() >= LOGGED_MAX {
            self.0.clear();
        }
        self.0.insert((tenant, group.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_without_a_rule_is_told_once_and_a_flood_of_them_is_forgotten() {
        let (alfa, beta) = (TenantId::new(Uuid::from_u128(1)), TenantId::new(Uuid::from_u128(2)));
        let mut once = Once::default();
        assert!(
            once.is_first(alfa, "Lunch") && !once.is_first(alfa, "Lunch") && once.is_first(beta, "Lunch")
        );
        for number in 0..LOGGED_MAX {
            once.is_first(alfa, &number.to_string());
        }
        assert!(once.0.len() <= LOGGED_MAX);
    }
}
