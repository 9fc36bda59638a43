//! The Open Charge Metering Format 1.0, in which most meters of Germany sign: readings, whose they are, and the signature.

use embedded_ocpp::time::DateTime;
use rcgen::{KeyPair, SigningKey};
use serde::Serialize;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What is signed, under the names of the format.
#[derive(Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) struct Payload<'p> {
    /// Version of the format.
    pub fv: &'static str,
    /// What has signed it, and its serial number.
    pub gi: &'p str,
    pub gs: &'p str,
    /// Counts the records, without a gap.
    pub pg: String,
    /// The meter: vendor, model, serial number.
    pub mv: &'p str,
    pub mm: &'p str,
    pub ms: &'p str,
    /// Whether a user is known, how, by an identifier of which kind, and that.
    pub is: bool,
    pub r#if: [&'static str; 0],
    pub it: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<&'p str>,
    /// The charge point: `CBIDC` stands for its identity and the connector.
    pub ct: &'static str,
    pub ci: &'p str,
    pub rd: Vec<Reading<'p>>,
}

#[derive(Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) struct Reading<'p> {
    tm: &'p str,
    /// B at the begin of a transaction, C while it charges, E at its end.
    tx: char,
    rv: i64,
    ri: &'static str,
    ru: &'static str,
    st: &'static str,
}

impl<'p> Reading<'p> {
    /// A register for imported energy, in order.
    pub(crate) fn new(tm: &'p str, tx: char, wh: i64) -> Self {
        Self { tm, tx, rv: wh, ri: "1-0:1.8.0", ru: "Wh", st: "G" }
    }
}

/// A time as in `2018-07-24T13:22:04,000+0000 S`, of a clock that is in time.
pub(crate) fn time(at: SystemTime) -> String {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let date = DateTime::from_unix(since.as_secs() as u32).to_string();
    format!("{},{:03}+0000 S", date.trim_end_matches('Z'), since.subsec_millis())
}

/// Signed with a key of the curve P-256.
pub(crate) fn signed(payload: &Payload<'_>, key: &KeyPair) -> Result<String, Box<dyn std::error::Error>> {
    let payload = serde_json::to_string(payload)?;
    let signature = hex(&key.sign(payload.as_bytes())?);
    Ok(format!(r#"OCMF|{payload}|{{"SA":"ECDSA-secp256r1-SHA256","SD":"{signature}"}}"#))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
