use firmware_nodes::{DEBOUNCE_MS, EGRESS_MS, RELEASE_MS_DEFAULT};
use protocols_fieldbus::nodes::{
    CONTACT_INPUT, EVENTS_AT, INDICATOR_AT, NodeEvent, RELEASE_COIL, RUN_REGISTERS, SEQUENCE_AT, UPTIME_AT,
    WAITING_AT,
};

use super::*;
use crate::layout::ScannerLayout;

const ENTRANCE: u8 = 1;
const LIGHTING: u8 = 3;

fn site() -> Site {
    Site::new(&Layout { doors: vec![ENTRANCE, 2], lighting: LIGHTING, zones: 2, scanner: None }).unwrap()
}

fn answer<T>(reply: Reply<T>) -> T {
    match reply {
        Reply::Answer { answer, .. } => answer.unwrap(),
        Reply::NoSuchDevice | Reply::Silence => panic!("no answer"),
    }
}

fn release(site: &mut Site, now_ms: u64) {
    answer(site.request(now_ms, ENTRANCE, |node| node.write_coils(RELEASE_COIL, &[true])));
}

fn run(site: &mut Site, now_ms: u64, unit: u8) -> Vec<u16> {
    answer(site.request(now_ms, unit, |node| {
        let mut run = vec![0; usize::from(RUN_REGISTERS)];
        node.read_input_registers(0, &mut run).map(|()| run)
    }))
}

fn contact_closed(site: &mut Site, now_ms: u64) -> bool {
    answer(site.request(now_ms, ENTRANCE, |node| {
        let mut closed = [false];
        node.read_discrete_inputs(CONTACT_INPUT, &mut closed).map(|()| closed[0])
    }))
}

/// Lets time pass as a driver does.
fn wait(site: &mut Site, from_ms: u64, to_ms: u64) {
    (from_ms..=to_ms).step_by(10).for_each(|now_ms| site.tick(now_ms));
}

fn told(site: &Site, now_ms: u64, unit: u8) -> Vec<What> {
    site.scene(now_ms)
        .log
        .iter()
        .filter(|line| line.place == Place::Node(unit))
        .map(|line| line.what)
        .collect()
}

#[test]
fn a_locked_door_does_not_open_and_the_push_is_told() {
    let mut site = site();
    assert_eq!(site.act(5, ENTRANCE, Action::Push), Err(Refusal::Locked { unit: ENTRANCE }));
    assert_eq!(site.scene(5).doors[0].leaf, Leaf::Closed);
    assert_eq!(told(&site, 5, ENTRANCE), [What::PushedInVain]);
}

#[test]
fn a_released_door_opens_closes_by_itself_and_is_locked_again() {
    let mut site = site();
    release(&mut site, 100);
    site.act(200, ENTRANCE, Action::Push).unwrap();
    assert_eq!(site.scene(200).doors[0].leaf, Leaf::Open);
    assert!(contact_closed(&mut site, 210), "the contact is debounced");
    wait(&mut site, 220, 300);
    assert!(!contact_closed(&mut site, 300));
    wait(&mut site, 300, 200 + CLOSER_MS);
    let door = &site.scene(200 + CLOSER_MS).doors[0];
    assert_eq!((door.leaf, door.lock), (Leaf::Closed, Lock::Locked));
    assert_eq!(site.act(7_000, ENTRANCE, Action::Push), Err(Refusal::Locked { unit: ENTRANCE }));
    assert_eq!(
        told(&site, 7_000, ENTRANCE),
        [
            What::Released(ReleasedBy::Master),
            What::Opened,
            What::Secured(SecuredBy::Node),
            What::Closed,
            What::PushedInVain,
        ]
    );
}

#[test]
fn the_exit_button_opens_the_way_out_without_any_master() {
    let mut site = site();
    site.act(100, ENTRANCE, Action::Exit).unwrap();
    assert_eq!(site.scene(100).doors[0].lock, Lock::Released);
    wait(&mut site, 110, 3_000);
    site.act(3_000, ENTRANCE, Action::Push).unwrap();
    let end_ms = 100 + EXIT_PRESS_MS + u64::from(DEBOUNCE_MS + EGRESS_MS) + 10;
    wait(&mut site, 3_010, end_ms);
    assert_eq!(site.scene(end_ms).doors[0].lock, Lock::Locked);
}

#[test]
fn a_silent_node_neither_answers_nor_hears() {
    let mut site = site();
    site.act(0, ENTRANCE, Action::Silent(true)).unwrap();
    let reply = site.request(10, ENTRANCE, |node| node.write_coils(RELEASE_COIL, &[true]));
    assert_eq!(reply, Reply::Silence);
    let door = &site.scene(10).doors[0];
    assert_eq!((door.lock, door.link.heard), (Lock::Locked, false));
    site.act(20, ENTRANCE, Action::Silent(false)).unwrap();
    release(&mut site, 30);
    assert_eq!(site.scene(30).doors[0].lock, Lock::Released);
}

