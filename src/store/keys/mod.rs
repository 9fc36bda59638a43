mod declaration;
mod records;
mod vendor;

pub use declaration::{
    Access, Declaration, IntegerKey, Kind, ListCodec, ListKey, SetKey, Setting, SwitchKey, TextSink,
};
pub use vendor::{KeyError, VendorKey};

use crate::json::{JsonStr, Writer, integer};

/// Why a value was not taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Refusal {
    /// There is no such key.
    #[error("no such configuration key")]
    UnknownKey,
    /// The key can only be read.
    #[error("configuration key can only be read")]
    ReadOnly,
    /// The value is not of the key's type or range.
    #[error("value not of the type or range of the configuration key")]
    Invalid,
}

/// The values of all declared keys: first those of OCPP, then those of the firmware.
pub struct Keys<'a> {
    table: &'static [Declaration],
    numbers: [i32; NUMBERS],
    lists: [ListValue<LIST_LEN>; LISTS],
    /// The one in the slot behind those, which may be longer.
    #[cfg(feature = "security")]
    long_list: ListValue<LONG_LIST_LEN>,
    /// Keys of the table whose records are not up to date, by their place in it.
    unsaved: u64,
    /// Keys of the firmware may be among them.
    vendor_unsaved: bool,
    /// The one whose value is on its way to the device.
    storing: Option<KeyId>,
    /// Keys that are read-only on this hardware.
    fixed: u64,
    /// Keys of the firmware, each with the next one.
    vendor: Option<&'a mut VendorKey<'a>>,
}

/// Which key, in the order in which they are reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct KeyId(u8);

impl KeyId {
    /// The one at this place.
    pub(crate) const fn at(index: u8) -> Self {
        Self(index)
    }

    /// Its place in that order.
    pub fn index(self) -> u8 {
        self.0
    }
}

/// A key as the central system sees it.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Key<'k> {
    /// Its name on the wire.
    pub name: &'k str,
    /// Who may do what with it.
    pub access: Access,
    /// A new value takes effect at the next boot.
    pub reboot_required: bool,
    /// Its value now.
    pub value: Value<'k>,
}

/// The value of a key.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Value<'k> {
    /// `true` or `false`.
    Switch(bool),
    /// A whole number.
    Integer(i32),
    /// A text.
    Text(&'k str),
    /// Those of the names whose bits are set, the first name having the lowest bit.
    Set(&'static [&'static str], u32),
    /// A comma-separated list in the form that its codec gives it; [`write`](Self::write) makes a text of it.
    List(&'static ListCodec, &'k [u8]),
}

const NUMBERS: usize = 64;
const LISTS: usize = if cfg!(feature = "signed-meter-values") { 8 } else { 6 };

#[derive(Clone, Copy, Debug)]
struct ListValue<const N: usize> {
    bytes: [u8; N],
    len: u8,
}

/// Room of an encoded list, in bytes.
const LIST_LEN: usize = 32;
/// Room of a long one.
const LONG_LIST_LEN: usize = if cfg!(feature = "security") { 64 } else { LIST_LEN };
/// The slot of the long one, which only the security extension has.
#[cfg(feature = "security")]
pub(crate) const LONG_LIST: u8 = LISTS as u8;

/// Whether this slot is that of the long list.
#[inline(always)] // without the security extension nothing is asked
pub(crate) const fn is_long_list(slot: u8) -> bool {
    cfg!(feature = "security") && slot == LISTS as u8
}

impl Value<'_> {
    /// Writes the value as text, piece by piece, without escapes.
    pub fn write(&self, write: TextSink<'_>) {
        match self {
            Self::Switch(true) => write("true"),
            Self::Switch(false) => write("false"),
            Self::Integer(number) => {
                let mut digits = [0; 11];
                let mut writer = Writer::new(&mut digits, 0);
                writer.whole(i64::from(*number));
                let len = writer.finish().unwrap_or_default();
                write(core::str::from_utf8(digits.get(..len).unwrap_or_default()).unwrap_or_default());
            }
            Self::Text(text) => write(text),
            Self::Set(names, bits) => {
                let mut separator = "";
                for (name, place) in names.iter().zip(0..) {
                    if bits & 1 << place != 0 {
                        write(core::mem::replace(&mut separator, ","));
                        write(name);
                    }
                }
            }
            Self::List(codec, bytes) => (codec.decode)(bytes, write),
        }
    }
}

