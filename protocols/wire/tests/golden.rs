//! The bytes of every message, frozen. A file in `golden` never changes: what was sent once must be read for ever.
//! A new field gets new samples in a folder of its own; the old ones in `golden/v1` must go on being read.
//!
//! A test whose file is missing says what belongs into it.
#![expect(clippy::unwrap_used, reason = "what fails here is a failed test")]

use std::fmt::Debug;
use std::path::PathBuf;

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use protocols_ids::{BootId, DeviceId, DoorId, GatewayId, GrantId, ResourceId, Uuid, ZoneId};
use protocols_wire::*;

const NOON: UnixMs = UnixMs(1_800_000_000_000);

fn id<T: From<Uuid>>(n: u128) -> T {
    T::from(Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_0000 | n))
}

fn position() -> Position {
    Position { epoch: 2, revision: 300 }
}

fn point(device: u128, point: &str) -> PointRef {
    PointRef { device: id::<DeviceId>(device), point: point.to_owned() }
}

fn grant() -> Grant {
    Grant {
        id: id::<GrantId>(1),
        class: GrantClass::Staff,
        booking_number: 1_000_042,
        doors: vec![DoorWindow {
            door: id::<DoorId>(2),
            not_before: NOON,
            not_after: NOON.plus_ms(7_200_000),
        }],
        credentials: vec![
            SealedCredential { kind: CredentialKind::Pin, seal: Seal([7; 32]) },
            SealedCredential { kind: CredentialKind::Tag, seal: Seal([8; 32]) },
        ],
        zones: vec![id::<ZoneId>(3)],
        starts_at: NOON.plus_ms(900_000),
        ends_at: NOON.plus_ms(4_500_000),
        min_version: 1,
        responder: true,
    }
}

fn entry(event: JournalEvent) -> JournalEntry {
    JournalEntry {
        sequence: 17,
        at: NOON,
        time_quality: TimeQuality::Holdover,
        boot: id::<BootId>(4),
        uptime_ms: 86_400_000,
        event,
    }
}

fn events() -> Vec<JournalEvent> {
    let (door, grant, group) = (id::<DoorId>(2), id::<GrantId>(1), id::<ResourceId>(5));
    vec![
        JournalEvent::Admitted { door, grant, kind: CredentialKind::Qr },
        JournalEvent::Refused {
            door,
            kind: CredentialKind::Pin,
            reason: RefusalReason::NotTaken,
            grant: Some(grant),
        },
        JournalEvent::Refused {
            door,
            kind: CredentialKind::Tag,
            reason: RefusalReason::Unknown,
            grant: None,
        },
        JournalEvent::Door { door, what: DoorEvent::Forced },
        JournalEvent::Device { device: id::<DeviceId>(6), answers: false },
        JournalEvent::Light { zone: id::<ZoneId>(3), lit: true },
        JournalEvent::Started,
        JournalEvent::Configured { revision: 9 },
        JournalEvent::GrantsApplied { position: position() },
        JournalEvent::ClockStep { by_ms: -3_600_000 },
        JournalEvent::Commanded { id: [9; 16], done: true },
        JournalEvent::Gap { missing: 12 },
        JournalEvent::PostureChanged { mode: PostureMode::Lockdown },
        JournalEvent::AdmittedOffline { door, group, start_slot: 1_000_000, length: 3, serial: 9 },
        JournalEvent::LeaseEnding { class: GrantClass::Technician, at: NOON },
        JournalEvent::Trusts { serial: 3 },
        JournalEvent::Certified { expires_at: NOON },
        JournalEvent::LockedOut { door },
        JournalEvent::Disk { stalled: true },
        JournalEvent::Damaged { what: Damage::Journal },
    ]
}

fn site() -> SiteConfig {
    SiteConfig {
        revision: 9,
        site: "Österhallen".to_owned(),
        devices: vec![DeviceConfig {
            id: id::<DeviceId>(6),
            profile: "hallport-door-node".to_owned(),
            address: "127.0.0.1:502".to_owned(),
            unit: 3,
            name: "Dörrnod".to_owned(),
        }],
        doors: vec![DoorConfig {
            id: id::<DoorId>(2),
            name: "Huvudingång".to_owned(),
            lock: point(6, "lock"),
            contact: Some(point(6, "contact")),
            rex: Some(point(6, "rex")),
            tamper: None,
            keypad: Some(id::<DeviceId>(6)),
            release_ms: 5_000,
            held_open_ms: 60_000,
            scanner: Some(id::<DeviceId>(7)),
            reader: Some(id::<DeviceId>(6)),
        }],
        zones: vec![ZoneConfig {
            id: id::<ZoneId>(3),
            name: "Hall A".to_owned(),
            lamps: vec![point(8, "lamp1")],
            lag_ms: 600_000,
        }],
        groups: vec![DoorGroup {
            id: id::<ResourceId>(5),
            doors: vec![GroupDoor { door: id::<DoorId>(2), lead_ms: 900_000, lag_ms: 600_000 }],
            zones: vec![id::<ZoneId>(3)],
        }],
        policy: SitePolicy { visitor_lease_h: 31 * 24, ..SitePolicy::default() },
        broker: Some(SiteBroker { address: "127.0.0.1:1883".to_owned() }),
    }
}

