//! Off-line PINs: twelve digits that a gateway verifies without having heard of them.
//!
//! ```text
//!   start slot mod 1000 (3) · length index (1) · serial (1) · tag (7)
//! ```
//!
//! The tag is HMAC-SHA-256 under the door group's off-line key over gateway, group, absolute start slot, length and
//! serial: its first 64 bits modulo 10⁷. A guess is right with 10⁻⁷ for each key that the gateway tries, whatever
//! times are booked.

use hmac::{Hmac, Mac};
use protocols_ids::{DoorId, GatewayId, ResourceId};
use protocols_wire::{DoorGroup, DoorWindow, UnixMs};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::Sealer;

/// Digits of an off-line PIN.
pub const OFFLINE_DIGITS: usize = 12;
/// Times begin at whole slots of half an hour.
pub const SLOT_MS: i64 = 30 * 60_000;
/// Lengths in minutes, by index. Frozen: printed codes depend on it.
pub const LENGTHS_MINUTES: [u16; 10] = [30, 60, 90, 120, 150, 180, 240, 360, 720, 1440];
/// Off-line PINs for one group, start and length.
pub const SERIALS: u8 = 10;

/// Slots that three digits tell apart: 20.8 days.
const SLOTS: u64 = 1000;
const TAGS: u64 = 10_000_000;
const KEY_LABEL: &[u8] = b"hp-offkey-1";
const TAG_LABEL: &[u8] = b"hp-offpin-1";

/// The time that an off-line PIN stands for: whole slots around a booked time, and which of the PINs for it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OfflineTime {
    /// Half hours since 1970.
    pub start_slot: u64,
    /// Index into [`LENGTHS_MINUTES`].
    pub length: u8,
    /// Below [`SERIALS`].
    pub serial: u8,
}

impl OfflineTime {
    /// The shortest time that covers a booked one; `None` for one that is longer than a day, ends before it
    /// begins, or lies before 1970.
    pub fn covering(starts_at: UnixMs, ends_at: UnixMs, serial: u8) -> Option<Self> {
        let start_slot = slot(starts_at)?;
        let start = slot_start(start_slot);
        let needed_ms = (ends_at > starts_at).then(|| ends_at.ms_since(start))?;
        let length = LENGTHS_MINUTES.iter().position(|minutes| minutes_ms(*minutes) >= needed_ms)?;
        Self { start_slot, length: u8::try_from(length).ok()?, serial }.checked()
    }

    /// The same start with the next longer length: where all serials are given out.
    pub fn longer(self) -> Option<Self> {
        Self { length: self.length.checked_add(1)?, ..self }.checked()
    }

    /// From.
    pub fn starts_at(self) -> UnixMs {
        slot_start(self.start_slot)
    }

    /// To.
    pub fn ends_at(self) -> UnixMs {
        let minutes = LENGTHS_MINUTES.get(usize::from(self.length)).copied().unwrap_or_default();
        self.starts_at().plus_ms(minutes_ms(minutes))
    }

    /// When `door` opens for this time, with the group's lead and lag; `None` for a door that is not in the group.
    pub fn window(self, group: &DoorGroup, door: DoorId) -> Option<DoorWindow> {
        group_window(group, door, self.starts_at(), self.ends_at())
    }

    fn checked(self) -> Option<Self> {
        (usize::from(self.length) < LENGTHS_MINUTES.len() && self.serial < SERIALS).then_some(self)
    }
}

/// When `door` opens for a time booked on the group; `None` for a door that is not in it.
pub fn group_window(
    group: &DoorGroup,
    door: DoorId,
    starts_at: UnixMs,
    ends_at: UnixMs,
) -> Option<DoorWindow> {
    let timing = group.doors.iter().find(|timing| timing.door == door)?;
    Some(DoorWindow {
        door,
        not_before: starts_at.plus_ms(i64::from(timing.lead_ms).saturating_neg()),
        not_after: ends_at.plus_ms(timing.lag_ms.into()),
    })
}

/// The off-line PIN of a time, for a door group behind a gateway whose sealing secret `sealer` has.
pub fn offline_pin(sealer: &Sealer, gateway: GatewayId, group: ResourceId, time: OfflineTime) -> String {
    let tag = offline_tag(&sealer.offline_key(group), gateway, group, time);
    let residue = time.start_slot.checked_rem(SLOTS).unwrap_or_default();
    format!("{residue:03}{}{}{tag:07}", time.length, time.serial)
}

