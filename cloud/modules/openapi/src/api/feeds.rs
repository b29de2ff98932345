//! `…/calendar.ics`: calendars that programs read again and again.
//!
//! | status | when |
//! |---|---|
//! | 200 | the calendar |
//! | 304 | it is as the reader has it (`If-None-Match`, or `If-Modified-Since`) |
//! | 404 | there is no such facility, resource or address; also where its owner may see it no more |
//! | 429 | an address with a secret is read too often, by all its readers together; `Retry-After` says when |
//!
//! What everybody may read is made at most once a minute and given from memory to whoever asks: no reader can keep
//! another from it, and one that asks every second costs nothing. What has a secret is made anew for each, so that an
//! address that was taken back says nothing from that moment on.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Extension;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use cloud_contracts::Whose;
use cloud_kernel::TenantTx;
use cloud_kernel::web::{Failure, Visit};
use cloud_ui::{Lang, t};
use data_encoding::HEXLOWER;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use jiff::fmt::rfc2822::{DateTimeParser, DateTimePrinter};
use jiff::{SignedDuration, Timestamp};
use openapi_domain::{Pace, SecretHash, hash_of};
use protocols_ids::ResourceId;

use crate::feed::{self, Rendered, Words};
use crate::limits::Limits;
use crate::store::feeds as rows;
use crate::{Ports, SECRET_CHARS_MAX};

/// How long a public calendar is given from memory.
const REMEMBERED: SignedDuration = SignedDuration::from_secs(60);
/// Public calendars remembered at once at most: all of a municipality's, mostly some kilobytes each.
const REMEMBERED_MAX: usize = 512;
/// How often an address with a secret may be read: once every six seconds, and thirty times at once. A hundred members
/// whose phones ask every hour are far below; a program that asks every second is not.
const PACE: Pace = Pace { every: SignedDuration::from_secs(6), burst: 30 };

/// Which public calendar.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Key {
    host: String,
    lang: Lang,
    facility: String,
    resource: Option<String>,
}

/// Calendars as they are sent, with what their readers compare.
#[derive(Clone, Debug)]
struct Sent {
    text: Arc<str>,
    tag: String,
    changed_at: Timestamp,
}

impl Sent {
    fn of(rendered: Rendered) -> Self {
        // Weak: a proxy may compress it.
        let tag = format!("W/\"{}\"", HEXLOWER.encode(&hash_of(&[rendered.text.as_bytes()])[..16]));
        Self { text: rendered.text.into(), tag, changed_at: rendered.changed_at }
    }
}

/// The public calendars of the last minute.
#[derive(Clone, Debug, Default)]
pub(crate) struct PublicFeeds(Arc<Mutex<HashMap<Key, (Sent, Timestamp)>>>);

impl PublicFeeds {
    fn remembered(&self, key: &Key, now: Timestamp) -> Option<Sent> {
        let feeds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        feeds.get(key).filter(|(_, until)| now < *until).map(|(sent, _)| sent.clone())
    }

    fn remember(&self, key: Key, sent: &Sent, now: Timestamp) {
        let mut feeds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if feeds.len() >= REMEMBERED_MAX {
            feeds.clear();
        }
        feeds.insert(key, (sent.clone(), now.saturating_add(REMEMBERED).unwrap_or(now)));
    }
}

/// `GET /facilities/{slug}/calendar.ics`: all that is booked at a facility, for everybody.
pub(crate) async fn facility(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Extension(feeds): Extension<PublicFeeds>,
    Path(facility): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    public(&visit, &ports, &feeds, (facility, None), &headers).await
}

