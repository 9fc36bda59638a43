//! The hardware of a connector, as the firmware hands it over.

#[cfg(feature = "smart-charging")]
use crate::station::ChargingLimit;
#[cfg(feature = "signed-meter-values")]
use crate::station::SignedMeter;
use crate::station::TxNotification;

/// The hardware of one connector: what it sees, and what it can be told to do.
///
/// An object of the firmware's own, which may own its pins and its meter. It is lent for the life of the charge point: bound
/// before it, or in a `StaticCell`. What changes in it lies in a `Cell`, in an atomic, or behind a mutex. It is asked at
/// every poll, so it must be quick.
///
/// Two things are required, the plug and the energy register; everything else has an answer for hardware that lacks it.
/// What can be left out, and is there, stands in [`equipment`](Self::equipment).
///
/// ```
/// use core::cell::Cell;
/// use embedded_ocpp::ocpp16::{ConnectorHardware, Equipment, UnlockResult};
///
/// struct Socket {
///     pilot: Cell<char>, // the state that the control pilot was last seen in
///     register: Cell<Option<i64>>, // what the meter last said
/// }
///
/// impl ConnectorHardware for Socket {
///     fn is_plugged(&self) -> bool {
///         self.pilot.get() != 'A'
///     }
///
///     fn energy(&self) -> Option<i64> {
///         self.register.get()
///     }
///
///     fn is_ev_ready(&self) -> bool {
///         self.pilot.get() == 'C'
///     }
///
///     fn equipment(&self) -> Equipment {
///         Equipment::new().with_lock()
///     }
///
///     fn unlock(&self) -> UnlockResult {
///         UnlockResult::Unlocked
///     }
/// }
///
/// let socket = Socket { pilot: Cell::new('A'), register: Cell::new(None) };
/// # use embedded_ocpp::{Boot, ChargePoint, Resources};
/// # let mut resources = Resources::<1>::new();
/// # let mut ocpp = ChargePoint::new(&mut resources, Boot::new("Wallbox One", "ACME")).unwrap();
/// ocpp.set_hardware(&socket, 1)?;
/// # Ok::<(), embedded_ocpp::facade::InputError>(())
/// ```
///
/// One without a meter does not compile, as StartTransaction needs meterStart:
///
/// ```compile_fail,E0046
/// use embedded_ocpp::ocpp16::ConnectorHardware;
///
/// struct Socket;
///
/// impl ConnectorHardware for Socket {
///     fn is_plugged(&self) -> bool {
///         true
///     }
/// }
/// ```
///
/// Who would rather set closures under the names of ArduinoOcpp takes
/// [`ConnectorClosures`](crate::facade::ConnectorClosures).
pub trait ConnectorHardware {
    /// Whether an EV is plugged in. Where nothing sees that, `true`, and [`Equipment::without_plug_sensor`].
    fn is_plugged(&self) -> bool;

    /// The energy register of the meter in Wh, `None` while it cannot be read. It must not fall.
    ///
    /// While it cannot be read no value of it is told and no transaction starts. The end of one waits for it, at most 30 s;
    /// then the last value that was read counts.
    fn energy(&self) -> Option<i64>;

    /// What of all that can be left out is there. Asked once, when the object is handed over.
    fn equipment(&self) -> Equipment {
        Equipment::new()
    }

    /// The power to the EV in W, for the measurand Power.Active.Import; `None` while it cannot be read. Goes with
    /// [`Equipment::with_power_meter`].
    fn power(&self) -> Option<i32> {
        None
    }

    /// Whether the EV asks for energy (state C).
    fn is_ev_ready(&self) -> bool {
        true
    }

    /// Whether the charge point offers energy (PWM on).
    fn is_evse_ready(&self) -> bool {
        true
    }

    /// Whether the place is occupied though nothing is plugged in.
    fn is_occupied(&self) -> bool {
        false
    }

    /// Whether a transaction may start. It is held back until then.
    fn is_start_tx_ready(&self) -> bool {
        true
    }

    /// Whether the end of a transaction may be told. It is held back until then.
    fn is_stop_tx_ready(&self) -> bool {
        true
    }

    /// Unlocks the cable when the central system wants it: asked again while it says [`UnlockResult::Pending`], at most for
    /// 10 s. Goes with [`Equipment::with_lock`].
    fn unlock(&self) -> UnlockResult {
        UnlockResult::UnlockFailed
    }

    /// Is told what happens in a session, for the display.
    fn notify(&self, notification: TxNotification) {
        let _ = notification;
    }

    /// Is told what the EV may take: once at first, then whenever it changes; `None` is no limit but that of the hardware.
    /// Rounded down to tenths. Goes with [`Equipment::with_current_limit`], [`Equipment::with_power_limit`] or both.
    #[cfg(feature = "smart-charging")]
    fn set_limit(&self, limit: Option<ChargingLimit>) {
        let _ = limit;
    }

    /// The meter, if it signs what it measures.
    #[cfg(feature = "signed-meter-values")]
    fn signed_meter(&self) -> Option<&dyn SignedMeter> {
        None
    }

    /// All switches at once: what a poll asks for. Need not be implemented.
    fn switches(&self) -> Switches {
        Switches::of(self)
    }
}

/// What of the hardware of a connector is there that can be left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Equipment(u8);