impl<'a> Keys<'a> {
    /// All keys of `table`, at most 64, with their factory values.
    pub fn new(table: &'static [Declaration]) -> Self {
        let mut keys = Self::blank(table);
        keys.load_factory();
        keys
    }

    /// The same, before the factory values are known: they can be loaded where the keys are to stay.
    pub(crate) fn blank(table: &'static [Declaration]) -> Self {
        Self {
            table,
            numbers: [0; NUMBERS],
            lists: [ListValue::NONE; LISTS],
            #[cfg(feature = "security")]
            long_list: ListValue::NONE,
            unsaved: 0,
            vendor_unsaved: false,
            storing: None,
            fixed: 0,
            vendor: None,
        }
    }

    pub(crate) fn load_factory(&mut self) {
        for Declaration { setting: key, .. } in self.table {
            match key.kind {
                Kind::Switch { factory } => self.set_number(key.number, i32::from(factory)),
                Kind::Integer { factory, .. } => self.set_number(key.number, factory),
                Kind::List { factory, .. } => {
                    let _ = self.set_text(key, factory.as_bytes(), &|_| true);
                }
                Kind::Set(_) | Kind::Constant(_) => {}
            }
        }
    }

    /// Declares a key of the firmware, before the first poll: its stored value is read after the boot. The key lies in the
    /// firmware's memory, and there may be as many as there are numbers.
    ///
    /// # Errors
    /// [`KeyError`]
    pub fn declare(&mut self, key: &'a mut VendorKey<'a>) -> Result<(), KeyError> {
        key.check()?;
        let numbered = self.vendor().any(|other| other.number() == key.number());
        if numbered || self.find(key.name).is_some() {
            return Err(KeyError::Taken);
        }
        let mut end = &mut self.vendor;
        while let Some(other) = end {
            end = &mut other.next;
        }
        *end = Some(key);
        Ok(())
    }

