//! `/customers/{customer}/acting`: who may act for a customer; given, changed and taken back by its administrators.

use axum::extract::{Form, Path};
use axum::response::{IntoResponse, Redirect, Response};
use cloud_contracts::CustomerKind;
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{
    Badge, Button, Card, EmptyState, ErrorSummary, Field as Input, Lang, Notice, Select, Tone, date_words, t,
};
use customers_domain::{Hold, NAME_CHARS_MAX, Role, Standing, is_email, one_line, unled_from};
use http::StatusCode;
use maud::{Markup, html};

use super::{For, Work};
use crate::pages::words::{
    Sent, date_value, days_fields, days_words, hold_words, read_days, role_rights, role_words, standing_badge,
};
use crate::personal_number::PersonalNumber;
use crate::roles::{self, By, Refused, To, Wanted};
use crate::store::invitations::{self, Invitation, Which};
use crate::store::mandates::{self, Acting};

/// What stands in the form that gives; never a personal number, which is not shown again.
struct Typed {
    label: String,
    role: Role,
    email: String,
    days: (String, String),
}

impl Default for Typed {
    fn default() -> Self {
        Self {
            label: String::new(),
            role: Role::Booker,
            email: String::new(),
            days: (String::new(), String::new()),
        }
    }
}

/// Who may act.
pub(crate) async fn show(visit: Visit, Path(id): Path<String>) -> Result<Markup, Failure> {
    let work = Work::begin(&visit, &id, For::Reading).await?;
    page(work, &Typed::default(), ErrorSummary::new(visit.lang)).await
}

/// Who may act for a person, their guardians, is staff's to read and to change.
fn may_be_here(work: &Work<'_>) -> Result<(), Failure> {
    if work.card.kind == CustomerKind::Person && (!work.staff || work.hidden()) {
        Err(Failure::NotFound)
    } else {
        Ok(())
    }
}

async fn page(mut work: Work<'_>, typed: &Typed, errors: ErrorSummary) -> Result<Markup, Failure> {
    let (visit, lang) = (work.visit, work.visit.lang);
    may_be_here(&work)?;
    let today = visit.when().today();
    let mut all = mandates::acting(&mut work.tx, work.card.id).await?;
    all.sort_by_key(|one| (one.during.standing(today) == Standing::Over, one.hold, one.name.clone()));
    let open = invitations::open(&mut work.tx, Which::Of(work.card.id)).await?;
    let keeps = (work.staff || work.leads) && work.card.merged_into.is_none();
    let mut notices = Vec::new();
    let rules: Vec<_> = all.iter().filter_map(Acting::mandate).collect();
    let organisation = work.card.kind != CustomerKind::Person;
    if keeps
        && organisation
        && let Some(from) = unled_from(&rules, today)
    {
        let text = if from == today {
            t(lang, "people-unled", &[])
        } else {
            t(lang, "people-unled-from", &[("day", &date_words(lang, from, today))])
        };
        notices.push(Notice::warning(&text).more(&t(lang, "people-unled-next", &[])));
    }
    let body = html! {
        @if all.is_empty() && open.is_empty() {
            (EmptyState::new(&t(lang, "people-nobody-acts", &[]), &t(lang, "people-nobody-acts-hint", &[])))
        } @else {
            ul.list {
                @for one in &all { (line(&work, one, keeps, &errors)) }
                @if keeps { @for one in &open { (invited(&work, one)) } }
            }
        }
        @if keeps && organisation { (giving(&work, typed, &errors)) }
        @if keeps && !organisation { (guarding(&work, typed, &errors)) }
    };
    let title = t(lang, "people-acting-title", &[("name", &work.name())]);
    work.finish(&title, errors, notices, body).await
}

