//! The hall at the end of a Modbus TCP connection.

use core::future::Future;
use core::pin::Pin;
use core::time::Duration;

use firmware_nodes::{Exception, Node};
use tokio_modbus::server::Service;
use tokio_modbus::{ExceptionCode, Request, Response, SlaveRequest};

use crate::hall::Hall;
use crate::site::Reply;

/// Registers in one read, Modbus application protocol V1.1b3, sections 6.3 and 6.4.
const READ_REGISTERS_MAX: u16 = 125;
/// Bits in one read, sections 6.1 and 6.2.
const READ_BITS_MAX: u16 = 2_000;

/// One connection's view of the hall.
pub(crate) struct Connection(pub(crate) Hall);

impl Service for Connection {
    type Request = SlaveRequest<'static>;
    type Response = Option<Response>;
    type Exception = ExceptionCode;
    type Future = Pin<Box<dyn Future<Output = Result<Option<Response>, ExceptionCode>> + Send>>;

    fn call(&self, SlaveRequest { slave, request }: SlaveRequest<'static>) -> Self::Future {
        let reply = self.0.request(slave, |node| ask(node, &request));
        Box::pin(async move {
            match reply {
                Reply::NoSuchDevice => Err(ExceptionCode::GatewayTargetDevice),
                Reply::Silence => Ok(None),
                Reply::Answer { answer, delay_ms } => {
                    if delay_ms > 0 {
                        tokio::time::sleep(Duration::from_millis(delay_ms.into())).await;
                    }
                    answer.map(Some).map_err(code)
                }
            }
        })
    }
}

fn ask(node: &mut dyn Node, request: &Request<'_>) -> Result<Response, Exception> {
    match request {
        Request::ReadCoils(start, count) => {
            read(*count, READ_BITS_MAX, |into| node.read_coils(*start, into)).map(Response::ReadCoils)
        }
        Request::ReadDiscreteInputs(start, count) => {
            read(*count, READ_BITS_MAX, |into| node.read_discrete_inputs(*start, into))
                .map(Response::ReadDiscreteInputs)
        }
        Request::ReadInputRegisters(start, count) => {
            read(*count, READ_REGISTERS_MAX, |into| node.read_input_registers(*start, into))
                .map(Response::ReadInputRegisters)
        }
        Request::ReadHoldingRegisters(start, count) => {
            read(*count, READ_REGISTERS_MAX, |into| node.read_holding_registers(*start, into))
                .map(Response::ReadHoldingRegisters)
        }
        Request::WriteSingleCoil(at, on) => {
            node.write_coils(*at, &[*on]).map(|()| Response::WriteSingleCoil(*at, *on))
        }
        Request::WriteMultipleCoils(start, values) => {
            node.write_coils(*start, values).map(|()| Response::WriteMultipleCoils(*start, count_of(values)))
        }
        Request::WriteSingleRegister(at, value) => {
            node.write_holding_registers(*at, &[*value]).map(|()| Response::WriteSingleRegister(*at, *value))
        }
        Request::WriteMultipleRegisters(start, values) => node
            .write_holding_registers(*start, values)
            .map(|()| Response::WriteMultipleRegisters(*start, count_of(values))),
        Request::ReportServerId
        | Request::MaskWriteRegister(..)
        | Request::ReadWriteMultipleRegisters(..)
        | Request::ReadDeviceIdentification(..)
        | Request::Custom(..) => Err(Exception::IllegalFunction),
    }
}

fn read<T: Copy + Default>(
    count: u16,
    most: u16,
    fill: impl FnOnce(&mut [T]) -> Result<(), Exception>,
) -> Result<Vec<T>, Exception> {
    if count > most {
        return Err(Exception::IllegalDataValue);
    }
    let mut values = vec![T::default(); usize::from(count)];
    fill(&mut values)?;
    Ok(values)
}

/// A write has been accepted, so that it has no more values than the node has addresses.
fn count_of<T>(values: &[T]) -> u16 {
    u16::try_from(values.len()).unwrap_or(u16::MAX)
}

const fn code(exception: Exception) -> ExceptionCode {
    match exception {
        Exception::IllegalFunction => ExceptionCode::IllegalFunction,
        Exception::IllegalDataAddress => ExceptionCode::IllegalDataAddress,
        Exception::IllegalDataValue => ExceptionCode::IllegalDataValue,
        Exception::DeviceFailure => ExceptionCode::ServerDeviceFailure,
    }
}
