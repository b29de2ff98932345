//! `/staff`: who has which role, and where each comes from.

use std::collections::{BTreeMap, BTreeSet};

use axum::Extension;
use axum::extract::Path;
use axum::response::Redirect;
use cloud_contracts::GroupsSaid;
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Actor, HeldRole, Role};
use cloud_ui::{Badge, Button, EmptyState, Notice, Table, Tone, post_button, t};
use maud::{Markup, html};
use protocols_ids::PersonId;
use serde_json::json;

use super::{authority_name, page, role_words};
use crate::Names;
use crate::store::known;

/// The list.
pub(crate) async fn show(visit: Visit, Extension(Names(names)): Extension<Names>) -> Result<Markup, Failure> {
    visit.staff(Role::Administrator)?;
    let mut tx = visit.begin().await?;
    let held = tx.held_roles().await?;
    let authorities: Vec<_> =
        tx.authorities().await?.into_iter().map(|authority| (authority.id, authority.name)).collect();
    let rules = known::rules(&mut tx).await?;
    let said = known::all_said(&mut tx).await?;
    let mut groups: BTreeMap<PersonId, BTreeSet<String>> = BTreeMap::new();
    for (person, group) in known::provisioned(&mut tx).await? {
        groups.entry(person).or_default().insert(group);
    }
    for one in &said {
        groups.entry(one.person).or_default().extend(one.named());
    }
    let persons: Vec<PersonId> = held.iter().filter_map(|held| Some(held.person.as_ref()?.0)).collect();
    let protected = names.protected_among(&mut tx, &persons).await?;
    tx.commit().await?;

    let lang = visit.lang;
    let whence = |held: &HeldRole| {
        if !held.by_group {
            return t(lang, "staff-by-hand", &[]);
        }
        let of = held.person.as_ref().and_then(|(person, _)| groups.get(person));
        let gives = rules.iter().filter(|rule| rule.authority == held.authority && rule.role == held.role);
        let from: Vec<&str> = gives
            .filter(|rule| of.is_some_and(|of| of.contains(&rule.group)))
            .map(|rule| rule.group.as_str())
            .collect();
        t(lang, "staff-by-group", &[("groups", &from.join(", "))])
    };
    let called = |held: &HeldRole| match &held.person {
        Some((person, _)) if protected.contains(person) => t(lang, "staff-protected", &[]),
        Some((_, name)) => name.clone(),
        None => t(lang, "staff-not-yet", &[]),
    };
    let mut table = Table::new(
        &t(lang, "staff-people", &[]),
        &[
            &t(lang, "staff-who", &[]),
            &t(lang, "staff-role", &[]),
            &t(lang, "staff-authority", &[]),
            &t(lang, "staff-whence", &[]),
        ],
    );
    for one in &held {
        table = table.row([
            html! {
                (called(one))
                @if one.barred {
                    " " (Badge::new(Tone::Warning, &t(lang, "staff-shut-out", &[])))
                    @if let Some((person, _)) = &one.person {
                        (post_button(&format!("/staff/{person}/let-in"),
                            &Button::quiet(&t(lang, "staff-let-in", &[])).about(&called(one))))
                    }
                }
            },
            html! { (role_words(lang, one.role)) },
            html! { (authority_name(lang, &authorities, one.authority)) },
            html! { (whence(one)) },
        ]);
    }
    let let_in = visit.uri.query() == Some("done=let-in");
    let too_many = said.iter().filter(|one| one.groups == GroupsSaid::TooMany).count();
    let (mut page, tabs) = page(&visit, &t(lang, "staff-title", &[]), &t(lang, "staff-lead", &[]), "/staff");
    if let_in {
        page = page.notice(Notice::success(&t(lang, "staff-let-in-done", &[])));
    }
    if too_many > 0 {
        page = page.notice(Notice::warning(&t(lang, "staff-too-many", &[("count", &too_many)])).more(&t(
            lang,
            "staff-too-many-next",
            &[],
        )));
    }
    Ok(page
        .body(html! {
            (tabs)
            @if held.is_empty() {
                (EmptyState::new(&t(lang, "staff-empty", &[]), &t(lang, "staff-empty-hint", &[])))
            } @else {
                (table)
            }
        })
        .render())
}

/// Lets somebody in again whose account is gone: roles by hand count from now on. An account that says otherwise shuts them
/// out again the next time it is looked at.
pub(crate) async fn let_in(visit: Visit, Path(person): Path<PersonId>) -> Result<Redirect, Failure> {
    let by = visit.staff(Role::Administrator)?.person;
    let mut tx = visit.begin().await?;
    let held = tx.held_roles().await?;
    let is_out =
        |held: &&HeldRole| held.barred && held.person.as_ref().is_some_and(|(known, _)| *known == person);
    let at = held.iter().find(is_out).map(|held| held.at.clone()).ok_or(Failure::NotFound)?;
    tx.unbar((&at.0, &at.1)).await?;
    tx.audit(Actor::Person(by), "staff.let_in", Some(person.uuid()), &json!({})).await?;
    tx.commit().await?;
    Ok(Redirect::to("/staff?done=let-in"))
}
