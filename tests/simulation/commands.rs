//! What the central system asks of the charge point on its own, or because an app wants it.

use crate::central_system::{Asked, CentralSystem};
use crate::driver::Wish;
use crate::hardware::SOCKETS;
use crate::ledger::Ledger;
use crate::network::Network;
use crate::settings::{KEYS, Settings};
use crate::time::Moment;
use serde_json::{Value, json};

impl CentralSystem {
    /// Some command.
    pub(crate) fn command(
        &mut self,
        now: Moment,
        network: &mut Network<'_>,
        settings: &mut Settings,
        ledger: &mut Ledger,
    ) {
        let connector = self.chance.between(1, SOCKETS as u64);
        let (action, payload) = match self.chance.below(16) {
            0 => {
                let id_tag = format!("APP{}", self.chance.below(5));
                let wish = Wish::Start { connector: connector as u8, id_tag };
                return self.fulfil(now, wish, network, ledger);
            }
            1 => return self.fulfil(now, Wish::Stop { connector: connector as u8 }, network, ledger),
            2..=4 => {
                let (key, values) = self.chance.of(&KEYS);
                ("ChangeConfiguration", json!({"key": key, "value": self.chance.of(&values)}))
            }
            5 => ("ChangeAvailability", json!({"connectorId": connector, "type": "Inoperative"})),
            6 | 7 => {
                let connector = self.chance.below(connector + 1);
                ("ChangeAvailability", json!({"connectorId": connector, "type": "Operative"}))
            }
            8 => ("TriggerMessage", json!({"requestedMessage": "MeterValues"})),
            9 => {
                let message = self.chance.of(&["Heartbeat", "StatusNotification", "BootNotification"]);
                ("TriggerMessage", json!({"requestedMessage": message}))
            }
            10 => ("ClearCache", json!({})),
            11 if self.chance.once_in(4) => ("Reset", json!({"type": self.chance.of(&["Soft", "Hard"])})),
            12 => ("UnlockConnector", json!({"connectorId": connector})),
            13 => ("GetConfiguration", json!({"key": [KEYS[0].0, "Nonsense"]})),
            _ => ("GetConfiguration", json!({})),
        };
        self.change(now, action, payload, network, settings);
    }

    /// Asks, and writes down what may be changed by it. One change after the other.
    pub(crate) fn change(
        &mut self,
        now: Moment,
        action: &'static str,
        payload: Value,
        network: &mut Network<'_>,
        settings: &mut Settings,
    ) {
        let is_change = |action| matches!(action, "ChangeConfiguration" | "ChangeAvailability");
        if is_change(action) && self.has_changes_under_way() {
            return;
        }
        if self.ask(now, action, payload.clone(), network) {
            settings.asked(action, &payload);
        }
    }

    pub(crate) fn has_changes_under_way(&self) -> bool {
        self.asked.values().any(|asked| matches!(asked.action, "ChangeConfiguration" | "ChangeAvailability"))
    }

    /// Of two that are on their way at once nobody knows which one is taken up.
    fn has_start_under_way(&self, connector: u8) -> bool {
        let is_it =
            |asked: &Asked| asked.action == "RemoteStartTransaction" && asked.payload["connectorId"] == connector;
        self.asked.values().any(is_it)
    }

    /// An app wants something.
    pub(crate) fn fulfil(&mut self, now: Moment, wish: Wish, network: &mut Network<'_>, ledger: &mut Ledger) {
        match wish {
            Wish::Start { connector, id_tag } => {
                let payload = json!({"connectorId": connector, "idTag": id_tag});
                if !self.has_start_under_way(connector) && self.ask(now, "RemoteStartTransaction", payload, network) {
                    ledger.start_asked(connector, &id_tag);
                }
            }
            Wish::Stop { connector } => {
                if let Some(id) = ledger.id_of_running(connector) {
                    self.ask(now, "RemoteStopTransaction", json!({"transactionId": id}), network);
                }
            }
        }
    }
}
