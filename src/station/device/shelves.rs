//! All shelves: who has records, and in which order they are read and written.

use super::shelf::{RecordChange, Shelf};
use crate::station::owner::Station;
use crate::station::{availability, configuration, journal::confirmation};
use crate::store::{RecordKey, Scratch};
use crate::types::FeatureProfile;

/// All shelves, in the order in which they are read, and written: promises first, and what is only good to know last.
/// A macro, since a table of functions costs 600 bytes.
macro_rules! on_shelf {
    ($operations:expr, $wanted:expr, $lent:ident, |$shelf:ident, $core:ident| $act:expr) => {{
        let operations = $operations;
        on_shelf! { @ operations, $wanted, $lent, $shelf, $core, $act,
            0 => (configuration::KeyShelf)
            1 => (availability::AvailabilityShelf)
            #[cfg(feature = "reservation")]
            2 => (operations.reservations)
            #[cfg(feature = "smart-charging")]
            3 => (operations.profiles)
            #[cfg(feature = "firmware-management")]
            4 => (operations.transfers)
            #[cfg(feature = "security")]
            5 => (operations.security)
            6 => (operations.tokens.cache)
            #[cfg(feature = "local-auth-list")]
            7 => (operations.tokens)
            8 => (confirmation::TransactionShelf)
        }
    }};
    (@ $operations:ident, $wanted:expr, $lent:ident, $shelf:ident, $core:ident, $act:expr,
        $($(#[$cfg:meta])? $number:literal => ($($place:tt)+))*) => {
        match $wanted {
            $($(#[$cfg])? $number => {
                let ($shelf, $core) = (lent!($lent $($place)+), lent!($lent $operations.core));
                Some($act)
            })*
            _ => None,
        }
    };
}

/// To be read, or to be changed.
macro_rules! lent {
    (read $($place:tt)+) => { &$($place)+ };
    (changed $($place:tt)+) => { &mut $($place)+ };
}

const COUNT: u8 = 9;

/// The profile that a shelf belongs to.
fn profile_of(shelf: u8) -> FeatureProfile {
    match shelf {
        2 => FeatureProfile::Reservation,
        3 => FeatureProfile::SmartCharging,
        4 => FeatureProfile::FirmwareManagement,
        7 => FeatureProfile::LocalAuthListManagement,
        _ => FeatureProfile::Core,
    }
}

impl Station<'_> {
    /// The record from this one on that is to be read at boot: on which shelf, and its number there.
    pub(in crate::station) fn next_record(&self, mut shelf: u8, mut number: u16) -> Option<(u8, u16, RecordKey)> {
        while shelf < COUNT {
            let is_there = !self.core.common.is_left_out(profile_of(shelf));
            let found = on_shelf!(self, shelf, read, |shelf, core| Shelf::find(shelf, core, number)).flatten();
            if let (true, Some((number, key))) = (is_there, found) {
                return Some((shelf, number, key));
            }
            (shelf, number) = (shelf + 1, 0);
        }
        None
    }

    /// What was found there at boot.
    #[inline(never)]
    pub(in crate::station) fn load_record(&mut self, shelf: u8, number: u16, key: RecordKey, record: &[u8]) {
        let _ = on_shelf!(self, shelf, changed, |shelf, core| Shelf::load(shelf, core, number, key, record));
    }

    /// Whether an answer has promised what is not durable yet.
    pub(in crate::station) fn is_promised(&self) -> bool {
        (0..COUNT)
            .any(|shelf| on_shelf!(self, shelf, read, |shelf, core| Shelf::is_promised(shelf, core)).unwrap_or(false))
    }

    /// The next change on any shelf.
    pub(in crate::station) fn next_change(&mut self, scratch: &mut Scratch<'_>) -> Option<(u8, RecordChange)> {
        (0..COUNT).find_map(|number| {
            let change = on_shelf!(&mut *self, number, changed, |shelf, core| Shelf::change(shelf, core, scratch));
            Some((number, change.flatten()?))
        })
    }

    /// It is durable.
    pub(in crate::station) fn record_changed(&mut self, shelf: u8, record: RecordKey) {
        let _ = on_shelf!(self, shelf, changed, |shelf, core| Shelf::changed(shelf, core, record));
    }
}
