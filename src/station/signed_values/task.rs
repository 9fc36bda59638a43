//! What the device is busy with for signed values.

use crate::station::ConnectorId;

#[derive(Clone, Copy, Debug)]
pub(crate) enum SignedTask {
    StorePiece(ConnectorId),
    StoreTail(ConnectorId),
    SealBeginning(ConnectorId),
    LookUpBeginning(ConnectorId),
    LoadPiece,
    RemovePiece,
    FetchPiece(u32),
}
