use std::path::Path;

use tempfile::TempDir;
use zeroize::Zeroizing;

use super::ceremony::{Ask, CeremonyError, install, make_root, request, sign};
use super::*;

const KEY: Ask = Ask { new_signing_key: true, new_root: false };
const ROOT: Ask = Ask { new_signing_key: false, new_root: true };

fn at(days: i64) -> Timestamp {
    after("2026-11-23T09:00:00Z".parse().unwrap(), days)
}

fn open(directory: &Path, days: i64) -> Result<Trust, TrustError> {
    let names = ServerNames { api: vec!["alfa.localhost".to_owned()], broker: vec!["localhost".to_owned()] };
    Trust::open(directory, &names, at(days))
}

/// Every file with its content.
fn content(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(directory)
        .unwrap()
        .map(|file| file.unwrap().path())
        .map(|path| (path.display().to_string(), std::fs::read(path).unwrap()))
        .collect();
    files.sort();
    files
}

fn root(passphrase: Option<&str>) -> (TempDir, String) {
    let directory = tempfile::tempdir().unwrap();
    let passphrase = passphrase.map(|text| Zeroizing::new(text.to_owned()));
    let print = make_root(directory.path(), passphrase.as_ref(), at(0)).unwrap();
    (directory, print)
}

#[test]
fn a_cloud_begins_under_a_root_that_was_never_on_its_machine() {
    let (root, print) = root(None);
    let cloud = tempfile::tempdir().unwrap();
    let asked = request(cloud.path(), Ask::default(), at(0)).unwrap();
    // Before the answer is here no root is made behind the ceremony's back.
    assert!(matches!(open(cloud.path(), 0), Err(TrustError::Ceremony(_))));
    let answer = sign(root.path(), &asked.file, None, at(0)).unwrap();
    assert_eq!((answer.request, answer.root.clone(), answer.serial), (asked.fingerprint, print.clone(), 1));
    let unnamed = install(cloud.path(), &answer.file, None, at(0));
    assert!(matches!(unnamed, Err(CeremonyError::RootNotNamed { shown }) if shown == print));
    let installed = install(cloud.path(), &answer.file, Some(&print.to_lowercase()), at(0)).unwrap();
    assert!(installed.needs_start && !installed.waits);
    let trust = open(cloud.path(), 0).unwrap();
    assert_eq!((trust.fingerprint(), trust.serial()), (print, 1));
    assert!(!trust.view().root_key_is_here && !trust.view().asked);
    assert!(trust.revocation_list(&[], at(0)).is_ok());
}

#[test]
fn a_root_under_a_passphrase_signs_only_with_it() {
    let (root, _) = root(Some("correct horse battery"));
    let cloud = tempfile::tempdir().unwrap();
    open(cloud.path(), 0).unwrap();
    let asked = request(tempfile::tempdir().unwrap().path(), Ask::default(), at(0)).unwrap();
    let say = |text: &str| Zeroizing::new(text.to_owned());
    assert!(matches!(sign(root.path(), &asked.file, None, at(0)), Err(CeremonyError::PassphraseMissing)));
    let wrong = sign(root.path(), &asked.file, Some(&say("wrong horse battery")), at(0));
    assert!(matches!(wrong, Err(CeremonyError::PassphraseWrong)));
    sign(root.path(), &asked.file, Some(&say("correct horse battery")), at(0)).unwrap();
    let short = make_root(tempfile::tempdir().unwrap().path(), Some(&say("short")), at(0));
    assert!(matches!(short, Err(CeremonyError::PassphraseShort)));
    let text = std::fs::read_to_string(root.path().join("root.key.json")).unwrap();
    assert!(!text.contains("horse") && !root.path().join("root.key.pem").exists());
}

