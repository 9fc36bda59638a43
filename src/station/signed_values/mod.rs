//! Signed meter values (OCA application note "Signed Meter Values" 1.0): long values that a meter has signed, from the meter
//! to the central system as they are.
//!
//! | where | what | so that |
//! |---|---|---|
//! | [`taking`] | a value is asked for, and its pieces go into records of the connector | it never lies in RAM, and the meter keeps what is not durable |
//! | the seal | the last of these records names the start that the first value belongs to | no power cut gives it to another transaction |
//! | [`following`] | the message is appended to the journal, its pieces behind it, nothing in between | it waits for delivery like any other |
//! | [`delivering`] | the message goes out when all its pieces are there, each as a page of its own | its length costs no buffer |

mod appending;
mod choosing;
mod concluding;
mod copying;
mod delivering;
mod following;
mod keys;
mod meter;
mod pieces;
mod public_key;
mod sending;
mod signing;
mod taking;
mod task;

pub(crate) use delivering::PageOfPiece;
pub(crate) use keys::{
    ALIGNED_DATA_SIGN_READINGS, ALIGNED_DATA_SIGN_UPDATED_READINGS, PUBLIC_KEY_WITH_SIGNED_METER_VALUE,
    SAMPLED_DATA_SIGN_READINGS, SAMPLED_DATA_SIGN_STARTED_READINGS, SAMPLED_DATA_SIGN_UPDATED_READINGS,
    START_TXN_SAMPLED_DATA, is_telling_of_key,
};
pub use meter::{PrintedKey, SignedForm, SignedMeter, SigningFailed, SigningMoment};
pub(crate) use pieces::{KEY_LEN_MAX, Piece, is_piece};
pub(crate) use public_key::MeterPublicKey;
pub(crate) use sending::{SignedPiece, first_page, is_page_of_piece};
pub(crate) use signing::Signing;
pub(crate) use task::SignedTask;

use copying::Copying;
use sending::Sending;

/// So many messages a transaction makes at once when it begins, beside StartTransaction.
pub(super) const MESSAGES_OF_BEGINNING: u32 = 2;

/// What all connectors share.
#[derive(Debug)]
pub(super) struct SignedValues {
    pub(super) copying: Copying,
    sending: Sending,
    /// How many entries of plain length the values of one transaction take up, at most.
    of_transaction: u32,
    /// Those of one on each connector.
    of_all: u32,
}

impl SignedValues {
    pub(super) const fn new() -> Self {
        Self { copying: Copying::new(), sending: Sending::new(), of_transaction: 0, of_all: 0 }
    }

    /// How many entries a transaction wants room for beside its own.
    pub(super) fn of_transaction(&self) -> u32 {
        self.of_transaction
    }

    /// The same for one on each connector.
    pub(super) fn of_all(&self) -> u32 {
        self.of_all
    }
}
