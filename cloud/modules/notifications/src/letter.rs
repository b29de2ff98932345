//! What a letter says: a function of what is told.

use std::collections::BTreeSet;

use cloud_ui::calendar::{self, Event, Method, Organizer};
use cloud_ui::{Lang, When, grouped_code, t};
use jiff::Timestamp;
use notifications_domain::{Place, fill, fit};
use protocols_ids::OccurrenceId;

use crate::store::Kind;
use crate::store::template::Template;

/// What there is to tell about a booking.
pub(crate) struct Told {
    pub(crate) lang: Lang,
    /// The tenant's name.
    pub(crate) tenant: String,
    /// The tenant's start page.
    pub(crate) home: String,
    /// The tenant's host name.
    pub(crate) host: String,
    pub(crate) number: u64,
    /// On whose account it is.
    pub(crate) customer: String,
    /// What an officer wrote; empty where nobody did.
    pub(crate) reason: String,
    /// What a change of many or a closure did.
    pub(crate) happened: Happened,
    /// The booking's page.
    pub(crate) page: String,
    /// The door's code, where there is one.
    pub(crate) code: Option<String>,
    /// From when and until when it opens.
    pub(crate) code_span: Option<(Timestamp, Timestamp)>,
    pub(crate) times: Vec<TimeTold>,
    /// Equipment and services that go with the times, in words; none where that is not the reader's business.
    pub(crate) accessories: Vec<String>,
    /// The reader's name and who lets them in, where it is a guest.
    pub(crate) guest: Option<(String, String)>,
    /// What those who must know are told beside, where the reader is one of them.
    pub(crate) staff: Option<ForStaff>,
    pub(crate) now: Timestamp,
}

/// What a change of many or a closure did, in words.
#[derive(Default)]
pub(crate) struct Happened {
    /// Why; empty where nobody said.
    pub(crate) reason: String,
    /// The times that the booking has no more.
    pub(crate) gone: Vec<String>,
    /// The times that it has instead.
    pub(crate) came: Vec<String>,
    /// The times that it is offered, each with until when.
    pub(crate) offered: Vec<(String, String)>,
    /// The times that a closure is about, where there is one.
    pub(crate) met: Option<BTreeSet<OccurrenceId>>,
}

/// What those who must know are told of a booking beside its times.
pub(crate) struct ForStaff {
    /// The reader's name.
    pub(crate) name: String,
    /// On whose account it is.
    pub(crate) customer: String,
    pub(crate) purpose: String,
    pub(crate) persons: Option<u32>,
    /// What the officer writes.
    pub(crate) message: Option<String>,
}

/// One time of it.
pub(crate) struct TimeTold {
    pub(crate) occurrence: OccurrenceId,
    /// Its name in calendars.
    pub(crate) uid: String,
    pub(crate) starts_at: Timestamp,
    pub(crate) ends_at: Timestamp,
    /// Says times in the place's zone.
    pub(crate) when: When,
    pub(crate) place: String,
    pub(crate) address: Option<String>,
    /// The door's code at this time, where each time has its own.
    pub(crate) code: Option<String>,
}

/// A letter, ready to be put into an envelope.
pub(crate) struct Letter {
    pub(crate) subject: String,
    pub(crate) text: String,
    /// The same as a short message.
    pub(crate) short: String,
    /// What goes into the reader's calendar, where there are times.
    pub(crate) calendar: Option<CalendarFile>,
}

/// A file for calendars.
pub(crate) struct CalendarFile {
    pub(crate) text: String,
    pub(crate) method: Method,
    pub(crate) name: String,
}

impl Told {
    /// Leaves the codes out: they stand on the booking's page.
    pub(crate) fn keep_codes_back(&mut self) {
        self.code = None;
        for time in &mut self.times {
            time.code = None;
        }
    }

    fn value(&self, place: Place) -> String {
        match place {
            Place::Number => self.number.to_string(),
            Place::Customer => self.customer.clone(),
            Place::Municipality => self.tenant.clone(),
        }
    }
}

