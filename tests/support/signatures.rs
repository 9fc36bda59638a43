//! All that a meter has signed: no value is like another, so that none can pass for another.

#![allow(dead_code, unreachable_pub)] // each test takes its part

use embedded_ocpp::ocpp16::{PrintedKey, SigningMoment};
use serde_json::Value;
use std::fmt;

/// What one meter was asked for, in its order.
#[derive(Clone, Debug, Default)]
pub struct Signatures {
    values: Vec<Signature>,
}

#[derive(Clone)]
pub struct Signature {
    pub moment: SigningMoment,
    /// The customer who is there.
    pub of: String,
    /// When it was asked for, in seconds.
    pub at: u64,
    data: Vec<u8>,
    /// So much of it was read.
    read: usize,
    /// The charge point has said that it is durable: the meter has forgotten it.
    pub is_stored: bool,
    is_told: bool,
}

/// The key that is printed on the meters of tests, and what stands in its field: oca:base16:asn1:3056301006
pub const PRINTED_KEY: PrintedKey<'static> = PrintedKey::Base16("3056301006");
pub const PUBLIC_KEY: &str = "b2NhOmJhc2UxNjphc24xOjMwNTYzMDEwMDY=";

/// So long are the values, in turn: 3 to 7 pieces of 480 bytes; some end with a piece.
const LENGTHS: [usize; 6] = [1000, 1440, 1900, 2400, 2881, 3360];

impl Signatures {
    /// The next value, of the meter of this connector.
    pub fn sign(&mut self, connector: u8, moment: SigningMoment, of: &str, at: u64) {
        let serial = self.values.len();
        let head = format!("OCMF|{connector}|{serial}|{moment:?}|");
        let mut random = u32::from(connector) << 16 | serial as u32;
        let filling = std::iter::repeat_with(|| {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (random >> 24) as u8
        });
        let len = LENGTHS[(serial + usize::from(connector)) % LENGTHS.len()];
        let data = head.bytes().chain(filling).take(len).collect();
        self.values.push(Signature { moment, of: of.to_owned(), at, data, read: 0, is_stored: false, is_told: false });
    }

    /// What the charge point reads of the last value.
    pub fn read(&mut self, offset: usize, buffer: &mut [u8]) -> usize {
        let signature = self.values.last_mut().expect("it was asked to sign");
        assert!(!signature.is_stored, "it has forgotten that");
        assert!(offset <= signature.read, "a piece is left out");
        let rest = signature.data.get(offset..).unwrap_or_default();
        let len = rest.len().min(buffer.len());
        buffer[..len].copy_from_slice(&rest[..len]);
        signature.read = signature.read.max(offset + len);
        len
    }

    /// The last value is durable, they say.
    pub fn stored(&mut self) {
        let signature = self.values.last_mut().expect("it was asked to sign");
        assert_eq!(signature.read, signature.data.len(), "stored, and never read to its end");
        assert!(!std::mem::replace(&mut signature.is_stored, true), "stored twice");
    }

    /// A customer's transaction is told a value of such a moment: it must be the last one, or any of the samples, for once.
    pub fn tell(&mut self, of: &str, moment: SigningMoment, told: &Told) {
        let mut all = self.values.iter_mut().rev().filter(|signature| signature.of == of && signature.moment == moment);
        let found = match moment {
            SigningMoment::Sample | SigningMoment::Aligned => all.find(|signature| signature.is(told)),
            _ => all.next().filter(|signature| signature.is(told)),
        };
        let signature = found.unwrap_or_else(|| panic!("{of} has not signed {told:?}"));
        assert!(!std::mem::replace(&mut signature.is_told, true), "told twice: {signature:?}");
    }

    /// A value of such a moment is told: none of that moment is told that was signed before.
    pub fn tell_next(&mut self, moment: SigningMoment, told: &Told) {
        let place = self.values.iter().position(|signature| signature.moment == moment && signature.is(told));
        let place = place.unwrap_or_else(|| panic!("never signed: {told:?}"));
        let behind = self.values[place..].iter().find(|signature| signature.is_told && signature.moment == moment);
        assert!(behind.is_none(), "{told:?} is told after {behind:?}");
        self.values[place].is_told = true;
    }

