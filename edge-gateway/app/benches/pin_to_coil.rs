//! How long a person who has pressed `#` waits for the lock, beyond the poll that reads the key.
//!
//! `pin_to_coil_tcp_ms_p50` and `_p99`, see `docs/benchmarks.md`.

#[path = "../../../e2e/bench/figure.rs"]
mod figure;
#[path = "../../../e2e/bench/snapshot.rs"]
mod snapshot;
mod support;

use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use figure::{Dice, Figure, ms, percentile, quick};
use protocols_access::Sealer;
use protocols_fieldbus::nodes::{EVENT_REGISTERS, EVENTS_AT, Key, NodeEvent, RELEASE_COIL, WAITING_AT};
use protocols_wire::{DoorEvent, JournalEvent, Kind, Position};
use snapshot::{Snapshot, door, pin};
use support::bus::{Bus, serve};
use support::{SEAL_ID, SECRET, World, site};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use tokio_modbus::client::{Writer as _, tcp};
use tokio_modbus::server::Service;
use tokio_modbus::server::tcp::{Server, accept_tcp_connection};
use tokio_modbus::{ExceptionCode, Request, Response, Slave, SlaveRequest};

const UNIT: u8 = 1;
/// Nothing here takes longer; whoever waits longer waits in vain.
const SOON: Duration = Duration::from_secs(20);
/// Grants in the table: what a large house has.
const GRANTS: usize = 1_000;

/// When the bench listens for what.
#[derive(Debug)]
enum Watch {
    /// Nobody has pressed `#`.
    Idle,
    /// It was pressed; the answer that carries it is waited for.
    Pressed,
    /// That answer was handed to the socket.
    Read(Instant),
}

/// A door node behind Modbus TCP that notes when `#` is read and when the coil is written.
#[derive(Clone)]
struct Watched {
    bus: Bus,
    watch: Arc<Mutex<Watch>>,
    written: mpsc::UnboundedSender<Duration>,
}

impl Service for Watched {
    type Request = SlaveRequest<'static>;
    type Response = Option<Response>;
    type Exception = ExceptionCode;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Exception>> + Send>>;

    fn call(&self, request: Self::Request) -> Self::Future {
        let arrived = Instant::now();
        let answer = self.bus.answer(&request);
        let mut watch = self.watch.lock().expect("no bench panicked");
        match (&*watch, &request.request, &answer) {
            (Watch::Read(read), Request::WriteSingleCoil(RELEASE_COIL, true), _) => {
                self.written.send(arrived - *read).expect("it is waited for");
                *watch = Watch::Idle;
            }
            (Watch::Pressed, _, Ok(Some(Response::ReadInputRegisters(words)))) if shows_hash(words) => {
                *watch = Watch::Read(Instant::now());
            }
            _ => {}
        }
        Box::pin(ready(answer))
    }
}

/// Whether a run of input registers has `#` among the events that wait.
fn shows_hash(words: &[u16]) -> bool {
    let Some(waiting) = words.get(usize::from(WAITING_AT)) else { return false };
    let events = words.get(usize::from(EVENTS_AT)..).unwrap_or_default();
    let slots = events.chunks_exact(usize::from(EVENT_REGISTERS)).take(usize::from(*waiting));
    slots.map(|slot| slot[1]).any(|code| code == NodeEvent::Key(Key::Hash).code())
}

async fn serve_watched(watched: Watched) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    tokio::spawn(async move {
        let service = |_| Ok(Some(watched.clone()));
        let accept = |stream, address| async move { accept_tcp_connection(stream, address, service) };
        Server::new(listener).serve(&accept, |_| {}).await
    });
    address
}

#[tokio::main]
async fn main() {
    let entries = if quick() { 30 } else { 400 };
    let bus = Bus::default();
    let wires = bus.door(UNIT);
    let (told, mut written) = mpsc::unbounded_channel();
    let watch = Arc::new(Mutex::new(Watch::Idle));
    let address = serve_watched(Watched { bus: bus.clone(), watch: Arc::clone(&watch), written: told }).await;

    let (mut world, first) = World::start().await;
    world.configure(&site(&address, &[door(0)])).await;
    let sealer = Sealer::new(&SECRET);
    let snapshot = Snapshot { sealer: &sealer, seal_id: SEAL_ID, revision: 1, now: first.at, doors: 1 };
    let grants = (0..GRANTS).map(|number| snapshot.grant(number)).collect();
    for part in snapshot.parts(grants, &World::topic(Kind::Grants), world.signer()) {
        world.send(Kind::Grants, &part).await;
    }
    world.state(|report| report.position == Position { epoch: 1, revision: 1 }).await;

    // The PINs of the hour that has begun: one grant in every `HOURS`.
    let pins: Vec<String> = (0..GRANTS).step_by(snapshot::HOURS).map(pin).collect();
    let mut dice = Dice::new(1);
    let mut taken = Vec::with_capacity(entries);
    for _ in 0..entries {
        let code = &pins[dice.below(pins.len())];
        for digit in code.bytes() {
            bus.press(UNIT, Key::Digit(digit - b'0'));
        }
        // As after a person's pause: the digits were read before, and `#` falls anywhere between two polls.
        sleep(Duration::from_micros(50_000 + 20 * u64::try_from(dice.below(1_000)).expect("a number"))).await;
        *watch.lock().expect("no bench panicked") = Watch::Pressed;
        bus.press(UNIT, Key::Hash);
        taken.push(ms(timeout(SOON, written.recv())
            .await
            .expect("the lock is released")
            .expect("it is told")));
        // Somebody comes through, and the door falls shut behind them: it is locked again before the next.
        wires.contact.set(false);
        world.entry(|event| is_door(event, DoorEvent::Opened)).await;
        wires.contact.set(true);
        world.entry(|event| is_door(event, DoorEvent::Closed)).await;
        timeout(SOON, async {
            while wires.lock.get() {
                sleep(Duration::from_millis(1)).await;
            }
        })
        .await
        .expect("the door is locked again");
    }
    world.stop().await;

    let floors = floor(entries).await;
    let note = "one door node polled every 20 ms, 1 000 grants, right PINs only, the door opens, closes \
                and is locked again between two: from handing the answer that carries # to the socket \
                until the request that writes the coil has arrived. Floor: one write by tokio-modbus, \
                there and back on loopback";
    for (name, percent, goal) in [("pin_to_coil_tcp_ms_p50", 50, 3.0), ("pin_to_coil_tcp_ms_p99", 99, 10.0)] {
        let (value, floor) = (percentile(&taken, percent), Some(percentile(&floors, percent)));
        Figure { name, value, unit: "ms", goal: Some(goal), floor, note }.tell();
    }
}

fn is_door(event: &JournalEvent, wanted: DoorEvent) -> bool {
    matches!(event, JournalEvent::Door { what, .. } if *what == wanted)
}

/// Milliseconds of each of `writes` writes of a coil, with the pause of a poll between them.
async fn floor(writes: usize) -> Vec<f64> {
    let bus = Bus::default();
    let _wires = bus.door(UNIT);
    let (address, _server) = serve(bus, "127.0.0.1:0").await;
    let stream = TcpStream::connect(address).await.expect("a connection");
    stream.set_nodelay(true).expect("a socket");
    let mut client = tcp::attach_slave(stream, Slave(UNIT));
    let mut taken = Vec::with_capacity(writes);
    for _ in 0..writes {
        sleep(Duration::from_millis(20)).await;
        let began = Instant::now();
        client.write_single_coil(RELEASE_COIL, false).await.expect("an answer").expect("it is taken");
        taken.push(ms(began.elapsed()));
    }
    taken
}
