//! `/scim/v2/Groups`.

use std::collections::BTreeSet;

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use cloud_kernel::{Actor, TenantTx};
use http::StatusCode;
use protocols_ids::Uuid;
use serde_json::{Value, json};
use staff_domain::{Filter, Target, Team, Wrong, parse_filter, patch};

use super::answer::{Asked, AskedWith, Meta, Refused, has_already, list as listed, matched};
use super::caller::{Caller, Sent, read};
use crate::store::teams::{self, Kept, Sought, TEAMS_MAX};
use crate::store::{accounts, known};
use crate::{NAME, roles};

/// A group as it is answered, with its members where they are asked for.
fn resource(
    caller: &Caller,
    kept: &Kept,
    members: Option<&BTreeSet<Uuid>>,
    status: Option<StatusCode>,
) -> (Value, Option<Response>) {
    let location = caller.location(&format!("Groups/{}", kept.id));
    let meta = Meta {
        kind: "Group",
        location: &location,
        version: kept.version,
        created_at: kept.created_at,
        changed_at: kept.changed_at,
    };
    let mut body = team(kept, members.unwrap_or(&BTreeSet::new())).json();
    if let (None, Some(object)) = (members, body.as_object_mut()) {
        object.remove("members");
    }
    let body = meta.with(&kept.id.to_string(), body);
    let answer = status.map(|status| meta.answer(status, &body));
    (body, answer)
}

fn team(kept: &Kept, members: &BTreeSet<Uuid>) -> Team {
    Team {
        display_name: kept.display_name.clone(),
        external_id: kept.external_id.clone(),
        members: members.iter().map(Uuid::to_string).collect(),
    }
}

fn sought(filter: Option<&str>) -> Result<Sought, Refused> {
    let Filter(terms) = filter.map(parse_filter).transpose()?.unwrap_or(Filter(Vec::new()));
    let mut sought = Sought::default();
    for (attribute, value) in terms {
        let twice = match attribute.as_str() {
            "displayname" => sought.display_name.replace(value).is_some(),
            "externalid" => sought.external_id.replace(value).is_some(),
            "id" => sought.id.replace(value.parse().unwrap_or_default()).is_some(),
            "members" | "members.value" => sought.member.replace(value.parse().unwrap_or_default()).is_some(),
            _ => {
                return Err(
                    Wrong::Filter("groups are found by displayName, externalId, id and members").into()
                );
            }
        };
        if twice {
            return Err(Wrong::Filter("it names an attribute twice").into());
        }
    }
    Ok(sought)
}

/// Those that a filter finds.
pub(super) async fn list(caller: Caller, asked: AskedWith) -> Response {
    let outcome = async {
        let asked = Asked::read(asked)?;
        let sought = sought(asked.filter.as_deref())?;
        let (start, count) = asked.page();
        let mut tx = caller.begin().await?;
        let (total, found) = teams::list(&mut tx, &sought, start.saturating_sub(1), count).await?;
        let mut resources = Vec::new();
        for kept in &found {
            let members =
                if asked.with_members() { Some(teams::members(&mut tx, kept.id).await?) } else { None };
            resources.push(resource(&caller, kept, members.as_ref(), None).0);
        }
        tx.commit().await?;
        Ok(listed(total, start, &resources))
    };
    caller.told(outcome.await).await
}

async fn find(tx: &mut TenantTx, id: &str) -> Result<Kept, Refused> {
    let id: Uuid = id.parse().map_err(|_| Refused::NotFound)?;
    teams::find(tx, id).await?.ok_or(Refused::NotFound)
}

/// The answer of one, as it is now.
async fn answer(
    caller: &Caller,
    mut tx: TenantTx,
    id: Uuid,
    status: StatusCode,
    with_members: bool,
) -> Result<Response, Refused> {
    let kept = find(&mut tx, &id.to_string()).await?;
    let members = if with_members { Some(teams::members(&mut tx, id).await?) } else { None };
    tx.commit().await?;
    let answer = resource(caller, &kept, members.as_ref(), Some(status)).1;
    Ok(answer.unwrap_or_else(|| status.into_response()))
}

/// One of them.
pub(super) async fn one(caller: Caller, Path(id): Path<String>, asked: AskedWith) -> Response {
    let outcome = async {
        let asked = Asked::read(asked)?;
        let mut tx = caller.begin().await?;
        let kept = find(&mut tx, &id).await?;
        if has_already(&caller.headers, kept.version) {
            return Ok(StatusCode::NOT_MODIFIED.into_response());
        }
        answer(&caller, tx, kept.id, StatusCode::OK, asked.with_members()).await
    };
    caller.told(outcome.await).await
}

