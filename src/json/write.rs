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

/// Anything that can be written as JSON, so that what writes it need not be compiled for each type.
pub trait Json {
    /// Writes itself.
    ///
    /// # Errors
    /// [`BufferFull`]
    fn write_json(&self, serializer: &mut serde_json_core::ser::Serializer<'_>) -> Result<(), BufferFull>;
}

impl<T: Serialize + ?Sized> Json for T {
    fn write_json(&self, serializer: &mut serde_json_core::ser::Serializer<'_>) -> Result<(), BufferFull> {
        self.serialize(serializer).map_err(|_| BufferFull)
    }
}

/// Appends `value` as JSON behind the first `len` bytes of `buffer`, whole or not at all, and returns the new
/// length.
///
/// # Errors
/// [`BufferFull`]
pub fn append(buffer: &mut [u8], len: usize, value: &dyn Json) -> Result<usize, BufferFull> {
    let rest = buffer.get_mut(len..).unwrap_or_default();
    let mut serializer = serde_json_core::ser::Serializer::new(rest);
    value.write_json(&mut serializer)?;
    Ok(len + serializer.end())
}
