//! The work of the firmwares that are measured for size and stack: a whole charging session.
//!
//! Shared as a file and not through `board`, whose time driver and printing would be counted.

/// Bytes of the `Resources` that the session borrows.
//
// NEXT STAGE: size_of::<Resources>() of the default for two connectors.
#[allow(dead_code)] // only `stack` prints it
pub const RESOURCES_LEN: usize = 0;

/// Boots, authorises, starts, meters and stops against a scripted central system.
//
// NEXT STAGE: `static RESOURCES: StaticCell<Resources>`, `RamStorage`, `Loopback`, then the facade from
// boot to unplugging with every input and output set, so that nothing is left out by the linker.
#[inline(never)] // one function of its own, so that its stack is the same in every firmware
pub fn session() {}