/// `GET /facilities/{slug}/{resource}/calendar.ics`: when one resource, or a part of it, is booked, for everybody.
pub(crate) async fn resource(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Extension(feeds): Extension<PublicFeeds>,
    Path((facility, resource)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    public(&visit, &ports, &feeds, (facility, Some(resource)), &headers).await
}

async fn public(
    visit: &Visit,
    ports: &Ports,
    feeds: &PublicFeeds,
    (facility, resource): (String, Option<String>),
    headers: &HeaderMap,
) -> Result<Response, Failure> {
    let key = Key { host: visit.tenant.host.clone(), lang: visit.lang, facility, resource };
    let now = visit.kernel.now();
    let sent = if let Some(sent) = feeds.remembered(&key, now) {
        sent
    } else {
        let sent = Sent::of(made(visit, ports, &key).await?);
        feeds.remember(key, &sent, now);
        sent
    };
    Ok(answer(&sent, headers, "public, max-age=300"))
}

async fn made(visit: &Visit, ports: &Ports, key: &Key) -> Result<Rendered, Failure> {
    let mut tx = visit.begin().await?;
    let facility = ports.facilities.by_slug(&mut tx, &key.facility).await?.ok_or(Failure::NotFound)?;
    let resource: Option<ResourceId> = match &key.resource {
        Some(slug) => {
            let found = facility.resources.iter().find(|one| one.slug == *slug);
            Some(found.ok_or(Failure::NotFound)?.id)
        }
        None => None,
    };
    let url = |path: &str| visit.kernel.service().url(&visit.tenant.host, path);
    let words = Words { lang: visit.lang, host: &visit.tenant.host, url: &url };
    let asked = (ports.times.as_ref(), ports.names.as_ref());
    let rendered = feed::public(&mut tx, asked, &facility, resource, &words).await?;
    tx.commit().await?;
    Ok(rendered)
}

/// `GET /calendars/{secret}/calendar.ics`: somebody's own times, for whoever has the address.
pub(crate) async fn private(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Extension(limits): Extension<Arc<Limits>>,
    Path(secret): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    if secret.len() > SECRET_CHARS_MAX {
        return Err(Failure::NotFound);
    }
    let mut tx = visit.begin().await?;
    let found = rows::by_secret(&mut tx, &SecretHash::of(&secret)).await?.ok_or(Failure::NotFound)?;
    if let Err(wait) = limits.admit(found.id, PACE, tx.now()) {
        let seconds = [(header::RETRY_AFTER, wait.seconds().to_string())];
        return Ok(
            (StatusCode::TOO_MANY_REQUESTS, seconds, "This calendar is read too often.\n").into_response()
        );
    }
    let rendered = own(&visit, &mut tx, &ports, &found).await?;
    rows::note_read(&mut tx, &found).await?;
    tx.commit().await?;
    let mut response = answer(&Sent::of(rendered), &headers, "private, max-age=300");
    let robots = header::HeaderName::from_static("x-robots-tag");
    response.headers_mut().insert(robots, HeaderValue::from_static("noindex"));
    Ok(response)
}

async fn own(
    visit: &Visit,
    tx: &mut TenantTx,
    ports: &Ports,
    found: &rows::Feed,
) -> Result<Rendered, Failure> {
    let contact = tx.contact(found.person).await?;
    let lang = contact.and_then(|contact| Lang::parse(&contact.language)).unwrap_or(visit.lang);
    let tenant = &visit.tenant.name;
    let (whose, name) = match found.customer {
        None => (Whose::Person(found.person), t(lang, "feeds-name-mine", &[("tenant", tenant)])),
        Some(customer) => {
            // Whose right to act for it has ended sees no more of it.
            let acted =
                ports.customers.acted_for(tx, found.person, customer).await?.ok_or(Failure::NotFound)?;
            (
                Whose::Customer(customer),
                t(lang, "feeds-name-customer", &[("name", &acted.name), ("tenant", tenant)]),
            )
        }
    };
    let facilities = ports.facilities.all(tx).await?;
    let url = |path: &str| visit.kernel.service().url(&visit.tenant.host, path);
    let words = Words { lang, host: &visit.tenant.host, url: &url };
    Ok(feed::private(tx, ports.times.as_ref(), (whose, name), &facilities, &words).await?)
}

/// The calendar, or that it is as the reader has it (RFC 9110 §13.1).
fn answer(sent: &Sent, headers: &HeaderMap, cache: &'static str) -> Response {
    let changed = DateTimePrinter::new().timestamp_to_rfc9110_string(&sent.changed_at).unwrap_or_default();
    let said = [
        (header::ETAG, sent.tag.clone()),
        (header::LAST_MODIFIED, changed),
        (header::CACHE_CONTROL, cache.to_owned()),
        (header::VARY, "accept-language, cookie".to_owned()),
    ];
    if is_known(sent, headers) {
        return (StatusCode::NOT_MODIFIED, said).into_response();
    }
    let kind = [(header::CONTENT_TYPE, "text/calendar; charset=utf-8")];
    (said, kind, sent.text.to_string()).into_response()
}

fn is_known(sent: &Sent, headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if let Some(tags) = text(header::IF_NONE_MATCH) {
        let weak = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
        return tags.split(',').any(|tag| tag.trim() == "*" || weak(tag) == weak(&sent.tag));
    }
    let since =
        text(header::IF_MODIFIED_SINCE).and_then(|date| DateTimeParser::new().parse_timestamp(date).ok());
    since.is_some_and(|since| sent.changed_at.as_second() <= since.as_second())
}
