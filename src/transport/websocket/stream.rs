use core::fmt::Debug;
use core::task::Poll;

use crate::transport::ConnectFailure;

/// A byte stream that never blocks, for a superloop: a socket of smoltcp, of lwIP, of a modem.
///
/// `Pending` means not now: nobody is woken, the next turn of the loop asks again. Nothing is taken or lost by a call that
/// returns it. A socket whose connection is still being opened takes nothing, so opening it need not block anybody.
pub trait Stream {
    /// Why the stream is over.
    type Error: Debug;

    /// Puts what has come into `buffer`, which is not empty, and returns how many bytes that is: none at the end of the
    /// stream only.
    fn read(&mut self, buffer: &mut [u8]) -> Poll<Result<usize, Self::Error>>;

    /// Takes some of `bytes`, which are not empty, and returns how many: none where it will never take any more.
    fn write(&mut self, bytes: &[u8]) -> Poll<Result<usize, Self::Error>>;

    /// Whether all that was written has left. A stream that sends by itself is always ready.
    fn flush(&mut self) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    /// What a failure means that comes before the connection is open: refused, a certificate that is not to be trusted, a
    /// version of TLS. By default that it broke.
    fn connect_failure(error: &Self::Error) -> ConnectFailure {
        let _ = error;
        ConnectFailure::Disconnected
    }
}

impl<S: Stream> Stream for &mut S {
    type Error = S::Error;

    fn read(&mut self, buffer: &mut [u8]) -> Poll<Result<usize, S::Error>> {
        (**self).read(buffer)
    }

    fn write(&mut self, bytes: &[u8]) -> Poll<Result<usize, S::Error>> {
        (**self).write(bytes)
    }

    fn flush(&mut self) -> Poll<Result<(), S::Error>> {
        (**self).flush()
    }

    fn connect_failure(error: &S::Error) -> ConnectFailure {
        S::connect_failure(error)
    }
}