/// The group and time that `digits` stand for at `door`, if they are an off-line PIN of this gateway under one of its
/// sealing secrets. Whether the time has come is another question: see [`OfflineTime::window`].
pub fn recognise<'a, 's>(
    sealers: impl Iterator<Item = &'s Sealer>,
    gateway: GatewayId,
    groups: &'a [DoorGroup],
    door: DoorId,
    digits: &str,
    now: UnixMs,
) -> Option<(&'a DoorGroup, OfflineTime)> {
    let (time, tag) = parse(digits, now)?;
    let reaching = groups.iter().filter(|group| group.doors.iter().any(|timing| timing.door == door));
    let mut found = None;
    for sealer in sealers {
        for group in reaching.clone() {
            let right = offline_tag(&sealer.offline_key(group.id), gateway, group.id, time);
            // Every key is tried, so that the time it takes says nothing.
            if bool::from(right.to_be_bytes().ct_eq(&tag.to_be_bytes())) && found.is_none() {
                found = Some((group, time));
            }
        }
    }
    found
}

/// Reads the twelve digits. Of all starts with that residue the one nearest to `now` is meant.
fn parse(digits: &str, now: UnixMs) -> Option<(OfflineTime, u32)> {
    if digits.len() != OFFLINE_DIGITS || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let residue: u64 = digits.get(0..3)?.parse().ok()?;
    let length = digits.get(3..4)?.parse().ok()?;
    let serial = digits.get(4..5)?.parse().ok()?;
    let tag = digits.get(5..)?.parse().ok()?;
    // Exactly one start in any run of 1 000 has the residue: the run that lies around now.
    let first = slot(now)?.saturating_sub(SLOTS / 2);
    let ahead = residue.saturating_add(SLOTS).checked_sub(first.checked_rem(SLOTS)?)?.checked_rem(SLOTS)?;
    let time = OfflineTime { start_slot: first.saturating_add(ahead), length, serial }.checked()?;
    Some((time, tag))
}

fn offline_tag(key: &Hmac<Sha256>, gateway: GatewayId, group: ResourceId, time: OfflineTime) -> u32 {
    let mut mac = key.clone();
    mac.update(TAG_LABEL);
    mac.update(gateway.as_bytes());
    mac.update(group.as_bytes());
    mac.update(&time.start_slot.to_be_bytes());
    mac.update(&[time.length, time.serial]);
    let bytes: [u8; 32] = mac.finalize().into_bytes().into();
    let first = bytes.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
    first.checked_rem(TAGS).and_then(|tag| u32::try_from(tag).ok()).unwrap_or_default()
}

impl Sealer {
    /// The off-line key of a door group: HMAC-SHA-256(sealing secret, `"hp-offkey-1"` ‖ group). No seal begins with
    /// that text, since a seal's first byte is its kind.
    fn offline_key(&self, group: ResourceId) -> Hmac<Sha256> {
        let secret = self.mac(&[KEY_LABEL, group.as_bytes()]);
        Self::new(&secret).into_mac()
    }
}

/// The slot that an instant lies in.
fn slot(at: UnixMs) -> Option<u64> {
    u64::try_from(at.0.checked_div(SLOT_MS)?).ok().filter(|_| at.0 >= 0)
}

fn slot_start(slot: u64) -> UnixMs {
    UnixMs(i64::try_from(slot).unwrap_or(i64::MAX).saturating_mul(SLOT_MS))
}

