use jiff::{SignedDuration, Timestamp};

/// How often something may be asked for: steadily one each so often, and so many at once after a pause.
///
/// The generic cell rate algorithm (ITU-T I.371): one instant per asker says it all, the one at which everything that was
/// let through is paid for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pace {
    /// One each.
    pub every: SignedDuration,
    /// So many at once; at least one.
    pub burst: u32,
}

/// It is too early: so long to wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("asked too often; again in {} s", self.seconds())]
pub struct Wait(SignedDuration);

impl Wait {
    /// In whole seconds, rounded up, at least one: who waits so long is let through.
    pub fn seconds(self) -> u64 {
        let whole = u64::try_from(self.0.as_secs()).unwrap_or(0);
        let more = u64::from(self.0.subsec_nanos() > 0);
        whole.saturating_add(more).max(1)
    }
}

impl Pace {
    /// So many a minute, and as many at once as in a sixth of a minute.
    pub fn a_minute(times: u32) -> Self {
        let times = times.max(1);
        let millis = 60_000_u32.checked_div(times).unwrap_or(60_000).max(1);
        let burst = times.checked_div(6).unwrap_or(1).max(1);
        Self { every: SignedDuration::from_millis(millis.into()), burst }
    }

    /// Lets one through at `now`: what is remembered of the asker from then on; or how long there is to wait, and nothing
    /// is to be remembered. `paid_at` is what was remembered before.
    pub fn admit(self, paid_at: Option<Timestamp>, now: Timestamp) -> Result<Timestamp, Wait> {
        let paid_at = paid_at.unwrap_or(now).max(now);
        let spare = self.every.checked_mul(i32::try_from(self.burst.saturating_sub(1)).unwrap_or(i32::MAX));
        let ahead = paid_at.duration_since(now);
        match ahead.checked_sub(spare.unwrap_or(SignedDuration::MAX)) {
            Some(wait) if wait.is_positive() => Err(Wait(wait)),
            Some(_) | None => Ok(paid_at.checked_add(self.every).unwrap_or(Timestamp::MAX)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nobody_is_let_through_more_often_than_the_pace_and_its_burst(
            every in 1_i64..5_000, burst in 1_u32..20, steps in prop::collection::vec(0_i64..3_000, 1..200),
        ) {
            let pace = Pace { every: SignedDuration::from_millis(every), burst };
            let (mut now, mut paid, mut let_through) = (Timestamp::UNIX_EPOCH, None, 0_i64);
            for step in steps {
                now += SignedDuration::from_millis(step);
                if let Ok(next) = pace.admit(paid, now) {
                    paid = Some(next);
                    let_through += 1;
                }
            }
            let passed = i64::try_from(now.duration_since(Timestamp::UNIX_EPOCH).as_millis()).unwrap();
            prop_assert!(let_through <= i64::from(burst) + passed / every);
            prop_assert!(let_through >= 1);
        }

        #[test]
        fn whoever_waits_as_long_as_was_said_is_let_through(every in 1_i64..90_000, burst in 1_u32..20) {
            let pace = Pace { every: SignedDuration::from_millis(every), burst };
            let now = Timestamp::UNIX_EPOCH;
            let mut paid = None;
            let wait = loop {
                match pace.admit(paid, now) {
                    Ok(next) => paid = Some(next),
                    Err(wait) => break wait,
                }
            };
            let later = now + SignedDuration::from_secs(i64::try_from(wait.seconds()).unwrap());
            prop_assert!(pace.admit(paid, later).is_ok());
        }
    }
}
