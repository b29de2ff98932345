//! `/retention`: the retention plan, and what was destroyed by it.

use axum::Extension;
use cloud_contracts::KeptBy;
use cloud_kernel::Role;
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{EmptyState, Notice, Table, date_words, t};
use maud::{Markup, html};

use crate::Ports;
use crate::store;
use crate::words::type_name;

/// The page.
pub async fn show(visit: Visit, Extension(ports): Extension<Ports>) -> Result<Markup, Failure> {
    visit.staff(Role::Administrator)?;
    let mut tx = visit.begin().await?;
    let decided = store::in_force(&mut tx).await?;
    let destroyed = store::destroyed_last(&mut tx).await?;
    tx.commit().await?;
    let (lang, when) = (visit.lang, visit.when());
    let heads = [t(lang, "records-plan-type", &[]), t(lang, "records-plan-kept", &[])];
    let table = Table::new(&t(lang, "records-plan-caption", &[]), &[&heads[0], &heads[1]]);
    let table = ports.types().fold(table, |table, (_, kept)| {
        let stored = decided.iter().find(|stored| stored.information == kept.key);
        let governed = matches!(kept.kept_by, KeptBy::Plan | KeptBy::Log);
        let how = match (stored, kept.kept_by) {
            (Some(stored), KeptBy::Plan | KeptBy::Log) => t(
                lang,
                "records-plan-months",
                &[
                    ("months", &stored.decision.months),
                    ("body", &stored.decision.decided_by),
                    ("day", &date_words(lang, stored.decision.decided_on, when.today())),
                    ("reference", &stored.decision.reference),
                ],
            ),
            (None, KeptBy::Plan | KeptBy::Log) => t(lang, "records-plan-undecided", &[]),
            (_, KeptBy::Wish) => t(lang, "records-plan-wish", &[]),
            (_, KeptBy::TheRest) => t(lang, "records-plan-rest", &[]),
        };
        let name = type_name(lang, kept.key);
        table.row([
            html! { @if governed { a href=(format!("/retention/{}", kept.key)) { (name) } } @else { (name) } },
            html! { (how) },
        ])
    });
    let log = destroyed.iter().fold(
        Table::new(
            &t(lang, "records-destroyed-caption", &[]),
            &[
                &t(lang, "records-destroyed-when", &[]),
                &t(lang, "records-plan-type", &[]),
                &t(lang, "records-destroyed-count", &[]),
                &t(lang, "records-decision-reference", &[]),
            ],
        ),
        |log, one| {
            log.row([
                html! { (when.day_and_clock(one.at)) },
                html! { (type_name(lang, &one.information)) },
                html! { (one.records) },
                html! { (one.reference) },
            ])
        },
    );
    let body = html! {
        (table)
        @if destroyed.is_empty() {
            (EmptyState::new(&t(lang, "records-destroyed-empty", &[]), &t(lang, "records-destroyed-empty-hint", &[])))
        } @else {
            (log)
        }
    };
    let mut page = visit.page(&t(lang, "records-plan-title", &[])).lead(&t(lang, "records-plan-lead", &[]));
    page = match visit.uri.query() {
        Some("done=decided") => page.notice(Notice::success(&t(lang, "records-plan-decided", &[]))),
        Some("done=ended") => page.notice(Notice::success(&t(lang, "records-plan-ended", &[]))),
        Some(_) | None => page,
    };
    Ok(page.body(body).render())
}
