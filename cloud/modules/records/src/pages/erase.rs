//! `/my/data/erase`: what would be erased of what is kept of me, what stays and why; and then it is done.

use axum::Extension;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::CookieJar;
use cloud_contracts::{KeptBy, Record};
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Actor, SESSION_COOKIE, TenantTx};
use cloud_ui::{Button, Notice, Table, Tone, When, date_words, post_button, t};
use maud::{Markup, html};
use protocols_ids::PersonId;
use records_domain::{Basis, Fate, fate, the_rest_goes};
use serde_json::{Map, Value};

use super::mine::kept_of;
use crate::destroy::{over_before, write_down};
use crate::store::{self, Stored};
use crate::words::type_name;
use crate::{NAME, Ports};

/// Records of one person and type that are erased at once at most: more than anybody has.
const ERASED_MAX: u32 = 100_000;

/// What becomes of the records of one type.
struct Line {
    key: &'static str,
    fates: Vec<Fate>,
}

fn basis(kept_by: KeptBy, key: &str, decided: &[Stored]) -> Basis {
    match kept_by {
        KeptBy::Wish => Basis::Wish,
        KeptBy::TheRest => Basis::TheRest,
        KeptBy::Log => Basis::Log,
        KeptBy::Plan => {
            let stored = decided.iter().find(|stored| stored.information == key);
            Basis::Plan(stored.map(|stored| stored.decision.months))
        }
    }
}

async fn lines(
    tx: &mut TenantTx,
    ports: &Ports,
    decided: &[Stored],
    when: &When,
    person: PersonId,
) -> Result<Vec<Line>, Failure> {
    let mut all = kept_of(tx, ports, person).await?;
    let today = when.today();
    let lines = ports.types().filter_map(|(_, kept)| {
        let records = all.remove(kept.key)?;
        let basis = basis(kept.kept_by, kept.key, decided);
        let over = |record: &Record| record.over_at.filter(|at| *at <= when.now).map(|at| when.date(at));
        let of = |record: &Record| fate(basis, over(record), today);
        Some(Line { key: kept.key, fates: records.iter().map(of).collect() })
    });
    Ok(lines.collect())
}

fn words(when: &When, line: &Line, last: bool) -> Vec<String> {
    let lang = when.lang;
    let count = |wanted: fn(&Fate) -> bool| line.fates.iter().filter(|fate| wanted(fate)).count();
    let until = line.fates.iter().filter_map(|fate| match fate {
        Fate::KeptUntil(day) => Some(*day),
        Fate::Goes | Fate::GoesLast | Fate::UnderWay | Fate::Undecided | Fate::Logged => None,
    });
    let goes = count(|fate| matches!(fate, Fate::Goes))
        + if last { count(|fate| matches!(fate, Fate::GoesLast)) } else { 0 };
    let waits = if last { 0 } else { count(|fate| matches!(fate, Fate::GoesLast)) };
    let mut said = Vec::new();
    if goes > 0 {
        said.push(t(lang, "records-erase-goes", &[("count", &goes)]));
    }
    if waits > 0 {
        said.push(t(lang, "records-erase-waits", &[]));
    }
    let under_way = count(|fate| matches!(fate, Fate::UnderWay));
    if under_way > 0 {
        said.push(t(lang, "records-erase-under-way", &[("count", &under_way)]));
    }
    if let Some(day) = until.clone().max() {
        let day = date_words(lang, day, when.today());
        said.push(t(lang, "records-erase-until", &[("count", &until.count()), ("day", &day)]));
    }
    let undecided = count(|fate| matches!(fate, Fate::Undecided));
    if undecided > 0 {
        said.push(t(lang, "records-erase-undecided", &[("count", &undecided)]));
    }
    if count(|fate| matches!(fate, Fate::Logged)) > 0 {
        said.push(t(lang, "records-erase-log", &[]));
    }
    said
}

fn all_goes(lines: &[Line]) -> bool {
    the_rest_goes(lines.iter().flat_map(|line| line.fates.iter().copied()))
}

fn table(visit: &Visit, lines: &[Line]) -> Markup {
    let (lang, when) = (visit.lang, visit.when());
    let last = all_goes(lines);
    let (what, how) = (t(lang, "records-erase-what", &[]), t(lang, "records-erase-how", &[]));
    let table = Table::new(&t(lang, "records-erase-caption", &[]), &[&what, &how]);
    let table = lines.iter().fold(table, |table, line| {
        let said = words(&when, line, last);
        table.row([
            html! { (type_name(lang, line.key)) " (" (line.fates.len()) ")" },
            html! { @for one in &said { p { (one) } } },
        ])
    });
    html! { (table) }
}

