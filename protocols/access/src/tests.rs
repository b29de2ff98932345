//! The invariants of table and decision, against a cloud that is a list and a decision that is a sentence.

use std::collections::BTreeMap;

use proptest::prelude::*;
use protocols_ids::{DoorId, GrantId, Uuid};
use protocols_wire::{
    CONTRACT_VERSION, CredentialKind, DoorWindow, Grant, GrantBatch, GrantClass, Position, PostureMode,
    RefusalReason, Seal, SealedCredential, SitePolicy, TableHash, TimeQuality, UnixMs, row_hash,
};

use crate::*;

const HOUR_MS: i64 = 3_600_000;
const VISITOR_LEASE_MS: i64 = 7 * 24 * HOUR_MS;
const STAFF_LEASE_MS: i64 = 30 * 24 * HOUR_MS;
const TECHNICIAN_LEASE_MS: i64 = 24 * HOUR_MS;

type Rows = BTreeMap<GrantId, Grant>;

fn grant_id(number: u128) -> GrantId {
    GrantId::new(Uuid::from_u128(number))
}

fn door_id(number: u128) -> DoorId {
    DoorId::new(Uuid::from_u128(number))
}

fn pin(number: u8) -> SealedCredential {
    SealedCredential { kind: CredentialKind::Pin, seal: Seal([number; 32]) }
}

prop_compose! {
    /// Few ids, few PINs, few doors and a short time, so that everything meets.
    fn grant()(
        id in 1_u128..8,
        class in prop_oneof![
            Just(GrantClass::Visitor), Just(GrantClass::Staff), Just(GrantClass::Technician)
        ],
        doors in prop::collection::vec((1_u128..4, 0_i64..20, 0_i64..20), 0..4),
        pins in prop::collection::vec(1_u8..5, 0..3),
        responder in any::<bool>(),
        min_version in prop_oneof![4 => Just(CONTRACT_VERSION), 1 => Just(CONTRACT_VERSION + 1)],
    ) -> Grant {
        Grant {
            id: grant_id(id),
            class,
            booking_number: 0,
            doors: doors
                .into_iter()
                .map(|(door, from, to)| DoorWindow {
                    door: door_id(door), not_before: UnixMs(from), not_after: UnixMs(to),
                })
                .collect(),
            credentials: pins.into_iter().map(pin).collect(),
            zones: Vec::new(),
            starts_at: UnixMs(0),
            ends_at: UnixMs(20),
            min_version,
            responder,
        }
    }
}

/// One revision of the cloud.
#[derive(Clone, Debug)]
struct Edit {
    upserts: Vec<Grant>,
    removals: Vec<GrantId>,
    expired_before: Option<UnixMs>,
}

prop_compose! {
    fn edit()(
        upserts in prop::collection::vec(grant(), 0..4),
        removals in prop::collection::vec((1_u128..8).prop_map(grant_id), 0..3),
        expired_before in prop::option::weighted(0.2, (0_i64..20).prop_map(UnixMs)),
    ) -> Edit {
        Edit { upserts, removals, expired_before }
    }
}

/// A cloud that remembers what its table was at every revision of epoch 1.
struct Cloud {
    edits: Vec<Edit>,
    history: Vec<Rows>,
}

impl Cloud {
    /// What is gone never comes again under the same id.
    fn new(mut edits: Vec<Edit>) -> Self {
        let mut rows = Rows::new();
        let mut history = vec![rows.clone()];
        let mut gone: Vec<GrantId> = Vec::new();
        for edit in &mut edits {
            gone.extend(&edit.removals);
            edit.upserts.retain(|grant| !gone.contains(&grant.id));
            gone.extend(rows.keys().chain(edit.upserts.iter().map(|grant| &grant.id)));
            rows.retain(|id, _| !edit.removals.contains(id));
            for grant in &edit.upserts {
                let mut grant = grant.clone();
                if grant.min_version > CONTRACT_VERSION {
                    grant.min_version = u16::MAX;
                }
                rows.insert(grant.id, grant);
            }
            if let Some(before) = edit.expired_before {
                rows.retain(|_, grant| grant.doors.iter().any(|window| window.not_after >= before));
            }
            gone.retain(|id| !rows.contains_key(id));
            history.push(rows.clone());
        }
        Self { edits, history }
    }

