//! What of it is stored.

use super::super::device::shelf::{RecordChange, Shelf};
use crate::station::core_profile::Core;
use crate::station::security::Security;
use crate::store::{RecordKey, Scratch, registry};

/// The credentials, then the log.
impl Shelf for Security {
    fn find(&self, _: &Core<'_>, number: u16) -> Option<(u16, RecordKey)> {
        let key = match number {
            0 => registry::CREDENTIALS,
            number => self.events.next_to_read(number == 1)?,
        };
        Some((number, key))
    }

    fn load(&mut self, core: &mut Core<'_>, number: u16, _: RecordKey, record: &[u8]) {
        match number {
            0 => self.load_access(&mut core.common, record),
            number => self.events.read(number == 1, record),
        }
    }

    fn is_promised(&self, _: &Core<'_>) -> bool {
        self.access.is_unsaved()
    }

    fn change(&mut self, _: &mut Core<'_>, scratch: &mut Scratch<'_>) -> Option<RecordChange> {
        let Security { access, events, .. } = self;
        access.change(scratch).or_else(|| events.change(scratch))
    }

    fn changed(&mut self, _: &mut Core<'_>, record: RecordKey) {
        match record {
            registry::CREDENTIALS => self.access.stored(),
            _ => self.events.stored(),
        }
    }
}