#[test]
fn a_new_signing_key_waits_until_it_is_told_and_the_old_one_is_believed_for_seventy_seven_days() {
    let cloud = tempfile::tempdir().unwrap();
    let trust = open(cloud.path(), 0).unwrap();
    let (old, first) = (trust.signer().key_id(), trust.bundle());
    let asked = request(cloud.path(), KEY, at(100)).unwrap();
    assert_eq!(request(cloud.path(), KEY, at(101)).unwrap(), asked, "asked again");
    assert!(trust.view().asked);
    let answer = sign(cloud.path(), &asked.file, None, at(101)).unwrap();
    let installed = install(cloud.path(), &answer.file, None, at(102)).unwrap();
    assert!(installed.waits && !installed.needs_start);

    // A running service takes the bundle, and goes on signing with the old key.
    assert_eq!(trust.reread(at(102)).unwrap(), Reread::Changed);
    assert_eq!((trust.serial(), trust.signer().key_id()), (2, old));
    let waits = trust.change_over().unwrap();
    assert_eq!((waits.serial, waits.at_the_latest), (2, at(101 + 35)));
    assert!(!waits.is_overdue(at(135)) && waits.is_overdue(at(136)));
    let bundle = open_bundle(&trust.bundle(), &trust.root_der).unwrap();
    assert_eq!(bundle.signing_keys.len(), 2);
    assert_eq!(bundle.signing_keys[0].not_after.0, at(100 + 77).as_millisecond());

    // The change-over survives a restart; whoever has the older bundle is still spoken to by the key before.
    assert!(trust.sign_with_next(at(110)).unwrap());
    for trust in [trust, open(cloud.path(), 111).unwrap()] {
        assert_ne!(trust.signer().key_id(), old);
        assert_eq!(trust.signer_for(1).key_id(), old);
        assert_eq!(trust.signer_for(2).key_id(), trust.signer().key_id());
        assert!(trust.change_over().is_none() && !trust.sign_with_next(at(111)).unwrap());
        let standings: Vec<_> = trust.view().keys.iter().map(|key| key.standing).collect();
        assert_eq!(standings, [Standing::Before, Standing::InForce]);
    }

    // The next bundle drops the first key.
    let asked = request(cloud.path(), KEY, at(400)).unwrap();
    let answer = sign(cloud.path(), &asked.file, None, at(400)).unwrap();
    install(cloud.path(), &answer.file, None, at(400)).unwrap();
    let trust = open(cloud.path(), 400).unwrap();
    let bundle = open_bundle(&trust.bundle(), &trust.root_der).unwrap();
    assert_eq!(bundle.serial, 3);
    assert!(bundle.signing_keys.iter().all(|key| key.key_id != old));

    // A bundle that was put back is not taken by a running service.
    std::fs::write(cloud.path().join("trust-bundle.cose"), first).unwrap();
    std::fs::write(
        cloud.path().join("signing.json"),
        "{\"in_force\":{\"file\":\"signing.key.pem\",\"since_serial\":1},\"next\":null,\"before\":null}",
    )
    .unwrap();
    assert_eq!(trust.reread(at(401)).unwrap(), Reread::Older);
    assert_eq!(trust.serial(), 3);
}

/// Until when the bundle here believes the key that signs.
fn in_force_ends(trust: &Trust) -> i64 {
    let bundle = open_bundle(&trust.bundle(), &trust.root_der).unwrap();
    let signs = trust.signer().public();
    bundle.signing_keys.iter().find(|key| key.public == signs).unwrap().not_after.0
}

#[test]
fn a_request_that_lay_around_is_made_anew_and_its_answer_changes_nothing() {
    for (signed, installed) in [(1, 43), (8, 8), (300, 301)] {
        let cloud = tempfile::tempdir().unwrap();
        let trust = open(cloud.path(), 0).unwrap();
        let asked = request(cloud.path(), KEY, at(0)).unwrap();
        let late = sign(cloud.path(), &asked.file, None, at(signed)).unwrap();
        let before = content(cloud.path());
        let refused = install(cloud.path(), &late.file, None, at(installed));
        assert!(matches!(refused, Err(CeremonyError::TooLate)), "{signed} {installed}: {refused:?}");
        assert_eq!(content(cloud.path()), before);
        let anew = request(cloud.path(), KEY, at(installed)).unwrap();
        assert_ne!(anew, asked);
        assert_eq!(request(cloud.path(), KEY, at(installed + 6)).unwrap(), anew);
        // As late as may be: the key in force is believed for a whole overlap after the latest change-over.
        let answer = sign(cloud.path(), &anew.file, None, at(installed + 7)).unwrap();
        install(cloud.path(), &answer.file, None, at(installed + 42)).unwrap();
        assert_eq!(trust.reread(at(installed + 42)).unwrap(), Reread::Changed);
        assert_eq!(trust.change_over().unwrap().at_the_latest, at(installed + 42));
        assert_eq!(in_force_ends(&trust), at(installed + 77).as_millisecond());
    }
}

