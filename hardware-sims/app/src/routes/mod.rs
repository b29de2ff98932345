//! The routes: one page, its events, and everything one can do in the hall.

use core::convert::Infallible;
use core::time::Duration;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, SET_COOKIE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::map_response;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Json, Redirect, Response};
use axum::routing::{get, post};
use firmware_nodes::{SCAN_BYTES_MAX, TagNumber};
use protocols_fieldbus::nodes::{Indicator, Key};
use serde::{Deserialize, Serialize};
use sims_devices::{Action, Refusal, ScannerAction};
use tokio_stream::wrappers::WatchStream;
use tokio_stream::{Stream, StreamExt as _};

use crate::app::App;
use crate::request::{Body, LANG_COOKIE, Wants};
use crate::words::Lang;
use crate::{assets, page, state};

/// Keys in one request: more than any code has.
const KEYS_MAX: usize = 32;
/// How long a form without script waits for the keypad's answer after `#`, so that the page that comes back
/// shows it. A gateway answers within milliseconds; where none does, nobody should wait longer.
const ANSWER_WAIT: Duration = Duration::from_secs(1);

/// Scripts and styles are files of our own; nothing is fetched from anywhere else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

pub(crate) fn router(app: App) -> Router {
    Router::new()
        .route("/", get(hall))
        .route("/events", get(events))
        .route("/state", get(show_state))
        .route("/doors/{number}/keys", post(keys))
        .route("/doors/{number}/tag", post(tag))
        .route("/doors/{number}/push", post(push))
        .route("/doors/{number}/close", post(close))
        .route("/doors/{number}/exit", post(exit))
        .route("/devices/{device}/scan", post(scan))
        .route("/devices/{device}/faults", post(scanner_faults))
        .route("/faults", post(faults))
        .route("/assets/sim.css", get(assets::style))
        .route("/assets/sim.js", get(assets::script))
        .route("/assets/icon.svg", get(assets::icon))
        .layer(map_response(harden))
        .with_state(app)
}

async fn harden<B>(mut response: Response<B>) -> Response<B> {
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

#[derive(Deserialize)]
struct Choice {
    /// Chosen from now on.
    lang: Option<String>,
    /// `faults`: with the drawer of faults open.
    open: Option<String>,
}

async fn hall(State(app): State<App>, lang: Lang, Query(choice): Query<Choice>) -> Response {
    if let Some(chosen) = choice.lang.as_deref().and_then(Lang::from_code) {
        let cookie = format!("{LANG_COOKIE}={}; Path=/; Max-Age=31536000; SameSite=Lax", chosen.code());
        return ([(SET_COOKIE, cookie)], Redirect::to("/")).into_response();
    }
    let faults_open = choice.open.as_deref() == Some("faults");
    page::document(&app, &app.hall().scene(), lang, faults_open).into_response()
}

/// The live part of the page, whole, at once and after every change.
async fn events(State(app): State<App>, lang: Lang) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let scenes = WatchStream::new(app.hall().watch());
    let pages = scenes.map(move |scene| {
        // Whether the drawer is open is the reader's business; the script leaves it as it is.
        Ok(Event::default().data(page::live(&app, &scene, lang, false).into_string()))
    });
    Sse::new(pages).keep_alive(KeepAlive::default())
}

async fn show_state(State(app): State<App>, lang: Lang) -> Json<state::State> {
    Json(state::state(&app, &app.hall().scene(), lang))
}

#[derive(Deserialize)]
struct Keys {
    keys: String,
}

async fn keys(
    State(app): State<App>,
    Path(number): Path<usize>,
    wants: Wants,
    lang: Lang,
    Body(Keys { keys }): Body<Keys>,
) -> Result<Response, Problem> {
    let unit = app.door_unit(number).ok_or(Problem::NoSuchDoor { number })?;
    if keys.chars().count() > KEYS_MAX {
        return Err(Problem::TooManyKeys);
    }
    let keys: Vec<Key> = keys.chars().map(key).collect::<Result<_, _>>()?;
    let mut scenes = app.hall().watch();
    for key in &keys {
        app.hall().act(unit, Action::Key(*key))?;
    }
    if wants == Wants::Page && keys.last() == Some(&Key::Hash) {
        let answered = scenes.wait_for(|scene| {
            scene.doors.iter().any(|door| door.link.unit == unit && door.indicator != Indicator::Idle)
        });
        // Without an answer the page comes back as it is.
        drop(tokio::time::timeout(ANSWER_WAIT, answered).await);
    }
    Ok(done(&app, wants, lang, number))
}

