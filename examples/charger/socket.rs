//! A TCP socket of std, with or without TLS, as the stream that the WebSocket of a superloop wants.

use crate::tls;
use embedded_ocpp::transport::{ConnectFailure, websocket};
use rustls::ClientConfig;
use std::io::{self, ErrorKind};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::task::{Poll, ready};
use std::thread;
use std::time::Duration;

/// A socket that never blocks. It wakes nobody: it is for a loop that comes back by itself.
pub(crate) enum Socket {
    Connecting { outcome: Receiver<io::Result<TcpStream>>, host: String, tls: Option<Arc<ClientConfig>> },
    Connected(Box<dyn Stream>),
}

pub(crate) trait Stream: io::Read + io::Write {}

impl<S: io::Read + io::Write> Stream for S {}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

impl Socket {
    /// Connects to a host and port, in a thread, for std can neither resolve nor connect without blocking.
    pub(crate) fn connect(address: (String, u16), tls: Option<Arc<ClientConfig>>) -> Self {
        let (sender, outcome) = mpsc::channel();
        let host = address.0.clone();
        thread::spawn(move || sender.send(connect(&address)));
        Self::Connecting { outcome, host, tls }
    }

    /// The stream, once there is one.
    fn stream(&mut self) -> Poll<io::Result<&mut dyn Stream>> {
        if let Self::Connecting { outcome, host, tls } = self {
            let stream = match outcome.try_recv() {
                Ok(result) => result?,
                Err(TryRecvError::Empty) => return Poll::Pending,
                Err(TryRecvError::Disconnected) => return Poll::Ready(Err(io::Error::other("it has failed before"))),
            };
            stream.set_nonblocking(true)?;
            *self = Self::Connected(match tls.take() {
                Some(config) => Box::new(tls::wrap(stream, config, std::mem::take(host))?),
                None => Box::new(stream),
            });
        }
        match self {
            Self::Connected(stream) => Poll::Ready(Ok(&mut **stream)),
            Self::Connecting { .. } => Poll::Pending,
        }
    }
}

/// Tries all addresses of a host.
pub(crate) fn connect((host, port): &(String, u16)) -> io::Result<TcpStream> {
    let mut failure = io::Error::new(ErrorKind::NotFound, "the host has no address");
    for address in (host.as_str(), *port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, CONNECT_TIMEOUT) {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

impl websocket::Stream for Socket {
    type Error = io::Error;

    fn read(&mut self, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        let stream = ready!(self.stream())?;
        without_blocking(|| stream.read(buffer))
    }

    fn write(&mut self, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let stream = ready!(self.stream())?;
        without_blocking(|| stream.write(bytes))
    }

    fn flush(&mut self) -> Poll<io::Result<()>> {
        let stream = ready!(self.stream())?;
        without_blocking(|| stream.flush())
    }

    fn connect_failure(error: &io::Error) -> ConnectFailure {
        match error.kind() {
            ErrorKind::ConnectionRefused => ConnectFailure::Refused,
            ErrorKind::TimedOut => ConnectFailure::NoAnswer,
            ErrorKind::NotFound => ConnectFailure::UnknownHost,
            ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => ConnectFailure::NoNetwork,
            _ => tls::failure(error).unwrap_or(ConnectFailure::Disconnected),
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
