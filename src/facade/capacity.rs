//! Other numbers than the usual ones for [`Resources`](crate::Resources), each by its name.
//!
//! | name | what it bounds | usual | more of it costs |
//! |---|---|---|---|
//! | [`ReceiveBuffer`] | the longest message that is understood, in bytes, at least 256 | 2048 | itself |
//! | [`SendBuffer`] | the longest piece of a message that is sent, in bytes, at least 1024 | 1536 | itself |
//! | [`LocalList`] | entries of the local authorisation list, up to 1000 | 48 | 8 bytes each |
//! | [`ChargingProfiles`] | charging profiles, up to 192 | 10 | their periods and about 0.1 KiB each |
//! | [`SchedulePeriods`] | periods of a charging profile, up to 40 | 24 | 8 bytes each, for each profile |
//! | [`Reservations`] | reservations, up to 64 | 4 | about 60 bytes each |
//!
//! ```
//! use embedded_ocpp::Resources;
//! use embedded_ocpp::facade::capacity::{LocalList, ReceiveBuffer};
//! // Three connectors, a longer list, and a shorter buffer for what comes in; the usual numbers for the rest.
//! let resources = Resources::<3, LocalList<500, ReceiveBuffer<1024>>>::new();
//! ```

mod sizes;

use core::marker::PhantomData;
pub(super) use sizes::{Count, Number, Sizes};

/// The numbers of a charge point: [`Usual`], or one of this module around others.
pub trait Capacities: Sizes {}

impl<S: Sizes> Capacities for S {}

/// What a charger with some connectors needs, on a chip with 64 KiB of RAM or more.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Usual;

impl Sizes for Usual {
    type ReceiveBuffer = Number<2048>;
    type SendBuffer = Number<1536>;
    type LocalList = Number<48>;
    type ChargingProfiles = Number<10>;
    type SchedulePeriods = Number<24>;
    type Reservations = Number<4>;
}

/// Declares a capacity: it has that number itself, and all others from `Others`.
macro_rules! capacity {
    ($(#[$doc:meta])* $name:ident, but $($other:ident)*) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        pub struct $name<const N: usize, Others = Usual>(PhantomData<Others>);

        impl<const N: usize, Others: Sizes> Sizes for $name<N, Others> {
            type $name = Number<N>;
            $(type $other = Others::$other;)*
        }
    };
}

capacity! {
    /// The longest message that is understood, in bytes, at least 256. A longer one is answered with a CALLERROR.
    ///
    /// The WebSocket of the runner (`Link::websocket`) has no other buffer: it needs 1024 for the handshake, and understands a
    /// message in several frames for certain when that is 64 bytes shorter than this.
    ReceiveBuffer, but SendBuffer LocalList ChargingProfiles SchedulePeriods Reservations
}
capacity! {
    /// The longest piece of a message that is sent, in bytes, at least 1024. A longer message goes out in pieces. The WebSocket
    /// of the runner takes 8 bytes of it for the header of a frame.
    SendBuffer, but ReceiveBuffer LocalList ChargingProfiles SchedulePeriods Reservations
}
capacity! {
    /// Entries of the local authorisation list, up to 1000 (OCPP 1.6 §3.5.2).
    LocalList, but ReceiveBuffer SendBuffer ChargingProfiles SchedulePeriods Reservations
}
capacity! {
    /// Charging profiles, up to 192 (OCPP 1.6 §3.13).
    ChargingProfiles, but ReceiveBuffer SendBuffer LocalList SchedulePeriods Reservations
}
capacity! {
    /// Periods of a charging profile, up to 40 (OCPP 1.6 §7.13).
    SchedulePeriods, but ReceiveBuffer SendBuffer LocalList ChargingProfiles Reservations
}
capacity! {
    /// Reservations, up to 64 (OCPP 1.6 §5.13).
    Reservations, but ReceiveBuffer SendBuffer LocalList ChargingProfiles SchedulePeriods
}
