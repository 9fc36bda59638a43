//! Meters that sign: late, never, in vain, or with nothing. What they have signed is told as it is, in its order, and none of it
//! twice (SMV-12).

use crate::support::leak;
use crate::support::signatures::{PRINTED_KEY, Signatures, Told, remove_signed, told};
use crate::walk::{Walk, Weather};
use embedded_ocpp::ocpp16::{PrintedKey, SignedMeter, SigningFailed, SigningMoment};
use serde_json::Value;
use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;

/// So many signed values were told in all walks.
pub(crate) static TOLD: AtomicU64 = AtomicU64::new(0);

/// The meter of a connector. It outlives every boot.
pub(crate) struct Meter {
    connector: u8,
    signatures: RefCell<Signatures>,
    mood: Cell<Mood>,
    /// What it was in when it was asked to sign, and how often it is still asked in vain.
    present: Cell<Mood>,
    left: Cell<u32>,
}

/// What it does when it is asked to sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mood {
    Prompt,
    /// So often it is asked before it answers.
    Late(u32),
    Silent,
    Failing,
    /// It lets people charge all the same.
    WithoutBytes,
}

/// 90 s are more than an end waits.
const MOODS: [Mood; 9] = [
    Mood::Prompt,
    Mood::Prompt,
    Mood::Prompt,
    Mood::Late(3),
    Mood::Late(300),
    Mood::Late(900),
    Mood::Silent,
    Mood::Failing,
    Mood::WithoutBytes,
];

impl Meter {
    pub(crate) fn leak(connector: u8) -> &'static Self {
        leak(Self {
            connector,
            signatures: RefCell::default(),
            mood: Cell::new(Mood::Prompt),
            present: Cell::new(Mood::Prompt),
            left: Cell::new(0),
        })
    }

    pub(crate) fn calm_down(&self) {
        self.mood.set(Mood::Prompt);
        self.present.set(Mood::Prompt);
        self.left.set(0);
    }
}

impl SignedMeter for Meter {
    fn encoding_method(&self) -> &str {
        "OCMF"
    }

    fn sign(&self, moment: SigningMoment) {
        self.present.set(self.mood.get());
        self.left.set(if let Mood::Late(polls) = self.mood.get() { polls } else { 0 });
        self.signatures.borrow_mut().sign(self.connector, moment, "", 0);
    }

    fn read(&self, offset: usize, buffer: &mut [u8]) -> Poll<Result<usize, SigningFailed>> {
        match self.present.get() {
            Mood::Silent => return Poll::Pending,
            Mood::Failing => return Poll::Ready(Err(SigningFailed)),
            Mood::WithoutBytes => return Poll::Ready(Ok(0)),
            Mood::Late(_) if self.left.get() > 0 => {
                self.left.set(self.left.get() - 1);
                return Poll::Pending;
            }
            Mood::Prompt | Mood::Late(_) => {}
        }
        Poll::Ready(Ok(self.signatures.borrow_mut().read(offset, buffer)))
    }

    fn stored(&self) {
        if self.present.get() != Mood::WithoutBytes {
            self.signatures.borrow_mut().stored();
        }
    }

    fn public_key(&self) -> Option<PrintedKey<'_>> {
        Some(PRINTED_KEY)
    }

    fn signs_samples(&self) -> bool {
        true
    }
}

impl Walk {
    /// Another mood for one of the meters.
    pub(crate) fn disturb_meters(&mut self) {
        if self.has(Weather::Signing) && self.chance.once_in(8) {
            let mood = self.chance.of(&MOODS);
            let bays = self.bays.clone();
            let meter = self.chance.of(&bays).signer;
            meter.mood.set(mood);
            self.tell(format!("{}: the meter is {mood:?}", meter.connector));
        }
    }

    /// MeterValues without what was signed; none when that is all.
    pub(crate) fn signed_values_told(&mut self, payload: &Value) -> Option<Value> {
        if payload["meterValue"][0]["sampledValue"][0]["format"] != "SignedData" {
            return Some(payload.clone());
        }
        let all = if self.lost_track() { Vec::new() } else { told(&payload["meterValue"]) };
        let connector = payload["connectorId"].as_u64().unwrap();
        for told in &all {
            match &*told.context {
                "Transaction.Begin" => {} // the end tells it as well
                "Sample.Periodic" => self.signed_value_told(connector, SigningMoment::Sample, told),
                "Sample.Clock" => self.signed_value_told(connector, SigningMoment::Aligned, told),
                context => panic!("{context}: {payload}"),
            }
        }
        None
    }

    /// StopTransaction without what was signed.
    pub(crate) fn signed_end_told(&mut self, connector: u64, payload: &Value) -> Value {
        let mut rest = payload.clone();
        let Some(data) = rest.get_mut("transactionData").and_then(Value::as_array_mut) else { return rest };
        remove_signed(data);
        if *data == [] as [Value; 0] {
            rest.as_object_mut().unwrap().remove("transactionData");
        }
        let all = if self.lost_track() { Vec::new() } else { told(&payload["transactionData"]) };
        for (told, place) in all.iter().zip(0..) {
            self.signed_value_told(connector, told.moment_in_end(place), told);
        }
        rest
    }

    fn signed_value_told(&mut self, connector: u64, moment: SigningMoment, told: &Told) {
        let meter = self.bays[connector as usize - 1].signer;
        meter.signatures.borrow_mut().tell_next(moment, told);
        TOLD.fetch_add(1, Ordering::Relaxed);
    }
}

/// A key, a value, and what is answered.
pub(crate) const CHANGES: &[(&str, &str, &[&str])] = &[
    ("SampledDataSignReadings", "true", &["Accepted"]),
    ("SampledDataSignReadings", "true", &["Accepted"]),
    ("SampledDataSignReadings", "false", &["Accepted"]),
    ("SampledDataSignUpdatedReadings", "true", &["Accepted"]),
    ("SampledDataSignStartedReadings", "true", &["Accepted"]),
    ("StartTxnSampledData", "Energy.Active.Import.Register", &["Accepted"]),
    ("StartTxnSampledData", "", &["Accepted"]),
    ("AlignedDataSignReadings", "true", &["Accepted"]),
    ("AlignedDataSignUpdatedReadings", "true", &["Accepted"]),
    ("PublicKeyWithSignedMeterValue", "Never", &["Accepted"]),
    ("PublicKeyWithSignedMeterValue", "EveryMeterValue", &["Accepted"]),
    ("PublicKeyWithSignedMeterValue", "Sometimes", &["Rejected"]),
    ("StopTxnSampledData", "Energy.Active.Import.Register", &["Accepted"]),
];

/// What is on from the beginning.
pub(crate) const FACTORY: [(&str, &str); 2] =
    [("SampledDataSignReadings", "true"), ("StopTxnSampledData", "Energy.Active.Import.Register")];
