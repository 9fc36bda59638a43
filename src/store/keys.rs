use super::record::{RecordReader, RecordWriter};
use super::{RecordKey, StorageOp, registry};
use crate::json::{Writer, integer};
use core::fmt;

/// One configuration key: everything about it, said once (OCPP 1.6 §9).
#[derive(Clone, Copy, Debug)]
pub struct Declaration {
    /// The number of its record and of its place in RAM, below 64 and fixed for ever.
    pub number: u8,
    /// Its name on the wire.
    pub name: &'static str,
    /// Who may do what with it.
    pub access: Access,
    /// A new value takes effect at the next boot.
    pub reboot_required: bool,
    /// Its type, range and factory value.
    pub kind: Kind,
}

/// What the central system may do with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Access {
    /// Read and change.
    ReadWrite,
    /// Read.
    ReadOnly,
    /// Change; the value never leaves the charge point.
    WriteOnly,
}

/// The type of a key.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// `true` or `false`.
    Switch {
        /// The value that a new charge point has.
        factory: bool,
    },
    /// A whole number in a range.
    Integer {
        /// The value that a new charge point has.
        factory: i32,
        /// The least value.
        min: i32,
        /// The greatest value.
        max: i32,
    },
    /// A comma-separated list, kept in the form that its codec gives it.
    List {
        /// The value that a new charge point has.
        factory: &'static str,
        /// Its place among the lists.
        slot: u8,
        /// How its items are read and written.
        codec: &'static ListCodec,
    },
    /// A text that never changes.
    Constant(&'static str),
}

/// How a list is kept in a few bytes.
#[derive(Debug)]
pub struct ListCodec {
    /// Encodes the items of a list into the buffer and returns the length; `None` when an item is not allowed or the
    /// list is too long.
    pub encode: fn(list: &str, buffer: &mut [u8]) -> Option<usize>,
    /// Writes the list back, piece by piece.
    pub decode: fn(bytes: &[u8], write: TextSink<'_>),
}

/// Takes a text piece by piece.
pub type TextSink<'w> = &'w mut dyn FnMut(&str);

/// A key whose value is a whole number.
#[derive(Clone, Copy, Debug)]
pub struct IntegerKey(Declaration);

/// A key whose value is `true` or `false`.
#[derive(Clone, Copy, Debug)]
pub struct SwitchKey(Declaration);

/// A key whose value is a list.
#[derive(Clone, Copy, Debug)]
pub struct ListKey(Declaration);

impl IntegerKey {
    /// A key that the central system may set to `min` up to `max`.
    pub const fn new(number: u8, name: &'static str, factory: i32, min: i32, max: i32) -> Self {
        assert!((number as usize) < NUMBERS, "no place for the key");
        let kind = Kind::Integer { factory, min, max };
        Self(Declaration { number, name, access: Access::ReadWrite, reboot_required: false, kind })
    }

    /// The same key, but the central system may only read it.
    pub const fn read_only(mut self) -> Self {
        self.0.access = Access::ReadOnly;
        self
    }

    /// For the table of keys.
    pub const fn declaration(self) -> Declaration {
        self.0
    }
}

impl SwitchKey {
    /// A key that the central system may switch.
    pub const fn new(number: u8, name: &'static str, factory: bool) -> Self {
        assert!((number as usize) < NUMBERS, "no place for the key");
        let kind = Kind::Switch { factory };
        Self(Declaration { number, name, access: Access::ReadWrite, reboot_required: false, kind })
    }

    /// For the table of keys.
    pub const fn declaration(self) -> Declaration {
        self.0
    }
}

impl ListKey {
    /// A list that the central system may set.
    pub const fn new(
        number: u8,
        name: &'static str,
        factory: &'static str,
        slot: u8,
        codec: &'static ListCodec,
    ) -> Self {
        let kind = Kind::List { factory, slot, codec };
        Self(Declaration { number, name, access: Access::ReadWrite, reboot_required: false, kind })
    }

