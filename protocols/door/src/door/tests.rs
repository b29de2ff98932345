use super::*;
use proptest::prelude::*;

const BUILD: Build = Build { has_contact: true, release_ms: 5_000, held_open_ms: 30_000 };

fn closed_door(mode: Mode) -> Door {
    let mut door = Door::new(BUILD, mode);
    door.see(Seen::DeviceFound, 0);
    door.see(Seen::Contact(true), 0);
    door
}

fn told(door: &mut Door, seen: Seen, now_ms: u64) -> Option<Told> {
    door.see(seen, now_ms).told
}

#[test]
fn a_visitor_is_let_in_once_and_the_door_secures_behind_them() {
    let mut door = closed_door(Mode::Normal);
    assert_eq!(door.see(Seen::Admitted, 100), Reaction { lock: Some(true), told: None });
    assert_eq!(told(&mut door, Seen::Contact(false), 900), Some(Told::Opened));
    let closed = door.see(Seen::Contact(true), 2_000);
    assert_eq!(closed, Reaction { lock: Some(false), told: Some(Told::Closed) });
    assert_eq!(told(&mut door, Seen::Contact(false), 2_500), Some(Told::Forced));
}

#[test]
fn whoever_leans_on_the_exit_button_may_take_their_time() {
    let mut door = closed_door(Mode::Normal);
    assert_eq!(told(&mut door, Seen::Exit(true), 0), Some(Told::Exit));
    assert_eq!(told(&mut door, Seen::Exit(true), 10), None, "a repetition is no second press");
    for tick in 1..=10 {
        assert_eq!(door.see(Seen::Tick, tick * EXIT_MS), Reaction::NONE);
    }
    assert_eq!(door.see(Seen::Exit(false), 10 * EXIT_MS + 1), Reaction::NONE);
    let mut late = door;
    assert_eq!(told(&mut door, Seen::Contact(false), 11 * EXIT_MS), Some(Told::Opened));
    late.see(Seen::Tick, 11 * EXIT_MS + 1);
    assert_eq!(told(&mut late, Seen::Contact(false), 11 * EXIT_MS + 2), Some(Told::Forced));
}

#[test]
fn a_release_that_nobody_uses_ends_and_is_told_once() {
    let mut door = closed_door(Mode::Normal);
    door.see(Seen::Admitted, 100);
    assert_eq!(door.wake_at_ms(), Some(5_100));
    assert_eq!(door.see(Seen::Tick, 5_099), Reaction::default());
    assert_eq!(door.see(Seen::Tick, 5_100).lock, Some(false));
    assert_eq!(told(&mut door, Seen::Secured, 5_130), Some(Told::Relocked));
    assert_eq!(told(&mut door, Seen::Tick, 5_100 + LATE_MS), None);
    assert_eq!(door.wake_at_ms(), None);
}

#[test]
fn an_opening_at_the_last_moment_that_is_read_late_is_not_forced() {
    let mut door = closed_door(Mode::Normal);
    door.see(Seen::Admitted, 0);
    door.see(Seen::Tick, 5_000);
    assert_eq!(told(&mut door, Seen::Contact(false), 5_060), Some(Told::Opened));
}

#[test]
fn a_leaf_that_stands_open_is_told_once() {
    let mut door = closed_door(Mode::Normal);
    door.see(Seen::Admitted, 0);
    door.see(Seen::Contact(false), 1_000);
    assert_eq!(door.wake_at_ms(), Some(31_000));
    assert_eq!(told(&mut door, Seen::Tick, 31_000), Some(Told::HeldOpen));
    assert_eq!(told(&mut door, Seen::Tick, 99_000), None);
    assert_eq!(told(&mut door, Seen::Contact(true), 99_001), Some(Told::Closed));
}

