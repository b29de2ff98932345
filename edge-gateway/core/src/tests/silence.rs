//! Thirty days without a word from the cloud.

use protocols_access::{OfflineTime, Sealer, offline_pin};
use protocols_wire::*;

use super::rig::*;
use crate::*;

const DAY_MS: i64 = 24 * HOUR_MS;

fn policy(lease_h: u32) -> SitePolicy {
    SitePolicy {
        visitor_lease_h: lease_h,
        staff_lease_h: lease_h,
        technician_lease_h: lease_h,
        ..SitePolicy::default()
    }
}

/// What opens door 1 from so long after `START` for so long, each with ten minutes' lead.
fn grant(
    number: u128,
    class: GrantClass,
    kind: CredentialKind,
    text: &str,
    from_ms: i64,
    for_ms: i64,
) -> Grant {
    let starts_at = START.plus_ms(from_ms);
    let ends_at = starts_at.plus_ms(for_ms);
    let window = DoorWindow { door: door(1), not_before: starts_at.plus_ms(-600_000), not_after: ends_at };
    Grant {
        class,
        doors: vec![window],
        credentials: vec![Sealer::new(&SECRET).credential(kind, text)],
        starts_at,
        ends_at,
        ..booked(number, "")
    }
}

/// Types, shows or scans something.
type Show<'a> = Box<dyn Fn(&mut Rig) + 'a>;

fn opens(rig: &mut Rig, show: &dyn Fn(&mut Rig)) -> bool {
    rig.outputs.clear();
    show(rig);
    rig.writes().contains(&(point(node(1), "lock"), true))
}

#[test]
fn after_thirty_days_alone_each_credential_opens_in_exactly_its_window() {
    let on_day_30 = 30 * DAY_MS;
    let staff_until = 10 * DAY_MS + on_day_30;
    let mut rig = Rig::hall();
    rig.receive(Kind::Config, &SiteConfig { policy: policy(31 * 24), ..config_with_readers(2) });
    let grants = vec![
        grant(1, GrantClass::Visitor, CredentialKind::Pin, "123456", on_day_30, HOUR_MS),
        grant(2, GrantClass::Visitor, CredentialKind::Tag, "04A20FFF", on_day_30, HOUR_MS),
        grant(3, GrantClass::Staff, CredentialKind::Tag, "0B0B0B0B", 0, staff_until),
        grant(4, GrantClass::Technician, CredentialKind::Pin, "87654321", on_day_30, HOUR_MS),
    ];
    rig.receive(Kind::Grants, &batch(0, 1, grants));
    rig.heard();
    rig.input(Input::BrokerLost);

    let time =
        OfflineTime::covering(START.plus_ms(on_day_30), START.plus_ms(on_day_30 + HOUR_MS), 0).unwrap();
    let offline = offline_pin(&Sealer::new(&SECRET), gateway(), group(), time);
    let start_s = u32::try_from(START.plus_ms(on_day_30).0 / 1_000).unwrap();
    // Made by a cloud that cannot reach the gateway.
    let token = Token {
        gateway: gateway(),
        grant: grant_id(99),
        group: group(),
        starts_at_s: start_s,
        ends_at_s: start_s + 3_600,
        issued_at_s: start_s - 900,
        expires_at_s: start_s + 5_400,
    };
    let visitor = (on_day_30 - 600_000, on_day_30 + HOUR_MS);
    let with_lag = (on_day_30 - 600_000, on_day_30 + HOUR_MS + 600_000);
    let slots = (time.starts_at().ms_since(START) - 600_000, time.ends_at().ms_since(START) + 600_000);
    let credentials: [(&str, (i64, i64), Show); 6] = [
        ("visitor's PIN", visitor, Box::new(|rig| rig.keys(1, "123456#"))),
        ("visitor's tag", visitor, Box::new(|rig| rig.tag(1, &[0x04, 0xA2, 0x0F, 0xFF], 0))),
        ("staff's tag", (-600_000, staff_until), Box::new(|rig| rig.tag(1, &[0x0B; 4], 0))),
        ("technician's PIN", visitor, Box::new(|rig| rig.keys(1, "87654321#"))),
        ("off-line PIN", slots, Box::new(|rig| rig.keys(1, &format!("{offline}#")))),
        ("token", with_lag, Box::new(|rig| rig.scan(&token))),
    ];
    // Each edge of a window from both sides, in the order of time.
    let mut moments: Vec<i64> =
        credentials.iter().flat_map(|(_, (from, to), _)| [from - 1, *from, to - 1, *to]).collect();
    moments.retain(|at| *at > 29 * DAY_MS && *at < 31 * DAY_MS);
    moments.sort_unstable();
    moments.dedup();
    assert!(moments.len() >= 8);
    let mut passed_ms = 0;
    for (n, at) in moments.into_iter().enumerate() {
        rig.pass(at - passed_ms);
        passed_ms = at;
        if n == 3 {
            // A power cut in between changes nothing.
            rig.restart();
            rig.find_devices();
            rig.pass(1);
            passed_ms += 1;
        }
        for (name, (from, to), show) in &credentials {
            let expected = *from <= passed_ms && passed_ms < *to;
            assert_eq!(opens(&mut rig, show), expected, "{name} at {passed_ms}: {:?}", rig.told());
        }
    }
    let report = rig.core.state(rig.now);
    assert_eq!(report.time_quality, TimeQuality::Holdover);
    assert!(report.clock_uncertainty_ms.unwrap() < 60_000, "{report:?}");
}

