//! GetConfiguration and ChangeConfiguration (OCPP 1.6 §5.3, §5.8).

use super::answer::{Cause, StatusAnswer, accepted_if};
use super::keys::NAME_LEN_MAX;
use super::signed_values::meter_public_key_named;
use crate::json::{BufferFull, Field, FieldKind, Json, JsonStr, Payload, ReadError, Writer, elements, name};
use crate::rpc::Composer;
use crate::station::Station;
use crate::station::core_profile::Core;
use crate::station::signed_values::MeterPublicKey;
use crate::store::{Access, Key, KeyId, Keys, Value};
use crate::time::Instant;

/// How many keys may be named at once (CFG-03: not a limit for the list of all keys).
pub(super) const NAMES_MAX: usize = 30;
/// The longest value (OCPP 1.6 §6.9).
pub(super) const VALUE_LEN_MAX: u16 = 500;

#[inline(never)]
pub(super) fn change_configuration(
    station: &mut Station<'_>,
    now: Instant,
    payload: Payload<'_>,
) -> Result<StatusAnswer, Cause> {
    const FIELDS: [Field; 2] = [
        Field::required("key", FieldKind::Text(NAME_LEN_MAX)),
        Field::required("value", FieldKind::Text(VALUE_LEN_MAX)),
    ];
    let [key, value] = payload.read(&FIELDS)?;
    let (Some(key), Some(value)) = (key.text(), value.text()) else { return Ok(StatusAnswer::Rejected) };
    let Some(key) = named(&station.core.common.keys, key) else {
        let is_meter_s = meter_public_key_named(&station.core, key).is_some();
        return Ok(if is_meter_s { StatusAnswer::Rejected } else { StatusAnswer::NotSupported });
    };
    if let Some(accepted) = station.change_access(now, key, value) {
        return Ok(accepted_if(accepted));
    }
    Ok(match station.core.change_key(key, value) {
        Ok(true) => StatusAnswer::RebootRequired,
        Ok(false) => StatusAnswer::Accepted,
        Err(_) => StatusAnswer::Rejected,
    })
}

/// Answers in pages, so that no number of keys is too many for the send buffer.
#[inline(never)]
pub(super) fn get_configuration(core: &Core<'_>, payload: Payload<'_>, answer: &mut Composer<'_>) -> Result<(), Cause> {
    const FIELDS: [Field; 1] = [Field::optional("key", FieldKind::Array)];
    let [names] = payload.read(&FIELDS)?;
    let names = names.nested().unwrap_or(b"[]");
    let count = count_names(names)?;
    if answer.page() == 0 {
        if count > NAMES_MAX as u32 {
            return Err(Cause::TooManyKeys);
        }
        answer.raw(b"{\"configurationKey\":[")?;
    }
    let mut list = KeyList { keys: &core.common.keys, answer, next: 0, separate: false, full: false };
    if count == 0 {
        for key in core.common.keys.ids() {
            list.put(&KeyItem::Known(key))?;
        }
        for key in core.connector_ids().filter_map(|id| core.meter_public_key(id)) {
            list.put(&KeyItem::OfMeter(key))?;
        }
    }
    let mut begun = false;
    for wants_known in [true, false] {
        for name in elements(names).filter_map(JsonStr::from_quoted) {
            let key = named(&core.common.keys, name);
            let of_meter = match key {
                Some(_) => None,
                None => meter_public_key_named(core, name),
            };
            match (key, of_meter) {
                (Some(key), _) if wants_known => list.put(&KeyItem::Known(key))?,
                (_, Some(key)) if wants_known => list.put(&KeyItem::OfMeter(key))?,
                (None, None) if !wants_known => {
                    if !core::mem::replace(&mut begun, true) {
                        list.put(&KeyItem::UnknownKeys)?;
                    }
                    list.put(&KeyItem::Unknown(name))?;
                }
                _ => {}
            }
        }
    }
    Ok(list.put(&KeyItem::End)?)
}

/// The key with this name; case is ignored (OCPP 1.6 §7.29).
#[inline(never)]
fn named(keys: &Keys<'_>, name: JsonStr<'_>) -> Option<KeyId> {
    keys.find_bytes(name.as_bytes()).or_else(|| {
        // No key needs an escape, but some server may write one.
        let mut text = [0; NAME_LEN_MAX as usize];
        keys.find(name.copy_to(&mut text).ok()?)
    })
}

/// How many keys are named.
fn count_names(names: &[u8]) -> Result<u32, Cause> {
    elements(names).try_fold(0u32, |count, element| {
        let name = JsonStr::from_quoted(element).ok_or(ReadError::WrongType)?;
        if name.is_longer_than(NAME_LEN_MAX.into()) {
            Err(ReadError::TooLong.into())
        } else {
            Ok(count.saturating_add(1))
        }
    })
}

/// The answer to GetConfiguration, item by item: those of earlier pages are passed over, those that the send buffer does
/// not hold any more go to the next page.
struct KeyList<'l, 'a, 'b> {
    keys: &'l Keys<'a>,
    answer: &'l mut Composer<'b>,
    /// The number of the next item.
    next: u16,
    separate: bool,
    full: bool,
}

impl KeyList<'_, '_, '_> {
    #[inline(never)]
    fn put(&mut self, item: &KeyItem<'_>) -> Result<(), BufferFull> {
        let index = self.next;
        self.next += 1;
        if index >= self.answer.page() && !self.full {
            let position = self.answer.position();
            if let Err(full) = self.compose(item) {
                self.answer.rewind(position);
                if index == self.answer.page() {
                    // Not even one item fits: a send buffer of the least size has room for the longest.
                    return Err(full);
                }
                self.answer.suspend(index);
                self.full = true;
            }
        }
        self.separate = !matches!(item, KeyItem::UnknownKeys);
        Ok(())
    }

    fn compose(&mut self, item: &KeyItem<'_>) -> Result<(), BufferFull> {
        if self.separate && !matches!(item, KeyItem::UnknownKeys | KeyItem::End) {
            self.answer.raw(b",")?;
        }
        match item {
            KeyItem::Known(key) => match self.keys.get(*key) {
                Some(key) => self.answer.payload(&key),
                None => Ok(()),
            },
            KeyItem::OfMeter(key) => self.answer.payload(key),
            KeyItem::UnknownKeys => self.answer.raw(b"],\"unknownKey\":["),
            KeyItem::Unknown(name) => {
                self.answer.raw(b"\"")?;
                self.answer.raw(name.as_bytes())?;
                self.answer.raw(b"\"")
            }
            KeyItem::End => self.answer.raw(b"]}"),
        }
    }
}

/// What the answer is made of.
enum KeyItem<'m> {
    Known(KeyId),
    OfMeter(MeterPublicKey<'m>),
    UnknownKeys,
    Unknown(JsonStr<'m>),
    End,
}

impl Json for Key<'_> {
    fn write(&self, writer: &mut Writer<'_>) {
        let members = writer.open();
        members.name(name!("key")).plain(self.name);
        let read_only = self.access == Access::ReadOnly;
        members.name(name!("readonly")).raw(if read_only { b"true" } else { b"false" });
        if self.access != Access::WriteOnly {
            // CFG-04: a key that can only be written keeps its value to itself.
            members.name(name!("value"));
            match self.value {
                Value::Text(text) => members.text(text),
                value => {
                    members.raw(b"\"");
                    value.write(&mut |piece| members.raw(piece.as_bytes()));
                    members.raw(b"\"");
                }
            }
        }
        members.close();
    }
}
