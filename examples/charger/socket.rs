//! A TCP socket of std, with or without TLS, as the stream that the WebSocket adapter wants.

use crate::tls;
use embedded_io_async::{ErrorType, Read, Write};
use rustls::ClientConfig;
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::sync::mpsc::{self, TryRecvError};
use std::task::Poll;
use std::thread;
use std::time::Duration;

/// A socket that never blocks. It wakes nobody: it is for a loop that comes back by itself.
pub(crate) struct Socket(Box<dyn Stream>);

trait Stream: io::Read + io::Write {}

impl<S: io::Read + io::Write> Stream for S {}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

impl Socket {
    /// Connects to a host and port, in a thread, for std can neither resolve nor connect without blocking.
    pub(crate) async fn connect(address: (String, u16), tls: Option<Arc<ClientConfig>>) -> io::Result<Self> {
        let (sender, receiver) = mpsc::channel();
        let host = address.0.clone();
        thread::spawn(move || sender.send(connect(&address)));
        let result = poll_fn(|_| match receiver.try_recv() {
            Ok(result) => Poll::Ready(result),
            Err(TryRecvError::Empty) => Poll::Pending,
            Err(TryRecvError::Disconnected) => Poll::Ready(Err(io::Error::other("the connecting thread died"))),
        });
        let stream = result.await?;
        stream.set_nonblocking(true)?;
        Ok(Self(match tls {
            Some(config) => Box::new(tls::wrap(stream, config, host)?),
            None => Box::new(stream),
        }))
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

impl ErrorType for Socket {
    type Error = io::Error;
}

impl Read for Socket {
    async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        poll_fn(|_| without_blocking(|| self.0.read(buffer))).await
    }
}

impl Write for Socket {
    async fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        poll_fn(|_| without_blocking(|| self.0.write(bytes))).await
    }

    async fn flush(&mut self) -> io::Result<()> {
        poll_fn(|_| without_blocking(|| self.0.flush())).await
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
