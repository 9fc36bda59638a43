//! The reservations on the device.

use super::{Reservation, Reservations};
use crate::station::IdToken;
use crate::station::core_profile::Core;
use crate::station::device::shelf::{RecordChange, Shelf};
use crate::store::record::{RecordReader, RecordWriter};
use crate::store::{RecordKey, Scratch, registry};
use crate::time::DateTime;

impl Shelf for Reservations<'_> {
    fn find(&self, _: &Core<'_>, number: u16) -> Option<(u16, RecordKey)> {
        registry::among(&registry::RESERVATIONS, number, self.slots.len())
    }

    fn load(&mut self, _: &mut Core<'_>, number: u16, key: RecordKey, record: &[u8]) {
        if let Some(slot) = self.slots.get_mut(usize::from(number)) {
            slot.reservation = read_reservation(key, record);
        }
    }

    fn is_promised(&self, _: &Core<'_>) -> bool {
        self.slots.iter().any(|slot| slot.unsaved)
    }

    fn change(&mut self, _: &mut Core<'_>, scratch: &mut Scratch<'_>) -> Option<RecordChange> {
        let index = self.slots.iter().position(|slot| slot.unsaved)?;
        let key = registry::nth(registry::RESERVATIONS, index)?;
        let Some(reservation) = &self.slots.get(index)?.reservation else {
            return Some(RecordChange::remove(key));
        };
        let mut writer = RecordWriter::new(scratch.blank());
        writer.signed(reservation.id.into());
        writer.byte(reservation.connector);
        writer.unsigned(reservation.expires.as_unix().into());
        writer.text(reservation.id_tag.as_str());
        writer.text(reservation.parent.as_ref().map_or("", |parent| parent.as_str()));
        writer.unsigned(reservation.since.into());
        RecordChange::store(key, writer)
    }

    fn changed(&mut self, _: &mut Core<'_>, record: RecordKey) {
        let index = usize::from(registry::place(&registry::RESERVATIONS, record));
        if let Some(slot) = self.slots.get_mut(index) {
            slot.unsaved = false;
        }
    }
}

fn read_reservation(key: RecordKey, record: &[u8]) -> Option<Reservation> {
    let mut reader = RecordReader::open(key, record)?;
    Some(Reservation {
        id: i32::try_from(reader.signed()?).ok()?,
        connector: reader.byte()?,
        expires: DateTime::from_unix(reader.u32()?),
        id_tag: IdToken::from_text(reader.text()?).ok()?,
        parent: Some(IdToken::from_text(reader.text()?).ok()?).filter(|parent| !parent.is_empty()),
        since: reader.u32()?,
    })
}