    fn head(&self) -> usize {
        self.edits.len()
    }

    /// The batch from `revision - 1` to `revision`, in `parts` parts.
    fn delta(&self, revision: usize, parts: usize) -> Vec<GrantBatch> {
        let edit = &self.edits[revision - 1];
        let mut batches =
            split(revision - 1, revision, parts, &edit.upserts, &edit.removals, edit.expired_before);
        // A snapshot and a delta to the same revision are built at different times.
        for batch in &mut batches {
            batch.issued_at = batch.issued_at.plus_ms(1);
        }
        batches
    }

    /// Everything at `revision`.
    fn snapshot(&self, revision: usize, parts: usize) -> Vec<GrantBatch> {
        let rows: Vec<Grant> = self.history[revision].values().cloned().collect();
        split(0, revision, parts, &rows, &[], None)
    }

    fn assert_holds(&self, table: &GrantTable) {
        let revision = usize::try_from(table.position().revision).unwrap();
        let rows: Rows = table.iter().map(|grant| (grant.id(), grant.grant())).collect();
        assert_eq!(rows, self.history[revision], "at revision {revision}");
        let kept_out = rows.values().filter(|grant| grant.min_version > CONTRACT_VERSION).count();
        assert_eq!(table.not_understood(), kept_out);
        assert_eq!(table.len(), rows.len());
    }
}

fn split(
    base: usize,
    revision: usize,
    parts: usize,
    upserts: &[Grant],
    removals: &[GrantId],
    expired_before: Option<UnixMs>,
) -> Vec<GrantBatch> {
    let size = upserts.len().div_ceil(parts).max(1);
    (0..parts)
        .map(|part| GrantBatch {
            epoch: 1,
            base: base as u64,
            revision: revision as u64,
            part: u16::try_from(part).unwrap(),
            parts: u16::try_from(parts).unwrap(),
            upserts: upserts.chunks(size).nth(part).unwrap_or_default().to_vec(),
            removals: if part == 0 { removals.to_vec() } else { Vec::new() },
            expired_before,
            seal_id: 1,
            issued_at: UnixMs(i64::try_from(revision * 2).unwrap()),
        })
        .collect()
}

fn empty() -> GrantTable {
    GrantTable::load(Position { epoch: 1, revision: 0 }, 1, Vec::new())
}

fn all(table: &mut GrantTable, batches: Vec<GrantBatch>) -> Result<(), ApplyError> {
    for batch in batches {
        table.apply(batch)?;
    }
    Ok(())
}

fn site(posture: PostureMode, time_quality: TimeQuality, lease: Lease) -> Site {
    Site { posture, time_quality, lease, policy: SitePolicy::default() }
}

fn open_site() -> Site {
    let lease = Lease { heartbeat_at: Some(UnixMs(0)), until: None };
    site(PostureMode::Normal, TimeQuality::Synchronised, lease)
}

fn attempt(credential: u8, door: u128, at: i64) -> Attempt {
    Attempt { presented: pin(credential), door: door_id(door), at: UnixMs(at), locked_out: false }
}

prop_compose! {
    fn any_site()(
        posture in prop_oneof![
            Just(PostureMode::Normal), Just(PostureMode::Lockdown), Just(PostureMode::Emergency)
        ],
        time_quality in prop_oneof![
            Just(TimeQuality::Unknown), Just(TimeQuality::Holdover), Just(TimeQuality::Synchronised)
        ],
        until in prop::option::of((0_i64..20).prop_map(UnixMs)),
        staff_with_unknown_clock in any::<bool>(),
        silent_ms in prop_oneof![
            Just(0), Just(TECHNICIAN_LEASE_MS - 10), Just(VISITOR_LEASE_MS - 10), Just(STAFF_LEASE_MS - 10)
        ],
    ) -> Site {
        let lease = Lease { heartbeat_at: Some(UnixMs(-silent_ms)), until };
        let site = site(posture, time_quality, lease);
        Site { policy: SitePolicy { staff_with_unknown_clock, ..site.policy }, ..site }
    }
}

