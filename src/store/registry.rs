//! Which number every record has. A charger in the field holds these numbers: they never move, whatever features
//! are on, and a number that is given up is never given to something else.

use super::RecordKey;
use core::ops::Range;

/// Boot count and the base of all message ids.
pub const SYSTEM: RecordKey = 0x0001;
/// Where the journal begins.
pub const JOURNAL_MARK: RecordKey = 0x0002;
/// The update of the charge point's own software that was asked for, or is under way.
pub const FIRMWARE_UPDATE: RecordKey = 0x0003;
/// The diagnostics that were asked for.
pub const DIAGNOSTICS: RecordKey = 0x0004;
/// What the connection is opened with: security profile and AuthorizationKey, and those before.
pub const CREDENTIALS: RecordKey = 0x0005;
/// The log that is to be uploaded.
pub const LOG_UPLOAD: RecordKey = 0x0006;
/// The first security event that the central system may not have been told.
pub const SECURITY_LOG_MARK: RecordKey = 0x0007;
/// The availability by connector, from connector 0 on.
pub const AVAILABILITY: Range<RecordKey> = 0x0040..0x0080;
/// The transaction that was last confirmed on a connector, from connector 0 on.
pub const TRANSACTION: Range<RecordKey> = 0x0080..0x00c0;
/// Configuration keys by their [number](super::Setting::number); those of the firmware from the 128th on.
pub const CONFIGURATION: Range<RecordKey> = 0x0100..0x0200;
/// The authorisation cache.
pub const CACHE: Range<RecordKey> = 0x0200..0x0400;
/// The local authorisation list: what it consists of, then its entries.
pub const LOCAL_LIST: Range<RecordKey> = 0x0400..0x0c00;
/// Reservations.
pub const RESERVATIONS: Range<RecordKey> = 0x0c00..0x0c40;
/// Charging profiles.
pub const CHARGING_PROFILES: Range<RecordKey> = 0x0c40..0x0d00;
/// The meter values that the StopTransaction of a connector will tell, from connector 0 on.
pub const TRANSACTION_DATA: Range<RecordKey> = 0x0d00..0x0d40;
/// The security log, a ring.
pub const SECURITY_LOG: Range<RecordKey> = 0x0d40..0x0d80;
/// Signed values on their way into the journal, from connector 0 on: 16 records each.
pub const SIGNED_VALUES: Range<RecordKey> = 0x4000..0x4400;
/// Free for the firmware; the crate never touches them.
pub const FIRMWARE: Range<RecordKey> = 0x1000..0x2000;
/// The slots of the journal, used in turn.
pub const JOURNAL: Range<RecordKey> = 0x2000..0x4000;

// Moving a range loses the unsent transactions and the settings of every charger that is updated.
const _: () = assert!(SYSTEM == 1 && JOURNAL_MARK == 2);
const _: () = assert!(FIRMWARE_UPDATE == 3 && DIAGNOSTICS == 4);
const _: () = assert!(LOCAL_LIST.start == 0x400 && RESERVATIONS.start == 0xc00 && CHARGING_PROFILES.start == 0xc40);
const _: () = assert!(AVAILABILITY.start == 0x40 && TRANSACTION.start == 0x80 && CONFIGURATION.start == 0x100);
const _: () = assert!(CACHE.start == 0x200 && TRANSACTION_DATA.start == 0xd00 && SECURITY_LOG.start == 0xd40);
const _: () = assert!(CREDENTIALS == 5 && LOG_UPLOAD == 6 && SECURITY_LOG_MARK == 7);
const _: () = assert!(JOURNAL.start == 0x2000 && JOURNAL.end == 0x4000 && SIGNED_VALUES.start == 0x4000);

/// The slots of the journal.
pub(super) const SLOTS: u32 = (JOURNAL.end - JOURNAL.start) as u32;

/// The record of entry `number` of the journal.
pub(super) fn of_entry(number: u32) -> RecordKey {
    JOURNAL.start + (number % SLOTS) as RecordKey
}

/// Which one of `range` a record is, from 0 on.
pub(crate) fn place(range: &Range<RecordKey>, record: RecordKey) -> u16 {
    record.wrapping_sub(range.start)
}

/// The record with this number in `range`, if there are so many.
pub(crate) fn among(range: &Range<RecordKey>, number: u16, count: usize) -> Option<(u16, RecordKey)> {
    let key = range.start.checked_add(number)?;
    (usize::from(number) < count && key < range.end).then_some((number, key))
}

/// The record of the `index`th entry of `range`, if it has one.
pub fn nth(range: Range<RecordKey>, index: usize) -> Option<RecordKey> {
    range.clone().nth(index)
}
