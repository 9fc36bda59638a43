//! A value on its way from the meter to the records of its connector.

use super::meter::{SignedMeter, SigningMoment};
use super::pieces::{DATA_PIECES_MAX, Seal, TAIL_PLACE, WhichValue, head_of_data, is_told, record_of, write_tail};
use super::signing::{Beginning, SigningStage};
use super::task::SignedTask;
use crate::station::connector::Connector;
use crate::station::core_profile::Core;
use crate::station::device::task::Task;
use crate::station::journal::entry::{Attached, PIECE_LEN};
use crate::station::{ConnectorId, TxNotification};
use crate::store::record::{RecordReader, RecordWriter};
use crate::store::{Scratch, StorageOp};
use crate::time::{Duration, Instant};
use core::task::Poll;

/// How long the end of a transaction waits for its value: some meters take 30 s (note §2.3.1).
const WAIT: Duration = Duration::from_secs(60);
/// Between two questions to the meter whether its bytes are there.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

impl Connector<'_> {
    pub(crate) fn signed_meter(&self) -> Option<&dyn SignedMeter> {
        self.hardware?.signed_meter()
    }

    /// Whether the value of the beginning is durable. The meter is asked for it if it was not.
    pub(crate) fn has_signed_beginning(&mut self, now: Instant) -> bool {
        match (self.signing.moment, self.signing.stage) {
            (SigningMoment::Begin, SigningStage::Durable) => true,
            (SigningMoment::Begin, SigningStage::Asked | SigningStage::Taking) => false,
            _ => {
                self.signing.ask(now, SigningMoment::Begin);
                false
            }
        }
    }

    /// Whether nothing is waited for any more at the end of the transaction. The meter is asked if it was not.
    pub(crate) fn has_signed_end(&mut self, now: Instant) -> bool {
        let until = self.session.stop.at + WAIT;
        match (self.signing.moment, self.signing.stage) {
            (SigningMoment::End, SigningStage::Durable | SigningStage::Missing) => return true,
            (SigningMoment::End, _) if now >= until => {
                self.signing.stage = SigningStage::Missing;
                self.notify(TxNotification::SignedValueMissing);
                return true;
            }
            (SigningMoment::End, SigningStage::Asked | SigningStage::Taking | SigningStage::Taken) => {}
            _ if self.signing.has_sample() => {} // that is told first
            _ => self.signing.ask(now, SigningMoment::End),
        }
        false
    }

    /// Asks the meter for what is wanted of it. Returns when it is to be looked at next: not after `now` when it is now.
    pub(crate) fn advance_signing(&mut self, now: Instant) -> Instant {
        let signing = &self.signing;
        match signing.stage {
            SigningStage::Asked if now < signing.look => signing.look,
            SigningStage::Asked => {
                let moment = signing.moment;
                if let Some(meter) = self.signed_meter() {
                    meter.sign(moment);
                    self.signing.stage = SigningStage::Taking;
                    self.signing.asked = now;
                    self.signing.pieces = 0;
                }
                now
            }
            SigningStage::Taking => signing.look,
            SigningStage::Taken => now,
            SigningStage::Idle | SigningStage::Durable | SigningStage::Missing => Instant::NEVER,
        }
    }
}

