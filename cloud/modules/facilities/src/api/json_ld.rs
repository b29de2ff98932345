//! schema.org data inside the public pages. A data block is not executed, so that the pages' policy stays as it is.

use cloud_contracts::{Facility, Resource};
use cloud_kernel::web::Visit;
use facilities_domain::{FacilityFacts, ResourceFacts, clock_word};
use maud::{Markup, PreEscaped, html};
use serde_json::{Value, json};

use crate::pages::accessibility_name;
use crate::store::Shown;

/// The block. What could end it early is written as an escape (JSON allows that for any character).
pub(crate) fn script(data: &Value) -> Markup {
    let text = data.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026");
    html! { script type="application/ld+json" { (PreEscaped(text)) } }
}

fn url(visit: &Visit, path: &str) -> String {
    visit.kernel.service().url(&visit.tenant.host, path)
}

/// A facility as a place.
pub(crate) fn facility(visit: &Visit, facility: &Facility, facts: &FacilityFacts, photos: &[Shown]) -> Value {
    let sport = facts_have_sport(facility);
    let mut place = place(visit, facility, facts);
    let contains: Vec<Value> = facility
        .resources
        .iter()
        .map(|resource| {
            let path = format!("/facilities/{}/{}", facility.slug, resource.slug);
            json!({ "@type": "Place", "name": resource.name, "url": url(visit, &path) })
        })
        .collect();
    let images: Vec<String> = photos
        .iter()
        .filter(|photo| photo.resource.is_none())
        .map(|photo| url(visit, &photo.src()))
        .collect();
    if let Some(object) = place.as_object_mut() {
        object.insert("@type".to_owned(), json!(if sport { "SportsActivityLocation" } else { "Place" }));
        object.insert("containsPlace".to_owned(), json!(contains));
        if !images.is_empty() {
            object.insert("image".to_owned(), json!(images));
        }
    }
    place
}

fn facts_have_sport(facility: &Facility) -> bool {
    facility.resources.iter().any(|resource| !resource.activities.is_empty())
}

fn place(visit: &Visit, facility: &Facility, facts: &FacilityFacts) -> Value {
    const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    let day = |weekday: i8| {
        usize::try_from(weekday - 1).ok().and_then(|index| DAYS.get(index)).copied().unwrap_or_default()
    };
    let hours: Vec<Value> = facility
        .opening_hours
        .iter()
        .map(|hours| {
            json!({
                "@type": "OpeningHoursSpecification",
                "dayOfWeek": format!("https://schema.org/{}", day(hours.weekday)),
                "opens": clock_word(hours.opens_minute),
                "closes": closing(hours.closes_minute),
            })
        })
        .collect();
    let exceptions =
        facility.special_hours.exceptions.iter().filter(|exception| exception.resource.is_none());
    let special: Vec<Value> = exceptions
        .flat_map(|exception| {
            // A day without hours is closed: the same time at both ends, as search engines take it.
            let spans = if exception.minutes.is_empty() { vec![(0, 0)] } else { exception.minutes.clone() };
            spans.into_iter().map(|(opens, closes)| {
                json!({
                    "@type": "OpeningHoursSpecification",
                    "validFrom": exception.first,
                    "validThrough": exception.last,
                    "opens": clock_word(opens),
                    "closes": closing(closes),
                })
            })
        })
        .collect();
    let amenities: Vec<Value> = facts
        .accessibility
        .iter()
        .map(|fact| {
            let name = accessibility_name(visit.lang, *fact);
            json!({ "@type": "LocationFeatureSpecification", "name": name, "value": true })
        })
        .collect();
    let mut place = json!({
        "@context": "https://schema.org",
        "@id": url(visit, &format!("/facilities/{}/about", facility.slug)),
        "url": url(visit, &format!("/facilities/{}/about", facility.slug)),
        "name": facility.name,
        "publicAccess": true,
        "openingHoursSpecification": hours,
        "specialOpeningHoursSpecification": special,
        "amenityFeature": amenities,
    });
    if let Some(object) = place.as_object_mut() {
        if !facts.description.is_empty() {
            object.insert("description".to_owned(), json!(facts.description));
        }
        if let Some(address) = &facility.address {
            object.insert("address".to_owned(), json!(address));
        }
        if let Some(position) = facts.position {
            let geo = json!({
                "@type": "GeoCoordinates",
                "latitude": position.latitude,
                "longitude": position.longitude,
            });
            object.insert("geo".to_owned(), geo);
        }
    }
    place
}

/// Midnight at the end of a day is 23:59 to those who read it: 24:00 is no time of theirs.
fn closing(minute: u16) -> String {
    if minute == 1440 { "23:59".to_owned() } else { clock_word(minute) }
}

/// What can be booked, as a place inside the facility.
pub(crate) fn resource(
    visit: &Visit,
    facility: &Facility,
    resource: &Resource,
    facts: &ResourceFacts,
    photo: Option<&Shown>,
) -> Value {
    let path = format!("/facilities/{}/{}", facility.slug, resource.slug);
    let mut place = json!({
        "@context": "https://schema.org",
        "@type": "Place",
        "@id": url(visit, &path),
        "url": url(visit, &path),
        "name": resource.name,
        "containedInPlace": {
            "@type": "Place",
            "name": facility.name,
            "url": url(visit, &format!("/facilities/{}/about", facility.slug)),
        },
    });
    if let Some(object) = place.as_object_mut() {
        if !facts.description.is_empty() {
            object.insert("description".to_owned(), json!(facts.description));
        }
        if let Some(persons) = resource.persons_max {
            object.insert("maximumAttendeeCapacity".to_owned(), json!(persons));
        }
        if let Some(photo) = photo {
            object.insert("image".to_owned(), json!(url(visit, &photo.src())));
        }
    }
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_ends_the_block_early() {
        let block = script(&json!({ "name": "</script><script>alert(1)</script>&amp;" })).into_string();
        assert_eq!(block.matches("</script>").count(), 1);
        assert!(block.ends_with("</script>") && !block.contains("<script>alert"));
        let inside = block.split_once('>').and_then(|(_, rest)| rest.strip_suffix("</script>")).unwrap();
        let read: Value = serde_json::from_str(inside).unwrap();
        assert_eq!(read["name"], "</script><script>alert(1)</script>&amp;");
    }
}
