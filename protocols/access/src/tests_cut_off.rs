//! Tokens and off-line PINs: what each word of the matrix leads to.

use protocols_ids::{DoorId, GatewayId, GrantId, ResourceId, Uuid};
use protocols_wire::{
    DoorGroup, DoorWindow, Grant, GrantBatch, GrantClass, GroupDoor, Position, PostureMode, RefusalReason,
    SitePolicy, TimeQuality, Token, UnixMs,
};

use crate::*;

/// Noon, in whole seconds and at the beginning of a slot.
const NOON_S: u32 = 1_800_000_000;
const NOON: UnixMs = UnixMs(1_800_000_000_000);
const MINUTE_MS: i64 = 60_000;

fn door(n: u128) -> DoorId {
    DoorId::new(Uuid::from_u128(n))
}

fn gateway() -> GatewayId {
    GatewayId::new(Uuid::from_u128(0xAA))
}

fn grant_id() -> GrantId {
    GrantId::new(Uuid::from_u128(7))
}

/// Door 1 with a quarter of an hour's lead and ten minutes' lag.
fn groups() -> Vec<DoorGroup> {
    let door = GroupDoor { door: door(1), lead_ms: 15 * 60_000, lag_ms: 10 * 60_000 };
    vec![DoorGroup { id: ResourceId::new(Uuid::from_u128(5)), doors: vec![door], zones: vec![] }]
}

/// An hour from noon, shown at noon for a quarter of an hour.
fn token() -> Token {
    Token {
        gateway: gateway(),
        grant: grant_id(),
        group: ResourceId::new(Uuid::from_u128(5)),
        starts_at_s: NOON_S,
        ends_at_s: NOON_S + 3_600,
        issued_at_s: NOON_S,
        expires_at_s: NOON_S + 15 * 60,
    }
}

fn site() -> Site {
    Site {
        posture: PostureMode::Normal,
        time_quality: TimeQuality::Synchronised,
        lease: Lease { heartbeat_at: Some(NOON.plus_ms(-60 * MINUTE_MS)), until: None },
        policy: SitePolicy::default(),
    }
}

fn table(doors: &[DoorWindow]) -> GrantTable {
    let grant = Grant {
        id: grant_id(),
        class: GrantClass::Visitor,
        booking_number: 1,
        doors: doors.to_vec(),
        credentials: vec![],
        zones: vec![],
        starts_at: NOON,
        ends_at: NOON.plus_ms(60 * MINUTE_MS),
        min_version: 1,
        responder: false,
    };
    GrantTable::load(Position { epoch: 1, revision: 1 }, 1, vec![grant])
}

fn shown(
    table: &GrantTable,
    site: &Site,
    token: &Token,
    at: (u128, UnixMs),
    heard: Option<UnixMs>,
) -> Decision {
    let groups = groups();
    let place = Place { gateway: gateway(), groups: &groups, door: door(at.0), at: at.1 };
    decide_token(table, site, &place, token, heard)
}

fn admits() -> Decision {
    Decision::Admit { grant: grant_id() }
}

fn refuses(reason: RefusalReason) -> Decision {
    Decision::Refuse { reason, grant: Some(grant_id()) }
}

#[test]
fn a_token_that_the_table_has_not_heard_of_opens_by_its_own_times_with_lead_and_lag() {
    let none = GrantTable::default();
    let long = Token { expires_at_s: NOON_S + 7_200, issued_at_s: NOON_S - 7_200, ..token() };
    let heard = Some(NOON.plus_ms(-180 * MINUTE_MS));
    let at = |ms| shown(&none, &site(), &long, (1, NOON.plus_ms(ms)), heard);
    assert_eq!(at(-15 * MINUTE_MS - 1), refuses(RefusalReason::TooEarly));
    assert_eq!(at(-15 * MINUTE_MS), admits());
    assert_eq!(at(70 * MINUTE_MS - 1), admits());
    assert_eq!(at(70 * MINUTE_MS), refuses(RefusalReason::TooLate));
    assert_eq!(shown(&none, &site(), &long, (2, NOON), heard), refuses(RefusalReason::WrongDoor));
    let unknown_group = Token { group: ResourceId::new(Uuid::from_u128(6)), ..long };
    assert_eq!(shown(&none, &site(), &unknown_group, (1, NOON), heard), refuses(RefusalReason::WrongDoor));
}

#[test]
fn a_token_for_another_gateway_an_old_one_and_one_that_a_newer_table_lacks_open_nothing() {
    let none = GrantTable::default();
    let elsewhere = Token { gateway: GatewayId::new(Uuid::from_u128(9)), ..token() };
    let not_taken = Decision::Refuse { reason: RefusalReason::NotTaken, grant: None };
    assert_eq!(shown(&none, &site(), &elsewhere, (1, NOON), None), not_taken);
    let end = NOON.plus_ms(15 * MINUTE_MS);
    assert_eq!(shown(&none, &site(), &token(), (1, end.plus_ms(-1)), None), admits());
    assert_eq!(shown(&none, &site(), &token(), (1, end), None), refuses(RefusalReason::TooLate));
    assert_eq!(shown(&none, &site(), &token(), (1, NOON), Some(NOON.plus_ms(-1))), admits());
    assert_eq!(shown(&none, &site(), &token(), (1, NOON), Some(NOON)), refuses(RefusalReason::NotTaken));
}

