//! `/desk/messages/words`: what letters say in words of the municipality's own, kept by administrators; and when nothing
//! rings here.

use axum::extract::{Form, Path};
use axum::response::{IntoResponse, Redirect, Response};
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Actor, Role};
use cloud_ui::{Badge, Button, Card, Checkbox, ErrorSummary, Field, Lang, LinkCard, Notice, Tone, When, t};
use http::StatusCode;
use jiff::SignedDuration;
use jiff::civil::Time;
use maud::html;
use notifications_domain::{Place, QuietHours, TemplateError, check_paragraph, check_subject};
use protocols_ids::{OccurrenceId, Uuid};
use serde_json::json;

use super::kind_words;
use super::settings::{field_time, quiet_words};
use crate::letter::{Happened, Letter, TimeTold, Told};
use crate::store::template::{self as rows, Template};
use crate::store::{Kind, person};

/// Kinds of letter whose words can be changed: those to who has booked.
const KINDS: [Kind; 8] = [
    Kind::Requested,
    Kind::Confirmed,
    Kind::Refused,
    Kind::Changed,
    Kind::Cancelled,
    Kind::Rearranged(Uuid::nil()),
    Kind::Closed(Uuid::nil()),
    Kind::Opened(Uuid::nil()),
];

/// A booking's number in an example.
const EXAMPLE_NUMBER: u64 = 1042;

fn kind_of(text: &str) -> Result<Kind, Failure> {
    KINDS.into_iter().find(|kind| kind.as_str() == text).ok_or(Failure::NotFound)
}

fn language_of(text: &str) -> Result<Lang, Failure> {
    Lang::parse(text).ok_or(Failure::NotFound)
}

/// All kinds with their languages, and quiet hours.
pub async fn list(visit: Visit) -> Result<Response, Failure> {
    visit.staff(Role::Administrator)?;
    let mut tx = visit.begin().await?;
    let own = rows::kinds(&mut tx).await?;
    let quiet = person::tenant_quiet(&mut tx).await?;
    tx.commit().await?;
    let shown = quiet.unwrap_or(QuietHours::USUAL);
    let typed = (quiet.is_some(), field_time(shown.from()), field_time(shown.until()));
    Ok(list_page(&visit, StatusCode::OK, &own, quiet, &typed, &ErrorSummary::new(visit.lang)))
}

fn list_page(
    visit: &Visit,
    status: StatusCode,
    own: &[(String, String)],
    quiet: Option<QuietHours>,
    (on, from, until): &(bool, String, String),
    errors: &ErrorSummary,
) -> Response {
    let lang = visit.lang;
    let card = |kind: Kind, language: Lang| {
        let has = own.iter().any(|(one, of)| one == kind.as_str() && of == language.code());
        let badge = if has {
            Badge::new(Tone::Mine, &t(lang, "messages-words-own", &[]))
        } else {
            Badge::new(Tone::Info, &t(lang, "messages-words-ours", &[]))
        };
        let href = format!("/desk/messages/words/{}/{}", kind.as_str(), language.code());
        let number = EXAMPLE_NUMBER.to_string();
        LinkCard::new(&kind_words(lang, kind, &number), &href).line(language.own_name()).badge(badge)
    };
    let cards: Vec<LinkCard> = KINDS
        .into_iter()
        .flat_map(|kind| Lang::all().map(move |language| (kind, language)))
        .map(|(kind, language)| card(kind, language))
        .collect();
    let body = html! {
        (Card::new("quiet-hours", &t(lang, "messages-quiet", &[]), html! {
            p { (t(lang, "messages-quiet-now", &[("hours", &quiet_words(lang, quiet))])) }
            form method="post" action="/desk/messages/words" {
                (Checkbox::new("quiet", &t(lang, "messages-quiet-tenant", &[])).checked(*on))
                (Field::time("from", &t(lang, "messages-quiet-from", &[])).value(from).error(errors.of("from")))
                (Field::time("until", &t(lang, "messages-quiet-until", &[])).value(until).error(errors.of("until")))
                p.actions { (Button::quiet(&t(lang, "messages-save", &[]))) }
            }
        }))
        h2 { (t(lang, "messages-words-letters", &[])) }
        (LinkCard::list(&cards))
    };
    let mut page =
        visit.page(&t(lang, "messages-words-title", &[])).lead(&t(lang, "messages-words-lead", &[]));
    for (done, text) in [
        ("done=saved", t(lang, "messages-done-saved", &[])),
        ("done=back", t(lang, "messages-words-done-back", &[])),
    ] {
        if errors.is_empty() && visit.uri.query() == Some(done) {
            page = page.notice(Notice::success(&text));
        }
    }
    (status, page.errors(errors.clone()).body(body).render()).into_response()
}

type Sent = Result<Form<Vec<(String, String)>>, axum::extract::rejection::FormRejection>;

fn fields(sent: Sent) -> Result<Vec<(String, String)>, Failure> {
    match sent {
        Ok(Form(fields)) => Ok(fields),
        Err(_) => Err(Failure::BadRequest("a form of words that no page of ours has")),
    }
}

