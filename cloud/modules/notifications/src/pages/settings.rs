//! `/my/messages/settings`: where I am written to, by which channel what comes, and when nothing rings.

use std::collections::BTreeSet;

use axum::Extension;
use axum::extract::{Form, Path};
use axum::response::{IntoResponse, Redirect, Response};
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Actor, TenantTx};
use cloud_ui::{
    Button, Card, Checkbox, ErrorSummary, Facts, Field, Lang, Notice, RadioGroup, clock_time, post_button, t,
};
use http::StatusCode;
use jiff::civil::Time;
use maud::{Markup, html};
use notifications_domain::{
    Channel, Choices, EmailAddress, Judged, MobileNumber, PROOF_MINUTES, PROOFS_A_DAY_MAX, QuietChoice,
    QuietHours, Topic,
};
use protocols_ids::PersonId;
use serde_json::json;

use super::Asks;
use crate::prove::{self, ProveError};
use crate::store::person::{self as rows, Known};

/// Where the page is.
const HREF: &str = "/my/messages/settings";

impl From<ProveError> for Failure {
    fn from(error: ProveError) -> Self {
        Self::internal(error)
    }
}

/// What is known, and what still waits to be proven.
struct Screen<'a> {
    visit: &'a Visit,
    sms: bool,
    known: Known,
    /// The address that the sign-in tells.
    told: Option<String>,
}

/// What was typed into the form of choices.
#[derive(Default)]
struct Typed {
    chosen: BTreeSet<(Topic, Channel)>,
    quiet: String,
    from: String,
    until: String,
    codes: bool,
}

impl Typed {
    fn of(known: &Known) -> Self {
        let chosen = |topic: Topic| known.choices.get(&topic).cloned().unwrap_or_else(|| topic.usual());
        let shown = known.own_quiet.hours(known.quiet).or(known.quiet).unwrap_or(QuietHours::USUAL);
        let quiet = match known.own_quiet {
            QuietChoice::Ours => "ours",
            QuietChoice::Own(_) => "own",
            QuietChoice::Never => "never",
        };
        Self {
            chosen: Topic::ALL
                .into_iter()
                .flat_map(|topic| chosen(topic).into_iter().map(move |by| (topic, by)))
                .collect(),
            quiet: quiet.to_owned(),
            from: field_time(shown.from()),
            until: field_time(shown.until()),
            codes: known.codes_by_sms,
        }
    }

    fn read(fields: Vec<(String, String)>) -> Self {
        let mut typed = Self::default();
        for (name, value) in fields {
            match (Topic::parse(&name), Channel::parse(&value)) {
                (Some(topic), Some(channel)) => drop(typed.chosen.insert((topic, channel))),
                (Some(_), None) => {}
                (None, _) => match name.as_str() {
                    "quiet" => typed.quiet = value,
                    "from" => typed.from = value,
                    "until" => typed.until = value,
                    "codes" => typed.codes = true,
                    _ => {}
                },
            }
        }
        typed
    }

    /// What was chosen, or what is wrong.
    fn choice(&self, lang: Lang) -> Result<(Choices, QuietChoice), ErrorSummary> {
        let mut errors = ErrorSummary::new(lang);
        let mut choices = Choices::new();
        for topic in Topic::ALL {
            let channels: BTreeSet<Channel> =
                Channel::ALL.into_iter().filter(|by| self.chosen.contains(&(topic, *by))).collect();
            if channels.is_empty() && topic.must_reach() {
                let first = format!("{}-{}", topic.as_str(), Channel::Email.as_str());
                errors = errors.error(&first, &t(lang, "messages-error-channel", &[]));
            }
            choices.insert(topic, channels);
        }
        let quiet = match self.quiet.as_str() {
            "ours" => QuietChoice::Ours,
            "never" => QuietChoice::Never,
            "own" => match (self.from.parse::<Time>(), self.until.parse::<Time>()) {
                (Ok(from), Ok(until)) => {
                    let hours = QuietHours::new(whole_minute(from), whole_minute(until));
                    if hours.is_none() {
                        errors = errors.error("until", &t(lang, "messages-error-quiet-same", &[]));
                    }
                    hours.map_or(QuietChoice::Ours, QuietChoice::Own)
                }
                (from, until) => {
                    for (name, wrong) in [("from", from.is_err()), ("until", until.is_err())] {
                        if wrong {
                            errors = errors.error(name, &t(lang, "messages-error-clock", &[]));
                        }
                    }
                    QuietChoice::Ours
                }
            },
            _ => {
                errors = errors.error("quiet", &t(lang, "messages-error-quiet", &[]));
                QuietChoice::Ours
            }
        };
        if errors.is_empty() { Ok((choices, quiet)) } else { Err(errors) }
    }
}

