//! Who asked how often: remembered in this process, and forgotten with it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use openapi_domain::{Pace, Wait};
use uuid::Uuid;

/// Askers that are remembered at once, at most: a hundred bytes each. When it is full those who could be forgotten are;
/// where there are none, all are: a flood of askers must not cost more memory than this.
const REMEMBERED_MAX: usize = 16_384;

/// Until when each asker has paid for what was let through.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    paid: Mutex<HashMap<Uuid, Timestamp>>,
}

impl Limits {
    /// Lets an asker through, or says how long to wait.
    pub(crate) fn admit(&self, asker: Uuid, pace: Pace, now: Timestamp) -> Result<(), Wait> {
        let mut paid = self.paid.lock().unwrap_or_else(PoisonError::into_inner);
        let next = pace.admit(paid.get(&asker).copied(), now)?;
        if paid.len() >= REMEMBERED_MAX && !paid.contains_key(&asker) {
            paid.retain(|_, until| *until > now);
            if paid.len() >= REMEMBERED_MAX {
                paid.clear();
            }
        }
        paid.insert(asker, next);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_askers_is_forgotten_before_it_fills_the_memory() {
        let limits = Limits::default();
        let (pace, now) = (Pace::a_minute(6), Timestamp::UNIX_EPOCH);
        for asker in 0..=u128::try_from(REMEMBERED_MAX).unwrap() {
            assert!(limits.admit(Uuid::from_u128(asker), pace, now).is_ok());
        }
        assert!(limits.paid.lock().unwrap().len() <= REMEMBERED_MAX);
    }
}