prop_compose! {
    fn any_attempt()(
        credential in 1_u8..6, door in 1_u128..5, at in 0_i64..20, locked_out in prop::bool::weighted(0.1),
    ) -> Attempt {
        Attempt { locked_out, ..attempt(credential, door, at) }
    }
}

type Sieve<'a> = (RefusalReason, Box<dyn Fn(&Grant) -> bool + 'a>);

/// The decision as one would explain it, over a plain list.
fn explain(grants: &[Grant], site: &Site, attempt: &Attempt) -> Result<Vec<GrantId>, RefusalReason> {
    if attempt.locked_out {
        return Err(RefusalReason::LockedOut);
    }
    let mut left: Vec<&Grant> =
        grants.iter().filter(|grant| grant.credentials.contains(&attempt.presented)).collect();
    let visitor = |grant: &Grant| grant.class == GrantClass::Visitor;
    let limit_ms = |grant: &Grant| match grant.class {
        GrantClass::Visitor => 7 * 86_400_000,
        GrantClass::Staff => 30 * 86_400_000,
        GrantClass::Technician => 86_400_000,
    };
    let here =
        |grant: &Grant| grant.doors.iter().filter(|w| w.door == attempt.door).copied().collect::<Vec<_>>();
    let now = attempt.at;
    let sieves: [Sieve; 8] = [
        (RefusalReason::Unknown, Box::new(|_| true)),
        (RefusalReason::Version, Box::new(|grant| grant.min_version <= CONTRACT_VERSION)),
        (RefusalReason::WrongDoor, Box::new(|grant| !here(grant).is_empty())),
        (
            RefusalReason::ClockUnknown,
            Box::new(|grant| {
                site.time_quality != TimeQuality::Unknown
                    || (!visitor(grant) && site.policy.staff_with_unknown_clock)
            }),
        ),
        (
            RefusalReason::TooLate,
            Box::new(|grant| {
                here(grant).iter().any(|w| now < w.not_before || (w.not_before <= now && now < w.not_after))
            }),
        ),
        (
            RefusalReason::TooEarly,
            Box::new(|grant| here(grant).iter().any(|w| w.not_before <= now && now < w.not_after)),
        ),
        (
            RefusalReason::LeaseEnded,
            Box::new(|grant| {
                now.ms_since(site.lease.heartbeat_at.unwrap()) < limit_ms(grant)
                    && site.lease.until.is_none_or(|until| now < until)
            }),
        ),
        (RefusalReason::Lockdown, Box::new(|grant| site.posture != PostureMode::Lockdown || grant.responder)),
    ];
    // The reason is that of the last sieve that anything reached.
    for (reason, passes) in &sieves {
        if left.is_empty() {
            return Err(RefusalReason::Unknown);
        }
        let through: Vec<&Grant> = left.iter().copied().filter(|grant| passes(grant)).collect();
        if through.is_empty() {
            return Err(*reason);
        }
        left = through;
    }
    Ok(left.into_iter().map(|grant| grant.id).collect())
}