    /// For the table of keys.
    pub const fn declaration(self) -> Declaration {
        self.0
    }
}

impl Declaration {
    /// A text that never changes and can only be read.
    pub const fn constant(number: u8, name: &'static str, text: &'static str) -> Self {
        Self { number, name, access: Access::ReadOnly, reboot_required: false, kind: Kind::Constant(text) }
    }
}

/// Why a value was not taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Refusal {
    /// There is no such key.
    UnknownKey,
    /// The key can only be read.
    ReadOnly,
    /// The value is not of the key's type or range.
    Invalid,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnknownKey => "no such configuration key",
            Self::ReadOnly => "configuration key can only be read",
            Self::Invalid => "value not of the type or range of the configuration key",
        })
    }
}

impl core::error::Error for Refusal {}

/// The values of all declared keys.
#[derive(Debug)]
pub struct Keys {
    table: &'static [Declaration],
    numbers: [i32; NUMBERS],
    lists: [List; LISTS],
    unsaved: u64,
}

const NUMBERS: usize = 64;
const LISTS: usize = 5;

#[derive(Clone, Copy, Debug)]
struct List {
    bytes: [u8; LIST_LEN],
    len: u8,
}

/// Room of an encoded list, in bytes.
const LIST_LEN: usize = 24;

impl Keys {
    /// All keys of `table` with their factory values.
    pub fn new(table: &'static [Declaration]) -> Self {
        let mut keys =
            Self { table, numbers: [0; NUMBERS], lists: [List { bytes: [0; LIST_LEN], len: 0 }; LISTS], unsaved: 0 };
        for key in table {
            match key.kind {
                Kind::Switch { factory } => keys.set_number(key.number, i32::from(factory)),
                Kind::Integer { factory, .. } => keys.set_number(key.number, factory),
                Kind::List { factory, .. } => {
                    let _ = keys.set_text(key, factory, &|_| true);
                }
                Kind::Constant(_) => {}
            }
        }
        keys
    }

