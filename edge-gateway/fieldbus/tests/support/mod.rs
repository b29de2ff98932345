//! Real node logic behind a real Modbus TCP server.
#![expect(clippy::unwrap_used, reason = "what fails here is a failed test")]
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::{Future, ready};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use embedded_hal::digital::{ErrorType, InputPin, OutputPin, StatefulOutputPin};
use firmware_nodes::{DoorNode, DoorPins, Exception, LightingNode, Node};
use protocols_fieldbus::nodes::Key;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_modbus::server::Service;
use tokio_modbus::server::tcp::{Server, accept_tcp_connection};
use tokio_modbus::{ExceptionCode, Request, Response, SlaveRequest};

/// A wire that the test can see and pull.
#[derive(Clone, Debug, Default)]
pub struct Wire(Arc<AtomicBool>);

impl Wire {
    pub fn high() -> Self {
        let wire = Self::default();
        wire.set(true);
        wire
    }

    pub fn set(&self, high: bool) {
        self.0.store(high, Ordering::SeqCst);
    }

    pub fn get(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

impl ErrorType for Wire {
    type Error = Infallible;
}

impl InputPin for Wire {
    fn is_high(&mut self) -> Result<bool, Infallible> {
        Ok(self.get())
    }

    fn is_low(&mut self) -> Result<bool, Infallible> {
        Ok(!self.get())
    }
}

impl OutputPin for Wire {
    fn set_low(&mut self) -> Result<(), Infallible> {
        self.set(false);
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        self.set(true);
        Ok(())
    }
}

impl StatefulOutputPin for Wire {
    fn is_set_high(&mut self) -> Result<bool, Infallible> {
        Ok(self.get())
    }

    fn is_set_low(&mut self) -> Result<bool, Infallible> {
        Ok(!self.get())
    }
}

type Door = DoorNode<Wire, Wire, Wire>;

/// Something on the bus.
enum Unit {
    Door(Door, Instant),
    Lighting(LightingNode<Wire, 8>, Instant),
    /// Plain discrete inputs from address 0, and nothing else.
    Switches(Vec<Wire>),
    /// Takes every request and answers none.
    Dead,
}

/// A bus with its units; shared between the server and the test.
#[derive(Clone, Default)]
pub struct Bus {
    units: Arc<Mutex<BTreeMap<u8, Unit>>>,
    /// Every write: unit, address, value.
    writes: Arc<Mutex<Vec<(u8, u16, u16)>>>,
}

/// The wires of a door node.
pub struct DoorWires {
    pub lock: Wire,
    pub red: Wire,
    pub contact: Wire,
}

impl Bus {
    /// A door with its leaf and cover closed; replaces what was there.
    pub fn door(&self, unit: u8) -> DoorWires {
        let wires = DoorWires { lock: Wire::default(), red: Wire::default(), contact: Wire::high() };
        let node = DoorNode::new(DoorPins {
            lock: wires.lock.clone(),
            green: Wire::default(),
            red: wires.red.clone(),
            contact: wires.contact.clone(),
            exit: Wire::default(),
            cover: Wire::high(),
        });
        self.units.lock().unwrap().insert(unit, Unit::Door(node, Instant::now()));
        wires
    }

    pub fn lighting(&self, unit: u8) {
        let node = LightingNode::new(std::array::from_fn(|_| Wire::default()));
        self.units.lock().unwrap().insert(unit, Unit::Lighting(node, Instant::now()));
    }

    pub fn switches(&self, unit: u8, wires: Vec<Wire>) {
        self.units.lock().unwrap().insert(unit, Unit::Switches(wires));
    }

    pub fn dead(&self, unit: u8) {
        self.units.lock().unwrap().insert(unit, Unit::Dead);
    }

    pub fn press(&self, unit: u8, key: Key) {
        match self.units.lock().unwrap().get_mut(&unit) {
            Some(Unit::Door(node, _)) => node.key(key),
            _ => panic!("unit {unit} has no keypad"),
        }
    }

    pub fn writes(&self) -> Vec<(u8, u16, u16)> {
        self.writes.lock().unwrap().clone()
    }

    pub fn answer(&self, request: &SlaveRequest<'static>) -> Result<Option<Response>, ExceptionCode> {
        let mut units = self.units.lock().unwrap();
        let Some(unit) = units.get_mut(&request.slave) else { return Ok(None) };
        match &request.request {
            Request::WriteSingleCoil(at, on) => {
                self.writes.lock().unwrap().push((request.slave, *at, u16::from(*on)));
            }
            Request::WriteSingleRegister(at, word) => {
                self.writes.lock().unwrap().push((request.slave, *at, *word));
            }
            _ => {}
        }
        match unit {
            Unit::Dead => Ok(None),
            Unit::Switches(wires) => match request.request {
                Request::ReadDiscreteInputs(start, count) => {
                    let bits = wires.iter().skip(start.into()).take(count.into()).map(Wire::get);
                    Ok(Some(Response::ReadDiscreteInputs(bits.collect())))
                }
                _ => Err(ExceptionCode::IllegalFunction),
            },
            Unit::Door(node, since) => of_node(node, since, &request.request).map(Some),
            Unit::Lighting(node, since) => of_node(node, since, &request.request).map(Some),
        }
    }
}

fn of_node(node: &mut impl Node, since: &Instant, request: &Request<'_>) -> Result<Response, ExceptionCode> {
    let refused = |exception| match exception {
        Exception::IllegalFunction => ExceptionCode::IllegalFunction,
        Exception::IllegalDataAddress => ExceptionCode::IllegalDataAddress,
        Exception::IllegalDataValue => ExceptionCode::IllegalDataValue,
        Exception::DeviceFailure => ExceptionCode::ServerDeviceFailure,
    };
    node.tick(since.elapsed().as_millis().try_into().unwrap()).map_err(refused)?;
    match *request {
        Request::ReadInputRegisters(start, count) => {
            let mut words = vec![0; count.into()];
            node.read_input_registers(start, &mut words).map_err(refused)?;
            Ok(Response::ReadInputRegisters(words))
        }
        Request::ReadDiscreteInputs(start, count) => {
            let mut bits = vec![false; count.into()];
            node.read_discrete_inputs(start, &mut bits).map_err(refused)?;
            Ok(Response::ReadDiscreteInputs(bits))
        }
        Request::WriteSingleCoil(at, on) => {
            node.write_coils(at, &[on]).map_err(refused)?;
            Ok(Response::WriteSingleCoil(at, on))
        }
        Request::WriteSingleRegister(at, word) => {
            node.write_holding_registers(at, &[word]).map_err(refused)?;
            Ok(Response::WriteSingleRegister(at, word))
        }
        _ => Err(ExceptionCode::IllegalFunction),
    }
}

struct Answers(Bus);

impl Service for Answers {
    type Request = SlaveRequest<'static>;
    type Response = Option<Response>;
    type Exception = ExceptionCode;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Exception>> + Send>>;

    fn call(&self, request: Self::Request) -> Self::Future {
        Box::pin(ready(self.0.answer(&request)))
    }
}

/// Serves the bus until the handle is aborted; port 0 takes a free one.
pub async fn serve(bus: Bus, address: &str) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind(address).await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        let service = |_| Ok(Some(Answers(bus.clone())));
        let accept = |stream, address| async move { accept_tcp_connection(stream, address, service) };
        Server::new(listener).serve(&accept, |_| {}).await.unwrap();
    });
    (address, task)
}
