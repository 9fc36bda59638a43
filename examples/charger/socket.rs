//! A TCP socket of std as the stream that the WebSocket adapter wants.

use embedded_io_async::{ErrorType, Read, Write};
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::mpsc::{self, TryRecvError};
use std::task::Poll;
use std::thread;
use std::time::Duration;

/// A socket that never blocks. It wakes nobody: it is for a loop that comes back by itself.
pub(crate) struct Socket(TcpStream);

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

impl Socket {
    /// Connects to `host:port`, in a thread, for std can neither resolve nor connect without blocking.
    pub(crate) async fn connect(address: String) -> io::Result<Self> {
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || sender.send(connect(&address)));
        let result = poll_fn(|_| match receiver.try_recv() {
            Ok(result) => Poll::Ready(result),
            Err(TryRecvError::Empty) => Poll::Pending,
            Err(TryRecvError::Disconnected) => Poll::Ready(Err(io::Error::other("the connecting thread died"))),
        });
        Ok(Self(result.await?))
    }
}

fn connect(address: &str) -> io::Result<TcpStream> {
    let mut failure = io::Error::new(ErrorKind::NotFound, "the host has no address");
    for address in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, CONNECT_TIMEOUT) {
            Ok(stream) => {
                stream.set_nonblocking(true)?;
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
        poll_fn(|_| without_blocking(|| io::Read::read(&mut self.0, buffer))).await
    }
}

impl Write for Socket {
    async fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        poll_fn(|_| without_blocking(|| io::Write::write(&mut self.0, bytes))).await
    }

    async fn flush(&mut self) -> io::Result<()> {
        poll_fn(|_| without_blocking(|| io::Write::flush(&mut self.0))).await
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
