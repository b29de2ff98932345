//! Takes things out of the register, when nothing hangs on them.

use cloud_contracts::PortError;

use crate::change::{Register, resource_state};
use crate::store::{self, KnownFacility};

/// Why something stays in the register.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stays {
    /// Times from now on are booked on it.
    #[error("times from now on are booked on it")]
    Awaited,
    /// Others are parts of it.
    #[error("{0} are parts of it")]
    Whole(String),
    /// Equipment goes with it alone, and would go with everything.
    #[error("{0} goes with it alone")]
    Equipment(String),
    /// The facility has resources.
    #[error("there is still {0}")]
    Resources(String),
    /// The database.
    #[error("database")]
    Database(#[from] sqlx::Error),
    /// Booking did not answer.
    #[error("booking")]
    Port(#[from] PortError),
}

fn named<'a>(names: impl Iterator<Item = &'a String>) -> Option<String> {
    let names: Vec<&str> = names.map(String::as_str).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

impl Register<'_> {
    /// Takes a resource out of the register; whether it was there.
    pub(crate) async fn remove_resource(&mut self, known: &KnownFacility, slug: &str) -> Result<bool, Stays> {
        let Some(resource) = known.resource(slug) else { return Ok(false) };
        let parts_of_it = known.resources.iter().filter(|other| other.parent == Some(resource.id));
        if let Some(names) = named(parts_of_it.map(|other| &other.facts.name)) {
            return Err(Stays::Whole(names));
        }
        let alone = known.equipment.iter().filter(|equipment| equipment.facts.resources == [slug]);
        if let Some(names) = named(alone.map(|equipment| &equipment.facts.name)) {
            return Err(Stays::Equipment(names));
        }
        if self.space.is_awaited(self.tx, resource.id, &resource.parts).await? {
            return Err(Stays::Awaited);
        }
        store::delete_resource(self.tx, resource.id).await?;
        self.audit("facilities.resource_removed", resource.id.uuid(), slug, &[]).await?;
        let was = resource_state(known, resource);
        self.keep(known.id, resource.id.uuid(), Some(was), None).await?;
        Ok(true)
    }

    /// Takes a facility out of the register.
    pub(crate) async fn remove_facility(&mut self, known: &KnownFacility, slug: &str) -> Result<(), Stays> {
        if let Some(names) = named(known.resources.iter().map(|resource| &resource.facts.name)) {
            return Err(Stays::Resources(names));
        }
        store::delete_facility(self.tx, known.id).await?;
        self.audit("facilities.facility_removed", known.id.uuid(), slug, &[]).await?;
        Ok(())
    }
}
