//! The gateway's handle on everything that is wired.

use std::collections::BTreeMap;

use gateway_core::Input;
use protocols_fieldbus::nodes::Indicator;
use protocols_ids::DeviceId;
use protocols_wire::{PointRef, SiteConfig};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::Observer;
use crate::Profiles;
use crate::bus::{self, Order};
use crate::mqtt::{self, MqttPlan, SiteLogin};
use crate::plan::{BusPlan, SitePlan, plan};

/// Inputs that wait for the core: a whole hall that is entered at once, with room to spare. When it is full,
/// buses wait, and nodes keep their events.
const INPUTS_MAX: usize = 1_024;
/// Orders that wait for one bus or the broker: more than all its devices have outputs. When it is full, what comes is dropped and
/// said.
const ORDERS_MAX: usize = 256;

/// All buses of the site, and its MQTT. Dropping it ends their tasks.
#[derive(Debug)]
pub struct Fieldbus {
    profiles: Profiles,
    sink: mpsc::Sender<Input>,
    observer: Observer,
    buses: BTreeMap<String, RunningBus>,
    address_of: BTreeMap<DeviceId, String>,
    login: Option<SiteLogin>,
    broker: Option<RunningBroker>,
}

#[derive(Debug)]
struct RunningBus {
    plan: BusPlan,
    orders: mpsc::Sender<Order>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct RunningBroker {
    plan: MqttPlan,
    orders: mpsc::Sender<Order>,
    task: JoinHandle<()>,
}

impl Drop for RunningBroker {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Drop for RunningBus {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Fieldbus {
    /// Nothing is driven until [`Fieldbus::configure`]. The receiver yields what happens on the buses.
    pub fn new(profiles: Profiles) -> (Self, mpsc::Receiver<Input>) {
        let (sink, inputs) = mpsc::channel(INPUTS_MAX);
        let fieldbus = Self {
            profiles,
            sink,
            observer: Observer::default(),
            buses: BTreeMap::new(),
            address_of: BTreeMap::new(),
            login: None,
            broker: None,
        };
        (fieldbus, inputs)
    }

    /// As whom to speak to the site's broker, from the next [`Fieldbus::configure`] on. Without a login, devices behind
    /// a broker cannot be driven.
    pub fn set_site_login(&mut self, login: Option<SiteLogin>) {
        self.login = login;
    }

    /// Lets the buses that are configured from now on be seen.
    #[must_use]
    pub fn observed_by(mut self, observer: Observer) -> Self {
        self.observer = observer;
        self
    }

    /// Drives these devices from now on, and no others. Buses whose devices and settings are the same run on.
    ///
    /// Must be called within a tokio run time. A device that cannot be driven is said to be lost.
    pub fn configure(&mut self, config: &SiteConfig) {
        let mut site = plan(config, &self.profiles);
        if self.login.is_none() {
            site.without_login();
        }
        let SitePlan { buses: mut plans, mqtt, undrivable } = site;
        self.address_of = plans
            .values()
            .flat_map(|bus| bus.devices.iter().map(|device| (device.id, bus.address.clone())))
            .collect();
        self.buses.retain(|address, running| plans.get(address) == Some(&running.plan));
        plans.retain(|address, _| !self.buses.contains_key(address));
        for (address, plan) in plans {
            let (orders, receiver) = mpsc::channel(ORDERS_MAX);
            let task =
                tokio::spawn(bus::drive(plan.clone(), receiver, self.sink.clone(), self.observer.clone()));
            self.buses.insert(address, RunningBus { plan, orders, task });
        }
        self.configure_broker(mqtt);
        for (device, words) in undrivable {
            tracing::error!("{words}");
            if self.sink.try_send(Input::DeviceLost { device }).is_err() {
                tracing::error!(%device, "too much waits for the core");
            }
        }
    }

    fn configure_broker(&mut self, plan: Option<MqttPlan>) {
        if self.broker.as_ref().map(|running| &running.plan) == plan.as_ref() {
            return;
        }
        self.broker = plan.zip(self.login.clone()).map(|(plan, login)| {
            let (orders, receiver) = mpsc::channel(ORDERS_MAX);
            let task = tokio::spawn(mqtt::drive(plan.clone(), login, receiver, self.sink.clone()));
            RunningBroker { plan, orders, task }
        });
    }

    /// Writes an output before any poll that waits. Dropped and logged when the device does not answer.
    pub fn write(&self, point: PointRef, on: bool) {
        self.order(point.device, Order::Write { point, on, since: Instant::now() });
    }

    /// Lets a keypad or a scanner show something.
    pub fn indicate(&self, device: DeviceId, indicator: Indicator) {
        self.order(device, Order::Indicate { device, indicator, since: Instant::now() });
    }

    /// Lets a node forget its events up to and including `sequence`.
    pub fn confirm(&self, device: DeviceId, sequence: u16) {
        self.order(device, Order::Confirm { device, sequence });
    }

    fn order(&self, device: DeviceId, order: Order) {
        let bus = self.address_of.get(&device).and_then(|address| self.buses.get(address));
        let broker =
            self.broker.as_ref().filter(|broker| broker.plan.devices.iter().any(|known| known.id == device));
        let orders = bus.map(|bus| &bus.orders).or(broker.map(|broker| &broker.orders));
        let Some(orders) = orders else {
            tracing::warn!(%device, "no such device is configured");
            return;
        };
        if orders.try_send(order).is_err() {
            tracing::error!(%device, "too much is wanted at once: an order is dropped");
        }
    }
}
