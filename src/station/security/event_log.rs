//! The security log: a ring of entries on the device, and at the same time the queue of what the central system is to hear
//! (security whitepaper A04, N01).
//!
//! Entry `n` lies in the slot `n` modulo their count, so that the newest take the place of the oldest (SEC-42). A mark says
//! which is the first that may be untold; at boot the ring is followed from there to its end.

use super::super::SecurityEvent;
use super::super::device::shelf::RecordChange;
use super::super::journal::entry::Stamp;
use crate::rpc::Retry;
use crate::store::record::{RecordReader, RecordWriter};
use crate::store::{RecordKey, Scratch, registry};
use crate::time::{DateTime, Instant};
use crate::types::Symbol;
use heapless::{Deque, String};

/// The ring, as far as it is known without its entries.
pub(crate) struct EventLog {
    /// Raised, and not on the device yet, the first in front.
    raised: Deque<Raised, RAISED_MAX>,
    /// What the firmware has raised by itself, and in what words.
    own_name: String<NAME_LEN_MAX, u8>,
    own_info: String<INFO_LEN_MAX, u16>,
    /// The number of the next entry.
    next: u32,
    /// All entries before this one have been told, or are not to be.
    pub(super) untold: u32,
    /// The mark on the device says something else.
    mark_unsaved: bool,
    /// When the last boots that knew the time began, the latest first.
    clocks: [BootClock; BOOTS],
    /// Since when more was raised than there was room for.
    lost: Option<Stamp>,
    writing: EventWriting,
    /// At boot the ring was followed to its end.
    is_read: bool,
    /// Causes that are not told again for now, a bit for each event.
    known_causes: u32,
    pub(super) telling: Telling,
}

/// How the telling gets on.
pub(super) struct Telling {
    pub(super) retry: Retry,
    /// The central system does not know of events; on another link it may.
    pub(super) is_unwanted: bool,
    pub(super) is_in_flight: bool,
    /// A transaction message went out last.
    pub(super) is_next: bool,
}

/// What the monotonic clock of a boot means.
#[derive(Clone, Copy)]
struct BootClock {
    /// Its number; 0 for none.
    boot: u32,
    /// When that clock showed zero, in seconds since 1970.
    zero: u32,
}

/// What is on its way to the device.
#[derive(Clone, Copy)]
enum EventWriting {
    Nothing,
    Raised,
    /// That some were lost.
    Lost,
    Mark,
}

/// What is not on the device yet.
struct Raised {
    event: Option<SecurityEvent>,
    at: Stamp,
    /// `None`: in the firmware's words.
    tech_info: Option<&'static str>,
}

/// An entry of the security log.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct SecurityLogEntry<'e> {
    /// What has happened, as it is spelled on the wire; at most 50 characters.
    pub event: &'e str,
    /// When; `None` when no clock could tell.
    pub timestamp: Option<DateTime>,
    /// More about it, at most 255 characters; empty when there is nothing to tell.
    pub tech_info: &'e str,
}

/// Why an event of the firmware's was not taken. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum SecurityEventError {
    /// The one before it is not on the storage device yet: try again after the next poll.
    #[error("the last security event is still being stored")]
    Busy,
    /// The name is empty, or longer than 50 characters. Fix the code.
    #[error("the name of a security event has 1 to 50 characters")]
    InvalidName,
}

/// An entry as it lies in its record.
pub(crate) struct EventEntry<'e> {
    pub(super) number: u32,
    event: Option<SecurityEvent>,
    own_name: &'e str,
    pub(crate) at: Stamp,
    pub(super) tech_info: &'e str,
}

/// How many entries the ring has.
const SLOTS: u32 = 64;
const _: () = assert!(registry::SECURITY_LOG.end - registry::SECURITY_LOG.start == SLOTS as RecordKey);
const RAISED_MAX: usize = 4;
/// Of so many boots it is known when they were.
const BOOTS: usize = 8;
const NAME_LEN_MAX: usize = 50;
/// Of characters, if they are ASCII; of others fewer.
const INFO_LEN_MAX: usize = 255;
/// In place of the code of an event: the firmware's own.
const OWN: u8 = u8::MAX;

/// The causes that a good connection takes back.
const OF_CONNECTIONS: u32 = 1 << SecurityEvent::FailedToAuthenticateAtCentralSystem as u32
    | 1 << SecurityEvent::InvalidCentralSystemCertificate as u32
    | 1 << SecurityEvent::InvalidTLSVersion as u32
    | 1 << SecurityEvent::InvalidTLSCipherSuite as u32;

