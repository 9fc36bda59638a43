use super::engine::Engine;
use crate::station::{
    CacheSlot, ChargingPeriod, Connector, DataTransferHandler, Hook, ListSlot, MeterInput, ProfileSlot, ReservationSlot,
};
use crate::store::RECORD_LEN_MAX;
use core::mem::{ManuallyDrop, MaybeUninit};
use heapless::Vec;

/// All the memory of a charge point, its numbers said once.
///
/// | number | what it bounds | more of it costs |
/// |---|---|---|
/// | `CONNECTORS` | connectors, 1 to 63 | about 0.55 KiB each |
/// | `RECEIVE` | the longest message that is understood, in bytes, at least 256 | itself |
/// | `SEND` | the longest piece of a message that is sent, in bytes, at least 1024 | itself |
/// | `LIST` | entries of the local authorisation list, up to 1000 | 8 bytes each |
/// | `PROFILES` | charging profiles, up to 192 | their periods and about 0.1 KiB each |
/// | `PERIODS` | periods of a charging profile, up to 40 | 8 bytes each, for each profile |
/// | `RESERVATIONS` | reservations, up to 64 | about 60 bytes each |
///
/// A longer incoming message is answered with a CALLERROR; a longer outgoing one goes out in pieces. Nothing here
/// grows with the number of messages that wait for delivery.
///
/// The WebSocket of the runner (`Link::websocket`) has no other buffers: it needs a `RECEIVE` of 1024 for the handshake,
/// takes 8 bytes of `SEND` for the header of a frame, and understands a message in several frames for certain when that is
/// 64 bytes shorter than `RECEIVE`.
///
/// ```
/// use embedded_ocpp::Resources;
/// // On a 32-bit chip these are 12 KiB.
/// assert!(Resources::<2>::RAM_BYTES <= 16 * 1024);
/// ```
#[repr(C)] // the engine first: a store reaches all of it from where the resources begin
pub struct Resources<
    'a,
    const CONNECTORS: usize = 2,
    const RECEIVE: usize = 2048,
    const SEND: usize = 1536,
    const LIST: usize = 48,
    const PROFILES: usize = 10,
    const PERIODS: usize = 24,
    const RESERVATIONS: usize = 4,
> {
    /// Written when a charge point is made.
    pub(super) engine: MaybeUninit<Engine<'a>>,
    pub(super) connectors: Table<Connector<'a>, CONNECTORS>,
    pub(super) meter_inputs: Table<MeterInput<'a>, METER_INPUTS>,
    pub(super) data_transfer: Table<DataTransferHandler<'a>, DATA_TRANSFER_HANDLERS>,
    pub(super) hooks: Table<Hook<'a>, HOOKS>,
    pub(super) cache: Table<CacheSlot, CACHE_ENTRIES>,
    /// Twice the entries, so that a new list fits beside the old one.
    pub(super) local_list: Table<[ListSlot; 2], LIST>,
    pub(super) reservations: Table<ReservationSlot, RESERVATIONS>,
    pub(super) profiles: Table<ProfileSlot, PROFILES>,
    pub(super) periods: Table<[ChargingPeriod; PERIODS], PROFILES>,
    pub(super) receive: MaybeUninit<[u8; RECEIVE]>,
    pub(super) send: MaybeUninit<[u8; SEND]>,
    pub(super) record: MaybeUninit<[u8; RECORD_LEN_MAX]>,
    pub(super) request: MaybeUninit<[u8; REQUEST_LEN_MAX]>,
}

/// A table that is empty until a charge point is made, as the buffers are: fresh resources are next to nothing, so that a
/// static of them costs no flash, and no stack when they are put there. Not dropped, because the charge point borrows it to
/// the very end.
type Table<T, const N: usize> = ManuallyDrop<Vec<T, N>>;

/// Meters beside the energy register and the power of each connector.
const METER_INPUTS: usize = 12;
const DATA_TRANSFER_HANDLERS: usize = 4;
/// Request handlers and observers.
const HOOKS: usize = 8;
/// Tags that the authorisation cache remembers.
const CACHE_ENTRIES: usize = 32;
/// The longest payload of a request of the firmware's own.
const REQUEST_LEN_MAX: usize = 512;

impl<
    const CONNECTORS: usize,
    const RECEIVE: usize,
    const SEND: usize,
    const LIST: usize,
    const PROFILES: usize,
    const PERIODS: usize,
    const RESERVATIONS: usize,
> Resources<'_, CONNECTORS, RECEIVE, SEND, LIST, PROFILES, PERIODS, RESERVATIONS>
{
    /// RAM of this configuration in bytes.
    pub const RAM_BYTES: usize = size_of::<Self>();

    /// Fresh memory, to be lent to one charge point.
    pub const fn new() -> Self {
        const {
            assert!(CONNECTORS >= 1 && CONNECTORS <= 63, "1 to 63 connectors");
            assert!(RECEIVE >= 256, "a receive buffer below 256 bytes cannot hold the answers of OCPP 1.6");
            assert!(SEND >= 1024, "a send buffer below 1024 bytes cannot hold the longest configuration value");
            assert!(LIST <= 1000 && RESERVATIONS <= 64, "no record for more of them");
            assert!(PROFILES <= 192 && PERIODS <= 40, "no record for more of them");
        }
        Self {
            engine: MaybeUninit::uninit(),
            connectors: Table::new(Vec::new()),
            meter_inputs: Table::new(Vec::new()),
            data_transfer: Table::new(Vec::new()),
            hooks: Table::new(Vec::new()),
            cache: Table::new(Vec::new()),
            local_list: Table::new(Vec::new()),
            reservations: Table::new(Vec::new()),
            profiles: Table::new(Vec::new()),
            periods: Table::new(Vec::new()),
            receive: MaybeUninit::uninit(),
            send: MaybeUninit::uninit(),
            record: MaybeUninit::uninit(),
            request: MaybeUninit::uninit(),
        }
    }
}

impl<
    const CONNECTORS: usize,
    const RECEIVE: usize,
    const SEND: usize,
    const LIST: usize,
    const PROFILES: usize,
    const PERIODS: usize,
    const RESERVATIONS: usize,
> Default for Resources<'_, CONNECTORS, RECEIVE, SEND, LIST, PROFILES, PERIODS, RESERVATIONS>
{
    fn default() -> Self {
        Self::new()
    }
}
