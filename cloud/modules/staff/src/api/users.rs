//! `/scim/v2/Users`.

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use cloud_kernel::{Actor, TenantTx};
use http::StatusCode;
use protocols_ids::Uuid;
use serde_json::{Value, json};
use staff_domain::{Account, Filter, Target, Wrong, account_json, parse_filter, patch};

use super::answer::{Asked, AskedWith, Meta, Refused, has_already, list as listed, matched};
use super::caller::{Caller, Sent, read};
use crate::store::accounts::{self, ACCOUNTS_MAX, Kept, Sought};
use crate::store::known;
use crate::{NAME, roles};

fn resource(caller: &Caller, kept: &Kept, status: Option<StatusCode>) -> (Value, Option<Response>) {
    let location = caller.location(&format!("Users/{}", kept.id));
    let meta = Meta {
        kind: "User",
        location: &location,
        version: kept.version,
        created_at: kept.created_at,
        changed_at: kept.changed_at,
    };
    let resource = meta.with(&kept.id.to_string(), account_json(&kept.account));
    let answer = status.map(|status| meta.answer(status, &resource));
    (resource, answer)
}

fn answer(caller: &Caller, status: StatusCode, kept: &Kept) -> Response {
    resource(caller, kept, Some(status)).1.unwrap_or_else(|| status.into_response())
}

fn sought(filter: Option<&str>) -> Result<Sought, Refused> {
    let Filter(terms) = filter.map(parse_filter).transpose()?.unwrap_or(Filter(Vec::new()));
    let mut sought = Sought::default();
    for (attribute, value) in terms {
        let twice = match attribute.as_str() {
            "username" => sought.user_key.replace(value.to_lowercase()).is_some(),
            "externalid" => sought.external_id.replace(value).is_some(),
            "id" => sought.id.replace(value.parse().unwrap_or_default()).is_some(),
            "active" => {
                let active = value.parse().map_err(|_| Wrong::Filter("active is true or false"))?;
                sought.active.replace(active).is_some()
            }
            _ => return Err(Wrong::Filter("users are found by userName, externalId, id and active").into()),
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
        let (total, found) = accounts::list(&mut tx, &sought, start.saturating_sub(1), count).await?;
        tx.commit().await?;
        let resources: Vec<Value> = found.iter().map(|kept| resource(&caller, kept, None).0).collect();
        Ok(listed(total, start, &resources))
    };
    caller.told(outcome.await).await
}

async fn find(tx: &mut TenantTx, id: &str) -> Result<Kept, Refused> {
    let id: Uuid = id.parse().map_err(|_| Refused::NotFound)?;
    accounts::find(tx, id).await?.ok_or(Refused::NotFound)
}

/// One of them.
pub(super) async fn one(caller: Caller, Path(id): Path<String>) -> Response {
    let outcome = async {
        let mut tx = caller.begin().await?;
        let kept = find(&mut tx, &id).await?;
        tx.commit().await?;
        if has_already(&caller.headers, kept.version) {
            return Ok(StatusCode::NOT_MODIFIED.into_response());
        }
        Ok(answer(&caller, StatusCode::OK, &kept))
    };
    caller.told(outcome.await).await
}

/// Makes one.
pub(super) async fn make(caller: Caller, sent: Sent) -> Response {
    let outcome = async {
        let account = Account::read(&read(sent)?)?;
        let mut tx = caller.begin().await?;
        known::one_at_a_time(&mut tx).await?;
        if accounts::list(&mut tx, &Sought::default(), 0, 0).await?.0 >= ACCOUNTS_MAX {
            return Err(Refused::Full);
        }
        let id: Uuid = tx.new_id();
        if !accounts::make(&mut tx, id, &account).await? {
            return Err(Refused::Taken("userName or externalId"));
        }
        tx.audit(Actor::Service(NAME), "staff.account_made", Some(id), &json!({ "active": account.active }))
            .await?;
        roles::settle_accounts(&mut tx, &[id]).await?;
        let kept = find(&mut tx, &id.to_string()).await?;
        tx.commit().await?;
        Ok(answer(&caller, StatusCode::CREATED, &kept))
    };
    caller.told(outcome.await).await
}

/// Writes what is new of one, and what follows.
async fn write(
    caller: &Caller,
    mut tx: TenantTx,
    before: &Kept,
    account: &Account,
) -> Result<Response, Refused> {
    if accounts::is_anothers(&mut tx, before.id, account).await? {
        return Err(Refused::Taken("userName or externalId"));
    }
    if *account != before.account {
        // Whoever it was until now is no account's any more, where it is somebody else's from now on.
        let were = known::said_of_accounts(&mut tx, &[before.id]).await?;
        accounts::change(&mut tx, before.id, account).await?;
        let detail = json!({ "active": account.active });
        tx.audit(Actor::Service(NAME), "staff.account_changed", Some(before.id), &detail).await?;
        for said in were {
            roles::settle(&mut tx, &said, roles::Because::Provisioning, Actor::Service(NAME)).await?;
        }
        roles::settle_accounts(&mut tx, &[before.id]).await?;
    }
    let kept = find(&mut tx, &before.id.to_string()).await?;
    tx.commit().await?;
    Ok(answer(caller, StatusCode::OK, &kept))
}

/// Replaces one.
pub(super) async fn replace(caller: Caller, Path(id): Path<String>, sent: Sent) -> Response {
    let outcome = async {
        let account = Account::read(&read(sent)?)?;
        let mut tx = caller.begin().await?;
        known::one_at_a_time(&mut tx).await?;
        let before = find(&mut tx, &id).await?;
        matched(&caller.headers, before.version)?;
        write(&caller, tx, &before, &account).await
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
        let account = Account::read(&patch(Target::User, account_json(&before.account), &request)?)?;
        write(&caller, tx, &before, &account).await
    };
    caller.told(outcome.await).await
}

/// Erases one, and shuts out whose it was.
pub(super) async fn erase(caller: Caller, Path(id): Path<String>) -> Response {
    let outcome = async {
        let mut tx = caller.begin().await?;
        known::one_at_a_time(&mut tx).await?;
        let before = find(&mut tx, &id).await?;
        matched(&caller.headers, before.version)?;
        let were = known::said_of_accounts(&mut tx, &[before.id]).await?;
        accounts::erase(&mut tx, before.id).await?;
        tx.audit(Actor::Service(NAME), "staff.account_erased", Some(before.id), &json!({})).await?;
        for said in were {
            roles::shut_out(&mut tx, &said, Actor::Service(NAME)).await?;
            roles::settle(&mut tx, &said, roles::Because::Provisioning, Actor::Service(NAME)).await?;
        }
        tx.commit().await?;
        Ok(StatusCode::NO_CONTENT.into_response())
    };
    caller.told(outcome.await).await
}
