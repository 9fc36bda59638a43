use crate::ocpp16::{CacheSlot, Connector, DataTransferHandler, Hook, MeterInput};
use crate::store::{RECORD_LEN_MAX, VendorKey};
use core::mem::ManuallyDrop;
use heapless::Vec;

/// All the memory of a charge point, its numbers said once.
///
/// | number | what it bounds | more of it costs |
/// |---|---|---|
/// | `CONNECTORS` | connectors, 1 to 63 | about 0.55 KiB each |
/// | `RECEIVE` | the longest message that is understood, in bytes, at least 256 | itself |
/// | `SEND` | the longest piece of a message that is sent, in bytes, at least 1024 | itself |
///
/// A longer incoming message is answered with a CALLERROR; a longer outgoing one goes out in pieces. Nothing here
/// grows with the number of messages that wait for delivery.
///
/// ```
/// use embedded_ocpp::Resources;
/// assert!(Resources::<2>::RAM_BYTES <= 9 * 1024);
/// ```
pub struct Resources<'a, const CONNECTORS: usize = 2, const RECEIVE: usize = 2048, const SEND: usize = 2048> {
    pub(super) connectors: Table<Connector<'a>, CONNECTORS>,
    pub(super) meter_inputs: Table<MeterInput<'a>, METER_INPUTS>,
    pub(super) data_transfer: Table<DataTransferHandler<'a>, DATA_TRANSFER_HANDLERS>,
    pub(super) hooks: Table<Hook<'a>, HOOKS>,
    pub(super) vendor_keys: Table<VendorKey<'a>, VENDOR_KEYS>,
    pub(super) cache: Table<CacheSlot, CACHE_ENTRIES>,
    pub(super) receive: [u8; RECEIVE],
    pub(super) send: [u8; SEND],
    pub(super) record: [u8; RECORD_LEN_MAX],
    pub(super) request: [u8; REQUEST_LEN_MAX],
}

/// A table that is empty until a charge point is made: fresh resources are nothing but zeros, so that a static of them
/// costs no flash and no stack. Not dropped, because the charge point borrows it to the very end.
type Table<T, const N: usize> = ManuallyDrop<Vec<T, N>>;

/// Meters beside the energy register and the power of each connector.
const METER_INPUTS: usize = 12;
const DATA_TRANSFER_HANDLERS: usize = 4;
/// Request handlers and observers.
const HOOKS: usize = 8;
/// Configuration keys of the firmware's own.
const VENDOR_KEYS: usize = 8;
/// Tags that the authorisation cache remembers.
const CACHE_ENTRIES: usize = 32;
/// The longest payload of a request of the firmware's own.
const REQUEST_LEN_MAX: usize = 512;

impl<const CONNECTORS: usize, const RECEIVE: usize, const SEND: usize> Resources<'_, CONNECTORS, RECEIVE, SEND> {
    /// RAM of this configuration in bytes.
    pub const RAM_BYTES: usize = size_of::<Self>();

    /// Fresh memory, to be lent to one charge point.
    pub const fn new() -> Self {
        const {
            assert!(CONNECTORS >= 1 && CONNECTORS <= 63, "1 to 63 connectors");
            assert!(RECEIVE >= 256, "a receive buffer below 256 bytes cannot hold the answers of OCPP 1.6");
            assert!(SEND >= 1024, "a send buffer below 1024 bytes cannot hold the longest configuration value");
        }
        Self {
            connectors: Table::new(Vec::new()),
            meter_inputs: Table::new(Vec::new()),
            data_transfer: Table::new(Vec::new()),
            hooks: Table::new(Vec::new()),
            vendor_keys: Table::new(Vec::new()),
            cache: Table::new(Vec::new()),
            receive: [0; RECEIVE],
            send: [0; SEND],
            record: [0; RECORD_LEN_MAX],
            request: [0; REQUEST_LEN_MAX],
        }
    }
}

impl<const CONNECTORS: usize, const RECEIVE: usize, const SEND: usize> Default
    for Resources<'_, CONNECTORS, RECEIVE, SEND>
{
    fn default() -> Self {
        Self::new()
    }
}