fn report() -> StateReport {
    StateReport {
        boot: id::<BootId>(4),
        online: true,
        position: position(),
        hash_version: HASH_VERSION,
        table_hash: [5; 32],
        config_revision: 9,
        posture_counter: 2,
        journal_generation: 1,
        journal_head: 17,
        nonce: u64::MAX,
        time_quality: TimeQuality::Synchronised,
        contract_version: CONTRACT_VERSION,
        refused: RefusedCounts {
            malformed: 1,
            signature: 2,
            replayed: 3,
            out_of_order: 4,
            oversized: 5,
            impossible: 6,
        },
        grants_not_understood: 1,
        lease_until: Some(NOON),
        devices_lost: vec![id::<DeviceId>(6)],
        at: NOON,
        seal_held: 2,
        trust_serial: 3,
        certificate_expires_at: Some(NOON),
        grants: 50_000,
        grants_taken_back: 1,
        clock_uncertainty_ms: Some(40),
        program: "0.1.0".to_owned(),
        journal_waiting: 7,
        disk_stalled: true,
        posture: PostureMode::Emergency,
    }
}

fn batch() -> GrantBatch {
    GrantBatch {
        epoch: 2,
        base: 299,
        revision: 300,
        part: 0,
        parts: 1,
        upserts: vec![grant()],
        removals: vec![id::<GrantId>(10)],
        expired_before: Some(NOON),
        seal_id: 2,
        issued_at: NOON,
    }
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.hex"))
}

