//! The task that owns one bus: one connection, one request at a time, what opens first.

use gateway_core::Input;
use protocols_fieldbus::nodes::{
    CONFIRM_AT, INDICATOR_AT, Indicator, MAGIC_AT, NodeEvent, RUN_REGISTERS, SEQUENCE_AT,
};
use protocols_fieldbus::profile::Point;
use protocols_ids::DeviceId;
use protocols_wire::PointRef;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use crate::device::{Device, Output, Presence, Write};
use crate::link::{ExchangeError, Link};
use crate::node_run::NodeRun;
use crate::observer::{Measured, Observer};
use crate::plan::BusPlan;

/// Inputs that are read in one run may lie this far apart; the protocol allows 2 000.
pub(crate) const INPUTS_SPAN_MAX: u16 = 256;

/// What the gateway wants of a device.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Order {
    Write { point: PointRef, on: bool, since: Instant },
    Indicate { device: DeviceId, indicator: Indicator, since: Instant },
    Confirm { device: DeviceId, sequence: u16 },
}

/// The gateway listens no longer.
#[derive(Debug)]
struct Gone;

/// What is done next on the bus.
enum Job {
    Write(usize, Write),
    Indicate(usize, Indicator),
    Confirm(usize, u16),
    Find(usize),
    Poll(usize),
    WaitUntil(Option<Instant>),
}

struct Bus {
    link: Link,
    devices: Vec<Device>,
    sink: mpsc::Sender<Input>,
    observer: Observer,
}

/// Drives the bus until nobody gives orders any more.
pub(crate) async fn drive(
    plan: BusPlan,
    mut orders: mpsc::Receiver<Order>,
    sink: mpsc::Sender<Input>,
    observer: Observer,
) {
    let now = Instant::now();
    let devices = plan.devices.into_iter().map(|device| Device::new(device, now)).collect();
    let mut bus = Bus { link: Link::new(plan.address), devices, sink, observer };
    loop {
        // All orders are taken before each request, so that a write waits for one exchange at most.
        loop {
            match orders.try_recv() {
                Ok(order) => bus.take(order),
                Err(mpsc::error::TryRecvError::Empty) => break,
                Err(mpsc::error::TryRecvError::Disconnected) => return,
            }
        }
        let began = Instant::now();
        let job = bus.next_job(began);
        let waits = matches!(job, Job::WaitUntil(_));
        let done = match job {
            Job::Write(at, write) => bus.write(at, write).await,
            Job::Indicate(at, indicator) => bus.indicate(at, indicator).await,
            Job::Confirm(at, sequence) => bus.confirm(at, sequence).await,
            Job::Find(at) => bus.find(at).await,
            Job::Poll(at) => bus.poll(at).await,
            Job::WaitUntil(due) => {
                tokio::select! {
                    biased;
                    order = orders.recv() => match order {
                        Some(order) => bus.take(order),
                        None => return,
                    },
                    () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {}
                }
                Ok(())
            }
        };
        if done.is_err() {
            return;
        }
        if !waits {
            bus.observer.tell(Measured::Turn(began.elapsed()));
        }
    }
}

impl Bus {
    fn take(&mut self, order: Order) {
        let id = match &order {
            Order::Write { point, .. } => point.device,
            Order::Indicate { device, .. } | Order::Confirm { device, .. } => *device,
        };
        let Some(device) = self.devices.iter_mut().find(|device| device.plan.id == id) else { return };
        match order {
            Order::Write { point, on, since } => {
                let output = match device.plan.profile.points.get(&point.point) {
                    Some(Point::Coil { address, .. }) => Output::Coil(*address),
                    Some(Point::HoldingRegister { address }) => Output::Register(*address),
                    Some(Point::DiscreteInput { .. }) | None => {
                        tracing::error!(device = %device.plan.name, point = %point.point, "not an output");
                        return;
                    }
                };
                if !device.queue_write(Write { output, on, since, attempts: 0 }) {
                    tracing::warn!(
                        device = %device.plan.name, point = %point.point, on,
                        "not written: the device does not answer, or too much waits for it"
                    );
                }
            }
            Order::Indicate { indicator, since, .. } => device.queue_indicator(indicator, since),
            Order::Confirm { sequence, .. } => device.queue_confirm(sequence),
        }
    }

