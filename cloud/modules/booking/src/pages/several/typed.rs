//! What stands in the form of several times.

use std::collections::BTreeSet;

use booking_domain::{Asked, STAY_MINUTES_MAX};
use protocols_ids::{BookingId, CustomerId};
use uuid::Uuid;

use super::super::fields::About;

/// The form as it was sent.
#[derive(Default)]
pub struct Typed {
    /// Where times are added.
    pub facility: String,
    /// Where they shall be added from now on.
    pub other_facility: String,
    /// Whose booking of last year an officer copies for the customer who had it.
    pub copied: Option<BookingId>,
    /// For whom an officer books at the desk.
    pub on_behalf: Option<CustomerId>,
    pub customer: String,
    /// For whom the person acted when they were asked whether they meant another one.
    pub certain: Option<CustomerId>,
    pub request_key: Uuid,
    pub about: About,
    pub times: Vec<Asked>,
    pub action: String,
    pub new_resource: String,
    pub new_date: String,
    pub new_start: String,
    pub new_minutes: String,
    pub last: String,
    pub every: String,
    pub weekdays: BTreeSet<i8>,
    pub skip_holidays: bool,
}

impl Typed {
    /// From the fields; what cannot be read is as if it were not there.
    pub fn read(fields: Vec<(String, String)>) -> Self {
        let mut typed = Self::default();
        for (name, value) in fields {
            let Some(value) = typed.about.take(&name, value) else { continue };
            match name.as_str() {
                "facility" => typed.facility = value,
                "other_facility" => typed.other_facility = value,
                "customer" => typed.customer = value,
                "certain" => typed.certain = value.parse().ok(),
                "copied" => typed.copied = value.parse().ok(),
                "on_behalf" => typed.on_behalf = value.parse().ok(),
                "request_key" => typed.request_key = value.parse().unwrap_or_default(),
                "time" => typed.times.extend(time_of(&value)),
                "action" => typed.action = value,
                "new_resource" => typed.new_resource = value,
                "new_date" => typed.new_date = value,
                "new_start" => typed.new_start = value,
                "new_minutes" => typed.new_minutes = value,
                "last" => typed.last = value,
                "every_weeks" => typed.every = value,
                "weekday" => {
                    typed.weekdays.extend(value.parse::<i8>().ok().filter(|day| (1..=7).contains(day)));
                }
                "skip_holidays" => typed.skip_holidays = true,
                _ => {}
            }
        }
        typed
    }
}

/// A time as the form carries it: resource, start and minutes with bars between.
pub fn time_of(text: &str) -> Option<Asked> {
    let mut parts = text.split('|');
    let asked = Asked {
        resource: parts.next()?.parse().ok()?,
        starts_at: parts.next()?.parse().ok()?,
        minutes: parts.next()?.parse().ok().filter(|minutes| *minutes <= STAY_MINUTES_MAX)?,
    };
    parts.next().is_none().then_some(asked)
}

/// A time as the form carries it.
pub fn text_of(asked: &Asked) -> String {
    format!("{}|{}|{}", asked.resource, asked.starts_at, asked.minutes)
}