fn minutes_ms(minutes: u16) -> i64 {
    i64::from(minutes).saturating_mul(60_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use protocols_ids::Uuid;
    use protocols_wire::GroupDoor;

    const NOON: UnixMs = UnixMs(1_800_000_000_000);

    fn gateway() -> GatewayId {
        GatewayId::new(Uuid::from_u128(1))
    }

    fn group(id: u128, doors: &[u128]) -> DoorGroup {
        let door = |n: &u128| GroupDoor { door: door(*n), lead_ms: 900_000, lag_ms: 600_000 };
        DoorGroup {
            id: ResourceId::new(Uuid::from_u128(id)),
            doors: doors.iter().map(door).collect(),
            zones: vec![],
        }
    }

    fn door(n: u128) -> DoorId {
        DoorId::new(Uuid::from_u128(n))
    }

    fn sealer(byte: u8) -> Sealer {
        Sealer::new(&[byte; 32])
    }

    #[test]
    fn a_pin_is_what_the_construction_says() {
        // Worked out beside the program:
        //   key = HMAC(07 × 32, "hp-offkey-1" ‖ 00…05)
        //   tag = first 8 bytes of HMAC(key, "hp-offpin-1" ‖ 00…01 ‖ 00…05 ‖ 00000000000f4240 ‖ 03 ‖ 04) mod 10^7
        let time = OfflineTime { start_slot: 1_000_000, length: 3, serial: 4 };
        let pin = offline_pin(&sealer(7), gateway(), ResourceId::new(Uuid::from_u128(5)), time);
        assert_eq!(pin, "000348924223");
    }

    #[test]
    fn the_shortest_length_that_covers_is_taken() {
        let of = |from_min: i64, to_min: i64| {
            let at = |minutes: i64| NOON.plus_ms(minutes * 60_000);
            let time = OfflineTime::covering(at(from_min), at(to_min), 0)?;
            Some((time.starts_at().ms_since(NOON) / 60_000, time.ends_at().ms_since(NOON) / 60_000))
        };
        assert_eq!(of(0, 60), Some((0, 60)));
        assert_eq!(of(15, 75), Some((0, 90)));
        assert_eq!(of(30, 31), Some((30, 60)));
        assert_eq!(of(0, 1440), Some((0, 1440)));
        assert_eq!(of(0, 1441), None);
        assert_eq!(of(60, 60), None);
        assert_eq!(OfflineTime::covering(UnixMs(-1), UnixMs(1), 0), None);
    }

    #[test]
    fn a_pin_is_known_at_its_doors_for_its_gateway_under_any_secret_at_hand() {
        let groups = [group(5, &[1, 2]), group(6, &[2])];
        let time = OfflineTime::covering(NOON, NOON.plus_ms(3_600_000), 2).unwrap();
        let pin = offline_pin(&sealer(7), gateway(), groups[0].id, time);
        let (old, new) = (sealer(7), sealer(8));
        let known = |at: u128, of: GatewayId| {
            recognise([&new, &old].into_iter(), of, &groups, door(at), &pin, NOON)
                .map(|(group, time)| (group.id, time))
        };
        assert_eq!(known(1, gateway()), Some((groups[0].id, time)));
        assert_eq!(known(2, gateway()), Some((groups[0].id, time)));
        assert_eq!(known(3, gateway()), None, "a door of no group");
        assert_eq!(known(1, GatewayId::new(Uuid::from_u128(9))), None, "another gateway");
        assert!(
            recognise([&new].into_iter(), gateway(), &groups, door(1), &pin, NOON).is_none(),
            "another secret"
        );
        assert_eq!(offline_pin(&new, gateway(), groups[0].id, time).len(), OFFLINE_DIGITS);
    }

    #[test]
    fn a_window_has_the_groups_lead_and_lag() {
        let group = group(5, &[1]);
        let time = OfflineTime::covering(NOON, NOON.plus_ms(3_600_000), 0).unwrap();
        let window = time.window(&group, door(1)).unwrap();
        assert_eq!(window.not_before, NOON.plus_ms(-900_000));
        assert_eq!(window.not_after, NOON.plus_ms(4_200_000));
        assert_eq!(time.window(&group, door(2)), None);
    }

    proptest! {
        #[test]
        fn a_pin_that_is_shown_within_ten_days_of_its_time_reads_back(
            start in 0_u64..4_000_000, length in 0_u8..10, serial in 0_u8..10, off_days in -10_i64..=10,
        ) {
            let groups = [group(5, &[1])];
            let time = OfflineTime { start_slot: start + 1000, length, serial };
            let pin = offline_pin(&sealer(7), gateway(), groups[0].id, time);
            prop_assert!(pin.len() == OFFLINE_DIGITS && pin.bytes().all(|c| c.is_ascii_digit()));
            let now = time.starts_at().plus_ms(off_days * 86_400_000);
            let (one, door) = (sealer(7), door(1));
            let known = recognise([&one].into_iter(), gateway(), &groups, door, &pin, now);
            prop_assert_eq!(known.map(|(_, time)| time), Some(time));
        }

        #[test]
        fn a_changed_digit_is_never_the_same_time(
            start in 0_u64..4_000_000, at in 0_usize..12, by in 1_u8..10,
        ) {
            let groups = [group(5, &[1])];
            let time = OfflineTime { start_slot: start + 1000, length: 2, serial: 0 };
            let pin = offline_pin(&sealer(7), gateway(), groups[0].id, time);
            let mut digits = pin.into_bytes();
            digits[at] = b'0' + (digits[at] - b'0' + by) % 10;
            let changed = String::from_utf8(digits).unwrap();
            let (one, door) = (sealer(7), door(1));
            let known = recognise([&one].into_iter(), gateway(), &groups, door, &changed, time.starts_at());
            // A changed head may with 10⁻⁷ have the tag by chance; the same time it never is.
            prop_assert!(known.is_none_or(|(_, other)| other != time));
        }

        #[test]
        fn nothing_that_is_typed_is_anything_but_digits_of_that_length(typed in ".{0,16}") {
            let groups = [group(5, &[1])];
            let (one, door) = (sealer(7), door(1));
            let known = recognise([&one].into_iter(), gateway(), &groups, door, &typed, NOON);
            prop_assert!(known.is_none() || (typed.len() == 12 && typed.bytes().all(|c| c.is_ascii_digit())));
        }
    }
}