fn whole_minute(clock: Time) -> Time {
    Time::new(clock.hour(), clock.minute(), 0, 0).unwrap_or(clock)
}

/// A time as fields of forms have it.
pub(super) fn field_time(clock: Time) -> String {
    format!("{:02}:{:02}", clock.hour(), clock.minute())
}

/// Quiet hours in words.
pub(super) fn quiet_words(lang: Lang, quiet: Option<QuietHours>) -> String {
    match quiet {
        Some(quiet) => t(
            lang,
            "messages-quiet-from-until",
            &[("from", &clock_time(lang, quiet.from())), ("until", &clock_time(lang, quiet.until()))],
        ),
        None => t(lang, "messages-quiet-none", &[]),
    }
}

pub(super) fn topic_words(lang: Lang, topic: Topic) -> (String, String) {
    match topic {
        Topic::Bookings => {
            (t(lang, "messages-topic-bookings", &[]), t(lang, "messages-topic-bookings-hint", &[]))
        }
        Topic::Disruptions => {
            (t(lang, "messages-topic-disruptions", &[]), t(lang, "messages-topic-disruptions-hint", &[]))
        }
        Topic::Watched => {
            (t(lang, "messages-topic-watched", &[]), t(lang, "messages-topic-watched-hint", &[]))
        }
    }
}

impl<'a> Screen<'a> {
    async fn read(
        visit: &'a Visit,
        tx: &mut TenantTx,
        asks: &Asks,
        person: PersonId,
    ) -> Result<Self, Failure> {
        let known = rows::known(tx, &[person]).await?.remove(&person).ok_or(Failure::NotFound)?;
        let told = tx.contact(person).await?.and_then(|contact| contact.email);
        Ok(Self { visit, sms: asks.sms, known, told })
    }

    fn email_card(&self, typed: Option<&str>, errors: &ErrorSummary) -> Markup {
        let lang = self.visit.lang;
        let now = self.known.email.clone().or_else(|| self.told.clone());
        let body = html! {
            @match &now {
                Some(address) => p { (t(lang, "messages-email-now", &[("address", address)])) },
                None => p { (t(lang, "messages-email-none", &[])) },
            }
            @if let Some(new) = &self.known.waiting.0 {
                (Notice::info(&t(lang, "messages-email-waits", &[("address", new)])))
            }
            form method="post" action="/my/messages/email" {
                (Field::email("email", &t(lang, "messages-email-new", &[]))
                    .hint(&t(lang, "messages-email-new-hint", &[]))
                    .value(typed.unwrap_or_default()).error(errors.of("email")).required())
                p.actions { (Button::quiet(&t(lang, "messages-email-ask", &[]))) }
            }
            @if let (Some(_), Some(told)) = (&self.known.email, &self.told) {
                (post_button("/my/messages/email/remove",
                    &Button::quiet(&t(lang, "messages-email-back", &[("address", told)]))))
            }
        };
        html! { (Card::new("email-card", &t(lang, "messages-email-title", &[]), body)) }
    }