impl Connector<'_> {
    /// The next piece that the meter has, as it is to be stored.
    fn take_piece(&mut self, now: Instant, id: ConnectorId, scratch: &mut Scratch<'_>) -> Option<StorageOp> {
        let meter = self.hardware?.signed_meter()?;
        let signing = &mut self.signing;
        let record = scratch.blank();
        let mut writer = RecordWriter::new(record);
        writer.byte(head_of_data(meter.form()));
        let begin = writer.position();
        let room = record.get_mut(begin..begin + PIECE_LEN)?;
        let len = match meter.read(usize::from(signing.pieces) * PIECE_LEN, room) {
            Poll::Ready(Ok(len)) => len.min(PIECE_LEN),
            Poll::Ready(Err(_)) => {
                signing.failed(now);
                return None;
            }
            Poll::Pending => {
                signing.look = now + POLL_INTERVAL;
                return None;
            }
        };
        let is_told = is_told(meter.form(), room.get(..len).unwrap_or_default());
        if len > 0 && (signing.pieces == DATA_PIECES_MAX || !is_told) {
            signing.failed(now);
            return None;
        }
        signing.is_last = len < PIECE_LEN;
        if len == 0 {
            signing.taken();
            self.tell_beginning_stored();
            return None;
        }
        let key = record_of(id, WhichValue::of(signing.moment), signing.pieces)?;
        Some(StorageOp::Store(key, RecordWriter::resume(record, begin + len).finish(key)?))
    }

    /// The meter may forget the value of a beginning: there is no start before it is tied to one.
    fn tell_beginning_stored(&self) {
        if let (SigningStage::Durable, Some(meter)) = (self.signing.stage, self.signed_meter()) {
            meter.stored();
        }
    }
}