proptest! {
    /// The decision agrees with its explanation: same yes, same grant, same one reason.
    #[test]
    fn the_decision_is_what_one_would_explain(
        grants in prop::collection::vec(grant(), 0..8),
        site in any_site(),
        attempt in any_attempt(),
    ) {
        let table = GrantTable::load(Position { epoch: 1, revision: 1 }, 1, grants);
        let rows: Vec<Grant> = table.iter().map(KeptGrant::grant).collect();
        match (decide(&table, &site, &attempt), explain(&rows, &site, &attempt)) {
            (Decision::Admit { grant }, Ok(grants)) => prop_assert!(grants.contains(&grant)),
            (Decision::Refuse { reason, .. }, Err(expected)) => prop_assert_eq!(reason, expected),
            (decided, expected) => prop_assert!(false, "{:?} but {:?}", decided, expected),
        }
    }

    /// An expired, revoked or foreign grant never opens, whatever was delivered and in whatever order.
    #[test]
    fn an_expired_revoked_or_foreign_grant_never_opens(
        edits in prop::collection::vec(edit(), 1..8),
        picks in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 1..30),
        attempts in prop::collection::vec(any_attempt(), 1..20),
    ) {
        let cloud = Cloud::new(edits);
        let mut table = empty();
        for (pick, snapshot) in picks {
            let revision = pick.index(cloud.head()) + 1;
            let batches =
                if snapshot { cloud.snapshot(revision, 1) } else { cloud.delta(revision, 1) };
            for batch in batches {
                // Refused or not: what holds is judged by the position alone.
                drop(table.apply(batch));
            }
            let holds = &cloud.history[usize::try_from(table.position().revision).unwrap()];
            for attempt in &attempts {
                if let Decision::Admit { grant } = decide(&table, &open_site(), attempt) {
                    let rightful = holds.get(&grant).is_some_and(|grant| {
                        grant.credentials.contains(&attempt.presented)
                            && grant.doors.iter().any(|window| {
                                window.door == attempt.door
                                    && window.not_before <= attempt.at
                                    && attempt.at < window.not_after
                            })
                    });
                    prop_assert!(rightful, "{:?} was opened by {:?}", attempt, grant);
                }
            }
        }
    }

    /// A gap never leads to a wrong table: parts lost, doubled and shuffled, the table is always what the
    /// cloud had at that very revision.
    #[test]
    fn a_gap_never_leads_to_a_wrong_table(
        edits in prop::collection::vec(edit(), 1..6),
        parts in 1_usize..4,
        picks in prop::collection::vec(any::<prop::sample::Index>(), 0..60),
    ) {
        let cloud = Cloud::new(edits);
        let all: Vec<GrantBatch> = (1..=cloud.head())
            .flat_map(|revision| {
                let mut batches = cloud.delta(revision, parts);
                batches.extend(cloud.snapshot(revision, parts));
                batches
            })
            .collect();
        let mut table = empty();
        for pick in picks {
            let before = table.position();
            match table.apply(all[pick.index(all.len())].clone()) {
                Ok(Applied::Whole(step)) => {
                    prop_assert_eq!(step.position, table.position());
                    prop_assert!(table.position() >= before);
                }
                Ok(Applied::Collecting { .. }) | Err(_) => prop_assert_eq!(table.position(), before),
            }
            cloud.assert_holds(&table);
        }
    }

    /// A snapshot equals the sum of the deltas, in any number of parts.
    #[test]
    fn a_snapshot_equals_the_sum_of_the_deltas(
        edits in prop::collection::vec(edit(), 1..8),
        parts in 1_usize..5,
        attempts in prop::collection::vec(any_attempt(), 1..20),
    ) {
        let cloud = Cloud::new(edits);
        let (mut stepwise, mut at_once) = (empty(), empty());
        for revision in 1..=cloud.head() {
            all(&mut stepwise, cloud.delta(revision, parts)).unwrap();
        }
        all(&mut at_once, cloud.snapshot(cloud.head(), parts)).unwrap();
        cloud.assert_holds(&stepwise);
        cloud.assert_holds(&at_once);
        for attempt in &attempts {
            let admits = |table| matches!(decide(table, &open_site(), attempt), Decision::Admit { .. });
            prop_assert_eq!(admits(&stepwise), admits(&at_once));
        }
    }

    /// Applying twice equals once.
    #[test]
    fn applying_twice_equals_once(
        edits in prop::collection::vec(edit(), 1..6),
        parts in 1_usize..4,
        snapshot in any::<bool>(),
    ) {
        let cloud = Cloud::new(edits);
        let mut table = empty();
        for revision in 1..=cloud.head() {
            let batches =
                if snapshot { cloud.snapshot(revision, parts) } else { cloud.delta(revision, parts) };
            all(&mut table, batches.clone()).unwrap();
            cloud.assert_holds(&table);
            let again = all(&mut table, batches);
            prop_assert!(matches!(again, Err(ApplyError::Replayed { .. })), "{:?}", again);
            cloud.assert_holds(&table);
        }
    }

    /// What was taken back never opens again: not by a later batch, not by a snapshot, not in another epoch, not after
    /// a restart; and the table is still what the cloud says it is.
    #[test]
    fn what_was_taken_back_never_opens_again(
        story in prop::collection::vec(
            (prop::collection::vec(grant(), 0..4), prop::collection::vec((1_u128..8).prop_map(grant_id), 0..3), 0_u8..3),
            1..12,
        ),
        attempts in prop::collection::vec(any_attempt(), 1..20),
        restart_after in any::<prop::sample::Index>(),
    ) {
        let mut table = empty();
        let mut taken_back = Vec::new();
        let mut disk = BTreeMap::new();
        let restart_after = restart_after.index(story.len());
        for (step, (upserts, removals, kind)) in story.into_iter().enumerate() {
            let Position { epoch, revision } = table.position();
            let before: Vec<Grant> = table.iter().map(KeptGrant::grant).collect();
            let next = match kind {
                0 => GrantBatch { removals, ..batch(revision, revision + 1, upserts) },
                1 => batch(0, revision + 1, upserts),
                _ => GrantBatch { epoch: epoch + 1, ..batch(0, 1, upserts) },
            };
            let epoch = epoch + u64::from(kind == 2);
            let next = GrantBatch { epoch, issued_at: UnixMs(0), ..next };
            if kind == 1 {
                let absent = before.iter().filter(|old| !next.upserts.iter().any(|new| new.id == old.id));
                taken_back.extend(absent.filter(|old| !old.doors.is_empty()).map(|old| old.id));
            }
            taken_back.extend(&next.removals);
            let mut rows: Rows = if kind == 0 {
                before.into_iter().filter(|old| !next.removals.contains(&old.id)).map(|old| (old.id, old)).collect()
            } else {
                Rows::new()
            };
            for grant in next.upserts.clone() {
                let kept_out = grant.min_version > CONTRACT_VERSION;
                let min_version = if kept_out { u16::MAX } else { grant.min_version };
                rows.insert(grant.id, Grant { min_version, ..grant });
            }
            let Applied::Whole(done) = table.apply(next).unwrap() else { unreachable!() };
            disk.extend(done.taken_back);
            if step == restart_after {
                let kept = table.iter().cloned().collect();
                let Position { epoch, revision } = table.position();
                let position = Position { epoch, revision };
                table = GrantTable::restore(position, 1, kept, disk.clone().into_iter().collect());
            }
            let held: Rows = table.iter().map(|grant| (grant.id(), grant.grant())).collect();
            prop_assert_eq!(&held, &rows);
            let sum = rows.values().fold(TableHash::default(), |sum, grant| sum.with(&row_hash(grant)));
            prop_assert_eq!(table.hash(), sum);
            for attempt in &attempts {
                if let Decision::Admit { grant } = decide(&table, &open_site(), attempt) {
                    prop_assert!(!taken_back.contains(&grant), "{:?} opened again", grant);
                }
            }
        }
    }

    /// The step that is stored leads a plain store to the very same rows.
    #[test]
    fn what_is_stored_is_what_is_held(
        edits in prop::collection::vec(edit(), 1..8),
        snapshots in prop::collection::vec(any::<bool>(), 8),
    ) {
        let cloud = Cloud::new(edits);
        let mut table = empty();
        let mut disk = Rows::new();
        for revision in 1..=cloud.head() {
            let batch = if snapshots[revision - 1] {
                cloud.snapshot(revision, 1)
            } else {
                cloud.delta(revision, 1)
            };
            let Applied::Whole(step) = table.apply(batch[0].clone()).unwrap() else { unreachable!() };
            if step.replace {
                disk.clear();
            }
            disk.retain(|id, _| !step.removals.contains(id));
            disk.extend(step.upserts.iter().map(|grant| (grant.id(), grant.grant())));
            if let Some(before) = step.expired_before {
                disk.retain(|_, grant| grant.doors.iter().any(|window| window.not_after >= before));
            }
            let held: Rows = table.iter().map(|grant| (grant.id(), grant.grant())).collect();
            prop_assert_eq!(&disk, &held);
        }
    }
}

