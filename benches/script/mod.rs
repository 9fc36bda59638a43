//! The benchmark: what is measured. How it is counted differs between the host (`benches/script.rs`, under
//! callgrind) and the Cortex-M4 (`examples/cortex-m4/src/bin/count.rs`, under QEMU); both include this.

mod bench;
pub(crate) mod frames;
#[path = "../../examples/parts/nor_flash.rs"]
mod nor_flash;
mod operations;

pub(crate) use operations::OPERATIONS;

/// Counts instructions.
pub(crate) trait Counter {
    /// Counts `work`, done so many `times`. What surrounds the call is not counted.
    ///
    /// An operation may call this as often as it likes; its figure is the mean over all `times`. Work of a
    /// few hundred instructions should be done a thousand times in one call, as the timer of the Cortex-M4
    /// moves on in steps of 40.
    fn count(&mut self, times: u32, work: &mut dyn FnMut());

    /// Counts `work` as a further part of what was counted last.
    fn count_more(&mut self, work: &mut dyn FnMut());
}

/// One row of the table.
pub(crate) struct Operation {
    /// The row of `microocpp.toml` that this compares to.
    pub(crate) name: &'static str,
    /// Prepares a charge point and hands the work to the counter.
    pub(crate) run: fn(&mut dyn Counter),
}
