use core::cell::Cell;
use core::convert::Infallible;
use std::rc::Rc;
use std::vec::Vec;

use embedded_hal::digital::ErrorType;
use embedded_hal_mock::eh1::MockError;
use embedded_hal_mock::eh1::digital::{Mock, State, Transaction};
use proptest::prelude::*;
use protocols_fieldbus::nodes::{
    DROPPED_AT, EVENTS_AT, EVENTS_PER_READ, KIND_AT, MAGIC, MAGIC_AT, MAP_VERSION, QUEUE_EVENTS,
    RUN_REGISTERS, SEQUENCE_AT, STATUS_AT, UPTIME_AT, VERSION_AT, WAITING_AT,
};

use super::*;
use crate::pin::DEBOUNCE_MS;

/// A wire with two ends.
#[derive(Clone, Debug, Default)]
struct Wire(Rc<Cell<bool>>);

impl Wire {
    fn set(&self, high: bool) {
        self.0.set(high);
    }
    fn get(&self) -> bool {
        self.0.get()
    }
}

impl ErrorType for Wire {
    type Error = Infallible;
}

impl InputPin for Wire {
    fn is_high(&mut self) -> Result<bool, Infallible> {
        Ok(self.get())
    }
    fn is_low(&mut self) -> Result<bool, Infallible> {
        Ok(!self.get())
    }
}

impl OutputPin for Wire {
    fn set_low(&mut self) -> Result<(), Infallible> {
        self.set(false);
        Ok(())
    }
    fn set_high(&mut self) -> Result<(), Infallible> {
        self.set(true);
        Ok(())
    }
}

struct Bench {
    node: DoorNode<Wire, Wire, Wire>,
    lock: Wire,
    green: Wire,
    red: Wire,
    contact: Wire,
    exit: Wire,
    cover: Wire,
    now_ms: u32,
}

impl Bench {
    /// A closed, secured door whose node starts at an uptime.
    fn at(now_ms: u32) -> Self {
        let [lock, green, red, contact, exit, cover] = core::array::from_fn(|_| Wire::default());
        contact.set(true);
        cover.set(true);
        let node = DoorNode::new(DoorPins {
            lock: lock.clone(),
            green: green.clone(),
            red: red.clone(),
            contact: contact.clone(),
            exit: exit.clone(),
            cover: cover.clone(),
        });
        let mut bench = Self { node, lock, green, red, contact, exit, cover, now_ms };
        bench.node.tick(now_ms).unwrap();
        bench
    }

    fn new() -> Self {
        Self::at(0)
    }

    /// Lets time pass in steps of a millisecond.
    fn wait(&mut self, ms: u32) {
        for _ in 0..ms {
            self.now_ms = self.now_ms.wrapping_add(1);
            self.node.tick(self.now_ms).unwrap();
        }
    }

    fn input(&mut self, start: u16, count: u16) -> Vec<u16> {
        let mut into = std::vec![0; usize::from(count)];
        self.node.read_input_registers(start, &mut into).unwrap();
        into
    }

    fn one(&mut self, at: u16) -> u16 {
        self.input(at, 1)[0]
    }

    /// The events that a read of the whole run shows.
    fn events(&mut self) -> Vec<(u16, NodeEvent)> {
        let run = self.input(MAGIC_AT, RUN_REGISTERS);
        run[usize::from(EVENTS_AT)..]
            .chunks(4)
            .take(usize::from(run[usize::from(WAITING_AT)]))
            .map(|event| (event[0], NodeEvent::from_code(event[1]).unwrap()))
            .collect()
    }

    fn set(&mut self, at: u16, value: u16) {
        self.node.write_holding_registers(at, &[value]).unwrap();
    }

    fn release(&mut self) {
        self.node.write_coils(RELEASE_COIL, &[true]).unwrap();
    }
}

#[test]
fn the_run_says_what_the_node_is_at_the_addresses_of_the_map() {
    let mut bench = Bench::at(0x0001_0002);
    bench.node.key(Key::Digit(7));
    let run = bench.input(MAGIC_AT, RUN_REGISTERS);
    let at = |register: u16| run[usize::from(register)];
    assert_eq!(at(MAGIC_AT), MAGIC);
    assert_eq!(at(KIND_AT), NodeKind::Door.register());
    assert_eq!(at(VERSION_AT), MAP_VERSION);
    assert_eq!((at(UPTIME_AT), at(UPTIME_AT + 1)), (1, 2));
    assert_eq!(at(STATUS_AT), status::CLOSED | status::COVER_CLOSED);
    assert_eq!(at(DROPPED_AT), 0);
    assert_eq!(at(WAITING_AT), 1);
    assert_eq!(run[usize::from(EVENTS_AT)..][..4], [1, NodeEvent::Key(Key::Digit(7)).code(), 1, 2]);
    assert!(run[usize::from(EVENTS_AT) + 4..].iter().all(|register| *register == 0));
}

