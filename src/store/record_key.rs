/// The number under which a record is stored. The ranges are listed in [`registry`](super::registry) and
/// never change, whatever features are on.
pub type RecordKey = u16;