    fn mobile_card(&self, typed: Option<&str>, errors: &ErrorSummary) -> Markup {
        let lang = self.visit.lang;
        if !self.sms {
            return html! {};
        }
        let shown = |number: &str| {
            MobileNumber::parse(number).map_or_else(|_| number.to_owned(), |number| number.to_string())
        };
        let body = html! {
            @match &self.known.sms {
                Some(number) => p { (t(lang, "messages-mobile-now", &[("number", &shown(number))])) },
                None => p { (t(lang, "messages-mobile-none", &[])) },
            }
            @if let Some(new) = &self.known.waiting.1 {
                (Notice::info(&t(lang, "messages-mobile-waits", &[("number", &shown(new)), ("minutes", &PROOF_MINUTES)])))
                form method="post" action="/my/messages/mobile/code" {
                    (Field::number("code", &t(lang, "messages-mobile-code", &[])).autocomplete("one-time-code")
                        .error(errors.of("code")).required())
                    p.actions { (Button::primary(&t(lang, "messages-mobile-prove", &[]))) }
                }
            }
            form method="post" action="/my/messages/mobile" {
                (Field::telephone("mobile", &t(lang, "messages-mobile-new", &[]))
                    .hint(&t(lang, "messages-mobile-new-hint", &[]))
                    .value(typed.unwrap_or_default()).error(errors.of("mobile")).required())
                p.actions { (Button::quiet(&t(lang, "messages-mobile-ask", &[]))) }
            }
            @if self.known.sms.is_some() {
                (post_button("/my/messages/mobile/remove", &Button::quiet(&t(lang, "messages-mobile-remove", &[]))))
            }
        };
        html! { (Card::new("mobile-card", &t(lang, "messages-mobile-title", &[]), body)) }
    }

    fn choices_card(&self, typed: &Typed, errors: &ErrorSummary) -> Markup {
        let lang = self.visit.lang;
        let boxes = |topic: Topic| {
            let (name, hint) = topic_words(lang, topic);
            let channels = Channel::ALL.into_iter().filter(|channel| self.sms || *channel == Channel::Email);
            html! {
                fieldset.field {
                    legend { (name) }
                    span.hint { (hint) }
                    @for channel in channels {
                        @let id = format!("{}-{}", topic.as_str(), channel.as_str());
                        (Checkbox::new(topic.as_str(), &super::channel_words(lang, channel)).value(channel.as_str())
                            .checked(typed.chosen.contains(&(topic, channel))).error(errors.of(&id)))
                    }
                }
            }
        };
        let ours = t(lang, "messages-quiet-ours", &[("hours", &quiet_words(lang, self.known.quiet))]);
        let body = html! {
            form method="post" action=(HREF) {
                @for topic in Topic::ALL { (boxes(topic)) }
                @if self.sms {
                    (RadioGroup::new("quiet", &t(lang, "messages-quiet", &[])).hint(&t(lang, "messages-quiet-hint", &[]))
                        .option("ours", &ours).option("own", &t(lang, "messages-quiet-own", &[]))
                        .option("never", &t(lang, "messages-quiet-never", &[]))
                        .chosen(&typed.quiet).error(errors.of("quiet")))
                    (Field::time("from", &t(lang, "messages-quiet-from", &[])).value(&typed.from).error(errors.of("from")))
                    (Field::time("until", &t(lang, "messages-quiet-until", &[])).value(&typed.until).error(errors.of("until")))
                    (Checkbox::new("codes", &t(lang, "messages-codes", &[])).hint(&t(lang, "messages-codes-hint", &[]))
                        .checked(typed.codes))
                } @else {
                    input type="hidden" name="quiet" value=(typed.quiet);
                    input type="hidden" name="from" value=(typed.from);
                    input type="hidden" name="until" value=(typed.until);
                }
                p.actions { (Button::primary(&t(lang, "messages-save", &[]))) }
            }
        };
        html! { (Card::new("choices", &t(lang, "messages-choices-title", &[]), body)) }
    }

    fn answer(
        &self,
        status: StatusCode,
        choices: Option<&Typed>,
        field: Option<&str>,
        errors: &ErrorSummary,
    ) -> Response {
        let lang = self.visit.lang;
        let of = |name: &str| errors.of(name).and(field);
        let stands = Typed::of(&self.known);
        let body = html! {
            (self.email_card(of("email"), errors))
            (self.mobile_card(of("mobile"), errors))
            (self.choices_card(choices.unwrap_or(&stands), errors))
        };
        let mut page = self
            .visit
            .page(&t(lang, "messages-settings-title", &[]))
            .crumb(&t(lang, "messages-mine-title", &[]), "/my/messages");
        for (done, text) in [
            ("done=saved", t(lang, "messages-done-saved", &[])),
            ("done=link", t(lang, "messages-done-link", &[])),
            ("done=code", t(lang, "messages-done-code", &[])),
            ("done=proven", t(lang, "messages-done-proven", &[])),
            ("done=removed", t(lang, "messages-done-removed", &[])),
        ] {
            if errors.is_empty() && self.visit.uri.query() == Some(done) {
                page = page.notice(Notice::success(&text));
            }
        }
        (status, page.errors(errors.clone()).body(body).render()).into_response()
    }
}