impl EventLog {
    pub(super) const fn new() -> Self {
        Self {
            raised: Deque::new(),
            own_name: String::new(),
            own_info: String::new(),
            next: 0,
            untold: 0,
            mark_unsaved: false,
            clocks: [BootClock { boot: 0, zero: 0 }; BOOTS],
            lost: None,
            writing: EventWriting::Nothing,
            is_read: false,
            known_causes: 0,
            telling: Telling { retry: Retry::new(), is_unwanted: false, is_in_flight: false, is_next: false },
        }
    }

    /// The time of this boot is known for the first time.
    pub(super) fn clock_set(&mut self, boot: u32, zero: u32) {
        let mut newer = BootClock { boot, zero };
        self.clocks.iter_mut().for_each(|clock| core::mem::swap(clock, &mut newer));
        self.mark_unsaved = true;
    }

    /// When something happened in another boot. What a boot has seen that never knew the time was before the next that did.
    pub(super) fn date(&self, boot: u32, uptime_s: u32) -> Option<DateTime> {
        let since = |clock: &BootClock| clock.boot.wrapping_sub(boot);
        let later = self.clocks.iter().filter(|clock| clock.boot != 0 && since(clock) < u32::MAX / 2);
        let next = later.min_by_key(|clock| since(clock))?;
        Some(DateTime::from_unix(if next.boot == boot { next.zero.saturating_add(uptime_s) } else { next.zero }))
    }

    /// Takes an event up, to be stored.
    pub(super) fn raise(&mut self, event: SecurityEvent, at: Stamp, tech_info: &'static str) {
        if self.raised.push_back(Raised { event: Some(event), at, tech_info: Some(tech_info) }).is_err() {
            self.lost.get_or_insert(at);
        }
    }

    /// Takes up one in the words of the firmware.
    pub(super) fn raise_own(
        &mut self,
        event: Option<SecurityEvent>,
        name: &str,
        at: Stamp,
        tech_info: &str,
    ) -> Result<(), SecurityEventError> {
        if event.is_none() && (name.is_empty() || name.len() > NAME_LEN_MAX) {
            return Err(SecurityEventError::InvalidName);
        }
        if self.raised.is_full() || self.raised.iter().any(|raised| raised.tech_info.is_none()) {
            return Err(SecurityEventError::Busy);
        }
        self.own_name.clear();
        self.own_info.clear();
        if event.is_none() {
            let _ = self.own_name.push_str(name);
        }
        for c in tech_info.chars().take(INFO_LEN_MAX) {
            // One that JSON would have to escape at length is worth no more than a blank.
            let _ = self.own_info.push(if c.is_control() { ' ' } else { c });
        }
        let _ = self.raised.push_back(Raised { event, at, tech_info: None });
        Ok(())
    }

    /// Whether this cause was not told lately; it is known from now on.
    pub(super) fn is_new(&mut self, event: SecurityEvent) -> bool {
        let known = self.known_causes;
        self.known_causes |= 1 << event as u32;
        self.known_causes != known
    }

    pub(super) fn link(&mut self, online: bool) {
        self.telling.is_unwanted = false;
        self.telling.retry.link_lost();
        if online {
            self.known_causes &= !OF_CONNECTIONS;
        }
    }

    /// Whether there may be something to tell.
    pub(crate) fn is_due(&self, now: Instant) -> bool {
        self.deadline() <= now
    }

    /// When there may be something to tell.
    pub(super) fn deadline(&self) -> Instant {
        if self.untold == self.next || self.telling.is_unwanted || self.telling.is_in_flight {
            Instant::NEVER
        } else {
            self.telling.retry.not_before()
        }
    }

    /// The first entry that may be untold was told, or is not to be.
    pub(super) fn told(&mut self, was_sent: bool) {
        self.untold = self.untold.wrapping_add(1);
        self.mark_unsaved |= was_sent;
        self.telling.retry = Retry::new();
    }

    /// What is to be written: what has happened, then how far it was told.
    #[inline(never)]
    pub(super) fn change(&mut self, scratch: &mut Scratch<'_>) -> Option<RecordChange> {
        let lost = self.lost.map(|at| Raised {
            event: Some(SecurityEvent::MemoryExhaustion),
            at,
            tech_info: Some("security events were lost"),
        });
        let (writing, raised) = match (self.raised.front(), &lost) {
            (Some(raised), _) => (EventWriting::Raised, raised),
            (None, Some(lost)) => (EventWriting::Lost, lost),
            (None, None) if self.mark_unsaved => {
                self.writing = EventWriting::Mark;
                let mut writer = RecordWriter::new(scratch.blank());
                writer.unsigned(self.untold.into());
                for clock in self.clocks.iter().take_while(|clock| clock.boot != 0) {
                    writer.unsigned(clock.boot.into());
                    writer.unsigned(clock.zero.into());
                }
                return RecordChange::store(registry::SECURITY_LOG_MARK, writer);
            }
            (None, None) => return None,
        };
        let mut writer = RecordWriter::new(scratch.blank());
        self.write(raised, &mut writer);
        self.writing = writing;
        RecordChange::store(slot(self.next)?, writer)
    }