#[test]
fn a_power_cycle_begins_uptime_sequence_and_queue_anew_and_secures() {
    let mut site = site();
    for now_ms in [1_000, 1_010] {
        run(&mut site, now_ms, ENTRANCE);
    }
    release(&mut site, 1_020);
    site.act(1_030, ENTRANCE, Action::Key(Key::Digit(4))).unwrap();
    site.act(2_000, ENTRANCE, Action::PowerCycle).unwrap();
    assert_eq!(site.scene(2_000).doors[0].lock, Lock::Locked);
    let run = run(&mut site, 2_007, ENTRANCE);
    assert_eq!(run[usize::from(SEQUENCE_AT)], 1);
    assert_eq!(run[usize::from(UPTIME_AT)..][..2], [0, 7]);
    assert_eq!(run[usize::from(WAITING_AT)], 0);
}

#[test]
fn lamps_go_out_with_the_power_of_their_node() {
    let mut site = site();
    answer(site.request(5, LIGHTING, |node| node.write_coils(1, &[true])));
    assert_eq!(site.scene(5).zones, [false, true]);
    site.act(6, LIGHTING, Action::PowerCycle).unwrap();
    assert_eq!(site.scene(6).zones, [false, false]);
}

#[test]
fn a_stuck_contact_tells_the_same_whatever_the_leaf_does() {
    let mut site = site();
    site.act(0, ENTRANCE, Action::StickContact(true)).unwrap();
    site.act(10, ENTRANCE, Action::Force).unwrap();
    wait(&mut site, 10, 100);
    assert!(contact_closed(&mut site, 100));
    assert_eq!(site.scene(100).doors[0].contact, Contact::Stuck(HeldTo::Closed));
    site.act(110, ENTRANCE, Action::StickContact(false)).unwrap();
    wait(&mut site, 110, 200);
    assert!(!contact_closed(&mut site, 200));
}

#[test]
fn the_log_tells_how_many_digits_were_typed_and_never_which() {
    let mut site = site();
    for key in [1, 2, 3, 4, 5, 6].map(Key::Digit).into_iter().chain([Key::Hash]) {
        site.act(10, ENTRANCE, Action::Key(key)).unwrap();
    }
    assert_eq!(told(&site, 10, ENTRANCE), [What::CodeTyped { digits: 6 }]);
    assert_eq!(site.scene(10).doors[0].typed, 0);
    answer(site.request(20, ENTRANCE, |node| {
        node.write_holding_registers(INDICATOR_AT, &[Indicator::Admitted.register()])
    }));
    assert_eq!(site.scene(20).doors[0].indicator, Indicator::Admitted);
}

#[test]
fn what_only_a_door_can_do_is_refused_elsewhere() {
    let mut site = site();
    assert_eq!(site.act(0, LIGHTING, Action::Push), Err(Refusal::NotADoor { unit: LIGHTING }));
    assert_eq!(site.act(0, 77, Action::Push), Err(Refusal::NoSuchDevice { unit: 77 }));
    assert_eq!(
        site.act(0, LIGHTING, Action::ReplyDelay(REPLY_DELAY_MS_MAX + 1)),
        Err(Refusal::DelayTooLong { delay_ms: REPLY_DELAY_MS_MAX + 1 })
    );
}

#[test]
fn the_log_is_bounded_and_keeps_the_newest() {
    let mut site = site();
    for now_ms in 0..200 {
        assert!(site.act(now_ms, ENTRANCE, Action::Push).is_err());
    }
    let log = site.scene(200).log;
    assert_eq!(log.len(), LOG_LINES);
    assert_eq!(log.last().map(|line| line.number), Some(200));
}

#[test]
fn a_release_by_the_master_lasts_as_long_as_the_node_says() {
    let mut site = site();
    release(&mut site, 0);
    let end_ms = u64::from(RELEASE_MS_DEFAULT);
    wait(&mut site, 0, end_ms - 10);
    assert_eq!(site.scene(end_ms).doors[0].lock, Lock::Released);
    site.tick(end_ms);
    assert_eq!(site.scene(end_ms).doors[0].lock, Lock::Locked);
}

#[test]
fn a_master_comes_once_and_goes_once_however_many_nodes_it_asks() {
    let mut site = site();
    run(&mut site, 10, ENTRANCE);
    run(&mut site, 20, LIGHTING);
    wait(&mut site, 30, 20 + HEARD_MS);
    let told: Vec<_> = site.scene(3_000).log.iter().map(|line| (line.place, line.what)).collect();
    assert_eq!(told, [(Place::Bus, What::MasterCame), (Place::Bus, What::MasterGone)]);
}

const TAG: [u8; 4] = [4, 161, 178, 195];

