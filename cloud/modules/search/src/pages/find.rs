//! `/find`: what is free, when and where somebody wants it.

use axum::Extension;
use axum::extract::Query as Fields;
use axum::response::{IntoResponse, Response};
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{Button, EmptyState, ErrorSummary, LinkCard, Notice, Pagination, Tiles, t, with_map};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use maud::{Markup, html};
use search_domain::{Day, Filter, Query, WrongField};

use super::find_href;
use super::form::{Form, wrong_text};
use super::list::{Days, has_map, list, map};
use crate::Ports;
use crate::city::{City, Found};

/// Hits on a page of the list: what one scrolls through on a phone without losing count.
const HITS_SHOWN: usize = 20;

/// The list with its map, or what is wrong with the form.
pub(crate) async fn show(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Extension(tiles): Extension<Option<Tiles>>,
    headers: HeaderMap,
    Fields(pairs): Fields<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    let mut tx = visit.begin().await?;
    let mut city = City::read(&mut tx, &ports).await?;
    let known = city.known();
    let read = Query::read(&pairs, &known);
    let outcome = match read {
        Ok(query) => {
            let date = query.day.dates(visit.when().today()).first().copied();
            city.read_prices(&mut tx, &visit, &ports, date.unwrap_or(visit.when().today())).await?;
            let found = city.search(&mut tx, &visit, &ports, &query).await?;
            Ok((query, found))
        }
        Err(wrong) => Err(wrong),
    };
    tx.commit().await?;

    let lang = visit.lang;
    let errors = outcome.as_ref().err().map_or(ErrorSummary::new(lang), |wrong| summary(&visit, wrong));
    let form = Form {
        visit: &visit,
        city: &city,
        known,
        activities: city.activities(),
        pairs: &pairs,
        errors: errors.clone(),
    };
    let (told, results) = match &outcome {
        Ok((query, found)) => (count(&visit, found), results(&visit, &city, query, found, tiles.as_ref())),
        Err(wrong) => (String::new(), not_searched(&visit, wrong)),
    };
    let body = html! {
        (form.whole())
        // Where a form leads on a phone, past itself; what is wrong is further up.
        @if outcome.is_ok() { div #list {} }
        p #found.found role="status" { (told) }
        (results)
    };
    let page = visit.page(&t(lang, "search-title", &[])).errors(errors).body(body);
    // A part of a page is swapped in only by an answer that went well: what is wrong stands in it.
    let by_script = headers.contains_key("hx-request");
    let status = if outcome.is_ok() || by_script { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok((status, policy(tiles.as_ref()), with_map(page).render()).into_response())
}

/// The policy that lets the map's pictures in; none is the pages' own.
fn policy(tiles: Option<&Tiles>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Some(policy) = tiles.and_then(|tiles| HeaderValue::from_str(&tiles.policy()).ok()) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    headers
}

fn summary(visit: &Visit, wrong: &[WrongField]) -> ErrorSummary {
    let errors = ErrorSummary::new(visit.lang);
    wrong.iter().fold(errors, |errors, one| errors.error(one.field, &wrong_text(visit.lang, one)))
}

fn not_searched(visit: &Visit, wrong: &[WrongField]) -> Markup {
    let told: Vec<String> = wrong.iter().map(|one| wrong_text(visit.lang, one)).collect();
    html! {
        div #results { (Notice::warning(&t(visit.lang, "search-not-searched", &[])).more(&told.join(" "))) }
    }
}

fn count(visit: &Visit, found: &Found) -> String {
    t(visit.lang, "search-count", &[("count", &found.hits.len())])
}

fn results(visit: &Visit, city: &City, query: &Query, found: &Found, tiles: Option<&Tiles>) -> Markup {
    let lang = visit.lang;
    let page = usize::try_from(query.page.saturating_sub(1)).unwrap_or(usize::MAX);
    let pages = found.hits.len().div_ceil(HITS_SHOWN);
    // A page behind the last, from an old link, is the last.
    let page = page.min(pages.saturating_sub(1));
    let shown: Vec<_> = found.hits.iter().skip(page * HITS_SHOWN).take(HITS_SHOWN).cloned().collect();
    let one_day = query.day.dates(visit.when().today()).len() == 1;
    let pagination = Pagination {
        lang,
        page: u32::try_from(page + 1).unwrap_or(u32::MAX),
        pages: u32::try_from(pages).unwrap_or(u32::MAX),
        href_before_number: {
            let first = find_href(&Query { page: 1, ..query.clone() });
            format!("{first}{}page=", if first.contains('?') { '&' } else { '?' })
        },
    };
    html! {
        div #results {
            @if query.leaves_out_night() {
                p.quiet {
                    (t(lang, "search-from-morning", &[])) " "
                    a href=(find_href(&query.with_night())) { (t(lang, "search-with-night", &[])) }
                }
            }
            @if found.unknown_place {
                (Notice::info(&t(lang, "search-unknown-place", &[("name", &near(query))])))
            }
            @if found.hits.is_empty() {
                (nothing(visit, query, found))
            } @else {
                div.found-there {
                    @if has_map(city, &shown) {
                        p.only-narrow data-map-link hidden { a href="#map" { (t(lang, "search-map-link", &[])) } }
                    }
                    section aria-labelledby="list-title" {
                        h2 #list-title.visually-hidden { (t(lang, "search-list", &[])) }
                        (list(visit, city, &shown, page * HITS_SHOWN + 1, if one_day { Days::Known } else { Days::Told }))
                        (pagination)
                    }
                    @if has_map(city, &shown) { (map(visit, tiles)) }
                }
            }
        }
    }
}

fn near(query: &Query) -> String {
    query.near.as_ref().map(ToString::to_string).unwrap_or_default()
}

/// What to loosen, and how many that gives.
fn nothing(visit: &Visit, query: &Query, found: &Found) -> Markup {
    let lang = visit.lang;
    let ways: Vec<LinkCard> = found
        .looser
        .iter()
        .map(|(filter, count)| {
            let count = t(lang, "search-count", &[("count", count)]);
            LinkCard::new(&loosened(visit, query, *filter), &find_href(&query.without(*filter))).line(&count)
        })
        .collect();
    html! {
        @if let Some(activity) = query.activity.as_ref().filter(|_| visit.tenant.uses("watching")) {
            p.actions {
                (Button::quiet(&t(lang, "search-watch", &[])).href(&format!("/watches/new?activity={activity}")))
            }
        }
        @if ways.is_empty() {
            (EmptyState::new(&t(lang, "search-none", &[]), &t(lang, "search-none-hint", &[]))
                .action(Button::quiet(&t(lang, "search-anew", &[])).href("/find")))
        } @else {
            (EmptyState::new(&t(lang, "search-none", &[]), &t(lang, "search-none-loosen", &[])))
            h2 { (t(lang, "search-loosen", &[])) }
            (LinkCard::list(&ways))
        }
    }
}

/// A search without one of its filters, as one says it.
fn loosened(visit: &Visit, query: &Query, filter: Filter) -> String {
    let lang = visit.lang;
    match filter {
        Filter::Text => t(lang, "search-loosen-text", &[("text", &query.text)]),
        Filter::Activity => t(lang, "search-loosen-activity", &[]),
        Filter::Place => t(lang, "search-loosen-place", &[]),
        Filter::Kind => t(lang, "search-loosen-kind", &[]),
        Filter::Day => match query.day {
            Day::Tonight if query.after.is_none() && query.before.is_none() => {
                t(lang, "search-loosen-evening", &[])
            }
            Day::Any | Day::Today | Day::Tonight | Day::Tomorrow | Day::Weekend | Day::On(_) => {
                t(lang, "search-loosen-day", &[])
            }
        },
        Filter::Clock => t(lang, "search-loosen-clock", &[]),
        Filter::Minutes => t(lang, "search-loosen-minutes", &[]),
        Filter::Size => t(lang, "search-loosen-size", &[]),
        Filter::Persons => t(lang, "search-loosen-persons", &[]),
        Filter::Equipment => t(lang, "search-loosen-equipment", &[]),
        Filter::Accessibility => t(lang, "search-loosen-accessible", &[]),
        Filter::Price => t(lang, "search-loosen-price", &[]),
    }
}