#[test]
fn whoever_is_admitted_while_the_leaf_stands_open_is_not_shut_out_when_it_closes() {
    let mut door = closed_door(Mode::Normal);
    door.see(Seen::Admitted, 0);
    door.see(Seen::Contact(false), 1_000);
    assert_eq!(door.see(Seen::Admitted, 2_000).lock, Some(true));
    assert_eq!(door.see(Seen::Contact(true), 3_000), Reaction::tell(Told::Closed));
    let mut unused = door;
    assert_eq!(told(&mut door, Seen::Contact(false), 4_000), Some(Told::Opened));
    assert_eq!(door.see(Seen::Contact(true), 5_000).lock, Some(false), "one release, one passage");
    assert_eq!(unused.wake_at_ms(), Some(7_000));
    assert_eq!(unused.see(Seen::Tick, 7_000), Reaction::SECURE);
}

#[test]
fn a_release_given_while_the_leaf_stands_open_ends_with_its_time_the_lock_or_a_lockdown() {
    let mut door = closed_door(Mode::Normal);
    door.see(Seen::Admitted, 0);
    door.see(Seen::Contact(false), 1_000);
    door.see(Seen::Admitted, 2_000);
    let mut late = door;
    assert_eq!(late.see(Seen::Contact(true), 7_000).lock, Some(false));
    for ending in [Seen::Secured, Seen::Mode(Mode::LockedDown)] {
        let mut door = door;
        door.see(ending, 2_500);
        door.see(Seen::Contact(true), 3_000);
        assert_eq!(door.leaf(), Leaf::Locked, "{ending:?}");
    }
}

#[test]
fn whoever_leaves_by_the_exit_button_forces_nothing_and_the_lock_is_not_written() {
    for mode in [Mode::Normal, Mode::LockedDown, Mode::Emergency] {
        let mut door = closed_door(mode);
        assert_eq!(door.see(Seen::Exit(true), 0), Reaction::tell(Told::Exit));
        assert_eq!(told(&mut door, Seen::Contact(false), EXIT_MS - 1), Some(Told::Opened));
    }
    let mut door = closed_door(Mode::Normal);
    door.see(Seen::Exit(true), 0);
    door.see(Seen::Exit(false), 0);
    assert_eq!(door.see(Seen::Tick, EXIT_MS), Reaction::default());
    assert_eq!(told(&mut door, Seen::Contact(false), EXIT_MS + 1), Some(Told::Forced));
}

#[test]
fn a_lockdown_takes_a_release_back_but_not_an_exit() {
    let mut door = closed_door(Mode::Normal);
    door.see(Seen::Admitted, 0);
    let reaction = door.see(Seen::Mode(Mode::LockedDown), 10);
    assert_eq!(reaction, Reaction { lock: Some(false), told: Some(Told::Relocked) });
    let mut door = closed_door(Mode::Normal);
    door.see(Seen::Exit(true), 0);
    door.see(Seen::Mode(Mode::LockedDown), 10);
    assert_eq!(told(&mut door, Seen::Contact(false), 20), Some(Told::Opened));
}

#[test]
fn an_emergency_stands_released_until_it_is_over() {
    let mut door = closed_door(Mode::Normal);
    assert_eq!(door.see(Seen::Mode(Mode::Emergency), 0).lock, Some(true));
    let mut now = 0;
    for _ in 0..100 {
        let wake = door.wake_at_ms().unwrap();
        assert!(wake - now < u64::from(BUILD.release_ms), "renewed before the device's timer ends");
        now = wake;
        assert_eq!(door.see(Seen::Tick, now), Reaction { lock: Some(true), told: None });
    }
    assert_eq!(told(&mut door, Seen::Contact(false), now), Some(Told::Opened));
    assert_eq!(door.see(Seen::Contact(true), now).lock, None);
    assert_eq!(door.see(Seen::Mode(Mode::Normal), now).lock, Some(false));
    assert_eq!(door.wake_at_ms(), None);
}

#[test]
fn a_door_found_open_is_not_called_forced() {
    let mut door = Door::new(BUILD, Mode::Normal);
    assert_eq!(door.see(Seen::DeviceFound, 0).lock, Some(false));
    assert_eq!(door.see(Seen::Contact(false), 0), Reaction::default());
    assert_eq!(told(&mut door, Seen::Tick, 30_000), Some(Told::HeldOpen));
}

