//! `/accessibility`: the statement, with everything that the law asks for (lag 2018:1937, 13 §; MDFFS 2019:2).

use accessibility_domain::{Statement, lines};
use cloud_kernel::Role;
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{Button, Notice, date_words, t};
use maud::{Markup, html};

use super::{DIGG, compliance_words, method_words};
use crate::store::{self, Saved};

/// The statement; where the municipality has written none yet, that, and the way to report all the same.
pub(crate) async fn show(visit: Visit) -> Result<Markup, Failure> {
    let mut tx = visit.begin().await?;
    let saved = store::current(&mut tx).await?;
    tx.commit().await?;
    let lang = visit.lang;
    let tenant = &visit.tenant.name;
    let service = visit.kernel.service().url(&visit.tenant.host, "/");
    let body = html! {
        p { (t(lang, "accessibility-who", &[("tenant", tenant), ("service", &service)])) }
        @match &saved {
            Some(saved) => (assessed(&visit, saved)),
            None => (Notice::warning(&t(lang, "accessibility-unwritten", &[("tenant", tenant)]))
                .more(&t(lang, "accessibility-unwritten-next", &[]))),
        }
        h2 { (t(lang, "accessibility-report-head", &[])) }
        p { (t(lang, "accessibility-report-text", &[])) }
        p.actions { (Button::primary(&t(lang, "accessibility-report-title", &[])).href("/accessibility/report")) }
        @if let Some(saved) = &saved { (reach(&visit, &saved.statement)) }
        h2 { (t(lang, "accessibility-supervision", &[])) }
        p { (t(lang, "accessibility-supervision-text", &[])) }
        p { a href=(DIGG) { (t(lang, "accessibility-digg", &[])) } }
        @if let Some(saved) = &saved { (technical(&visit, saved)) }
        @if visit.staff(Role::Administrator).is_ok() {
            p.actions { (Button::quiet(&t(lang, "accessibility-edit", &[])).href("/accessibility/edit")) }
        }
    };
    let title = t(lang, "accessibility-title", &[]);
    let mut page = visit.page(&title).lead(&t(lang, "accessibility-lead", &[]));
    if visit.uri.query() == Some("done=saved") {
        page = page.notice(Notice::success(&t(lang, "accessibility-saved", &[])));
    }
    Ok(page.body(body).render())
}

/// The text of the reader's language; of another one than these two the English.
fn of<'a>(visit: &Visit, [swedish, english]: &'a [String; 2]) -> &'a str {
    if visit.lang.code() == "sv" { swedish } else { english }
}

fn listed(text: &str) -> Markup {
    html! { ul { @for line in lines(text) { li { (line) } } } }
}

/// How well it follows the law, and what is not accessible.
fn assessed(visit: &Visit, saved: &Saved) -> Markup {
    let (lang, statement) = (visit.lang, &saved.statement);
    let part = |title: String, lead: String, text: &str| {
        html! { @if !text.is_empty() { h2 { (title) } p { (lead) } (listed(text)) } }
    };
    html! {
        h2 { (t(lang, "accessibility-how", &[])) }
        p { (compliance_words(lang, statement.compliance)) }
        (part(t(lang, "accessibility-flaws", &[]), t(lang, "accessibility-flaws-lead", &[]), of(visit, &statement.flaws)))
        (part(t(lang, "accessibility-burden", &[]), t(lang, "accessibility-burden-lead", &[]), of(visit, &statement.burden)))
        (part(t(lang, "accessibility-exempt", &[]), t(lang, "accessibility-exempt-lead", &[]), of(visit, &statement.exempt)))
    }
}

/// Other ways to reach whoever answers.
fn reach(visit: &Visit, statement: &Statement) -> Markup {
    let lang = visit.lang;
    html! {
        ul {
            @if !statement.email.is_empty() {
                li { (t(lang, "accessibility-email", &[])) " " a href={ "mailto:" (statement.email) } { (statement.email) } }
            }
            @if !statement.telephone.is_empty() { li { (t(lang, "accessibility-telephone", &[])) " " (statement.telephone) } }
            @if !statement.address.is_empty() { li { (t(lang, "accessibility-address", &[])) " " (statement.address) } }
        }
    }
}

/// By which standard, how it was tested, and when.
fn technical(visit: &Visit, saved: &Saved) -> Markup {
    let (lang, when) = (visit.lang, visit.when());
    let day = |date| date_words(lang, date, when.today());
    html! {
        h2 { (t(lang, "accessibility-tested", &[])) }
        p { (t(lang, "accessibility-standard", &[])) }
        p { (method_words(lang, saved.statement.method)) }
        p { (t(lang, "accessibility-assessed", &[("day", &day(saved.statement.assessed_on))])) }
        p { (t(lang, "accessibility-updated", &[("day", &day(when.date(saved.at)))])) }
    }
}
