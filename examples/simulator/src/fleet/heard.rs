//! What a central system has heard of the sessions of one charger: the lines of its ledger.

use embedded_ocpp::ocpp16::ConnectorId;
use serde::{Deserialize, Serialize};

/// All that one charger has told. One line of the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Heard {
    pub(crate) charger: String,
    /// In the order of their starts.
    pub(crate) sessions: Vec<HeardSession>,
    /// Messages that came once more, and were known by their id.
    pub(crate) repeated: u32,
    /// What made no sense.
    pub(crate) complaints: Vec<String>,
}

/// A StartTransaction, and its StopTransaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HeardSession {
    pub(crate) connector: ConnectorId,
    pub(crate) id_tag: String,
    /// Wh
    pub(crate) begin: i64,
    /// Wh
    pub(crate) end: Option<i64>,
    /// How many meter values came between.
    pub(crate) samples: u32,
}