    /// Whether it is one of these, of whatever moment.
    pub fn has_signed(&self, told: &Told) -> bool {
        self.values.iter().any(|signature| signature.is(told))
    }

    /// All has been told that is stored, but for the beginning of what has never begun.
    pub fn check(&self) {
        for signature in self.values.iter().filter(|signature| signature.moment != SigningMoment::Begin) {
            assert!(signature.is_told || !signature.is_stored, "lost, and was stored: {signature:?}");
        }
    }

    /// What was signed for a customer at such a moment.
    pub fn of(&self, of: &str, moment: SigningMoment) -> impl DoubleEndedIterator<Item = &Signature> {
        self.values.iter().filter(move |signature| signature.of == of && signature.moment == moment)
    }
}

impl Signature {
    /// Whether this is what is told, byte for byte.
    pub fn is(&self, told: &Told) -> bool {
        told.data.bytes().eq(base64(&self.data))
    }

    /// Whether it is told of the moment at which it was asked for.
    pub fn is_dated(&self, told: &Told, date: fn(u64) -> String) -> bool {
        [self.at, self.at + 1].map(date).contains(&told.timestamp)
    }
}

/// The characters of `data` in Base64.
pub fn base64(data: &[u8]) -> impl Iterator<Item = u8> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    data.chunks(3).flat_map(|bytes| {
        let byte = |place: usize| u32::from(bytes.get(place).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        let digit = |place: usize| DIGITS[(bits >> (18 - 6 * place) & 63) as usize];
        [0, 1, 2, 3].map(|place| if place <= bytes.len() { digit(place) } else { b'=' })
    })
}

/// A signed value on the wire.
pub struct Told {
    pub context: String,
    pub timestamp: String,
    pub data: String,
    pub public_key: String,
}

impl Told {
    /// What it was signed for, as the value at this place among those of a StopTransaction.
    pub fn moment_in_end(&self, place: usize) -> SigningMoment {
        match (&*self.context, place) {
            ("Transaction.Begin", 0) => SigningMoment::Begin,
            ("Transaction.End", _) => SigningMoment::End,
            _ => panic!("at place {place}: {self:?}"),
        }
    }
}

/// Takes the signed values out of transactionData.
pub fn remove_signed(data: &mut Vec<Value>) {
    data.retain(|value| value["sampledValue"][0]["format"] != "SignedData");
}

/// The signed values of a list of meter values.
pub fn told(meter_values: &Value) -> Vec<Told> {
    let mut all = Vec::new();
    for meter_value in meter_values.as_array().map(Vec::as_slice).unwrap_or_default() {
        for sampled in meter_value["sampledValue"].as_array().unwrap().iter().filter(|it| it["format"] == "SignedData")
        {
            let text = sampled["value"].as_str().unwrap();
            let value: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
            let field = |value: &Value| value.as_str().unwrap_or_else(|| panic!("not a text in {sampled}")).to_owned();
            assert_eq!(field(&value["encodingMethod"]), "OCMF", "{sampled}");
            all.push(Told {
                context: field(&sampled["context"]),
                timestamp: field(&meter_value["timestamp"]),
                data: field(&value["signedMeterData"]),
                public_key: field(&value["publicKey"]),
            });
        }
    }
    all
}

impl fmt::Debug for Told {
    /// Without most of its data, which is long.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { context, timestamp, data, public_key } = self;
        write!(f, "{context} of {timestamp}, {} characters {:.32}..., key {public_key}", data.len(), data)
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { moment, of, at, data, is_stored, .. } = self;
        let head = String::from_utf8_lossy(&data[..24]);
        write!(f, "{moment:?} of {of} at {at} s, {} bytes {head:?}..., stored: {is_stored}", data.len())
    }
}
