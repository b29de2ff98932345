//! `/accessibility/edit`: the statement as an administrator writes it, and when each earlier one was saved.

use accessibility_domain::{Compliance, Method, Statement, StatementWrong};
use axum::extract::Form;
use axum::extract::rejection::FormRejection;
use axum::response::{IntoResponse, Redirect, Response};
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Actor, Role};
use cloud_ui::{Button, Card, ErrorSummary, Field, RadioGroup, t};
use http::StatusCode;
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;

use super::{compliance_words, method_words};
use crate::store::{self, Saved};

/// A statement as it was typed.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Typed {
    version: String,
    compliance: String,
    method: String,
    assessed_on: String,
    flaws_sv: String,
    flaws_en: String,
    burden_sv: String,
    burden_en: String,
    exempt_sv: String,
    exempt_en: String,
    email: String,
    telephone: String,
    address: String,
}

impl Typed {
    fn of(visit: &Visit, saved: Option<&Saved>) -> Self {
        let Some(Saved { version, statement, .. }) = saved else {
            return Self {
                version: "0".to_owned(),
                assessed_on: visit.when().today().to_string(),
                ..Self::default()
            };
        };
        let [flaws_sv, flaws_en] = statement.flaws.clone();
        let [burden_sv, burden_en] = statement.burden.clone();
        let [exempt_sv, exempt_en] = statement.exempt.clone();
        Self {
            version: version.to_string(),
            compliance: statement.compliance.as_str().to_owned(),
            method: statement.method.as_str().to_owned(),
            assessed_on: statement.assessed_on.to_string(),
            flaws_sv,
            flaws_en,
            burden_sv,
            burden_en,
            exempt_sv,
            exempt_en,
            email: statement.email.clone(),
            telephone: statement.telephone.clone(),
            address: statement.address.clone(),
        }
    }

    /// The statement that it says, and after which one; or what is wrong with it.
    fn checked(&self, visit: &Visit) -> Result<(i32, Statement), ErrorSummary> {
        let lang = visit.lang;
        let compliance = Compliance::parse(&self.compliance);
        let method = Method::parse(&self.method);
        let assessed_on = self.assessed_on.trim().parse().ok();
        let version = self.version.parse::<i32>().ok().filter(|version| *version >= 0);
        let mut errors = ErrorSummary::new(lang);
        if compliance.is_none() {
            errors = errors.error("compliance", &t(lang, "accessibility-error-compliance", &[]));
        }
        if method.is_none() {
            errors = errors.error("method", &t(lang, "accessibility-error-method", &[]));
        }
        if assessed_on.is_none() {
            errors = errors.error("assessed_on", &t(lang, "accessibility-error-day", &[]));
        }
        let (Some(compliance), Some(method), Some(assessed_on), Some(version)) =
            (compliance, method, assessed_on, version)
        else {
            return Err(errors);
        };
        let statement = Statement {
            compliance,
            method,
            assessed_on,
            flaws: [self.flaws_sv.clone(), self.flaws_en.clone()],
            burden: [self.burden_sv.clone(), self.burden_en.clone()],
            exempt: [self.exempt_sv.clone(), self.exempt_en.clone()],
            email: self.email.clone(),
            telephone: self.telephone.clone(),
            address: self.address.clone(),
        }
        .tidy();
        let wrong = statement.wrong(visit.when().today());
        if wrong.is_empty() {
            return Ok((version, statement));
        }
        Err(wrong.into_iter().fold(errors, |errors, wrong| match wrong {
            StatementWrong::Future => errors.error("assessed_on", &t(lang, "accessibility-error-day", &[])),
            StatementWrong::FlawsMissing => {
                errors.error("flaws_sv", &t(lang, "accessibility-error-flaws-missing", &[]))
            }
            StatementWrong::FlawsOfFull => {
                errors.error("flaws_sv", &t(lang, "accessibility-error-flaws-full", &[]))
            }
            StatementWrong::TooLong => {
                errors.error("flaws_sv", &t(lang, "accessibility-error-too-long", &[]))
            }
            StatementWrong::Unreachable => {
                errors.error("email", &t(lang, "accessibility-error-unreachable", &[]))
            }
            StatementWrong::Email => errors.error("email", &t(lang, "accessibility-error-email", &[])),
        }))
    }
}

