//! What a bus knows about one of its devices, and what waits to be done there.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use protocols_fieldbus::nodes::Indicator;
use tokio::time::Instant;

use crate::node_run::{NodeRun, QueuedEvent, comes_after};
use crate::plan::DevicePlan;

/// The first pause after a device did not answer.
const RETRY_FIRST: Duration = Duration::from_millis(250);
/// The longest pause: a dead device takes its bus one time-out in this span.
const RETRY_MAX: Duration = Duration::from_secs(8);
/// So many exchanges must fail in a row before a device is given up: one lost packet is no alarm.
const FAILURES_MAX: u8 = 3;
/// What switches something on is dropped when it could not be sent for this long: whoever was let in then is no
/// longer where the core believes.
const SWITCH_ON_WITHIN: Duration = Duration::from_secs(2);
/// Writes that wait for one device: more than it has points.
const WRITES_MAX: usize = 64;
/// A write that was not answered is tried once more: writing the same value again does no harm.
const WRITE_ATTEMPTS: u8 = 2;
/// How far a node's uptime may stray from ours before that means a restart, beside the time that an answer may
/// take and a thousandth of the time between: crystals are a hundred times better.
const UPTIME_STRAY: Duration = Duration::from_millis(500);

/// ```text
///             found                     FAILURES_MAX in a row, bus gone, restarted
/// Absent ──────────────▶ Present ─────────────────────────────────────────────────▶ Absent
///   └─ asked in vain, with a longer pause each time ─┘
/// ```
#[derive(Debug)]
pub(crate) enum Presence {
    /// Does not answer, or was not asked yet.
    Absent {
        /// Whether the core knows.
        told: bool,
        try_at: Instant,
        pause: Duration,
    },
    /// Was found to be what its profile says, and answers.
    Present { poll_at: Instant, failures: u8 },
}

/// A write to a point.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Write {
    pub(crate) output: Output,
    pub(crate) on: bool,
    pub(crate) since: Instant,
    pub(crate) attempts: u8,
}

/// Where a point's value is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Output {
    Coil(u16),
    Register(u16),
}

/// The last read of one of our own nodes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Read {
    sequence: u16,
    uptime_ms: u32,
    dropped: u16,
    at: Instant,
}

/// One device.
#[derive(Debug)]
pub(crate) struct Device {
    pub(crate) plan: DevicePlan,
    pub(crate) presence: Presence,
    writes: VecDeque<Write>,
    indicator: Option<(Indicator, Instant)>,
    /// A confirmation that the node has not taken yet.
    confirm: Option<u16>,
    /// The last event that the core was told.
    told: Option<u16>,
    /// The last event that the core has on disk.
    confirmed: Option<u16>,
    read: Option<Read>,
    inputs: BTreeMap<String, bool>,
}

/// A read of a node that is not a step forward from the one before: a late answer, or the node has restarted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct NotAfter;

impl Device {
    pub(crate) fn new(plan: DevicePlan, now: Instant) -> Self {
        Self {
            plan,
            presence: Presence::Absent { told: false, try_at: now, pause: RETRY_FIRST },
            writes: VecDeque::new(),
            indicator: None,
            confirm: None,
            told: None,
            confirmed: None,
            read: None,
            inputs: BTreeMap::new(),
        }
    }

    pub(crate) fn is_present(&self) -> bool {
        matches!(self.presence, Presence::Present { .. })
    }

    /// When this device wants to be asked next, be it to find it or to poll it.
    pub(crate) fn due(&self) -> Instant {
        match self.presence {
            Presence::Absent { try_at, .. } => try_at,
            Presence::Present { poll_at, .. } => poll_at,
        }
    }

    /// Takes in sequence and uptime of one of our own nodes on a new connection; answers whether it has begun anew
    /// since the last run that was read, or was never read. What was remembered of its events means nothing then,
    /// and the answer stays the same until a run is read: the device may have to be asked again before it is found.
    pub(crate) fn take_start(&mut self, sequence: u16, uptime_ms: u32, now: Instant) -> bool {
        let goes_on = self.read.is_some_and(|before| self.follows(before, sequence, uptime_ms, now));
        if !goes_on {
            self.told = None;
            self.confirmed = None;
            self.read = None;
        }
        !goes_on
    }

    /// It is what its profile says.
    pub(crate) fn found(&mut self, now: Instant) {
        self.presence = Presence::Present { poll_at: now, failures: 0 };
        self.inputs.clear();
    }

