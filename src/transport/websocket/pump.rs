//! The two halves of a stream, each moved by one future that lives as long as the connection: what the stream has begun it
//! ends, whatever else happens meanwhile. A TLS session wants that.
//!
//! Buffers go to and fro: who has one may use it, and nobody else.

use core::cell::Cell;
use core::convert::Infallible;
use core::ops::Range;

use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::signal::Signal;
use embedded_io_async::{Error as _, ErrorKind, Read, Write};

use super::error::Error;

pub(crate) type StreamError = Error<ErrorKind>;

/// A buffer that comes back, and what has come of it.
pub(crate) struct Returned<'b, T> {
    pub(crate) buffer: &'b mut [u8],
    pub(crate) result: Result<T, StreamError>,
}

pub(crate) struct Pumps<'b> {
    /// A buffer, to be filled from this place on.
    to_fill: Signal<NoopRawMutex, (&'b mut [u8], usize)>,
    filled: Cell<Option<Returned<'b, usize>>>,
    /// A buffer, and what is to be written of it.
    to_write: Signal<NoopRawMutex, (&'b mut [u8], Range<usize>)>,
    written: Cell<Option<Returned<'b, ()>>>,
    /// What was written has not left yet.
    is_flushing: Cell<bool>,
    flush_failed: Cell<Option<StreamError>>,
    /// The stream has taken something, or has passed on all it had.
    has_moved: Cell<bool>,
    changed: Signal<NoopRawMutex, ()>,
}

impl<'b> Pumps<'b> {
    pub(crate) const fn new() -> Self {
        Self {
            to_fill: Signal::new(),
            filled: Cell::new(None),
            to_write: Signal::new(),
            written: Cell::new(None),
            is_flushing: Cell::new(false),
            flush_failed: Cell::new(None),
            has_moved: Cell::new(false),
            changed: Signal::new(),
        }
    }

    // The side of the stream

    pub(crate) async fn read(&self, mut reader: impl Read) -> Infallible {
        loop {
            let (buffer, start) = self.to_fill.wait().await;
            let result = match reader.read(buffer.get_mut(start..).unwrap_or_default()).await {
                Ok(0) => Err(Error::Disconnected),
                Ok(count) => Ok(count),
                Err(error) => Err(Error::Stream(error.kind())),
            };
            self.filled.set(Some(Returned { buffer, result }));
            self.changed.signal(());
        }
    }

    pub(crate) async fn write(&self, mut writer: impl Write) -> Infallible {
        loop {
            let (buffer, mut unsent) = self.to_write.wait().await;
            let mut result = Ok(());
            while let (Ok(()), Some(bytes @ [_, ..])) = (&result, buffer.get(unsent.clone())) {
                match writer.write(bytes).await {
                    Ok(0) => result = Err(Error::Disconnected),
                    Ok(count) => unsent.start = unsent.start.saturating_add(count).min(unsent.end),
                    Err(error) => result = Err(Error::Stream(error.kind())),
                }
                self.moved();
            }
            self.is_flushing.set(true);
            self.written.set(Some(Returned { buffer, result }));
            // On a socket this may wait for the acknowledgement of the peer.
            if let Err(error) = writer.flush().await {
                self.flush_failed.set(Some(Error::Stream(error.kind())));
            }
            self.is_flushing.set(false);
            self.moved();
        }
    }

    fn moved(&self) {
        self.has_moved.set(true);
        self.changed.signal(());
    }

    // The side of the protocol

    /// Has a buffer filled from this place on, where there must be room.
    pub(crate) fn fill(&self, buffer: &'b mut [u8], start: usize) {
        self.to_fill.signal((buffer, start));
    }

    pub(crate) fn take_filled(&self) -> Option<Returned<'b, usize>> {
        self.filled.take()
    }

    /// Has a part of a buffer written; not before the last one is back.
    pub(crate) fn put(&self, buffer: &'b mut [u8], unsent: Range<usize>) {
        self.to_write.signal((buffer, unsent));
    }

    pub(crate) fn take_written(&self) -> Option<Returned<'b, ()>> {
        self.written.take()
    }

    pub(crate) fn is_flushing(&self) -> bool {
        self.is_flushing.get()
    }

    pub(crate) fn take_flush_failed(&self) -> Option<StreamError> {
        self.flush_failed.take()
    }

    pub(crate) fn take_moved(&self) -> bool {
        self.has_moved.take()
    }

    /// Waits until a buffer has come back, or the stream has moved. May be dropped at any time.
    pub(crate) async fn changed(&self) {
        self.changed.wait().await;
    }
}
