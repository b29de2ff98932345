//! What is shown for a time that the gateway may not have heard of: off-line PINs and tokens.
//!
//! An off-line PIN is for a gateway that is silent, a token for any. Both are made when they are looked at.

use protocols_access::{OfflineTime, SERIALS};
use protocols_ids::{GatewayId, GrantId, ResourceId};
use protocols_wire::{Token, UnixMs};

use crate::{BookedTime, GrantView, Standing, standing};

/// Off-line PINs are given out for times that open within this. A gateway that stays away longer lets no visitor in
/// by its table either, and a start further ahead than ten days would be read as one in the past.
pub const OFFLINE_AHEAD_MS: i64 = 7 * 24 * 3_600_000;
/// Tokens are shown from so long before the first door opens: a code is looked for on the way, not a week ahead.
pub const TOKEN_AHEAD_MS: i64 = 24 * 3_600_000;
/// A token counts for so long: it can be photographed, and the page makes a new one.
pub const TOKEN_MS: i64 = 15 * 60_000;
/// A gateway reports at least so often: when it was last heard, a heartbeat may have reached it until then.
pub const REPORT_EVERY_MS: i64 = 60_000;

/// Whether an off-line PIN is what helps the holder of a grant: its gateway is silent and has not said that it has
/// the grant as it is now, and the time is near.
pub fn needs_offline_pin(grant: &GrantView, now: UnixMs) -> bool {
    // How near the time must be has nothing to do with the gateway's horizon.
    let near = GrantView { sent_from: grant.opens_at.plus_ms(OFFLINE_AHEAD_MS.saturating_neg()), ..*grant };
    !grant.removed && matches!(standing(&[near], now), Standing::SiteSilent { .. })
}

/// The off-line times that may stand for a booked one, in the order in which they are tried: every serial of the
/// shortest length that covers it, then every serial of the next longer one. None at all for a time longer than a
/// day. No length beyond the next: a PIN that opens much longer than was booked is worse than none.
pub fn offline_times(time: BookedTime) -> Vec<OfflineTime> {
    let covering = OfflineTime::covering(time.starts_at, time.ends_at, 0);
    let longer = covering.and_then(OfflineTime::longer);
    [covering, longer]
        .into_iter()
        .flatten()
        .flat_map(|time| (0..SERIALS).map(move |serial| OfflineTime { serial, ..time }))
        .collect()
}

/// From when a gateway that was last heard at `last_heard` surely takes off-line PINs, if it stays cut off.
pub fn offline_pins_taken_from(last_heard: UnixMs, silent_after_s: u32) -> UnixMs {
    last_heard.plus_ms(REPORT_EVERY_MS).plus_ms(i64::from(silent_after_s).saturating_mul(1000))
}

/// Whether a token can be shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TokenTime {
    /// Not yet.
    From(UnixMs),
    /// Now, for so long.
    Until(UnixMs),
    /// Not any more.
    Over,
}

/// Whether a token can be shown at `now` for a grant by which doors open from `opens_at` until `closes_at`.
pub fn token_time(opens_at: UnixMs, closes_at: UnixMs, now: UnixMs) -> TokenTime {
    let from = opens_at.plus_ms(TOKEN_AHEAD_MS.saturating_neg());
    if closes_at <= now {
        TokenTime::Over
    } else if now < from {
        TokenTime::From(from)
    } else {
        TokenTime::Until(now.plus_ms(TOKEN_MS).min(closes_at))
    }
}

/// What a token is made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TokenFor {
    /// For which gateway.
    pub gateway: GatewayId,
    /// The grant that it stands for.
    pub grant: GrantId,
    /// The resource.
    pub group: ResourceId,
    /// The booked time.
    pub time: BookedTime,
}

/// The token that is shown from `now` until `until`. Seconds are rounded down, so that a token is never newer than
/// the table that leaves its grant out, and never good for longer. `None` outside the years that seconds can say, and
/// for a token that would be over in this second.
pub fn token(of: TokenFor, now: UnixMs, until: UnixMs) -> Option<Token> {
    let (issued_at_s, expires_at_s) = (seconds(now)?, seconds(until)?);
    (issued_at_s < expires_at_s).then_some(Token {
        gateway: of.gateway,
        grant: of.grant,
        group: of.group,
        starts_at_s: seconds(of.time.starts_at)?,
        ends_at_s: seconds(of.time.ends_at)?,
        issued_at_s,
        expires_at_s,
    })
}

