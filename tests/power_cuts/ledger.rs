//! What really happened, noted when it happened by those who were there: the user, the hardware and the firmware. The
//! central system must be told this and nothing else.

use embedded_ocpp::time::DateTime;
use serde_json::{Value, json};

/// 2025-01-01T00:00:00Z
const BEGINNING: u32 = 1_735_689_600;
pub(crate) const ENERGY: &str = "Energy.Active.Import.Register";
/// The central system never gets along with what this tag begins.
pub(crate) const UNDELIVERABLE: &str = "FAULTY";

pub(crate) fn date(seconds: u64) -> String {
    DateTime::from_unix(BEGINNING + seconds as u32).to_string()
}

#[derive(Clone, Default)]
pub(crate) struct Ledger {
    pub(crate) sessions: Vec<Session>,
    pub(crate) samples: Vec<Sample>,
    pub(crate) boots: Vec<Boot>,
    /// Entries of the journal that the device has taken, by number.
    pub(crate) durable: Vec<u32>,
    #[cfg(feature = "signed-meter-values")]
    pub(crate) signed: crate::signed::Signed,
    /// Samples have gone to make room.
    pub(crate) is_thinned: bool,
    /// When the last entry happened of which the central system was told.
    last_told: u64,
}

/// What a card or the central system has begun. Times are in seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Session {
    pub(crate) connector: u8,
    pub(crate) id_tag: &'static str,
    pub(crate) at: u64,
    pub(crate) meter_start: i64,
    /// Between samples, 0 for none.
    pub(crate) interval: u64,
    pub(crate) has_data: bool,
    /// The firmware was told that the transaction runs.
    pub(crate) is_started: bool,
    pub(crate) end: Option<End>,
    /// The firmware was told that it is over.
    pub(crate) is_ended: bool,
    /// The power failed before it was.
    pub(crate) is_interrupted: bool,
    /// How many values for transactionData are durable.
    pub(crate) values: usize,
    /// The entry of the start, once the central system was told.
    pub(crate) entry: Option<u32>,
    pub(crate) is_concluded: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct End {
    pub(crate) at: u64,
    pub(crate) meter: i64,
    pub(crate) reason: &'static str,
    pub(crate) id_tag: Option<&'static str>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    session: usize,
    at: u64,
    energy: i64,
    is_told: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Boot {
    pub(crate) at: u64,
    pub(crate) energy: [i64; 2],
}

// ---- What happens ----

impl Ledger {
    pub(crate) fn begin(&mut self, session: Session) {
        self.sessions.push(session);
    }

    /// The last session on this connector.
    pub(crate) fn last(&mut self, connector: u8) -> &mut Session {
        let found = self.sessions.iter_mut().rev().find(|session| session.connector == connector);
        found.expect("a session")
    }

    pub(crate) fn is_running(&self, connector: u8) -> bool {
        let last = self.sessions.iter().rev().find(|session| session.connector == connector);
        last.is_some_and(|session| session.is_started && session.end.is_none() && !session.is_interrupted)
    }

    /// Notes the samples that fall due in `moments`, by the register of each connector.
    pub(crate) fn take_samples(&mut self, moments: std::ops::Range<u64>, energy: [i64; 2]) {
        for (index, session) in self.sessions.iter().enumerate() {
            let is_running = session.is_started && session.end.is_none() && !session.is_interrupted;
            if !is_running || session.interval == 0 {
                continue;
            }
            let is_due = |at: &u64| *at > session.at && (at - session.at).is_multiple_of(session.interval);
            for at in moments.clone().filter(is_due) {
                let energy = energy[usize::from(session.connector) - 1];
                self.samples.push(Sample { session: index, at, energy, is_told: false });
            }
        }
    }

    /// What had not ended ends with this boot.
    pub(crate) fn reboot(&mut self, boot: Boot) {
        self.boots.push(boot);
        for session in &mut self.sessions {
            session.is_interrupted |= !session.is_ended;
        }
    }
}

// ---- What the central system is told of it ----

impl Ledger {
    /// A StartTransaction in entry `number`, told for the first time.
    pub(crate) fn start_told(&mut self, number: u32, payload: &Value) -> Session {
        let matches = |session: &&mut Session| {
            session.entry.is_none()
                && payload["idTag"] == session.id_tag
                && payload["connectorId"] == session.connector
                && payload["meterStart"] == session.meter_start
        };
        let session = self.sessions.iter_mut().find(matches);
        let session = session.unwrap_or_else(|| panic!("it never happened: {payload}"));
        let expected = json!({
            "connectorId": session.connector,
            "idTag": session.id_tag,
            "meterStart": session.meter_start,
            "timestamp": date(session.at),
        });
        assert_eq!(*payload, expected, "another start than what happened");
        session.entry = Some(number);
        let session = *session;
        self.in_order(session.at, payload);
        session
    }

    pub(crate) fn meter_values_told(&mut self, payload: &Value) {
        let index = self.session_of(payload);
        let session = self.sessions[index];
        #[cfg(feature = "signed-meter-values")]
        if self.signed.sample_told(&session, payload) {
            return;
        }
        let is_next = |sample: &&mut Sample| {
            sample.session == index && payload["meterValue"][0]["timestamp"] == date(sample.at).as_str()
        };
        let sample = self.samples.iter_mut().find(is_next);
        let sample = sample.unwrap_or_else(|| panic!("it was never measured: {payload}"));
        assert!(!sample.is_told, "told as two messages: {payload}");
        sample.is_told = true;
        let expected = json!({
            "connectorId": session.connector,
            "transactionId": payload["transactionId"],
            "meterValue": [meter_value(sample.at, sample.energy, "Sample.Periodic")],
        });
        assert_eq!(*payload, expected, "another value than what was measured");
        let at = sample.at;
        self.in_order(at, payload);
    }

    pub(crate) fn stop_told(&mut self, payload: &Value) {
        let index = self.session_of(payload);
        let session = self.sessions[index];
        #[cfg(feature = "signed-meter-values")]
        let payload = &self.signed.end_told(&session, payload);
        let case = || format!("{payload}\n{session:?} {:?}", self.boots);
        let end = if payload["reason"] == "PowerLoss" {
            assert!(session.is_interrupted, "nothing has interrupted it: {}", case());
            self.power_loss(index, session, payload).unwrap_or_else(|| panic!("no such power loss: {}", case()))
        } else {
            session.end.unwrap_or_else(|| panic!("nobody has ended it: {}", case()))
        };
        let mut expected = json!({
            "transactionId": payload["transactionId"],
            "meterStop": end.meter,
            "timestamp": date(end.at),
            "reason": end.reason,
        });
        if let Some(id_tag) = end.id_tag {
            expected["idTag"] = json!(id_tag);
        }
        if session.has_data {
            self.check_data(index, end, &payload["transactionData"]);
            expected["transactionData"] = payload["transactionData"].clone();
        }
        assert_eq!(*payload, expected, "another end than what happened");
        self.sessions[index].is_concluded = true;
        self.in_order(end.at, payload);
    }

    /// The end by one of the boots. One that was made before the clock was set may be dated by a later one. Where the meter
    /// began anew, it is the last that is known of the register: never below what was told (TX-28).
    fn power_loss(&self, index: usize, session: Session, payload: &Value) -> Option<End> {
        let meter = payload["meterStop"].as_i64()?;
        let samples = self.samples.iter().filter(|sample| sample.session == index);
        let told = samples.clone().filter(|sample| sample.is_told).map(|sample| sample.energy).max();
        let is_known = meter == session.meter_start || samples.clone().any(|sample| sample.energy == meter);
        let is_of = |boot: &&Boot| {
            let energy = boot.energy_of(session.connector);
            boot.at >= session.at && (meter == energy || meter > energy && is_known)
        };
        self.boots.iter().find(is_of).filter(|_| meter >= session.meter_start.max(told.unwrap_or(i64::MIN)))?;
        let dated = self.boots.iter().find(|boot| payload["timestamp"] == date(boot.at).as_str())?;
        Some(End { at: dated.at, meter, reason: "PowerLoss", id_tag: None })
    }

    fn session_of(&self, payload: &Value) -> usize {
        let id = payload["transactionId"].as_i64().expect("a transactionId");
        let is_it = |session: &Session| match session.entry {
            Some(_) if session.id_tag == UNDELIVERABLE => id == -1 && !session.is_concluded,
            Some(entry) => id == transaction_id(entry),
            None => false,
        };
        let found = self.sessions.iter().position(is_it);
        let index = found.unwrap_or_else(|| panic!("of no transaction: {payload}"));
        assert!(!self.sessions[index].is_concluded, "after its end: {payload}");
        index
    }

    /// What is durable is told, what is told was measured, and begin and end frame it.
    fn check_data(&self, index: usize, end: End, data: &Value) {
        let session = self.sessions[index];
        let told = data.as_array().unwrap_or_else(|| panic!("no transactionData: {session:?}"));
        let begin = meter_value(session.at, session.meter_start, "Transaction.Begin");
        assert_eq!(told.first(), Some(&begin), "{session:?}");
        assert_eq!(told.last(), Some(&meter_value(end.at, end.meter, "Transaction.End")), "{session:?}");
        assert!(told.len() > session.values, "values are lost: {data} {session:?}");
        let mut samples = self.samples.iter().filter(|sample| sample.session == index);
        for value in &told[1..told.len() - 1] {
            let is_it = |sample: &Sample| *value == meter_value(sample.at, sample.energy, "Sample.Periodic");
            assert!(samples.any(is_it), "never measured, or not in this order: {data} {session:?}");
        }
    }

    fn in_order(&mut self, at: u64, payload: &Value) {
        assert!(at >= self.last_told, "MSG-01: it happened before what was told last: {payload}");
        self.last_told = at;
    }
}

// ---- When all is said ----

impl Ledger {
    pub(crate) fn check(&self, was_told: impl Fn(u32) -> bool) {
        for session in &self.sessions {
            assert!(session.entry.is_some() || !session.is_started, "a transaction is lost: {session:?}");
            assert!(session.is_concluded || session.entry.is_none(), "an end is lost: {session:?}");
        }
        #[cfg(feature = "signed-meter-values")]
        self.signed.check();
        for number in &self.durable {
            assert!(was_told(*number) || self.is_thinned, "entry {number} is lost");
        }
    }

    /// No power cut has taken anything away: all sessions and samples were told.
    pub(crate) fn check_all(&self) {
        for session in &self.sessions {
            assert!(session.is_started && session.is_ended && session.is_concluded, "{session:?}");
        }
        for sample in &self.samples {
            assert!(sample.is_told, "{sample:?}");
        }
    }
}

impl Boot {
    fn energy_of(&self, connector: u8) -> i64 {
        self.energy[usize::from(connector) - 1]
    }
}

/// The id that the central system gives to the transaction that was started in entry `number`.
pub(crate) fn transaction_id(number: u32) -> i64 {
    1000 + i64::from(number)
}

fn meter_value(at: u64, energy: i64, context: &str) -> Value {
    let value = json!({"value": energy.to_string(), "context": context, "measurand": ENERGY, "unit": "Wh"});
    json!({"timestamp": date(at), "sampledValue": [value]})
}
