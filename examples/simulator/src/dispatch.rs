//! Who gets a command: the central system, or the charger.

use crate::central::{COMMANDS, Central};
use crate::web::Request;
use serde_json::{Map, Value, json};
use std::sync::mpsc::Sender;
use tokio::sync::mpsc::Receiver;

/// Hands out commands until nobody sends any more, or the charger has stopped.
pub(crate) async fn dispatch(mut requests: Receiver<Request>, central: Option<Central>, charger: Sender<Request>) {
    while let Some(request) = requests.recv().await {
        let fields: Map<String, Value> = serde_json::from_str(&request.line).unwrap_or_default();
        let is_central = fields.get("cmd").and_then(Value::as_str).is_some_and(|command| COMMANDS.contains(&command));
        match &central {
            Some(central) if is_central => central.command(request, &fields),
            None if is_central => {
                let reason = "the central system is another one: it is not played here";
                let line = json!({"event": "error", "id": fields.get("id"), "reason": reason});
                let _ = request.replies.send(line.to_string());
            }
            _ => {
                if charger.send(request).is_err() {
                    return;
                }
            }
        }
    }
}