#[test]
fn a_door_without_a_contact_releases_and_relocks() {
    let mut door = Door::new(Build { has_contact: false, ..BUILD }, Mode::Normal);
    door.see(Seen::DeviceFound, 0);
    assert_eq!(door.see(Seen::Admitted, 0).lock, Some(true));
    door.see(Seen::Tick, 5_000);
    assert_eq!(told(&mut door, Seen::Tick, 5_000 + LATE_MS), Some(Told::Relocked));
}

fn anything_but_admitted() -> impl Strategy<Value = Seen> {
    prop_oneof![
        any::<bool>().prop_map(Seen::Contact),
        Just(Seen::Exit(true)),
        Just(Seen::Exit(false)),
        Just(Seen::Secured),
        Just(Seen::DeviceLost),
        Just(Seen::DeviceFound),
        Just(Seen::Mode(Mode::Normal)),
        Just(Seen::Mode(Mode::LockedDown)),
        Just(Seen::Tick),
    ]
}

proptest! {
    /// Outside an emergency only an admission writes 'release': no loss, no return, no restart.
    #[test]
    fn only_an_admission_releases(
        seen in prop::collection::vec((anything_but_admitted(), 0_u64..20_000), 0..60),
        admitted_at in 0_usize..60,
    ) {
        let mut door = Door::new(BUILD, Mode::Normal);
        let mut now = 0;
        for (n, (seen, later)) in seen.into_iter().enumerate() {
            now += later;
            if n == admitted_at {
                door.see(Seen::Admitted, now);
            }
            prop_assert_ne!(door.see(seen, now).lock, Some(true), "{:?}", seen);
        }
    }

    /// The way out: no exit is ever answered with a write, or called forced.
    #[test]
    fn an_exit_is_never_hindered(
        seen in prop::collection::vec((anything_but_admitted(), 0_u64..20_000), 0..60),
    ) {
        let mut door = Door::new(BUILD, Mode::Normal);
        let mut now = 0;
        for (seen, later) in seen {
            now += later;
            door.see(seen, now);
            let mut leaving = door;
            leaving.see(Seen::Exit(false), now);
            prop_assert_eq!(leaving.see(Seen::Exit(true), now), Reaction::tell(Told::Exit));
            prop_assert_ne!(leaving.see(Seen::Contact(false), now + 1).told, Some(Told::Forced));
        }
    }

    /// Liveness: a door that is woken when it asks comes to rest, once nobody leans on its exit button.
    #[test]
    fn every_release_ends(
        seen in prop::collection::vec(
            (prop_oneof![1 => Just(Seen::Admitted), 3 => anything_but_admitted()], 0_u64..20_000),
            0..60,
        ),
    ) {
        let mut door = Door::new(BUILD, Mode::Normal);
        let (mut now, mut released) = (0, false);
        let mut see = |door: &mut Door, seen, now| {
            // A lock that secures by itself is secured.
            released &= seen != Seen::Secured;
            released = door.see(seen, now).lock.unwrap_or(released);
            released
        };
        for (seen, later) in seen {
            now += later;
            see(&mut door, seen, now);
        }
        see(&mut door, Seen::Exit(false), now);
        for _ in 0..4 {
            if let Some(wake) = door.wake_at_ms() {
                now = now.max(wake);
                see(&mut door, Seen::Tick, now);
            }
        }
        prop_assert_eq!(door.wake_at_ms(), None);
        let at_rest = !matches!(door.leaf(), Leaf::Released { .. } | Leaf::Securing { .. });
        prop_assert!(at_rest);
        // What is released then is so because the leaf stands open: closing it secures it.
        if see(&mut door, Seen::Tick, now) {
            let stands_open = matches!(door.leaf(), Leaf::Open { .. } | Leaf::HeldOpen);
            prop_assert!(stands_open, "{:?}", door.leaf());
        }
    }
}