fn simple(id: u128, credential: u8) -> Grant {
    Grant {
        id: grant_id(id),
        class: GrantClass::Visitor,
        booking_number: 12,
        doors: vec![DoorWindow { door: door_id(1), not_before: UnixMs(10), not_after: UnixMs(20) }],
        credentials: vec![pin(credential)],
        zones: Vec::new(),
        starts_at: UnixMs(12),
        ends_at: UnixMs(18),
        min_version: CONTRACT_VERSION,
        responder: false,
    }
}

fn batch(base: u64, revision: u64, upserts: Vec<Grant>) -> GrantBatch {
    GrantBatch {
        epoch: 1,
        base,
        revision,
        part: 0,
        parts: 1,
        upserts,
        removals: Vec::new(),
        expired_before: None,
        seal_id: 1,
        issued_at: UnixMs(1),
    }
}

#[test]
fn a_window_holds_its_first_instant_and_not_its_last() {
    let mut table = empty();
    table.apply(batch(0, 1, vec![simple(1, 1)])).unwrap();
    let at = |ms| decide(&table, &open_site(), &attempt(1, 1, ms));
    let refused = |reason| Decision::Refuse { reason, grant: Some(grant_id(1)) };
    assert_eq!(at(9), refused(RefusalReason::TooEarly));
    assert_eq!(at(10), Decision::Admit { grant: grant_id(1) });
    assert_eq!(at(19), Decision::Admit { grant: grant_id(1) });
    assert_eq!(at(20), refused(RefusalReason::TooLate));
}

