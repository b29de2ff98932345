//! `/watches/new`: follows a time that is taken by one tap, or free times of a resource or for an activity by days and
//! hours.

use std::collections::BTreeSet;

use axum::Extension;
use axum::extract::{Form, Query};
use axum::response::{IntoResponse, Redirect, Response};
use cloud_contracts::Facility;
use cloud_kernel::web::{Failure, Visit};
use cloud_kernel::{Actor, TenantTx};
use cloud_ui::{Button, Checkbox, ErrorSummary, Facts, Field, Lang, Select, duration, t};
use http::StatusCode;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use maud::{Markup, html};
use protocols_ids::{FacilityId, ResourceId};
use serde_json::json;
use watching_domain::{
    Hours, LENGTHS, Span, State, WATCH_DAYS_MAX, WATCHES_MAX, Weekdays, Wish, after_months,
};

use super::{WEEK, of_words, weekday_name};
use crate::Ports;
use crate::store::{self, Of, Watch};

/// How long a wish lasts where nobody says otherwise: a season's half.
const USUAL_MONTHS: i32 = 3;
/// Minutes of a taken time at most: a week, the longest stay.
const MINUTES_MAX: i64 = 7 * 24 * 60;

/// What was asked for and typed.
#[derive(Clone, Default)]
struct Typed {
    resource: String,
    activity: String,
    facility: String,
    /// A taken time, where it is one.
    start: String,
    long: String,
    days: BTreeSet<String>,
    from: String,
    until: String,
    length: String,
    ends: String,
}

impl Typed {
    fn read(fields: Vec<(String, String)>) -> Self {
        let mut typed = Self::default();
        for (name, value) in fields {
            let value = value.trim().to_owned();
            match name.as_str() {
                "resource" => typed.resource = value,
                "activity" => typed.activity = value,
                "facility" => typed.facility = value,
                "start" => typed.start = value,
                "minutes" => typed.long = value,
                "day" => drop(typed.days.insert(value)),
                "from" => typed.from = value,
                "until" => typed.until = value,
                "length" => typed.length = value,
                "ends" => typed.ends = value,
                _ => {}
            }
        }
        typed
    }

    /// Of what; to nothing that there is nobody leads.
    fn of(&self, facilities: &[Facility]) -> Option<Of> {
        if let Ok(id) = self.resource.parse::<ResourceId>() {
            let known = facilities.iter().any(|facility| facility.resource(id).is_some());
            return known.then_some(Of::Resource(id));
        }
        let facility = self.facility.parse::<FacilityId>().ok();
        let there = facilities.iter().filter(|one| facility.is_none_or(|id| id == one.id));
        let known = there.flat_map(|one| &one.resources).any(|one| one.activities.contains(&self.activity));
        known.then(|| Of::Activity(self.activity.clone(), facility))
    }

    /// The taken time that it is about.
    fn this(&self) -> Option<Span> {
        let starts_at: Timestamp = self.start.parse().ok()?;
        let minutes: i64 = self.long.parse().ok().filter(|minutes| (1..=MINUTES_MAX).contains(minutes))?;
        Span::new(starts_at, starts_at.checked_add(SignedDuration::from_mins(minutes)).ok()?)
    }

    fn wish(&self, lang: Lang, mut errors: ErrorSummary) -> Result<Wish, ErrorSummary> {
        let days = Weekdays::new(WEEK.into_iter().filter(|day| self.days.contains(&day_key(*day))));
        if days.is_none() {
            errors = errors.error(&format!("day-{}", day_key(WEEK[0])), &t(lang, "watching-error-days", &[]));
        }
        let clock = |text: &str| {
            text.parse::<Time>().ok().and_then(|clock| Time::new(clock.hour(), clock.minute(), 0, 0).ok())
        };
        let hours = match (clock(&self.from), clock(&self.until)) {
            (Some(from), Some(until)) => {
                let hours = Hours::new(from, until);
                if hours.is_none() {
                    errors = errors.error("until", &t(lang, "watching-error-hours", &[]));
                }
                hours
            }
            (from, until) => {
                for (name, clock) in [("from", from), ("until", until)] {
                    if clock.is_none() {
                        errors = errors.error(name, &t(lang, "watching-error-clock", &[]));
                    }
                }
                None
            }
        };
        let minutes = self.length.parse::<u32>().ok().filter(|minutes| LENGTHS.contains(minutes));
        if minutes.is_none() {
            errors = errors.error("length", &t(lang, "watching-error-length", &[]));
        }
        match (days, hours, minutes) {
            (Some(days), Some(hours), Some(minutes)) if errors.is_empty() => {
                Ok(Wish::Any { days, hours, minutes })
            }
            _ => Err(errors),
        }
    }

