use protocols_fieldbus::profile::Profile;
use protocols_ids::{DeviceId, Uuid};

use super::*;
use crate::Profiles;

const NOW: u64 = 1_000_000;

fn plan(profile: &str) -> MqttDevicePlan {
    let profile = match Profiles::built_in().unwrap().get(profile) {
        Some(Profile::Mqtt(profile)) => (**profile).clone(),
        other => panic!("{other:?}"),
    };
    MqttDevicePlan {
        id: DeviceId::new(Uuid::from_u128(1)),
        name: "Skannern".into(),
        root: "site/scanner".into(),
        profile,
    }
}

fn scanner() -> MqttDevice {
    let mut device = MqttDevice::new(plan("hallport-qr-scanner"));
    device.connected(NOW);
    device
}

/// One that is there since uptime 50 000.
fn present() -> MqttDevice {
    let mut device = scanner();
    assert_eq!(status(&mut device, NOW, 7, 50_000), [found(true)]);
    device
}

fn take(device: &mut MqttDevice, now_ms: u64, channel: Channel, retained: bool, payload: &str) -> Vec<Input> {
    device.take(now_ms, channel, Message { topic: "", retained, payload: payload.as_bytes() })
}

fn status(device: &mut MqttDevice, now_ms: u64, start: u32, uptime_ms: u64) -> Vec<Input> {
    let payload = format!(r#"{{"state":"online","start":{start},"uptime_ms":{uptime_ms}}}"#);
    take(device, now_ms, Channel::Status, false, &payload)
}

fn scan_text(start: u32, sequence: u64, uptime_ms: u64) -> String {
    format!(r#"{{"start":{start},"sequence":{sequence},"uptime_ms":{uptime_ms},"text":"ABC"}}"#)
}

fn scan(device: &mut MqttDevice, now_ms: u64, start: u32, sequence: u64, uptime_ms: u64) -> Vec<Input> {
    take(device, now_ms, Channel::Scan, false, &scan_text(start, sequence, uptime_ms))
}

fn id() -> DeviceId {
    DeviceId::new(Uuid::from_u128(1))
}

fn found(restarted: bool) -> Input {
    Input::DeviceFound { device: id(), restarted }
}

fn lost() -> Input {
    Input::DeviceLost { device: id() }
}

fn code(age_ms: u32) -> Input {
    Input::Code { device: id(), text: "ABC".into(), age_ms }
}

#[test]
fn a_scan_is_told_with_its_age() {
    let mut device = present();
    assert_eq!(scan(&mut device, NOW + 2_000, 7, 1, 52_000), [code(0)]);
    assert_eq!(scan(&mut device, NOW + 4_300, 7, 2, 54_000), [code(300)]);
}

#[test]
fn a_scan_that_lay_somewhere_is_as_old_as_it_lay_there() {
    let mut device = present();
    assert_eq!(scan(&mut device, NOW + 32_000, 7, 1, 52_000), [code(30_000)]);
}

#[test]
fn a_scan_before_any_status_is_older_than_anything() {
    let mut device = scanner();
    assert_eq!(scan(&mut device, NOW, 7, 1, 52_000), [code(u32::MAX)]);
    let mut device = present();
    device.disconnected();
    device.connected(NOW);
    assert_eq!(scan(&mut device, NOW + 1, 7, 1, 50_001), [code(u32::MAX)], "also when it was there before");
}

#[test]
fn a_scan_of_another_start_of_the_device_is_older_than_anything() {
    let mut device = present();
    assert_eq!(scan(&mut device, NOW + 10, 6, 99, 50_010), [code(u32::MAX)]);
    assert_eq!(scan(&mut device, NOW + 10, 7, 1, 50_010), [code(0)], "its sequence counts for nothing");
}

#[test]
fn what_comes_again_is_no_second_scan() {
    let mut device = present();
    assert_eq!(scan(&mut device, NOW + 10, 7, 5, 50_010), [code(0)]);
    assert_eq!(scan(&mut device, NOW + 20, 7, 5, 50_010), []);
    assert_eq!(scan(&mut device, NOW + 30, 7, 4, 50_020), []);
    assert_eq!(device.dropped, Dropped { again: 2, ..Dropped::default() });
}

#[test]
fn what_the_broker_kept_is_neither_a_scan_nor_a_sign_of_life() {
    let mut device = scanner();
    let online = r#"{"state":"online","start":7,"uptime_ms":1}"#;
    assert_eq!(take(&mut device, NOW, Channel::Status, true, online), []);
    assert!(!device.is_present());
    let mut device = present();
    assert_eq!(take(&mut device, NOW, Channel::Scan, true, &scan_text(7, 1, 50_000)), []);
    assert_eq!(device.dropped, Dropped { retained: 1, ..Dropped::default() });
    assert_eq!(scan(&mut device, NOW, 7, 1, 50_000), [code(0)], "it has not used the sequence up");
}

#[test]
fn what_is_too_long_and_what_is_not_understood_is_dropped_and_counted() {
    let mut device = present();
    let long = scan_text(7, 1, 50_000).replace("ABC", &"A".repeat(5_000));
    assert_eq!(take(&mut device, NOW, Channel::Scan, false, &long), []);
    for payload in [
        "",
        "no json",
        "[]",
        r#"{"start":7,"sequence":1,"uptime_ms":50000}"#,
        r#"{"start":7,"sequence":1,"uptime_ms":50000,"text":5}"#,
        r#"{"start":7,"sequence":-1,"uptime_ms":50000,"text":"A"}"#,
        r#"{"start":[7],"sequence":1,"uptime_ms":50000,"text":"A"}"#,
        r#"{"sequence":1,"uptime_ms":50000,"text":"A"}"#,
    ] {
        assert_eq!(take(&mut device, NOW + 5_000, Channel::Scan, false, payload), [], "{payload}");
    }
    for (place, payload) in (1..).zip([r#"{"state":"on"}"#, r#"{"state":"online"}"#, "{}"]) {
        assert_eq!(take(&mut device, NOW + 5_000 + place * 1_000, Channel::Status, false, payload), []);
    }
    assert_eq!(device.dropped, Dropped { oversized: 1, not_understood: 11, ..Dropped::default() });
}

#[test]
fn deep_nesting_is_refused_and_not_followed() {
    let mut device = present();
    let deep = format!("{}{}", "[".repeat(2_000), "]".repeat(2_000));
    assert_eq!(take(&mut device, NOW, Channel::Scan, false, &deep), []);
    assert_eq!(device.dropped.not_understood, 1);
}

#[test]
fn more_messages_a_second_than_the_profile_allows_are_dropped_and_counted() {
    let mut device = present();
    let told: Vec<_> = (1..=30).flat_map(|n| scan(&mut device, NOW + n, 7, n, 50_000 + n)).collect();
    assert_eq!(told.len(), 9, "ten, of which the status was one");
    assert_eq!(device.dropped, Dropped { too_many: 21, ..Dropped::default() });
    assert_eq!(scan(&mut device, NOW + 1_000, 7, 31, 51_000), [code(0)]);
}

#[test]
fn a_device_that_falls_silent_is_lost_once_and_found_again() {
    let mut device = present();
    assert_eq!(device.due_ms(), Some(NOW + 15_000));
    assert_eq!(status(&mut device, NOW + 5_000, 7, 55_000), []);
    assert_eq!(device.tick(NOW + 15_000), None);
    assert_eq!(device.tick(NOW + 20_000), Some(lost()));
    assert_eq!(device.due_ms(), None);
    assert_eq!(device.tick(NOW + 60_000), None);
    assert_eq!(status(&mut device, NOW + 61_000, 7, 111_000), [found(false)]);
}

#[test]
fn the_last_will_means_lost_at_once_also_one_that_was_kept() {
    let will = r#"{"state":"offline"}"#;
    let mut device = present();
    assert_eq!(take(&mut device, NOW + 1, Channel::Status, false, will), [lost()]);
    assert_eq!(take(&mut device, NOW + 2, Channel::Status, false, will), []);
    let mut device = scanner();
    assert_eq!(take(&mut device, NOW + 1, Channel::Status, true, will), [lost()]);
    assert_eq!(device.disconnected(), None, "told once");
}

#[test]
fn a_new_start_begins_a_new_clock_and_a_new_sequence() {
    let mut device = present();
    assert_eq!(scan(&mut device, NOW + 10, 7, 5, 50_010), [code(0)]);
    assert_eq!(status(&mut device, NOW + 3_000, 8, 100), [found(true)]);
    assert_eq!(scan(&mut device, NOW + 3_400, 8, 1, 500), [code(0)]);
}

#[test]
fn a_device_that_cannot_tell_its_starts_has_begun_anew_when_its_uptime_goes_back() {
    let mut plan = plan("hallport-qr-scanner");
    plan.profile.status.start = None;
    plan.profile.scan.as_mut().unwrap().start = None;
    let mut device = MqttDevice::new(plan);
    device.connected(NOW);
    assert_eq!(status(&mut device, NOW, 0, 50_000), [found(true)]);
    assert_eq!(status(&mut device, NOW + 5_000, 0, 55_000), []);
    assert_eq!(scan(&mut device, NOW + 6_000, 0, 9, 56_000), [code(0)]);
    assert_eq!(status(&mut device, NOW + 8_000, 0, 100), [found(true)]);
    assert_eq!(scan(&mut device, NOW + 8_900, 0, 1, 1_000), [code(0)]);
}

#[test]
fn inputs_are_told_when_the_device_is_found_and_when_they_change() {
    let mut plan = plan("hallport-qr-scanner");
    plan.profile.scan = None;
    let point = |state: &str, inverted| protocols_fieldbus::profile::MqttPoint {
        topic: "contacts".into(),
        state: state.into(),
        inverted,
    };
    plan.profile.points =
        [("cover".to_owned(), point("/cover", true)), ("leaf".to_owned(), point("/leaf", false))].into();
    let mut device = MqttDevice::new(plan);
    device.connected(NOW);
    let told = |name: &str, on| Input::Point { point: PointRef { device: id(), point: name.into() }, on };
    let contacts = |device: &mut MqttDevice, retained, payload: &str| {
        device.take(
            NOW,
            Channel::Inputs,
            Message { topic: "contacts", retained, payload: payload.as_bytes() },
        )
    };
    assert_eq!(contacts(&mut device, true, r#"{"leaf":true,"cover":true}"#), []);
    assert_eq!(
        status(&mut device, NOW, 7, 1),
        [found(true), told("cover", false), told("leaf", true)],
        "a state that the broker kept is a state"
    );
    assert_eq!(contacts(&mut device, false, r#"{"leaf":true}"#), []);
    assert_eq!(contacts(&mut device, false, r#"{"leaf":false}"#), [told("leaf", false)]);
    assert_eq!(contacts(&mut device, false, r#"{"leaf":"no"}"#), []);
    assert_eq!(device.dropped, Dropped { not_understood: 1, ..Dropped::default() });
}
