//! The handle, and the loop that keeps a connection.

use std::sync::Arc;
use std::time::Duration;

use gateway_core::Input;
use protocols_wire::{Kind, UnixMs};
use ring::rand::{SecureRandom, SystemRandom};
use rustls::ClientConfig;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use crate::Enrolled;
use crate::mqtt::{Broker, Connection, Ended, WAITING_MAX};
use crate::tls::{FlooredTime, mutual_config};

/// Inputs that wait for the core: half a megabyte of the largest. When it is full the network waits.
const INPUTS_MAX: usize = 8;
/// The first pause before connecting again.
const PAUSE_FIRST: Duration = Duration::from_millis(500);
/// The longest: ten thousand gateways are back within this after an outage, not all in one moment.
const PAUSE_MAX: Duration = Duration::from_secs(10);
/// How long taking leave may last.
const LEAVE_WITHIN: Duration = Duration::from_secs(3);

/// The connection to the cloud's broker, kept up until it is told to stop.
#[derive(Debug)]
pub struct Uplink {
    orders: mpsc::Sender<Order>,
    last_will: watch::Sender<Vec<u8>>,
    credentials: watch::Sender<Arc<ClientConfig>>,
    time: FlooredTime,
    task: JoinHandle<()>,
}

/// Why the uplink cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Certificate, key and root do not make a TLS configuration.
    #[error("this gateway's certificate and key are not usable")]
    Tls(#[source] rustls::Error),
}

#[derive(Debug)]
enum Order {
    Publish { kind: Kind, payload: Vec<u8> },
    Stop { farewell: Vec<u8> },
}

/// What ended a connection's time.
enum Next {
    Again(Ended),
    Stop,
    /// Nobody listens any more.
    Gone,
}

impl Uplink {
    /// Connects and stays connected. `last_will` is the signed state report that the broker publishes when this
    /// gateway goes silent; `time_floor` is an instant that lies in the past for certain.
    ///
    /// Must be called within a tokio run time. The receiver yields connections, losses and messages.
    pub fn start(
        enrolled: &Enrolled,
        last_will: Vec<u8>,
        time_floor: UnixMs,
    ) -> Result<(Self, mpsc::Receiver<Input>), StartError> {
        let (host, port) = enrolled.broker();
        let key = enrolled.private_key().into();
        let time = FlooredTime::new(time_floor);
        let tls = mutual_config(&enrolled.root, enrolled.chain.clone(), key, time.clone())
            .map_err(StartError::Tls)?;
        let tls = Arc::new(tls);
        let (credentials, changes) = watch::channel(Arc::clone(&tls));
        let broker = Broker { gateway: enrolled.gateway(), host: host.to_owned(), port, tls };
        let (orders, receiver) = mpsc::channel(WAITING_MAX);
        let (sink, inputs) = mpsc::channel(INPUTS_MAX);
        let (last_will, will) = watch::channel(last_will);
        let task = tokio::spawn(run(broker, changes, will, receiver, sink));
        Ok((Self { orders, last_will, credentials, time, task }, inputs))
    }

    /// Publishes on the gateway's topic of `kind`. Dropped while there is no connection: the core sends anew after the
    /// next one.
    pub fn publish(&self, kind: Kind, payload: Vec<u8>) {
        if self.orders.try_send(Order::Publish { kind, payload }).is_err() {
            tracing::error!(kind = kind.name(), "too much waits for the broker: a message is dropped");
        }
    }

    /// The last will of the next connection.
    pub fn set_last_will(&self, payload: Vec<u8>) {
        self.last_will.send_replace(payload);
    }

    /// A later instant that lies in the past for certain: certificates are judged by it where the clock is behind.
    pub fn raise_time_floor(&self, floor: UnixMs) {
        self.time.raise(floor);
    }

    /// What certificates are judged by.
    pub(crate) fn time(&self) -> FlooredTime {
        self.time.clone()
    }

    /// Where a new certificate goes: the connection is made anew with it.
    pub(crate) fn credentials(&self) -> watch::Sender<Arc<ClientConfig>> {
        self.credentials.clone()
    }

    /// Publishes `farewell` as the state and takes leave of the broker, within seconds.
    pub async fn stop(self, farewell: Vec<u8>) {
        if self.orders.send(Order::Stop { farewell }).await.is_ok()
            && let Err(error) = self.task.await
        {
            tracing::error!(error = &error as &dyn std::error::Error, "the uplink ended badly");
        }
    }
}