fn done(what: &str) -> Response {
    Redirect::to(&format!("{HREF}?done={what}")).into_response()
}

type Sent = Result<Form<Vec<(String, String)>>, axum::extract::rejection::FormRejection>;

fn fields(sent: Sent) -> Result<Vec<(String, String)>, Failure> {
    match sent {
        Ok(Form(fields)) => Ok(fields),
        Err(_) => Err(Failure::BadRequest("a form of messages that no page of ours has")),
    }
}

fn one(fields: &[(String, String)], name: &str) -> String {
    fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
}

/// The page.
pub async fn show(visit: Visit, Extension(asks): Extension<Asks>) -> Result<Response, Failure> {
    let person = visit.signed_in()?.person;
    let mut tx = visit.begin().await?;
    let screen = Screen::read(&visit, &mut tx, &asks, person).await?;
    tx.commit().await?;
    Ok(screen.answer(StatusCode::OK, None, None, &ErrorSummary::new(visit.lang)))
}

/// Keeps channels and quiet hours.
pub async fn save(visit: Visit, Extension(asks): Extension<Asks>, sent: Sent) -> Result<Response, Failure> {
    let typed = Typed::read(fields(sent)?);
    let person = visit.signed_in()?.person;
    let mut tx = visit.begin().await?;
    let (choices, quiet) = match typed.choice(visit.lang) {
        Ok(choice) => choice,
        Err(errors) => {
            let screen = Screen::read(&visit, &mut tx, &asks, person).await?;
            return Ok(screen.answer(StatusCode::UNPROCESSABLE_ENTITY, Some(&typed), None, &errors));
        }
    };
    rows::choose(&mut tx, person, &choices, quiet, typed.codes).await?;
    let detail = json!({ "codes_by_sms": typed.codes });
    tx.audit(Actor::Person(person), "notifications.channels_chosen", Some(person.uuid()), &detail).await?;
    tx.commit().await?;
    Ok(done("saved"))
}

