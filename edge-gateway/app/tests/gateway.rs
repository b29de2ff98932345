//! The binary, whole: from enrolment to kill, and what its commands say beside it.
#![expect(clippy::unwrap_used, reason = "what fails here is a failed test")]

#[path = "../../fieldbus/tests/support/mod.rs"]
mod bus;
mod hall;
#[path = "../../uplink/tests/support/mod.rs"]
mod support;

use std::net::SocketAddr;
use std::path::Path;

use hall::{Hall, PIN, answer, is_admission, run, stop};
use protocols_ids::{GrantId, Uuid};
use protocols_wire::Position;
use support::broker::SOON;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Configures a free port for figures.
fn listen_for_figures(data: &Path) -> SocketAddr {
    let address = SocketAddr::from(([127, 0, 0, 1], support::broker::free_port()));
    let configuration = format!("[observability]\nmetrics_listen = \"{address}\"\n");
    std::fs::write(data.join("gateway.toml"), configuration).unwrap();
    address
}

async fn read_figures(at: SocketAddr) -> String {
    let read = async {
        let mut stream = TcpStream::connect(at).await.unwrap();
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        text
    };
    timeout(SOON, read).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_is_enrolled_opens_is_killed_tells_and_takes_its_leave() {
    let mut hall = Hall::found().await;
    let data = hall.data();
    let figures = listen_for_figures(&data);
    let mut process = run(&data);
    let first = hall.set_up().await;
    let acknowledged = hall.world.sequence;

    hall.enter().await;
    hall.world.entry(is_admission).await;
    let second = answer(&["run"], &data).await;
    assert!(String::from_utf8(second.stderr).unwrap().contains("runs on"), "one gateway a folder");

    // Killed with the entry unacknowledged: the journal goes on where it was, and is told again from there.
    process.kill().await.unwrap();
    let told_before = hall.world.sequence;
    let mut process = run(&data);
    let again = hall.world.state(|report| report.online && report.boot != first.boot).await;
    assert_eq!((again.position, again.config_revision), (Position { epoch: 1, revision: 1 }, 1));
    hall.world.told_again_from(acknowledged + 1).await;
    // A key that is pressed before this run drives the node is never decided.
    hall.status_with("Entrén: answers").await;
    hall::enter(&hall.nodes);
    hall.world.entry(is_admission).await;
    assert!(hall.world.sequence > told_before);
    hall.world.acknowledge().await;

    let status = hall.status_with(&format!("acknowledged {}", hall.world.sequence)).await;
    for words in [
        "connected to the broker",
        "1 at epoch 1, revision 1",
        "Entrén: answers",
        "generation 4",
        "lease     visitor: until ",
        "lease     technician: until ",
        "cert      until ",
        "trust     bundle 1, 1 signing keys",
        "seals     holds 2; the table uses 2",
        "disk      ",
        "clock     ",
        "waiting 0, kept ",
    ] {
        assert!(status.contains(words), "{words}: {status}");
    }
    assert!(!status.contains(PIN) && !status.contains("STALLED") && !status.contains("damage"), "{status}");
    let check = answer(&["check"], &data).await;
    let told = String::from_utf8(check.stdout).unwrap();
    assert!(check.status.success(), "{told}");
    for words in ["good      journal: ", "good      certificate: until ", "disk"] {
        assert!(told.contains(words), "{words}: {told}");
    }

    // Counted since this run began: one admission, with times for what led to it, and nobody's code.
    let read = read_figures(figures).await;
    for line in [
        "hallport_gateway_decisions_total{outcome=\"admitted\",reason=\"\"} 1",
        "hallport_gateway_broker_connected 1",
        "hallport_gateway_write_seconds_count 1",
    ] {
        assert!(read.lines().any(|one| one == line), "{line}\n{read}");
    }
    for counted in ["decide_seconds_count", "disk_commit_seconds_count", "bus_turn_seconds_count"] {
        let none = format!("hallport_gateway_{counted} 0");
        assert!(read.contains(counted) && !read.lines().any(|line| line == none), "{counted}\n{read}");
    }
    assert!(!read.contains(PIN) && !read.contains("Entrén"), "{read}");

    // What the cloud has acknowledged stays for whoever asks on site, and beside the running process.
    let verified = answer(&["journal", "verify"], &data).await;
    let told = String::from_utf8(verified.stdout).unwrap();
    assert!(verified.status.success() && told.contains("holds        yes"), "{told}");
    let exported = String::from_utf8(answer(&["journal", "export"], &data).await.stdout).unwrap();
    assert_eq!(exported.matches("\"event\":\"admitted\"").count(), 2, "{exported}");
    assert!(!exported.contains(PIN) && !exported.contains("Entrén"), "ids, not names");

    stop(&mut process).await;
    hall.world.state(|report| !report.online && report.boot == again.boot).await;
    // Both runs' logs lead from the door to the booking, and hold no code.
    let log = std::fs::read_to_string(data.join(hall::LOG)).unwrap();
    let admissions: Vec<&str> = log.lines().filter(|line| line.contains("admitted")).collect();
    assert_eq!(admissions.len(), 2, "{log}");
    let grant = GrantId::new(Uuid::from_u128(31)).to_string();
    assert!(admissions.iter().all(|line| line.contains("booking=1001") && line.contains(&grant)), "{log}");
    assert!(!log.contains(PIN), "{log}");
    let status = String::from_utf8(answer(&["status"], &data).await.stdout).unwrap();
    assert!(status.contains("running   no"), "{status}");
}
