use crate::transport::ConnectFailure;

/// What went wrong while the charge point was driven. Nothing is lost by any of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error<T, S> {
    /// An input or output is missing that OCPP cannot do without. Fix the code.
    #[error(transparent)]
    Incomplete(Missing),
    /// No connection could be opened, which `on_connect_failed` is told as well. Open another one when
    /// [`Controls::connect_at`](super::Controls::connect_at) says so.
    #[error(transparent)]
    Connect(ConnectFailure),
    /// The connection is over. Open another one when [`Controls::connect_at`](super::Controls::connect_at) says so;
    /// whatever was unanswered is sent again where the standard wants it.
    #[error("connection over: {0:?}")]
    Transport(T),
    /// The connection has not taken a message in time: as long as a pong may take, 30 s at most. It was told to
    /// [`abort`](crate::WebSocketTransport::abort). Drop it, and go on as after `Transport`.
    #[error("connection takes no message")]
    SendTimeout,
    /// The connection was given up, for the next one is to be opened with other
    /// [credentials](super::Controls::credentials): go on as after `Transport`. It was told to
    /// [`leave`](crate::WebSocketTransport::leave).
    #[cfg(feature = "security")]
    #[error("connection given up for another with new credentials")]
    Reconnect,
    /// The storage device failed. It is tried again by itself; until it works nothing goes on that depends on it, so no
    /// transaction starts.
    #[error("storage failed: {0:?}")]
    Storage(S),
}

/// An input or output that OCPP cannot do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Missing {
    /// `set_hardware` of this connector, or `set_energy_meter_input` of its closures: StartTransaction needs meterStart.
    #[error("connector {0} has no energy meter input")]
    EnergyMeterInput(u8),
    /// `set_on_reset_execute`: Reset could only ever be refused.
    #[error("set_on_reset_execute was not called")]
    ResetOutput,
}

/// Why no charge point can be made. Fix the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ConfigError {
    /// A text of [`Boot`](crate::ocpp16::Boot) is longer than OCPP allows.
    #[error("a text of BootNotification is longer than OCPP allows")]
    BootTextTooLong,
}