    /// When the wish is over: at the end of the day that was said.
    fn until(&self, today: Date, zone: &TimeZone) -> Option<Timestamp> {
        let last: Date = self.ends.parse().ok()?;
        let most = today.checked_add(WATCH_DAYS_MAX.days()).ok()?;
        if last < today || last > most {
            return None;
        }
        last.tomorrow().ok()?.to_zoned(zone.clone()).ok().map(|over| over.timestamp())
    }
}

fn day_key(day: jiff::civil::Weekday) -> String {
    day.to_monday_one_offset().to_string()
}

fn zone_of(visit: &Visit, of: &Of, facilities: &[Facility]) -> TimeZone {
    let facility = match of {
        Of::Resource(id) => facilities.iter().find(|facility| facility.resource(*id).is_some()),
        Of::Activity(_, id) => id.and_then(|id| facilities.iter().find(|facility| facility.id == id)),
    };
    facility.map_or_else(|| visit.tenant.time_zone.clone(), |facility| facility.time_zone.clone())
}

struct Screen<'a> {
    visit: &'a Visit,
    facilities: &'a [Facility],
    of: &'a Of,
    zone: TimeZone,
}

impl Screen<'_> {
    fn answer(&self, status: StatusCode, typed: &Typed, errors: &ErrorSummary) -> Response {
        let lang = self.visit.lang;
        let when = cloud_ui::When { zone: self.zone.clone(), ..self.visit.when() };
        let hidden = |name: &str, value: &str| html! { @if !value.is_empty() { input type="hidden" name=(name) value=(value); } };
        let this = typed.this();
        let mut facts =
            Facts::new().row(&t(lang, "watching-what", &[]), of_words(lang, self.of, self.facilities));
        if let Some(span) = this {
            facts = facts.row(&t(lang, "watching-when", &[]), when.span(span.starts_at(), span.ends_at()));
        }
        let body = html! {
            (facts)
            form method="post" action="/watches" {
                (hidden("resource", &typed.resource)) (hidden("activity", &typed.activity)) (hidden("facility", &typed.facility))
                @if this.is_some() {
                    (hidden("start", &typed.start)) (hidden("minutes", &typed.long))
                    p { (t(lang, "watching-this-effect", &[])) }
                } @else {
                    (self.fields(typed, errors))
                }
                p.actions { (Button::primary(&t(lang, "watching-follow", &[]))) }
            }
        };
        let page = self
            .visit
            .page(&t(lang, "watching-new-title", &[]))
            .crumb(&t(lang, "watching-title", &[]), "/watches");
        (status, page.errors(errors.clone()).body(body).render()).into_response()
    }

    fn fields(&self, typed: &Typed, errors: &ErrorSummary) -> Markup {
        let lang = self.visit.lang;
        let first = format!("day-{}", day_key(WEEK[0]));
        let lengths = LENGTHS.into_iter().fold(
            Select::new("length", &t(lang, "watching-length", &[]))
                .chosen(&typed.length)
                .error(errors.of("length")),
            |select, minutes| select.option(&minutes.to_string(), &duration(lang, minutes)),
        );
        html! {
            fieldset.field {
                legend { (t(lang, "watching-days", &[])) }
                @if let Some(error) = errors.of(&first) { span.field-error { (error) } }
                @for day in WEEK {
                    (Checkbox::new("day", &weekday_name(lang, day)).value(&day_key(day))
                        .checked(typed.days.contains(&day_key(day))))
                }
            }
            (Field::time("from", &t(lang, "watching-from", &[])).value(&typed.from).error(errors.of("from")))
            (Field::time("until", &t(lang, "watching-to", &[])).hint(&t(lang, "watching-to-hint", &[]))
                .value(&typed.until).error(errors.of("until")))
            (lengths)
            (Field::date("ends", &t(lang, "watching-ends", &[])).hint(&t(lang, "watching-ends-hint", &[]))
                .value(&typed.ends).error(errors.of("ends")))
        }
    }
}