    fn vendor(&self) -> impl Iterator<Item = &VendorKey<'a>> {
        core::iter::successors(self.vendor.as_deref(), |key| key.next.as_deref())
    }

    /// All keys, in the order in which they are reported.
    pub fn ids(&self) -> impl Iterator<Item = KeyId> + use<> {
        (0..(self.table.len() + self.vendor().count()) as u8).map(KeyId)
    }

    /// The key with this name; case is ignored (OCPP 1.6 §7.29).
    pub fn find(&self, name: &str) -> Option<KeyId> {
        self.find_bytes(name.as_bytes())
    }

    #[inline(never)]
    pub(crate) fn find_bytes(&self, name: &[u8]) -> Option<KeyId> {
        let is_it = |other: &str| other.len() == name.len() && other.as_bytes().eq_ignore_ascii_case(name);
        let place = match self.table.iter().position(|key| is_it(key.name)) {
            Some(place) => place,
            None => self.table.len() + self.vendor().position(|key| is_it(key.name))?,
        };
        Some(KeyId(place as u8))
    }

    /// The key as it stands.
    pub fn get(&self, id: KeyId) -> Option<Key<'_>> {
        let (name, access, reboot_required, value) = match self.table.get(usize::from(id.0)) {
            Some(Declaration { name, setting: key }) => {
                let value = match key.kind {
                    Kind::Switch { .. } => Value::Switch(self.number(key.number) != 0),
                    Kind::Integer { .. } => Value::Integer(self.number(key.number)),
                    Kind::List { slot, codec, .. } => Value::List(codec, self.slot(slot)),
                    Kind::Set(names) => Value::Set(names, self.number(key.number) as u32),
                    Kind::Constant(text) => Value::Text(text),
                };
                let access = if self.fixed & bit(key.number.into()) != 0 { Access::ReadOnly } else { key.access };
                (*name, access, key.reboot_required, value)
            }
            None => {
                let key = self.vendor_key(id)?;
                (key.name, key.access, key.reboot_required, key.value())
            }
        };
        Some(Key { name, access, reboot_required, value })
    }

    /// The value of the key with this name, whoever may read it; case is ignored.
    pub fn value(&self, name: &str) -> Option<Value<'_>> {
        self.find(name).and_then(|id| self.get(id)).map(|key| key.value)
    }

    /// The value of a whole number.
    #[inline(always)] // so that only the number of the key is passed
    pub fn integer(&self, key: &IntegerKey) -> i32 {
        self.number(key.number())
    }

    /// The value of a whole number that is never negative.
    #[inline(always)] // so that only the number of the key is passed
    pub fn unsigned(&self, key: &IntegerKey) -> u32 {
        self.number(key.number()) as u32 // no range of such a key begins below 0
    }

    /// The value of a switch.
    #[inline(always)] // so that only the number of the key is passed
    pub fn is_on(&self, key: &SwitchKey) -> bool {
        self.number(key.number()) != 0
    }

    /// The encoded items of a list.
    #[inline(always)] // so that only the number of the key is passed
    pub fn list(&self, key: &ListKey) -> &[u8] {
        self.slot(key.slot())
    }

    /// Sets what the charge point itself decides, without a record of it.
    #[inline(always)] // so that only the number of the key is passed
    pub fn set_integer(&mut self, key: &IntegerKey, value: i32) {
        self.set_number(key.number(), value);
    }

    /// The same for a switch.
    pub fn set_switch(&mut self, key: &SwitchKey, on: bool) {
        self.set_number(key.number(), i32::from(on));
    }

    /// Puts a name into a set, or takes it out, by its place among the names.
    pub fn set_member(&mut self, key: &SetKey, place: usize, is_in: bool) {
        let others = self.number(key.number()) as u32 & !(bit(place) as u32);
        self.set_number(key.number(), (others | if is_in { bit(place) as u32 } else { 0 }) as i32);
    }

    /// Whether a name is in a set, by its place among the names.
    pub fn has_member(&self, key: &SetKey, place: usize) -> bool {
        self.number(key.number()) as u32 & bit(place) as u32 != 0
    }

    /// Sets what the charge point itself decides, to be kept.
    pub fn save_integer(&mut self, key: &IntegerKey, value: i32) {
        if self.integer(key) != value {
            self.set_number(key.number(), value);
            if let Some(place) = self.table.iter().position(|other| other.setting.number == key.number()) {
                self.must_store(KeyId(place as u8));
            }
        }
    }

    /// Sets a list that the charge point itself decides, without a record of it.
    pub fn set_list(&mut self, key: &ListKey, items: &[u8]) {
        self.set_slot(key.slot(), items);
    }

    /// Takes over a value that the central system has sent, to be kept. `allows` has the last word on the encoded form of
    /// the list in a slot.
    ///
    /// # Errors
    /// [`Refusal`]; the old value stands then.
    pub fn change(&mut self, id: KeyId, value: JsonStr<'_>, allows: &dyn Fn(u8, &[u8]) -> bool) -> Result<(), Refusal> {
        if self.get(id).ok_or(Refusal::UnknownKey)?.access == Access::ReadOnly {
            return Err(Refusal::ReadOnly);
        }
        if let Some(key) = self.setting(id) {
            let slot = if let Kind::List { slot, .. } = key.kind { slot } else { 0 };
            let mut plain = [0; LONG_LIST_LEN];
            let text = if is_long_list(slot) {
                value.copy_to(&mut plain).map_err(|_| Refusal::Invalid)?.as_bytes() // a name may have letters that are not ASCII
            } else {
                value.as_bytes() // no other value of OCPP needs an escape, so one with escapes is none
            };
            self.set_text(key, text, &|items| allows(slot, items))?;
        } else if let Some(key) = self.vendor_key_mut(id) {
            key.change(value)?;
        }
        self.must_store(id);
        Ok(())
    }

    /// Takes over a value that the firmware has set, whatever the central system may do with the key, to be kept.
    ///
    /// # Errors
    /// [`Refusal`]; the old value stands then.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), Refusal> {
        let id = self.find(name).ok_or(Refusal::UnknownKey)?;
        if let Some(key) = self.setting(id) {
            self.set_text(key, value.as_bytes(), &|_| true)?;
        } else if let Some(key) = self.vendor_key_mut(id) {
            key.set(value)?;
        }
        self.must_store(id);
        Ok(())
    }

    /// Replaces the factory value of a key of OCPP, before stored values are loaded.
    ///
    /// # Errors
    /// [`Refusal`]; the old value stands then.
    pub fn set_factory(&mut self, name: &str, value: &str) -> Result<(), Refusal> {
        let key = self.named(name)?;
        if key.access == Access::ReadOnly {
            return Err(Refusal::ReadOnly);
        }
        self.set_text(key, value.as_bytes(), &|_| true)
    }

    /// Makes a key of OCPP read-only, with the value that it has: where the standard leaves it to the charge point whether a
    /// function can be switched at all.
    ///
    /// # Errors
    /// [`Refusal::UnknownKey`]
    pub fn fix(&mut self, name: &str) -> Result<(), Refusal> {
        let key = self.named(name)?;
        self.fixed |= bit(key.number.into());
        Ok(())
    }

    /// The same for a switch that is known.
    pub(crate) fn fix_switch(&mut self, key: &SwitchKey) {
        self.fixed |= bit(key.number().into());
    }

    /// The same, and switches it off.
    pub(crate) fn fix_off(&mut self, key: &SwitchKey) {
        self.fix_switch(key);
        self.set_switch(key, false);
    }

    /// The key of OCPP with this name.
    fn named(&self, name: &str) -> Result<&'static Setting, Refusal> {
        self.find(name).and_then(|id| self.setting(id)).ok_or(Refusal::UnknownKey)
    }

    /// What is said of a key, if it is one of OCPP.
    pub(crate) fn setting(&self, id: KeyId) -> Option<&'static Setting> {
        Some(&self.table.get(usize::from(id.0))?.setting)
    }

    fn set_text(&mut self, key: &Setting, value: &[u8], allows: &dyn Fn(&[u8]) -> bool) -> Result<(), Refusal> {
        match key.kind {
            Kind::Switch { .. } => {
                self.set_number(key.number, i32::from(switched(value).ok_or(Refusal::Invalid)?));
            }
            Kind::Set(_) | Kind::Constant(_) => return Err(Refusal::Invalid),
            Kind::Integer { min, max, .. } => {
                let number = integer(value).filter(|number| (min..=max).contains(number));
                self.set_number(key.number, number.ok_or(Refusal::Invalid)?);
            }
            Kind::List { slot, codec, .. } => {
                let mut bytes = [0; LONG_LIST_LEN];
                let text = core::str::from_utf8(value).map_err(|_| Refusal::Invalid)?;
                let len = (codec.encode)(text, &mut bytes).ok_or(Refusal::Invalid)?;
                let items = bytes.get(..len).filter(|items| allows(items)).ok_or(Refusal::Invalid)?;
                self.set_slot(slot, items);
            }
        }
        Ok(())
    }

    #[inline(always)] // with a number that is known this is one load
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
        #[cfg(feature = "security")]
        if slot == LONG_LIST {
            return self.long_list.items();
        }
        self.lists.get(usize::from(slot)).map_or(&[], ListValue::items)
    }

    fn set_slot(&mut self, slot: u8, items: &[u8]) {
        #[cfg(feature = "security")]
        if slot == LONG_LIST {
            return self.long_list.set(items);
        }
        if let Some(list) = self.lists.get_mut(usize::from(slot)) {
            list.set(items);
        }
    }

    fn vendor_key(&self, id: KeyId) -> Option<&VendorKey<'a>> {
        self.vendor().nth(usize::from(id.0).checked_sub(self.table.len())?)
    }

    fn vendor_key_mut(&mut self, id: KeyId) -> Option<&mut VendorKey<'a>> {
        let mut key = self.vendor.as_deref_mut()?;
        for _ in self.table.len()..usize::from(id.0) {
            key = key.next.as_deref_mut()?;
        }
        (usize::from(id.0) >= self.table.len()).then_some(key)
    }
}

