//! How this central system writes.

/// What is said of it once, and what is noticed.
#[derive(Default)]
pub(crate) struct Dialect {
    /// It wants dates with milliseconds.
    pub(crate) has_milliseconds: bool,
    /// How many members of answers were left out since the boot because they could not be read.
    pub(crate) left_out: u32,
}
