//! A process that writes through the real store, killed at random moments, a hundred times on one file.
#![expect(clippy::unwrap_used, reason = "what fails here is a failed test")]

mod support;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use protocols_wire::{UnixMs, chain};

use support::{Pen, acknowledged, delta, grant, is_whole, numbers, open, reopened, sequences, with};

const CHILD: &str = "HALLPORT_TEST_POWER_CUT";
const NAME: &str = "what_was_reported_survives_a_hundred_kills_at_random_moments";
const ROUNDS: u64 = 100;
/// Grants of a revision: the last so many.
const WINDOW: u64 = 6;

/// One step: an entry, the grant of the same number, one that is taken back, now and then an acknowledgement.
fn step(pen: &mut Pen) -> Vec<gateway_core::Change> {
    let entry = pen.next();
    let number = pen.sequence;
    let gone: Vec<u64> = number.checked_sub(WINDOW).filter(|gone| *gone > 0).into_iter().collect();
    let back: Vec<(u64, i64)> = gone.iter().map(|gone| (*gone, i64::MAX)).collect();
    let mut changes = vec![entry, with(delta(vec![grant(number, 100)], number), &gone, None, &back)];
    if number.is_multiple_of(7) {
        changes.push(acknowledged(number - 3, i64::try_from(number.saturating_sub(20)).unwrap() * 1_000));
    }
    changes
}

/// Writes until it is killed, and says after each step that it is on disk.
fn child(path: &Path) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut store = open(path).await;
        let stored = store.load(support::boot()).await.unwrap();
        let mut pen = Pen::after(&stored);
        let mut out = std::io::stderr().lock();
        loop {
            store.apply(&step(&mut pen)).await.unwrap();
            // In one piece, or half a number could be read.
            out.write_all(format!("persisted {}\n", pen.sequence).as_bytes()).unwrap();
        }
    });
}

/// Deterministic, so that a failing round can be had again.
fn random(round: u64) -> u64 {
    let mut z = round.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z ^ (z >> 27)
}

#[test]
fn what_was_reported_survives_a_hundred_kills_at_random_moments() {
    #[expect(clippy::disallowed_methods, reason = "this test is its own child")]
    if let Some(path) = std::env::var_os(CHILD) {
        return child(Path::new(&path));
    }
    let folder = tempfile::tempdir().unwrap();
    let path = support::file(&folder);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut head = 0;
    for round in 1..=ROUNDS {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", NAME, "--nocapture"])
            .env(CHILD, &path)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let mut reported = head;
        let steps = 1 + random(round) % 9;
        while reported < head + steps {
            let line = lines.next().unwrap_or_else(|| panic!("round {round}: the child ended")).unwrap();
            if let Some(number) = line.strip_prefix("persisted ") {
                reported = number.parse().unwrap();
            }
        }
        // Somewhere within one of the next steps: a few thousand turns are a part of one.
        for turn in 0..random(round + ROUNDS) % 400_000 {
            std::hint::black_box(turn);
        }
        process.kill().unwrap();
        process.wait().unwrap();
        for line in lines {
            if let Some(number) = line.unwrap().strip_prefix("persisted ") {
                reported = number.parse().unwrap();
            }
        }

        let stored = runtime.block_on(reopened(&path));
        assert_eq!(stored.damage, [], "round {round}");
        assert!(stored.journal_head >= reported, "round {round}: {} < {reported}", stored.journal_head);
        assert!(stored.journal_head <= reported + 1, "round {round}: one step at most was not reported");
        head = stored.journal_head;
        assert_eq!(stored.position.revision, head, "round {round}: entry and grants of a step are one");
        let first = head.saturating_sub(WINDOW) + 1;
        assert_eq!(numbers(&stored), (first..=head).collect::<Vec<_>>(), "round {round}");
        assert_eq!(stored.taken_back.len(), usize::try_from(first - 1).unwrap(), "round {round}");
        let waiting: Vec<u64> = (stored.journal_acknowledged + 1..=head).collect();
        assert_eq!(sequences(&stored), waiting, "round {round}: none missing, none twice");
        assert!(is_whole(&stored), "round {round}");
        let verdict = runtime.block_on(async { open(&path).await.verify_journal().await.unwrap() });
        assert_eq!(verdict.broken, None, "round {round}");
    }
    // The chain is the one of an uninterrupted writer.
    let mut pen = Pen::default();
    let mut hash = protocols_wire::CHAIN_START;
    while pen.sequence < head {
        let gateway_core::Change::Append { entry, at, .. } = pen.next() else { panic!("an entry") };
        assert!(at > UnixMs(0));
        hash = chain(&hash, &entry);
    }
    assert_eq!(runtime.block_on(reopened(&path)).journal_chain, hash);
}
