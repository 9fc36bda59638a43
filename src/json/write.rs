use core::fmt;
use serde::{Serialize, Serializer};

/// JSON that is written as it is.
///
/// Works with `serde-json-core` only, which writes bytes without quotes.
#[derive(Clone, Copy, Debug)]
pub struct Raw<'a>(pub &'a [u8]);

impl Serialize for Raw<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

/// The buffer is too small; what was written before stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct BufferFull;

impl fmt::Display for BufferFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("buffer full")
    }
}

impl core::error::Error for BufferFull {}

/// A frame that grows in a lent buffer.
#[derive(Debug)]
pub struct FrameWriter<'b> {
    buffer: &'b mut [u8],
    len: usize,
}

impl<'b> FrameWriter<'b> {
    /// Writes from the beginning of `buffer`.
    pub fn new(buffer: &'b mut [u8]) -> Self {
        Self { buffer, len: 0 }
    }

    /// Bytes written.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing is written.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Takes back everything behind the first `len` bytes.
    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// Appends `value` as JSON, whole or not at all.
    ///
    /// # Errors
    /// [`BufferFull`]
    pub fn append<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), BufferFull> {
        let rest = self.buffer.get_mut(self.len..).unwrap_or_default();
        let mut serializer = serde_json_core::ser::Serializer::new(rest);
        value.serialize(&mut serializer).map_err(|_| BufferFull)?;
        self.len += serializer.end();
        Ok(())
    }

    /// Appends `bytes` as they are.
    ///
    /// # Errors
    /// [`BufferFull`]
    pub fn raw(&mut self, bytes: &[u8]) -> Result<(), BufferFull> {
        let place = self.buffer.get_mut(self.len..self.len + bytes.len()).ok_or(BufferFull)?;
        place.copy_from_slice(bytes);
        self.len += bytes.len();
        Ok(())
    }
}
