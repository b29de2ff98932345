//! How old a message is, by its device's uptime.

/// The lowest offset of our clock to the device's that was seen since it started: that of the message that was
/// quickest on its way. A message that lay somewhere stands out by its higher offset.
///
/// Both clocks run at slightly different speeds, so that the lowest offset may rise by a thousandth of the time
/// since it was last confirmed: crystals are twenty times better, and who delays messages by that little a time
/// needs hours to gain seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NodeClock {
    /// Ours minus the device's, in milliseconds.
    lowest_ms: i64,
    confirmed_at_ms: u64,
}

/// A device's uptime may be ahead of what its statuses say by this much, in milliseconds: statuses take their time
/// on the way too. Beyond it the uptime is not believed.
const AHEAD_MS_MAX: i64 = 1_000;

impl NodeClock {
    /// The first status since the device started.
    pub(crate) fn begin(now_ms: u64, uptime_ms: u64) -> Self {
        Self { lowest_ms: offset(now_ms, uptime_ms), confirmed_at_ms: now_ms }
    }

    /// Another status.
    pub(crate) fn confirm(&mut self, now_ms: u64, uptime_ms: u64) {
        let drift = signed(now_ms.saturating_sub(self.confirmed_at_ms) / 1_000);
        self.lowest_ms = offset(now_ms, uptime_ms).min(self.lowest_ms.saturating_add(drift));
        self.confirmed_at_ms = now_ms;
    }

    /// How long ago the device's uptime was `uptime_ms`, in milliseconds; [`u32::MAX`] where that cannot be.
    pub(crate) fn age_ms(&self, now_ms: u64, uptime_ms: u64) -> u32 {
        let age_ms = offset(now_ms, uptime_ms).saturating_sub(self.lowest_ms);
        if age_ms < -AHEAD_MS_MAX { u32::MAX } else { u32::try_from(age_ms.max(0)).unwrap_or(u32::MAX) }
    }
}

fn offset(now_ms: u64, uptime_ms: u64) -> i64 {
    signed(now_ms).saturating_sub(signed(uptime_ms))
}

fn signed(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lay_somewhere_is_as_old_as_it_lay_there() {
        let mut clock = NodeClock::begin(1_000_200, 500_000);
        clock.confirm(1_005_050, 505_000);
        assert_eq!(clock.age_ms(1_007_050, 507_000), 0);
        assert_eq!(clock.age_ms(1_007_250, 507_000), 200);
        assert_eq!(clock.age_ms(1_037_050, 507_000), 30_000);
    }

    #[test]
    fn a_status_that_comes_late_makes_nothing_younger() {
        let mut clock = NodeClock::begin(10_000, 0);
        clock.confirm(45_000, 5_000);
        assert_eq!(clock.age_ms(45_000, 5_000), 29_965, "but for the drift that clocks may have");
    }

    #[test]
    fn clocks_of_different_speed_stay_together_for_months() {
        // A hundred parts in a million: five times worse than the poorest crystal.
        let mut clock = NodeClock::begin(0, 0);
        let mut now_ms = 0;
        for _ in 0..1_000_000_u32 {
            now_ms += 5_000;
            clock.confirm(now_ms, now_ms - now_ms / 10_000);
        }
        assert!(clock.age_ms(now_ms, now_ms - now_ms / 10_000) < 10);
    }

    #[test]
    fn an_uptime_from_the_future_is_not_believed() {
        let clock = NodeClock::begin(10_000, 5_000);
        assert_eq!(clock.age_ms(10_000, 5_900), 0);
        assert_eq!(clock.age_ms(10_000, 60_000), u32::MAX);
        assert_eq!(clock.age_ms(10_000, u64::MAX), u32::MAX);
    }
}
