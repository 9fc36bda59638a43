//! What the fuzz targets share: a charge point on a bench, and a central system that checks all that it is told.

pub mod bench;
pub mod central_system;
pub mod device;
#[path = "../../support/frame.rs"]
pub mod frame;
pub mod link;
pub mod vault;
