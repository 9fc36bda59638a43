//! What the user and the hardware of a charge point can do, and who decides it.

#[cfg(feature = "security")]
use crate::security_events::Raise;
use embedded_ocpp::Instant;
use embedded_ocpp::facade::ChargePoint;
use embedded_ocpp::ocpp16::{ChargePointErrorCode, ResetKind};
use serde::Serialize;
use serde_json::Value;
use std::time::Duration;

/// Something that happens to the charge point.
pub(crate) enum Command {
    PlugIn {
        connector: u8,
    },
    PlugOut {
        connector: u8,
    },
    Swipe {
        id_tag: String,
        connectors: Vec<u8>,
    },
    EvReady {
        connector: u8,
        ready: bool,
    },
    Fault {
        connector: u8,
        fault: Option<Fault>,
    },
    Disconnect,
    Connect,
    DataTransfer(DataTransfer),
    SetMeter {
        connector: u8,
        wh: Option<f64>,
        w: Option<f64>,
        a: Option<f64>,
    },
    #[cfg(feature = "signed-meter-values")]
    SignedMeter {
        connector: u8,
        answer: Option<Answer>,
        delay: Option<Duration>,
    },
    #[cfg(feature = "security")]
    SecurityEvent(Raise),
    State,
    /// What the charge point would answer the central system.
    Ask {
        action: String,
        payload: Value,
    },
    /// Which certificates there are, and which are in use.
    Certificates,
    JamLock {
        connector: u8,
        jammed: bool,
    },
    SetKey {
        key: String,
        value: String,
    },
    Reset(ResetKind),
    /// The charge point stops where it stands, and starts again.
    CutPower,
}

pub(crate) struct Fault {
    pub code: ChargePointErrorCode,
    pub info: Option<String>,
    /// How long after charging began it comes; `None` for now.
    pub after_charging: Option<Duration>,
}

/// What a meter answers that is to sign.
#[cfg(feature = "signed-meter-values")]
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Value,
    Failure,
    None,
}

/// DataTransfer.req, as it goes out.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DataTransfer {
    pub vendor_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
}

/// Names a command, for the reply to it.
pub(crate) type CommandId = Value;

pub(crate) enum Order {
    Do(CommandId, Command),
    /// There is nothing to do now.
    Wait,
    Leave,
}

/// Who operates the charge point: a program on stdin, or a script.
pub(crate) trait Operator {
    /// What happens next, given how things stand.
    fn next(&mut self, now: Instant, state: &State) -> Order;

    /// Looks at the charge point, before it says what happens next.
    fn look(&mut self, now: Instant, ocpp: &ChargePoint<'_>) {
        let _ = (now, ocpp);
    }

    /// Hears the reply to a command.
    fn reply(&mut self, id: &CommandId, reply: Value) {
        let _ = (id, reply);
    }
}

/// How things stand.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct State {
    /// Connected and accepted.
    pub online: bool,
    /// From 0 on, 0 being the charge point.
    pub connectors: Vec<ConnectorState>,
    pub journal: Journal,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct ConnectorState {
    pub connector: u8,
    pub status: &'static str,
    pub transaction: Option<Transaction>,
    pub permits_charge: bool,
    /// What smart charging allows; `None` for all that the hardware can.
    pub limit_a: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Transaction {
    pub id_tag: String,
    /// `None` until the central system gave one.
    pub id: Option<i64>,
}

/// The transaction messages that are kept.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Journal {
    pub waiting: u32,
}
