//! `journal verify` and `journal export`, on files that the real store has written.
#![expect(clippy::unwrap_used, reason = "what fails here is a failed test")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use gateway_core::Change;
use gateway_store::Store;
use protocols_ids::{BootId, DoorId, GrantId, Uuid};
use protocols_wire::{
    CHAIN_START, CredentialKind, JournalEntry, JournalEvent, TimeQuality, UnixMs, chain, encode,
};

/// 2026-11-28T00:00:00Z.
const DAY: i64 = 1_795_824_000_000;
const HOUR: i64 = 3_600_000;

/// One entry every hour from the beginning of the day on; the first two are acknowledged and kept.
async fn written(folder: &Path, count: u64) -> (Store, PathBuf) {
    let path = folder.join("gateway.sqlite");
    let mut store = Store::open(&path, 4).await.unwrap();
    let mut before = CHAIN_START;
    let mut changes = Vec::new();
    for sequence in 1..=count {
        let at = UnixMs(DAY + (i64::try_from(sequence).unwrap() - 1) * HOUR);
        let entry = encode(&JournalEntry {
            sequence,
            at,
            time_quality: TimeQuality::Synchronised,
            boot: BootId::new(Uuid::from_u128(7)),
            uptime_ms: sequence,
            event: JournalEvent::Admitted {
                door: DoorId::new(Uuid::from_u128(1)),
                grant: GrantId::new(Uuid::from_u128(2)),
                kind: CredentialKind::Pin,
            },
        });
        before = chain(&before, &entry);
        changes.push(Change::Append { sequence, at, entry, chain: before });
    }
    store.apply(&changes).await.unwrap();
    store.apply(&[Change::Acknowledged { sequence: 2, forget_before: UnixMs(0) }]).await.unwrap();
    (store, path)
}

fn program(data: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hallport-gateway"))
        .arg("journal")
        .args(arguments)
        .arg("--data")
        .arg(data)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[tokio::test]
async fn a_whole_journal_verifies_beside_its_writer_and_a_changed_one_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (store, path) = written(folder.path(), 40).await;
    let good = program(folder.path(), &["verify"]);
    let words = told(&good);
    assert!(good.status.success(), "{words}");
    for expected in ["generation   4", "acknowledged 2: ", "38 wait", "holds        yes: 40 entries"] {
        assert!(words.contains(expected), "{expected}: {words}");
    }
    store.close().await.unwrap();

    // One byte of an entry's chain hash, found in the file as it lies.
    let mut bytes = std::fs::read(&path).unwrap();
    let entry = {
        let mut store = Store::open_read_only(&path).await.unwrap();
        store.journal_after(29, 1).await.unwrap().remove(0)
    };
    // A page that was split has left copies behind, which nobody reads.
    let copies: Vec<usize> = (0..bytes.len() - 32).filter(|at| bytes[*at..*at + 32] == entry.chain).collect();
    assert!(!copies.is_empty());
    for at in copies {
        bytes[at + 5] ^= 1;
    }
    std::fs::write(&path, bytes).unwrap();
    let broken = program(folder.path(), &["verify"]);
    let words = told(&broken);
    assert_eq!(broken.status.code(), Some(1), "{words}");
    assert!(words.contains("holds        29 entries from 1 on"), "{words}");
    assert!(words.contains("BROKEN       the chain breaks at entry 30"), "{words}");

    std::fs::write(&path, b"not a store").unwrap();
    let unreadable = program(folder.path(), &["verify"]);
    assert_eq!(unreadable.status.code(), Some(1));
    assert!(String::from_utf8(unreadable.stderr).unwrap().contains("gateway.sqlite"));
}

#[tokio::test]
async fn an_export_has_every_entry_of_the_time_asked_for_in_either_form() {
    let folder = tempfile::tempdir().unwrap();
    let (_store, _) = written(folder.path(), 40).await;
    let all = told(&program(folder.path(), &["export"]));
    let sequences: Vec<u64> = all
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["sequence"].as_u64().unwrap())
        .collect();
    assert_eq!(sequences, (1..=40).collect::<Vec<_>>(), "also beside the process that writes");
    let first = all.lines().next().unwrap();
    for expected in [
        "\"at\":\"2026-11-28T00:00:00Z\"",
        "\"time_quality\":\"synchronised\"",
        "\"boot\":\"00000000-0000-0000",
    ] {
        assert!(first.contains(expected), "{expected}: {first}");
    }

    let day = ["export", "--from", "2026-11-28T22:00:00Z", "--to", "2026-11-29", "--format", "csv"];
    let csv = told(&program(folder.path(), &day));
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines.len(), 3, "the head, and two hours: {csv}");
    assert!(lines[0].starts_with("generation,sequence,at,time_quality,boot,uptime_ms,event,door,"));
    assert!(lines[1].starts_with("4,23,2026-11-28T22:00:00Z,synchronised,"), "{csv}");

    let wrong = program(folder.path(), &["export", "--from", "yesterday"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(String::from_utf8(wrong.stderr).unwrap().contains("2026-11-28T06:00:00Z"));
}

#[tokio::test]
async fn an_export_never_overwrites_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let (_store, _) = written(folder.path(), 5).await;
    let target = folder.path().join("november.jsonl");
    let with = ["export", "--output", target.to_str().unwrap()];
    let first = program(folder.path(), &with);
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    assert!(told(&first).starts_with("5 entries in "));
    let before = std::fs::read(&target).unwrap();
    assert_eq!(String::from_utf8_lossy(&before).lines().count(), 5);
    let again = program(folder.path(), &with);
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8(again.stderr).unwrap().contains("nothing is ever overwritten"));
    assert_eq!(std::fs::read(&target).unwrap(), before);
    let nowhere = program(folder.path(), &["export", "--output", "/nowhere/november.jsonl"]);
    assert_eq!(nowhere.status.code(), Some(1));
}

#[tokio::test]
async fn a_reader_that_leaves_early_is_no_fault() {
    let folder = tempfile::tempdir().unwrap();
    // More than any pipe holds.
    let (_store, _) = written(folder.path(), 3_000).await;
    for arguments in ["export", "export --format csv"] {
        let script =
            format!("\"$1\" journal {arguments} --data \"$2\" | head -1; exit \"${{PIPESTATUS[0]}}\"");
        let output = Command::new("bash")
            .args(["-c", &script, "bash", env!("CARGO_BIN_EXE_hallport-gateway")])
            .arg(folder.path())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(told(&output).lines().count(), 1);
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    // Whoever has gone before the first line.
    let output = Command::new("bash")
        .args(["-c", "\"$1\" journal verify --data \"$2\" | true; exit \"${PIPESTATUS[0]}\"", "bash"])
        .arg(env!("CARGO_BIN_EXE_hallport-gateway"))
        .arg(folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn without_a_journal_there_is_a_clear_word() {
    let folder = tempfile::tempdir().unwrap();
    for command in ["verify", "export"] {
        let output = program(folder.path(), &[command]);
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8(output.stderr).unwrap().contains("there is no journal yet"));
    }
    let help = program(folder.path(), &["export", "--help"]);
    assert!(told(&help).contains("Examples:"));
}