const PLUG_SENSOR: u8 = 1;
const ENERGY_METER: u8 = 1 << 1;
const POWER_METER: u8 = 1 << 2;
const LOCK: u8 = 1 << 3;
#[cfg(feature = "smart-charging")]
const CURRENT_LIMIT: u8 = 1 << 4;
#[cfg(feature = "smart-charging")]
const POWER_LIMIT: u8 = 1 << 5;

impl Equipment {
    pub(crate) const NONE: Self = Self(0);

    /// What every connector has: a plug that is seen, and an energy meter.
    pub const fn new() -> Self {
        Self(PLUG_SENSOR | ENERGY_METER)
    }

    /// Nothing sees whether an EV is plugged in: [`is_plugged`](ConnectorHardware::is_plugged) says `true`, as any tag may
    /// begin to charge, but nobody counts as seen to be there.
    #[must_use]
    pub const fn without_plug_sensor(self) -> Self {
        Self(self.0 & !PLUG_SENSOR)
    }

    /// [`power`](ConnectorHardware::power) is measured.
    #[must_use]
    pub const fn with_power_meter(self) -> Self {
        Self(self.0 | POWER_METER)
    }

    /// The cable can be locked at the socket. Without a lock UnlockConnector is answered with NotSupported (OCPP 1.6 §5.18);
    /// where no connector has one, UnlockConnectorOnEVSideDisconnect becomes read-only with the first poll.
    #[must_use]
    pub const fn with_lock(self) -> Self {
        Self(self.0 | LOCK)
    }

    /// [`set_limit`](ConnectorHardware::set_limit) keeps to the current. The charge point takes charging profiles in ampere
    /// then.
    #[cfg(feature = "smart-charging")]
    #[must_use]
    pub const fn with_current_limit(self) -> Self {
        Self(self.0 | CURRENT_LIMIT)
    }

    /// [`set_limit`](ConnectorHardware::set_limit) keeps to the power. The charge point takes charging profiles in watt then.
    #[cfg(feature = "smart-charging")]
    #[must_use]
    pub const fn with_power_limit(self) -> Self {
        Self(self.0 | POWER_LIMIT)
    }

    pub(crate) const fn without_energy_meter(self) -> Self {
        Self(self.0 & !ENERGY_METER)
    }

    pub(in crate::station) const fn has_plug_sensor(self) -> bool {
        self.0 & PLUG_SENSOR != 0
    }

    pub(in crate::station) const fn has_energy_meter(self) -> bool {
        self.0 & ENERGY_METER != 0
    }

    pub(in crate::station) const fn has_power_meter(self) -> bool {
        self.0 & POWER_METER != 0
    }

    pub(in crate::station) const fn has_lock(self) -> bool {
        self.0 & LOCK != 0
    }

    /// Whether there is anybody to tell a limit to.
    #[cfg(feature = "smart-charging")]
    pub(in crate::station) const fn has_limit(self) -> bool {
        self.0 & (CURRENT_LIMIT | POWER_LIMIT) != 0
    }

    #[cfg(feature = "smart-charging")]
    pub(in crate::station) const fn has_current_limit(self) -> bool {
        self.0 & CURRENT_LIMIT != 0
    }

    #[cfg(feature = "smart-charging")]
    pub(in crate::station) const fn has_power_limit(self) -> bool {
        self.0 & POWER_LIMIT != 0
    }
}

impl Default for Equipment {
    fn default() -> Self {
        Self::new()
    }
}

/// What the switches of a connector say, in bits: an idle poll compares one byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Switches(u8);

const PLUGGED: u8 = 1;
const EV_READY: u8 = 1 << 1;
const EVSE_READY: u8 = 1 << 2;
const OCCUPIED: u8 = 1 << 3;
const START_TX_READY: u8 = 1 << 4;
const STOP_TX_READY: u8 = 1 << 5;

impl Switches {
    pub(crate) const NONE: Self = Self(0);

    #[inline(always)] // with what it asks, in one call for each kind of hardware
    fn of<H: ConnectorHardware + ?Sized>(hardware: &H) -> Self {
        let bit = |is_on: bool, bit: u8| u8::from(is_on) * bit;
        Self(
            bit(hardware.is_plugged(), PLUGGED)
                | bit(hardware.is_ev_ready(), EV_READY)
                | bit(hardware.is_evse_ready(), EVSE_READY)
                | bit(hardware.is_occupied(), OCCUPIED)
                | bit(hardware.is_start_tx_ready(), START_TX_READY)
                | bit(hardware.is_stop_tx_ready(), STOP_TX_READY),
        )
    }

    pub(in crate::station) fn plugged(self) -> bool {
        self.0 & PLUGGED != 0
    }

    pub(in crate::station) fn ev_ready(self) -> bool {
        self.0 & EV_READY != 0
    }

    pub(in crate::station) fn evse_ready(self) -> bool {
        self.0 & EVSE_READY != 0
    }

    pub(in crate::station) fn occupied(self) -> bool {
        self.0 & OCCUPIED != 0
    }

    pub(in crate::station) fn start_tx_ready(self) -> bool {
        self.0 & START_TX_READY != 0
    }

    pub(in crate::station) fn stop_tx_ready(self) -> bool {
        self.0 & STOP_TX_READY != 0
    }
}

/// What has become of an attempt to unlock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum UnlockResult {
    /// The lock is moving; ask again.
    Pending,
    /// The cable can be taken, whether or not it was locked before.
    Unlocked,
    /// The lock says that it still holds.
    UnlockFailed,
}