#[test]
fn the_sequence_rises_by_one_with_every_read_of_it_and_only_then() {
    let mut bench = Bench::new();
    let first = bench.one(SEQUENCE_AT);
    bench.input(UPTIME_AT, 2);
    assert_eq!(bench.one(SEQUENCE_AT), first + 1);
    assert_eq!(bench.input(MAGIC_AT, RUN_REGISTERS)[usize::from(SEQUENCE_AT)], first + 2);
}

#[test]
fn a_release_ends_by_the_nodes_own_timer_and_is_told() {
    let mut bench = Bench::new();
    bench.set(RELEASE_MS_AT, 1_500);
    bench.release();
    assert!(bench.lock.get());
    assert_eq!(bench.one(STATUS_AT) & status::RELEASED, status::RELEASED);
    bench.wait(1_499);
    assert!(bench.lock.get());
    bench.wait(1);
    assert!(!bench.lock.get());
    assert_eq!(bench.events(), [(1, NodeEvent::Secured)]);
}

#[test]
fn writing_the_coil_off_secures_at_once_and_is_no_event() {
    let mut bench = Bench::new();
    bench.release();
    bench.node.write_coils(RELEASE_COIL, &[false]).unwrap();
    assert!(!bench.lock.get());
    assert_eq!(bench.events(), []);
}

#[test]
fn a_second_release_begins_the_time_anew() {
    let mut bench = Bench::new();
    bench.release();
    bench.wait(4_000);
    bench.release();
    bench.wait(4_999);
    assert!(bench.lock.get());
    bench.wait(1);
    assert!(!bench.lock.get());
}

#[test]
fn the_exit_button_releases_at_once_and_for_a_while_after() {
    let mut bench = Bench::new();
    bench.exit.set(true);
    bench.wait(1);
    assert!(bench.lock.get());
    bench.wait(DEBOUNCE_MS);
    bench.exit.set(false);
    bench.wait(DEBOUNCE_MS + EGRESS_MS - 1);
    assert!(bench.lock.get());
    bench.wait(1);
    assert!(!bench.lock.get());
    let events: Vec<_> = bench.events().into_iter().map(|(_, event)| event).collect();
    assert_eq!(events, [NodeEvent::Exit(true), NodeEvent::Exit(false), NodeEvent::Secured]);
}

#[test]
fn neither_master_nor_watchdog_can_take_back_what_the_exit_button_gave() {
    let mut bench = Bench::new();
    bench.set(RELEASE_MS_AT, 100);
    bench.set(WATCHDOG_MS_AT, 200);
    bench.exit.set(true);
    bench.wait(DEBOUNCE_MS + 1);
    bench.exit.set(false);
    bench.node.write_coils(RELEASE_COIL, &[false]).unwrap();
    assert!(bench.lock.get());
    bench.wait(1_000);
    assert!(bench.lock.get());
}

#[test]
fn a_silent_master_means_a_secured_door() {
    let mut bench = Bench::new();
    bench.set(RELEASE_MS_AT, 30_000);
    bench.set(WATCHDOG_MS_AT, 2_000);
    bench.release();
    bench.wait(1_999);
    assert!(bench.lock.get());
    bench.wait(1);
    assert!(!bench.lock.get());
    assert_eq!(bench.one(STATUS_AT) & status::WATCHDOG, status::WATCHDOG);
    assert_eq!(bench.one(STATUS_AT) & status::WATCHDOG, 0);
    assert_eq!(bench.events(), [(1, NodeEvent::Secured)]);
}

#[test]
fn a_watchdog_of_zero_never_runs_out() {
    let mut bench = Bench::new();
    bench.set(RELEASE_MS_AT, 30_000);
    bench.set(WATCHDOG_MS_AT, 0);
    bench.release();
    bench.wait(29_999);
    assert!(bench.lock.get());
    assert_eq!(bench.one(STATUS_AT) & status::WATCHDOG, 0);
}

