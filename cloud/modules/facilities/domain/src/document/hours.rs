//! Opening hours as files and forms write them.

use super::check::Told;
use super::raw::RawHours;
use crate::calendar::{DayKind, RegularHours};
use crate::fault::{Fault, Place, Thing};
use crate::hours::DayHours;

pub(super) fn check_hours(facility: &str, entries: &[RawHours]) -> Result<Vec<RegularHours>, Told> {
    let mut hours: Vec<RegularHours> = Vec::new();
    for entry in entries {
        let refuse = |what: Fault| (Place::within(facility, Thing::Hours(entry.days.clone())), what);
        let days = weekdays(&entry.days).ok_or_else(|| refuse(Fault::NoDays(entry.days.clone())))?;
        let on = match &entry.on {
            Some(key) => DayKind::parse(key)
                .ok_or_else(|| refuse(Fault::none_of("on", key, &DayKind::ALL.map(DayKind::key))))?,
            None => DayKind::Always,
        };
        let clock = |key: &'static str, text: &Option<String>| {
            let text = text.as_deref().unwrap_or_default();
            minute_of_day(text).ok_or_else(|| refuse(Fault::NoClock { key, text: text.to_owned() }))
        };
        let (opens_minute, closes_minute) = if entry.closed {
            if entry.opens.is_some() || entry.closes.is_some() {
                return Err(refuse(Fault::ClosedAndOpen));
            }
            (0, 0)
        } else {
            let (opens, closes) = (clock("opens", &entry.opens)?, clock("closes", &entry.closes)?);
            span_of_day(opens, closes).ok_or_else(|| refuse(Fault::NoLength))?
        };
        for weekday in days {
            let new = RegularHours { on, hours: DayHours { weekday, opens_minute, closes_minute } };
            if hours.iter().any(|old| overlap(old, &new)) {
                return Err(refuse(Fault::Overlaps));
            }
            hours.push(new);
        }
    }
    hours.sort_unstable();
    Ok(hours)
}

/// Whether two spans of the same weekday and kind of day meet each other; closed meets everything.
pub fn overlap(one: &RegularHours, other: &RegularHours) -> bool {
    let (a, b) = (one.hours, other.hours);
    let same_day = one.on == other.on && a.weekday == b.weekday;
    let meet = a.opens_minute < b.closes_minute && b.opens_minute < a.closes_minute;
    same_day && (meet || one.is_closed() || other.is_closed())
}

/// From and until as minutes after midnight; a clock that does not come later is on the next day.
fn span_of_day(opens: u16, closes: u16) -> Option<(u16, u16)> {
    match closes.cmp(&opens) {
        std::cmp::Ordering::Greater => Some((opens, closes)),
        std::cmp::Ordering::Equal => None,
        std::cmp::Ordering::Less => Some((opens, closes.checked_add(1440)?)),
    }
}

/// Reads two times of day as a span; one that ends at or before its beginning runs past midnight.
pub fn clock_span(opens: &str, closes: &str) -> Option<(u16, u16)> {
    let opens = minute_of_day(opens).filter(|opens| *opens < 1440)?;
    span_of_day(opens, minute_of_day(closes)?)
}

/// `07:30` as minutes after midnight.
pub fn minute_of_day(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    if hour.len() != 2
        || minute.len() != 2
        || !(hour.bytes().chain(minute.bytes())).all(|b| b.is_ascii_digit())
    {
        return None;
    }
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    let total = hour.checked_mul(60)?.checked_add(minute)?;
    (minute < 60 && total <= 1440).then_some(total)
}

/// `mon`, `mon-fri` or, over the week's end, `fri-mon`, as 1 to 7.
pub(super) fn weekdays(text: &str) -> Option<Vec<i8>> {
    let day = |name: &str| -> Option<i8> {
        match name {
            "mon" => Some(1),
            "tue" => Some(2),
            "wed" => Some(3),
            "thu" => Some(4),
            "fri" => Some(5),
            "sat" => Some(6),
            "sun" => Some(7),
            _ => None,
        }
    };
    let Some((first, last)) = text.split_once('-') else { return Some(vec![day(text)?]) };
    let (first, last) = (day(first)?, day(last)?);
    Some(if first <= last { (first..=last).collect() } else { (first..=7).chain(1..=last).collect() })
}
