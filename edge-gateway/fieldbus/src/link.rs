//! One connection to `host:port`, and what is known about it after each exchange.

use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_modbus::client::{Client, Context, tcp};
use tokio_modbus::slave::{Slave, SlaveContext};
use tokio_modbus::{ExceptionCode, Request, Response};

/// How long connecting may take: a lost packet's first repetition comes after a second.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(1_500);

/// A connection that is opened when it is needed, and never used again after an answer failed to come.
pub(crate) struct Link {
    address: String,
    context: Option<Context>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExchangeError {
    /// Nobody answers at the bus's address.
    #[error("no connection to {address}")]
    Connect { address: String, source: std::io::Error },
    /// No answer within the time that the profile allows.
    #[error("no answer within {} ms", .0.as_millis())]
    Silent(Duration),
    /// The connection broke, or what came was not an answer to what was asked.
    #[error("the connection broke")]
    Broken(#[source] tokio_modbus::Error),
    /// The device answers, and refuses.
    #[error("the device refuses: {0}")]
    Refused(ExceptionCode),
    /// The answer has another shape than the question.
    #[error("the answer does not fit the question")]
    Misfit,
}

impl Link {
    pub(crate) fn new(address: String) -> Self {
        Self { address, context: None }
    }

    /// Reads `count` input registers from `start`.
    pub(crate) async fn read_input_registers(
        &mut self,
        unit: u8,
        within: Duration,
        start: u16,
        count: u16,
    ) -> Result<Vec<u16>, ExchangeError> {
        match self.call(unit, within, Request::ReadInputRegisters(start, count)).await? {
            Response::ReadInputRegisters(words) if words.len() == usize::from(count) => Ok(words),
            _ => Err(self.misfit()),
        }
    }

    /// Reads `count` discrete inputs from `start`.
    pub(crate) async fn read_discrete_inputs(
        &mut self,
        unit: u8,
        within: Duration,
        start: u16,
        count: u16,
    ) -> Result<Vec<bool>, ExchangeError> {
        match self.call(unit, within, Request::ReadDiscreteInputs(start, count)).await? {
            // Bits come in whole bytes.
            Response::ReadDiscreteInputs(mut bits) if bits.len() >= usize::from(count) => {
                bits.truncate(usize::from(count));
                Ok(bits)
            }
            _ => Err(self.misfit()),
        }
    }

    /// Writes one coil.
    pub(crate) async fn write_coil(
        &mut self,
        unit: u8,
        within: Duration,
        address: u16,
        on: bool,
    ) -> Result<(), ExchangeError> {
        match self.call(unit, within, Request::WriteSingleCoil(address, on)).await? {
            Response::WriteSingleCoil(at, value) if at == address && value == on => Ok(()),
            _ => Err(self.misfit()),
        }
    }

    /// Writes one holding register.
    pub(crate) async fn write_register(
        &mut self,
        unit: u8,
        within: Duration,
        address: u16,
        word: u16,
    ) -> Result<(), ExchangeError> {
        match self.call(unit, within, Request::WriteSingleRegister(address, word)).await? {
            Response::WriteSingleRegister(at, value) if at == address && value == word => Ok(()),
            _ => Err(self.misfit()),
        }
    }

    /// The next exchange begins on a new connection.
    pub(crate) fn drop_connection(&mut self) {
        self.context = None;
    }

    /// One request and its answer. The connection is put back only when the answer was whole, so that a late
    /// answer, or a call that is given up midway, never meets a later question.
    async fn call(
        &mut self,
        unit: u8,
        within: Duration,
        request: Request<'_>,
    ) -> Result<Response, ExchangeError> {
        let mut context = match self.context.take() {
            Some(context) => context,
            None => connect(&self.address).await?,
        };
        context.set_slave(Slave(unit));
        let answer =
            timeout(within, context.call(request)).await.map_err(|_| ExchangeError::Silent(within))?;
        let answer = answer.map_err(ExchangeError::Broken)?;
        self.context = Some(context);
        answer.map_err(ExchangeError::Refused)
    }

    fn misfit(&mut self) -> ExchangeError {
        self.drop_connection();
        ExchangeError::Misfit
    }
}

async fn connect(address: &str) -> Result<Context, ExchangeError> {
    let failed = |source| ExchangeError::Connect { address: address.to_owned(), source };
    let stream = timeout(CONNECT_TIMEOUT, TcpStream::connect(address))
        .await
        .map_err(|_| failed(std::io::ErrorKind::TimedOut.into()))?
        .map_err(failed)?;
    // A release is a dozen bytes: it must not wait for more.
    stream.set_nodelay(true).map_err(failed)?;
    Ok(tcp::attach(stream))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU16, Ordering};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    const WITHIN: Duration = Duration::from_millis(200);
    const LATE: Duration = Duration::from_millis(300);

    /// Function 04 for one register; its value is its address plus 1 000.
    fn answer(transaction: [u8; 2], unit: u8, address: u16) -> [u8; 11] {
        let [high, low] = (address + 1_000).to_be_bytes();
        [transaction[0], transaction[1], 0, 0, 0, 5, unit, 4, 2, high, low]
    }

    /// A converter in front of a slow device: the answer to its first request comes late, and, as converters
    /// without numbers on their serial side do, under the number of whatever was asked last on that connection.
    async fn slow_converter(listener: TcpListener) {
        let requests = Arc::new(AtomicU16::new(0));
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let requests = Arc::clone(&requests);
            tokio::spawn(async move {
                let mut late: Option<u16> = None;
                let mut request = [0; 12];
                while stream.read_exact(&mut request).await.is_ok() {
                    let address = u16::from_be_bytes([request[8], request[9]]);
                    if requests.fetch_add(1, Ordering::Relaxed) == 0 {
                        tokio::time::sleep(LATE).await;
                        late = Some(address);
                        continue;
                    }
                    let shown = late.as_mut().map_or(address, |late| std::mem::replace(late, address));
                    if stream.write_all(&answer([request[0], request[1]], request[6], shown)).await.is_err() {
                        return;
                    }
                }
            });
        }
    }

