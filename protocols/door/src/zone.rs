//! What is lit together.

/// A zone is lit at most this long after the last admission, whatever the grants say: staff's grants end in
/// years, and no event in a hall lasts longer than a day and a night.
pub const LIT_MS_MAX: i64 = 24 * 3_600_000;

/// Whether a zone is lit. Instants are Unix milliseconds.
///
/// ```text
///            admitted               until has come
///   Dark ──────────────▶ Lit(until) ──────────────▶ Dark
///                          │    ▲
///                          └────┘ admitted again: the later end counts
/// ```
///
/// Light comes with the first entry and not with the booked hour: an empty hall stays dark, and whoever
/// comes early by the door's lead has light.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Zone {
    /// Put out.
    #[default]
    Dark,
    /// Lit.
    Lit {
        /// First instant at which it is dark again.
        until: i64,
    },
}

impl Zone {
    /// Someone was admitted whose time here ends, lag included, at `ends_at`.
    #[must_use]
    pub fn admitted(self, ends_at: i64, now: i64) -> Self {
        let until = ends_at.min(now.saturating_add(LIT_MS_MAX));
        match self {
            Self::Lit { until: before } if before >= until => self,
            Self::Dark | Self::Lit { .. } if until > now => Self::Lit { until },
            Self::Dark | Self::Lit { .. } => self,
        }
    }

    /// Time passes.
    #[must_use]
    pub const fn tick(self, now: i64) -> Self {
        match self {
            Self::Lit { until } if until <= now => Self::Dark,
            Self::Dark | Self::Lit { .. } => self,
        }
    }

    /// What the lamps shall do.
    pub const fn is_lit(self) -> bool {
        matches!(self, Self::Lit { .. })
    }

    /// When [`Zone::tick`] is due.
    pub const fn wake_at(self) -> Option<i64> {
        match self {
            Self::Dark => None,
            Self::Lit { until } => Some(until),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOUR: i64 = 3_600_000;

    #[test]
    fn a_zone_is_lit_from_the_first_entry_until_the_last_grant_has_ended() {
        let zone = Zone::Dark.admitted(2 * HOUR, 0).admitted(3 * HOUR, 10).admitted(HOUR, 20);
        assert_eq!(zone, Zone::Lit { until: 3 * HOUR });
        assert!(zone.tick(3 * HOUR - 1).is_lit());
        assert!(!zone.tick(3 * HOUR).is_lit());
    }

    #[test]
    fn a_grant_without_an_end_lights_for_a_day() {
        assert_eq!(Zone::Dark.admitted(i64::MAX, 5), Zone::Lit { until: LIT_MS_MAX + 5 });
    }

    #[test]
    fn a_time_that_has_ended_lights_nothing() {
        assert_eq!(Zone::Dark.admitted(HOUR, HOUR), Zone::Dark);
    }

    proptest! {
        /// Liveness: whoever wakes when asked finds the zone dark in the end.
        #[test]
        fn every_light_goes_out(ends in prop::collection::vec(any::<i64>(), 0..20)) {
            let mut zone = Zone::Dark;
            let mut now = 0;
            for end in ends {
                zone = zone.admitted(end, now);
                now += 1000;
            }
            if let Some(wake) = zone.wake_at() {
                zone = zone.tick(wake);
            }
            prop_assert_eq!(zone, Zone::Dark);
        }
    }
}
