//! `/register/import`: a file into the register, tried first and told line by line.

use axum::Extension;
use axum::extract::multipart::Multipart;
use axum::response::{IntoResponse, Response};
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Actor, Role};
use cloud_ui::{Badge, Button, Card, ErrorSummary, Icon, Lang, Notice, Select, Table, Tone, When, t};
use facilities_domain::{DocumentError, FILE_BYTES_MAX, Fault};
use http::StatusCode;
use maud::{Markup, html};

use super::words::{change_list, fault_text, place_text};
use crate::Ports;
use crate::change::Outcome;
use crate::import::{FileError, Format, Report, read_file};

/// A file, and the form around it.
pub(crate) const BODY_BYTES_MAX: usize = FILE_BYTES_MAX + 64 * 1024;
/// Lines of the report that are shown: what a page carries. The counts are of all.
const LINES_SHOWN: usize = 1_000;

/// The form.
pub(crate) async fn show(visit: Visit) -> Result<Markup, Failure> {
    visit.staff(Role::Administrator)?;
    Ok(page(&visit, ErrorSummary::new(visit.lang), &html! {}))
}

fn page(visit: &Visit, errors: ErrorSummary, report: &Markup) -> Markup {
    let lang = visit.lang;
    let wrong = errors.of("file").is_some();
    let form = html! {
        form method="post" action="/register/import" enctype="multipart/form-data" {
            (Select::new("format", &t(lang, "facilities-import-format", &[]))
                .option("csv", &t(lang, "facilities-import-csv", &[]))
                .option("geojson", &t(lang, "facilities-import-geojson", &[]))
                .option("toml", &t(lang, "facilities-import-toml", &[])))
            div class=(if wrong { "field field-wrong" } else { "field" }) {
                label for="file" { (t(lang, "facilities-import-file", &[])) }
                @if let Some(error) = errors.of("file") {
                    span.field-error #file-error { (Icon::Warning) span { (error) } }
                }
                input type="file" id="file" name="file" accept=".csv,.json,.geojson,.toml" required
                    aria-describedby=[wrong.then_some("file-error")];
            }
            (Button::primary(&t(lang, "facilities-import-try", &[])).value("action", "try"))
        }
        p { a href="/open-data" { (t(lang, "facilities-import-export", &[])) } }
    };
    let body = html! { (report) (Card::new("form", &t(lang, "facilities-import-choose", &[]), form)) };
    let page = visit
        .page(&t(lang, "facilities-import", &[]))
        .crumb(&t(lang, "facilities-register", &[]), "/register")
        .lead(&t(lang, "facilities-import-lead", &[]));
    page.errors(errors).body(body).render()
}

/// What the form says.
#[derive(Default)]
struct Filled {
    format: String,
    action: String,
    text: String,
    whole: bool,
    readable: bool,
}

async fn filled(mut form: Multipart) -> Result<Filled, Failure> {
    let mut filled = Filled { whole: true, readable: true, ..Filled::default() };
    loop {
        let read = match form.next_field().await {
            Ok(Some(piece)) => {
                let name = piece.name().unwrap_or_default().to_owned();
                piece.bytes().await.map(|bytes| (name, bytes))
            }
            Ok(None) => break,
            Err(error) => Err(error),
        };
        let (name, bytes) = match read {
            Ok(read) => read,
            Err(error) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                filled.whole = false;
                break;
            }
            Err(_) => return Err(Failure::BadRequest("a form that ends early")),
        };
        let text = String::from_utf8(bytes.to_vec());
        filled.readable &= text.is_ok();
        let text = text.unwrap_or_default();
        match name.as_str() {
            "format" => filled.format = text,
            "action" => filled.action = text,
            "file" => filled.text = text,
            _ => {}
        }
    }
    Ok(filled)
}