fn golden(name: &str, now: &[u8]) -> Vec<u8> {
    let path = path(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|_| {
        let lines: Vec<String> = now
            .chunks(32)
            .map(|line| line.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}")))
            .collect();
        panic!("{} is missing; it would hold\n{}", path.display(), lines.join("\n"))
    });
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn frozen<T>(name: &str, message: &T)
where
    T: Encode<()> + for<'b> Decode<'b, ()> + PartialEq + Debug,
{
    frozen_in("v1", name, message);
}

fn frozen_in<T>(folder: &str, name: &str, message: &T)
where
    T: Encode<()> + for<'b> Decode<'b, ()> + PartialEq + Debug,
{
    let name = &format!("{folder}/{name}");
    let bytes = encode(message);
    let held = golden(name, &bytes);
    assert_eq!(decode::<T>(&held).as_ref(), Ok(message), "{name} is no longer read as it was written");
    assert_eq!(bytes, held, "{name} is no longer written as it was");
}

#[test]
fn what_goes_down_is_what_it_has_always_been() {
    frozen("grant-batch", &batch());
    frozen("site-config", &site());
    frozen("posture", &Posture { counter: 2, mode: PostureMode::Lockdown });
    frozen(
        "lease",
        &Lease {
            position: position(),
            lease_until: NOON,
            nonce: 0x0102_0304_0506_0708,
            time: NOON,
            trust_serial: 3,
            seal_id: 2,
        },
    );
    frozen(
        "command",
        &Command {
            id: [9; 16],
            gateway: id::<GatewayId>(11),
            boot: id::<BootId>(4),
            counter: 5,
            expires_at: NOON,
            action: Action::Release { door: id::<DoorId>(2) },
        },
    );
    frozen("journal-ack", &JournalAck { generation: 1, sequence: 17, chain: None });
    frozen_in(
        "ack-chain",
        "journal-ack",
        &JournalAck { generation: 1, sequence: 17, chain: Some([3; 32].into()) },
    );
}

#[test]
fn what_comes_up_is_what_it_has_always_been() {
    frozen("state-report", &report());
    frozen("resync", &Resync { position: position(), config_revision: 9 });
    let first = encode(&entry(JournalEvent::Started));
    frozen(
        "journal-batch",
        &JournalBatch {
            generation: 1,
            previous: CHAIN_START,
            head: chain(&CHAIN_START, &first),
            entries: vec![ByteVec::from(first)],
            urgent: true,
        },
    );
    for (event, number) in events().into_iter().zip(1..) {
        frozen(&format!("journal-entry-{number:02}"), &entry(event));
    }
}

#[test]
fn what_is_signed_once_is_what_it_has_always_been() {
    frozen(
        "trust-bundle",
        &TrustBundle {
            serial: 3,
            authorities: vec![ByteVec::from(vec![0x30, 0x82])],
            signing_keys: vec![SigningKey {
                key_id: KeyId([1; 8]),
                public: [2; 32],
                not_before: NOON,
                not_after: NOON.plus_ms(1),
            }],
            issued_at: NOON,
        },
    );
    frozen("token", &token());
}

fn token() -> Token {
    Token {
        gateway: id::<GatewayId>(11),
        grant: id::<GrantId>(1),
        group: id::<ResourceId>(5),
        starts_at_s: 1_800_000_000,
        ends_at_s: 1_800_003_600,
        issued_at_s: 1_799_999_000,
        expires_at_s: 1_799_999_900,
    }
}

/// The signature is deterministic (RFC 8032), so the whole envelope can be frozen.
#[test]
fn the_envelope_is_what_it_has_always_been() {
    // An Ed25519 key in PKCS #8 version 1: the fixed head and a seed of 32 equal bytes.
    let mut der =
        vec![0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
    der.extend([0x42; 32]);
    let signer = Signer::from_pkcs8(&der).unwrap();
    let topic = Topic::new(id::<GatewayId>(11), Kind::Ack).to_string();
    let ack = JournalAck { generation: 1, sequence: 17, chain: None };
    let sealed = signer.seal(&topic, &ack);
    let held = golden("v1/envelope-journal-ack", &sealed);
    assert_eq!(sealed, held);
    let trusted = |key| (key == signer.key_id()).then(|| signer.public());
    assert_eq!(open::<JournalAck>(&topic, &held, trusted), Ok(ack));
    let sealed = signer.seal(TOKEN_CONTEXT, &token());
    assert_eq!(sealed, golden("v1/envelope-token", &sealed));
    // Base45 makes three characters of two bytes.
    assert!(sealed.len().div_ceil(2) * 3 <= TOKEN_CHARACTERS_MAX, "{} bytes", sealed.len());
}

#[test]
fn rows_hash_to_what_they_always_have() {
    let hash = TableHash::default().with(&row_hash(&grant()));
    assert_eq!(hash.bytes().to_vec(), golden("v1/row-hash", &hash.bytes()));
}

/// Numbers of a field from a later version: an old reader skips it, wherever it stands.
#[test]
fn a_field_from_the_future_is_skipped() {
    #[derive(Encode)]
    #[cbor(map)]
    struct Later {
        #[n(0)]
        generation: u64,
        #[n(1)]
        sequence: u64,
        #[n(200)]
        more: Vec<String>,
    }
    let later = Later { generation: 1, sequence: 17, more: vec!["unknown".to_owned()] };
    assert_eq!(decode(&encode(&later)), Ok(JournalAck { generation: 1, sequence: 17, chain: None }));
}

/// What a sender of the first days leaves out is read as its default.
#[test]
fn a_field_that_is_missing_is_its_default() {
    #[derive(Encode)]
    #[cbor(map)]
    struct Earlier {
        #[n(0)]
        position: Position,
        #[n(1)]
        lease_until: UnixMs,
        #[n(2)]
        nonce: u64,
        #[n(3)]
        time: UnixMs,
    }
    let earlier = Earlier { position: position(), lease_until: NOON, nonce: 1, time: NOON };
    let read: Lease = decode(&encode(&earlier)).unwrap();
    assert_eq!((read.trust_serial, read.seal_id), (0, 0));
}

/// A reader that does not know what happened still knows whose place in the journal it has.
#[test]
fn an_event_from_the_future_keeps_its_frame() {
    #[derive(Encode)]
    enum LaterEvent {
        #[n(999)]
        Unheard {
            #[n(0)]
            of: String,
        },
    }
    #[derive(Encode)]
    #[cbor(map)]
    struct LaterEntry {
        #[n(0)]
        sequence: u64,
        #[n(1)]
        at: UnixMs,
        #[n(2)]
        time_quality: TimeQuality,
        #[n(3)]
        boot: BootId,
        #[n(4)]
        uptime_ms: u64,
        #[n(5)]
        event: LaterEvent,
    }
    let boot = id::<BootId>(4);
    let bytes = encode(&LaterEntry {
        sequence: 17,
        at: NOON,
        time_quality: TimeQuality::Unknown,
        boot,
        uptime_ms: 1,
        event: LaterEvent::Unheard { of: "news".to_owned() },
    });
    assert_eq!(decode::<JournalEntry>(&bytes), Err(OpenError::Malformed));
    assert_eq!(decode(&bytes), Ok(JournalFrame { sequence: 17, at: NOON, boot }));
}
