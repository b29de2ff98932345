//! `/records`: finds public records by number, words and days, and lists what was disclosed.

use axum::Extension;
use axum::extract::Query;
use cloud_contracts::{Record, RecordsWanted, RecordsWhich, Tells};
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Role, SignedIn};
use cloud_ui::{Badge, Button, Checkbox, EmptyState, Field, Table, Tone, When, t};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use maud::{Markup, html};
use protocols_ids::AuthorityId;
use serde::Deserialize;

use crate::Ports;
use crate::store::{self, Disclosure};
use crate::words::{type_name, value};

/// Records of one type that are found at once at most: what somebody can look through.
const FOUND_MAX: u32 = 100;
/// Characters that are sought at most.
const WORDS_MAX: usize = 100;
/// Characters of a fact in the list.
const SHORT: usize = 60;

/// What is sought.
#[derive(Default, Deserialize)]
pub struct Sought {
    #[serde(default)]
    words: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    until: String,
}

/// The authorities whose records somebody may look for.
pub(super) fn authorities(officer: &SignedIn) -> Vec<AuthorityId> {
    let own = officer.roles.iter().filter(|(_, role)| *role == Role::Officer);
    own.map(|(authority, _)| *authority).collect()
}

impl Sought {
    fn is_blank(&self) -> bool {
        [&self.words, &self.from, &self.until].iter().all(|text| text.trim().is_empty())
    }

    /// As the modules are asked; days that cannot be read leave that end open.
    fn which(&self, when: &When) -> RecordsWhich {
        let midnight = |day: Date| day.to_zoned(when.zone.clone()).ok().map(|at| at.timestamp());
        let from = self.from.parse().ok().and_then(midnight);
        let until = self.until.parse::<Date>().ok().and_then(|day| midnight(day.checked_add(1.day()).ok()?));
        RecordsWhich::About {
            words: self.words.trim().chars().take(WORDS_MAX).collect(),
            from: from.unwrap_or(Timestamp::UNIX_EPOCH),
            until: until
                .or_else(|| midnight(when.today().checked_add(1000.days()).ok()?))
                .unwrap_or(when.now),
        }
    }
}

fn line(when: &When, record: &Record) -> String {
    let told = record.facts.iter().filter(|fact| {
        matches!(fact.tells, Tells::Case | Tells::Person) || (fact.tells == Tells::Words && !record.protected)
    });
    let told = told.map(|fact| value(when, fact)).filter(|text| !text.is_empty()).take(4);
    let told: Vec<String> = told.map(|text| text.chars().take(SHORT).collect()).collect();
    told.join(" · ")
}

fn log(visit: &Visit, disclosed: &[(String, Timestamp, Disclosure)]) -> Markup {
    let (lang, when) = (visit.lang, visit.when());
    let heads = [
        t(lang, "records-disclosed-when", &[]),
        t(lang, "records-disclosed-about", &[]),
        t(lang, "records-disclosed-count", &[]),
        t(lang, "records-disclosed-by", &[]),
    ];
    let [at, about, count, by] = &heads;
    let table = Table::new(&t(lang, "records-disclosed-caption", &[]), &[at, about, count, by]);
    let table = disclosed.iter().fold(table, |table, (officer, at, one)| {
        let counted = t(
            lang,
            "records-disclosed-counted",
            &[("records", &i64::from(one.records)), ("masked", &i64::from(one.masked))],
        );
        table.row([
            html! { (when.day_and_clock(*at)) },
            html! { (one.about) @if !one.ground.is_empty() { br; span.quiet { (one.ground) } } },
            html! { (counted) },
            html! { (officer) },
        ])
    });
    html! { (table) }
}

/// The page.
pub async fn show(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Query(sought): Query<Sought>,
) -> Result<Markup, Failure> {
    let officer = visit.staff(Role::Officer)?;
    let (lang, when) = (visit.lang, visit.when());
    let mut tx = visit.begin().await?;
    let mut found = Vec::new();
    if !sought.is_blank() {
        let wanted =
            RecordsWanted { authorities: authorities(officer), which: sought.which(&when), most: FOUND_MAX };
        for keeper in ports.keepers.iter() {
            found.extend(keeper.wanted(&mut tx, &wanted).await?);
        }
    }
    let disclosed = store::disclosed_last(&mut tx).await?;
    tx.commit().await?;
    let one = |record: &Record| {
        let label = format!("{} {}", type_name(lang, record.information), record.name);
        html! {
            li {
                (Checkbox::new("record", label.trim()).value(&format!("{}:{}", record.information, record.id)).checked(true)
                    .hint(&format!("{} · {}", when.day(record.since), line(&when, record))))
                @if record.protected { (Badge::new(Tone::Waiting, &t(lang, "records-protected", &[]))) }
            }
        }
    };
    let body = html! {
        form method="get" action="/records" role="search" {
            (Field::search("words", &t(lang, "records-search-words", &[])).value(&sought.words)
                .hint(&t(lang, "records-search-words-hint", &[])))
            (Field::date("from", &t(lang, "records-search-from", &[])).value(&sought.from).optional(lang))
            (Field::date("until", &t(lang, "records-search-until", &[])).value(&sought.until).optional(lang))
            (Button::primary(&t(lang, "records-search-find", &[])))
        }
        @if !sought.is_blank() {
            h2 { (t(lang, "records-found", &[("count", &found.len())])) }
            @if found.is_empty() {
                (EmptyState::new(&t(lang, "records-found-none", &[]), &t(lang, "records-found-none-hint", &[])))
            } @else {
                form method="post" action="/records/look" {
                    input type="hidden" name="about" value=(sought.words);
                    ul.plain-list { @for record in &found { (one(record)) } }
                    @if found.len() >= usize::try_from(FOUND_MAX).unwrap_or(usize::MAX) {
                        p.quiet { (t(lang, "records-found-more", &[("most", &FOUND_MAX)])) }
                    }
                    (Button::primary(&t(lang, "records-look", &[])))
                }
            }
        }
        @if !disclosed.is_empty() { (log(&visit, &disclosed)) }
    };
    let page = visit.page(&t(lang, "records-search-title", &[])).lead(&t(lang, "records-search-lead", &[]));
    Ok(page.body(body).render())
}
