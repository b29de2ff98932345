//! Whether the doors of a booking know what they should.

use protocols_wire::UnixMs;

/// Whether a gateway can be reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Link {
    /// It speaks.
    Up,
    /// It has not been heard for too long, or said goodbye.
    Silent {
        /// When it was last heard; `None` if never.
        since: Option<UnixMs>,
    },
}

/// One grant of a booking, and its gateway.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GrantView {
    /// It was taken back.
    pub removed: bool,
    /// Some batch carried it, so that the gateway may have it.
    pub known: bool,
    /// The revision of the batch that carries it as it is now, or its removal if it was taken back.
    pub revision: Option<u64>,
    /// The last revision that the gateway said it has.
    pub acknowledged: u64,
    /// Whether the gateway understands what the grant restricts.
    pub understood: bool,
    /// Whether the gateway can be reached.
    pub link: Link,
    /// From when on it is sent: the gateway's horizon before it opens.
    pub sent_from: UnixMs,
    /// When the first door opens for it.
    pub opens_at: UnixMs,
    /// When no door opens for it any more.
    pub closes_at: UnixMs,
}

/// Whether the doors of a booking know, all its grants taken together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// There are no doors.
    NoDoors,
    /// Nothing is sent before the horizon.
    Later {
        /// When the first of it is sent.
        at: UnixMs,
    },
    /// On its way.
    Issued,
    /// On its way to a gateway that is silent.
    SiteSilent {
        /// When it was last heard; `None` if never.
        since: Option<UnixMs>,
    },
    /// Every gateway has all that it shall have now.
    Delivered,
    /// A gateway cannot use it.
    Refused,
    /// Taken back, and a gateway may not know yet.
    Revoking,
    /// Taken back, and no gateway opens for it.
    Revoked,
}

/// The standing of a booking's grants at `now`.
pub fn standing(grants: &[GrantView], now: UnixMs) -> Standing {
    if grants.is_empty() {
        return Standing::NoDoors;
    }
    let confirmed = |grant: &GrantView| grant.revision.is_some_and(|revision| revision <= grant.acknowledged);
    if grants.iter().all(|grant| grant.removed) {
        let gone = |grant: &GrantView| !grant.known || confirmed(grant) || grant.closes_at <= now;
        return if grants.iter().all(gone) { Standing::Revoked } else { Standing::Revoking };
    }
    let mut later: Option<UnixMs> = None;
    let mut silent = None;
    let (mut delivered, mut waiting) = (0_usize, 0_usize);
    for grant in grants.iter().filter(|grant| !grant.removed) {
        if !grant.understood {
            return Standing::Refused;
        }
        if confirmed(grant) || grant.closes_at <= now {
            delivered = delivered.saturating_add(1);
        } else if grant.sent_from > now {
            later = Some(later.map_or(grant.sent_from, |at| at.min(grant.sent_from)));
        } else {
            waiting = waiting.saturating_add(1);
            match grant.link {
                Link::Up => {}
                Link::Silent { since } => silent = Some(since),
            }
        }
    }
    match (waiting, silent, delivered, later) {
        (0, _, 0, Some(at)) => Standing::Later { at },
        (0, ..) => Standing::Delivered,
        (_, Some(since), ..) => Standing::SiteSilent { since },
        (_, None, ..) => Standing::Issued,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: UnixMs = UnixMs(1_000_000);

    const SENT: GrantView = GrantView {
        removed: false,
        known: true,
        revision: Some(5),
        acknowledged: 4,
        understood: true,
        link: Link::Up,
        sent_from: UnixMs(950_000),
        opens_at: UnixMs(1_050_000),
        closes_at: UnixMs(1_060_000),
    };

    fn of(grants: &[GrantView]) -> Standing {
        standing(grants, NOW)
    }

    #[test]
    fn a_code_is_known_when_every_gateway_said_so() {
        let known = GrantView { acknowledged: 5, ..SENT };
        assert_eq!(of(&[]), Standing::NoDoors);
        assert_eq!(of(&[SENT]), Standing::Issued);
        assert_eq!(of(&[known]), Standing::Delivered);
        assert_eq!(of(&[known, SENT]), Standing::Issued);
        let unsent = GrantView { revision: None, known: false, ..SENT };
        assert_eq!(of(&[unsent]), Standing::Issued);
    }

    #[test]
    fn a_known_code_stays_known_while_the_site_is_silent() {
        let link = Link::Silent { since: Some(UnixMs(7)) };
        assert_eq!(of(&[GrantView { acknowledged: 5, link, ..SENT }]), Standing::Delivered);
        assert_eq!(of(&[GrantView { link, ..SENT }]), Standing::SiteSilent { since: Some(UnixMs(7)) });
    }

    #[test]
    fn beyond_the_horizon_nothing_is_on_its_way() {
        let far = GrantView {
            revision: None,
            known: false,
            sent_from: UnixMs(1_100_000),
            opens_at: UnixMs(1_200_000),
            closes_at: UnixMs(1_300_000),
            ..SENT
        };
        assert_eq!(of(&[far]), Standing::Later { at: UnixMs(1_100_000) });
        assert_eq!(of(&[GrantView { acknowledged: 5, ..SENT }, far]), Standing::Delivered);
    }

    #[test]
    fn a_code_that_was_taken_back_is_gone_when_the_gateway_said_so_or_never_had_it() {
        let removed = GrantView { removed: true, ..SENT };
        assert_eq!(of(&[removed]), Standing::Revoking);
        assert_eq!(of(&[GrantView { acknowledged: 5, ..removed }]), Standing::Revoked);
        assert_eq!(of(&[GrantView { known: false, revision: None, ..removed }]), Standing::Revoked);
        assert_eq!(of(&[GrantView { closes_at: NOW, ..removed }]), Standing::Revoked);
    }

    #[test]
    fn a_grant_that_a_gateway_does_not_understand_is_refused() {
        assert_eq!(of(&[GrantView { understood: false, ..SENT }]), Standing::Refused);
    }

    proptest! {
        #[test]
        fn never_delivered_while_a_gateway_lacks_what_could_open_now(
            revision in prop::option::of(1_u64..9), acknowledged in 0_u64..9, opens in 900_000_i64..1_100_000,
        ) {
            let grant = GrantView {
                revision, known: revision.is_some(), acknowledged,
                opens_at: UnixMs(opens), closes_at: UnixMs(2_000_000), ..SENT
            };
            if of(&[grant]) == Standing::Delivered {
                prop_assert!(revision.is_some_and(|revision| revision <= acknowledged));
            }
        }
    }
}