impl Core<'_> {
    /// Asks the meters for what is wanted of them.
    pub(crate) fn advance_signing(&mut self, now: Instant) {
        for id in self.connector_ids() {
            let Some(connector) = self.connector_mut(id) else { continue };
            let wake = connector.advance_signing(now);
            if wake <= now {
                self.common.persistence.has_chores = true;
            } else {
                self.common.agenda.wake_at(wake);
            }
        }
    }

    /// What is to be done on the device for the values that are being taken.
    pub(crate) fn signing_op(&mut self, now: Instant, scratch: &mut Scratch<'_>) -> Option<(Task, StorageOp)> {
        for id in self.connector_ids() {
            if self.signed_values.copying.owes_of(id) {
                continue; // its records are not free yet
            }
            let Some(connector) = self.connector_mut(id) else { continue };
            if connector.signing.stage == SigningStage::Taking && now >= connector.signing.look {
                if let Some(op) = connector.take_piece(now, id, scratch) {
                    return Some((Task::OfSignedValues(SignedTask::StorePiece(id)), op));
                }
                let (stage, look) = (connector.signing.stage, connector.signing.look);
                self.common.agenda.look_again_if(stage != SigningStage::Taking);
                self.common.agenda.wake_at(look);
            }
            if self.connector(id).is_some_and(|connector| connector.signing.stage == SigningStage::Taken) {
                return Some((Task::OfSignedValues(SignedTask::StoreTail(id)), self.store_tail(id, scratch)?));
            }
        }
        None
    }

    pub(super) fn piece_stored(&mut self, id: ConnectorId) {
        let Some(connector) = self.change_connector(id) else { return };
        let signing = &mut connector.signing;
        if signing.stage != SigningStage::Taking {
            return; // something else is wanted by now
        }
        signing.pieces = signing.pieces.saturating_add(1);
        if signing.is_last {
            signing.taken();
            connector.tell_beginning_stored();
        }
    }

    /// A piece cannot be stored: the value is given up, and asked for once more.
    pub(super) fn piece_not_stored(&mut self, now: Instant, id: ConnectorId) {
        if let Some(connector) = self.change_connector(id) {
            connector.signing.failed(now);
        }
    }

    /// The tail of a value that is not that of the beginning.
    fn store_tail(&mut self, id: ConnectorId, scratch: &mut Scratch<'_>) -> Option<StorageOp> {
        let connector = self.connector(id)?;
        let signing = &connector.signing;
        let seal = Seal { start: connector.session.entry, pieces: signing.pieces, before_start_s: 0 };
        self.write_tail(id, signing.moment, seal, scratch)
    }

    fn write_tail(
        &mut self,
        id: ConnectorId,
        moment: SigningMoment,
        seal: Seal,
        scratch: &mut Scratch<'_>,
    ) -> Option<StorageOp> {
        let with_key = self.tells_key(id, moment);
        let connector = self.connector_mut(id)?;
        connector.signing.has_told_key |= with_key;
        let mut writer = RecordWriter::new(scratch.blank());
        seal.write(&mut writer);
        write_tail(&mut writer, connector.signed_meter()?, with_key);
        let key = record_of(id, WhichValue::of(moment), TAIL_PLACE)?;
        Some(StorageOp::Store(key, writer.finish(key)?))
    }

    pub(super) fn tail_stored(&mut self, id: ConnectorId) {
        let Some(connector) = self.change_connector(id) else { return };
        if connector.signing.stage == SigningStage::Taken {
            connector.signing.stage = SigningStage::Durable;
        }
    }

    /// The seal that ties the value of the beginning to the start that is to be entry `number`, if it has none. Where there is no
    /// value, one goes that may be left: its number may have been meant for another start, before a power cut.
    pub(super) fn seal_beginning(
        &mut self,
        id: ConnectorId,
        number: u32,
        scratch: &mut Scratch<'_>,
    ) -> Option<StorageOp> {
        let connector = self.connector(id)?;
        let pieces = match connector.signing.begin {
            Beginning::None if connector.signed_meter().is_some() => {
                return Some(StorageOp::Remove(record_of(id, WhichValue::Begin, TAIL_PLACE)?));
            }
            Beginning::Taken(pieces) => pieces,
            Beginning::Sealing(seal) => seal.pieces, // the device has failed
            Beginning::Sealed(seal) if seal.start != number => seal.pieces,
            _ => return None,
        };
        let before_start_s = self.common.clock.seconds_since(connector.signing.asked, connector.session.started);
        let seal = Seal { start: number, pieces, before_start_s };
        let op = self.write_tail(id, SigningMoment::Begin, seal, scratch)?;
        self.connector_mut(id)?.signing.begin = Beginning::Sealing(seal);
        Some(op)
    }

    pub(super) fn beginning_sealed(&mut self, id: ConnectorId) {
        let Some(connector) = self.connector_mut(id) else { return };
        connector.signing.begin = match connector.signing.begin {
            Beginning::Sealing(seal) => Beginning::Sealed(seal),
            Beginning::None => Beginning::Without,
            other => other,
        };
    }

    /// The record that tells which transaction the value of a beginning belongs to, where a power cut has made that unknown.
    pub(super) fn beginning_to_look_up(&self, id: ConnectorId) -> Option<StorageOp> {
        let is_unknown = matches!(self.connector(id)?.signing.begin, Beginning::Unknown);
        let key = record_of(id, WhichValue::Begin, TAIL_PLACE).filter(|_| is_unknown && self.signs_ends(id))?;
        Some(StorageOp::Load(key))
    }

    pub(super) fn beginning_looked_up(&mut self, id: ConnectorId, record: Option<&[u8]>) {
        let Some(connector) = self.connector_mut(id) else { return };
        let seal = record
            .zip(record_of(id, WhichValue::Begin, TAIL_PLACE))
            .and_then(|(record, key)| RecordReader::open(key, record))
            .and_then(|mut content| Seal::read(&mut content));
        connector.signing.begin = seal.map_or(Beginning::None, Beginning::Sealed);
    }

    /// What StopTransaction has of signed values.
    pub(crate) fn attached_to_stop(&self, id: ConnectorId) -> Attached {
        let Some(connector) = self.connector(id).filter(|_| self.signs_ends(id)) else { return Attached::NONE };
        let (signing, session) = (&connector.signing, &connector.session);
        let mut attached = Attached::NONE;
        if let Beginning::Sealed(seal) = signing.begin
            && seal.start == session.entry
            && !connector.signed_meter().is_some_and(SignedMeter::ends_with_both)
        {
            attached.begin = seal.pieces.saturating_add(1);
            attached.before_start_s = seal.before_start_s;
        }
        if signing.moment == SigningMoment::End && signing.stage == SigningStage::Durable {
            attached.other = signing.pieces.saturating_add(1);
            attached.after_end_s = self.common.clock.seconds_since(session.stop.at, signing.asked);
        }
        attached
    }
}