    /// An exchange succeeded.
    pub(crate) fn answered(&mut self) {
        if let Presence::Present { failures, .. } = &mut self.presence {
            *failures = 0;
        }
    }

    /// A poll begins; the next one is due a whole period later.
    pub(crate) fn polling(&mut self, now: Instant) {
        let next = now + self.plan.poll_every();
        if let Presence::Present { poll_at, .. } = &mut self.presence {
            *poll_at = next;
        }
    }

    /// An exchange failed. Answers whether the core is to be told that the device is lost.
    pub(crate) fn failed(&mut self, now: Instant) -> bool {
        match &mut self.presence {
            Presence::Present { failures, .. } if *failures + 1 < FAILURES_MAX => {
                *failures += 1;
                false
            }
            Presence::Present { .. } | Presence::Absent { .. } => self.lose(now),
        }
    }

    /// Gives the device up for now. Answers whether the core is to be told. What waited is forgotten: the core
    /// says anew what it wants when the device is found.
    pub(crate) fn lose(&mut self, now: Instant) -> bool {
        self.writes.clear();
        self.indicator = None;
        self.confirm = None;
        let (told, pause) = match self.presence {
            Presence::Present { .. } => (false, RETRY_FIRST),
            Presence::Absent { told, pause, .. } => (told, pause),
        };
        self.presence =
            Presence::Absent { told: true, try_at: now + pause, pause: (pause * 2).min(RETRY_MAX) };
        !told
    }

    /// Queues a write; refused when the device does not answer or too many wait.
    pub(crate) fn queue_write(&mut self, write: Write) -> bool {
        let accepted = self.is_present() && self.writes.len() < WRITES_MAX;
        if accepted {
            self.writes.push_back(write);
        }
        accepted
    }

    /// The next write; those that come too late are dropped.
    pub(crate) fn next_write(&mut self, now: Instant) -> Option<Write> {
        while let Some(write) = self.writes.pop_front() {
            if !write.on || now.duration_since(write.since) < SWITCH_ON_WITHIN {
                return Some(write);
            }
            tracing::warn!(device = %self.plan.name, output = ?write.output, "dropped what came too late to be switched on");
        }
        None
    }

    /// Puts a write that failed back in front, if it may be tried again.
    pub(crate) fn try_again(&mut self, write: Write) {
        if self.is_present() && write.attempts + 1 < WRITE_ATTEMPTS {
            self.writes.push_front(Write { attempts: write.attempts + 1, ..write });
        }
    }

    pub(crate) fn has_write(&self) -> bool {
        !self.writes.is_empty()
    }

    pub(crate) fn queue_indicator(&mut self, indicator: Indicator, now: Instant) {
        if self.is_present() {
            self.indicator = Some((indicator, now));
        }
    }

    pub(crate) fn has_indicator(&self) -> bool {
        self.indicator.is_some()
    }

    pub(crate) fn take_indicator(&mut self, now: Instant) -> Option<Indicator> {
        let (indicator, since) = self.indicator.take()?;
        (now.duration_since(since) < SWITCH_ON_WITHIN).then_some(indicator)
    }

    pub(crate) fn queue_confirm(&mut self, sequence: u16) {
        self.confirmed = Some(sequence);
        if self.is_present() {
            self.confirm = Some(sequence);
        }
    }

    pub(crate) fn confirm_due(&self) -> Option<u16> {
        self.confirm
    }

    /// The node has taken the confirmation of `sequence`.
    pub(crate) fn confirm_taken(&mut self, sequence: u16) {
        if self.confirm == Some(sequence) {
            self.confirm = None;
        }
    }

    /// Takes in a read of one of our own nodes; answers with the events that the core has not been told yet, each
    /// with its age in milliseconds.
    pub(crate) fn take_run(
        &mut self,
        run: &NodeRun,
        now: Instant,
    ) -> Result<Vec<(QueuedEvent, u32)>, NotAfter> {
        if self.read.is_some_and(|before| !self.follows(before, run.sequence, run.uptime_ms, now)) {
            return Err(NotAfter);
        }
        if let Some(lost) =
            self.read.map(|before| run.dropped.saturating_sub(before.dropped)).filter(|n| *n > 0)
        {
            tracing::warn!(device = %self.plan.name, lost, "the node had no room for events");
        }
        self.read =
            Some(Read { sequence: run.sequence, uptime_ms: run.uptime_ms, dropped: run.dropped, at: now });
        // The node still shows what was confirmed: the confirmation got lost on its way.
        let first = run.events.first().map(|event| event.sequence);
        if let (Some(first), Some(confirmed)) = (first, self.confirmed)
            && !comes_after(first, confirmed)
        {
            self.confirm = Some(confirmed);
        }
        let told = self.told;
        let new: Vec<_> = run
            .events
            .iter()
            .filter(|event| told.is_none_or(|told| comes_after(event.sequence, told)))
            .map(|event| (*event, run.age_ms(*event)))
            .collect();
        if let Some((last, _)) = new.last() {
            self.told = Some(last.sequence);
        }
        Ok(new)
    }

