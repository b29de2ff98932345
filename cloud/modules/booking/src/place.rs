//! The register's facility in the words of the domain.

use booking_domain::{OpeningHours, Place, Resource, Rules};
use cloud_contracts::Facility;

/// What the domain needs to know of a facility.
pub fn place_of(facility: &Facility) -> Place {
    let hours = facility.opening_hours.iter().map(|hours| OpeningHours {
        weekday: hours.weekday,
        opens_minute: hours.opens_minute,
        closes_minute: hours.closes_minute,
    });
    let resources = facility.resources.iter().map(|resource| Resource {
        id: resource.id,
        parent: resource.parent,
        parts: resource.parts.clone(),
        rules: Rules {
            step_minutes: resource.rules.step.into(),
            shortest_minutes: resource.rules.shortest,
            longest_minutes: resource.rules.longest,
            lead_minutes: resource.rules.lead,
            horizon_minutes: resource.rules.horizon,
        },
    });
    Place {
        time_zone: facility.time_zone.clone(),
        opening_hours: hours.collect(),
        resources: resources.collect(),
    }
}