    fn next_job(&mut self, now: Instant) -> Job {
        for (at, device) in self.devices.iter_mut().enumerate() {
            if device.has_write()
                && let Some(write) = device.next_write(now)
            {
                return Job::Write(at, write);
            }
        }
        for (at, device) in self.devices.iter_mut().enumerate() {
            if device.has_indicator()
                && let Some(indicator) = device.take_indicator(now)
            {
                return Job::Indicate(at, indicator);
            }
        }
        let confirm = |(at, device): (usize, &Device)| device.confirm_due().map(|sequence| (at, sequence));
        if let Some((at, sequence)) = self.devices.iter().enumerate().find_map(confirm) {
            return Job::Confirm(at, sequence);
        }
        match self.devices.iter().enumerate().min_by_key(|(_, device)| device.due()) {
            Some((at, device)) if device.due() <= now => match device.presence {
                Presence::Absent { .. } => Job::Find(at),
                Presence::Present { .. } => Job::Poll(at),
            },
            earliest => Job::WaitUntil(earliest.map(|(_, device)| device.due())),
        }
    }

    async fn write(&mut self, at: usize, write: Write) -> Result<(), Gone> {
        let plan = &self.devices[at].plan;
        let (unit, within) = (plan.unit, plan.timeout());
        let written = match write.output {
            Output::Coil(address) => self.link.write_coil(unit, within, address, write.on).await,
            Output::Register(address) => {
                self.link.write_register(unit, within, address, u16::from(write.on)).await
            }
        };
        let answered = self.settle(at, written).await?;
        if answered.is_none() {
            self.devices[at].try_again(write);
        } else if write.on {
            self.observer.tell(Measured::SwitchedOn(write.since.elapsed()));
        }
        Ok(())
    }

    async fn indicate(&mut self, at: usize, indicator: Indicator) -> Result<(), Gone> {
        let plan = &self.devices[at].plan;
        let (unit, within) = (plan.unit, plan.timeout());
        let written = self.link.write_register(unit, within, INDICATOR_AT, indicator.register()).await;
        self.settle(at, written).await?;
        Ok(())
    }

    async fn confirm(&mut self, at: usize, sequence: u16) -> Result<(), Gone> {
        let plan = &self.devices[at].plan;
        let (unit, within) = (plan.unit, plan.timeout());
        let written = self.link.write_register(unit, within, CONFIRM_AT, sequence).await;
        // Given once; when it got lost, the next read shows that the node still has what was confirmed.
        self.devices[at].confirm_taken(sequence);
        self.settle(at, written).await?;
        Ok(())
    }

    /// Asks a device who it is, prepares it, reads its inputs; then it is trusted.
    async fn find(&mut self, at: usize) -> Result<(), Gone> {
        let Some(()) = self.introduce(at).await? else { return Ok(()) };
        let Some(restarted) = self.has_restarted(at).await? else { return Ok(()) };
        let Some(inputs) = self.read_inputs(at).await? else { return Ok(()) };
        let device = &mut self.devices[at];
        device.found(Instant::now());
        tracing::info!(device = %device.plan.name, unit = device.plan.unit, restarted, "found");
        let id = device.plan.id;
        self.tell(Input::DeviceFound { device: id, restarted }).await?;
        self.tell_inputs(at, inputs).await
    }

    /// Others than our own nodes cannot say; they are taken to have begun anew.
    async fn has_restarted(&mut self, at: usize) -> Result<Option<bool>, Gone> {
        let plan = &self.devices[at].plan;
        if !plan.profile.event_queue {
            return Ok(Some(true));
        }
        let (unit, within) = (plan.unit, plan.timeout());
        let read = self.link.read_input_registers(unit, within, SEQUENCE_AT, 3).await;
        let Some(words) = self.settle(at, read).await? else { return Ok(None) };
        let [sequence, high, low] = words.try_into().unwrap_or_default();
        let uptime_ms = (u32::from(high) << 16) | u32::from(low);
        Ok(Some(self.devices[at].take_start(sequence, uptime_ms, Instant::now())))
    }

    async fn introduce(&mut self, at: usize) -> Result<Option<()>, Gone> {
        let plan = self.devices[at].plan.clone();
        let (unit, within) = (plan.unit, plan.timeout());
        if let Some(identity) = &plan.profile.identity {
            let count = u16::try_from(identity.values.len()).unwrap_or(u16::MAX);
            let read = self.link.read_input_registers(unit, within, identity.input_register, count).await;
            let Some(found) = self.settle(at, read).await? else { return Ok(None) };
            if found != identity.values {
                tracing::warn!(
                    device = %plan.name, unit, ?found, expected = ?identity.values,
                    "this is not what profile '{}' describes", plan.profile.name
                );
                self.lose(at).await?;
                return Ok(None);
            }
        }
        for (register, value) in plan.setup {
            let written = self.link.write_register(unit, within, register, value).await;
            if self.settle(at, written).await?.is_none() {
                return Ok(None);
            }
        }
        Ok(Some(()))
    }