impl<const N: usize> ListValue<N> {
    const NONE: Self = Self { bytes: [0; N], len: 0 };

    fn items(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }

    fn set(&mut self, bytes: &[u8]) {
        let len = bytes.len().min(N);
        for (place, byte) in self.bytes.iter_mut().zip(bytes) {
            *place = *byte;
        }
        self.len = len as u8;
    }
}

/// `true` or `false`; case is ignored (CFG-07).
fn switched(value: &[u8]) -> Option<bool> {
    if value.eq_ignore_ascii_case(b"true") {
        Some(true)
    } else if value.eq_ignore_ascii_case(b"false") {
        Some(false)
    } else {
        None
    }
}

#[inline(never)]
fn bit(number: usize) -> u64 {
    1u64.checked_shl(number as u32).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StorageOp;
    use std::string::String;

    const TIME_OUT: IntegerKey = IntegerKey::new(6, 30, 0, 86_400);
    const OFFLINE: SwitchKey = SwitchKey::new(1, false);
    const CONNECTORS: IntegerKey = IntegerKey::new(22, 2, 0, 64).read_only();
    static TABLE: [Declaration; 4] = [
        TIME_OUT.named("ConnectionTimeOut"),
        OFFLINE.named("AllowOfflineTxForUnknownId"),
        CONNECTORS.named("NumberOfConnectors"),
        Setting::constant(31, "Core").named("SupportedFeatureProfiles"),
    ];

    fn fresh() -> Keys<'static> {
        Keys::new(&TABLE)
    }

    fn change(keys: &mut Keys<'_>, name: &str, value: &str) -> Result<(), Refusal> {
        let key = keys.find(name).ok_or(Refusal::UnknownKey)?;
        keys.change(key, JsonStr::from_escaped(value), &|_, _| true)
    }

    fn value(keys: &Keys<'_>, name: &str) -> String {
        let mut text = String::new();
        keys.value(name).unwrap().write(&mut |piece| text.push_str(piece));
        text
    }

    #[test]
    fn cfg_06_07_08_values_are_checked_and_refused_ones_change_nothing() {
        let mut keys = fresh();
        assert_eq!(change(&mut keys, "connectiontimeout", "60"), Ok(()));
        for bad in ["", "-1", "+5", "86401", "1e3", "60 ", "0x10", "99999999999999999999", "true"] {
            assert_eq!(change(&mut keys, "ConnectionTimeOut", bad), Err(Refusal::Invalid), "{bad}");
        }
        assert_eq!(keys.integer(&TIME_OUT), 60);
        assert_eq!(change(&mut keys, "AllowOfflineTxForUnknownId", "TRUE"), Ok(()));
        assert_eq!(change(&mut keys, "AllowOfflineTxForUnknownId", "1"), Err(Refusal::Invalid));
        assert_eq!(value(&keys, "AllowOfflineTxForUnknownId"), "true");
        assert_eq!(change(&mut keys, "NumberOfConnectors", "3"), Err(Refusal::ReadOnly));
        assert_eq!(change(&mut keys, "SupportedFeatureProfiles", "x"), Err(Refusal::ReadOnly));
        assert_eq!(change(&mut keys, "Nonsense", "x"), Err(Refusal::UnknownKey));
    }

    #[test]
    fn cfg_09_a_changed_value_comes_back_from_its_record() {
        let mut keys = fresh();
        assert!(keys.next_unsaved().is_none());
        change(&mut keys, "ConnectionTimeOut", "60").unwrap();
        let key = keys.next_unsaved().unwrap();
        let mut buffer = [0; 16];
        let Some(StorageOp::Store(0x0106, len)) = keys.store(key, &mut buffer) else { panic!() };
        keys.saved();
        assert!(!keys.is_unsaved() && keys.next_unsaved().is_none());

        let mut after_boot = fresh();
        after_boot.load(key, &buffer[..len]);
        assert_eq!(after_boot.integer(&TIME_OUT), 60);
        buffer[1] ^= 1;
        let mut damaged = fresh();
        damaged.load(key, &buffer[..len]);
        assert_eq!(damaged.integer(&TIME_OUT), 30);
    }

    #[test]
    fn a_value_that_changes_while_it_is_written_is_written_again() {
        let mut keys = fresh();
        let mut buffer = [0; 16];
        keys.set("ConnectionTimeOut", "60").unwrap();
        let key = keys.next_unsaved().unwrap();
        keys.store(key, &mut buffer).unwrap();
        keys.set("ConnectionTimeOut", "70").unwrap();
        keys.saved();
        assert!(keys.is_unsaved());
        assert_eq!(keys.next_unsaved(), Some(key));
        let Some(StorageOp::Store(_, len)) = keys.store(key, &mut buffer) else { panic!() };
        keys.saved();
        assert!(!keys.is_unsaved());
        let mut after_boot = fresh();
        after_boot.load(key, &buffer[..len]);
        assert_eq!(after_boot.integer(&TIME_OUT), 70);
    }
}