#[test]
fn a_lease_holds_until_its_end_and_for_each_class_not_longer_than_its_own() {
    let mut long = simple(1, 1);
    long.doors[0].not_after = UnixMs(i64::MAX);
    for (class, longest_ms) in [
        (GrantClass::Visitor, VISITOR_LEASE_MS),
        (GrantClass::Staff, STAFF_LEASE_MS),
        (GrantClass::Technician, TECHNICIAN_LEASE_MS),
    ] {
        let mut table = empty();
        table.apply(batch(0, 1, vec![Grant { class, ..long.clone() }])).unwrap();
        for (until, end_ms) in [(None, longest_ms), (Some(1_000), 1_000), (Some(i64::MAX), longest_ms)] {
            let lease = Lease { heartbeat_at: Some(UnixMs(0)), until: until.map(UnixMs) };
            let site = Site { lease, ..open_site() };
            let at = |ms| decide(&table, &site, &attempt(1, 1, ms));
            assert_eq!(at(end_ms - 1), Decision::Admit { grant: grant_id(1) });
            let refused = Decision::Refuse { reason: RefusalReason::LeaseEnded, grant: Some(grant_id(1)) };
            assert_eq!(at(end_ms), refused);
        }
    }
}

#[test]
fn a_revoked_grant_is_told_from_an_unknown_one_also_after_a_snapshot() {
    let mut table = empty();
    table.apply(batch(0, 1, vec![simple(1, 1)])).unwrap();
    table.apply(GrantBatch { removals: vec![grant_id(1)], ..batch(1, 2, vec![]) }).unwrap();
    let now = |table: &GrantTable| decide(table, &open_site(), &attempt(1, 1, 15));
    let revoked = Decision::Refuse { reason: RefusalReason::Revoked, grant: Some(grant_id(1)) };
    assert_eq!(now(&table), revoked);
    // A live grant with the same PIN comes first.
    table.apply(batch(2, 3, vec![simple(2, 1)])).unwrap();
    assert_eq!(now(&table), Decision::Admit { grant: grant_id(2) });
    table.apply(batch(0, 4, vec![])).unwrap();
    assert!(matches!(now(&table), Decision::Refuse { reason: RefusalReason::Revoked, .. }));
}

