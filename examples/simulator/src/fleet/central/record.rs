//! What was heard of one charger, message by message.

use super::super::heard::{Heard, HeardSession};
use embedded_ocpp::ocpp16::ConnectorId;
use std::collections::VecDeque;

#[derive(Default)]
pub(crate) struct Record {
    sessions: Vec<Told>,
    /// Ids of the last messages about transactions, and the transaction that a start was given.
    known: VecDeque<(String, i64)>,
    repeated: u32,
    complaints: Vec<String>,
}

struct Told {
    transaction: i64,
    session: HeardSession,
    /// The highest register so far.
    register: i64,
}

/// A charge point repeats only what has had no answer yet, and asks one thing at a time.
const KNOWN_MAX: usize = 8;
/// Enough to see what is wrong.
const COMPLAINTS_MAX: usize = 20;

impl Record {
    /// A StartTransaction: returns its transaction, which is `transaction` if it is new.
    pub(crate) fn start(
        &mut self,
        message: &str,
        transaction: i64,
        connector: ConnectorId,
        id_tag: &str,
        register: i64,
    ) -> i64 {
        if let Some(before) = self.repeats(message) {
            return before;
        }
        self.remember(message, transaction);
        if let Some(open) =
            self.sessions.iter().find(|told| told.session.connector == connector && told.session.end.is_none())
        {
            let complaint = format!("connector {connector}: {id_tag} begins before {} has ended", open.session.id_tag);
            self.complain(complaint);
        }
        let session = HeardSession { connector, id_tag: id_tag.to_owned(), begin: register, end: None, samples: 0 };
        self.sessions.push(Told { transaction, session, register });
        transaction
    }

    /// Meter values of a transaction: the registers among them.
    pub(crate) fn sample(&mut self, message: &str, transaction: i64, registers: impl Iterator<Item = i64>) {
        if self.repeats(message).is_some() {
            return;
        }
        self.remember(message, transaction);
        let Some(told) = self.of(transaction) else {
            return self.complain(format!("MeterValues of no transaction: {transaction}"));
        };
        if told.session.end.is_some() {
            return self.complain(format!("MeterValues after the end of transaction {transaction}"));
        }
        told.session.samples += 1;
        for register in registers {
            if register < told.register {
                let last = told.register;
                return self
                    .complain(format!("transaction {transaction}: the register fell from {last} to {register}"));
            }
            told.register = register;
        }
    }

    /// A StopTransaction.
    pub(crate) fn stop(&mut self, message: &str, transaction: i64, register: i64) {
        if self.repeats(message).is_some() {
            return;
        }
        self.remember(message, transaction);
        let Some(told) = self.of(transaction) else {
            return self.complain(format!("StopTransaction of no transaction: {transaction}"));
        };
        if told.session.end.is_some() {
            return self.complain(format!("transaction {transaction} ends twice"));
        }
        let last = told.register;
        told.session.end = Some(register);
        if register < last {
            self.complain(format!("transaction {transaction}: the register fell from {last} to {register}"));
        }
    }

    pub(crate) fn heard(&self, charger: &str) -> Heard {
        Heard {
            charger: charger.to_owned(),
            sessions: self.sessions.iter().map(|told| told.session.clone()).collect(),
            repeated: self.repeated,
            complaints: self.complaints.clone(),
        }
    }

    pub(crate) fn complain(&mut self, complaint: String) {
        if self.complaints.len() < COMPLAINTS_MAX && !self.complaints.contains(&complaint) {
            self.complaints.push(complaint);
        }
    }

    fn of(&mut self, transaction: i64) -> Option<&mut Told> {
        self.sessions.iter_mut().rev().find(|told| told.transaction == transaction)
    }

    /// The transaction of a message that came before.
    fn repeats(&mut self, message: &str) -> Option<i64> {
        let known = self.known.iter().find(|(known, _)| known == message).map(|(_, transaction)| *transaction);
        self.repeated += u32::from(known.is_some());
        known
    }

    fn remember(&mut self, message: &str, transaction: i64) {
        if self.known.len() == KNOWN_MAX {
            self.known.pop_front();
        }
        self.known.push_back((message.to_owned(), transaction));
    }
}

#[cfg(test)]
mod tests {
    use super::Record;

    #[test]
    fn a_message_that_comes_once_more_changes_nothing_and_is_answered_as_before() {
        let mut record = Record::default();
        assert_eq!(record.start("a", 1, 1, "CARD", 100), 1);
        assert_eq!(record.start("a", 2, 1, "CARD", 100), 1);
        (0..2).for_each(|_| record.sample("b", 1, [150].into_iter()));
        (0..2).for_each(|_| record.stop("c", 1, 200));
        let heard = record.heard("X");
        assert_eq!((heard.sessions.len(), heard.repeated, heard.complaints.len()), (1, 3, 0));
        assert_eq!((heard.sessions[0].begin, heard.sessions[0].end, heard.sessions[0].samples), (100, Some(200), 1));
    }

    #[test]
    fn what_makes_no_sense_is_a_complaint() {
        let start = |record: &mut Record| _ = record.start("a", 1, 1, "CARD", 100);
        let mistakes: [fn(&mut Record); 7] = [
            |record| record.stop("b", 2, 200),
            |record| record.sample("b", 2, [].into_iter()),
            |record| record.sample("b", 1, [99].into_iter()),
            |record| record.stop("b", 1, 99),
            |record| _ = record.start("b", 2, 1, "OTHER", 200),
            |record| ["b", "c"].into_iter().for_each(|id| record.stop(id, 1, 200)),
            |record| {
                record.stop("b", 1, 200);
                record.sample("c", 1, [200].into_iter());
            },
        ];
        for (index, mistake) in mistakes.into_iter().enumerate() {
            let mut record = Record::default();
            start(&mut record);
            mistake(&mut record);
            assert_eq!(record.heard("X").complaints.len(), 1, "{index}");
        }
    }
}
