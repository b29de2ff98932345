//! What became free, and who wants to hear of it.

use async_trait::async_trait;
use cloud_kernel::{Event, TenantTx};
use jiff::Timestamp;
use protocols_ids::{FacilityId, PersonId, ResourceId, Uuid, WatchId};
use serde::{Deserialize, Serialize};

use crate::PortError;

/// Times of one event at most: a season of one group; more are several events.
pub const FREED_MAX: usize = 200;

/// Times became free: cancelled, moved, shortened, refused, let go of, or held until nobody came. Told when that can no
/// longer be undone.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TimesFreed {
    /// Where.
    pub facility: FacilityId,
    /// Which; at most [`FREED_MAX`].
    pub times: Vec<FreedTime>,
}

impl Event for TimesFreed {
    const KIND: &'static str = "booking.times_freed";
    fn stream(&self) -> String {
        format!("freed:{}", self.facility)
    }
}

/// A time that became free, unless somebody has taken it since.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FreedTime {
    /// Of what.
    pub resource: ResourceId,
    /// From.
    pub starts_at: Timestamp,
    /// To.
    pub ends_at: Timestamp,
}

/// Times were found that people follow.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WatchesFound {
    /// What was found together.
    pub notice: Uuid,
}

impl Event for WatchesFound {
    const KIND: &'static str = "watching.found";
    fn stream(&self) -> String {
        format!("notice:{}", self.notice)
    }
}

/// Somebody who is to be told of a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ToTell {
    /// What was found for them.
    pub hit: Uuid,
    /// Whom.
    pub person: PersonId,
    /// From when the time is.
    pub starts_at: Timestamp,
}

/// A time that was found for somebody.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FoundTime {
    /// Which of their wishes it is.
    pub watch: WatchId,
    /// Whose.
    pub person: PersonId,
    /// Where.
    pub facility: FacilityId,
    /// What.
    pub resource: ResourceId,
    /// From.
    pub starts_at: Timestamp,
    /// To.
    pub ends_at: Timestamp,
    /// Whether it can still be booked, and is still followed.
    pub still: bool,
    /// The path at which the wish is ended without signing in.
    pub stop_path: String,
}

/// Answers about what people follow.
#[async_trait]
pub trait Watches: Send + Sync {
    /// Everybody who is to be told of what was found together: by one statement.
    async fn to_tell(&self, tx: &mut TenantTx, notice: Uuid) -> Result<Vec<ToTell>, PortError>;

    /// What was found for somebody.
    async fn found(&self, tx: &mut TenantTx, hit: Uuid) -> Result<Option<FoundTime>, PortError>;
}
