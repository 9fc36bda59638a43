//! What the flash remembers besides transactions: cache, local list, reservations, charging profiles, the security log. It
//! is read from a copy of the image, as somebody would who has the chip in hand; so it is what a power cut leaves.

use crate::flash::Chip;
use crate::security_log::{self, SecurityEntry};
use embedded_ocpp::store::record::RecordReader;
use embedded_ocpp::store::{FlashStorage, RecordKey, Storage, registry};
use embedded_ocpp::time::DateTime;
use futures_util::FutureExt;
use serde::Serialize;

/// Each as a table.
#[derive(Default, Serialize)]
pub(crate) struct Records {
    pub list_version: i64,
    pub list: Vec<Tag>,
    pub cache: Vec<Tag>,
    pub reservations: Vec<Reservation>,
    pub profiles: Vec<Profile>,
    /// The newest first.
    pub security_log: Vec<SecurityEntry>,
}

/// A tag with what was said about it.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Tag {
    pub id_tag: String,
    pub status: &'static str,
    pub parent: Option<String>,
    pub expires: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct Reservation {
    pub id: i64,
    pub connector: u8,
    pub id_tag: String,
    pub parent: Option<String>,
    pub expires: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct Profile {
    pub id: i64,
    pub purpose: &'static str,
    pub kind: &'static str,
    pub unit: &'static str,
    pub stack_level: u8,
    pub connector: u8,
    pub valid_from: Option<String>,
    pub valid_to: Option<String>,
    pub start: Option<String>,
    /// In s.
    pub duration: Option<u32>,
    pub periods: Vec<Period>,
}

#[derive(Serialize)]
pub(crate) struct Period {
    /// In s after the start.
    pub start: u32,
    /// In the unit of the profile.
    pub limit: f64,
    pub phases: Option<u8>,
}

/// More than there can be of each kind.
const RECORDS_MAX: usize = 64;
/// The moment that does not come.
const NEVER: u32 = u32::MAX;
// The numbers of these words in records.
const STATUSES: [&str; 5] = ["Accepted", "Blocked", "Expired", "Invalid", "ConcurrentTx"];
const PURPOSES: [&str; 3] = ["ChargePointMaxProfile", "TxDefaultProfile", "TxProfile"];
const KINDS: [&str; 4] = ["Absolute", "Daily", "Weekly", "Relative"];
const UNITS: [&str; 2] = ["A", "W"];

impl Records {
    pub(crate) fn of(chip: &Chip) -> Self {
        let Ok(storage) = chip.copy().storage() else { return Self::default() };
        let mut shelf = Shelf(storage);
        let (list_version, list) = shelf.list().unwrap_or_default();
        Self {
            list_version,
            list,
            cache: shelf.all(registry::CACHE, |reader| {
                reader.u32()?; // its age
                tag(reader)
            }),
            reservations: shelf.all(registry::RESERVATIONS, reservation),
            profiles: shelf.all(registry::CHARGING_PROFILES, profile),
            security_log: shelf.security_log(),
        }
    }
}

struct Shelf(FlashStorage<Chip>);

impl Shelf {
    fn read<T>(&mut self, key: RecordKey, read: impl FnOnce(&mut RecordReader<'_>) -> Option<T>) -> Option<T> {
        let mut buffer = [0; 2048];
        let len = self.0.load(key, &mut buffer).now_or_never()?.ok()??;
        read(&mut RecordReader::open(key, buffer.get(..len)?)?)
    }

    fn all<T>(&mut self, range: std::ops::Range<RecordKey>, read: fn(&mut RecordReader<'_>) -> Option<T>) -> Vec<T> {
        range.take(RECORDS_MAX).filter_map(|key| self.read(key, read)).collect()
    }

    fn security_log(&mut self) -> Vec<SecurityEntry> {
        let mark = self.read(registry::SECURITY_LOG_MARK, security_log::mark).unwrap_or_default();
        security_log::newest_first(self.all(registry::SECURITY_LOG, security_log::entry), &mark)
    }

    /// The first record tells the version and which places count, the others are the places.
    fn list(&mut self) -> Option<(i64, Vec<Tag>)> {
        let first = registry::LOCAL_LIST.start;
        let (version, places) = self.read(first, |reader| Some((reader.signed()?, reader.rest().to_vec())))?;
        let counts = |place: usize| places.get(place / 8).is_some_and(|byte| byte >> (place % 8) & 1 == 1);
        let places = (0..places.len() * 8).filter(|place| counts(*place));
        let keys: Vec<_> = places.filter_map(|place| registry::nth(registry::LOCAL_LIST, place + 1)).collect();
        Some((version, keys.into_iter().filter_map(|key| self.read(key, tag)).collect()))
    }
}

fn tag(reader: &mut RecordReader<'_>) -> Option<Tag> {
    let status = STATUSES.get(usize::from(reader.byte()?))?;
    let expires = reader.u32()?;
    Some(Tag { status, expires: date(expires), id_tag: reader.text()?.into(), parent: some(reader.text()?) })
}

fn reservation(reader: &mut RecordReader<'_>) -> Option<Reservation> {
    Some(Reservation {
        id: reader.signed()?,
        connector: reader.byte()?,
        expires: date(reader.u32()?),
        id_tag: reader.text()?.into(),
        parent: some(reader.text()?),
    })
}

fn profile(reader: &mut RecordReader<'_>) -> Option<Profile> {
    let id = reader.signed()?;
    let [purpose, kind, unit, stack_level, connector, _, count] = reader.array()?;
    let mut numbers = [0; 5];
    for number in &mut numbers {
        *number = reader.u32()?;
    }
    let [_, valid_from, valid_to, start, duration] = numbers;
    let period = |_| {
        let (start, limit) = (reader.u32()?, reader.u32()?);
        let phases = Some((limit & 3) as u8).filter(|phases| *phases > 0);
        Some(Period { start, limit: f64::from(limit >> 2) / 10.0, phases })
    };
    Some(Profile {
        periods: (0..count).map(period).collect::<Option<_>>()?,
        id,
        purpose: PURPOSES.get(usize::from(purpose))?,
        kind: KINDS.get(usize::from(kind))?,
        unit: UNITS.get(usize::from(unit))?,
        stack_level,
        connector,
        valid_from: date(valid_from),
        valid_to: date(valid_to),
        start: date(start),
        duration: Some(duration).filter(|duration| *duration != NEVER),
    })
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

fn date(seconds: u32) -> Option<String> {
    Some(seconds)
        .filter(|seconds| ![0, NEVER].contains(seconds))
        .map(|seconds| DateTime::from_unix(seconds).to_string())
}
