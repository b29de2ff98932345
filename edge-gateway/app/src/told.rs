//! A journal entry in words and ids, for `journal export`.

use gateway_store::JournalMarks;
use protocols_wire::{
    CredentialKind, Damage, DoorEvent, GrantClass, JournalEntry, JournalEvent, JournalFrame, PostureMode,
    RefusalReason, TimeQuality, decode,
};
use serde_json::{Value, json};

use crate::clock::shown;

/// The columns of the comma-separated form; what has no column of its own stands in the last, as `name=value`.
const COLUMNS: [&str; 13] = [
    "generation",
    "sequence",
    "at",
    "time_quality",
    "boot",
    "uptime_ms",
    "event",
    "door",
    "grant",
    "credential",
    "reason",
    "device",
    "zone",
];

/// One entry: names and values, in the order in which they are written.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Told(Vec<(&'static str, Value)>);

impl Told {
    /// An entry that a newer program has written is told as far as it can be read, with its bytes.
    pub(crate) fn new(marks: JournalMarks, sequence: u64, bytes: &[u8]) -> Self {
        let mut fields = vec![("generation", json!(marks.generation)), ("sequence", json!(sequence))];
        if let Ok(entry) = decode::<JournalEntry>(bytes) {
            fields.push(("at", json!(shown(entry.at))));
            fields.push(("time_quality", json!(quality(entry.time_quality))));
            fields.push(("boot", json!(entry.boot.to_string())));
            fields.push(("uptime_ms", json!(entry.uptime_ms)));
            event(&mut fields, &entry.event);
        } else {
            if let Ok(frame) = decode::<JournalFrame>(bytes) {
                fields.push(("at", json!(shown(frame.at))));
                fields.push(("boot", json!(frame.boot.to_string())));
            }
            fields.push(("event", json!("unknown")));
            fields.push(("bytes", json!(hex(bytes))));
        }
        Self(fields)
    }

    /// One JSON object.
    pub(crate) fn json(&self) -> String {
        let fields: Vec<String> =
            self.0.iter().map(|(name, value)| format!("{}:{value}", json!(name))).collect();
        format!("{{{}}}", fields.join(","))
    }

    /// One line of comma-separated values (RFC 4180, but for the line's end).
    pub(crate) fn csv(self) -> String {
        let mut columns = vec![String::new(); COLUMNS.len()];
        let mut detail = Vec::new();
        for (name, value) in self.0 {
            let text = match value {
                Value::String(text) => text,
                other => other.to_string(),
            };
            match COLUMNS.iter().position(|column| *column == name).and_then(|at| columns.get_mut(at)) {
                Some(column) => *column = text,
                None => detail.push(format!("{name}={text}")),
            }
        }
        columns.push(detail.join(" "));
        columns.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(",")
    }

    /// The first line of the comma-separated form.
    pub(crate) fn csv_head() -> String {
        format!("{},detail", COLUMNS.join(","))
    }
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

fn event(fields: &mut Vec<(&'static str, Value)>, event: &JournalEvent) {
    let mut tell = |name, value: Value| fields.push((name, value));
    match event {
        JournalEvent::Admitted { door, grant, kind } => {
            tell("event", json!("admitted"));
            tell("door", json!(door.to_string()));
            tell("grant", json!(grant.to_string()));
            tell("credential", json!(credential(*kind)));
        }
        JournalEvent::Refused { door, kind, reason, grant } => {
            tell("event", json!("refused"));
            tell("door", json!(door.to_string()));
            if let Some(grant) = grant {
                tell("grant", json!(grant.to_string()));
            }
            tell("credential", json!(credential(*kind)));
            tell("reason", json!(refusal(*reason)));
        }
        JournalEvent::Door { door, what } => {
            tell("event", json!(door_event(*what)));
            tell("door", json!(door.to_string()));
        }
        JournalEvent::Device { device, answers } => {
            tell("event", json!(if *answers { "device_found" } else { "device_lost" }));
            tell("device", json!(device.to_string()));
        }
        JournalEvent::Light { zone, lit } => {
            tell("event", json!(if *lit { "lit" } else { "put_out" }));
            tell("zone", json!(zone.to_string()));
        }
        JournalEvent::Started => tell("event", json!("started")),
        JournalEvent::Configured { revision } => {
            tell("event", json!("configured"));
            tell("revision", json!(revision));
        }
        JournalEvent::GrantsApplied { position } => {
            tell("event", json!("grants_applied"));
            tell("epoch", json!(position.epoch));
            tell("revision", json!(position.revision));
        }
        JournalEvent::ClockStep { by_ms } => {
            tell("event", json!("clock_step"));
            tell("by_ms", json!(by_ms));
        }
        JournalEvent::Commanded { id, done } => {
            tell("event", json!("commanded"));
            tell("command", json!(hex(id)));
            tell("done", json!(done));
        }
        JournalEvent::Gap { missing } => {
            tell("event", json!("gap"));
            tell("missing", json!(missing));
        }
        JournalEvent::PostureChanged { mode } => {
            tell("event", json!("posture_changed"));
            tell("posture", json!(posture(*mode)));
        }
        JournalEvent::AdmittedOffline { door, group, start_slot, length, serial } => {
            tell("event", json!("admitted_offline"));
            tell("door", json!(door.to_string()));
            tell("group", json!(group.to_string()));
            tell("start_slot", json!(start_slot));
            tell("length", json!(length));
            tell("serial", json!(serial));
        }
        JournalEvent::LeaseEnding { class, at } => {
            tell("event", json!("lease_ending"));
            tell("class", json!(class_name(*class)));
            tell("ends_at", json!(shown(*at)));
        }
        JournalEvent::Trusts { serial } => {
            tell("event", json!("trusts"));
            tell("serial", json!(serial));
        }
        JournalEvent::Certified { expires_at } => {
            tell("event", json!("certified"));
            tell("expires_at", json!(shown(*expires_at)));
        }
        JournalEvent::LockedOut { door } => {
            tell("event", json!("locked_out"));
            tell("door", json!(door.to_string()));
        }
        JournalEvent::Disk { stalled } => {
            tell("event", json!(if *stalled { "disk_stalled" } else { "disk_works" }));
        }
        JournalEvent::Damaged { what } => {
            tell("event", json!("damaged"));
            tell("what", json!(damage(*what)));
        }
    }
}

pub(crate) const fn quality(quality: TimeQuality) -> &'static str {
    match quality {
        TimeQuality::Unknown => "unknown",
        TimeQuality::Holdover => "holdover",
        TimeQuality::Synchronised => "synchronised",
    }
}

pub(crate) const fn class_name(class: GrantClass) -> &'static str {
    match class {
        GrantClass::Visitor => "visitor",
        GrantClass::Staff => "staff",
        GrantClass::Technician => "technician",
    }
}