/// The form.
pub async fn show(
    visit: Visit,
    Extension(ports): Extension<Ports>,
    Query(asked): Query<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    visit.signed_in()?;
    let mut tx = visit.begin().await?;
    let facilities = ports.facilities.all(&mut tx).await?;
    tx.commit().await?;
    let asked = Typed::read(asked);
    let of = asked.of(&facilities).ok_or(Failure::NotFound)?;
    let zone = zone_of(&visit, &of, &facilities);
    let today = zone.to_datetime(visit.kernel.now()).date();
    let or = |value: String, usual: &str| if value.is_empty() { usual.to_owned() } else { value };
    let days = if asked.days.is_empty() { WEEK.into_iter().map(day_key).collect() } else { asked.days };
    let typed = Typed {
        days,
        from: or(asked.from, "07:00"),
        until: or(asked.until, "22:00"),
        length: or(asked.length, "60"),
        ends: or(asked.ends, &after_months(today, USUAL_MONTHS).to_string()),
        ..asked
    };
    let screen = Screen { visit: &visit, facilities: &facilities, of: &of, zone };
    Ok(screen.answer(StatusCode::OK, &typed, &ErrorSummary::new(visit.lang)))
}

type Sent = Result<Form<Vec<(String, String)>>, axum::extract::rejection::FormRejection>;

/// Follows it.
pub async fn send(visit: Visit, Extension(ports): Extension<Ports>, sent: Sent) -> Result<Response, Failure> {
    let Form(fields) = sent.map_err(|_| Failure::BadRequest("a wish that no page of ours has"))?;
    let typed = Typed::read(fields);
    let person = visit.signed_in()?.person;
    let mut tx = visit.begin().await?;
    let facilities = ports.facilities.all(&mut tx).await?;
    let of = typed.of(&facilities).ok_or(Failure::NotFound)?;
    let zone = zone_of(&visit, &of, &facilities);
    let screen = Screen { visit: &visit, facilities: &facilities, of: &of, zone: zone.clone() };
    let lang = visit.lang;
    let now = tx.now();
    let none = ErrorSummary::new(lang);
    let (wish, until) = if typed.start.is_empty() {
        let today = zone.to_datetime(now).date();
        let until = typed.until(today, &zone);
        let errors = match until {
            Some(_) => none,
            None => none.error("ends", &t(lang, "watching-error-ends", &[])),
        };
        match (typed.wish(lang, errors), until) {
            (Ok(wish), Some(until)) => (wish, until),
            (Ok(_), None) => return Err(Failure::BadRequest("a day that cannot be")),
            (Err(errors), _) => return Ok(screen.answer(StatusCode::UNPROCESSABLE_ENTITY, &typed, &errors)),
        }
    } else {
        let span = typed.this().filter(|span| span.starts_at() > now);
        let span = span.ok_or(Failure::BadRequest("a time that no schedule of ours has"))?;
        (Wish::This(span), span.starts_at())
    };
    let watch = Watch { id: tx.new_id(), person, of: of.clone(), wish, state: State::Followed, until };
    if !follow(&mut tx, &watch).await? {
        let text = t(lang, "watching-error-full", &[("most", &WATCHES_MAX)]);
        let errors = ErrorSummary::new(lang).error("length", &text);
        return Ok(screen.answer(StatusCode::CONFLICT, &typed, &errors));
    }
    tx.commit().await?;
    Ok(Redirect::to("/watches?done=new").into_response())
}

/// Writes a wish; the same again is the one that is there. False where the person has too many.
async fn follow(tx: &mut TenantTx, watch: &Watch) -> Result<bool, Failure> {
    store::one_at_a_time(tx, watch.person).await?;
    let mine = store::of_person(tx, watch.person).await?;
    if mine.iter().any(|one| one.of == watch.of && one.wish == watch.wish && one.state == State::Followed) {
        return Ok(true);
    }
    if mine.len() >= WATCHES_MAX {
        return Ok(false);
    }
    store::insert(tx, watch).await?;
    let detail = json!({ "until": watch.until });
    tx.audit(Actor::Person(watch.person), "watching.followed", Some(watch.id.uuid()), &detail).await?;
    Ok(true)
}