fn one(fields: &[(String, String)], name: &str) -> String {
    let value = fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim());
    // Browsers end lines as the network does.
    value.unwrap_or_default().replace("\r\n", "\n")
}

/// Keeps when nothing rings here.
pub async fn save_quiet(visit: Visit, sent: Sent) -> Result<Response, Failure> {
    let admin = visit.staff(Role::Administrator)?.person;
    let fields = fields(sent)?;
    let (from, until) = (one(&fields, "from"), one(&fields, "until"));
    let on = fields.iter().any(|(name, _)| name == "quiet");
    let read = |text: &str| {
        text.parse::<Time>().ok().and_then(|clock| Time::new(clock.hour(), clock.minute(), 0, 0).ok())
    };
    let quiet = match (on, read(&from), read(&until)) {
        (false, ..) => Ok(None),
        (true, Some(from), Some(until)) => QuietHours::new(from, until)
            .map(Some)
            .ok_or(("until", t(visit.lang, "messages-error-quiet-same", &[]))),
        (true, None, _) => Err(("from", t(visit.lang, "messages-error-clock", &[]))),
        (true, _, None) => Err(("until", t(visit.lang, "messages-error-clock", &[]))),
    };
    let mut tx = visit.begin().await?;
    let quiet = match quiet {
        Ok(quiet) => quiet,
        Err((field, text)) => {
            let own = rows::kinds(&mut tx).await?;
            let stands = person::tenant_quiet(&mut tx).await?;
            tx.commit().await?;
            let errors = ErrorSummary::new(visit.lang).error(field, &text);
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            return Ok(list_page(&visit, status, &own, stands, &(on, from, until), &errors));
        }
    };
    person::set_tenant_quiet(&mut tx, quiet).await?;
    let detail = json!({ "from": quiet.map(|quiet| field_time(quiet.from())), "until": quiet.map(|quiet| field_time(quiet.until())) });
    tx.audit(Actor::Person(admin), "notifications.quiet_hours", None, &detail).await?;
    tx.commit().await?;
    Ok(Redirect::to("/desk/messages/words?done=saved").into_response())
}

/// A booking that nobody has, as a letter would tell of it.
fn example(visit: &Visit, kind: Kind, lang: Lang) -> Told {
    let now = visit.kernel.now();
    let later = |hours| now.saturating_add(SignedDuration::from_hours(hours)).unwrap_or(now);
    let place = t(lang, "messages-words-example-place", &[]);
    let when = When { lang, ..visit.when() };
    let time = TimeTold {
        occurrence: OccurrenceId::new(Uuid::nil()),
        uid: String::new(),
        starts_at: later(48),
        ends_at: later(50),
        when: when.clone(),
        place: place.clone(),
        address: None,
        code: None,
    };
    let said = format!("{}, {place}", when.span(later(24), later(26)));
    let happened = match kind {
        Kind::Rearranged(_) => Happened {
            reason: t(lang, "messages-words-example-reason", &[]),
            gone: vec![said],
            ..Happened::default()
        },
        Kind::Closed(_) => {
            Happened { reason: t(lang, "messages-words-example-reason", &[]), ..Happened::default() }
        }
        _ => Happened::default(),
    };
    let home = visit.kernel.service().url(&visit.tenant.host, "/");
    Told {
        lang,
        tenant: visit.tenant.name.clone(),
        page: format!("{home}bookings/…"),
        home,
        host: visit.tenant.host.clone(),
        number: EXAMPLE_NUMBER,
        customer: t(lang, "messages-words-example-customer", &[]),
        reason: String::new(),
        happened,
        code: None,
        code_span: None,
        times: vec![time],
        accessories: Vec::new(),
        guest: None,
        staff: None,
        now,
    }
}

struct Screen<'a> {
    visit: &'a Visit,
    kind: Kind,
    language: Lang,
    has_own: bool,
}

impl Screen<'_> {
    fn answer(&self, status: StatusCode, typed: &Template, preview: bool, errors: &ErrorSummary) -> Response {
        let (visit, lang) = (self.visit, self.visit.lang);
        let places = Place::ALL.map(|place| {
            let what = match place {
                Place::Number => t(lang, "messages-place-number", &[]),
                Place::Customer => t(lang, "messages-place-customer", &[]),
                Place::Municipality => t(lang, "messages-place-municipality", &[]),
            };
            (format!("{{{}}}", place.name()), what)
        });
        let letter =
            Letter::write(self.kind, &example(visit, self.kind, self.language), preview.then_some(typed));
        let body = html! {
            form method="post" {
                (Field::text("subject", &t(lang, "messages-words-subject", &[])).value(&typed.subject)
                    .error(errors.of("subject")).required())
                (Field::long_text("lead", &t(lang, "messages-words-opening", &[])).value(&typed.lead)
                    .error(errors.of("lead")).required())
                (Field::long_text("closing", &t(lang, "messages-words-closing", &[])).value(&typed.closing)
                    .hint(&t(lang, "messages-words-closing-hint", &[])).optional(lang).error(errors.of("closing")))
                p { (t(lang, "messages-words-places", &[])) }
                ul { @for (name, what) in &places { li { code { (name) } " " (what) } } }
                p.actions {
                    (Button::primary(&t(lang, "messages-save", &[])).value("press", "save"))
                    (Button::quiet(&t(lang, "messages-words-preview", &[])).value("press", "preview"))
                    @if self.has_own {
                        (Button::quiet(&t(lang, "messages-words-back", &[])).value("press", "back"))
                    }
                }
            }
            (Card::new("preview", &t(lang, "messages-words-preview-title", &[]), html! {
                p { strong lang=(self.language.code()) { (letter.subject) } }
                @for paragraph in letter.text.split("\n\n") {
                    p lang=(self.language.code()) { @for line in paragraph.lines() { (line) br; } }
                }
            }))
        };
        let title = kind_words(lang, self.kind, &EXAMPLE_NUMBER.to_string());
        let page = visit
            .page(&format!("{title} ({})", self.language.own_name()))
            .crumb(&t(lang, "messages-words-title", &[]), "/desk/messages/words");
        (status, page.errors(errors.clone()).body(body).render()).into_response()
    }
}

