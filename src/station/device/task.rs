//! What the device is busy with.

use crate::station::signed_values::SignedTask;
use crate::station::transfer::Direction;
use crate::station::{ConnectorId, ReadingContext};
use crate::store::RecordKey;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Task {
    HeldCall,
    Recover,
    AppendStart(ConnectorId),
    AppendStop(ConnectorId),
    AppendMeterValues(ConnectorId, ReadingContext),
    AppendClock,
    /// MeterValues of a signed value.
    #[cfg_attr(not(feature = "signed-meter-values"), expect(dead_code))] // there are none
    AppendSigned(ConnectorId),
    /// A piece of what the message before has attached.
    #[cfg_attr(not(feature = "signed-meter-values"), expect(dead_code))] // there are none
    AppendPiece,
    /// Whether the entry is there whose writing has failed.
    LookForEntry,
    StoreTransaction(ConnectorId),
    LoadSeries(ConnectorId, ReadingContext),
    BeginSeries(ConnectorId),
    StoreSeries,
    #[cfg_attr(not(feature = "signed-meter-values"), expect(dead_code))] // there are none
    OfSignedValues(SignedTask),
    LookUp(ConnectorId, RecordKey),
    LoadTransfer(Direction),
    LoadSecurityEvent,
    /// A record of a shelf.
    Change {
        shelf: u8,
        record: RecordKey,
    },
    StoreDate,
    StoreMark,
    Release,
    ReleaseSample(ConnectorId),
    LoadFirst,
    SeekDate(u32),
    Thin,
}

impl Task {
    /// Whether it changes nothing that any block waits for.
    pub(in crate::station) fn is_housekeeping(self) -> bool {
        matches!(
            self,
            Self::HeldCall
                | Self::AppendMeterValues(..)
                | Self::AppendPiece
                | Self::StoreTransaction(_)
                | Self::LoadSeries(..)
                | Self::BeginSeries(_)
                | Self::StoreSeries
                | Self::StoreDate
                | Self::StoreMark
                | Self::Release
                | Self::ReleaseSample(_)
                | Self::Change { .. }
                | Self::LoadFirst
                | Self::SeekDate(_)
        )
    }

    /// Whether it puts an entry into the journal.
    pub(in crate::station) fn is_append(self) -> bool {
        matches!(
            self,
            Self::AppendStart(_)
                | Self::AppendStop(_)
                | Self::AppendMeterValues(..)
                | Self::AppendClock
                | Self::AppendSigned(_)
                | Self::AppendPiece
        )
    }
}
