//! How things stand: for the operator, and for the log.

use crate::command::{ConnectorState, Journal, State, Transaction};
use crate::config::Config;
use crate::evse::Evse;
use crate::trace::Log;
use embedded_ocpp::facade::ChargePoint;
use embedded_ocpp::json::Decimal;
use embedded_ocpp::ocpp16::ChargePointStatus;
use embedded_ocpp::time::{Duration, Instant};

pub(crate) fn state(ocpp: &ChargePoint<'_>, config: &Config) -> State {
    let connector = |id| ConnectorState {
        connector: id,
        status: ocpp.charge_point_status(id).map_or("", ChargePointStatus::as_str),
        transaction: ocpp
            .transaction(id)
            .filter(|view| view.is_running) // before that a tag waits for its EV
            .map(|view| Transaction { id_tag: view.id_tag.into(), id: view.transaction_id }),
        permits_charge: ocpp.permits_charge(id),
        limit_a: ocpp.charging_limit(id).map(|limit| number(limit.current)),
    };
    State {
        online: ocpp.is_connected() && ocpp.is_accepted(),
        connectors: (0..=config.connectors).map(connector).collect(),
        journal: Journal { waiting: ocpp.waiting_messages() },
    }
}

fn number(decimal: Decimal) -> f64 {
    decimal.mantissa() as f64 / 10_f64.powi(decimal.places().into())
}

/// The lines of the log that tell of the connectors.
pub(crate) struct Display {
    shown: Vec<ConnectorState>,
    energy_shown_at: Instant,
}

impl Display {
    pub(crate) fn new() -> Self {
        Self { shown: Vec::new(), energy_shown_at: Instant::ZERO }
    }

    /// Shows each connector that has changed, and once a second the energy that flows.
    pub(crate) fn show(&mut self, now: Instant, state: &State, evse: &Evse, config: &Config, log: &Log) {
        let energy_due = now.since(self.energy_shown_at) >= Duration::from_secs(1);
        if energy_due {
            self.energy_shown_at = now;
        }
        for connector in state.connectors.iter().skip(1) {
            let Some(outlet) = evse.outlet(connector.connector) else { continue };
            if self.shown.contains(connector) && !(energy_due && outlet.power() > 0) {
                continue;
            }
            let permission = if connector.permits_charge { "may charge" } else { "no charge" };
            let transaction = match &connector.transaction {
                Some(Transaction { id_tag, id: Some(id) }) => format!("transaction {id} of {id_tag}"),
                Some(Transaction { id_tag, id: None }) => format!("transaction of {id_tag}"),
                None => String::new(),
            };
            log.state(&format!(
                "connector {}: {:<13} {:>6} Wh  {:>5.1} kW  {permission}, limit {} A  {transaction}",
                connector.connector,
                connector.status,
                outlet.energy(),
                outlet.power() as f64 / 1000.0,
                connector.limit_a.unwrap_or(config.max_current_a),
            ));
        }
        self.shown.clone_from(&state.connectors);
    }
}