    /// All keys, in the order in which they are reported.
    pub fn declarations(&self) -> &'static [Declaration] {
        self.table
    }

    /// The first key whose name `matches`.
    pub fn find(&self, matches: impl Fn(&'static str) -> bool) -> Option<&'static Declaration> {
        self.table.iter().find(|key| matches(key.name))
    }

    /// The value of a whole number.
    #[inline(always)] // so that only the number of the key is passed
    pub fn integer(&self, key: &IntegerKey) -> i32 {
        self.number(key.0.number)
    }

    /// The value of a whole number that is never negative.
    #[inline(always)] // so that only the number of the key is passed
    pub fn unsigned(&self, key: &IntegerKey) -> u32 {
        self.number(key.0.number) as u32 // no range of such a key begins below 0
    }

    /// The value of a switch.
    #[inline(always)] // so that only the number of the key is passed
    pub fn is_on(&self, key: &SwitchKey) -> bool {
        self.number(key.0.number) != 0
    }

    /// The encoded items of a list.
    #[inline(always)] // so that only the number of the key is passed
    pub fn list(&self, key: &ListKey) -> &[u8] {
        match key.0.kind {
            Kind::List { slot, .. } => self.slot(slot),
            _ => &[],
        }
    }

    /// Sets what the charge point itself decides, without a record of it.
    #[inline(always)] // so that only the number of the key is passed
    pub fn set_integer(&mut self, key: &IntegerKey, value: i32) {
        self.set_number(key.0.number, value);
    }

    /// Sets what the charge point itself decides, to be kept.
    pub fn save_integer(&mut self, key: &IntegerKey, value: i32) {
        if self.integer(key) != value {
            self.set_number(key.0.number, value);
            self.mark_unsaved(&key.0);
        }
    }

    /// Takes over a value that the central system has sent, to be kept. `allows` has the last word on an encoded list.
    ///
    /// # Errors
    /// [`Refusal`]; the old value stands then.
    pub fn change(&mut self, key: &Declaration, value: &str, allows: &dyn Fn(&[u8]) -> bool) -> Result<(), Refusal> {
        if key.access == Access::ReadOnly {
            return Err(Refusal::ReadOnly);
        }
        self.set_text(key, value, allows)?;
        self.mark_unsaved(key);
        Ok(())
    }

    /// Replaces the factory value, before stored values are loaded.
    ///
    /// # Errors
    /// [`Refusal`]; the old value stands then.
    pub fn set_factory(&mut self, name: &str, value: &str) -> Result<(), Refusal> {
        let key = self.find(|other| other.eq_ignore_ascii_case(name)).ok_or(Refusal::UnknownKey)?;
        if key.access == Access::ReadOnly {
            return Err(Refusal::ReadOnly);
        }
        self.set_text(key, value, &|_| true)
    }

    /// Writes the value as text, piece by piece.
    pub fn write_value(&self, key: &Declaration, write: TextSink<'_>) {
        match key.kind {
            Kind::Switch { .. } => write(if self.number(key.number) != 0 { "true" } else { "false" }),
            Kind::Integer { .. } => {
                let mut digits = [0; 11];
                let mut writer = Writer::new(&mut digits, 0);
                writer.whole(self.number(key.number).into());
                let len = writer.finish().unwrap_or_default();
                write(core::str::from_utf8(digits.get(..len).unwrap_or_default()).unwrap_or_default());
            }
            Kind::List { slot, codec, .. } => (codec.decode)(self.slot(slot), write),
            Kind::Constant(text) => write(text),
        }
    }

    /// The next key whose value is to be stored.
    pub fn next_unsaved(&self) -> Option<&'static Declaration> {
        if self.unsaved == 0 {
            return None;
        }
        self.table.iter().find(|key| self.unsaved & bit(key) != 0)
    }

    /// Writes the record of a key.
    pub fn store(&self, key: &Declaration, buffer: &mut [u8]) -> Option<StorageOp> {
        let record_key = record_key(key)?;
        let mut record = RecordWriter::new(buffer);
        match key.kind {
            Kind::List { slot, .. } => record.bytes(self.slot(slot)),
            _ => record.signed(i64::from(self.number(key.number))),
        }
        Some(StorageOp::Store(record_key, record.finish(record_key)?))
    }

    /// The record of a key is durable.
    pub fn saved(&mut self, key: &Declaration) {
        self.unsaved &= !bit(key);
    }

    /// The record of the `index`th key, to be loaded at boot.
    pub fn record(&self, index: usize) -> Option<(&'static Declaration, RecordKey)> {
        let key = self.table.iter().filter(|key| !matches!(key.kind, Kind::Constant(_))).nth(index)?;
        Some((key, record_key(key)?))
    }

    /// Takes over a stored value. A number is brought into the range that the key has now; a damaged record is left alone.
    pub fn load(&mut self, key: &Declaration, record: &[u8]) {
        let Some(mut reader) = record_key(key).and_then(|number| RecordReader::open(number, record)) else { return };
        match key.kind {
            Kind::Switch { .. } => {
                if let Some(value) = reader.signed() {
                    self.set_number(key.number, i32::from(value != 0));
                }
            }
            Kind::Integer { min, max, .. } => {
                if let Some(value) = reader.signed().and_then(|value| i32::try_from(value).ok()) {
                    self.set_number(key.number, value.max(min).min(max));
                }
            }
            Kind::List { slot, .. } => {
                if let Some(list) = self.lists.get_mut(usize::from(slot)) {
                    list.set(reader.rest());
                }
            }
            Kind::Constant(_) => {}
        }
    }

    fn set_text(&mut self, key: &Declaration, value: &str, allows: &dyn Fn(&[u8]) -> bool) -> Result<(), Refusal> {
        match key.kind {
            Kind::Switch { .. } if value.eq_ignore_ascii_case("true") => self.set_number(key.number, 1),
            Kind::Switch { .. } if value.eq_ignore_ascii_case("false") => self.set_number(key.number, 0),
            Kind::Switch { .. } | Kind::Constant(_) => return Err(Refusal::Invalid),
            Kind::Integer { min, max, .. } => {
                let number = integer(value).filter(|number| (min..=max).contains(number));
                self.set_number(key.number, number.ok_or(Refusal::Invalid)?);
            }
            Kind::List { slot, codec, .. } => {
                let mut bytes = [0; LIST_LEN];
                let len = (codec.encode)(value, &mut bytes).ok_or(Refusal::Invalid)?;
                let items = bytes.get(..len).filter(|items| allows(items)).ok_or(Refusal::Invalid)?;
                self.lists.get_mut(usize::from(slot)).ok_or(Refusal::Invalid)?.set(items);
            }
        }
        Ok(())
    }

    #[inline(never)]
    fn number(&self, number: u8) -> i32 {
        self.numbers.get(usize::from(number)).copied().unwrap_or(0)
    }

    #[inline(never)]
    fn set_number(&mut self, number: u8, value: i32) {
        if let Some(place) = self.numbers.get_mut(usize::from(number)) {
            *place = value;
        }
    }

    fn slot(&self, slot: u8) -> &[u8] {
        self.lists
            .get(usize::from(slot))
            .map_or(&[], |list| list.bytes.get(..usize::from(list.len)).unwrap_or_default())
    }

    fn mark_unsaved(&mut self, key: &Declaration) {
        self.unsaved |= bit(key);
    }
}