/// The file's answer: tried, or read in whole.
pub(crate) async fn send(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    form: Multipart,
) -> Result<Response, Failure> {
    let person = visit.staff(Role::Administrator)?.person;
    let lang = visit.lang;
    let filled = filled(form).await?;
    let format = match filled.format.as_str() {
        "csv" => Format::Csv,
        "geojson" => Format::GeoJson,
        "toml" => Format::Toml,
        _ => return Err(Failure::BadRequest("no format")),
    };
    let refuse_with = |text: String, more: &Markup| {
        let errors = ErrorSummary::new(lang).error("file", &text);
        (StatusCode::UNPROCESSABLE_ENTITY, page(&visit, errors, more)).into_response()
    };
    let refuse = |text: String| refuse_with(text, &html! {});
    if !filled.whole || filled.text.len() > FILE_BYTES_MAX {
        let megabytes = FILE_BYTES_MAX / (1024 * 1024);
        return Ok(refuse(t(lang, "photos-too-large", &[("most", &megabytes)])));
    }
    if !filled.readable {
        return Ok(refuse(t(lang, "facilities-import-utf8", &[])));
    }
    let mut tx = visit.begin().await?;
    let report = read_file(&mut tx, ports.space.as_ref(), Actor::Person(person), format, &filled.text).await;
    let report = match report {
        Ok(report) => report,
        Err(FileError::Document(DocumentError::Unreadable { line, what })) => {
            let text = match line {
                Some(line) => t(lang, "facilities-import-unreadable-line", &[("line", &line)]),
                None => t(lang, "facilities-import-unreadable", &[]),
            };
            return Ok(refuse_with(text, &said_by_the_reader(lang, &what)));
        }
        Err(FileError::Document(DocumentError::Invalid { at, what })) => {
            return Ok(refuse(format!("{}: {}", place_text(lang, &at), fault_text(lang, &what))));
        }
        Err(error @ FileError::Database(_)) => return Err(Failure::internal(error)),
    };
    let applied = filled.action == "apply" && report.refused().is_none();
    // A try and a file with a mistake leave no trace.
    if applied {
        tx.commit().await?;
    } else {
        drop(tx);
    }
    let told = told(&visit.when(), &report, applied, &filled);
    let status = if report.refused().is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((status, page(&visit, ErrorSummary::new(lang), &told)).into_response())
}

/// What whoever reads the form says of a file that is not written so, in its own words, which are English.
fn said_by_the_reader(lang: Lang, what: &str) -> Markup {
    html! {
        details {
            summary { (t(lang, "facilities-import-reader", &[])) }
            pre lang="en" { (what) }
        }
    }
}

fn told(when: &When, report: &Report, applied: bool, filled: &Filled) -> Markup {
    let lang = when.lang;
    let [new, changed, same, refused] = report.counts();
    let counts = t(
        lang,
        "facilities-import-counts",
        &[("new", &new), ("changed", &changed), ("same", &same), ("refused", &refused)],
    );
    let notice = if applied {
        Notice::success(&t(lang, "facilities-import-done", &[]))
    } else if refused > 0 {
        Notice::warning(&t(lang, "facilities-import-refused", &[]))
    } else {
        Notice::info(&t(lang, "facilities-import-tried", &[]))
    };
    let heads = [
        t(lang, "facilities-import-line", &[]),
        t(lang, "facilities-import-what", &[]),
        t(lang, "facilities-import-outcome", &[]),
    ];
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    let table = report.lines.iter().take(LINES_SHOWN).fold(
        Table::new(&t(lang, "facilities-import-report", &[]), &heads),
        |table, line| {
            let number = html! { (line.line) };
            table.row([number, html! { (place_text(lang, &line.at)) }, outcome(when, &line.outcome)])
        },
    );
    html! {
        (notice.more(&counts))
        @if !applied && refused == 0 && new.saturating_add(changed) > 0 {
            form method="post" action="/register/import" enctype="multipart/form-data" {
                input type="hidden" name="format" value=(filled.format);
                textarea name="file" hidden { "\n" (filled.text) }
                (Button::primary(&t(lang, "facilities-import-apply", &[])).value("action", "apply"))
            }
        }
        (table)
        @if report.lines.len() > LINES_SHOWN { p { (t(lang, "facilities-import-more", &[("shown", &LINES_SHOWN)])) } }
    }
}

fn outcome(when: &When, outcome: &Result<Outcome, Fault>) -> Markup {
    let lang = when.lang;
    match outcome {
        Ok(Outcome::New) => html! { (Badge::new(Tone::Good, &t(lang, "facilities-import-new", &[]))) },
        Ok(Outcome::Same) => html! { (Badge::new(Tone::Info, &t(lang, "facilities-import-same", &[]))) },
        Ok(Outcome::Changed(changes)) => html! {
            (Badge::new(Tone::Waiting, &t(lang, "facilities-import-changed", &[])).icon(Icon::Forward))
            (change_list(when, changes))
        },
        Err(fault) => html! {
            (Badge::new(Tone::Bad, &t(lang, "facilities-import-refused-line", &[])))
            p { (fault_text(lang, fault)) }
        },
    }
}