#[test]
fn beyond_its_lease_nothing_opens_and_each_class_was_warned_of_once() {
    let mut rig = Rig::hall();
    let policy = SitePolicy { visitor_lease_h: 48, staff_lease_h: 96, technician_lease_h: 24, ..policy(0) };
    rig.receive(Kind::Config, &SiteConfig { policy, ..config_with_readers(2) });
    let grants = vec![
        grant(1, GrantClass::Visitor, CredentialKind::Pin, "123456", 0, 30 * DAY_MS),
        grant(2, GrantClass::Staff, CredentialKind::Pin, "222222", 0, 30 * DAY_MS),
    ];
    rig.receive(Kind::Grants, &batch(0, 1, grants));
    rig.heard();
    rig.input(Input::BrokerLost);
    rig.outputs.clear();
    let mut warned = Vec::new();
    for hour in 1..=100 {
        rig.pass(HOUR_MS);
        for event in rig.told() {
            if let JournalEvent::LeaseEnding { class, at } = event {
                warned.push((hour, class, at.ms_since(START) / HOUR_MS));
            }
        }
        rig.outputs.clear();
    }
    // A day before, but not in the first half.
    assert_eq!(
        warned,
        [(12, GrantClass::Technician, 24), (24, GrantClass::Visitor, 48), (72, GrantClass::Staff, 96)]
    );
    rig.keys(1, "123456#222222#");
    assert_eq!(rig.reasons(), [RefusalReason::LeaseEnded; 2]);
    // A heartbeat, and all is well: a warning that comes later is a new one.
    rig.heard();
    rig.outputs.clear();
    rig.keys(1, "123456#");
    assert!(rig.writes().contains(&(point(node(1), "lock"), true)));
    rig.input(Input::BrokerLost);
    rig.pass(13 * HOUR_MS);
    assert!(rig.told().iter().any(|event| matches!(event, JournalEvent::LeaseEnding { .. })));
}

#[test]
fn a_clock_that_nobody_has_confirmed_for_too_long_keeps_visitors_out_and_staff_as_the_policy_says() {
    for staff_with_unknown_clock in [true, false] {
        let mut rig = Rig::hall();
        let policy = SitePolicy { staff_with_unknown_clock, clock_margin_s: 10, ..policy(31 * 24) };
        rig.receive(Kind::Config, &SiteConfig { policy, ..config_with_readers(2) });
        let grants = vec![
            grant(1, GrantClass::Visitor, CredentialKind::Pin, "123456", 0, 30 * DAY_MS),
            grant(2, GrantClass::Staff, CredentialKind::Pin, "222222", 0, 30 * DAY_MS),
        ];
        rig.receive(Kind::Grants, &batch(0, 1, grants));
        rig.heard();
        rig.input(Input::BrokerLost);
        // 20 ppm make ten seconds of 5.8 days.
        rig.pass(5 * DAY_MS);
        assert!(opens(&mut rig, &|rig| rig.keys(1, "123456#")));
        rig.pass(DAY_MS);
        assert!(!opens(&mut rig, &|rig| rig.keys(1, "123456#")));
        assert_eq!(rig.reasons(), [RefusalReason::ClockUnknown]);
        assert_eq!(opens(&mut rig, &|rig| rig.keys(1, "222222#")), staff_with_unknown_clock);
        rig.heard();
        assert!(opens(&mut rig, &|rig| rig.keys(1, "123456#")));
    }
}