pub(crate) const fn posture(mode: PostureMode) -> &'static str {
    match mode {
        PostureMode::Normal => "normal",
        PostureMode::Lockdown => "lockdown",
        PostureMode::Emergency => "emergency",
    }
}

pub(crate) const fn damage(damage: Damage) -> &'static str {
    match damage {
        Damage::Grants => "grants",
        Damage::Journal => "journal",
        Damage::Everything => "everything",
    }
}

const fn credential(kind: CredentialKind) -> &'static str {
    match kind {
        CredentialKind::Pin => "pin",
        CredentialKind::Tag => "tag",
        CredentialKind::Qr => "qr",
        CredentialKind::Remote => "remote",
    }
}

const fn refusal(reason: RefusalReason) -> &'static str {
    match reason {
        RefusalReason::Unknown => "unknown",
        RefusalReason::TooEarly => "too_early",
        RefusalReason::TooLate => "too_late",
        RefusalReason::WrongDoor => "wrong_door",
        RefusalReason::Revoked => "revoked",
        RefusalReason::LockedOut => "locked_out",
        RefusalReason::Lockdown => "lockdown",
        RefusalReason::ClockUnknown => "clock_unknown",
        RefusalReason::Version => "version",
        RefusalReason::LeaseEnded => "lease_ended",
        RefusalReason::Stale => "stale",
        RefusalReason::DoorLost => "door_lost",
        RefusalReason::NotTaken => "not_taken",
    }
}

const fn door_event(what: DoorEvent) -> &'static str {
    match what {
        DoorEvent::Opened => "opened",
        DoorEvent::Closed => "closed",
        DoorEvent::Relocked => "relocked",
        DoorEvent::Forced => "forced",
        DoorEvent::HeldOpen => "held_open",
        DoorEvent::Exit => "exit",
        DoorEvent::Tamper => "tamper",
        DoorEvent::TamperRestored => "tamper_restored",
    }
}

fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xF)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocols_ids::{BootId, DoorId, GrantId, Uuid};
    use protocols_wire::{UnixMs, encode};

    const MARKS: JournalMarks = JournalMarks { generation: 4, forgotten: 0, acknowledged: 0, head: 9 };

    fn entry(event: JournalEvent) -> Vec<u8> {
        encode(&JournalEntry {
            sequence: 9,
            at: UnixMs(1_800_000_000_123),
            time_quality: TimeQuality::Holdover,
            boot: BootId::new(Uuid::from_u128(7)),
            uptime_ms: 12,
            event,
        })
    }

    #[test]
    fn an_entry_is_told_with_ids_time_and_its_quality() {
        let refused = JournalEvent::Refused {
            door: DoorId::new(Uuid::from_u128(1)),
            kind: CredentialKind::Pin,
            reason: RefusalReason::TooEarly,
            grant: Some(GrantId::new(Uuid::from_u128(2))),
        };
        let json = Told::new(MARKS, 9, &entry(refused.clone())).json();
        let value: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(value["at"], "2027-01-15T08:00:00.123Z");
        assert_eq!(value["time_quality"], "holdover");
        assert_eq!((&value["event"], &value["reason"]), (&json!("refused"), &json!("too_early")));
        assert_eq!(value["door"], "00000000-0000-0000-0000-000000000001");
        assert_eq!(
            Told::new(MARKS, 9, &entry(refused)).csv(),
            "4,9,2027-01-15T08:00:00.123Z,holdover,00000000-0000-0000-0000-000000000007,12,refused,\
             00000000-0000-0000-0000-000000000001,00000000-0000-0000-0000-000000000002,pin,too_early,,,"
        );
    }

    #[test]
    fn what_has_no_column_stands_in_the_last() {
        let csv = Told::new(MARKS, 9, &entry(JournalEvent::Gap { missing: 12 })).csv();
        assert!(csv.ends_with(",gap,,,,,,,missing=12"), "{csv}");
        assert_eq!(csv.matches(',').count(), Told::csv_head().matches(',').count());
        assert_eq!(quoted("a\"b,c"), "\"a\"\"b,c\"");
    }

    #[test]
    fn what_a_newer_program_wrote_is_told_with_its_bytes() {
        let mut bytes = entry(JournalEvent::Started);
        // The event is the last field: an array of its number and its fields, of which there are none.
        assert_eq!(bytes.split_off(bytes.len() - 2), [5, 0x80]);
        bytes.extend([0x18, 0xFE, 0x80]);
        let json = Told::new(MARKS, 9, &bytes).json();
        assert!(json.contains("\"event\":\"unknown\"") && json.contains(&hex(&bytes)), "{json}");
        assert!(json.contains("2027-01-15T08:00:00.123Z"), "{json}");
    }
}
