use crate::transport::ConnectFailure;
use core::fmt;

/// What went wrong while the charge point was driven. Nothing is lost by any of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error<T, S> {
    /// An input or output is missing that OCPP cannot do without. Fix the code.
    Incomplete(Missing),
    /// No connection could be opened, which `on_connect_failed` is told as well. Open another one when
    /// [`Controls::connect_at`](super::Controls::connect_at) says so.
    Connect(ConnectFailure),
    /// The connection is over. Open another one when [`Controls::connect_at`](super::Controls::connect_at) says so;
    /// whatever was unanswered is sent again where the standard wants it.
    Transport(T),
    /// The connection has not taken a message in time: as long as a pong may take, 30 s at most. It was told to
    /// [`abort`](crate::WebSocketTransport::abort). Drop it, and go on as after `Transport`.
    SendTimeout,
    /// The storage device failed. It is tried again by itself; until it works nothing goes on that depends on it, so no
    /// transaction starts.
    Storage(S),
}

/// An input or output that OCPP cannot do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Missing {
    /// `set_energy_meter_input` of this connector: StartTransaction needs meterStart.
    EnergyMeterInput(u8),
    /// `set_on_reset_execute`: Reset could only ever be refused.
    ResetOutput,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EnergyMeterInput(connector) => write!(f, "connector {connector} has no energy meter input"),
            Self::ResetOutput => f.write_str("set_on_reset_execute was not called"),
        }
    }
}

impl core::error::Error for Missing {}

impl<T: fmt::Debug, S: fmt::Debug> fmt::Display for Error<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Incomplete(missing) => missing.fmt(f),
            Self::Connect(why) => why.fmt(f),
            Self::Transport(error) => write!(f, "connection over: {error:?}"),
            Self::SendTimeout => f.write_str("connection takes no message"),
            Self::Storage(error) => write!(f, "storage failed: {error:?}"),
        }
    }
}

impl<T: fmt::Debug, S: fmt::Debug> core::error::Error for Error<T, S> {}

/// Why no charge point can be made. Fix the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ConfigError {
    /// A text of [`Boot`](crate::ocpp16::Boot) is longer than OCPP allows.
    BootTextTooLong,
    /// The resources were lent to a charge point before.
    ResourcesInUse,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BootTextTooLong => "a text of BootNotification is longer than OCPP allows",
            Self::ResourcesInUse => "the resources were lent to a charge point before",
        })
    }
}

impl core::error::Error for ConfigError {}
