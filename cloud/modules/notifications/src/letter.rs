//! What a letter says: a function of what is told.

use cloud_ui::calendar::{self, Event, Method, Organizer};
use cloud_ui::{Lang, When, grouped_code, t};
use jiff::Timestamp;

use crate::store::Kind;

/// What there is to tell about a booking.
pub(crate) struct Told {
    pub(crate) lang: Lang,
    /// The tenant's name.
    pub(crate) tenant: String,
    /// The tenant's start page.
    pub(crate) home: String,
    pub(crate) number: u64,
    /// What an officer wrote; empty where nobody did.
    pub(crate) reason: String,
    /// What a change of many or a closure did.
    pub(crate) about: About,
    /// The booking's page.
    pub(crate) page: String,
    /// The door's code, where there is one.
    pub(crate) code: Option<String>,
    /// From when and until when it opens.
    pub(crate) code_span: Option<(Timestamp, Timestamp)>,
    pub(crate) times: Vec<TimeTold>,
    pub(crate) now: Timestamp,
}

/// What a change of many or a closure did, in words.
#[derive(Default)]
pub(crate) struct About {
    /// Why; empty where nobody said.
    pub(crate) reason: String,
    /// The times that the booking has no more.
    pub(crate) gone: Vec<String>,
    /// The times that it has instead.
    pub(crate) came: Vec<String>,
    /// The times that it is offered, each with until when.
    pub(crate) offered: Vec<(String, String)>,
}

/// One time of it.
pub(crate) struct TimeTold {
    /// Its name in calendars.
    pub(crate) uid: String,
    pub(crate) starts_at: Timestamp,
    pub(crate) ends_at: Timestamp,
    /// Says times in the place's zone.
    pub(crate) when: When,
    pub(crate) place: String,
    pub(crate) address: Option<String>,
}

/// A letter, ready to be put into an envelope.
pub(crate) struct Letter {
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) calendar: String,
    pub(crate) method: Method,
    pub(crate) file_name: String,
}

impl Letter {
    pub(crate) fn write(kind: Kind, told: &Told) -> Self {
        let (lang, number) = (told.lang, &told.number);
        let (subject, lead, page, method) = match kind {
            Kind::Confirmed => (
                t(lang, "notifications-confirmed-subject", &[("number", number)]),
                t(lang, "notifications-confirmed-lead", &[("number", number)]),
                t(lang, "notifications-booking-page", &[("url", &told.page)]),
                Method::Publish,
            ),
            Kind::Requested => (
                t(lang, "notifications-requested-subject", &[("number", number)]),
                t(lang, "notifications-requested-lead", &[("number", number)]),
                t(lang, "notifications-booking-page-cancelled", &[("url", &told.page)]),
                Method::Publish,
            ),
            Kind::Refused => (
                t(lang, "notifications-refused-subject", &[("number", number)]),
                t(lang, "notifications-refused-lead", &[("number", number)]),
                t(lang, "notifications-booking-page-cancelled", &[("url", &told.page)]),
                Method::Cancel,
            ),
            Kind::Changed => (
                t(lang, "notifications-changed-subject", &[("number", number)]),
                t(lang, "notifications-changed-lead", &[("number", number)]),
                t(lang, "notifications-booking-page", &[("url", &told.page)]),
                Method::Publish,
            ),
            Kind::Cancelled => (
                t(lang, "notifications-cancelled-subject", &[("number", number)]),
                t(lang, "notifications-cancelled-lead", &[("number", number)]),
                t(lang, "notifications-booking-page-cancelled", &[("url", &told.page)]),
                Method::Cancel,
            ),
            Kind::Rearranged => (
                t(lang, "notifications-rearranged-subject", &[("number", number)]),
                t(lang, "notifications-rearranged-lead", &[("number", number)]),
                rearranged_page(told),
                Method::Publish,
            ),
            Kind::Closed => (
                t(lang, "notifications-closed-subject", &[("number", number)]),
                t(lang, "notifications-closed-lead", &[("number", number)]),
                t(lang, "notifications-booking-page", &[("url", &told.page)]),
                Method::Publish,
            ),
            Kind::Opened => (
                t(lang, "notifications-opened-subject", &[("number", number)]),
                t(lang, "notifications-opened-lead", &[("number", number)]),
                t(lang, "notifications-booking-page", &[("url", &told.page)]),
                Method::Publish,
            ),
        };
        let mut paragraphs = vec![t(lang, "notifications-greeting", &[]), lead];
        if !told.reason.is_empty() {
            paragraphs.push(t(lang, "notifications-officer-writes", &[("text", &told.reason)]));
        }
        paragraphs.extend(about_words(told));
        // A change of many says itself which times it is about.
        if kind != Kind::Rearranged {
            paragraphs.extend(told.times.iter().map(time_words));
        }
        paragraphs.extend(code_words(told));
        paragraphs.push(page);
        paragraphs.push(t(lang, "notifications-regards", &[("tenant", &told.tenant)]));
        let organizer = Organizer { name: told.tenant.clone(), uri: told.home.clone() };
        let events: Vec<Event> = told.times.iter().map(|time| event(kind, time, &told.page)).collect();
        Self {
            subject,
            text: paragraphs.join("\n\n") + "\n",
            calendar: calendar::file(method, &organizer, told.now, &events),
            method,
            file_name: t(lang, "notifications-calendar-file", &[("number", number)]),
        }
    }
}