fn form(visit: &Visit, typed: &Typed, errors: &ErrorSummary) -> Markup {
    let lang = visit.lang;
    let compliance = Compliance::ALL.into_iter().fold(
        RadioGroup::new("compliance", &t(lang, "accessibility-how", &[]))
            .chosen(&typed.compliance)
            .error(errors.of("compliance"))
            .required(),
        |group, one| group.option(one.as_str(), &compliance_words(lang, one)),
    );
    let method = Method::ALL.into_iter().fold(
        RadioGroup::new("method", &t(lang, "accessibility-tested", &[]))
            .chosen(&typed.method)
            .error(errors.of("method"))
            .required(),
        |group, one| group.option(one.as_str(), &method_words(lang, one)),
    );
    let both = |title: String, hint: String, names: [&str; 2], values: [&str; 2]| {
        html! {
            h2 { (title) }
            p.hint { (hint) }
            @for (index, (name, value)) in names.into_iter().zip(values).enumerate() {
                @let label = if index == 0 { t(lang, "accessibility-in-swedish", &[("what", &title)]) }
                    else { t(lang, "accessibility-in-english", &[("what", &title)]) };
                (Field::long_text(name, &label).value(value).error(errors.of(name)))
            }
        }
    };
    html! {
        form method="post" action="/accessibility/edit" {
            input type="hidden" name="version" value=(typed.version);
            (compliance)
            (method)
            (Field::date("assessed_on", &t(lang, "accessibility-assessed-on", &[])).value(&typed.assessed_on)
                .error(errors.of("assessed_on")).required())
            (both(t(lang, "accessibility-flaws", &[]), t(lang, "accessibility-flaws-hint", &[]),
                ["flaws_sv", "flaws_en"], [&typed.flaws_sv, &typed.flaws_en]))
            (both(t(lang, "accessibility-burden", &[]), t(lang, "accessibility-burden-hint", &[]),
                ["burden_sv", "burden_en"], [&typed.burden_sv, &typed.burden_en]))
            (both(t(lang, "accessibility-exempt", &[]), t(lang, "accessibility-exempt-hint", &[]),
                ["exempt_sv", "exempt_en"], [&typed.exempt_sv, &typed.exempt_en]))
            h2 { (t(lang, "accessibility-reach", &[])) }
            (Field::email("email", &t(lang, "accessibility-email-field", &[])).value(&typed.email).error(errors.of("email")))
            (Field::telephone("telephone", &t(lang, "accessibility-telephone-field", &[])).value(&typed.telephone))
            (Field::text("address", &t(lang, "accessibility-address-field", &[])).value(&typed.address))
            p.actions { (Button::primary(&t(lang, "accessibility-save", &[]))) }
        }
    }
}

fn answer(
    visit: &Visit,
    status: StatusCode,
    (typed, history): (&Typed, &[(i32, Timestamp, Compliance)]),
    errors: ErrorSummary,
) -> Response {
    let (lang, when) = (visit.lang, visit.when());
    let body = html! {
        (form(visit, typed, &errors))
        @if !history.is_empty() {
            (Card::new("history", &t(lang, "accessibility-history", &[]), html! {
                ul.list {
                    @for (_, at, compliance) in history {
                        li { (when.day_and_clock(*at)) ": " (compliance_words(lang, *compliance)) }
                    }
                }
            }))
        }
    };
    let page = visit
        .page(&t(lang, "accessibility-edit", &[]))
        .lead(&t(lang, "accessibility-edit-lead", &[]))
        .crumb(&t(lang, "accessibility-title", &[]), "/accessibility");
    (status, page.errors(errors).body(body).render()).into_response()
}

/// The form.
pub(crate) async fn show(visit: Visit) -> Result<Response, Failure> {
    visit.staff(Role::Administrator)?;
    let mut tx = visit.begin().await?;
    let saved = store::current(&mut tx).await?;
    let history = store::history(&mut tx).await?;
    tx.commit().await?;
    let typed = Typed::of(&visit, saved.as_ref());
    Ok(answer(&visit, StatusCode::OK, (&typed, &history), ErrorSummary::new(visit.lang)))
}

/// Saves it as one more.
pub(crate) async fn save(
    visit: Visit,
    sent: Result<Form<Typed>, FormRejection>,
) -> Result<Response, Failure> {
    let by = visit.staff(Role::Administrator)?.person;
    let Form(typed) = sent.map_err(|_| Failure::BadRequest("a statement that no page of ours sends"))?;
    let mut tx = visit.begin().await?;
    let history = store::history(&mut tx).await?;
    let (version, statement) = match typed.checked(&visit) {
        Ok(checked) => checked,
        Err(errors) => {
            return Ok(answer(&visit, StatusCode::UNPROCESSABLE_ENTITY, (&typed, &history), errors));
        }
    };
    if !store::save(&mut tx, &statement, version.saturating_add(1), by).await? {
        let error = t(visit.lang, "accessibility-error-meanwhile", &[]);
        let errors = ErrorSummary::new(visit.lang).error("compliance", &error);
        return Ok(answer(&visit, StatusCode::CONFLICT, (&typed, &history), errors));
    }
    let detail = json!({
        "version": version.saturating_add(1),
        "compliance": statement.compliance.as_str(),
        "method": statement.method.as_str(),
        "assessed_on": statement.assessed_on,
    });
    tx.audit(Actor::Person(by), "accessibility.statement_saved", None, &detail).await?;
    tx.commit().await?;
    Ok(Redirect::to("/accessibility?done=saved").into_response())
}