/// The question.
pub async fn ask(visit: Visit, Extension(ports): Extension<Ports>) -> Result<Markup, Failure> {
    let person = visit.signed_in()?.person;
    let lang = visit.lang;
    let mut tx = visit.begin().await?;
    // What the transaction reads as over now is over.
    let when = When { now: tx.now(), ..visit.when() };
    let decided = store::in_force(&mut tx).await?;
    let lines = lines(&mut tx, &ports, &decided, &when, person).await?;
    tx.commit().await?;
    let goes = lines.iter().flat_map(|line| &line.fates).any(|fate| matches!(fate, Fate::Goes));
    let last = all_goes(&lines);
    let body = html! {
        (table(&visit, &lines))
        @if last {
            (Notice::new(Tone::Warning, &t(lang, "records-erase-all", &[])))
        } @else {
            p { (t(lang, "records-erase-some", &[])) }
        }
        div.actions {
            @if goes || last {
                (post_button("/my/data/erase", &Button::danger(&t(lang, "records-erase-do", &[]))))
            }
            (Button::quiet(&t(lang, "records-erase-back", &[])).href("/my/data"))
        }
    };
    let page = visit
        .page(&t(lang, "records-erase-title", &[]))
        .lead(&t(lang, "records-erase-lead", &[]))
        .crumb(&t(lang, "records-mine-title", &[]), "/my/data");
    Ok(page.body(body).render())
}

/// Erases what may be erased, and says what stays.
pub async fn erase(
    visit: Visit,
    jar: CookieJar,
    Extension(ports): Extension<Ports>,
) -> Result<Response, Failure> {
    let person = visit.signed_in()?.person;
    let lang = visit.lang;
    let mut tx = visit.begin().await?;
    // What the transaction reads as over now is over.
    let when = When { now: tx.now(), ..visit.when() };
    let decided = store::in_force(&mut tx).await?;
    let people = ports.customers.same_person(&mut tx, person).await?;
    let now = when.now;
    let mut gone: Map<String, Value> = Map::new();
    for (keeper, kept) in ports.types() {
        let basis = basis(kept.kept_by, kept.key, &decided);
        let before = match basis {
            Basis::Wish => Some(now),
            Basis::Plan(Some(months)) => over_before(now, &when.zone, months),
            Basis::Plan(None) | Basis::TheRest | Basis::Log => None,
        };
        let Some(before) = before else { continue };
        let mut count = 0;
        for one in &people {
            count += keeper.destroy(&mut tx, kept.key, Some(*one), before, ERASED_MAX).await?;
        }
        if count > 0 {
            gone.insert(kept.key.to_owned(), count.into());
            if let Some(stored) = decided.iter().find(|stored| stored.information == kept.key) {
                write_down(&mut tx, stored, before, count).await?;
            }
        }
    }
    let left = lines(&mut tx, &ports, &decided, &when, person).await?;
    let last = all_goes(&left);
    if last {
        for (keeper, kept) in ports.types().filter(|(_, kept)| kept.kept_by == KeptBy::TheRest) {
            for one in &people {
                keeper.destroy(&mut tx, kept.key, Some(*one), now, ERASED_MAX).await?;
            }
            gone.insert(kept.key.to_owned(), people.len().into());
        }
    }
    tx.audit(Actor::Person(person), "records.erased", Some(person.uuid()), &gone).await?;
    tx.commit().await?;
    tracing::info!(module = NAME, everything = last, "erased what somebody asked to have erased");
    let title = t(lang, "records-erased-title", &[]);
    if last {
        // Whoever asks by this visit is nobody any more.
        let nobody = Visit { viewer: cloud_kernel::Viewer::Anonymous, token: None, ..visit };
        let page = nobody.page(&title).body(html! { p { (t(lang, "records-erased-all", &[])) } });
        let over = axum_extra::extract::cookie::Cookie::build(SESSION_COOKIE).path("/");
        return Ok((jar.remove(over), page.render()).into_response());
    }
    let body = html! {
        p { (t(lang, "records-erased-some", &[])) }
        (table(&visit, &left))
        p { a href="/my/data" { (t(lang, "records-mine-title", &[])) } }
    };
    Ok(visit.page(&title).body(body).render().into_response())
}