/// The way to the booking's page: where there is something to answer, that first.
fn rearranged_page(told: &Told) -> String {
    if told.about.offered.is_empty() {
        t(told.lang, "notifications-booking-page-cancelled", &[("url", &told.page)])
    } else {
        t(told.lang, "notifications-offer-page", &[("url", &told.page)])
    }
}

/// Why, what is gone, what came, and what is offered instead.
fn about_words(told: &Told) -> Vec<String> {
    let (lang, about) = (told.lang, &told.about);
    let mut said = Vec::new();
    if !about.reason.is_empty() {
        said.push(t(lang, "notifications-about-reason", &[("reason", &about.reason)]));
    }
    let list =
        |head: String, lines: &[String]| (!lines.is_empty()).then(|| format!("{head}\n{}", lines.join("\n")));
    said.extend(list(t(lang, "notifications-about-gone", &[]), &about.gone));
    said.extend(list(t(lang, "notifications-about-came", &[]), &about.came));
    let offered: Vec<String> = about
        .offered
        .iter()
        .map(|(time, until)| t(lang, "notifications-about-offer", &[("time", time), ("until", until)]))
        .collect();
    said.extend(list(t(lang, "notifications-about-offered", &[]), &offered));
    said
}

fn time_words(time: &TimeTold) -> String {
    let mut lines = vec![time.when.span(time.starts_at, time.ends_at), time.place.clone()];
    lines.extend(time.address.clone());
    lines.retain(|line| !line.is_empty());
    lines.join("\n")
}

fn code_words(told: &Told) -> Option<String> {
    let code = grouped_code(told.code.as_deref()?);
    let mut text = t(told.lang, "notifications-code", &[("code", &code)]);
    if let (Some((from, until)), Some(time)) = (told.code_span, told.times.first()) {
        let span = time.when.span(from, until);
        text.push('\n');
        text.push_str(&t(told.lang, "notifications-code-how", &[("span", &span)]));
    }
    Some(text)
}

fn event(kind: Kind, time: &TimeTold, page: &str) -> Event {
    Event {
        uid: time.uid.clone(),
        sequence: kind.sequence(),
        starts_at: time.starts_at,
        ends_at: time.ends_at,
        summary: time.place.clone(),
        location: time.address.clone().or_else(|| Some(time.place.clone())).filter(|place| !place.is_empty()),
        description: None,
        url: Some(page.to_owned()),
    }
}
