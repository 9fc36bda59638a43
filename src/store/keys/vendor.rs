//! Keys that the firmware declares beside those of OCPP, with values of their own.

use super::{Access, Refusal, Value, switched};
use crate::json::{JsonStr, integer};
use crate::store::record::{RecordReader, RecordWriter};

/// A configuration key of the firmware: a vendor's own, or one of OCPP that only some hardware has, such as
/// LightIntensity. It is reported, changed and stored like any other (OCPP 1.6 §9). It lies in the firmware's own memory,
/// which is lent to the charge point.
///
/// ```
/// # use embedded_ocpp::store::VendorKey;
/// let dimmed = VendorKey::integer(0, "Acme_LampPercent", 80, 0, 100);
/// let locked = VendorKey::switch(1, "Acme_Locked", true).read_only();
/// let mut room = [0; 64];
/// let greeting = VendorKey::text(2, "Acme_Greeting", "Hello", &mut room).reboot_required();
/// ```
pub struct VendorKey<'a> {
    number: u8,
    pub(super) name: &'a str,
    pub(super) access: Access,
    pub(super) reboot_required: bool,
    content: VendorContent<'a>,
    allows: Option<&'a dyn Fn(JsonStr<'_>) -> bool>,
    pub(super) unsaved: bool,
    /// What was declared after it.
    pub(super) next: Option<&'a mut VendorKey<'a>>,
}

enum VendorContent<'a> {
    Switch(bool),
    Integer { value: i32, min: i32, max: i32 },
    Text { buffer: &'a mut [u8], len: usize },
}

/// The longest name of a key, in bytes.
const NAME_LEN_MAX: usize = 50;
/// The longest text that a key can hold, in bytes (OCPP 1.6 §6.9).
const TEXT_LEN_MAX: usize = 500;
/// The longest text as it stands in a message, so that any send buffer holds it beside its name.
const ESCAPED_LEN_MAX: usize = 800;
/// The firmware's keys are numbered from 0 to here; each number belongs to one key for ever.
const NUMBER_MAX: u8 = 127;

/// Why a key was not declared. Fix the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum KeyError {
    /// The name is empty, longer than 50 bytes, or needs escapes in JSON.
    #[error("no name for a configuration key")]
    Name,
    /// Another key has this name or number, or the number is above 127.
    #[error("another configuration key has this name or number")]
    Taken,
    /// The factory value is not of the key's range, or longer than its buffer.
    #[error("factory value out of range")]
    Factory,
}

impl<'a> VendorKey<'a> {
    /// A key that is `true` or `false`. `number` is that of its record, below 128, and its own for ever.
    pub const fn switch(number: u8, name: &'a str, factory: bool) -> Self {
        Self::new(number, name, VendorContent::Switch(factory))
    }

    /// A key that is a whole number from `min` up to `max`.
    pub const fn integer(number: u8, name: &'a str, factory: i32, min: i32, max: i32) -> Self {
        Self::new(number, name, VendorContent::Integer { value: factory, min, max })
    }

    /// A key that is a text as long as `buffer` holds, at most 500 bytes, without control characters.
    pub fn text(number: u8, name: &'a str, factory: &str, buffer: &'a mut [u8]) -> Self {
        let len = hold(buffer, factory).unwrap_or(usize::MAX); // shows when it is declared
        Self::new(number, name, VendorContent::Text { buffer, len })
    }

    const fn new(number: u8, name: &'a str, content: VendorContent<'a>) -> Self {
        Self {
            number,
            name,
            access: Access::ReadWrite,
            reboot_required: false,
            content,
            allows: None,
            unsaved: false,
            next: None,
        }
    }

    /// The same key, but the central system may only read it.
    pub const fn read_only(mut self) -> Self {
        self.access = Access::ReadOnly;
        self
    }

    /// The same key, but its value never leaves the charge point.
    pub const fn write_only(mut self) -> Self {
        self.access = Access::WriteOnly;
        self
    }

    /// The same key; a change is answered with RebootRequired. The firmware decides when it takes the value over.
    pub const fn reboot_required(mut self) -> Self {
        self.reboot_required = true;
        self
    }

