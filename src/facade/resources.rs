use super::capacity::{Capacities, Count, Number, Sizes, Usual};
use super::engine::Engine;
use crate::station::{
    CacheSlot, ChargingPeriod, Connector, DataTransferHandler, Hook, ListSlot, MeterInput, ProfileSlot, ReservationSlot,
};
use crate::store::RECORD_LEN_MAX;
use core::mem::{ManuallyDrop, MaybeUninit};
use heapless::Vec;

/// All the memory of a charge point with `CONNECTORS` connectors, 1 to 63, of about 0.55 KiB each. Who needs more or less room
/// for something else names that: [`capacity`](super::capacity).
///
/// Nothing here grows with the number of messages that wait for delivery.
///
/// ```
/// use embedded_ocpp::Resources;
/// // On a 32-bit chip these are 12 KiB.
/// assert!(Resources::<2>::RAM_BYTES <= 16 * 1024);
/// ```
#[repr(C)] // the engine first: a store reaches all of it from where the resources begin
pub struct Resources<'a, const CONNECTORS: usize = 2, C: Capacities = Usual> {
    /// Written when a charge point is made.
    pub(super) engine: MaybeUninit<Engine<'a>>,
    pub(super) connectors: MaybeUninit<RowsOf<Number<CONNECTORS>, Connector<'a>>>,
    pub(super) meter_inputs: Table<MeterInput<'a>, METER_INPUTS>,
    pub(super) data_transfer: Table<DataTransferHandler<'a>, DATA_TRANSFER_HANDLERS>,
    pub(super) hooks: Table<Hook<'a>, HOOKS>,
    pub(super) cache: MaybeUninit<RowsOf<CacheEntries, CacheSlot>>,
    /// Twice the entries, so that a new list fits beside the old one.
    pub(super) local_list: MaybeUninit<RowsOf<C::LocalList, [ListSlot; 2]>>,
    pub(super) reservations: MaybeUninit<RowsOf<C::Reservations, ReservationSlot>>,
    pub(super) profiles: MaybeUninit<RowsOf<C::ChargingProfiles, ProfileSlot>>,
    pub(super) periods: MaybeUninit<RowsOf<C::ChargingProfiles, Schedule<C>>>,
    pub(super) receive: MaybeUninit<ArrayOf<C::ReceiveBuffer, u8>>,
    pub(super) send: MaybeUninit<ArrayOf<C::SendBuffer, u8>>,
    pub(super) record: MaybeUninit<[u8; RECORD_LEN_MAX]>,
    pub(super) request: MaybeUninit<[u8; REQUEST_LEN_MAX]>,
}

/// A table that the firmware fills. It is empty until then, as all else here is until a charge point is made: fresh resources
/// are next to nothing, so that a static of them costs no flash, and no stack when they are put there. Not dropped, because the
/// charge point borrows it to the very end.
type Table<T, const N: usize> = ManuallyDrop<Vec<T, N>>;
type RowsOf<N, T> = <N as Count>::Rows<T>;
type ArrayOf<N, T> = <N as Count>::Array<T>;
type Schedule<C> = ArrayOf<<C as Sizes>::SchedulePeriods, ChargingPeriod>;

/// Meters beside the energy register and the power of each connector.
const METER_INPUTS: usize = 12;
const DATA_TRANSFER_HANDLERS: usize = 4;
/// Request handlers and observers.
const HOOKS: usize = 8;
/// Tags that the authorisation cache remembers.
pub(super) type CacheEntries = Number<32>;
/// The longest payload of a request of the firmware's own.
const REQUEST_LEN_MAX: usize = 512;

impl<const CONNECTORS: usize, C: Capacities> Resources<'_, CONNECTORS, C> {
    /// RAM of this configuration in bytes.
    pub const RAM_BYTES: usize = size_of::<Self>();

    /// Fresh memory, to be lent to one charge point.
    pub const fn new() -> Self {
        const {
            assert!(CONNECTORS >= 1 && CONNECTORS <= 63, "1 to 63 connectors");
            assert!(
                C::ReceiveBuffer::COUNT >= 256,
                "a receive buffer below 256 bytes cannot hold the answers of OCPP 1.6"
            );
            assert!(
                C::SendBuffer::COUNT >= 1024,
                "a send buffer below 1024 bytes cannot hold the longest configuration value"
            );
            assert!(C::LocalList::COUNT <= 1000 && C::Reservations::COUNT <= 64, "no record for more of them");
            assert!(C::ChargingProfiles::COUNT <= 192 && C::SchedulePeriods::COUNT <= 40, "no record for more of them");
        }
        Self {
            engine: MaybeUninit::uninit(),
            connectors: MaybeUninit::uninit(),
            meter_inputs: Table::new(Vec::new()),
            data_transfer: Table::new(Vec::new()),
            hooks: Table::new(Vec::new()),
            cache: MaybeUninit::uninit(),
            local_list: MaybeUninit::uninit(),
            reservations: MaybeUninit::uninit(),
            profiles: MaybeUninit::uninit(),
            periods: MaybeUninit::uninit(),
            receive: MaybeUninit::uninit(),
            send: MaybeUninit::uninit(),
            record: MaybeUninit::uninit(),
            request: MaybeUninit::uninit(),
        }
    }
}

impl<const CONNECTORS: usize, C: Capacities> Default for Resources<'_, CONNECTORS, C> {
    fn default() -> Self {
        Self::new()
    }
}
