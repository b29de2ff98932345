//! What a schedule shows: which days, of what.

use std::collections::BTreeMap;

use booking_domain::{Place, RuleBook, Span, monday};
use cloud_contracts::{Facility, Resource};
use cloud_kernel::TenantTx;
use cloud_kernel::web::Failure;
use jiff::ToSpan as _;
use jiff::civil::Date;
use protocols_ids::ResourceId;

use super::Choice;
use crate::Ports;
use crate::place::{place_with, rule_books};

/// How days and resources lie.
#[derive(Clone, Copy, Debug)]
pub(super) enum Layout<'a> {
    /// A day, everything beside each other; narrow screens show one hall.
    Day {
        /// Which, where one was chosen.
        hall: Option<&'a Resource>,
    },
    /// A week of one resource.
    Week(&'a Resource),
    /// A week of a hall with its parts.
    HallWeek(&'a Resource),
    /// A week of everything, a cell a day.
    Overview,
    /// A month of everything or of one resource, a cell a day.
    Month(Option<&'a Resource>),
}

/// What is shown.
#[derive(Debug)]
pub(super) struct Sheet<'a> {
    pub(super) layout: Layout<'a>,
    pub(super) today: Date,
    pub(super) day: Date,
    /// The days shown, in order. Never empty.
    pub(super) dates: Vec<Date>,
    /// The resources shown.
    pub(super) resources: Vec<&'a Resource>,
}

impl<'a> Layout<'a> {
    /// The layout in an address, without its day.
    pub(super) fn query(self) -> String {
        self.fields().iter().fold(String::new(), |query, (name, value)| format!("{query}&{name}={value}"))
    }

    /// The same as fields of a form.
    pub(super) fn fields(self) -> Vec<(&'static str, &'a str)> {
        match self {
            Self::Day { hall: None } => vec![],
            Self::Day { hall: Some(hall) } => vec![("hall", &hall.slug)],
            Self::Week(resource) => vec![("view", "week"), ("resource", &resource.slug)],
            Self::HallWeek(hall) => vec![("view", "week"), ("hall", &hall.slug)],
            Self::Overview => vec![("view", "week")],
            Self::Month(None) => vec![("view", "month")],
            Self::Month(Some(resource)) => vec![("view", "month"), ("resource", &resource.slug)],
        }
    }

    fn of(facility: &'a Facility, choice: &Choice) -> Self {
        let named = |slug: &Option<String>| {
            facility.resources.iter().find(|resource| Some(resource.slug.as_str()) == slug.as_deref())
        };
        let (resource, hall) = (named(&choice.resource), named(&choice.hall));
        match (choice.view.as_deref(), resource, hall) {
            (Some("week"), Some(resource), _) => Self::Week(resource),
            (Some("week"), None, Some(hall)) => Self::week_of(facility, hall),
            (Some("week"), None, None) => match facility.resources.as_slice() {
                [only] => Self::Week(only),
                _ => Self::Overview,
            },
            (Some("month"), resource, hall) => Self::Month(resource.or(hall)),
            (Some(_) | None, _, hall) => Self::Day { hall },
        }
    }

    /// The week of a whole with its parts; of what has none, alone.
    pub(super) fn week_of(facility: &Facility, hall: &'a Resource) -> Self {
        if is_divided(facility, hall) { Self::HallWeek(hall) } else { Self::Week(hall) }
    }
}

impl<'a> Sheet<'a> {
    /// What was chosen, or today of everything.
    pub(super) fn of(facility: &'a Facility, choice: &Choice, today: Date) -> Self {
        let day = choice.day.as_deref().and_then(|day| day.parse().ok()).unwrap_or(today);
        let layout = Layout::of(facility, choice);
        let dates = match layout {
            Layout::Day { .. } => vec![day],
            Layout::Week(_) | Layout::HallWeek(_) | Layout::Overview => week_of(day),
            Layout::Month(_) => month_of(day),
        };
        let resources = match layout {
            Layout::Week(one) | Layout::Month(Some(one)) => vec![one],
            Layout::HallWeek(hall) => {
                let parts = facility.resources.iter().filter(|other| other.parent == Some(hall.id));
                std::iter::once(hall).chain(parts).collect()
            }
            Layout::Day { .. } | Layout::Overview | Layout::Month(None) => {
                facility.resources.iter().collect()
            }
        };
        Self { layout, today, day, dates, resources }
    }

    /// What the domain needs to know for these days.
    pub(super) async fn place(
        &self,
        tx: &mut TenantTx,
        ports: &Ports,
        facility: &Facility,
    ) -> Result<Place, Failure> {
        let books = rule_books(tx, std::slice::from_ref(facility)).await?;
        Ok(self.place_with(&books, ports, facility))
    }

    /// The same where the rules have been read.
    pub(super) fn place_with(
        &self,
        books: &BTreeMap<ResourceId, RuleBook>,
        ports: &Ports,
        facility: &Facility,
    ) -> Place {
        let first = self.dates.first().copied().unwrap_or(self.day);
        let last = self.dates.last().copied().unwrap_or(self.day);
        // A weekend or a season that is booked whole begins before what is shown, or ends after it.
        let reaches = self
            .resources
            .iter()
            .filter_map(|resource| books.get(&resource.id))
            .flat_map(|book| self.dates.iter().map(|date| book.on(*date).reach(*date)));
        let (first, last) =
            reaches.fold((first, last), |(first, last), (from, to)| (first.min(from), last.max(to)));
        place_with(books, ports.facilities.as_ref(), facility, first, last)
    }

    /// The whole of the days shown; none at the ends of the calendar.
    pub(super) fn during(&self, place: &Place) -> Option<Span> {
        let (first, last) = (place.day(*self.dates.first()?)?, place.day(*self.dates.last()?)?);
        Span::new(first.starts_at(), last.ends_at())
    }
}

/// Whether others are parts of it.
pub(super) fn is_divided(facility: &Facility, whole: &Resource) -> bool {
    facility.resources.iter().any(|other| other.parent == Some(whole.id))
}

/// Monday to Sunday.
pub(super) fn week_of(day: Date) -> Vec<Date> {
    let monday = monday(day);
    (0..7).filter_map(|after| monday.checked_add(i64::from(after).days()).ok()).collect()
}

fn month_of(day: Date) -> Vec<Date> {
    let (first, last) = (day.first_of_month(), day.last_of_month());
    std::iter::successors(Some(first), |date| date.tomorrow().ok()).take_while(|date| *date <= last).collect()
}
