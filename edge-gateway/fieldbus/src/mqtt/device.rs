//! What is known of one device on the site's MQTT.

use std::collections::BTreeMap;
use std::time::Duration;

use gateway_core::Input;
use protocols_fieldbus::profile::{MqttScan, MqttStatus};
use protocols_wire::PointRef;
use serde_json::Value;

use super::clock::NodeClock;
use super::plan::{Channel, MqttDevicePlan};

/// A second, for the limit of messages.
const SECOND_MS: u64 = 1_000;
/// Scans of a device that has not told its status are older than anything.
const UNKNOWN_AGE_MS: u32 = u32::MAX;

/// ```text
///          connected               status, not retained            will, silence, broker gone
/// Away ──────────────▶ Awaited ───────────────────────▶ Present ──────────────────────────▶ Awaited
///   ▲                     │ silence: told to be lost                                            │
///   └──────── broker gone ┴─────────────────────────────────────────────────────────────────────┘
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Presence {
    /// The broker is not connected.
    Away,
    /// Shall tell a status before `until_ms`; `None` after it did not.
    Awaited { until_ms: Option<u64> },
    /// Told one; shall tell the next before `until_ms`.
    Present { until_ms: u64 },
}

/// Messages that said nothing, by why.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Dropped {
    /// Kept by the broker: what was, not what is.
    pub(crate) retained: u64,
    /// A scan that came before.
    pub(crate) again: u64,
    /// Longer than the profile allows.
    pub(crate) oversized: u64,
    /// Beyond the profile's messages a second.
    pub(crate) too_many: u64,
    /// Not what the profile describes.
    pub(crate) not_understood: u64,
}

/// A message of the device.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Message<'a> {
    /// Below the device's root.
    pub(crate) topic: &'a str,
    pub(crate) retained: bool,
    pub(crate) payload: &'a [u8],
}

/// One device. Times are milliseconds of the driver's own clock.
#[derive(Debug)]
pub(crate) struct MqttDevice {
    pub(crate) plan: MqttDevicePlan,
    presence: Presence,
    /// The core believes that it is lost.
    told_lost: bool,
    clock: Option<NodeClock>,
    start: Option<String>,
    uptime_ms: Option<u64>,
    sequence: Option<u64>,
    inputs: BTreeMap<String, bool>,
    second: (u64, u32),
    pub(crate) dropped: Dropped,
}

/// The payload is not what the profile describes.
struct NotUnderstood;

impl MqttDevice {
    pub(crate) fn new(plan: MqttDevicePlan) -> Self {
        Self {
            plan,
            presence: Presence::Away,
            told_lost: false,
            clock: None,
            start: None,
            uptime_ms: None,
            sequence: None,
            inputs: BTreeMap::new(),
            second: (0, 0),
            dropped: Dropped::default(),
        }
    }

    pub(crate) const fn is_present(&self) -> bool {
        matches!(self.presence, Presence::Present { .. })
    }

    /// The broker lets us hear the device.
    pub(crate) fn connected(&mut self, now_ms: u64) {
        self.presence = Presence::Awaited { until_ms: Some(self.deadline(now_ms)) };
    }

    /// The broker is gone, and the device with it.
    pub(crate) fn disconnected(&mut self) -> Option<Input> {
        self.presence = Presence::Away;
        // What the broker kept is told anew.
        self.inputs.clear();
        self.lose()
    }

    /// When silence means that the device is lost.
    pub(crate) const fn due_ms(&self) -> Option<u64> {
        match self.presence {
            Presence::Away => None,
            Presence::Awaited { until_ms } => until_ms,
            Presence::Present { until_ms } => Some(until_ms),
        }
    }

    /// Time has passed.
    pub(crate) fn tick(&mut self, now_ms: u64) -> Option<Input> {
        if self.due_ms().is_none_or(|due_ms| now_ms < due_ms) {
            return None;
        }
        self.presence = Presence::Awaited { until_ms: None };
        self.lose()
    }

    /// Takes in a message; answers with what the core is told of it.
    pub(crate) fn take(&mut self, now_ms: u64, channel: Channel, message: Message<'_>) -> Vec<Input> {
        let limits = self.plan.profile.limits;
        if message.payload.len() > usize::try_from(limits.payload_bytes).unwrap_or(usize::MAX) {
            self.dropped.oversized += 1;
            return Vec::new();
        }
        if !self.has_room(now_ms, limits.messages_per_s) {
            self.dropped.too_many += 1;
            return Vec::new();
        }
        // Only inputs are a state that a broker may keep; a scan is a moment, and a status a sign of life.
        let kept = message.retained && channel != Channel::Inputs;
        let Ok(payload) = serde_json::from_slice::<Value>(message.payload) else {
            self.dropped.not_understood += 1;
            return Vec::new();
        };
        let told = match channel {
            Channel::Status => self.status(now_ms, &payload, kept),
            Channel::Scan if kept => {
                self.dropped.retained += 1;
                Ok(Vec::new())
            }
            Channel::Scan => self.scan(now_ms, &payload),
            Channel::Inputs => self.inputs(message.topic, &payload),
        };
        told.unwrap_or_else(|NotUnderstood| {
            self.dropped.not_understood += 1;
            Vec::new()
        })
    }

    fn deadline(&self, now_ms: u64) -> u64 {
        let within = Duration::from_secs(u64::from(self.plan.profile.status.within_s));
        now_ms.saturating_add(u64::try_from(within.as_millis()).unwrap_or(u64::MAX))
    }

    fn lose(&mut self) -> Option<Input> {
        let news = !self.told_lost;
        self.told_lost = true;
        news.then_some(Input::DeviceLost { device: self.plan.id })
    }