impl Letter {
    /// The letter of a kind; in words of the municipality's own where it has any.
    pub(crate) fn write(kind: Kind, told: &Told, words: Option<&Template>) -> Self {
        let (lang, number) = (told.lang, &told.number);
        let by = told.guest.as_ref().map(|(_, by)| by.clone()).unwrap_or_default();
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
            Kind::Rearranged(_) => (
                t(lang, "notifications-rearranged-subject", &[("number", number)]),
                t(lang, "notifications-rearranged-lead", &[("number", number)]),
                rearranged_page(told),
                Method::Publish,
            ),
            Kind::Written(_) => (
                t(lang, "notifications-written-subject", &[("number", number)]),
                t(lang, "notifications-written-lead", &[("number", number)]),
                t(lang, "notifications-written-page", &[("url", &told.page)]),
                Method::Publish,
            ),
            Kind::Closed(_) | Kind::Opened(_) => closure_words(kind, told, &by),
            Kind::ContactConfirmed => (
                t(lang, "notifications-contact-subject", &[("number", number)]),
                t(lang, "notifications-contact-lead", &[("number", number)]),
                t(lang, "notifications-contact-page", &[("url", &told.page)]),
                Method::Publish,
            ),
            Kind::ContactChanged => (
                t(lang, "notifications-contact-changed-subject", &[("number", number)]),
                t(lang, "notifications-contact-changed-lead", &[("number", number)]),
                t(lang, "notifications-contact-page", &[("url", &told.page)]),
                Method::Publish,
            ),
            Kind::ContactCancelled => (
                t(lang, "notifications-contact-cancelled-subject", &[("number", number)]),
                t(lang, "notifications-contact-cancelled-lead", &[("number", number)]),
                t(lang, "notifications-contact-page", &[("url", &told.page)]),
                Method::Cancel,
            ),
            Kind::ContactReleased => (
                t(lang, "notifications-contact-released-subject", &[("number", number)]),
                t(lang, "notifications-contact-released-lead", &[("number", number)]),
                t(lang, "notifications-contact-page", &[("url", &told.page)]),
                Method::Cancel,
            ),
            // Enquiries, the register of customers, what is followed and faults have letters of their own.
            Kind::GuestLetIn
            | Kind::EnquiryReceived
            | Kind::EnquiryAnswered
            | Kind::EnquiryBooked
            | Kind::EnquiryClosed
            | Kind::CustomerInvited
            | Kind::ApplicationReceived
            | Kind::ApplicationApproved
            | Kind::ApplicationRefused
            | Kind::WatchFound
            | Kind::FaultAnswered => (
                t(lang, "notifications-guest-subject", &[("tenant", &told.tenant)]),
                t(lang, "notifications-guest-lead", &[("by", &by)]),
                t(lang, "notifications-guest-keep", &[]),
                Method::Publish,
            ),
            Kind::GuestChanged => (
                t(lang, "notifications-guest-changed-subject", &[("tenant", &told.tenant)]),
                if told.times.is_empty() {
                    t(lang, "notifications-guest-none-lead", &[("by", &by)])
                } else {
                    t(lang, "notifications-guest-changed-lead", &[("by", &by)])
                },
                t(lang, "notifications-guest-keep", &[]),
                Method::Publish,
            ),
            Kind::GuestTakenBack => (
                t(lang, "notifications-guest-taken-back-subject", &[("tenant", &told.tenant)]),
                t(lang, "notifications-guest-taken-back-lead", &[("by", &by)]),
                t(lang, "notifications-guest-questions", &[("by", &by)]),
                Method::Cancel,
            ),
        };
        let filled = |text: &str| fill(text, |place| told.value(place));
        let (subject, lead) = match words {
            Some(words) => (filled(&words.subject), filled(&words.lead)),
            None => (subject, lead),
        };
        let name = told.guest.as_ref().map(|(name, _)| name).or(told.staff.as_ref().map(|staff| &staff.name));
        let greeting = match name {
            Some(name) => t(lang, "notifications-greeting-name", &[("name", name)]),
            None => t(lang, "notifications-greeting", &[]),
        };
        let mut paragraphs = vec![greeting, lead];
        if !told.reason.is_empty() {
            paragraphs.push(t(lang, "notifications-officer-writes", &[("text", &told.reason)]));
        }
        paragraphs.extend(happened_words(told));
        // A change of many says itself which times it is about.
        if !matches!(kind, Kind::Rearranged(_)) {
            paragraphs.extend(told.times.iter().map(time_words));
        }
        if !told.accessories.is_empty() {
            let list = told.accessories.join(", ");
            paragraphs.push(t(lang, "notifications-accessories", &[("list", &list)]));
        }
        paragraphs.extend(told.staff.as_ref().map(|staff| staff_words(lang, staff)));
        paragraphs.extend(code_words(told));
        paragraphs.push(page);
        paragraphs.extend(words.map(|words| filled(&words.closing)).filter(|closing| !closing.is_empty()));
        paragraphs.push(t(lang, "notifications-regards", &[("tenant", &told.tenant)]));
        let organizer = Organizer { name: told.tenant.clone(), uri: told.home.clone() };
        let events: Vec<Event> = told.times.iter().map(|time| event(kind, time, &told.page)).collect();
        Self {
            short: short(&subject, told),
            subject,
            text: paragraphs.join("\n\n") + "\n",
            calendar: Some(CalendarFile {
                text: calendar::file(method, &organizer, told.now, &events),
                method,
                name: t(lang, "notifications-calendar-file", &[("number", number)]),
            }),
        }
    }
}