fn key(character: char) -> Result<Key, Problem> {
    match character {
        '*' => Ok(Key::Star),
        '#' => Ok(Key::Hash),
        _ => character
            .to_digit(10)
            .and_then(|digit| u8::try_from(digit).ok())
            .map(Key::Digit)
            .ok_or(Problem::NoSuchKey { character }),
    }
}

/// A tag that is held to the reader, by its number.
#[derive(Deserialize)]
struct Tag {
    tag: String,
}

async fn tag(
    State(app): State<App>,
    Path(number): Path<usize>,
    wants: Wants,
    lang: Lang,
    Body(Tag { tag }): Body<Tag>,
) -> Result<Response, Problem> {
    let named = number.checked_sub(1).and_then(|index| app.config().doors.get(index));
    let unit = named.filter(|door| door.reader).ok_or(Problem::NoReader { number })?.unit;
    let tag = tag_number(&tag).ok_or(Problem::NoTag)?;
    let mut scenes = app.hall().watch();
    app.hall().act(unit, Action::Tag(tag))?;
    if wants == Wants::Page {
        let answered = scenes.wait_for(|scene| {
            scene.doors.iter().any(|door| door.link.unit == unit && door.indicator != Indicator::Idle)
        });
        // Without an answer the page comes back as it is.
        drop(tokio::time::timeout(ANSWER_WAIT, answered).await);
    }
    Ok(done(&app, wants, lang, number))
}

/// Hexadecimal digits, two a byte, with or without colons or spaces between.
fn tag_number(text: &str) -> Option<TagNumber> {
    let digits: Vec<u8> = text
        .chars()
        .filter(|character| !matches!(character, ':' | ' ' | '-'))
        .map(|character| character.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()?;
    let bytes: Option<Vec<u8>> = digits
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Some((high << 4) | low),
            _ => None,
        })
        .collect();
    TagNumber::new(&bytes?)
}

/// A code that is held up to the scanner.
#[derive(Deserialize)]
struct Scan {
    text: String,
}

async fn scan(
    State(app): State<App>,
    Path(device): Path<String>,
    wants: Wants,
    lang: Lang,
    Body(Scan { text }): Body<Scan>,
) -> Result<Response, Problem> {
    if !app.has_scanner(&device) {
        return Err(Problem::NoSuchScanner { device });
    }
    let text = text.trim();
    if text.is_empty() || text.len() > SCAN_BYTES_MAX {
        return Err(Problem::NoCode);
    }
    let mut scenes = app.hall().watch();
    app.hall().act_at_scanner(ScannerAction::Scan(text))?;
    if wants == Wants::Page {
        let answered = scenes
            .wait_for(|scene| scene.scanner.is_some_and(|scanner| scanner.indicator != Indicator::Idle));
        // Without an answer the page comes back as it is.
        drop(tokio::time::timeout(ANSWER_WAIT, answered).await);
    }
    Ok(match wants {
        Wants::Page => Redirect::to(&format!("/#{device}")).into_response(),
        Wants::Json => Json(state::state(&app, &app.hall().scene(), lang)).into_response(),
    })
}