#[test]
fn the_keypad_shows_an_answer_for_two_seconds() {
    let mut bench = Bench::new();
    bench.set(INDICATOR_AT, Indicator::Admitted.register());
    assert!(bench.green.get() && !bench.red.get());
    bench.wait(500);
    bench.set(INDICATOR_AT, Indicator::Refused.register());
    assert!(!bench.green.get() && bench.red.get());
    bench.wait(INDICATOR_MS - 1);
    assert!(bench.red.get());
    bench.wait(1);
    assert!(!bench.red.get());
    let mut shown = [9];
    bench.node.read_holding_registers(INDICATOR_AT, &mut shown).unwrap();
    assert_eq!(shown, [Indicator::Idle.register()]);
}

#[test]
fn inputs_become_events_bits_and_discrete_inputs() {
    let mut bench = Bench::new();
    bench.contact.set(false);
    bench.cover.set(false);
    bench.wait(DEBOUNCE_MS + 1);
    assert_eq!(bench.events(), [(1, NodeEvent::Contact(false)), (2, NodeEvent::Tamper(false))]);
    assert_eq!(bench.one(STATUS_AT), 0);
    let mut inputs = [true; 3];
    bench.node.read_discrete_inputs(0, &mut inputs).unwrap();
    assert_eq!(inputs, [false; 3]);
}

#[test]
fn events_wait_until_confirmed_and_the_rest_moves_up() {
    let mut bench = Bench::new();
    for digit in 0..10 {
        bench.node.key(Key::Digit(digit));
    }
    assert_eq!(bench.events().len(), usize::from(EVENTS_PER_READ));
    bench.set(CONFIRM_AT, 5);
    bench.set(CONFIRM_AT, 5);
    let sequences: Vec<_> = bench.events().into_iter().map(|(sequence, _)| sequence).collect();
    assert_eq!(sequences, [6, 7, 8, 9, 10]);
    let mut confirmed = [0];
    bench.node.read_holding_registers(CONFIRM_AT, &mut confirmed).unwrap();
    assert_eq!(confirmed, [5]);
}

#[test]
fn a_confirmation_from_before_a_restart_forgets_nothing() {
    let mut bench = Bench::new();
    bench.node.key(Key::Hash);
    bench.set(CONFIRM_AT, 1);
    assert_eq!(bench.events(), [(1, NodeEvent::Key(Key::Hash))]);
}

#[test]
fn a_full_queue_drops_the_newest_and_counts_it() {
    let mut bench = Bench::new();
    for _ in 0..QUEUE_EVENTS + 3 {
        bench.node.key(Key::Star);
    }
    assert_eq!(bench.one(DROPPED_AT), 3);
    assert_eq!(bench.events()[0].0, 1);
}

#[test]
fn there_is_no_digit_above_nine() {
    let mut bench = Bench::new();
    bench.node.key(Key::Digit(10));
    assert_eq!(bench.events(), []);
}

fn tag(bytes: &[u8]) -> TagNumber {
    TagNumber::new(bytes).unwrap()
}

impl Bench {
    /// A tag is held against the reader, which reports it every tenth of a second.
    fn hold(&mut self, tag: TagNumber, ms: u32) {
        for _ in 0..ms / 100 {
            self.node.tag(tag);
            self.wait(100);
        }
    }

    /// Reads and confirms until the queue is empty.
    fn drain(&mut self) -> Vec<NodeEvent> {
        let mut all = Vec::new();
        loop {
            let events = self.events();
            let Some((last, _)) = events.last() else { return all };
            self.set(CONFIRM_AT, *last);
            all.extend(events.into_iter().map(|(_, event)| event));
        }
    }
}

fn told_of(bytes: &[u8]) -> Vec<NodeEvent> {
    let length = u8::try_from(bytes.len()).unwrap();
    [NodeEvent::Tag(length)].into_iter().chain(bytes.iter().map(|byte| NodeEvent::TagByte(*byte))).collect()
}

#[test]
fn a_tag_is_told_as_its_length_and_its_bytes_in_their_order() {
    for number in [&[4, 3, 2, 1][..], &[0, 255, 1, 2, 3, 4, 5], &[9, 8, 7, 6, 5, 4, 3, 2, 1, 0]] {
        let mut bench = Bench::new();
        bench.node.tag(tag(number));
        assert_eq!(bench.drain(), told_of(number));
    }
}

