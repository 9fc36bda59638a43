use crate::meter::set_clocks;
use crate::support::{Frame, Timeline, date};
use serde_json::{Value, json};
use std::collections::HashMap;

/// It answers everything, and remembers what it was told.
#[derive(Default)]
pub(crate) struct Central {
    /// The frames by id.
    frames: HashMap<String, String>,
    /// Transaction messages, each once, in their order.
    pub(crate) told: Vec<(String, Value)>,
    starts: i64,
}

impl Central {
    /// Answers for so long, or until the power fails.
    pub(crate) fn serve(&mut self, t: &mut Timeline, until: u64) {
        loop {
            while let Some(text) = t.wire.outgoing.front().cloned() {
                let Some(Frame::Call { id, action, payload }) = t.next_frame() else { continue };
                let is_first = match self.frames.get(&id) {
                    Some(before) => {
                        assert_eq!(*before, text, "MSG-12: one id, two messages");
                        false
                    }
                    None => self.frames.insert(id.clone(), text).is_none(),
                };
                let conf = match action.as_str() {
                    "BootNotification" => {
                        json!({"status": "Accepted", "currentTime": date(t.seconds()), "interval": 86_400})
                    }
                    "StartTransaction" => {
                        self.starts += i64::from(is_first);
                        json!({"transactionId": self.starts, "idTagInfo": {"status": "Accepted"}})
                    }
                    _ => json!({"idTagInfo": {"status": "Accepted"}}),
                };
                if is_first && matches!(action.as_str(), "StartTransaction" | "StopTransaction" | "MeterValues") {
                    self.told.push((action, payload));
                }
                if t.power.is_off() {
                    return;
                }
                t.answer(&id, conf);
            }
            if t.power.is_off() || t.seconds() >= until {
                return;
            }
            t.wait(1);
            set_clocks(t.seconds());
        }
    }

    pub(crate) fn of<'s>(&'s self, action: &'s str) -> impl Iterator<Item = &'s Value> {
        self.told.iter().filter(move |(name, _)| name == action).map(|(_, payload)| payload)
    }
}