/// A fault of the scanner to make or to mend.
#[derive(Deserialize)]
struct ScannerFaultRequest {
    fault: ScannerFault,
    /// Makes it (the default) or mends it.
    #[serde(default = "yes")]
    on: bool,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ScannerFault {
    OffLine,
    Late,
    PowerCycle,
}

async fn scanner_faults(
    State(app): State<App>,
    Path(device): Path<String>,
    wants: Wants,
    lang: Lang,
    Body(ScannerFaultRequest { fault, on }): Body<ScannerFaultRequest>,
) -> Result<Response, Problem> {
    if !app.has_scanner(&device) {
        return Err(Problem::NoSuchScanner { device });
    }
    app.hall().act_at_scanner(match fault {
        ScannerFault::OffLine => ScannerAction::OffLine(on),
        ScannerFault::Late => ScannerAction::Late(on),
        ScannerFault::PowerCycle => ScannerAction::PowerCycle,
    })?;
    Ok(back_to_faults(&app, wants, lang))
}

async fn push(
    State(app): State<App>,
    Path(number): Path<usize>,
    wants: Wants,
    lang: Lang,
) -> Result<Response, Problem> {
    match (at_door(&app, number, Action::Push), wants) {
        // The log on the page tells that the door was locked.
        (Ok(()), _) | (Err(Problem::Refused(Refusal::Locked { .. })), Wants::Page) => {
            Ok(done(&app, wants, lang, number))
        }
        (Err(problem), _) => Err(problem),
    }
}

async fn close(
    State(app): State<App>,
    Path(number): Path<usize>,
    wants: Wants,
    lang: Lang,
) -> Result<Response, Problem> {
    at_door(&app, number, Action::Close)?;
    Ok(done(&app, wants, lang, number))
}

async fn exit(
    State(app): State<App>,
    Path(number): Path<usize>,
    wants: Wants,
    lang: Lang,
) -> Result<Response, Problem> {
    at_door(&app, number, Action::Exit)?;
    Ok(done(&app, wants, lang, number))
}

fn at_door(app: &App, number: usize, action: Action) -> Result<(), Problem> {
    let unit = app.door_unit(number).ok_or(Problem::NoSuchDoor { number })?;
    Ok(app.hall().act(unit, action)?)
}

fn done(app: &App, wants: Wants, lang: Lang, number: usize) -> Response {
    match wants {
        Wants::Page => Redirect::to(&format!("/#door-{number}")).into_response(),
        Wants::Json => Json(state::state(app, &app.hall().scene(), lang)).into_response(),
    }
}

/// A fault to make or to mend, at a unit id.
#[derive(Deserialize)]
struct FaultRequest {
    unit: u8,
    fault: FaultKind,
    /// Makes it (the default) or mends it.
    #[serde(default = "yes")]
    on: bool,
    /// For [`FaultKind::Slow`], in milliseconds.
    #[serde(default)]
    delay_ms: u32,
}

const fn yes() -> bool {
    true
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum FaultKind {
    Silent,
    Slow,
    PowerCycle,
    StuckContact,
    OpenCover,
    Force,
}

async fn faults(
    State(app): State<App>,
    wants: Wants,
    lang: Lang,
    Body(FaultRequest { unit, fault, on, delay_ms }): Body<FaultRequest>,
) -> Result<Response, Problem> {
    let action = match fault {
        FaultKind::Silent => Action::Silent(on),
        FaultKind::Slow => Action::ReplyDelay(if on { delay_ms } else { 0 }),
        FaultKind::PowerCycle => Action::PowerCycle,
        FaultKind::StuckContact => Action::StickContact(on),
        FaultKind::OpenCover => Action::Cover(!on),
        FaultKind::Force => Action::Force,
    };
    app.hall().act(unit, action)?;
    Ok(back_to_faults(&app, wants, lang))
}

fn back_to_faults(app: &App, wants: Wants, lang: Lang) -> Response {
    match wants {
        Wants::Page => Redirect::to("/?open=faults#faults").into_response(),
        Wants::Json => Json(state::state(app, &app.hall().scene(), lang)).into_response(),
    }
}

/// Why a request changed nothing.
#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error("there is no door {number}")]
    NoSuchDoor { number: usize },
    #[error("there is no key {character:?}")]
    NoSuchKey { character: char },
    #[error("there is no tag reader at door {number}")]
    NoReader { number: usize },
    #[error("a tag's number has 4, 7 or 10 bytes, two hexadecimal digits each")]
    NoTag,
    #[error("there is no scanner called {device:?}")]
    NoSuchScanner { device: String },
    #[error("a code has 1 to {SCAN_BYTES_MAX} bytes")]
    NoCode,
    #[error("more than {KEYS_MAX} keys at once")]
    TooManyKeys,
    #[error(transparent)]
    Refused(#[from] Refusal),
}

#[derive(Serialize)]
struct ProblemBody {
    error: String,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = match self {
            Self::NoSuchDoor { .. }
            | Self::NoReader { .. }
            | Self::NoSuchScanner { .. }
            | Self::Refused(Refusal::NoSuchDevice { .. } | Refusal::NotADoor { .. } | Refusal::NoScanner) => {
                StatusCode::NOT_FOUND
            }
            Self::Refused(Refusal::Locked { .. }) => StatusCode::CONFLICT,
            Self::NoSuchKey { .. }
            | Self::TooManyKeys
            | Self::NoTag
            | Self::NoCode
            | Self::Refused(Refusal::DelayTooLong { .. }) => StatusCode::UNPROCESSABLE_ENTITY,
        };
        (status, Json(ProblemBody { error: self.to_string() })).into_response()
    }
}

#[cfg(test)]
mod tests;