    fn write(&self, raised: &Raised, writer: &mut RecordWriter<'_>) {
        writer.unsigned(self.next.into());
        writer.byte(raised.event.map_or(OWN, Symbol::code));
        writer.byte(raised.at.code());
        raised.at.write(writer);
        if raised.event.is_none() {
            writer.text(&self.own_name);
        }
        writer.bytes(raised.tech_info.unwrap_or(&self.own_info).as_bytes());
    }

    /// What [`change`](Self::change) has written is durable.
    pub(super) fn stored(&mut self) {
        match core::mem::replace(&mut self.writing, EventWriting::Nothing) {
            EventWriting::Nothing => return,
            EventWriting::Mark => {
                self.mark_unsaved = false;
                return;
            }
            EventWriting::Raised => _ = self.raised.pop_front(),
            EventWriting::Lost => self.lost = None,
        }
        self.next = self.next.wrapping_add(1);
        self.pass_over_lost();
    }

    /// What was not told within a whole ring is gone.
    fn pass_over_lost(&mut self) {
        if self.next.wrapping_sub(self.untold) > SLOTS {
            self.untold = self.next.wrapping_sub(SLOTS);
        }
    }

    /// What is read at boot: the mark, then the ring from there on.
    pub(super) fn next_to_read(&self, is_first: bool) -> Option<RecordKey> {
        match is_first {
            true => Some(registry::SECURITY_LOG_MARK),
            false if self.is_read => None,
            false => slot(self.next),
        }
    }

    /// It was read.
    pub(crate) fn read(&mut self, is_first: bool, record: &[u8]) {
        match is_first {
            true => self.load_mark(record),
            false => self.is_read = self.probe(record).is_none(),
        }
    }

    /// Reads the mark at boot.
    fn load_mark(&mut self, record: &[u8]) {
        let mut reader = RecordReader::open(registry::SECURITY_LOG_MARK, record);
        let mut next = || reader.as_mut()?.u32();
        self.untold = next().unwrap_or(0);
        for clock in &mut self.clocks {
            let (Some(boot), Some(zero)) = (next(), next()) else { break };
            *clock = BootClock { boot, zero };
        }
        self.next = self.untold;
    }

    /// What lies at boot in the slot of the next entry; whether the ring goes on.
    fn probe(&mut self, record: &[u8]) -> Option<()> {
        let number = self.next;
        let found = EventEntry::read(number, record)?.number;
        // The first one may be of a later round, where nothing was to be told for long.
        let is_behind = found.wrapping_sub(self.untold) < u32::MAX / 2;
        if found != number && (number != self.untold || !is_behind) {
            return None;
        }
        self.next = found.wrapping_add(1);
        self.pass_over_lost();
        Some(())
    }

    /// The numbers of all entries that there may be.
    pub(super) fn entries(&self) -> core::ops::Range<u32> {
        self.next.saturating_sub(SLOTS)..self.next
    }
}

/// The record of an entry.
pub(crate) fn slot(number: u32) -> Option<RecordKey> {
    registry::nth(registry::SECURITY_LOG, (number % SLOTS) as usize)
}

impl<'e> EventEntry<'e> {
    /// The entry that lies in the slot of entry `number`, whichever it is.
    pub(crate) fn read(number: u32, record: &'e [u8]) -> Option<Self> {
        let mut reader = RecordReader::open(slot(number)?, record)?;
        let number = reader.u32()?;
        let code = reader.byte()?;
        let kind = reader.byte()?;
        let at = Stamp::read(kind, &mut reader)?;
        let event = if code == OWN { None } else { Some(SecurityEvent::from_code(code)?) };
        let own_name = if event.is_none() { reader.text()? } else { "" };
        Some(Self { number, event, own_name, at, tech_info: core::str::from_utf8(reader.rest()).ok()? })
    }

    pub(super) fn name(&self) -> &'e str {
        match self.event {
            Some(event) => event.as_str(),
            None => self.own_name,
        }
    }

    /// Whether the central system is to hear of it. What the firmware has named itself it wants to be told.
    pub(super) fn is_told(&self) -> bool {
        self.event.is_none_or(SecurityEvent::is_told)
    }
}