fn line(work: &Work<'_>, one: &Acting, keeps: bool, errors: &ErrorSummary) -> Markup {
    let (visit, lang) = (work.visit, work.visit.lang);
    let own = one.people.contains(&work.person.person);
    let name = match (one.hidden, own) {
        (true, true) => work.person.name.clone(),
        (true, false) => t(lang, "customers-protected", &[]),
        (false, _) => one.name.clone(),
    };
    let name = if name.is_empty() { t(lang, "people-nameless", &[]) } else { name };
    let prefix = format!("{}-", one.id.simple());
    let days = (date_value(one.during.from()), date_value(one.during.to()));
    html! {
        li.link-card.acting {
            div {
                p { strong { (name) } @if own { " " span.quiet { (t(lang, "people-you", &[])) } } }
                p { (hold_words(lang, one.hold)) " · " (days_words(visit, one.during)) }
            }
            div.link-card-badges {
                @if one.people.is_empty() { (Badge::new(Tone::Waiting, &t(lang, "people-awaited", &[]))) }
                @if let Some(badge) = standing_badge(lang, one.during.standing(visit.when().today())) { (badge) }
            }
            @if keeps && one.hold == Hold::Guardian {
                form.inline method="post" action=(work.href("/acting/take-back")) {
                    input type="hidden" name="mandate" value=(one.id);
                    (Button::danger(&t(lang, "people-take-back", &[])).about(&name))
                }
            }
            @if keeps && matches!(one.hold, Hold::Role(_)) {
                details open[errors.fields().any(|field| field.starts_with(&prefix))] {
                    summary { (t(lang, "ui-change", &[])) span.visually-hidden { " " (name) ", " (hold_words(lang, one.hold)) } }
                    form method="post" action=(work.href("/acting/change")) {
                        input type="hidden" name="mandate" value=(one.id);
                        (days_fields(lang, &prefix, (&days.0, &days.1), errors))
                        (Button::quiet(&t(lang, "people-change-days", &[])).about(&name))
                    }
                    form method="post" action=(work.href("/acting/take-back")) {
                        input type="hidden" name="mandate" value=(one.id);
                        (Button::danger(&t(lang, "people-take-back", &[])).about(&name))
                    }
                }
            }
        }
    }
}

fn invited(work: &Work<'_>, one: &Invitation) -> Markup {
    let (visit, lang) = (work.visit, work.visit.lang);
    let until = visit.when().day_and_clock(one.expires_at);
    html! {
        li.link-card.acting {
            div {
                p { strong { (one.label) } }
                p { (role_words(lang, one.role)) " · " (days_words(visit, one.during)) }
                p.quiet { (t(lang, "people-invited-to", &[("email", &one.email), ("until", &until)])) }
            }
            div.link-card-badges { (Badge::new(Tone::Waiting, &t(lang, "people-invited-badge", &[]))) }
            form.inline method="post" action=(work.href("/acting/withdraw")) {
                input type="hidden" name="invitation" value=(one.id);
                (Button::danger(&t(lang, "people-withdraw", &[])).about(&one.label))
            }
        }
    }
}

fn giving(work: &Work<'_>, typed: &Typed, errors: &ErrorSummary) -> Markup {
    let lang = work.visit.lang;
    let select = Role::ALL.into_iter().fold(
        Select::new("role", &t(lang, "people-role", &[])).chosen(typed.role.key()).error(errors.of("role")),
        |select, role| select.option(role.key(), &role_words(lang, role)),
    );
    html! {
        (Card::new("give", &t(lang, "people-give", &[]), html! {
            form method="post" action=(work.href("/acting")) {
                (Input::text("label", &t(lang, "people-person-name", &[])).hint(&t(lang, "people-label-hint", &[]))
                    .value(&typed.label).error(errors.of("label")).autocomplete("off").required())
                (select)
                ul.quiet { @for role in Role::ALL { li { (role_words(lang, role)) ": " (role_rights(lang, role)) } } }
                (days_fields(lang, "", (&typed.days.0, &typed.days.1), errors))
                p { (t(lang, "people-how", &[])) }
                (Input::text("personal_number", &t(lang, "people-personal-number", &[]))
                    .hint(&t(lang, "people-personal-number-give", &[])).error(errors.of("personal_number"))
                    .autocomplete("off").optional(lang))
                (Input::email("email", &t(lang, "people-email-invite", &[])).hint(&t(lang, "people-email-invite-hint", &[("days", &roles::INVITATION_DAYS)]))
                    .value(&typed.email).error(errors.of("email")).autocomplete("off").optional(lang))
                (Button::primary(&t(lang, "people-give-go", &[])))
            }
        }))
    }
}