#[test]
fn no_tag_has_another_length_than_four_seven_or_ten_bytes() {
    let lengths = (0..20).filter(|length| TagNumber::new(&std::vec![7; *length]).is_some());
    assert_eq!(lengths.collect::<Vec<_>>(), [4, 7, 10]);
}

#[test]
fn a_tag_that_is_held_against_the_reader_reads_once() {
    let mut bench = Bench::at(u32::MAX - 2_000);
    bench.hold(tag(&[1, 2, 3, 4]), 5_000);
    assert_eq!(bench.drain(), told_of(&[1, 2, 3, 4]));
    bench.wait(crate::TAG_AWAY_MS - 101);
    bench.node.tag(tag(&[1, 2, 3, 4]));
    assert_eq!(bench.drain(), [], "a trembling hand is no second reading");
    bench.wait(crate::TAG_AWAY_MS);
    bench.node.tag(tag(&[1, 2, 3, 4]));
    assert_eq!(bench.drain(), told_of(&[1, 2, 3, 4]), "taken away and held there again");
}

#[test]
fn another_tag_is_read_at_once() {
    let mut bench = Bench::new();
    bench.node.tag(tag(&[1, 2, 3, 4]));
    bench.node.tag(tag(&[1, 2, 3, 5]));
    assert_eq!(bench.drain(), [told_of(&[1, 2, 3, 4]), told_of(&[1, 2, 3, 5])].concat());
}

#[test]
fn a_tag_without_room_is_dropped_whole_and_counted() {
    let mut bench = Bench::new();
    for _ in 0..QUEUE_EVENTS - 7 {
        bench.node.key(Key::Star);
    }
    bench.node.tag(tag(&[1, 2, 3, 4, 5, 6, 7]));
    assert_eq!(bench.one(DROPPED_AT), 8);
    bench.node.tag(tag(&[1, 2, 3, 4]));
    assert_eq!(bench.one(DROPPED_AT), 8, "a shorter one has room");
    let events = bench.drain();
    assert_eq!(events[QUEUE_EVENTS - 7..], told_of(&[1, 2, 3, 4]));
}

#[test]
fn a_tags_number_is_not_in_its_debug_text() {
    assert_eq!(std::format!("{:?}", tag(&[171, 205, 239, 1])), "TagNumber(4 bytes)");
}

#[test]
fn a_write_that_is_partly_wrong_changes_nothing() {
    let mut bench = Bench::new();
    let registers = |bench: &mut Bench| {
        let mut all = [0; 4];
        bench.node.read_holding_registers(CONFIRM_AT, &mut all).unwrap();
        all
    };
    let before = registers(&mut bench);
    for (start, values, why) in [
        (RELEASE_MS_AT, &[2_000, 3][..], Exception::IllegalDataValue),
        (RELEASE_MS_AT, &[99], Exception::IllegalDataValue),
        (RELEASE_MS_AT, &[30_001], Exception::IllegalDataValue),
        (INDICATOR_AT, &[1, 500, 0], Exception::IllegalDataAddress),
        (CONFIRM_AT, &[], Exception::IllegalDataValue),
        (u16::MAX, &[1, 2], Exception::IllegalDataAddress),
    ] {
        assert_eq!(bench.node.write_holding_registers(start, values), Err(why), "{start} {values:?}");
        assert_eq!(registers(&mut bench), before);
    }
    assert_eq!(bench.node.write_coils(0, &[true, true]), Err(Exception::IllegalDataAddress));
    assert!(!bench.lock.get());
}

#[test]
fn a_read_outside_the_map_is_refused() {
    let mut bench = Bench::new();
    assert_eq!(bench.node.read_input_registers(RUN_REGISTERS, &mut [0]), Err(Exception::IllegalDataAddress));
    assert_eq!(
        bench.node.read_input_registers(1, &mut [0; RUN_REGISTERS as usize]),
        Err(Exception::IllegalDataAddress)
    );
    assert_eq!(bench.node.read_input_registers(0, &mut []), Err(Exception::IllegalDataValue));
    assert_eq!(bench.node.read_coils(1, &mut [false]), Err(Exception::IllegalDataAddress));
}