async fn run(
    mut broker: Broker,
    mut credentials: watch::Receiver<Arc<ClientConfig>>,
    last_will: watch::Receiver<Vec<u8>>,
    mut orders: mpsc::Receiver<Order>,
    sink: mpsc::Sender<Input>,
) {
    let mut pause = PAUSE_FIRST;
    let mut turns = Turns::of(Arc::clone(&broker.tls));
    loop {
        if credentials.has_changed().unwrap_or(false) {
            turns.renew(Arc::clone(&credentials.borrow_and_update()));
        }
        broker.tls = Arc::clone(&turns.tried);
        let connection = Connection::begin(&broker, last_will.borrow().clone());
        let mut connected = false;
        match serve(connection, &mut connected, &mut credentials, &mut orders, &sink).await {
            Next::Stop | Next::Gone => return,
            Next::Again(Ended::NewCertificate) => tracing::info!("connecting anew with the new certificate"),
            Next::Again(ended) => {
                tracing::warn!(
                    error = &ended as &dyn std::error::Error,
                    broker = %format_args!("{}:{}", broker.host, broker.port),
                    "not connected"
                );
            }
        }
        turns.ended(connected);
        if connected {
            pause = PAUSE_FIRST;
            if sink.send(Input::BrokerLost).await.is_err() {
                return;
            }
        }
        if !wait(Instant::now() + jittered(pause), &mut orders).await {
            return;
        }
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

/// What to show to the broker: a new certificate, and in turn with it the one before, until the broker has let this
/// gateway in with the new one.
struct Turns<T> {
    tried: T,
    tries_the_newest: bool,
    other: Option<T>,
}

impl<T> Turns<T> {
    const fn of(only: T) -> Self {
        Self { tried: only, tries_the_newest: true, other: None }
    }

    /// The one that is tried now is the one before.
    fn renew(&mut self, newest: T) {
        self.other = Some(std::mem::replace(&mut self.tried, newest));
        self.tries_the_newest = true;
    }

    /// A connection has ended, or was never made.
    fn ended(&mut self, was_let_in: bool) {
        if was_let_in && self.tries_the_newest {
            self.other = None;
        } else if let Some(other) = &mut self.other {
            std::mem::swap(other, &mut self.tried);
            self.tries_the_newest = !self.tries_the_newest;
        }
    }
}

/// Serves one connection. Messages that are meant for the time before it is complete are dropped like those without any.
async fn serve(
    mut connection: Connection,
    connected: &mut bool,
    credentials: &mut watch::Receiver<Arc<ClientConfig>>,
    orders: &mut mpsc::Receiver<Order>,
    sink: &mpsc::Sender<Input>,
) -> Next {
    loop {
        tokio::select! {
            order = orders.recv() => match order {
                None => return Next::Gone,
                Some(Order::Publish { kind, payload }) if *connected => {
                    if let Err(ended) = connection.publish(kind, payload) {
                        return Next::Again(ended);
                    }
                }
                Some(Order::Publish { .. }) => {}
                Some(Order::Stop { farewell }) => {
                    if *connected && connection.publish(Kind::State, farewell).is_ok() {
                        connection.close(LEAVE_WITHIN).await;
                    }
                    return Next::Stop;
                }
            },
            // Without a sender nothing changes any more.
            Ok(()) = credentials.changed(), if *connected => {
                credentials.mark_changed();
                connection.close(LEAVE_WITHIN).await;
                return Next::Again(Ended::NewCertificate);
            }
            input = connection.next() => match input {
                Ok(input) => {
                    if input == Input::BrokerConnected {
                        *connected = true;
                        tracing::info!("connected to the broker");
                    }
                    if sink.send(input).await.is_err() {
                        return Next::Gone;
                    }
                }
                Err(ended) => return Next::Again(ended),
            },
        }
    }
}

/// Waits without a connection; answers whether to go on.
async fn wait(until: Instant, orders: &mut mpsc::Receiver<Order>) -> bool {
    loop {
        tokio::select! {
            () = sleep_until(until) => return true,
            order = orders.recv() => match order {
                Some(Order::Publish { .. }) => {}
                Some(Order::Stop { .. }) | None => return false,
            },
        }
    }
}

/// Between half of it and all of it, so that a thousand gateways do not come back in one moment.
fn jittered(pause: Duration) -> Duration {
    let mut byte = [0];
    // Without randomness the whole pause is as good.
    if SystemRandom::new().fill(&mut byte).is_err() {
        return pause;
    }
    pause / 2 + (pause / 2) * u32::from(byte[0]) / 255
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_certificate_is_tried_until_it_was_let_in_whatever_happens_in_between() {
        let mut turns = Turns::of("first");
        turns.ended(false);
        assert_eq!(turns.tried, "first");
        turns.renew("second");
        // The broker is away for a moment, and lets the old one in afterwards: the new one's turn comes again.
        turns.ended(false);
        assert_eq!(turns.tried, "first");
        turns.ended(true);
        assert_eq!(turns.tried, "second");
        turns.ended(true);
        assert_eq!((turns.tried, turns.other), ("second", None), "it was let in");
    }

    #[test]
    fn pauses_are_spread_between_half_and_whole() {
        let pauses: Vec<_> = (0..200).map(|_| jittered(PAUSE_MAX)).collect();
        assert!(pauses.iter().all(|pause| (PAUSE_MAX / 2..=PAUSE_MAX).contains(pause)));
        assert!(pauses.iter().any(|pause| *pause != pauses[0]));
    }
}