impl List {
    fn set(&mut self, bytes: &[u8]) {
        let len = bytes.len().min(LIST_LEN);
        for (place, byte) in self.bytes.iter_mut().zip(bytes) {
            *place = *byte;
        }
        self.len = len as u8;
    }
}

fn bit(key: &Declaration) -> u64 {
    1u64.checked_shl(u32::from(key.number)).unwrap_or(0)
}

fn record_key(key: &Declaration) -> Option<RecordKey> {
    registry::nth(registry::CONFIGURATION, usize::from(key.number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;

    const TIME_OUT: IntegerKey = IntegerKey::new(6, "ConnectionTimeOut", 30, 0, 86_400);
    const OFFLINE: SwitchKey = SwitchKey::new(1, "AllowOfflineTxForUnknownId", false);
    const CONNECTORS: IntegerKey = IntegerKey::new(22, "NumberOfConnectors", 2, 0, 64).read_only();
    static TABLE: [Declaration; 4] = [
        TIME_OUT.declaration(),
        OFFLINE.declaration(),
        CONNECTORS.declaration(),
        Declaration::constant(31, "SupportedFeatureProfiles", "Core"),
    ];

    fn change(keys: &mut Keys, name: &str, value: &str) -> Result<(), Refusal> {
        let key = keys.find(|other| other.eq_ignore_ascii_case(name)).ok_or(Refusal::UnknownKey)?;
        keys.change(key, value, &|_| true)
    }

    fn value(keys: &Keys, key: &Declaration) -> String {
        let mut text = String::new();
        keys.write_value(key, &mut |piece| text.push_str(piece));
        text
    }

    #[test]
    fn cfg_06_07_08_values_are_checked_and_refused_ones_change_nothing() {
        let mut keys = Keys::new(&TABLE);
        assert_eq!(change(&mut keys, "connectiontimeout", "60"), Ok(()));
        for bad in ["", "-1", "+5", "86401", "1e3", "60 ", "0x10", "99999999999999999999", "true"] {
            assert_eq!(change(&mut keys, "ConnectionTimeOut", bad), Err(Refusal::Invalid), "{bad}");
        }
        assert_eq!(keys.integer(&TIME_OUT), 60);
        assert_eq!(change(&mut keys, "AllowOfflineTxForUnknownId", "TRUE"), Ok(()));
        assert_eq!(change(&mut keys, "AllowOfflineTxForUnknownId", "1"), Err(Refusal::Invalid));
        assert_eq!(value(&keys, &OFFLINE.declaration()), "true");
        assert_eq!(change(&mut keys, "NumberOfConnectors", "3"), Err(Refusal::ReadOnly));
        assert_eq!(change(&mut keys, "SupportedFeatureProfiles", "x"), Err(Refusal::ReadOnly));
        assert_eq!(change(&mut keys, "Nonsense", "x"), Err(Refusal::UnknownKey));
    }

    #[test]
    fn cfg_09_a_changed_value_comes_back_from_its_record() {
        let mut keys = Keys::new(&TABLE);
        assert!(keys.next_unsaved().is_none());
        change(&mut keys, "ConnectionTimeOut", "60").unwrap();
        let key = keys.next_unsaved().unwrap();
        let mut buffer = [0; 16];
        let Some(StorageOp::Store(0x0106, len)) = keys.store(key, &mut buffer) else { panic!() };
        keys.saved(key);
        assert!(keys.next_unsaved().is_none());

        let mut after_boot = Keys::new(&TABLE);
        after_boot.load(key, &buffer[..len]);
        assert_eq!(after_boot.integer(&TIME_OUT), 60);
        buffer[1] ^= 1;
        let mut damaged = Keys::new(&TABLE);
        damaged.load(key, &buffer[..len]);
        assert_eq!(damaged.integer(&TIME_OUT), 30);
    }
}
