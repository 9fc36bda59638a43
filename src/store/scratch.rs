//! The one buffer that records pass through, and whose bytes lie in it.

/// The record buffer. Who wants to write takes it `blank`, and by that from whoever had it: nobody has to
/// remember to say so.
#[derive(Debug)]
pub(crate) struct Scratch<'b> {
    bytes: &'b mut [u8],
    holds: Holds,
    len: usize,
}

/// Whose bytes lie at the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    Nothing,
    /// An entry of the journal, whole and checked.
    Entry(u32),
    /// A sample that is sent without being stored.
    Sample,
    /// An entry of the security log that is to be told.
    #[cfg(feature = "security")]
    Event(u32),
    /// What the device has loaded last.
    Loaded,
}

impl<'b> Scratch<'b> {
    /// Has nothing in it.
    pub(crate) fn new(bytes: &'b mut [u8]) -> Self {
        Self { bytes, holds: Holds::Nothing, len: 0 }
    }

    /// To be written anew: what lies in it is nobody's any more.
    pub(crate) fn blank(&mut self) -> &mut [u8] {
        self.holds = Holds::Nothing;
        self.bytes
    }

    /// For the driver: where an operation on the device finds its bytes and leaves those that it loads.
    pub(crate) fn device(&mut self) -> &mut [u8] {
        self.bytes
    }

    /// The device has loaded so many bytes.
    pub(crate) fn load(&mut self, len: usize) {
        (self.holds, self.len) = (Holds::Loaded, len);
    }

    /// What the device has loaded last, if nobody has taken the place since.
    pub(crate) fn loaded(&self) -> Option<&[u8]> {
        self.held(Holds::Loaded)
    }

    /// The same to be changed in place, with its length: it is nobody's then.
    pub(crate) fn take_loaded(&mut self) -> (&mut [u8], usize) {
        let len = self.loaded().map_or(0, <[u8]>::len);
        (self.blank(), len)
    }

    /// What lies here, so many bytes, is this entry of the journal.
    pub(crate) fn hold_entry(&mut self, number: u32, len: usize) {
        (self.holds, self.len) = (Holds::Entry(number), len);
    }

    /// The entry, if it lies here.
    pub(crate) fn entry(&self, number: u32) -> Option<&[u8]> {
        self.held(Holds::Entry(number))
    }

    /// What lies here, so many bytes, is a sample that is sent without being stored.
    pub(crate) fn hold_sample(&mut self, len: usize) {
        (self.holds, self.len) = (Holds::Sample, len);
    }

    /// That sample, if it lies here.
    pub(crate) fn sample(&self) -> Option<&[u8]> {
        self.held(Holds::Sample)
    }

    /// What lies here, so many bytes, is this entry of the security log.
    #[cfg(feature = "security")]
    pub(crate) fn hold_event(&mut self, number: u32, len: usize) {
        (self.holds, self.len) = (Holds::Event(number), len);
    }

    /// That entry, if it lies here.
    #[cfg(feature = "security")]
    pub(crate) fn event(&self, number: u32) -> Option<&[u8]> {
        self.held(Holds::Event(number))
    }

    fn held(&self, wanted: Holds) -> Option<&[u8]> {
        if self.holds == wanted { self.bytes.get(..self.len) } else { None }
    }
}