    async fn poll(&mut self, at: usize) -> Result<(), Gone> {
        self.devices[at].polling(Instant::now());
        if self.devices[at].plan.profile.event_queue {
            return self.poll_node(at).await;
        }
        match self.read_inputs(at).await? {
            Some(inputs) => self.tell_inputs(at, inputs).await,
            None => Ok(()),
        }
    }

    /// One of our own nodes: the whole run, events and all.
    async fn poll_node(&mut self, at: usize) -> Result<(), Gone> {
        let plan = &self.devices[at].plan;
        let (id, unit, within) = (plan.id, plan.unit, plan.timeout());
        let read = self.link.read_input_registers(unit, within, MAGIC_AT, RUN_REGISTERS).await;
        let Some(registers) = self.settle(at, read).await? else { return Ok(()) };
        let device = &mut self.devices[at];
        let Some(events) =
            NodeRun::parse(&registers).and_then(|run| device.take_run(&run, Instant::now()).ok())
        else {
            tracing::warn!(device = %device.plan.name, "a late answer, or the node has restarted");
            self.link.drop_connection();
            return self.lose(at).await;
        };
        for (queued, age_ms) in events {
            match NodeEvent::from_code(queued.code) {
                Some(event) => {
                    self.tell(Input::Node { device: id, sequence: queued.sequence, age_ms, event }).await?;
                }
                None => {
                    tracing::warn!(device = %self.devices[at].plan.name, code = queued.code, "unknown event");
                }
            }
        }
        Ok(())
    }

    /// All inputs in one run, by name.
    async fn read_inputs(&mut self, at: usize) -> Result<Option<Vec<(String, bool)>>, Gone> {
        let plan = self.devices[at].plan.clone();
        let addresses = || plan.inputs().map(|(_, address, _)| address);
        let (Some(first), Some(last)) = (addresses().min(), addresses().max()) else {
            return Ok(Some(Vec::new()));
        };
        let read = self.link.read_discrete_inputs(plan.unit, plan.timeout(), first, last - first + 1).await;
        let Some(bits) = self.settle(at, read).await? else { return Ok(None) };
        let state = |address: u16| bits.get(usize::from(address - first)).copied().unwrap_or_default();
        Ok(Some(
            plan.inputs()
                .map(|(name, address, inverted)| (name.into(), state(address) != inverted))
                .collect(),
        ))
    }

    async fn tell_inputs(&mut self, at: usize, inputs: Vec<(String, bool)>) -> Result<(), Gone> {
        for (name, on) in inputs {
            let device = &mut self.devices[at];
            if device.take_input(&name, on) {
                let point = PointRef { device: device.plan.id, point: name };
                self.tell(Input::Point { point, on }).await?;
            }
        }
        Ok(())
    }

    /// Notes how an exchange with a device went; `None` when there was no answer.
    async fn settle<T>(&mut self, at: usize, result: Result<T, ExchangeError>) -> Result<Option<T>, Gone> {
        let error = match result {
            Ok(value) => {
                self.devices[at].answered();
                return Ok(Some(value));
            }
            Err(error) => error,
        };
        let device = &mut self.devices[at];
        if device.is_present() {
            tracing::warn!(
                device = %device.plan.name, unit = device.plan.unit,
                error = &error as &dyn std::error::Error, "no answer"
            );
        }
        if let ExchangeError::Connect { .. } = error {
            // Nobody on this bus can be reached.
            for at in 0..self.devices.len() {
                self.lose(at).await?;
            }
        } else if device.failed(Instant::now()) {
            self.tell_lost(at).await?;
        }
        Ok(None)
    }

    async fn lose(&mut self, at: usize) -> Result<(), Gone> {
        if self.devices[at].lose(Instant::now()) { self.tell_lost(at).await } else { Ok(()) }
    }

    async fn tell_lost(&mut self, at: usize) -> Result<(), Gone> {
        let plan = &self.devices[at].plan;
        tracing::warn!(device = %plan.name, unit = plan.unit, "lost");
        self.tell(Input::DeviceLost { device: plan.id }).await
    }

    async fn tell(&mut self, input: Input) -> Result<(), Gone> {
        self.sink.send(input).await.map_err(|_| Gone)
    }
}
