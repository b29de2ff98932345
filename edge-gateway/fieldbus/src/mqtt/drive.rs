//! The task that owns the connection to the site's broker.

use std::collections::BTreeMap;
use std::time::Duration;

use gateway_core::Input;
use protocols_fieldbus::nodes::Indicator;
use protocols_ids::DeviceId;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::connection::{Brought, Connection, Ended};
use super::device::{Dropped, Message, MqttDevice};
use super::login::SiteLogin;
use super::plan::{Channel, MqttPlan};
use crate::bus::Order;

/// The first pause before connecting again.
const PAUSE_FIRST: Duration = Duration::from_millis(250);
/// The longest: a broker that comes back is used again within this.
const PAUSE_MAX: Duration = Duration::from_secs(8);
/// How often dropped messages of one device are told in the log, at most.
const TELL_EVERY: Duration = Duration::from_mins(1);

/// What ended a connection's time.
enum Next {
    Again(Ended),
    /// Nobody gives orders, or nobody listens, any more.
    Gone,
}

struct Mqtt {
    plan: MqttPlan,
    devices: Vec<MqttDevice>,
    /// Which device a topic is of, and what comes there.
    topics: BTreeMap<String, (usize, Channel)>,
    /// What was dropped when it was last told, and when that was.
    told: Vec<(Dropped, Option<Instant>)>,
    began: Instant,
    sink: mpsc::Sender<Input>,
    foreign: u64,
}