#[test]
fn asking_again_while_a_change_over_waits_lets_the_key_in_force_go_on() {
    let cloud = tempfile::tempdir().unwrap();
    let trust = open(cloud.path(), 0).unwrap();
    for day in [0, 30] {
        let asked = request(cloud.path(), KEY, at(day)).unwrap();
        let answer = sign(cloud.path(), &asked.file, None, at(day)).unwrap();
        install(cloud.path(), &answer.file, None, at(day)).unwrap();
        assert_eq!(trust.reread(at(day)).unwrap(), Reread::Changed);
        assert_eq!(trust.change_over().unwrap().at_the_latest, at(day + 35));
        assert_eq!(in_force_ends(&trust), at(day + 77).as_millisecond());
    }
}

#[test]
fn steps_in_a_wrong_order_or_with_a_wrong_root_change_nothing() {
    let cloud = tempfile::tempdir().unwrap();
    let own = open(cloud.path(), 0).unwrap().fingerprint();
    assert!(matches!(request(cloud.path(), Ask::default(), at(0)), Err(CeremonyError::NothingToAsk)));
    let (stranger, print) = root(None);

    let asked = request(cloud.path(), KEY, at(1)).unwrap();
    let before = content(cloud.path());
    let other = sign(stranger.path(), &asked.file, None, at(1));
    assert!(
        matches!(other, Err(CeremonyError::RequestForOtherRoot { wanted, here }) if wanted == own && here == print)
    );
    let good = sign(cloud.path(), &asked.file, None, at(1)).unwrap();

    // An answer that another root made for this very request.
    let mut forged: serde_json::Value = serde_json::from_slice(&good.file).unwrap();
    let begun = request(tempfile::tempdir().unwrap().path(), Ask::default(), at(1)).unwrap();
    let theirs = sign(stranger.path(), &begun.file, None, at(1)).unwrap();
    let theirs: serde_json::Value = serde_json::from_slice(&theirs.file).unwrap();
    let unchanged = |file: &serde_json::Value, named: Option<&str>| {
        let refused = install(cloud.path(), &serde_json::to_vec(file).unwrap(), named, at(2)).unwrap_err();
        let mut now = content(cloud.path());
        // Signing left the root's own note here.
        now.retain(|(path, _)| !path.ends_with("root.state.json"));
        assert_eq!(now, before);
        refused
    };
    assert!(matches!(unchanged(&theirs, None), CeremonyError::OtherRequest { .. }));
    forged["root_pem"] = theirs["root_pem"].clone();
    assert!(matches!(unchanged(&forged, Some(&print)), CeremonyError::WrongRoot { .. }));
    forged = serde_json::from_slice(&good.file).unwrap();
    forged["bundle"] = theirs["bundle"].clone();
    assert!(matches!(unchanged(&forged, None), CeremonyError::Answer(_)));
    forged = serde_json::from_slice(&good.file).unwrap();
    forged["authority_pem"] = theirs["authority_pem"].clone();
    assert!(matches!(unchanged(&forged, None), CeremonyError::Answer(_)));
    let cut = install(cloud.path(), &good.file[..good.file.len() / 2], None, at(2));
    assert!(matches!(cut, Err(CeremonyError::Answer(_))));

    // The good one goes in, once.
    install(cloud.path(), &good.file, None, at(2)).unwrap();
    assert!(matches!(install(cloud.path(), &good.file, None, at(2)), Err(CeremonyError::NotAsked)));
    assert!(matches!(make_root(stranger.path(), None, at(2)), Err(CeremonyError::RootExists(_))));
    assert!(matches!(
        sign(tempfile::tempdir().unwrap().path(), &asked.file, None, at(2)),
        Err(CeremonyError::NoRoot(_))
    ));
    assert!(matches!(sign(cloud.path(), b"{}", None, at(2)), Err(CeremonyError::Request(_))));
}