#[test]
fn a_grant_from_the_future_stays_out_also_after_an_upgrade() {
    let mut table = empty();
    let future = Grant { min_version: CONTRACT_VERSION + 1, ..simple(1, 1) };
    let Applied::Whole(step) = table.apply(batch(0, 1, vec![future])).unwrap() else { unreachable!() };
    assert_eq!(table.not_understood(), 1);
    let refused = Decision::Refuse { reason: RefusalReason::Version, grant: Some(grant_id(1)) };
    assert_eq!(decide(&table, &open_site(), &attempt(1, 1, 15)), refused);
    // On disk it is beyond every version: what restricted it was lost when it was read.
    assert_eq!(step.upserts[0].grant().min_version, u16::MAX);
    table.apply(batch(1, 2, vec![simple(1, 1)])).unwrap();
    assert_eq!(table.not_understood(), 0);
}

#[test]
fn a_new_epoch_begins_with_a_snapshot_and_ends_the_old_one() {
    let mut table = empty();
    table.apply(batch(0, 9, vec![simple(1, 1)])).unwrap();
    let delta = GrantBatch { epoch: 2, ..batch(9, 10, vec![]) };
    assert!(matches!(table.apply(delta), Err(ApplyError::Gap { .. })));
    table.apply(GrantBatch { epoch: 2, ..batch(0, 1, vec![simple(2, 2)]) }).unwrap();
    assert_eq!(table.position(), Position { epoch: 2, revision: 1 });
    assert!(table.get(grant_id(1)).is_none());
    assert!(matches!(table.apply(batch(9, 10, vec![])), Err(ApplyError::Replayed { .. })));
}

#[test]
fn only_a_snapshot_changes_the_sealing_secret() {
    let mut table = empty();
    table.apply(batch(0, 1, vec![simple(1, 1)])).unwrap();
    let delta = GrantBatch { seal_id: 2, ..batch(1, 2, vec![]) };
    assert_eq!(table.apply(delta), Err(ApplyError::Sealed { own: 1, offered: 2 }));
    table.apply(GrantBatch { seal_id: 2, ..batch(0, 2, vec![]) }).unwrap();
    assert_eq!(table.seal_id(), 2);
}

#[test]
fn a_snapshot_of_the_same_position_mends_a_wrong_table_and_is_a_replay_otherwise() {
    let position = Position { epoch: 1, revision: 3 };
    let mut table = GrantTable::load(position, 1, vec![simple(1, 1), simple(2, 2)]);
    table.apply(batch(0, 3, vec![simple(1, 1)])).unwrap();
    assert_eq!(table.len(), 1);
    assert!(matches!(table.apply(batch(0, 3, vec![simple(1, 1)])), Err(ApplyError::Replayed { .. })));
}

#[test]
fn what_is_beyond_bounds_or_contradicts_itself_changes_nothing() {
    let mut table = empty();
    table.apply(batch(0, 1, vec![simple(1, 1)])).unwrap();
    let mut doors = simple(2, 2);
    doors.doors = vec![doors.doors[0]; protocols_wire::DOORS_MAX + 1];
    let mut credentials = simple(2, 2);
    credentials.credentials = vec![pin(2); protocols_wire::CREDENTIALS_MAX + 1];
    let mut zones = simple(2, 2);
    zones.zones = vec![protocols_ids::ZoneId::new(Uuid::from_u128(1)); protocols_wire::ZONES_MAX + 1];
    for grant in [doors, credentials, zones] {
        assert_eq!(table.apply(batch(1, 2, vec![grant])), Err(ApplyError::TooLarge));
    }
    let parts = GrantBatch { parts: PARTS_MAX + 1, ..batch(1, 2, vec![]) };
    assert_eq!(table.apply(parts), Err(ApplyError::TooLarge));
    for bad in [
        GrantBatch { parts: 0, ..batch(1, 2, vec![]) },
        GrantBatch { part: 1, ..batch(1, 2, vec![]) },
        batch(1, 1, vec![]),
        batch(2, 1, vec![]),
    ] {
        assert_eq!(table.apply(bad), Err(ApplyError::Impossible));
    }
    assert_eq!((table.position().revision, table.len()), (1, 1));
}
