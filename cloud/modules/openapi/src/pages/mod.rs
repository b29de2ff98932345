//! The pages of the module, one a file.

pub(crate) mod calendars;
pub(crate) mod clients;
pub(crate) mod facility_calendar;
pub(crate) mod guide;
pub(crate) mod problems;
pub(crate) mod tokens;

use axum::response::{IntoResponse, Response};
use cloud_ui::{Checkbox, ErrorSummary, Lang, t};
use http::header;
use maud::{Markup, html};
use openapi_domain::{Scope, Scopes};

/// Characters of a name that somebody gives something of theirs, at most: a line in a list.
pub(crate) const NAME_CHARS_MAX: usize = 80;

/// Why a text is no name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum NameError {
    /// It is too long.
    TooLong,
}

/// A name as it was typed, in one line; `None` where nothing was.
pub(crate) fn name_of(typed: &str) -> Result<Option<String>, NameError> {
    let words = typed.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let name = words.collect::<Vec<_>>().join(" ");
    if name.chars().count() > NAME_CHARS_MAX {
        return Err(NameError::TooLong);
    }
    Ok((!name.is_empty()).then_some(name))
}

/// A page that shows a secret this once: neither kept nor told on.
fn secret_page(answer: impl IntoResponse) -> Response {
    let said = [(header::CACHE_CONTROL, "no-store"), (header::REFERRER_POLICY, "no-referrer")];
    (said, answer).into_response()
}

/// What a program may do, in words.
fn scope_words(lang: Lang, scope: Scope) -> String {
    match scope {
        Scope::FacilitiesRead => t(lang, "openapi-scope-facilities", &[]),
        Scope::BookingsRead => t(lang, "openapi-scope-bookings", &[]),
        Scope::BookingsWrite => t(lang, "openapi-scope-book", &[]),
        Scope::CustomersRead => t(lang, "openapi-scope-customers", &[]),
        Scope::Webhooks => t(lang, "openapi-scope-webhooks", &[]),
    }
}

fn scopes_words(lang: Lang, scopes: &Scopes) -> String {
    scopes.iter().map(|scope| scope_words(lang, scope)).collect::<Vec<_>>().join(", ")
}

/// The boxes for what a program may do.
fn scope_boxes(lang: Lang, offered: &[Scope], chosen: &Scopes, errors: &ErrorSummary) -> Markup {
    html! {
        fieldset.field #scopes {
            legend { (t(lang, "openapi-scopes", &[])) }
            @if let Some(error) = errors.of("scopes") { p.field-error { (error) } }
            @for scope in offered {
                (Checkbox::new("scope", &scope_words(lang, *scope)).value(scope.key()).checked(chosen.has(*scope)))
            }
        }
    }
}
