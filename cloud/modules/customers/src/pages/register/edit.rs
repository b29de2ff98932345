//! `/customers/{customer}/edit`: what is known of a customer, changed. Of two who change it at once neither loses anything.

use axum::extract::{Form, Path};
use axum::response::{IntoResponse, Redirect, Response};
use cloud_contracts::CustomerKind;
use cloud_kernel::Actor;
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{Button, Checkbox, ErrorSummary, Field as Input, Lang, Notice, t};
use customers_domain::{AgeGroup, Facts, Field};
use http::StatusCode;
use maud::{Markup, html};
use serde_json::json;

use super::{For, Work};
use crate::pages::words::{Sent, field_words, summary};
use crate::store::register;

/// The fields of a form for a kind of customer.
pub(crate) fn fields_of(kind: CustomerKind) -> &'static [Field] {
    match kind {
        CustomerKind::Person => &[Field::Name, Field::Address, Field::Town, Field::Email, Field::Telephone],
        CustomerKind::Association | CustomerKind::Company | CustomerKind::Unit => &Field::ALL,
    }
}

/// Which of the fields whoever works here may change.
fn may_change(work: &Work<'_>, field: Field) -> bool {
    match field {
        // Of a person who signs in, whoever lets them sign in says what they are called.
        Field::Name => work.staff && !(work.card.kind == CustomerKind::Person && work.card.signs_in),
        Field::Number => work.staff,
        Field::Address
        | Field::Town
        | Field::Email
        | Field::Telephone
        | Field::Web
        | Field::Sports
        | Field::Ages => true,
    }
}

/// The form's controls.
pub(crate) fn controls(lang: Lang, fields: &[Field], facts: &Facts, errors: &ErrorSummary) -> Markup {
    html! {
        @for field in fields {
            @let label = field_words(lang, *field);
            @let error = errors.of(field.key());
            @match field {
                Field::Name => (Input::text(field.key(), &label).value(&facts.name).error(error).required()),
                Field::Number => (Input::text(field.key(), &label).hint(&t(lang, "people-number-hint", &[]))
                    .value(&facts.number).error(error).optional(lang)),
                Field::Address => (Input::text(field.key(), &label).hint(&t(lang, "people-address-hint", &[]))
                    .value(&facts.address).error(error).optional(lang)),
                Field::Town => (Input::text(field.key(), &label).value(&facts.town).error(error).optional(lang)),
                Field::Email => (Input::email(field.key(), &label).autocomplete("off").value(&facts.email).error(error).optional(lang)),
                Field::Telephone => (Input::telephone(field.key(), &label).autocomplete("off").value(&facts.telephone).error(error).optional(lang)),
                Field::Web => (Input::text(field.key(), &label).value(&facts.web).error(error).optional(lang)),
                Field::Sports => (Input::text(field.key(), &label).hint(&t(lang, "people-sports-hint", &[]))
                    .value(&facts.sports).error(error).optional(lang)),
                Field::Ages => fieldset.field id="age_groups" {
                    legend { (label) " " span.quiet { (t(lang, "ui-optional", &[])) } }
                    @for group in AgeGroup::ALL {
                        (Checkbox::new(&format!("age-{}", group.key()), &age_words(lang, group))
                            .checked(facts.ages.split(", ").any(|key| key == group.key())))
                    }
                },
            }
        }
    }
}

/// `7–12 år`.
pub(crate) fn age_words(lang: Lang, group: AgeGroup) -> String {
    match group {
        AgeGroup::Small => t(lang, "people-age-small", &[]),
        AgeGroup::Children => t(lang, "people-age-children", &[]),
        AgeGroup::Youth => t(lang, "people-age-youth", &[]),
        AgeGroup::Adults => t(lang, "people-age-adults", &[]),
        AgeGroup::Seniors => t(lang, "people-age-seniors", &[]),
    }
}

/// What was typed into these fields, over what stands there.
pub(crate) fn typed(sent: &Sent, fields: impl Iterator<Item = Field>, known: &Facts) -> Facts {
    let mut facts = known.clone();
    for field in fields {
        if field == Field::Ages {
            let ticked = |group: &AgeGroup| sent.ticked(&format!("age-{}", group.key()));
            let keys: Vec<&str> = AgeGroup::ALL.into_iter().filter(ticked).map(AgeGroup::key).collect();
            facts.set(field, &keys.join(", "));
        } else {
            facts.set(field, sent.text(field.key()));
        }
    }
    facts.tidy()
}

