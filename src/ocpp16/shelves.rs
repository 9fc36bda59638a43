//! All shelves: who has records, and in which order they are read and written.

#[cfg(feature = "local-auth-list")]
use super::local_list;
#[cfg(feature = "reservation")]
use super::reservation;
#[cfg(feature = "security")]
use super::security;
use super::shelf::{RecordChange, Shelf};
#[cfg(feature = "smart-charging")]
use super::smart_charging;
#[cfg(feature = "firmware-management")]
use super::transfer;
use super::{Operations, availability, cache, confirmed_transaction, keys};
use crate::store::{RecordKey, Scratch};

/// All shelves, in the order in which they are read, and written: promises first, and what is only good to know last.
/// A macro, since a table of functions costs 600 bytes.
macro_rules! on_shelf {
    ($wanted:expr, $Shelf:ident => $act:expr) => {
        on_shelf! { @ $wanted, $Shelf => $act,
            0 => keys::KeyShelf,
            1 => availability::AvailabilityShelf,
            #[cfg(feature = "reservation")]
            2 => reservation::ReservationShelf,
            #[cfg(feature = "smart-charging")]
            3 => smart_charging::ProfileShelf,
            #[cfg(feature = "firmware-management")]
            4 => transfer::TransferShelf,
            #[cfg(feature = "security")]
            5 => security::SecurityShelf,
            6 => cache::CacheShelf,
            #[cfg(feature = "local-auth-list")]
            7 => local_list::ListShelf,
            8 => confirmed_transaction::TransactionShelf,
        }
    };
    (@ $wanted:expr, $Shelf:ident => $act:expr, $($(#[$cfg:meta])? $number:literal => $shelf:ty,)*) => {
        match $wanted {
            $($(#[$cfg])? $number => {
                type $Shelf = $shelf;
                Some($act)
            })*
            _ => None,
        }
    };
}

const COUNT: u8 = 9;

impl Operations<'_> {
    /// The record from this one on that is to be read at boot: on which shelf, and its number there.
    pub(super) fn next_record(&self, mut shelf: u8, mut number: u16) -> Option<(u8, u16, RecordKey)> {
        while shelf < COUNT {
            if let Some((number, key)) = on_shelf!(shelf, S => S::find(self, number)).flatten() {
                return Some((shelf, number, key));
            }
            (shelf, number) = (shelf + 1, 0);
        }
        None
    }

    /// What was found there at boot.
    #[inline(never)]
    pub(super) fn load_record(&mut self, shelf: u8, number: u16, key: RecordKey, record: &[u8]) {
        let _ = on_shelf!(shelf, S => S::load(self, number, key, record));
    }

    /// Whether an answer has promised what is not durable yet.
    pub(super) fn is_promised(&self) -> bool {
        (0..COUNT).any(|shelf| on_shelf!(shelf, S => S::is_promised(self)).unwrap_or(false))
    }

    /// The next change on any shelf.
    pub(super) fn next_change(&mut self, scratch: &mut Scratch<'_>) -> Option<(u8, RecordChange)> {
        (0..COUNT).find_map(|shelf| Some((shelf, on_shelf!(shelf, S => S::change(self, scratch)).flatten()?)))
    }

    /// It is durable.
    pub(super) fn record_changed(&mut self, shelf: u8, record: RecordKey) {
        let _ = on_shelf!(shelf, S => S::changed(self, record));
    }
}
