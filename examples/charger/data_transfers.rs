//! DataTransfer, both ways.

use crate::command::{CommandId, DataTransfer, Operator};
use embedded_ocpp::facade::ChargePoint;
use embedded_ocpp::json::Serde;
use embedded_ocpp::ocpp16::{DataTransfer as Request, DataTransferHandler, DataTransferReply, DataTransferStatus};
use embedded_ocpp::rpc::Outcome;
use serde_json::{Value, json};
use std::cell::Cell;
use std::collections::VecDeque;

/// What came of the DataTransfer under way.
pub(crate) type Answer = Cell<Option<Value>>;

/// The one that this charge point understands.
pub(crate) fn handler<'a>() -> DataTransferHandler<'a> {
    DataTransferHandler { vendor_id: "com.example.charger", message_id: Some("Hello"), handle: &hello }
}

fn hello<'r>(_: &Request<'_>) -> DataTransferReply<'r> {
    DataTransferReply { status: DataTransferStatus::Accepted, data: Some("hello") }
}

/// Those that the operator sends, one after the other.
pub(crate) struct DataTransfers<'a> {
    answer: &'a Answer,
    answered: &'a dyn Fn(Outcome<'_>),
    waiting: VecDeque<(CommandId, DataTransfer)>,
    /// Who waits for the one under way.
    asked: Option<CommandId>,
}

impl<'a> DataTransfers<'a> {
    /// `answered` puts into `answer` what [`reply_of`] says.
    pub(crate) fn new(answer: &'a Answer, answered: &'a dyn Fn(Outcome<'_>)) -> Self {
        Self { answer, answered, waiting: VecDeque::new(), asked: None }
    }

    pub(crate) fn push(&mut self, id: CommandId, request: DataTransfer) {
        self.waiting.push_back((id, request));
    }

    /// Tells how the last one ended, and sends the next.
    pub(crate) fn advance(&mut self, ocpp: &mut ChargePoint<'a>, operator: &mut dyn Operator) {
        if let (Some(id), Some(answer)) = (&self.asked, self.answer.take()) {
            operator.reply(id, answer);
            self.asked = None;
        }
        if self.asked.is_some() {
            return;
        }
        let Some((id, request)) = self.waiting.pop_front() else { return };
        if !ocpp.is_connected() {
            operator.reply(&id, json!({"status": "Offline"}));
            return;
        }
        match ocpp.send_request("DataTransfer", &Serde(&request), Some(self.answered)) {
            Ok(()) => self.asked = Some(id),
            Err(error) => operator.reply(&id, json!({"status": "NotSent", "reason": error.to_string()})),
        }
    }

    /// The charge point ends: whoever waits hears that nothing comes any more.
    pub(crate) fn end(&mut self, operator: &mut dyn Operator) {
        let waiting = self.waiting.drain(..).map(|(id, _)| id);
        self.asked.take().into_iter().chain(waiting).for_each(|id| operator.reply(&id, json!({"status": "Ended"})));
    }
}

/// It always has a `status`: that of the answer, or a word of our own when there is none.
pub(crate) fn reply_of(outcome: Outcome<'_>) -> Value {
    match outcome {
        Outcome::Result(payload) => {
            let answer = payload.text().ok().and_then(|text| serde_json::from_str(text).ok());
            answer.filter(|answer: &Value| answer["status"].is_string()).unwrap_or(json!({"status": "NotUnderstood"}))
        }
        Outcome::Error { code, description } => json!({
            "status": "CallError",
            "error_code": code.chars().collect::<String>(),
            "description": description.chars().collect::<String>(),
        }),
        Outcome::TimedOut { .. } => json!({"status": "TimedOut"}),
        Outcome::LinkLost => json!({"status": "LinkLost"}),
        _ => json!({"status": "Failed"}),
    }
}