    /// Whether a read is a step forward from the one `before`: its sequence rises, and the node's uptime goes as
    /// our clock does.
    fn follows(&self, before: Read, sequence: u16, uptime_ms: u32, now: Instant) -> bool {
        let elapsed = now.duration_since(before.at);
        let stray = UPTIME_STRAY + self.plan.timeout() + elapsed / 1_000;
        // Both wrap after 49 days.
        let off = uptime_ms.wrapping_sub(before.uptime_ms.wrapping_add(low_word(elapsed)));
        let off = Duration::from_millis(u64::from(off.min(off.wrapping_neg())));
        comes_after(sequence, before.sequence) && off <= stray
    }

    /// Takes in the state of an input; answers whether it is new.
    pub(crate) fn take_input(&mut self, name: &str, on: bool) -> bool {
        if self.inputs.get(name) == Some(&on) {
            return false;
        }
        self.inputs.insert(name.to_owned(), on);
        true
    }
}

fn low_word(elapsed: Duration) -> u32 {
    let wrapped = elapsed.as_millis() % (u128::from(u32::MAX) + 1);
    u32::try_from(wrapped).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Profiles;
    use protocols_fieldbus::profile::Profile;
    use protocols_ids::{DeviceId, Uuid};

    fn device(now: Instant) -> Device {
        let plan = DevicePlan {
            id: DeviceId::new(Uuid::from_u128(1)),
            name: "Entrén".into(),
            unit: 1,
            profile: match Profiles::built_in().unwrap().get("hallport-door-node") {
                Some(Profile::Modbus(profile)) => profile.clone(),
                other => panic!("{other:?}"),
            },
            setup: vec![],
        };
        let mut device = Device::new(plan, now);
        device.found(now);
        device
    }

    fn run(sequence: u16, uptime_ms: u32, events: &[u16]) -> NodeRun {
        let events = events
            .iter()
            .map(|sequence| QueuedEvent { sequence: *sequence, code: 0x0101, uptime_ms })
            .collect();
        NodeRun { sequence, uptime_ms, dropped: 0, events }
    }

    fn sequences(told: Result<Vec<(QueuedEvent, u32)>, NotAfter>) -> Vec<u16> {
        told.unwrap().iter().map(|(event, _)| event.sequence).collect()
    }

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn an_event_is_told_once_however_often_the_node_shows_it() {
        let now = Instant::now();
        let mut device = device(now);
        assert_eq!(sequences(device.take_run(&run(1, 100, &[65_535, 0]), now)), [65_535, 0]);
        assert_eq!(sequences(device.take_run(&run(2, 120, &[65_535, 0, 1]), now)), [1]);
        assert_eq!(sequences(device.take_run(&run(3, 140, &[65_535, 0, 1]), now)), [] as [u16; 0]);
        // Also when the connection was lost in between.
        device.lose(now);
        device.take_start(8, 150, now);
        device.found(now);
        assert_eq!(sequences(device.take_run(&run(9, 160, &[65_535, 0, 1, 2]), now)), [2]);
    }

    #[test]
    fn a_late_answer_is_not_taken() {
        let now = Instant::now();
        let mut device = device(now);
        device.take_run(&run(5, 100, &[]), now).unwrap();
        assert_eq!(device.take_run(&run(5, 100, &[7]), now), Err(NotAfter));
        device.take_run(&run(6, 120, &[]), now).unwrap();
        assert_eq!(device.take_run(&run(4, 80, &[7]), now), Err(NotAfter));
    }

    #[test]
    fn a_restarted_node_is_noticed_and_its_events_count_from_the_beginning() {
        let now = Instant::now();
        let mut device = device(now);
        device.take_run(&run(5, 3_600_000, &[40]), now).unwrap();
        // Sequence and uptime have grown beyond the old ones before we ask again.
        let later = now + SECOND * 8;
        assert_eq!(device.take_run(&run(6, 7_200_000, &[1]), later), Err(NotAfter));
        assert!(device.take_start(7, 7_200_010, later));
        assert_eq!(sequences(device.take_run(&run(8, 7_200_020, &[1]), later)), [1]);
    }

    #[test]
    fn a_node_that_restarts_at_once_is_noticed_too() {
        let now = Instant::now();
        let mut device = device(now);
        assert!(device.take_start(4, 90, now), "never read before");
        device.take_run(&run(5, 100, &[1]), now).unwrap();
        assert!(device.take_start(1, 120, now));
    }

    #[test]
    fn a_lost_connection_is_no_restart_and_reads_of_the_old_one_may_have_counted_or_not() {
        let now = Instant::now();
        let mut device = device(now);
        device.take_run(&run(5, 100_000, &[1]), now).unwrap();
        assert!(!device.take_start(8, 101_020, now + SECOND));
        assert_eq!(sequences(device.take_run(&run(9, 101_040, &[1, 2]), now + SECOND)), [2]);
    }

    #[test]
    fn a_device_that_is_asked_again_before_it_was_found_answers_the_same() {
        let now = Instant::now();
        let mut device = device(now);
        device.take_run(&run(5, 100_000, &[1]), now).unwrap();
        assert!(!device.take_start(6, 101_000, now + SECOND));
        assert!(
            !device.take_start(7, 102_000, now + SECOND * 2),
            "the core was not told of the first answer"
        );
        assert!(device.take_start(1, 500, now + SECOND * 3));
        assert!(device.take_start(2, 1_500, now + SECOND * 4), "nor of the restart");
    }

    #[test]
    fn an_uptime_that_wraps_is_no_restart() {
        let now = Instant::now();
        let mut device = device(now);
        device.take_run(&run(5, u32::MAX - 500, &[]), now).unwrap();
        assert!(device.take_run(&run(6, 499, &[]), now + SECOND).is_ok());
    }

    #[test]
    fn a_confirmation_that_got_lost_is_given_again() {
        let now = Instant::now();
        let mut device = device(now);
        device.take_run(&run(1, 100, &[1, 2]), now).unwrap();
        device.queue_confirm(2);
        device.lose(now);
        device.found(now);
        assert_eq!(device.confirm_due(), None);
        device.take_run(&run(2, 120, &[1, 2]), now).unwrap();
        assert_eq!(device.confirm_due(), Some(2));
        device.confirm_taken(2);
        device.take_run(&run(3, 140, &[3]), now).unwrap();
        assert_eq!(device.confirm_due(), None);
    }

    #[test]
    fn what_switches_on_is_dropped_when_late_and_what_switches_off_never_is() {
        let now = Instant::now();
        let mut device = device(now);
        let write = |on| Write { output: Output::Coil(0), on, since: now, attempts: 0 };
        assert!(device.queue_write(write(true)));
        assert!(device.queue_write(write(false)));
        assert_eq!(device.next_write(now + SWITCH_ON_WITHIN), Some(write(false)));
        assert_eq!(device.next_write(now), None);
    }

    #[test]
    fn a_device_that_is_lost_takes_nothing_along() {
        let now = Instant::now();
        let mut device = device(now);
        let release = Write { output: Output::Coil(0), on: true, since: now, attempts: 0 };
        device.queue_write(release);
        assert!(device.lose(now), "the core is told");
        assert!(!device.lose(now), "once");
        assert!(!device.queue_write(release), "refused while it is lost");
        device.found(now);
        assert!(!device.has_write());
    }

    #[test]
    fn one_lost_packet_is_no_alarm_and_pauses_grow_to_a_bound() {
        let now = Instant::now();
        let mut device = device(now);
        assert!(!device.failed(now));
        assert!(!device.failed(now));
        device.answered();
        assert!(!device.failed(now));
        assert!(!device.failed(now));
        assert!(device.failed(now));
        let mut pauses = vec![device.due() - now];
        for _ in 0..7 {
            assert!(!device.failed(now));
            pauses.push(device.due() - now);
        }
        assert_eq!(pauses[..3], [RETRY_FIRST, RETRY_FIRST * 2, RETRY_FIRST * 4]);
        assert_eq!(pauses[7], RETRY_MAX);
    }
}
