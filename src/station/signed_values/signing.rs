//! What is signed on a connector.

use super::meter::SigningMoment;
use super::pieces::Seal;
use crate::log::warning;
use crate::station::ReadingContext;
use crate::station::journal::entry::Attached;
use crate::time::{Duration, Instant};

/// Before a meter that has failed is asked again.
const RETRY_INTERVAL: Duration = Duration::from_secs(5);

/// What is signed on a connector.
#[derive(Debug)]
pub(crate) struct Signing {
    /// What the last value was asked for.
    pub(super) moment: SigningMoment,
    pub(super) stage: SigningStage,
    /// When the meter was asked for it (note §2.3.2).
    pub(super) asked: Instant,
    /// When the meter is looked at next.
    pub(super) look: Instant,
    /// Pieces of its data that are durable.
    pub(super) pieces: u8,
    /// The piece that is being stored is the last one.
    pub(super) is_last: bool,
    /// The value of the beginning of the transaction, if it is known.
    pub(super) begin: Beginning,
    /// The value of the beginning is to be told by itself.
    pub(super) tells_begin: bool,
    pub(super) has_told_key: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SigningStage {
    /// Nothing is wanted.
    Idle,
    /// The meter is to be asked.
    Asked,
    /// Its bytes are being taken.
    Taking,
    /// All data are durable; the tail is not.
    Taken,
    /// All of it is durable.
    Durable,
    /// The end goes without.
    Missing,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Beginning {
    /// There is none; the records may tell of one that was for a start before.
    None,
    /// There is none, and the records tell of none.
    Without,
    /// So many pieces of data are durable, but not their tail.
    Taken(u8),
    /// The tail is being stored.
    Sealing(Seal),
    Sealed(Seal),
    /// The power failed: the records tell.
    Unknown,
}

impl Signing {
    pub(crate) const fn new() -> Self {
        Self {
            moment: SigningMoment::Begin,
            stage: SigningStage::Idle,
            asked: Instant::ZERO,
            look: Instant::ZERO,
            pieces: 0,
            is_last: false,
            begin: Beginning::None,
            tells_begin: false,
            has_told_key: false,
        }
    }

    /// The transaction was begun before the boot.
    pub(crate) fn restored() -> Self {
        Self { begin: Beginning::Unknown, ..Self::new() }
    }

    /// A value is wanted. One that is not whole gives way.
    pub(super) fn ask(&mut self, now: Instant, moment: SigningMoment) {
        self.moment = moment;
        self.stage = SigningStage::Asked;
        self.look = now;
    }

    /// A sample is due. One that is under way, or waits for the journal, keeps its place: the meter signs no faster.
    pub(super) fn ask_for_sample(&mut self, now: Instant, moment: SigningMoment) {
        if self.stage == SigningStage::Idle {
            self.ask(now, moment);
        }
    }

    /// The transaction runs.
    pub(super) fn begun(&mut self, tells_begin: bool) {
        self.stage = SigningStage::Idle;
        self.tells_begin = tells_begin && matches!(self.begin, Beginning::Sealed(_));
    }

    /// The meter has failed: it is asked once more.
    pub(super) fn failed(&mut self, now: Instant) {
        warning!("a meter could not sign");
        self.stage = SigningStage::Asked;
        self.look = now + RETRY_INTERVAL;
    }

    /// All bytes are durable.
    pub(super) fn taken(&mut self) {
        self.stage = match self.moment {
            SigningMoment::Begin if self.pieces == 0 => SigningStage::Durable,
            SigningMoment::Begin => {
                self.begin = Beginning::Taken(self.pieces);
                SigningStage::Durable
            }
            SigningMoment::End if self.pieces == 0 => SigningStage::Missing,
            _ if self.pieces == 0 => SigningStage::Idle,
            _ => SigningStage::Taken,
        };
    }

    pub(crate) fn has_sample(&self) -> bool {
        self.sample(Instant::ZERO).is_some()
    }

    /// The next signed value that MeterValues is to tell of, in a transaction that started then.
    pub(super) fn sample(&self, started: Instant) -> Option<SignedSample> {
        if let (true, Beginning::Sealed(seal)) = (self.tells_begin, self.begin) {
            let before_start = Duration::from_secs(seal.before_start_s);
            let at = Instant::from_millis(started.as_millis().saturating_sub(before_start.as_millis()));
            let attached = Attached { begin: seal.pieces.saturating_add(1), ..Attached::NONE };
            return Some(SignedSample { context: ReadingContext::TransactionBegin, at, attached });
        }
        let is_sample = matches!(self.moment, SigningMoment::Sample | SigningMoment::Aligned);
        (is_sample && self.stage == SigningStage::Durable).then(|| SignedSample {
            context: self.moment.context(),
            at: self.asked,
            attached: Attached { other: self.pieces.saturating_add(1), ..Attached::NONE },
        })
    }

    /// It has been told, or there is no room for it.
    pub(super) fn sample_taken(&mut self) {
        if !core::mem::take(&mut self.tells_begin) && self.stage == SigningStage::Durable {
            self.stage = SigningStage::Idle;
        }
    }
}

/// A signed value that MeterValues is to tell of.
pub(super) struct SignedSample {
    pub(super) context: ReadingContext,
    /// When it was asked for.
    pub(super) at: Instant,
    pub(super) attached: Attached,
}