/// Our words for a kind, with the places for what is filled in as names in braces.
fn ours(visit: &Visit, kind: Kind, language: Lang) -> Template {
    let mut told = example(visit, kind, language);
    "{municipality}".clone_into(&mut told.tenant);
    let letter = Letter::write(kind, &told, None);
    let number = EXAMPLE_NUMBER.to_string();
    let place = |text: &str| text.replace(&number, "{number}");
    let lead = letter.text.split("\n\n").nth(1).unwrap_or_default();
    Template { subject: place(&letter.subject), lead: place(lead), closing: String::new() }
}

/// The words of one kind in a language.
pub async fn show(visit: Visit, Path((kind, language)): Path<(String, String)>) -> Result<Response, Failure> {
    visit.staff(Role::Administrator)?;
    let (kind, language) = (kind_of(&kind)?, language_of(&language)?);
    let mut tx = visit.begin().await?;
    let own = rows::find(&mut tx, kind.as_str(), language.code()).await?;
    tx.commit().await?;
    let screen = Screen { visit: &visit, kind, language, has_own: own.is_some() };
    let words = own.unwrap_or_else(|| ours(&visit, kind, language));
    Ok(screen.answer(StatusCode::OK, &words, true, &ErrorSummary::new(visit.lang)))
}

fn wrong_words(lang: Lang, error: &TemplateError) -> String {
    let names = Place::ALL.map(|place| format!("{{{}}}", place.name())).join(", ");
    match error {
        TemplateError::Empty => t(lang, "messages-words-error-empty", &[]),
        TemplateError::Long(most) => t(lang, "messages-words-error-long", &[("most", most)]),
        TemplateError::Character => t(lang, "messages-words-error-character", &[]),
        TemplateError::Unknown(name) => {
            t(lang, "messages-words-error-unknown", &[("name", name), ("names", &names)])
        }
        TemplateError::Brace => t(lang, "messages-words-error-brace", &[("names", &names)]),
    }
}

/// Keeps them, shows them, or goes back to ours.
pub async fn save(
    visit: Visit,
    Path((kind, language)): Path<(String, String)>,
    sent: Sent,
) -> Result<Response, Failure> {
    let admin = visit.staff(Role::Administrator)?.person;
    let (kind, language) = (kind_of(&kind)?, language_of(&language)?);
    let fields = fields(sent)?;
    let press = one(&fields, "press");
    let typed = Template {
        subject: one(&fields, "subject"),
        lead: one(&fields, "lead"),
        closing: one(&fields, "closing"),
    };
    let key = (kind.as_str(), language.code());
    let mut tx = visit.begin().await?;
    let has_own = rows::find(&mut tx, key.0, key.1).await?.is_some();
    let detail = json!({ "kind": key.0, "language": key.1 });
    if press == "back" {
        if rows::remove(&mut tx, key.0, key.1).await? {
            tx.audit(Actor::Person(admin), "notifications.words_removed", None, &detail).await?;
        }
        tx.commit().await?;
        return Ok(Redirect::to("/desk/messages/words?done=back").into_response());
    }
    let mut errors = ErrorSummary::new(visit.lang);
    for (field, checked) in [
        ("subject", check_subject(&typed.subject)),
        ("lead", check_paragraph(&typed.lead, true)),
        ("closing", check_paragraph(&typed.closing, false)),
    ] {
        if let Err(error) = checked {
            errors = errors.error(field, &wrong_words(visit.lang, &error));
        }
    }
    let screen = Screen { visit: &visit, kind, language, has_own };
    if !errors.is_empty() {
        return Ok(screen.answer(StatusCode::UNPROCESSABLE_ENTITY, &typed, false, &errors));
    }
    if press != "save" {
        return Ok(screen.answer(StatusCode::OK, &typed, true, &errors));
    }
    rows::put(&mut tx, key, &typed).await?;
    tx.audit(Actor::Person(admin), "notifications.words_changed", None, &detail).await?;
    tx.commit().await?;
    Ok(Redirect::to("/desk/messages/words?done=saved").into_response())
}
