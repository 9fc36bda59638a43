//! The transactions of this process, as blocks on a time line: seen at the connectors, and named by the messages.

use serde::Serialize;
use serde_json::Value;
use std::collections::{HashMap, VecDeque};

/// One transaction.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Block {
    pub connector: u8,
    pub id_tag: String,
    pub id: Option<i64>,
    /// In ms since 1970.
    pub start: u64,
    pub stop: Option<u64>,
    pub reason: Option<String>,
    /// On the meter, in Wh.
    pub meter_start: i64,
    pub meter_stop: Option<i64>,
}

#[derive(Default)]
pub(crate) struct Transactions {
    blocks: VecDeque<Block>,
    /// The connector and the meter of a StartTransaction that waits for its answer, by message id.
    starts: HashMap<String, (u64, i64)>,
}

/// How many are remembered.
const BLOCKS_MAX: usize = 100;

impl Transactions {
    pub(crate) fn blocks(&self) -> &VecDeque<Block> {
        &self.blocks
    }

    /// The transaction of a connector now, if any.
    pub(crate) fn look(&mut self, now: u64, connector: u8, running: Option<Running<'_>>, meter: i64) {
        let open = self.blocks.iter_mut().rev().find(|block| block.connector == connector && block.stop.is_none());
        match (open, running) {
            (Some(open), Some(running)) if open.meter_start == running.meter_start => open.id = running.id.or(open.id),
            (open, running) => {
                if let Some(open) = open {
                    open.stop = Some(now);
                    open.meter_stop = Some(meter);
                }
                if let Some(running) = running {
                    self.begin(now, connector, running);
                }
            }
        }
    }

    fn begin(&mut self, now: u64, connector: u8, running: Running<'_>) {
        if self.blocks.len() == BLOCKS_MAX {
            self.blocks.pop_front();
        }
        self.blocks.push_back(Block {
            connector,
            id_tag: running.id_tag.into(),
            id: running.id,
            start: now,
            stop: None,
            reason: None,
            meter_start: running.meter_start,
            meter_stop: None,
        });
    }

    /// A message of the charge point.
    pub(crate) fn sent(&mut self, frame: &Value) {
        let payload = &frame[3];
        match frame[2].as_str() {
            Some("StartTransaction") => {
                let start = (payload["connectorId"].as_u64(), payload["meterStart"].as_i64());
                if let (Some(id), (Some(connector), Some(meter))) = (frame[1].as_str(), start) {
                    self.starts.insert(id.into(), (connector, meter));
                }
            }
            Some("StopTransaction") => {
                let id = payload["transactionId"].as_i64();
                if let Some(block) = self.blocks.iter_mut().rev().find(|block| block.id.is_some() && block.id == id) {
                    block.reason = payload["reason"].as_str().map(Into::into).or(block.reason.take());
                }
            }
            _ => {}
        }
    }

    /// A message of the central system.
    pub(crate) fn received(&mut self, frame: &Value) {
        let Some((connector, meter)) = frame[1].as_str().and_then(|id| self.starts.remove(id)) else { return };
        let id = frame[2]["transactionId"].as_i64();
        let is_meant = |block: &&mut Block| {
            block.id.is_none() && u64::from(block.connector) == connector && block.meter_start == meter
        };
        if let Some(block) = self.blocks.iter_mut().find(is_meant) {
            block.id = id;
        }
    }
}

/// A transaction under way.
pub(crate) struct Running<'r> {
    pub id_tag: &'r str,
    pub id: Option<i64>,
    pub meter_start: i64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_transaction_that_was_over_before_it_could_be_told_gets_its_id_and_reason_later() {
        let mut transactions = Transactions::default();
        let running = |id| Some(Running { id_tag: "CAFE", id, meter_start: 10 });
        transactions.look(1000, 1, running(None), 10);
        transactions.look(2000, 1, running(None), 15);
        transactions.look(3000, 1, None, 20);
        transactions.sent(&json!([2, "a", "StartTransaction", {"connectorId": 1, "meterStart": 10}]));
        transactions.received(&json!([3, "a", {"transactionId": 7}]));
        transactions.sent(&json!([2, "b", "StopTransaction", {"transactionId": 7, "reason": "PowerLoss"}]));
        let expected = Block {
            connector: 1,
            id_tag: "CAFE".into(),
            id: Some(7),
            start: 1000,
            stop: Some(3000),
            reason: Some("PowerLoss".into()),
            meter_start: 10,
            meter_stop: Some(20),
        };
        assert_eq!(transactions.blocks(), &[expected]);
    }
}