fn seconds(at: UnixMs) -> Option<u32> {
    u32::try_from(at.0.checked_div_euclid(1000)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Link;
    use proptest::prelude::*;
    use protocols_ids::Uuid;

    const NOW: UnixMs = UnixMs(1_800_000_000_000);
    const HOUR_MS: i64 = 3_600_000;

    const CUT_OFF: GrantView = GrantView {
        removed: false,
        known: false,
        revision: None,
        acknowledged: 4,
        understood: true,
        link: Link::Silent { since: Some(UnixMs(1_799_999_000_000)) },
        sent_from: NOW,
        opens_at: UnixMs(NOW.0 + HOUR_MS),
        closes_at: UnixMs(NOW.0 + 2 * HOUR_MS),
    };

    fn booked(from_min: i64, length_min: i64) -> BookedTime {
        let starts_at = NOW.plus_ms(from_min * 60_000);
        BookedTime { starts_at, ends_at: starts_at.plus_ms(length_min * 60_000) }
    }

    #[test]
    fn only_a_silent_gateway_that_lacks_the_grant_is_reason_for_an_off_line_pin() {
        let needs = |grant: GrantView| needs_offline_pin(&grant, NOW);
        assert!(needs(CUT_OFF));
        assert!(needs(GrantView { revision: Some(5), known: true, ..CUT_OFF }), "sent, never confirmed");
        assert!(!needs(GrantView { link: Link::Up, ..CUT_OFF }), "the gateway is heard");
        assert!(!needs(GrantView { revision: Some(4), known: true, ..CUT_OFF }), "the door knows");
        assert!(!needs(GrantView { removed: true, ..CUT_OFF }), "taken back");
        assert!(!needs(GrantView { understood: false, ..CUT_OFF }), "refused");
        assert!(!needs(GrantView { closes_at: NOW, ..CUT_OFF }), "over");
        let far = NOW.plus_ms(OFFLINE_AHEAD_MS + 1);
        assert!(!needs(GrantView { opens_at: far, closes_at: far.plus_ms(1), ..CUT_OFF }), "far ahead");
    }

    #[test]
    fn ten_serials_then_the_next_longer_length_then_nothing() {
        let times = offline_times(booked(0, 60));
        let said: Vec<(u8, u8)> = times.iter().map(|time| (time.length, time.serial)).collect();
        let wanted: Vec<(u8, u8)> = (1..3).flat_map(|length| (0..10).map(move |n| (length, n))).collect();
        assert_eq!(said, wanted);
        assert_eq!(offline_times(booked(0, 24 * 60)).len(), 10, "there is nothing longer than a day");
        assert!(offline_times(booked(0, 24 * 60 + 1)).is_empty());
    }

    #[test]
    fn a_gateway_takes_off_line_pins_when_it_has_missed_the_heartbeats_that_its_site_allows() {
        let heard = NOW.plus_ms(-120_000);
        assert_eq!(offline_pins_taken_from(heard, 300), NOW.plus_ms(240_000));
    }

    #[test]
    fn a_token_is_for_the_day_before_and_lasts_a_quarter_or_to_the_end() {
        let (opens, closes) = (NOW.plus_ms(30 * HOUR_MS), NOW.plus_ms(32 * HOUR_MS));
        let from = NOW.plus_ms(6 * HOUR_MS);
        assert_eq!(token_time(opens, closes, NOW), TokenTime::From(from));
        assert_eq!(token_time(opens, closes, from), TokenTime::Until(from.plus_ms(TOKEN_MS)));
        let late = closes.plus_ms(-60_000);
        assert_eq!(token_time(opens, closes, late), TokenTime::Until(closes));
        assert_eq!(token_time(opens, closes, closes), TokenTime::Over);
    }

    fn of(time: BookedTime) -> TokenFor {
        let id = Uuid::from_u128;
        TokenFor {
            gateway: GatewayId::new(id(1)),
            grant: GrantId::new(id(2)),
            group: ResourceId::new(id(3)),
            time,
        }
    }

    #[test]
    fn a_token_that_would_be_over_at_once_is_none() {
        assert!(token(of(booked(0, 60)), NOW, NOW.plus_ms(999)).is_none());
        assert!(token(of(booked(0, 60)), UnixMs(-1), NOW).is_none());
        assert!(token(of(booked(0, 60)), NOW, UnixMs(i64::MAX)).is_none());
    }

    proptest! {
        #[test]
        fn every_off_line_time_covers_what_was_booked_and_no_two_are_the_same(
            from in 0_i64..100_000, length in 1_i64..=1440,
        ) {
            let time = booked(from, length);
            let times = offline_times(time);
            for one in &times {
                prop_assert!(one.starts_at() <= time.starts_at && time.ends_at <= one.ends_at());
                prop_assert!(time.starts_at.ms_since(one.starts_at()) < protocols_access::SLOT_MS);
            }
            let different: std::collections::BTreeSet<_> = times.iter().collect();
            prop_assert_eq!(different.len(), times.len());
            prop_assert!(times.len() <= 2 * usize::from(SERIALS));
        }

        #[test]
        fn a_token_is_shown_only_near_its_time_and_never_counts_beyond_it_or_a_quarter(
            opens in 0_i64..200 * HOUR_MS, open_for in 1_000_i64..48 * HOUR_MS, at in 0_i64..260 * HOUR_MS,
        ) {
            let opens_at = NOW.plus_ms(opens);
            let closes_at = opens_at.plus_ms(open_for);
            let now = NOW.plus_ms(at);
            match token_time(opens_at, closes_at, now) {
                TokenTime::From(from) => prop_assert!(now < from && from < opens_at),
                TokenTime::Over => prop_assert!(closes_at <= now),
                TokenTime::Until(until) => {
                    prop_assert!(opens_at.ms_since(now) <= TOKEN_AHEAD_MS);
                    prop_assert!(now < until && until <= closes_at && until.ms_since(now) <= TOKEN_MS);
                    let time = BookedTime { starts_at: opens_at, ends_at: closes_at };
                    if let Some(token) = token(of(time), now, until) {
                        prop_assert!(i64::from(token.issued_at_s) * 1000 <= now.0);
                        prop_assert!(i64::from(token.expires_at_s) * 1000 <= until.0);
                    } else {
                        prop_assert!(until.ms_since(now) < 1_000);
                    }
                }
            }
        }
    }
}
