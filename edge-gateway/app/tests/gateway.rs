//! The binary, whole: from enrolment to kill, and what its commands say beside it.
#![expect(clippy::unwrap_used, reason = "what fails here is a failed test")]

#[path = "../../fieldbus/tests/support/mod.rs"]
mod bus;
mod hall;
#[path = "../../uplink/tests/support/mod.rs"]
mod support;

use hall::{Hall, PIN, answer, is_admission, run, stop};
use protocols_wire::Position;

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_is_enrolled_opens_is_killed_tells_and_takes_its_leave() {
    let mut hall = Hall::found().await;
    let data = hall.data();
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

    // What the cloud has acknowledged stays for whoever asks on site, and beside the running process.
    let verified = answer(&["journal", "verify"], &data).await;
    let told = String::from_utf8(verified.stdout).unwrap();
    assert!(verified.status.success() && told.contains("holds        yes"), "{told}");
    let exported = String::from_utf8(answer(&["journal", "export"], &data).await.stdout).unwrap();
    assert_eq!(exported.matches("\"event\":\"admitted\"").count(), 2, "{exported}");
    assert!(!exported.contains(PIN) && !exported.contains("Entrén"), "ids, not names");

    stop(&mut process).await;
    hall.world.state(|report| !report.online && report.boot == again.boot).await;
    let status = String::from_utf8(answer(&["status"], &data).await.stdout).unwrap();
    assert!(status.contains("running   no"), "{status}");
}