#[test]
fn a_token_whose_grant_is_in_the_table_opens_what_the_grant_opens_and_no_longer_than_the_token_says() {
    let window = DoorWindow { door: door(2), not_before: NOON, not_after: NOON.plus_ms(30 * MINUTE_MS) };
    let table = table(&[window]);
    let heard = Some(NOON.plus_ms(60 * MINUTE_MS));
    assert_eq!(shown(&table, &site(), &token(), (2, NOON), heard), admits());
    assert_eq!(shown(&table, &site(), &token(), (1, NOON), heard), refuses(RefusalReason::WrongDoor));
    let early = NOON.plus_ms(-1);
    assert_eq!(shown(&table, &site(), &token(), (2, early), heard), refuses(RefusalReason::TooEarly));
    let late = NOON.plus_ms(16 * MINUTE_MS);
    assert_eq!(shown(&table, &site(), &token(), (2, late), heard), refuses(RefusalReason::TooLate));
}

#[test]
fn a_token_of_a_grant_that_was_taken_back_never_opens_also_when_the_grant_comes_again() {
    let mut table = table(&[DoorWindow { door: door(1), not_before: NOON, not_after: NOON.plus_ms(1_000) }]);
    let again: Vec<Grant> = table.iter().map(KeptGrant::grant).collect();
    let batch = |base, revision, upserts, removals| GrantBatch {
        epoch: 1,
        base,
        revision,
        part: 0,
        parts: 1,
        upserts,
        removals,
        expired_before: None,
        seal_id: 1,
        issued_at: NOON,
    };
    table.apply(batch(1, 2, vec![], vec![grant_id()])).unwrap();
    let fresh = Token { issued_at_s: NOON_S + 60, ..token() };
    assert_eq!(shown(&table, &site(), &fresh, (1, NOON), Some(NOON)), refuses(RefusalReason::Revoked));
    table.apply(GrantBatch { epoch: 2, ..batch(0, 1, again, vec![]) }).unwrap();
    assert_eq!(table.barred(), 1);
    assert_eq!(shown(&table, &site(), &fresh, (1, NOON), Some(NOON)), refuses(RefusalReason::Revoked));
}

#[test]
fn clock_lease_and_lockdown_hold_for_tokens_and_offline_pins_too() {
    let none = GrantTable::default();
    let unknown = Site { time_quality: TimeQuality::Unknown, ..site() };
    let locked_down = Site { posture: PostureMode::Lockdown, ..site() };
    let ended = Lease { heartbeat_at: Some(NOON.plus_ms(-169 * 60 * MINUTE_MS)), until: None };
    let ended = Site { lease: ended, ..site() };
    for (site, reason) in [
        (unknown, RefusalReason::ClockUnknown),
        (locked_down, RefusalReason::Lockdown),
        (ended, RefusalReason::LeaseEnded),
    ] {
        assert_eq!(shown(&none, &site, &token(), (1, NOON), None), refuses(reason));
        assert_eq!(typed(&site, 1, NOON, &pin()), OfflineTyped::Refuse(reason));
    }
}

#[derive(Debug, PartialEq, Eq)]
enum OfflineTyped {
    Admit(OfflineTime),
    Refuse(RefusalReason),
}

fn time() -> OfflineTime {
    OfflineTime::covering(NOON, NOON.plus_ms(60 * MINUTE_MS), 3).unwrap()
}

fn pin() -> String {
    offline_pin(&Sealer::new(&[7; 32]), gateway(), groups()[0].id, time())
}

fn typed(site: &Site, number: u128, at: UnixMs, digits: &str) -> OfflineTyped {
    let groups = groups();
    let place = Place { gateway: gateway(), groups: &groups, door: door(number), at };
    let (older, newer) = (Sealer::new(&[7; 32]), Sealer::new(&[8; 32]));
    match decide_offline(site, &place, [&newer, &older].into_iter(), digits) {
        OfflineDecision::Admit { group, time } => {
            assert_eq!(group.id, groups[0].id);
            OfflineTyped::Admit(time)
        }
        OfflineDecision::Refuse { reason } => OfflineTyped::Refuse(reason),
    }
}

#[test]
fn an_offline_pin_opens_in_its_window_while_the_cloud_is_silent() {
    let at = |ms| typed(&site(), 1, NOON.plus_ms(ms), &pin());
    assert_eq!(at(-15 * MINUTE_MS - 1), OfflineTyped::Refuse(RefusalReason::TooEarly));
    assert_eq!(at(-15 * MINUTE_MS), OfflineTyped::Admit(time()));
    assert_eq!(at(70 * MINUTE_MS - 1), OfflineTyped::Admit(time()));
    assert_eq!(at(70 * MINUTE_MS), OfflineTyped::Refuse(RefusalReason::TooLate));
    assert_eq!(typed(&site(), 2, NOON, &pin()), OfflineTyped::Refuse(RefusalReason::Unknown));
    assert_eq!(typed(&site(), 1, NOON, "000000000000"), OfflineTyped::Refuse(RefusalReason::Unknown));
    assert_eq!(typed(&site(), 1, NOON, "123456"), OfflineTyped::Refuse(RefusalReason::Unknown));
}

#[test]
fn an_offline_pin_is_not_taken_while_the_cloud_is_heard() {
    let silent_ms = i64::from(SitePolicy::default().silent_after_s) * 1_000;
    let heard =
        |ms: i64| Site { lease: Lease { heartbeat_at: Some(NOON.plus_ms(-ms)), until: None }, ..site() };
    assert_eq!(typed(&heard(silent_ms), 1, NOON, &pin()), OfflineTyped::Refuse(RefusalReason::NotTaken));
    assert_eq!(typed(&heard(silent_ms + 1), 1, NOON, &pin()), OfflineTyped::Admit(time()));
}