/// The form.
pub(crate) async fn show(visit: Visit, Path(id): Path<String>) -> Result<Markup, Failure> {
    let work = Work::begin(&visit, &id, For::Keeping).await?;
    if work.card.merged_into.is_some() || work.hidden() {
        return Err(Failure::NotFound);
    }
    let facts = work.card.facts.clone();
    page(work, &facts, ErrorSummary::new(visit.lang), &[]).await
}

async fn page(
    work: Work<'_>,
    facts: &Facts,
    errors: ErrorSummary,
    meanwhile: &[Field],
) -> Result<Markup, Failure> {
    let lang = work.visit.lang;
    let fields: Vec<Field> =
        fields_of(work.card.kind).iter().copied().filter(|field| may_change(&work, *field)).collect();
    let mut notices = Vec::new();
    if !meanwhile.is_empty() {
        let words: Vec<String> = meanwhile.iter().map(|field| field_words(lang, *field)).collect();
        let text = t(lang, "people-meanwhile", &[("fields", &words.join(", "))]);
        notices.push(Notice::warning(&text).more(&t(lang, "people-meanwhile-next", &[])));
    }
    let body = html! {
        form method="post" action=(work.href("/edit")) {
            input type="hidden" name="revision" value=(work.card.revision);
            // What stood there, so that what only the others changed is not written over.
            @for field in &fields { input type="hidden" name={ "was-" (field.key()) } value=(work.card.facts.get(*field)); }
            (controls(lang, &fields, facts, &errors))
            @if !work.staff { p.quiet { (t(lang, "people-edit-rest", &[])) } }
            (Button::primary(&t(lang, "ui-save", &[])))
        }
    };
    let title = t(lang, "people-edit-title", &[("name", &work.name())]);
    work.finish(&title, errors, notices, body).await
}

/// Saves, or says beside the field what is wrong.
pub(crate) async fn save(
    visit: Visit,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Failure> {
    let lang = visit.lang;
    let mut work = Work::begin(&visit, &id, For::Keeping).await?;
    if work.card.merged_into.is_some() || work.hidden() {
        return Err(Failure::NotFound);
    }
    let fields: Vec<Field> =
        fields_of(work.card.kind).iter().copied().filter(|field| may_change(&work, *field)).collect();
    let known = work.card.facts.clone();
    let facts = typed(&sent, fields.iter().copied(), &known);
    let errors = summary(lang, facts.problems());
    let revision: i64 =
        sent.text("revision").parse().map_err(|_| Failure::BadRequest("a form without its revision"))?;
    if !errors.is_empty() {
        let page = page(work, &facts, errors, &[]).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let changed = facts.differences(&known);
    if revision == work.card.revision && changed.is_empty() {
        return Ok(Redirect::to(&format!("{}?done=saved", work.href(""))).into_response());
    }
    let written = revision == work.card.revision
        && register::write_facts(&mut work.tx, work.card.id, revision, &facts).await?;
    if written {
        let keys: Vec<&str> = changed.iter().map(|field| field.key()).collect();
        let (actor, whom) = (Actor::Person(work.person.person), Some(work.card.id.uuid()));
        work.tx.audit(actor, "customers.changed", whom, &json!({ "fields": keys })).await?;
        let to = format!("{}?done=saved", work.href(""));
        work.tx.commit().await?;
        return Ok(Redirect::to(&to).into_response());
    }
    // Somebody else has written: what they wrote stands where this form did not, and is told before anything is saved.
    if let Some(card) = register::card(&mut work.tx, work.card.id).await? {
        work.card = card;
    }
    let mut was = work.card.facts.clone();
    for field in &fields {
        was.set(*field, sent.text(&format!("was-{}", field.key())));
    }
    let meanwhile = work.card.facts.differences(&was);
    let both = facts.over(&was, &work.card.facts);
    let page = page(work, &both, errors, &meanwhile).await?;
    Ok((StatusCode::CONFLICT, page).into_response())
}