/// The members as accounts of this municipality; those that are none are refused.
async fn members_of(tx: &mut TenantTx, team: &Team) -> Result<BTreeSet<Uuid>, Refused> {
    let unknown =
        || Refused::Wrong(Wrong::Value { attribute: "members", what: "names somebody who is no user here" });
    let ids: Vec<Uuid> = team.members.iter().filter_map(|member| member.parse().ok()).collect();
    let known: BTreeSet<Uuid> = accounts::known(tx, &ids).await?.into_iter().collect();
    if known.len() == team.members.len() { Ok(known) } else { Err(unknown()) }
}

/// Makes one.
pub(super) async fn make(caller: Caller, sent: Sent) -> Response {
    let outcome = async {
        let team = Team::read(&read(sent)?)?;
        let mut tx = caller.begin().await?;
        known::one_at_a_time(&mut tx).await?;
        if teams::list(&mut tx, &Sought::default(), 0, 0).await?.0 >= TEAMS_MAX {
            return Err(Refused::Full);
        }
        let members: Vec<Uuid> = members_of(&mut tx, &team).await?.into_iter().collect();
        let id: Uuid = tx.new_id();
        if !teams::make(&mut tx, id, (&team.display_name, team.external_id.as_deref())).await? {
            return Err(Refused::Taken("displayName or externalId"));
        }
        teams::set_members(&mut tx, id, &members, &[]).await?;
        let detail = json!({ "members": members.len() });
        tx.audit(Actor::Service(NAME), "staff.group_made", Some(id), &detail).await?;
        roles::settle_accounts(&mut tx, &members).await?;
        answer(&caller, tx, id, StatusCode::CREATED, true).await
    };
    caller.told(outcome.await).await
}

/// Writes what is new of one, and what follows for those who came, went, or are in it.
async fn write(
    caller: &Caller,
    mut tx: TenantTx,
    (before, were): (&Kept, &BTreeSet<Uuid>),
    after: &Team,
) -> Result<Response, Refused> {
    let named = (after.display_name.as_str(), after.external_id.as_deref());
    if teams::is_anothers(&mut tx, before.id, named).await? {
        return Err(Refused::Taken("displayName or externalId"));
    }
    let are = members_of(&mut tx, after).await?;
    let new: Vec<Uuid> = are.difference(were).copied().collect();
    let gone: Vec<Uuid> = were.difference(&are).copied().collect();
    let renamed = named != (before.display_name.as_str(), before.external_id.as_deref());
    if renamed || !new.is_empty() || !gone.is_empty() {
        teams::change(&mut tx, before.id, named).await?;
        teams::set_members(&mut tx, before.id, &new, &gone).await?;
        let detail = json!({ "renamed": renamed, "came": new.len(), "went": gone.len() });
        tx.audit(Actor::Service(NAME), "staff.group_changed", Some(before.id), &detail).await?;
        let concerned: Vec<Uuid> =
            if renamed { are.union(were).copied().collect() } else { [new, gone].concat() };
        roles::settle_accounts(&mut tx, &concerned).await?;
    }
    answer(caller, tx, before.id, StatusCode::OK, true).await
}

/// Replaces one.
pub(super) async fn replace(caller: Caller, Path(id): Path<String>, sent: Sent) -> Response {
    let outcome = async {
        let after = Team::read(&read(sent)?)?;
        let mut tx = caller.begin().await?;
        known::one_at_a_time(&mut tx).await?;
        let before = find(&mut tx, &id).await?;
        matched(&caller.headers, before.version)?;
        let were = teams::members(&mut tx, before.id).await?;
        write(&caller, tx, (&before, &were), &after).await
    };
    caller.told(outcome.await).await
}

/// Changes one.
pub(super) async fn change(caller: Caller, Path(id): Path<String>, sent: Sent) -> Response {
    let outcome = async {
        let request = read(sent)?;
        let mut tx = caller.begin().await?;
        known::one_at_a_time(&mut tx).await?;
        let before = find(&mut tx, &id).await?;
        matched(&caller.headers, before.version)?;
        let were = teams::members(&mut tx, before.id).await?;
        let after = Team::read(&patch(Target::Group, team(&before, &were).json(), &request)?)?;
        write(&caller, tx, (&before, &were), &after).await
    };
    caller.told(outcome.await).await
}

/// Erases one.
pub(super) async fn erase(caller: Caller, Path(id): Path<String>) -> Response {
    let outcome = async {
        let mut tx = caller.begin().await?;
        known::one_at_a_time(&mut tx).await?;
        let before = find(&mut tx, &id).await?;
        matched(&caller.headers, before.version)?;
        let were: Vec<Uuid> = teams::members(&mut tx, before.id).await?.into_iter().collect();
        teams::erase(&mut tx, before.id).await?;
        tx.audit(Actor::Service(NAME), "staff.group_erased", Some(before.id), &json!({})).await?;
        roles::settle_accounts(&mut tx, &were).await?;
        tx.commit().await?;
        Ok(StatusCode::NO_CONTENT.into_response())
    };
    caller.told(outcome.await).await
}
