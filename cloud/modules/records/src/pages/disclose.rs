//! `/records/look`: records as they would be disclosed, where whoever discloses them masks; `/records/disclose`: the file.

use std::collections::{BTreeMap, BTreeSet};

use axum::Extension;
use axum::extract::Form;
use axum::response::{IntoResponse, Response};
use cloud_contracts::{Record, RecordsWanted, RecordsWhich};
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Actor, Role, TenantTx};
use cloud_ui::{Button, ErrorSummary, Field, Notice, t};
use data_encoding::HEXLOWER;
use http::{StatusCode, header};
use maud::{DOCTYPE, Markup, html};
use protocols_ids::{AuthorityId, Uuid};
use ring::digest::{Context, SHA256};
use serde_json::json;

use super::search::authorities;
use crate::Ports;
use crate::masks::{Mask, Place, mask};
use crate::store::{self, Disclosure};
use crate::words::{type_name, value};

/// Records in one file at most: what one person looks through before it goes.
const RECORDS_MAX: usize = 500;
/// Characters of what was asked for at most, as the table has it.
const ABOUT_MAX: usize = 300;
/// Characters of the ground for masking at most, as the table has it.
const GROUND_MAX: usize = 1000;

/// What was sent from the list, or from the records as they were looked at.
#[derive(Default)]
struct Asked {
    ids: BTreeMap<String, Vec<Uuid>>,
    masks: BTreeSet<(String, Uuid, usize)>,
    about: String,
    ground: String,
    seen: String,
}