/// As much as a short message holds: whose, what, which times, and the way to all of it.
fn short(subject: &str, told: &Told) -> String {
    let mut lines = vec![format!("{}: {subject}", told.tenant)];
    let reason = &told.happened.reason;
    if !reason.is_empty() {
        lines.push(t(told.lang, "notifications-about-reason", &[("reason", reason)]));
    }
    let code = |code: &String| t(told.lang, "notifications-code", &[("code", &grouped_code(code))]);
    lines.extend(told.code.as_ref().map(code));
    let happened = &told.happened;
    for (head, times) in [
        (t(told.lang, "notifications-about-gone", &[]), &happened.gone),
        (t(told.lang, "notifications-about-came", &[]), &happened.came),
    ] {
        if !times.is_empty() {
            lines.push(head);
            lines.extend(times.iter().cloned());
        }
    }
    // A change of many has said which times it is about.
    let said = !happened.gone.is_empty() || !happened.came.is_empty();
    for time in told.times.iter().filter(|_| !said) {
        lines.push(format!("{}, {}", time.when.span(time.starts_at, time.ends_at), time.place));
        lines.extend(time.code.as_ref().map(code));
    }
    fit(&lines, &told.page)
}

/// What each reader is told of what is closed or open again: who booked, who is let in, who must know.
fn closure_words(kind: Kind, told: &Told, by: &str) -> (String, String, String, Method) {
    let (lang, number, closed) = (told.lang, &told.number, matches!(kind, Kind::Closed(_)));
    let (subject, lead, page) = match (&told.guest, &told.staff) {
        (Some(_), _) if closed => (
            t(lang, "notifications-guest-closed-subject", &[("tenant", &told.tenant)]),
            t(lang, "notifications-guest-closed-lead", &[("by", &by)]),
            t(lang, "notifications-guest-questions", &[("by", &by)]),
        ),
        (Some(_), _) => (
            t(lang, "notifications-guest-opened-subject", &[("tenant", &told.tenant)]),
            t(lang, "notifications-guest-opened-lead", &[("by", &by)]),
            t(lang, "notifications-guest-keep", &[]),
        ),
        (None, Some(_)) if closed => (
            t(lang, "notifications-contact-closed-subject", &[("number", number)]),
            t(lang, "notifications-contact-closed-lead", &[("number", number)]),
            t(lang, "notifications-contact-page", &[("url", &told.page)]),
        ),
        (None, Some(_)) => (
            t(lang, "notifications-contact-opened-subject", &[("number", number)]),
            t(lang, "notifications-contact-opened-lead", &[("number", number)]),
            t(lang, "notifications-contact-page", &[("url", &told.page)]),
        ),
        (None, None) if closed => (
            t(lang, "notifications-closed-subject", &[("number", number)]),
            t(lang, "notifications-closed-lead", &[("number", number)]),
            t(lang, "notifications-booking-page", &[("url", &told.page)]),
        ),
        (None, None) => (
            t(lang, "notifications-opened-subject", &[("number", number)]),
            t(lang, "notifications-opened-lead", &[("number", number)]),
            t(lang, "notifications-booking-page", &[("url", &told.page)]),
        ),
    };
    (subject, lead, page, Method::Publish)
}

/// The way to the booking's page: where there is something to answer, that first.
fn rearranged_page(told: &Told) -> String {
    if told.happened.offered.is_empty() {
        t(told.lang, "notifications-booking-page-cancelled", &[("url", &told.page)])
    } else {
        t(told.lang, "notifications-offer-page", &[("url", &told.page)])
    }
}

/// Why, what is gone, what came, and what is offered instead.
fn happened_words(told: &Told) -> Vec<String> {
    let (lang, happened) = (told.lang, &told.happened);
    let mut said = Vec::new();
    if !happened.reason.is_empty() {
        said.push(t(lang, "notifications-about-reason", &[("reason", &happened.reason)]));
    }
    let list =
        |head: String, lines: &[String]| (!lines.is_empty()).then(|| format!("{head}\n{}", lines.join("\n")));
    said.extend(list(t(lang, "notifications-about-gone", &[]), &happened.gone));
    said.extend(list(t(lang, "notifications-about-came", &[]), &happened.came));
    let offered: Vec<String> = happened
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
    if let Some(code) = &time.code {
        lines.push(t(time.when.lang, "notifications-code", &[("code", &grouped_code(code))]));
    }
    lines.join("\n")
}

fn staff_words(lang: Lang, staff: &ForStaff) -> String {
    let mut lines = vec![t(lang, "notifications-contact-who", &[("customer", &staff.customer)])];
    if !staff.purpose.is_empty() {
        lines.push(t(lang, "notifications-contact-purpose", &[("purpose", &staff.purpose)]));
    }
    if let Some(persons) = staff.persons {
        lines.push(t(lang, "notifications-contact-persons", &[("persons", &persons)]));
    }
    if let Some(message) = &staff.message {
        lines.push(String::new());
        lines.push(t(lang, "notifications-officer-writes", &[("text", message)]));
    }
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
