//! How what must survive a power cut gets on the device, and back at boot.

pub(in crate::station) mod course;
#[cfg_attr(not(any(feature = "local-auth-list", feature = "firmware-management")), path = "../absent/held_call.rs")]
#[cfg_attr(not(feature = "local-auth-list"), allow(dead_code))] // several records for one call
pub(in crate::station) mod held_call;
pub(in crate::station) mod persistence;
pub(in crate::station) mod recovery;
pub(in crate::station) mod shelf;
pub(in crate::station) mod shelves;
pub(in crate::station) mod storing;
pub(in crate::station) mod task;