    #[tokio::test]
    async fn a_late_answer_is_never_taken_for_the_next_one() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut link = Link::new(listener.local_addr().unwrap().to_string());
        let server = tokio::spawn(slow_converter(listener));

        let first = link.read_input_registers(1, WITHIN, 1, 1).await;
        assert!(matches!(first, Err(ExchangeError::Silent(_))), "{first:?}");
        for address in 2..50 {
            let words = link.read_input_registers(1, WITHIN, address, 1).await.unwrap();
            assert_eq!(words, [address + 1_000]);
        }
        server.abort();
    }

    #[tokio::test]
    async fn a_call_that_is_given_up_midway_leaves_no_answer_behind() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut link = Link::new(listener.local_addr().unwrap().to_string());
        let server = tokio::spawn(slow_converter(listener));

        let short = timeout(Duration::from_millis(50), link.read_input_registers(1, WITHIN, 1, 1)).await;
        assert!(short.is_err());
        assert_eq!(link.read_input_registers(1, WITHIN, 2, 1).await.unwrap(), [1_002]);
        server.abort();
    }

    #[tokio::test]
    async fn an_answer_of_another_length_breaks_the_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut link = Link::new(listener.local_addr().unwrap().to_string());
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 12];
            stream.read_exact(&mut request).await.unwrap();
            stream.write_all(&answer([request[0], request[1]], request[6], 7)).await.unwrap();
        });
        let two = link.read_input_registers(1, WITHIN, 7, 2).await;
        assert!(matches!(two, Err(ExchangeError::Misfit)), "{two:?}");
        assert!(link.context.is_none());
        server.await.unwrap();
    }

    #[tokio::test]
    async fn nobody_at_the_address_is_told_apart_from_a_silent_device() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        drop(listener);
        let nobody = Link::new(address).read_input_registers(1, WITHIN, 0, 1).await;
        assert!(matches!(nobody, Err(ExchangeError::Connect { .. })), "{nobody:?}");
    }
}
