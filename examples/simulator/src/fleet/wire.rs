//! The socket of one charger, as a stream that never blocks, and something to sleep on until it moves.

use super::power::Power;
use embedded_ocpp::transport::{ConnectFailure, websocket};
use socket2::{Domain, Protocol, Type};
use std::cell::Cell;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::task::Poll;
use tokio::io::Interest;
use tokio::net::TcpStream;

/// A TCP connection, which may still be being opened.
pub(crate) struct Wire {
    stream: TcpStream,
    /// It has not taken all.
    is_full: Cell<bool>,
}

impl Wire {
    /// Begins to connect to `server`, from `source` if there is one.
    pub(crate) fn connect(server: SocketAddr, source: Option<Ipv4Addr>) -> io::Result<Rc<Self>> {
        let socket = socket2::Socket::new(Domain::for_address(server), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_nonblocking(true)?;
        socket.set_tcp_nodelay(true)?;
        if let Some(source) = source {
            socket.bind(&SocketAddr::from((source, 0)).into())?;
        }
        match socket.connect(&server.into()) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock || error.raw_os_error() == Some(libc::EINPROGRESS) => {}
            Err(error) => return Err(error),
        }
        Ok(Rc::new(Self { stream: TcpStream::from_std(socket.into())?, is_full: Cell::new(false) }))
    }

    /// Whether it takes nothing now.
    pub(crate) fn is_full(&self) -> bool {
        self.is_full.get()
    }

    /// Waits until a transfer that could not be done may be.
    pub(crate) async fn moves(&self) {
        let interest = if self.is_full.get() { Interest::WRITABLE } else { Interest::READABLE };
        // A failure is found by the transfer that follows.
        let _ = self.stream.ready(interest).await;
    }
}

/// What the WebSocket holds of it.
pub(crate) struct Socket {
    pub(crate) wire: Rc<Wire>,
    pub(crate) power: Rc<Power>,
}

impl websocket::Stream for Socket {
    type Error = io::Error;

    fn read(&mut self, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        if self.power.is_cut() {
            return Poll::Pending;
        }
        without_blocking(|| self.wire.stream.try_read(buffer))
    }

    fn write(&mut self, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.power.is_cut() {
            return Poll::Pending;
        }
        let written = without_blocking(|| self.wire.stream.try_write(bytes));
        self.wire.is_full.set(written.is_pending());
        written
    }

    fn connect_failure(error: &io::Error) -> ConnectFailure {
        match error.kind() {
            ErrorKind::ConnectionRefused => ConnectFailure::Refused,
            ErrorKind::TimedOut => ConnectFailure::NoAnswer,
            ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => ConnectFailure::NoNetwork,
            _ => ConnectFailure::Disconnected,
        }
    }
}

fn without_blocking<T>(mut transfer: impl FnMut() -> io::Result<T>) -> Poll<io::Result<T>> {
    loop {
        match transfer() {
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Poll::Pending,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return Poll::Ready(result),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Wire;
    use std::net::{Ipv4Addr, TcpListener};

    #[tokio::test]
    async fn a_connection_comes_from_the_address_that_it_is_given() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let source = Ipv4Addr::new(127, 0, 0, 3);
        let wire = Wire::connect(listener.local_addr().unwrap(), Some(source)).unwrap();
        assert_eq!(listener.accept().unwrap().1.ip(), source);
        drop(wire);
    }
}