    /// The same key; the central system can only set what `allows` agrees to. It is asked about the text as it was sent,
    /// before that is known to be of the key's type and range.
    pub const fn validated_by(mut self, allows: &'a dyn Fn(JsonStr<'_>) -> bool) -> Self {
        self.allows = Some(allows);
        self
    }

    /// The number of its record, behind those of OCPP's own keys.
    pub(super) fn number(&self) -> u8 {
        self.number | 0x80
    }

    pub(super) fn check(&self) -> Result<(), KeyError> {
        let plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
        if self.name.is_empty() || self.name.len() > NAME_LEN_MAX || !self.name.bytes().all(plain) {
            return Err(KeyError::Name);
        }
        if self.number > NUMBER_MAX {
            return Err(KeyError::Taken);
        }
        let sound = match &self.content {
            VendorContent::Switch(_) => true,
            VendorContent::Integer { value, min, max } => (min..=max).contains(&value),
            VendorContent::Text { len, .. } => *len <= TEXT_LEN_MAX,
        };
        if sound { Ok(()) } else { Err(KeyError::Factory) }
    }

    pub(super) fn value(&self) -> Value<'_> {
        match &self.content {
            VendorContent::Switch(value) => Value::Switch(*value),
            VendorContent::Integer { value, .. } => Value::Integer(*value),
            VendorContent::Text { buffer, len } => {
                Value::Text(core::str::from_utf8(buffer.get(..*len).unwrap_or_default()).unwrap_or_default())
            }
        }
    }

    pub(super) fn change(&mut self, value: JsonStr<'_>) -> Result<(), Refusal> {
        let is_allowed = |_: &i32| self.allows.is_none_or(|allows| allows(value));
        match &mut self.content {
            VendorContent::Switch(switch) => {
                let wanted = switched(value.as_bytes()).map(i32::from).filter(is_allowed);
                *switch = wanted.ok_or(Refusal::Invalid)? != 0;
            }
            VendorContent::Integer { value: number, min, max } => {
                let wanted = integer(value.as_bytes()).filter(|wanted| (*min..=*max).contains(wanted));
                *number = wanted.filter(is_allowed).ok_or(Refusal::Invalid)?;
            }
            VendorContent::Text { buffer, len } => {
                if !fits(&mut value.chars(), buffer.len()) || !is_allowed(&0) {
                    return Err(Refusal::Invalid);
                }
                *len = value.copy_to(buffer).map_err(|_| Refusal::Invalid)?.len();
            }
        }
        Ok(())
    }

    /// Takes over a value of the firmware's, which needs no validator.
    pub(super) fn set(&mut self, value: &str) -> Result<(), Refusal> {
        if let VendorContent::Text { buffer, len } = &mut self.content {
            *len = hold(buffer, value).ok_or(Refusal::Invalid)?;
            return Ok(());
        }
        let allows = self.allows.take();
        let set = self.change(JsonStr::from_escaped(value));
        self.allows = allows;
        set
    }

    pub(super) fn store(&self, record: &mut RecordWriter<'_>) {
        match &self.content {
            VendorContent::Switch(value) => record.signed(i64::from(*value)),
            VendorContent::Integer { value, .. } => record.signed(i64::from(*value)),
            VendorContent::Text { buffer, len } => record.bytes(buffer.get(..*len).unwrap_or_default()),
        }
    }

    /// Takes over what was stored, if it is still of the key's kind.
    pub(super) fn load(&mut self, record: &mut RecordReader<'_>) {
        match &mut self.content {
            VendorContent::Switch(value) => *value = record.signed().map_or(*value, |stored| stored != 0),
            VendorContent::Integer { value, min, max } => {
                if let Some(stored) = record.signed().and_then(|stored| i32::try_from(stored).ok()) {
                    *value = stored.max(*min).min(*max);
                }
            }
            VendorContent::Text { buffer, len } => {
                if let Some(stored) = core::str::from_utf8(record.rest()).ok().and_then(|stored| hold(buffer, stored)) {
                    *len = stored;
                }
            }
        }
    }
}

/// Puts a text into the buffer, if it fits, and returns its length.
fn hold(buffer: &mut [u8], text: &str) -> Option<usize> {
    if !fits(&mut text.chars(), buffer.len()) {
        return None;
    }
    let place = buffer.get_mut(..text.len())?;
    place.iter_mut().zip(text.bytes()).for_each(|(place, byte)| *place = byte);
    Some(text.len())
}

/// Whether a text can be held in so many bytes, and be told in a message.
fn fits(text: &mut dyn Iterator<Item = char>, room: usize) -> bool {
    let (mut len, mut escaped_len) = (0, 0);
    for c in text {
        len += c.len_utf8();
        escaped_len += c.len_utf8() + usize::from(matches!(c, '"' | '\\'));
        if c < ' ' || len > room.min(TEXT_LEN_MAX) || escaped_len > ESCAPED_LEN_MAX {
            return false;
        }
    }
    true
}
