//! The page of several times: the list, what can be added, and what all of it is for.

use axum::response::{IntoResponse, Response};
use booking_domain::{Asked, Obstacle, PurposeKind, Span};
use cloud_contracts::Customer;
use cloud_ui::{Button, Card, Checkbox, EmptyState, ErrorSummary, Facts, Field, Notice, Select, amount, t};
use http::StatusCode;
use maud::{Markup, html};

use super::super::words::{purpose_kind_name, reason_text};
use super::super::{place_name, when_at};
use super::Screen;
use super::typed::text_of;

impl Screen<'_> {
    pub(super) fn answer(&self, status: StatusCode, errors: &ErrorSummary) -> Response {
        let lang = self.visit.lang;
        let page = self.visit.page(&t(lang, "booking-several-title", &[])).errors(errors.clone());
        let page = page
            .lead(&self.lead())
            .crumb(&self.facility.name, &format!("/facilities/{}", self.facility.slug));
        let body = if let Some(customer) = &self.customer {
            self.form(customer, errors)
        } else {
            let here = format!("/act-for?next=%2Fbook%2Fseveral%3Ffacility%3D{}", self.facility.slug);
            let action = Button::primary(&t(lang, "booking-choose-customer", &[])).href(&here);
            html! { (Notice::info(&t(lang, "booking-no-customer", &[])).action(action)) }
        };
        (status, page.body(body).render()).into_response()
    }

    fn form(&self, customer: &Customer, errors: &ErrorSummary) -> Markup {
        let (lang, typed) = (self.visit.lang, &self.typed);
        html! {
            (self.at_the_desk())
            form method="post" action="/book/several" {
                input type="hidden" name="facility" value=(self.facility.slug);
                input type="hidden" name="customer" value=(customer.id);
                @if let Some(certain) = self.typed.certain { input type="hidden" name="certain" value=(certain); }
                @if let Some(whom) = typed.on_behalf { input type="hidden" name="on_behalf" value=(whom); }
                @if let Some(copied) = typed.copied { input type="hidden" name="copied" value=(copied); }
                input type="hidden" name="request_key" value=(typed.request_key);
                @for time in &typed.times { input type="hidden" name="time" value=(text_of(time)); }
                (Card::new("times", &t(lang, "booking-times", &[]), self.list()))
                (Card::new("add", &t(lang, "booking-several-add-title", &[]), self.add(errors)))
                (Card::new("book", &t(lang, "booking-several-book-title", &[]), self.finish(customer, errors)))
            }
        }
    }

    fn lead(&self) -> String {
        let lang = self.visit.lang;
        if self.desk.is_some() {
            t(lang, "booking-several-desk-lead", &[])
        } else {
            t(lang, "booking-several-lead", &[])
        }
    }

    /// For whom an officer books, and who is told.
    fn at_the_desk(&self) -> Markup {
        let lang = self.visit.lang;
        let Some(desk) = &self.desk else { return html! {} };
        let mine = self.visit.signed_in().is_ok_and(|officer| officer.person == desk.booker);
        let told = if mine {
            t(lang, "booking-several-desk-mine", &[("name", &desk.customer.name)])
        } else {
            t(lang, "booking-several-desk-theirs", &[])
        };
        html! { (Notice::info(&t(lang, "booking-several-desk", &[("name", &desk.customer.name)])).more(&told)) }
    }

    /// The times, each with what stands in its way.
    fn list(&self) -> Markup {
        let lang = self.visit.lang;
        let left_out = self.left_out;
        let troubled = self.obstacles.iter().filter(|obstacle| obstacle.is_some()).count();
        html! {
            @if left_out > 0 { (Notice::info(&t(lang, "booking-again-left-out", &[("count", &left_out)]))) }
            @if self.typed.times.is_empty() {
                (EmptyState::new(&t(lang, "booking-several-empty", &[]), &t(lang, "booking-several-empty-hint", &[])))
            } @else {
                @if troubled > 0 {
                    (Notice::warning(&t(lang, "booking-several-troubled", &[("count", &troubled), ("all", &self.typed.times.len())])))
                    p { (Button::quiet(&t(lang, "booking-several-skip", &[])).value("action", "skip")) }
                }
                ol.plain-list {
                    @for (time, obstacle) in self.typed.times.iter().zip(self.obstacles.iter()) {
                        li { (self.row(time, obstacle.as_ref())) }
                    }
                }
            }
        }
    }

    fn row(&self, time: &Asked, obstacle: Option<&Obstacle>) -> Markup {
        let (lang, when) = (self.visit.lang, when_at(self.visit, Some(&self.facility)));
        let name = self.says(time);
        let remove = Button::quiet(&t(lang, "booking-several-remove", &[])).about(&name);
        html! {
            strong { (name) } " "
            (remove.value("action", &format!("remove:{}", text_of(time))))
            @match obstacle {
                None => {}
                Some(Obstacle::Taken { instead }) => {
                    p { (t(lang, "booking-several-taken", &[])) }
                    @for other in instead {
                        @let new = Asked { resource: other.resource(), starts_at: other.span().starts_at(), minutes: other.span().minutes() };
                        (Button::quiet(&t(lang, "booking-several-swap", &[("time", &self.says(&new))]))
                            .value("action", &format!("swap:{}>{}", text_of(time), text_of(&new))))
                        " "
                    }
                }
                Some(Obstacle::Refused { reasons }) => {
                    @for reason in reasons { p { (reason_text(lang, &when, reason)) } }
                }
                Some(Obstacle::ExcludesOwn { other }) => {
                    @if let Some(other) = self.typed.times.get(*other) {
                        p { (t(lang, "booking-several-own", &[("time", &self.says(other))])) }
                    }
                }
            }
        }
    }

    fn says(&self, time: &Asked) -> String {
        let when = when_at(self.visit, Some(&self.facility));
        let ends_at = Span::lasting(time.starts_at, time.minutes).map_or(time.starts_at, Span::ends_at);
        let at = self.places.at(time.resource);
        let name = match at.filter(|_| self.places.all().len() == 1) {
            Some(facility) => facility.resource(time.resource).map(|resource| resource.name.clone()),
            None => None,
        };
        let name = name.unwrap_or_else(|| place_name(self.visit.lang, at, time.resource));
        format!("{}, {name}", when.span(time.starts_at, ends_at))
    }

    /// Where times are added, and where else they could be.
    fn other_facilities(&self) -> Markup {
        let lang = self.visit.lang;
        if self.siblings.is_empty() {
            return html! {};
        }
        let label = t(lang, "booking-several-elsewhere", &[]);
        let select = self
            .siblings
            .iter()
            .fold(Select::new("other_facility", &label), |select, (slug, name)| select.option(slug, name));
        html! {
            details {
                summary { (t(lang, "booking-several-here", &[("name", &self.facility.name)])) }
                (select)
                p { (Button::quiet(&t(lang, "booking-several-go", &[])).value("action", "facility")) }
            }
        }
    }

    fn add(&self, errors: &ErrorSummary) -> Markup {
        let (lang, typed) = (self.visit.lang, &self.typed);
        let or = |text: &str, otherwise: &str| {
            if text.is_empty() { otherwise.to_owned() } else { text.to_owned() }
        };
        let resources = self.facility.resources.iter().fold(
            Select::new("new_resource", &t(lang, "booking-place", &[])).chosen(&typed.new_resource),
            |select, resource| select.option(&resource.id.to_string(), &resource.name),
        );
        let every = [
            ("1", "booking-every-1"),
            ("2", "booking-every-2"),
            ("4", "booking-every-4"),
            ("month-weekday", "booking-every-month-weekday"),
            ("month-date", "booking-every-month-date"),
        ];
        let every = every.into_iter().fold(
            Select::new("every_weeks", &t(lang, "booking-several-every", &[])).chosen(&typed.every),
            |select, (weeks, key)| select.option(weeks, &t(lang, key, &[])),
        );
        let weekdays = [
            (1, "booking-weekday-1"),
            (2, "booking-weekday-2"),
            (3, "booking-weekday-3"),
            (4, "booking-weekday-4"),
            (5, "booking-weekday-5"),
            (6, "booking-weekday-6"),
            (7, "booking-weekday-7"),
        ];
        html! {
            (self.other_facilities())
            (resources)
            (Field::date("new_date", &t(lang, "booking-several-date", &[])).value(&typed.new_date).error(errors.of("new_date")))
            (Field::time("new_start", &t(lang, "booking-starts", &[])).value(&or(&typed.new_start, "18:00")))
            (Field::number("new_minutes", &t(lang, "booking-try-minutes", &[])).value(&or(&typed.new_minutes, "60")))
            p { (Button::quiet(&t(lang, "booking-several-add", &[])).value("action", "add")) }
            details open[!typed.last.is_empty()] {
                summary { (t(lang, "booking-several-series", &[])) }
                fieldset {
                    legend { (t(lang, "booking-several-weekdays", &[])) }
                    @for (day, key) in weekdays {
                        (Checkbox::new("weekday", &t(lang, key, &[])).value(&day.to_string()).checked(typed.weekdays.contains(&day)))
                    }
                }
                (every)
                (Field::date("last", &t(lang, "booking-several-last", &[])).value(&typed.last).error(errors.of("last")))
                (Checkbox::new("skip_holidays", &t(lang, "booking-several-skip-holidays", &[])).checked(typed.skip_holidays))
                p { (Button::quiet(&t(lang, "booking-several-add-series", &[])).value("action", "series")) }
            }
        }
    }

    fn finish(&self, customer: &Customer, errors: &ErrorSummary) -> Markup {
        let (lang, typed) = (self.visit.lang, &self.typed);
        let kinds = PurposeKind::ALL.into_iter().fold(
            Select::new("purpose_kind", &t(lang, "booking-purpose-kind", &[]))
                .chosen(PurposeKind::parse(&typed.about.kind).unwrap_or(PurposeKind::Training).key()),
            |select, kind| select.option(kind.key(), &purpose_kind_name(lang, kind)),
        );
        let price = match self.price_ore {
            Some(ore) => amount(lang, ore),
            None => t(lang, "booking-no-price", &[]),
        };
        html! {
            (Facts::new()
                .row(&t(lang, "booking-customer", &[]), customer.name.clone())
                .row(&t(lang, "booking-times", &[]), t(lang, "booking-times-count", &[("count", &typed.times.len())]))
                .row(&t(lang, "booking-price", &[]), price))
            (Field::text("purpose", &t(lang, "booking-purpose", &[]))
                .hint(&t(lang, "booking-purpose-hint", &[]))
                .value(&typed.about.purpose)
                .error(errors.of("purpose")))
            (kinds)
            (typed.about.peculiar(lang, &self.asks, errors))
            (typed.about.participants(lang, &self.asks, errors))
            (typed.about.equipment(lang, &self.asks, errors))
            (self.onwards())
        }
    }

    /// What comes next: an officer's decision, the booking, or price and terms while the times are held.
    fn onwards(&self) -> Markup {
        let lang = self.visit.lang;
        html! {
            @if self.is_decided {
                (Notice::info(&t(lang, "booking-request-info", &[("count", &self.typed.times.len())])))
                p { (Button::primary(&t(lang, "booking-request", &[])).value("action", "book")) }
            } @else if self.desk.is_some() {
                p { (Button::primary(&t(lang, "booking-several-book", &[])).value("action", "book")) }
            } @else {
                p.quiet { (t(lang, "booking-several-continue-hint", &[])) }
                p { (Button::primary(&t(lang, "booking-continue", &[])).value("action", "book")) }
            }
        }
    }
}