#[test]
fn a_tag_that_is_held_against_the_reader_reaches_the_master_once() {
    let mut site = site();
    let tag = TagNumber::new(&TAG).unwrap();
    site.act(100, ENTRANCE, Action::Tag(tag)).unwrap();
    wait(&mut site, 110, 100 + 3 * TAG_HELD_MS);
    let run = run(&mut site, 3_000, ENTRANCE);
    assert_eq!(run[usize::from(WAITING_AT)], 5, "its length and four bytes");
    let codes: Vec<_> = run[usize::from(EVENTS_AT)..].chunks(4).take(5).map(|event| event[1]).collect();
    let expected: Vec<_> = core::iter::once(NodeEvent::Tag(4))
        .chain(TAG.into_iter().map(NodeEvent::TagByte))
        .map(NodeEvent::code)
        .collect();
    assert_eq!(codes, expected);
    assert_eq!(told(&site, 3_000, ENTRANCE), [What::TagHeld]);
    assert_eq!(site.act(0, LIGHTING, Action::Tag(tag)), Err(Refusal::NotADoor { unit: LIGHTING }));
}

fn with_scanner() -> Site {
    let scanner = Some(ScannerLayout { door: ENTRANCE, start: 9 });
    Site::new(&Layout { doors: vec![ENTRANCE, 2], lighting: LIGHTING, zones: 2, scanner }).unwrap()
}

/// What the scanner tells, as its broker gets it.
fn messages(site: &mut Site, now_ms: u64) -> Vec<String> {
    let written = |message: &ScannerMessage| {
        let mut text = String::new();
        match message {
            ScannerMessage::Status(status) => status.write_json(&mut text).unwrap(),
            ScannerMessage::Scan(scan) => scan.write_json(&mut text).unwrap(),
        }
        text
    };
    site.scanner_messages(now_ms).iter().map(written).collect()
}

#[test]
fn what_is_held_up_waits_for_the_broker_and_is_told_after_the_status() {
    let mut site = with_scanner();
    site.act_at_scanner(1_000, ScannerAction::Scan("ABC")).unwrap();
    assert!(messages(&mut site, 1_010).is_empty());
    site.scanner_connected(2_000, true);
    assert_eq!(
        messages(&mut site, 2_010),
        [
            r#"{"state":"online","start":9,"uptime_ms":2010,"dropped":0}"#,
            r#"{"start":9,"sequence":1,"uptime_ms":1000,"text":"ABC"}"#,
        ]
    );
    assert!(messages(&mut site, 2_020).is_empty());
    site.scanner_indicated(3_000, b"admitted");
    assert_eq!(site.scene(3_000).scanner.unwrap().indicator, Indicator::Admitted);
    wait(&mut site, 3_010, 5_000);
    assert_eq!(site.scene(5_000).scanner.unwrap().indicator, Indicator::Idle);
    let log: Vec<_> = site.scene(5_000).log.iter().map(|line| (line.place, line.what)).collect();
    let expected = [What::CodeHeld, What::ScannerConnected(true), What::ScannerShown(Indicator::Admitted)];
    assert_eq!(log, expected.map(|what| (Place::Scanner, what)));
}

#[test]
fn a_late_scan_is_told_half_a_minute_later_with_the_time_at_which_it_was_scanned() {
    let mut site = with_scanner();
    site.scanner_connected(0, true);
    messages(&mut site, 0);
    site.act_at_scanner(1_000, ScannerAction::Late(true)).unwrap();
    site.act_at_scanner(1_000, ScannerAction::Scan("ABC")).unwrap();
    assert!(messages(&mut site, 1_010).is_empty());
    wait(&mut site, 1_020, 1_000 + LATE_MS);
    let told = messages(&mut site, 1_010 + LATE_MS);
    assert!(
        told.contains(&r#"{"start":9,"sequence":1,"uptime_ms":1000,"text":"ABC"}"#.to_owned()),
        "{told:?}"
    );
    site.act_at_scanner(40_000, ScannerAction::Late(false)).unwrap();
    site.act_at_scanner(40_000, ScannerAction::Scan("DEF")).unwrap();
    assert!(messages(&mut site, 40_010).iter().any(|message| message.contains("DEF")));
}

#[test]
fn a_scanner_without_network_tells_nothing_and_a_restarted_one_begins_anew() {
    let mut site = with_scanner();
    site.scanner_connected(0, true);
    messages(&mut site, 0);
    site.act_at_scanner(10, ScannerAction::OffLine(true)).unwrap();
    assert!(!site.scanner_has_network());
    site.act_at_scanner(20, ScannerAction::Scan("ABC")).unwrap();
    assert!(messages(&mut site, 30).is_empty());
    site.act_at_scanner(40, ScannerAction::PowerCycle).unwrap();
    site.act_at_scanner(50, ScannerAction::OffLine(false)).unwrap();
    assert_eq!(
        messages(&mut site, 60),
        [r#"{"state":"online","start":10,"uptime_ms":20,"dropped":0}"#],
        "what waited is lost with the power"
    );
    let mut without = self::site();
    assert_eq!(without.act_at_scanner(0, ScannerAction::OffLine(true)), Err(Refusal::NoScanner));
    assert!(!without.scanner_has_network());
}
