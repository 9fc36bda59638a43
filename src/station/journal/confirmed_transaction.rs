//! The transaction that the central system has answered the start of: what must outlive the journal entry of the start.

use crate::station::session::Session;
use crate::station::{ConnectorId, IdToken};
use crate::store::record::{RecordReader, RecordWriter};
use crate::store::{RecordKey, registry};
use crate::time::DateTime;

/// The transaction whose start was concluded last on a connector.
#[derive(Debug)]
pub(in crate::station) struct ConfirmedTransaction {
    /// The entry of the start.
    pub(in crate::station) entry: u32,
    pub(in crate::station) id: Option<i64>,
    /// Its end is in the journal.
    pub(in crate::station) ended: bool,
    /// What the device does not know yet.
    pub(in crate::station) unsaved: bool,
    /// The record of a running transaction is on the device.
    pub(in crate::station) stored_as_running: bool,
    pub(in crate::station) meter_start: i64,
    /// The highest register that was told of it, as far as no entry of the journal tells.
    pub(in crate::station) register: i64,
    /// The date of its start as it was told.
    pub(in crate::station) began: Option<DateTime>,
    /// Its tag was not accepted.
    pub(in crate::station) denied: bool,
}

impl ConfirmedTransaction {
    pub(in crate::station) const fn new() -> Self {
        Self {
            entry: 0,
            id: None,
            ended: true,
            unsaved: false,
            stored_as_running: false,
            meter_start: 0,
            register: 0,
            began: None,
            denied: false,
        }
    }

    /// The transaction id of the start in entry `number`, once it is known.
    pub(in crate::station) fn id_of(&self, number: u32) -> Option<i64> {
        if self.entry == number { self.id } else { None }
    }

    /// The end of the transaction that started in entry `number` is in the journal.
    pub(in crate::station) fn ended(&mut self, number: u32) {
        if self.entry == number {
            self.ended = true;
        }
    }

    pub(in crate::station) fn is_running(&self) -> bool {
        self.id.is_some() && !self.ended
    }

    /// Whether the tag of the start in entry `number` was not accepted.
    pub(in crate::station) fn is_denied(&self, number: u32) -> bool {
        self.entry == number && self.denied
    }

    pub(in crate::station) fn entry(&self) -> u32 {
        self.entry
    }

    pub(in crate::station) fn register(&self) -> i64 {
        self.register
    }

    /// Takes over the register of the session whose sample in entry `number` is about to go; `false` when nothing would be
    /// lost with it.
    pub(in crate::station) fn outlives_sample(&mut self, number: u32, session: &Session) -> bool {
        if !session.is_in_transaction() || session.sample != number || session.entry != self.entry {
            return false;
        }
        self.unsaved |= self.register < session.energy.register;
        self.register = self.register.max(session.energy.register);
        self.unsaved
    }

    pub(in crate::station) fn began(&self) -> Option<DateTime> {
        self.began
    }

    fn record_key(id: ConnectorId) -> Option<RecordKey> {
        registry::nth(registry::TRANSACTION, usize::from(id))
    }

    /// `id_tag` is only wanted by a charge point that goes on with the transaction after a power cut.
    pub(in crate::station) fn store(
        &self,
        id: ConnectorId,
        id_tag: Option<&IdToken>,
        buffer: &mut [u8],
    ) -> Option<(RecordKey, usize)> {
        let key = Self::record_key(id)?;
        let mut record = RecordWriter::new(buffer);
        record.unsigned(u64::from(self.entry));
        record.signed(self.id?);
        record.byte(u8::from(self.ended) | u8::from(self.denied) << 1);
        record.signed(self.meter_start);
        record.unsigned(self.register.saturating_sub(self.meter_start).max(0).unsigned_abs());
        record.unsigned(self.began.map_or(0, DateTime::as_unix).into());
        if let Some(id_tag) = id_tag {
            record.text(id_tag.as_str());
        }
        Some((key, record.finish(key)?))
    }

    pub(in crate::station) fn stored(&mut self) {
        self.unsaved = false;
        self.stored_as_running = !self.ended;
    }

    pub(in crate::station) fn load(key: RecordKey, record: &[u8]) -> Option<(Self, IdToken)> {
        let mut reader = RecordReader::open(key, record)?;
        let entry = reader.u32()?;
        let transaction = reader.signed()?;
        let flags = reader.byte()?;
        let (ended, denied) = (flags & 1 != 0, flags & 2 != 0);
        let meter_start = reader.signed()?;
        let register = meter_start.saturating_add_unsigned(reader.unsigned()?);
        let began = Some(reader.u32()?).filter(|began| *began != 0).map(DateTime::from_unix);
        let id_tag = reader.text().and_then(|id_tag| IdToken::from_text(id_tag).ok()).unwrap_or_default();
        let confirmed = Self {
            entry,
            id: Some(transaction),
            ended,
            unsaved: false,
            stored_as_running: !ended,
            meter_start,
            register,
            began,
            denied,
        };
        Some((confirmed, id_tag))
    }
}