#[test]
fn a_broken_input_neither_stops_the_timer_of_the_lock_nor_stays_hidden() {
    let broken = || Transaction::get(State::Low).with_error(MockError::Io(std::io::ErrorKind::NotConnected));
    let low = || Transaction::get(State::Low);
    let mut lock = Mock::new(&[State::Low, State::High, State::Low].map(Transaction::set));
    let mut dark = [Mock::new(&[Transaction::set(State::Low)]), Mock::new(&[Transaction::set(State::Low)])];
    let mut contact = Mock::new(&[low(), broken()]);
    let mut rest = [Mock::new(&[low(), low()]), Mock::new(&[low(), low()])];
    let mut node = DoorNode::new(DoorPins {
        lock: lock.clone(),
        green: dark[0].clone(),
        red: dark[1].clone(),
        contact: contact.clone(),
        exit: rest[0].clone(),
        cover: rest[1].clone(),
    });
    node.tick(0).unwrap();
    node.write_coils(RELEASE_COIL, &[true]).unwrap();
    assert_eq!(node.tick(u32::from(RELEASE_MS_DEFAULT)), Err(Exception::DeviceFailure));
    lock.done();
    contact.done();
    dark.iter_mut().chain(&mut rest).for_each(Mock::done);
}

#[derive(Clone, Debug)]
enum Step {
    Wait(u32),
    Coil(bool),
    Holding(u16, u16),
    Key(u8),
    Exit(bool),
    Contact(bool),
    Read,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (1_u32..3_000).prop_map(Step::Wait),
        any::<bool>().prop_map(Step::Coil),
        (0_u16..5, any::<u16>()).prop_map(|(at, value)| Step::Holding(at, value)),
        (0_u8..=9).prop_map(Step::Key),
        any::<bool>().prop_map(Step::Exit),
        any::<bool>().prop_map(Step::Contact),
        Just(Step::Read),
    ]
}

fn take(bench: &mut Bench, step: &Step) {
    match *step {
        Step::Wait(ms) => {
            bench.now_ms = bench.now_ms.wrapping_add(ms);
            bench.node.tick(bench.now_ms).unwrap();
        }
        Step::Coil(on) => bench.node.write_coils(RELEASE_COIL, &[on]).unwrap(),
        // Refused values are part of what a master may do.
        Step::Holding(at, value) => drop(bench.node.write_holding_registers(at, &[value])),
        Step::Key(digit) => bench.node.key(Key::Digit(digit)),
        Step::Exit(pressed) => bench.exit.set(pressed),
        Step::Contact(closed) => bench.contact.set(closed),
        Step::Read => drop(bench.events()),
    }
}

proptest! {
    #[test]
    fn whatever_happened_a_release_ends(
        start_ms in any::<u32>(),
        steps in proptest::collection::vec(step(), 0..100),
    ) {
        let mut bench = Bench::at(start_ms);
        for step in &steps {
            take(&mut bench, step);
        }
        bench.exit.set(false);
        take(&mut bench, &Step::Wait(1));
        take(&mut bench, &Step::Wait(DEBOUNCE_MS));
        take(&mut bench, &Step::Wait(u32::from(*RELEASE_MS.end())));
        prop_assert!(!bench.lock.get());
        prop_assert!(!bench.green.get() && !bench.red.get());
    }

    #[test]
    fn whoever_presses_the_exit_button_gets_out(
        start_ms in any::<u32>(),
        steps in proptest::collection::vec(step(), 0..100),
    ) {
        let mut bench = Bench::at(start_ms);
        for step in &steps {
            take(&mut bench, step);
            if bench.exit.get() {
                take(&mut bench, &Step::Wait(1));
                prop_assert!(bench.lock.get());
            }
        }
    }

    #[test]
    fn the_sequences_a_master_sees_have_no_gap_and_no_return(
        steps in proptest::collection::vec(step(), 0..200),
    ) {
        let mut bench = Bench::new();
        let mut confirmed = 0;
        for step in &steps {
            // Confirmations of this test only, so that it knows what it has confirmed.
            if !matches!(step, Step::Holding(CONFIRM_AT, _)) {
                take(&mut bench, step);
            }
            let seen: Vec<u16> = bench.events().into_iter().map(|(sequence, _)| sequence).collect();
            let expected: Vec<u16> = (confirmed + 1..).take(seen.len()).collect();
            prop_assert_eq!(&seen, &expected);
            if let (Step::Read, Some(last)) = (step, seen.last()) {
                confirmed = *last;
                bench.set(CONFIRM_AT, confirmed);
            }
        }
    }
}