#[test]
fn a_root_never_signs_two_bundles_with_one_serial() {
    let cloud = tempfile::tempdir().unwrap();
    open(cloud.path(), 0).unwrap();
    let asked = request(cloud.path(), KEY, at(1)).unwrap();
    let serials: Vec<_> =
        (0..3).map(|_| sign(cloud.path(), &asked.file, None, at(1)).unwrap().serial).collect();
    assert_eq!(serials, [2, 3, 4]);
}

#[test]
fn another_root_takes_over_with_new_keys_and_the_old_roots_key_is_put_aside() {
    let cloud = tempfile::tempdir().unwrap();
    let first = open(cloud.path(), 0).unwrap();
    let (root, print) = root(None);
    let asked = request(cloud.path(), ROOT, at(10)).unwrap();
    // Until it is installed everything goes on as before.
    assert_eq!(open(cloud.path(), 10).unwrap().bundle(), first.bundle());
    let answer = sign(root.path(), &asked.file, None, at(10)).unwrap();
    let installed = install(cloud.path(), &answer.file, Some(&print), at(10)).unwrap();
    assert!(installed.needs_start && installed.old_root_key);
    assert_eq!(first.reread(at(10)).unwrap(), Reread::NeedsStart);
    let trust = open(cloud.path(), 10).unwrap();
    assert_eq!(trust.fingerprint(), print);
    assert_ne!(trust.signer().key_id(), first.signer().key_id());
    assert_ne!(trust.broker_pem().0, first.broker_pem().0);
    assert!(!trust.view().root_key_is_here);
    assert!(cloud.path().join("root.key.replaced.pem").exists());
}

#[test]
fn a_root_key_that_was_moved_to_another_machine_signs_there() {
    let cloud = tempfile::tempdir().unwrap();
    let trust = open(cloud.path(), 0).unwrap();
    let machine = tempfile::tempdir().unwrap();
    for name in ["root.pem", "root.key.pem"] {
        std::fs::copy(cloud.path().join(name), machine.path().join(name)).unwrap();
    }
    std::fs::remove_file(cloud.path().join("root.key.pem")).unwrap();
    assert!(!trust.view().root_key_is_here);
    let asked = request(cloud.path(), KEY, at(1)).unwrap();
    assert!(matches!(sign(cloud.path(), &asked.file, None, at(1)), Err(CeremonyError::NoRoot(_))));
    let answer = sign(machine.path(), &asked.file, None, at(1)).unwrap();
    install(cloud.path(), &answer.file, None, at(1)).unwrap();
    assert_eq!(trust.reread(at(1)).unwrap(), Reread::Changed);
}

#[test]
fn a_revocation_list_names_what_was_taken_back_and_is_known_again() {
    let cloud = tempfile::tempdir().unwrap();
    let trust = open(cloud.path(), 0).unwrap();
    let one = Revoked { serial: format!("{:0>32}", "a1"), at: at(0) };
    let two = Revoked { serial: "7f".repeat(16), at: at(0) };
    let none = trust.revocation_list(&[], at(0)).unwrap();
    let both = trust.revocation_list(&[one.clone(), two.clone()], at(0)).unwrap();
    assert!(trust.lists(none.as_bytes(), &[]) && !trust.lists(none.as_bytes(), std::slice::from_ref(&one)));
    assert!(trust.lists(both.as_bytes(), &[two.clone(), one.clone()]));
    assert!(!trust.lists(both.as_bytes(), &[one]));
    let other = tempfile::tempdir().unwrap();
    assert!(!open(other.path(), 0).unwrap().lists(none.as_bytes(), &[]));
}