    fn has_room(&mut self, now_ms: u64, most: u32) -> bool {
        let second = now_ms / SECOND_MS;
        let (counted, count) = self.second;
        let count = if counted == second { count.saturating_add(1) } else { 1 };
        self.second = (second, count);
        count <= most
    }

    fn status(&mut self, now_ms: u64, payload: &Value, kept: bool) -> Result<Vec<Input>, NotUnderstood> {
        let status = &self.plan.profile.status;
        let state = text(payload, &status.state).ok_or(NotUnderstood)?;
        if state == status.offline {
            // Also when it was kept: then the device is away, and says so itself when it is back.
            self.presence = Presence::Awaited { until_ms: None };
            return Ok(self.lose().into_iter().collect());
        }
        if state != status.online {
            return Err(NotUnderstood);
        }
        if kept {
            self.dropped.retained += 1;
            return Ok(Vec::new());
        }
        let Life { start, uptime_ms } = Life::read(payload, status)?;
        let restarted = self.is_new(start.as_deref(), uptime_ms);
        if restarted {
            self.sequence = None;
            self.clock = uptime_ms.map(|uptime_ms| NodeClock::begin(now_ms, uptime_ms));
        } else if let (Some(clock), Some(uptime_ms)) = (&mut self.clock, uptime_ms) {
            clock.confirm(now_ms, uptime_ms);
        }
        self.start = start;
        self.uptime_ms = uptime_ms;
        let found = !self.is_present() || restarted;
        self.presence = Presence::Present { until_ms: self.deadline(now_ms) };
        self.told_lost = false;
        if !found {
            return Ok(Vec::new());
        }
        let device = self.plan.id;
        let inputs = self.inputs.iter().map(|(name, on)| self.point(name, *on));
        Ok([Input::DeviceFound { device, restarted }].into_iter().chain(inputs).collect())
    }

    /// Whether a status is the first since the device started, as far as can be known.
    fn is_new(&self, start: Option<&str>, uptime_ms: Option<u64>) -> bool {
        match (start, uptime_ms) {
            (Some(_), _) => self.start.as_deref() != start,
            (None, Some(uptime_ms)) => self.uptime_ms.is_none_or(|before_ms| uptime_ms < before_ms),
            // It cannot say.
            (None, None) => !self.is_present(),
        }
    }

    fn scan(&mut self, now_ms: u64, payload: &Value) -> Result<Vec<Input>, NotUnderstood> {
        let scan: &MqttScan = self.plan.profile.scan.as_ref().ok_or(NotUnderstood)?;
        let scanned = text(payload, &scan.text).ok_or(NotUnderstood)?.to_owned();
        let uptime_ms = number(payload, &scan.uptime_ms).ok_or(NotUnderstood)?;
        let sequence = number(payload, &scan.sequence).ok_or(NotUnderstood)?;
        let start = match &scan.start {
            Some(pointer) => Some(mark(payload, pointer).ok_or(NotUnderstood)?),
            None => None,
        };
        let of_this_start = self.is_present() && self.start == start;
        let age_ms = match &self.clock {
            Some(clock) if of_this_start => {
                if self.sequence.is_some_and(|last| sequence <= last) {
                    self.dropped.again += 1;
                    return Ok(Vec::new());
                }
                self.sequence = Some(sequence);
                clock.age_ms(now_ms, uptime_ms)
            }
            Some(_) | None => UNKNOWN_AGE_MS,
        };
        Ok(vec![Input::Code { device: self.plan.id, text: scanned, age_ms }])
    }

    /// The inputs that the profile puts on that topic.
    fn inputs(&mut self, topic: &str, payload: &Value) -> Result<Vec<Input>, NotUnderstood> {
        let mut understood = false;
        let mut told = Vec::new();
        for (name, point) in self.plan.profile.points.iter().filter(|(_, point)| point.topic == topic) {
            let Some(on) = payload.pointer(&point.state).and_then(Value::as_bool) else { continue };
            understood = true;
            let on = on != point.inverted;
            if self.inputs.insert(name.clone(), on) != Some(on) {
                told.push((name.clone(), on));
            }
        }
        if !understood {
            return Err(NotUnderstood);
        }
        // Before the device is found, its inputs are kept for then.
        let told = told.iter().filter(|_| self.is_present());
        Ok(told.map(|(name, on)| self.point(name, *on)).collect())
    }

    fn point(&self, name: &str, on: bool) -> Input {
        Input::Point { point: PointRef { device: self.plan.id, point: name.to_owned() }, on }
    }
}

/// What a status says of the device's life.
struct Life {
    start: Option<String>,
    uptime_ms: Option<u64>,
}

impl Life {
    /// What the profile points at must be there.
    fn read(payload: &Value, status: &MqttStatus) -> Result<Self, NotUnderstood> {
        let start = match &status.start {
            Some(pointer) => Some(mark(payload, pointer).ok_or(NotUnderstood)?),
            None => None,
        };
        let uptime_ms = match &status.uptime_ms {
            Some(pointer) => Some(number(payload, pointer).ok_or(NotUnderstood)?),
            None => None,
        };
        Ok(Self { start, uptime_ms })
    }
}

fn text<'p>(payload: &'p Value, pointer: &str) -> Option<&'p str> {
    payload.pointer(pointer).and_then(Value::as_str)
}

fn number(payload: &Value, pointer: &str) -> Option<u64> {
    payload.pointer(pointer).and_then(Value::as_u64)
}

/// A number or a text that is only compared.
fn mark(payload: &Value, pointer: &str) -> Option<String> {
    match payload.pointer(pointer)? {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.clone()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
#[path = "device_tests.rs"]
mod tests;