/// Drives the devices until nobody gives orders any more.
pub(crate) async fn drive(
    plan: MqttPlan,
    login: SiteLogin,
    mut orders: mpsc::Receiver<Order>,
    sink: mpsc::Sender<Input>,
) {
    let mut mqtt = Mqtt::new(plan, sink);
    let mut pause = PAUSE_FIRST;
    loop {
        let topics = mqtt.topics.keys().cloned().collect();
        let connection = Connection::begin(&mqtt.plan, &login, topics);
        let mut ready = false;
        match mqtt.serve(connection, &mut ready, &mut orders).await {
            Next::Gone => return,
            Next::Again(ended) => tracing::warn!(
                error = &ended as &dyn std::error::Error,
                broker = %format_args!("{}:{}", mqtt.plan.host, mqtt.plan.port),
                "the site's broker is not connected"
            ),
        }
        if ready {
            pause = PAUSE_FIRST;
        }
        let lost: Vec<Input> = mqtt.devices.iter_mut().filter_map(MqttDevice::disconnected).collect();
        if !mqtt.tell(lost).await || !wait(Instant::now() + pause, &mut orders).await {
            return;
        }
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

/// Waits without a connection; answers whether to go on. What is wanted meanwhile is forgotten.
async fn wait(until: Instant, orders: &mut mpsc::Receiver<Order>) -> bool {
    loop {
        tokio::select! {
            () = sleep_until(until) => return true,
            order = orders.recv() => if order.is_none() { return false },
        }
    }
}

impl Mqtt {
    fn new(plan: MqttPlan, sink: mpsc::Sender<Input>) -> Self {
        let devices: Vec<_> = plan.devices.iter().cloned().map(MqttDevice::new).collect();
        let topics = devices
            .iter()
            .enumerate()
            .flat_map(|(at, device)| {
                device.plan.topics().into_iter().map(move |(topic, channel)| (topic, (at, channel)))
            })
            .collect();
        let told = vec![(Dropped::default(), None); devices.len()];
        Self { plan, devices, topics, told, began: Instant::now(), sink, foreign: 0 }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    async fn serve(
        &mut self,
        mut connection: Connection,
        ready: &mut bool,
        orders: &mut mpsc::Receiver<Order>,
    ) -> Next {
        loop {
            let due_ms = self.devices.iter().filter_map(MqttDevice::due_ms).min();
            let due = due_ms.map(|due_ms| self.began + Duration::from_millis(due_ms));
            let told = tokio::select! {
                order = orders.recv() => match order {
                    None => return Next::Gone,
                    Some(order) => match self.take(&connection, order) {
                        Ok(()) => Vec::new(),
                        Err(ended) => return Next::Again(ended),
                    },
                },
                brought = connection.next() => match brought {
                    Err(ended) => return Next::Again(ended),
                    Ok(Brought::Ready) => {
                        *ready = true;
                        tracing::info!(devices = self.devices.len(), "connected to the site's broker");
                        let now_ms = self.now_ms();
                        self.devices.iter_mut().for_each(|device| device.connected(now_ms));
                        Vec::new()
                    }
                    Ok(Brought::Message(message)) => {
                        let topic = String::from_utf8_lossy(&message.topic).into_owned();
                        self.message(&topic, message.retain, &message.payload)
                    }
                },
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    let now_ms = self.now_ms();
                    self.devices.iter_mut().filter_map(|device| device.tick(now_ms)).collect()
                }
            };
            if !self.tell(told).await {
                return Next::Gone;
            }
        }
    }

    fn message(&mut self, topic: &str, retained: bool, payload: &[u8]) -> Vec<Input> {
        let now_ms = self.now_ms();
        let Some((at, channel)) = self.topics.get(topic).copied() else {
            // Nothing of the kind was asked for.
            self.foreign += 1;
            tracing::warn!(topic, count = self.foreign, "the site's broker sends what is of no device");
            return Vec::new();
        };
        let device = &mut self.devices[at];
        let below = topic.get(device.plan.root.len() + 1..).unwrap_or_default();
        let told = device.take(now_ms, channel, Message { topic: below, retained, payload });
        self.tell_dropped(at);
        told
    }

    /// Into the log, not more often than it can be read.
    fn tell_dropped(&mut self, at: usize) {
        let (device, (told, when)) = (&self.devices[at], &mut self.told[at]);
        if device.dropped == *told || when.is_some_and(|when| when.elapsed() < TELL_EVERY) {
            return;
        }
        (*told, *when) = (device.dropped, Some(Instant::now()));
        let Dropped { retained, again, oversized, too_many, not_understood } = device.dropped;
        tracing::warn!(
            device = %device.plan.name, retained, again, oversized, too_many, not_understood,
            "messages that said nothing, since the start"
        );
    }

    fn take(&mut self, connection: &Connection, order: Order) -> Result<(), Ended> {
        match order {
            Order::Indicate { device, indicator, .. } => self.indicate(connection, device, indicator),
            Order::Write { point, on, .. } => {
                tracing::error!(device = %point.device, point = %point.point, on, "not an output");
                Ok(())
            }
            // Only nodes with a queue have anything to forget.
            Order::Confirm { .. } => Ok(()),
        }
    }

    fn indicate(&self, connection: &Connection, id: DeviceId, indicator: Indicator) -> Result<(), Ended> {
        let device = self.devices.iter().find(|device| device.plan.id == id && device.is_present());
        let Some(device) = device else { return Ok(()) };
        let Some(indicate) = &device.plan.profile.indicate else { return Ok(()) };
        let payload = match indicator {
            Indicator::Admitted => &indicate.admitted,
            Indicator::Refused => &indicate.refused,
            Indicator::Idle => &indicate.idle,
        };
        connection.publish(device.plan.below(&indicate.topic), payload.clone())
    }

    /// Answers whether somebody listens.
    async fn tell(&self, inputs: Vec<Input>) -> bool {
        for input in inputs {
            if let Input::DeviceFound { device, restarted } = &input {
                tracing::info!(device = self.name(*device), restarted, "found");
            } else if let Input::DeviceLost { device } = &input {
                tracing::warn!(device = self.name(*device), "lost");
            }
            if self.sink.send(input).await.is_err() {
                return false;
            }
        }
        true
    }

    fn name(&self, id: DeviceId) -> &str {
        let found = self.plan.devices.iter().find(|device| device.id == id);
        found.map_or("", |device| device.name.as_str())
    }
}
