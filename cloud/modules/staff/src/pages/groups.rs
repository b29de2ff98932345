//! `/staff/groups`: the groups that were seen, and what each gives; added and taken away by administrators.

use std::collections::BTreeMap;

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Query};
use axum::response::{IntoResponse, Redirect, Response};
use cloud_contracts::GROUP_CHARS_MAX;
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Actor, Authority, Role, TenantTx};
use cloud_ui::{Button, Card, EmptyState, ErrorSummary, Field, Notice, Select, t};
use http::StatusCode;
use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::json;

use super::{authority_name, page, role_words};
use crate::import::group_name;
use crate::store::known::{self, Rule};
use crate::store::teams::{self, Sought};
use crate::{RULES_MAX, roles};

/// Provisioned groups that are shown at once, at most.
const SHOWN_MAX: i64 = 500;

/// A rule as it was typed, or as an address names it.
#[derive(Deserialize, Default)]
pub(crate) struct Typed {
    #[serde(default)]
    group: String,
    #[serde(default)]
    role: String,
    #[serde(default)]
    authority: String,
    #[serde(default)]
    done: String,
}

impl Typed {
    /// The rule that it says, where it says one.
    fn rule(&self, authorities: &[Authority]) -> Option<Rule> {
        Some(Rule {
            group: group_name(&self.group)?,
            role: Role::parse(&self.role)?,
            authority: authorities.iter().find(|known| known.slug == self.authority)?.id,
        })
    }
}

struct Screen {
    rules: Vec<Rule>,
    authorities: Vec<Authority>,
    /// Each group, and how many are in it.
    seen: BTreeMap<String, i64>,
}

impl Screen {
    async fn read(tx: &mut TenantTx) -> Result<Self, Failure> {
        let rules = known::rules(tx).await?;
        let mut seen: BTreeMap<String, i64> = rules.iter().map(|rule| (rule.group.clone(), 0)).collect();
        for said in known::all_said(tx).await? {
            for group in said.named() {
                *seen.entry(group).or_default() += 1;
            }
        }
        for team in teams::list(tx, &Sought::default(), 0, SHOWN_MAX).await?.1 {
            // Rules may know it by what the identity system calls it.
            let by_id = team.external_id.filter(|id| seen.contains_key(id));
            *seen.entry(by_id.unwrap_or(team.display_name)).or_default() += team.count;
        }
        Ok(Self { rules, authorities: tx.authorities().await?, seen })
    }

    fn gives(&self, visit: &Visit, rule: &Rule) -> Markup {
        let lang = visit.lang;
        let names: Vec<_> = self.authorities.iter().map(|one| (one.id, one.name.clone())).collect();
        let words = t(
            lang,
            "staff-gives",
            &[
                ("role", &role_words(lang, rule.role)),
                ("authority", &authority_name(lang, &names, rule.authority)),
            ],
        );
        let slug = self.authorities.iter().find(|one| one.id == rule.authority).map(|one| one.slug.as_str());
        html! {
            p { (words) }
            form method="post" action="/staff/groups/remove" {
                input type="hidden" name="group" value=(rule.group);
                input type="hidden" name="role" value=(rule.role.as_str());
                input type="hidden" name="authority" value=(slug.unwrap_or_default());
                (Button::quiet(&t(lang, "staff-rule-remove", &[])).about(&format!("{}: {words}", rule.group)))
            }
        }
    }

    fn form(&self, visit: &Visit, typed: &Typed, errors: &ErrorSummary) -> Markup {
        let lang = visit.lang;
        let roles = Role::ALL.into_iter().fold(
            Select::new("role", &t(lang, "staff-role", &[])).chosen(&typed.role).error(errors.of("role")),
            |select, role| select.option(role.as_str(), &role_words(lang, role)),
        );
        let authorities = self.authorities.iter().fold(
            Select::new("authority", &t(lang, "staff-authority", &[]))
                .chosen(&typed.authority)
                .error(errors.of("authority")),
            |select, authority| select.option(&authority.slug, &authority.name),
        );
        html! {
            form method="post" action="/staff/groups" {
                (Field::text("group", &t(lang, "staff-group", &[])).hint(&t(lang, "staff-group-hint", &[]))
                    .autocomplete("off").value(&typed.group).error(errors.of("group")).required())
                (roles.required())
                (authorities.required())
                p.actions { (Button::primary(&t(lang, "staff-rule-add", &[]))) }
            }
        }
    }