impl Asked {
    /// `None` for what no page of ours sends.
    fn read(fields: Vec<(String, String)>) -> Option<Self> {
        let mut asked = Self::default();
        let mut count = 0;
        for (name, value) in fields {
            match name.as_str() {
                "record" => {
                    let (key, id) = value.split_once(':')?;
                    count += 1;
                    asked.ids.entry(key.to_owned()).or_default().push(id.parse().ok()?);
                }
                "mask" => {
                    let mut parts = value.splitn(3, ':');
                    let place =
                        (parts.next()?.to_owned(), parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
                    asked.masks.insert(place);
                }
                "about" => value.trim().clone_into(&mut asked.about),
                "ground" => value.trim().clone_into(&mut asked.ground),
                "seen" => asked.seen = value,
                _ => {}
            }
        }
        (count <= RECORDS_MAX).then_some(asked)
    }

    fn masks(&self, records: &[Record]) -> BTreeSet<Place> {
        let known = |key: &str| records.iter().map(|record| record.information).find(|one| *one == key);
        self.masks.iter().filter_map(|(key, id, place)| Some((known(key)?, *id, *place))).collect()
    }
}

async fn records(
    tx: &mut TenantTx,
    ports: &Ports,
    authorities: &[AuthorityId],
    asked: &Asked,
) -> Result<Vec<Record>, Failure> {
    let mut all = Vec::new();
    for keeper in ports.keepers.iter() {
        let of_it = keeper.types().iter().filter_map(|kept| asked.ids.get(kept.key)).flatten();
        let ids: Vec<Uuid> = of_it.copied().collect();
        if ids.is_empty() {
            continue;
        }
        let wanted = RecordsWanted {
            authorities: authorities.to_vec(),
            which: RecordsWhich::These(ids),
            most: u32::try_from(RECORDS_MAX).unwrap_or(u32::MAX),
        };
        let found = keeper.wanted(tx, &wanted).await?;
        all.extend(
            found.into_iter().filter(|record| {
                asked.ids.get(record.information).is_some_and(|ids| ids.contains(&record.id))
            }),
        );
    }
    Ok(all)
}

/// What the records say, as a mark of it: whoever discloses has seen that and nothing else.
fn mark(records: &[Record]) -> String {
    let mut said = Context::new(&SHA256);
    for record in records {
        said.update(format!("{record:?}").as_bytes());
    }
    HEXLOWER.encode(said.finish().as_ref())
}

fn screen(visit: &Visit, records: &[Record], asked: &Asked, errors: ErrorSummary, changed: bool) -> Markup {
    let (lang, when) = (visit.lang, visit.when());
    let masks = asked.masks(records);
    let one = |record: &Record| {
        let rows = record.facts.iter().enumerate().map(|(place, fact)| {
            let name = t(lang, fact.name, &[]);
            let id = format!("{}:{}:{place}", record.information, record.id);
            match mask(record, place, fact, &masks) {
                Mask::Always => html! {
                    dt { (name) } dd { (t(lang, "records-mask-always", &[])) }
                },
                chosen @ (Mask::Open | Mask::Chosen) => html! {
                    dt { (name) }
                    dd {
                        p { (value(&when, fact)) }
                        div.choice {
                            input type="checkbox" id=(format!("mask-{id}")) name="mask" value=(id)
                                checked[chosen == Mask::Chosen];
                            label for=(format!("mask-{id}")) { (t(lang, "records-mask", &[("fact", &name)])) }
                        }
                    }
                },
            }
        });
        html! {
            section {
                h2 { (type_name(lang, record.information)) " " (record.name) }
                input type="hidden" name="record" value=(format!("{}:{}", record.information, record.id));
                p.quiet { (when.day_and_clock(record.since)) }
                @if record.protected { p { (t(lang, "records-protected-hint", &[])) } }
                dl.facts { @for row in rows { (row) } }
            }
        }
    };
    let body = html! {
        form method="post" action="/records/disclose" novalidate {
            input type="hidden" name="seen" value=(mark(records));
            @for record in records { (one(record)) }
            (Field::text("about", &t(lang, "records-about", &[])).value(&asked.about).required()
                .hint(&t(lang, "records-about-hint", &[])).error(errors.of("about")))
            (Field::long_text("ground", &t(lang, "records-ground", &[])).value(&asked.ground)
                .hint(&t(lang, "records-ground-hint", &[])).error(errors.of("ground")))
            (Button::primary(&t(lang, "records-disclose", &[])))
        }
    };
    let mut page = visit
        .page(&t(lang, "records-look-title", &[]))
        .lead(&t(lang, "records-look-lead", &[]))
        .crumb(&t(lang, "records-search-title", &[]), "/records")
        .errors(errors);
    if changed {
        page = page.notice(Notice::warning(&t(lang, "records-changed", &[])));
    }
    page.body(body).render()
}

type Sent = Result<Form<Vec<(String, String)>>, axum::extract::rejection::FormRejection>;

fn read(sent: Sent) -> Result<Asked, Failure> {
    let Form(fields) = sent.map_err(|_| Failure::BadRequest("records that no page of ours has"))?;
    Asked::read(fields).ok_or(Failure::BadRequest("records that no page of ours has"))
}

/// Shows what would be disclosed.
pub async fn look(visit: Visit, Extension(ports): Extension<Ports>, sent: Sent) -> Result<Response, Failure> {
    let officer = visit.staff(Role::Officer)?;
    let asked = read(sent)?;
    let mut tx = visit.begin().await?;
    let records = records(&mut tx, &ports, &authorities(officer), &asked).await?;
    if records.is_empty() {
        return Ok(axum::response::Redirect::to("/records").into_response());
    }
    for record in records.iter().filter(|record| record.protected) {
        let detail = json!({ "information": record.information });
        tx.audit(Actor::Person(officer.person), "records.protected_read", Some(record.id), &detail).await?;
    }
    tx.commit().await?;
    Ok(screen(&visit, &records, &asked, ErrorSummary::new(visit.lang), false).into_response())
}

/// The file: one page of HTML that stands by itself.
fn document(visit: &Visit, records: &[Record], masks: &BTreeSet<Place>, ground: &str) -> (String, i32) {
    let (lang, when) = (visit.lang, visit.when());
    let mut masked = 0;
    let sections: Vec<Markup> = records
        .iter()
        .map(|record| {
            let rows: Vec<(String, Option<String>)> = record
                .facts
                .iter()
                .enumerate()
                .map(|(place, fact)| {
                    let open = mask(record, place, fact, masks) == Mask::Open;
                    masked += i32::from(!open);
                    (t(lang, fact.name, &[]), open.then(|| value(&when, fact)))
                })
                .collect();
            html! {
                section {
                    h2 { (type_name(lang, record.information)) " " (record.name) }
                    p { (when.day_and_clock(record.since)) }
                    dl {
                        @for (name, value) in &rows {
                            dt { (name) }
                            dd { @if let Some(value) = value { (value) } @else { "█████ " (t(lang, "records-masked", &[])) } }
                        }
                    }
                }
            }
        })
        .collect();
    let title = t(lang, "records-file-title", &[("municipality", &visit.tenant.name)]);
    let file = html! {
        (DOCTYPE)
        html lang=(lang.code()) {
            head { meta charset="utf-8"; title { (title) } }
            body {
                h1 { (title) }
                p { (t(lang, "records-file-made", &[("time", &when.day_and_clock(when.now)), ("records", &records.len()), ("masked", &i64::from(masked))])) }
                @if masked > 0 && !ground.is_empty() { p { (t(lang, "records-file-ground", &[("ground", &ground)])) } }
                @for section in &sections { (section) }
            }
        }
    };
    (file.into_string(), masked)
}

/// Makes the file and writes down that it was made.
pub async fn disclose(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    sent: Sent,
) -> Result<Response, Failure> {
    let officer = visit.staff(Role::Officer)?;
    let asked = read(sent)?;
    let lang = visit.lang;
    let mut tx = visit.begin().await?;
    let records = records(&mut tx, &ports, &authorities(officer), &asked).await?;
    if records.is_empty() {
        return Err(Failure::NotFound);
    }
    let mut errors = ErrorSummary::new(lang);
    if !(1..=ABOUT_MAX).contains(&asked.about.chars().count()) {
        errors = errors.error("about", &t(lang, "records-error-about", &[("most", &ABOUT_MAX)]));
    }
    let masks = asked.masks(&records);
    let grounded = (1..=GROUND_MAX).contains(&asked.ground.chars().count());
    if (!masks.is_empty() && !grounded) || asked.ground.chars().count() > GROUND_MAX {
        errors = errors.error("ground", &t(lang, "records-error-ground", &[("most", &GROUND_MAX)]));
    }
    let changed = asked.seen != mark(&records);
    if changed || !errors.is_empty() {
        let status = if changed { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY };
        // What is masked stands by its place: of records that say something else now, none is where it was.
        let asked = if changed { Asked { masks: BTreeSet::new(), ..asked } } else { asked };
        return Ok((status, screen(&visit, &records, &asked, errors, changed)).into_response());
    }
    let (file, masked) = document(&visit, &records, &masks, &asked.ground);
    let digest = ring::digest::digest(&SHA256, file.as_bytes());
    let disclosure = Disclosure {
        about: asked.about,
        ground: asked.ground,
        records: i32::try_from(records.len()).unwrap_or(i32::MAX),
        masked,
        file_sha256: digest.as_ref().to_vec(),
    };
    let id = store::disclosed(&mut tx, officer.person, &disclosure).await?;
    let ids: Vec<Uuid> = records.iter().map(|record| record.id).collect();
    let detail = json!({ "records": ids, "masked": masked, "sha256": HEXLOWER.encode(digest.as_ref()) });
    tx.audit(Actor::Person(officer.person), "records.disclosed", Some(id), &detail).await?;
    tx.commit().await?;
    let name = format!("attachment; filename=\"{}-{}.html\"", visit.tenant.slug, visit.when().today());
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, name),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    Ok((headers, file).into_response())
}