fn guarding(work: &Work<'_>, typed: &Typed, errors: &ErrorSummary) -> Markup {
    let lang = work.visit.lang;
    html! {
        (Card::new("give", &t(lang, "people-guardian-add", &[]), html! {
            p { (t(lang, "people-guardian-add-what", &[])) }
            form method="post" action=(work.href("/acting/guardian")) {
                (Input::text("label", &t(lang, "people-person-name", &[])).value(&typed.label).error(errors.of("label"))
                    .autocomplete("off").required())
                (Input::text("personal_number", &t(lang, "people-personal-number", &[]))
                    .hint(&t(lang, "people-personal-number-give", &[])).error(errors.of("personal_number"))
                    .autocomplete("off").required())
                (Button::primary(&t(lang, "people-guardian-add-go", &[])))
            }
        }))
    }
}

/// Makes somebody the guardian of a child that the register knows the number of.
pub(crate) async fn guard(
    visit: Visit,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Failure> {
    let lang = visit.lang;
    let mut work = Work::begin(&visit, &id, For::Staff).await?;
    may_be_here(&work)?;
    if work.card.kind != CustomerKind::Person {
        return Err(Failure::NotFound);
    }
    let mut errors = ErrorSummary::new(lang);
    let label = one_line(sent.text("label"));
    if label.is_empty() || label.chars().count() > NAME_CHARS_MAX {
        errors = errors.error("label", &t(lang, "people-wrong-missing", &[]));
    }
    let number = PersonalNumber::parse(sent.text("personal_number"));
    if number.is_none() {
        errors = errors.error("personal_number", &t(lang, "people-wrong-personal-number", &[]));
    }
    let mut status = StatusCode::UNPROCESSABLE_ENTITY;
    if let (Some(number), true) = (number, errors.is_empty()) {
        let by = By::new(work.person, work.staff, visit.when().today(), &visit.tenant.time_zone);
        match roles::guard(&mut work.tx, &by, work.card.id, &number, &label).await? {
            Ok(()) => {
                let to = format!("{}?done=given", work.href("/acting"));
                work.tx.commit().await?;
                return Ok(Redirect::to(&to).into_response());
            }
            Err(refused) => {
                status = StatusCode::CONFLICT;
                errors = errors.error("label", &refused_words(lang, refused));
            }
        }
    }
    let typed = Typed { label, ..Typed::default() };
    let page = page(work, &typed, errors).await?;
    Ok((status, page).into_response())
}

/// Why nothing was changed, as it stands beside the form.
pub(crate) fn refused_words(lang: Lang, refused: Refused) -> String {
    match refused {
        Refused::NotYours => t(lang, "people-refused-not-yours", &[]),
        Refused::LastAdministrator => t(lang, "people-refused-last", &[]),
        Refused::TooMany => t(lang, "people-refused-many", &[]),
        Refused::Already => t(lang, "people-refused-already", &[]),
        Refused::Gone => t(lang, "people-refused-gone", &[]),
        Refused::NoChild => t(lang, "people-refused-no-child", &[]),
    }
}

/// Gives a role, or invites to it.
pub(crate) async fn give(
    visit: Visit,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Failure> {
    let lang = visit.lang;
    let mut work = Work::begin(&visit, &id, For::Keeping).await?;
    may_be_here(&work)?;
    let (during, mut errors) = read_days(lang, "", &sent, ErrorSummary::new(lang));
    let label = one_line(sent.text("label"));
    if label.is_empty() {
        errors = errors.error("label", &t(lang, "people-wrong-missing", &[]));
    } else if label.chars().count() > NAME_CHARS_MAX {
        errors = errors.error("label", &t(lang, "people-wrong-long", &[("most", &NAME_CHARS_MAX)]));
    }
    let role = Role::parse(sent.text("role"));
    if role.is_none() {
        errors = errors.error("role", &t(lang, "people-wrong-unknown", &[]));
    }
    if during.standing(visit.when().today()) == Standing::Over {
        errors = errors.error("to", &t(lang, "people-wrong-past", &[]));
    }
    let (number, email) = (sent.text("personal_number"), sent.text("email"));
    let to = match (number.is_empty(), email.is_empty()) {
        (true, true) | (false, false) => {
            errors = errors.error("personal_number", &t(lang, "people-wrong-how", &[]));
            None
        }
        (false, true) => {
            let read = PersonalNumber::parse(number);
            if read.is_none() {
                errors = errors.error("personal_number", &t(lang, "people-wrong-personal-number", &[]));
            }
            read.map(To::Number)
        }
        (true, false) if is_email(email) => Some(To::Email(email, lang.code())),
        (true, false) => {
            errors = errors.error("email", &t(lang, "people-wrong-email", &[]));
            None
        }
    };
    let mut status = StatusCode::UNPROCESSABLE_ENTITY;
    if let (Some(to), Some(role), true) = (to, role, errors.is_empty()) {
        let done = if matches!(to, To::Email(..)) { "invited" } else { "given" };
        let wanted = Wanted { customer: work.card.id, role, during, label: &label };
        let by = By::new(work.person, work.staff, visit.when().today(), &visit.tenant.time_zone);
        match roles::give(&mut work.tx, &by, to, &wanted).await? {
            Ok(()) => {
                let to = format!("{}?done={done}", work.href("/acting"));
                work.tx.commit().await?;
                return Ok(Redirect::to(&to).into_response());
            }
            Err(refused) => {
                status = StatusCode::CONFLICT;
                errors = errors.error("label", &refused_words(lang, refused));
            }
        }
    }
    let typed = Typed {
        label,
        role: role.unwrap_or(Role::Booker),
        email: email.to_owned(),
        days: (sent.text("from").to_owned(), sent.text("to").to_owned()),
    };
    let page = page(work, &typed, errors).await?;
    Ok((status, page).into_response())
}

/// Lets a role hold on other days.
pub(crate) async fn change(
    visit: Visit,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Failure> {
    let lang = visit.lang;
    let mut work = Work::begin(&visit, &id, For::Keeping).await?;
    may_be_here(&work)?;
    let mandate = sent.id("mandate")?;
    let prefix = format!("{}-", mandate.simple());
    let (during, mut errors) = read_days(lang, &prefix, &sent, ErrorSummary::new(lang));
    let mut status = StatusCode::UNPROCESSABLE_ENTITY;
    if errors.is_empty() {
        let by = By::new(work.person, work.staff, visit.when().today(), &visit.tenant.time_zone);
        match roles::change(&mut work.tx, &by, work.card.id, mandate, during).await? {
            Ok(()) => {
                let to = format!("{}?done=changed", work.href("/acting"));
                work.tx.commit().await?;
                return Ok(Redirect::to(&to).into_response());
            }
            Err(refused) => {
                status = StatusCode::CONFLICT;
                errors = errors.error(&format!("{prefix}to"), &refused_words(lang, refused));
            }
        }
    }
    let page = page(work, &Typed::default(), errors).await?;
    Ok((status, page).into_response())
}

/// Takes a role back.
pub(crate) async fn take_back(
    visit: Visit,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Failure> {
    let lang = visit.lang;
    let mut work = Work::begin(&visit, &id, For::Keeping).await?;
    may_be_here(&work)?;
    let mandate = sent.id("mandate")?;
    let by = By::new(work.person, work.staff, visit.when().today(), &visit.tenant.time_zone);
    match roles::take_back(&mut work.tx, &by, work.card.id, mandate).await? {
        Ok(()) => {
            let to = format!("{}?done=taken-back", work.href("/acting"));
            work.tx.commit().await?;
            Ok(Redirect::to(&to).into_response())
        }
        Err(refused) => {
            let field = format!("{}-to", mandate.simple());
            let errors = ErrorSummary::new(lang).error(&field, &refused_words(lang, refused));
            let page = page(work, &Typed::default(), errors).await?;
            Ok((StatusCode::CONFLICT, page).into_response())
        }
    }
}

/// Withdraws an invitation.
pub(crate) async fn withdraw(
    visit: Visit,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Failure> {
    let lang = visit.lang;
    let mut work = Work::begin(&visit, &id, For::Keeping).await?;
    let by = By::new(work.person, work.staff, visit.when().today(), &visit.tenant.time_zone);
    match roles::withdraw(&mut work.tx, &by, work.card.id, sent.id("invitation")?).await? {
        Ok(()) => {
            let to = format!("{}?done=withdrawn", work.href("/acting"));
            work.tx.commit().await?;
            Ok(Redirect::to(&to).into_response())
        }
        Err(refused) => {
            let errors = ErrorSummary::new(lang).error("label", &refused_words(lang, refused));
            let page = page(work, &Typed::default(), errors).await?;
            Ok((StatusCode::CONFLICT, page).into_response())
        }
    }
}
