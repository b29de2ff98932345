//! How much memory the gateway's process takes while it is given 50 000 grants.
//!
//! `gateway_pss_mib_50k_grants`, see `docs/benchmarks.md`.

#[path = "../../../e2e/bench/figure.rs"]
mod figure;
#[path = "../../../e2e/bench/snapshot.rs"]
mod snapshot;
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use figure::Figure;
use protocols_access::Sealer;
use protocols_wire::{Kind, Position};
use snapshot::{Snapshot, door};
use support::bus::{Bus, serve};
use support::{SEAL_ID, SECRET, World, site};
use tokio::time::sleep;

const GRANTS: usize = 50_000;
const DOORS: u8 = 32;
/// How long the process is left alone before it counts as idle, and watched after the snapshot is on disk.
const REST: Duration = Duration::from_secs(3);
/// Between two looks: each walks the process' mappings, which holds it up for a moment.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// Proportional set size in KiB.
fn pss_kib(pid: u32) -> u32 {
    let file = format!("/proc/{pid}/smaps_rollup");
    let text = std::fs::read_to_string(&file).expect("the process runs, and its memory may be looked at");
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:")).expect("a kernel of 4.14 or later");
    line.trim().trim_end_matches(" kB").trim().parse().expect("a number of KiB")
}

fn mib(kib: u32) -> f64 {
    f64::from(kib) / 1024.0
}

#[tokio::main]
async fn main() {
    let bus = Bus::default();
    let wires: Vec<_> = (1..=DOORS).map(|unit| bus.door(unit)).collect();
    let (address, _server) = serve(bus, "127.0.0.1:0").await;
    let (mut world, first) = World::start().await;
    let doors: Vec<_> = (0..usize::from(DOORS)).map(door).collect();
    world.configure(&site(&address.to_string(), &doors)).await;
    let sealer = Sealer::new(&SECRET);
    let snapshot =
        Snapshot { sealer: &sealer, seal_id: SEAL_ID, revision: 1, now: first.at, doors: usize::from(DOORS) };
    let grants = (0..GRANTS).map(|number| snapshot.grant(number)).collect();
    let parts = snapshot.parts(grants, &World::topic(Kind::Grants), world.signer());
    sleep(REST).await;
    let (pid, idle) = (world.pid(), pss_kib(world.pid()));

    let (peak, done) = (Arc::new(AtomicU32::new(idle)), Arc::new(AtomicBool::new(false)));
    let watching = {
        let (peak, done) = (Arc::clone(&peak), Arc::clone(&done));
        std::thread::spawn(move || {
            while !done.load(Ordering::Relaxed) {
                peak.fetch_max(pss_kib(pid), Ordering::Relaxed);
                std::thread::sleep(LOOK_EVERY);
            }
        })
    };
    for part in &parts {
        world.send(Kind::Grants, part).await;
    }
    world.state(|report| report.position == Position { epoch: 1, revision: 1 }).await;
    sleep(REST).await;
    done.store(true, Ordering::Relaxed);
    watching.join().expect("the process was watched to the end");
    let after = pss_kib(pid);
    let broker = pss_kib(world.broker_pid());
    world.stop().await;
    drop(wires);

    let note = format!(
        "highest proportional set size, looked at every {} ms from the first part of a snapshot of 50 000 \
         grants over the broker until {} s after it was on disk; 32 doors polled meanwhile; {:.1} MiB once \
         it is applied. Floor: the same process with an empty table. Mosquitto beside it: {:.1} MiB",
        LOOK_EVERY.as_millis(),
        REST.as_secs(),
        mib(after),
        mib(broker)
    );
    Figure {
        name: "gateway_pss_mib_50k_grants",
        value: mib(peak.load(Ordering::Relaxed)),
        unit: "MiB",
        goal: Some(30.0),
        floor: Some(mib(idle)),
        note: &note,
    }
    .tell();
}