    fn answer(&self, visit: &Visit, status: StatusCode, typed: &Typed, errors: ErrorSummary) -> Response {
        let lang = visit.lang;
        let title = t(lang, "staff-groups-title", &[]);
        let (mut page, tabs) = page(visit, &title, &t(lang, "staff-groups-lead", &[]), "/staff/groups");
        if typed.done == "added" {
            page = page.notice(Notice::success(&t(lang, "staff-rule-added", &[])));
        }
        let removed = typed.rule(&self.authorities).filter(|_| typed.done == "removed");
        let blank = Typed::default();
        let typed = if typed.done.is_empty() { typed } else { &blank };
        let body = html! {
            (tabs)
            @if let Some(rule) = removed {
                @let slug = self.authorities.iter().find(|one| one.id == rule.authority).map(|one| one.slug.as_str());
                div.notice.notice-good role="status" {
                    p { (t(lang, "staff-rule-removed", &[("group", &rule.group)])) }
                    form.inline method="post" action="/staff/groups" {
                        input type="hidden" name="group" value=(rule.group);
                        input type="hidden" name="role" value=(rule.role.as_str());
                        input type="hidden" name="authority" value=(slug.unwrap_or_default());
                        (Button::quiet(&t(lang, "staff-undo", &[])))
                    }
                }
            }
            @if self.seen.is_empty() {
                (EmptyState::new(&t(lang, "staff-groups-empty", &[]), &t(lang, "staff-groups-empty-hint", &[])))
            } @else {
                ul.list {
                    @for (group, count) in &self.seen {
                        @let gives: Vec<&Rule> = self.rules.iter().filter(|rule| rule.group == *group).collect();
                        li {
                            h2 { (group) }
                            p.quiet { (t(lang, "staff-group-people", &[("count", count)])) }
                            @if gives.is_empty() {
                                p { (t(lang, "staff-gives-nothing", &[])) " "
                                    a href={ "/staff/groups?group=" (utf8_percent_encode(group, NON_ALPHANUMERIC)) "#add" } {
                                        (t(lang, "staff-give", &[])) span.visually-hidden { " " (group) }
                                    }
                                }
                            }
                            @for rule in gives { div { (self.gives(visit, rule)) } }
                        }
                    }
                }
            }
            (Card::new("add", &t(lang, "staff-rule-new", &[]), self.form(visit, typed, &errors)))
        };
        (status, page.errors(errors).body(body).render()).into_response()
    }
}

/// The list, and the form for one more.
pub(crate) async fn show(visit: Visit, Query(typed): Query<Typed>) -> Result<Response, Failure> {
    visit.staff(Role::Administrator)?;
    let mut tx = visit.begin().await?;
    let screen = Screen::read(&mut tx).await?;
    tx.commit().await?;
    Ok(screen.answer(&visit, StatusCode::OK, &typed, ErrorSummary::new(visit.lang)))
}

type Sent = Result<Form<Typed>, FormRejection>;

fn read(sent: Sent) -> Result<Typed, Failure> {
    let Form(typed) = sent.map_err(|_| Failure::BadRequest("a form of groups that no page of ours has"))?;
    Ok(Typed { done: String::new(), ..typed })
}

/// Lets a group give a role, and gives it to those who are in it.
pub(crate) async fn add(visit: Visit, sent: Sent) -> Result<Response, Failure> {
    let by = visit.staff(Role::Administrator)?.person;
    let typed = read(sent)?;
    let lang = visit.lang;
    let mut tx = visit.begin().await?;
    known::one_at_a_time(&mut tx).await?;
    let screen = Screen::read(&mut tx).await?;
    let mut errors = ErrorSummary::new(lang);
    if group_name(&typed.group).is_none() {
        errors = errors.error("group", &t(lang, "staff-error-group", &[("most", &GROUP_CHARS_MAX)]));
    }
    if Role::parse(&typed.role).is_none() {
        errors = errors.error("role", &t(lang, "staff-error-role", &[]));
    }
    if !screen.authorities.iter().any(|known| known.slug == typed.authority) {
        errors = errors.error("authority", &t(lang, "staff-error-authority", &[]));
    }
    if screen.rules.len() >= RULES_MAX {
        errors = errors.error("group", &t(lang, "staff-error-full", &[("most", &RULES_MAX)]));
    }
    let rule = typed.rule(&screen.authorities).filter(|_| errors.is_empty());
    let Some(rule) = rule else {
        return Ok(screen.answer(&visit, StatusCode::UNPROCESSABLE_ENTITY, &typed, errors));
    };
    if known::add_rule(&mut tx, &rule).await? {
        let detail = json!({ "group": rule.group, "authority": rule.authority, "role": rule.role.as_str() });
        tx.audit(Actor::Person(by), "staff.rule_added", None, &detail).await?;
        roles::settle_group(&mut tx, &rule.group, Actor::Person(by)).await?;
        tx.commit().await?;
    }
    Ok(Redirect::to("/staff/groups?done=added").into_response())
}

/// Lets a group give a role no more, and takes it from those who have it by that group alone.
pub(crate) async fn remove(visit: Visit, sent: Sent) -> Result<Response, Failure> {
    let by = visit.staff(Role::Administrator)?.person;
    let typed = read(sent)?;
    let mut tx = visit.begin().await?;
    known::one_at_a_time(&mut tx).await?;
    let authorities = tx.authorities().await?;
    let rule = typed.rule(&authorities).ok_or(Failure::NotFound)?;
    if !known::remove_rule(&mut tx, &rule).await? {
        return Err(Failure::NotFound);
    }
    let detail = json!({ "group": rule.group, "authority": rule.authority, "role": rule.role.as_str() });
    tx.audit(Actor::Person(by), "staff.rule_removed", None, &detail).await?;
    roles::settle_group(&mut tx, &rule.group, Actor::Person(by)).await?;
    tx.commit().await?;
    let written = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    Ok(Redirect::to(&format!(
        "/staff/groups?done=removed&group={}&role={}&authority={}",
        written(&rule.group),
        rule.role.as_str(),
        written(&typed.authority)
    ))
    .into_response())
}