/// Has an address proven; what is wrong with it stands beside its field.
async fn ask(
    visit: &Visit,
    asks: &Asks,
    (channel, field, typed): (Channel, &'static str, &str),
    address: Result<String, String>,
) -> Result<Response, Failure> {
    let person = visit.signed_in()?.person;
    let mut tx = visit.begin().await?;
    let (status, wrong) = match address {
        Err(wrong) => (StatusCode::UNPROCESSABLE_ENTITY, wrong),
        Ok(address) => {
            if prove::ask(&mut tx, person, channel, &address).await? {
                tx.commit().await?;
                return Ok(done(if channel == Channel::Email { "link" } else { "code" }));
            }
            (
                StatusCode::TOO_MANY_REQUESTS,
                t(visit.lang, "messages-error-often", &[("most", &PROOFS_A_DAY_MAX)]),
            )
        }
    };
    let screen = Screen::read(visit, &mut tx, asks, person).await?;
    let errors = ErrorSummary::new(visit.lang).error(field, &wrong);
    Ok(screen.answer(status, None, Some(typed), &errors))
}

/// Sends a link to a new address.
pub async fn ask_email(
    visit: Visit,
    Extension(asks): Extension<Asks>,
    sent: Sent,
) -> Result<Response, Failure> {
    let typed = one(&fields(sent)?, "email");
    let address = EmailAddress::parse(&typed)
        .map(|address| address.as_str().to_owned())
        .map_err(|_| t(visit.lang, "messages-error-email", &[]));
    ask(&visit, &asks, (Channel::Email, "email", &typed), address).await
}

/// Sends a code to a number.
pub async fn ask_mobile(
    visit: Visit,
    Extension(asks): Extension<Asks>,
    sent: Sent,
) -> Result<Response, Failure> {
    if !asks.sms {
        return Err(Failure::NotFound);
    }
    let typed = one(&fields(sent)?, "mobile");
    let number = MobileNumber::parse(&typed)
        .map(|number| number.as_str().to_owned())
        .map_err(|_| t(visit.lang, "messages-error-mobile", &[]));
    ask(&visit, &asks, (Channel::Sms, "mobile", &typed), number).await
}

/// Takes a code that was typed.
pub async fn type_code(
    visit: Visit,
    Extension(asks): Extension<Asks>,
    sent: Sent,
) -> Result<Response, Failure> {
    let typed: String = one(&fields(sent)?, "code").chars().filter(char::is_ascii_digit).take(6).collect();
    let person = visit.signed_in()?.person;
    let mut tx = visit.begin().await?;
    let judged = prove::code(&mut tx, person, &typed).await?;
    tx.commit().await?;
    let wrong = match judged {
        Judged::Own => return Ok(done("proven")),
        Judged::Wrong { left } => t(visit.lang, "messages-error-code", &[("left", &left)]),
        Judged::Over => t(visit.lang, "messages-error-code-over", &[]),
    };
    let mut tx = visit.begin().await?;
    let screen = Screen::read(&visit, &mut tx, &asks, person).await?;
    tx.commit().await?;
    // Where nothing waits any more the field for codes is gone, and the one for numbers says why.
    let field = if screen.known.waiting.1.is_some() { "code" } else { "mobile" };
    let errors = ErrorSummary::new(visit.lang).error(field, &wrong);
    Ok(screen.answer(StatusCode::UNPROCESSABLE_ENTITY, None, None, &errors))
}

async fn remove(visit: &Visit, channel: Channel) -> Result<Response, Failure> {
    let person = visit.signed_in()?.person;
    let mut tx = visit.begin().await?;
    if rows::remove_address(&mut tx, person, channel).await? {
        let detail = json!({ "channel": channel.as_str() });
        tx.audit(Actor::Person(person), "notifications.address_removed", Some(person.uuid()), &detail)
            .await?;
    }
    tx.commit().await?;
    Ok(done("removed"))
}

/// Goes back to the address that the sign-in tells.
pub async fn remove_email(visit: Visit) -> Result<Response, Failure> {
    remove(&visit, Channel::Email).await
}

/// Takes the number away.
pub async fn remove_mobile(visit: Visit) -> Result<Response, Failure> {
    remove(&visit, Channel::Sms).await
}

/// What a link in a letter opens: a question, since programs open links too.
pub async fn link(visit: Visit, Path(token): Path<String>) -> Result<Response, Failure> {
    let lang = visit.lang;
    let mut tx = visit.begin().await?;
    let found = prove::by_link(&mut tx, &token).await?;
    tx.commit().await?;
    let title = t(lang, "messages-link-title", &[]);
    let Some((_, address)) = found else {
        let notice = Notice::warning(&t(lang, "messages-link-over", &[])).more(&t(
            lang,
            "messages-link-over-more",
            &[],
        ));
        let button = Button::quiet(&t(lang, "messages-settings-title", &[])).href(HREF);
        let page = visit.page(&title).notice(notice).body(html! { p { (button) } });
        return Ok((StatusCode::GONE, page.render()).into_response());
    };
    let body = html! {
        (Facts::new().row(&t(lang, "messages-link-address", &[]), &address))
        form method="post" {
            p.actions { (Button::primary(&t(lang, "messages-link-yes", &[]))) }
        }
    };
    let page = visit.page(&title).lead(&t(lang, "messages-link-question", &[])).body(body);
    Ok(page.render().into_response())
}

/// Takes the address that a link proves.
pub async fn open_link(visit: Visit, Path(token): Path<String>) -> Result<Response, Failure> {
    let lang = visit.lang;
    let mut tx = visit.begin().await?;
    if let Some((person, address)) = prove::by_link(&mut tx, &token).await? {
        prove::taken(&mut tx, person, Channel::Email, &address).await?;
        tx.commit().await?;
        let notice = Notice::success(&t(lang, "messages-link-done", &[("address", &address)]));
        let page = visit.page(&t(lang, "messages-link-title", &[])).notice(notice);
        let button = Button::quiet(&t(lang, "messages-mine-title", &[])).href("/my/messages");
        return Ok(page.body(html! { p { (button) } }).render().into_response());
    }
    // Its row is locked as long as this lasts, and the page reads it too.
    drop(tx);
    link(visit, Path(token)).await
}
