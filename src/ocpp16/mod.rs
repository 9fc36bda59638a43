//! The operations of OCPP 1.6 on one charge point: one file for each functional block, with its state, its
//! configuration keys, its handlers and its outgoing messages.
//!
//! [`Operations`] is sans-IO. Time passes in `advance`; what must be stored comes out of `storage_op` and its result goes
//! into `storage_done`, both called by the facade alone, so that no firmware can break their order; messages pass through
//! [`Exchange`], which is the [`Handler`](crate::rpc::Handler) of any RPC layer. State changes when an action has
//! succeeded, not when it was asked for: a transaction runs when its start is durable, and is sent after.

mod answer;
mod appending;
mod authorization;
mod availability;
mod boot;
mod cache;
#[cfg_attr(not(feature = "security"), path = "absent/certificates.rs")]
mod certificates;
#[cfg_attr(not(feature = "reservation"), allow(dead_code))] // everything is free then
mod claim;
mod configuration;
mod confirmed_transaction;
mod connector;
mod custom;
mod data_transfer;
mod dating;
mod delivery;
#[cfg(feature = "firmware-management")]
mod diagnostics;
mod discarded;
mod dispatch;
mod faults;
#[cfg(feature = "firmware-management")]
mod firmware;
mod free_vend;
mod hardware;
mod heartbeat;
#[cfg_attr(not(any(feature = "local-auth-list", feature = "firmware-management")), path = "absent/held_call.rs")]
#[cfg_attr(not(feature = "local-auth-list"), allow(dead_code))] // several records for one call
mod held_call;
mod id_tag_info;
mod journal_entry;
mod keys;
#[cfg_attr(not(feature = "local-auth-list"), path = "absent/local_list.rs")]
mod local_list;
#[cfg(feature = "security")]
mod log_upload;
mod metering;
mod outputs;
mod persistence;
mod phase_rotation;
mod place;
mod plain_text;
mod recovery;
mod remote_control;
#[cfg_attr(not(feature = "reservation"), path = "absent/reservation.rs")]
mod reservation;
mod reset;
#[cfg_attr(not(feature = "security"), path = "absent/security.rs")]
mod security;
mod session;
mod shelf;
mod shelves;
#[cfg(feature = "firmware-management")]
#[cfg_attr(not(feature = "security"), path = "absent/signed_update.rs")]
mod signed_update;
#[cfg_attr(not(feature = "signed-meter-values"), path = "absent/signed_values.rs")]
mod signed_values;
#[cfg_attr(not(feature = "smart-charging"), path = "absent/smart_charging.rs")]
mod smart_charging;
mod status;
mod storing;
mod tag_record;
mod transaction;
mod transaction_messages;
#[cfg_attr(not(feature = "firmware-management"), path = "absent/transfer.rs")]
mod transfer;
#[cfg(feature = "firmware-management")]
mod transfer_reports;
#[cfg(feature = "firmware-management")]
mod transfer_request;
#[cfg_attr(not(feature = "remote-trigger"), path = "absent/trigger.rs")]
mod trigger;
mod unlock;

#[doc = include_str!("decisions.md")]
pub mod decisions {}

use authorization::Authorize;
pub use boot::Boot;
pub(crate) use cache::CacheSlot;
#[cfg(feature = "security")]
pub use certificates::{Certificates, ChainVerdict, Issuer};
pub(crate) use connector::Connector;
pub use connector::InputError;
pub(crate) use custom::Hook;
pub use custom::{AuthorizeError, Handle, OnAuthorize, RequestError, RequestHandler};
pub use data_transfer::{DataTransfer, DataTransferHandler, DataTransferReply, DataTransferStatus};
#[cfg(feature = "firmware-management")]
pub use diagnostics::DiagnosticsRequest;
#[cfg(feature = "firmware-management")]
pub(crate) use diagnostics::FileNameInput;
pub use discarded::{Discarded, DiscardedMessage};
pub use dispatch::{CallName, Exchange};
pub use faults::{ErrorData, ErrorInput};
#[cfg(feature = "firmware-management")]
pub use firmware::InstallationStatus;
pub use hardware::{ConnectorHardware, Equipment, Switches};
pub(crate) use journal_entry::{PLAIN_LEN_MAX, role};
pub(crate) use local_list::ListSlot;
#[cfg(feature = "security")]
pub use log_upload::{LogRequest, LogUpload, LogUploadStatus};
pub use metering::{MeterInput, MeterReading};
pub(crate) use reservation::ReservationSlot;
#[cfg(feature = "security")]
pub use security::{Credentials, SecurityEventError, SecurityLogEntry};
#[cfg(feature = "security")]
pub use signed_update::{FirmwareVerifier, SignerVerdict};
#[cfg(feature = "signed-meter-values")]
pub use signed_values::{PrintedKey, SignedForm, SignedMeter, SigningFailed, SigningMoment};
#[cfg(not(feature = "smart-charging"))]
use smart_charging::Supply;
#[cfg(feature = "smart-charging")]
pub use smart_charging::{ChargingLimit, Supply};
pub(crate) use smart_charging::{ChargingPeriod, ProfileSlot};
pub use transaction::{BeginError, EndError, StopView, TransactionId, TransactionView, TxNotification};
#[cfg(feature = "firmware-management")]
pub use transfer::{FileTransferProtocol, TransferStatus};
pub use unlock::UnlockResult;

pub use crate::types::*;

use crate::json::Value;
use crate::store::{Journal, Keys};
use crate::time::{Clock, DateTime, Instant};
use answer::StatusAnswer;
use boot::Registration;
use cache::Cache;
use certificates::Trust;
use custom::CustomCall;
use dating::Dating;
use delivery::Delivery;
use heapless::VecView;
use local_list::LocalList;
use metering::Alignment;
use outputs::Outputs;
use persistence::Persistence;
use place::Place;
use reservation::Reservations;
use reset::Reset;
use security::Security;
use signed_values::SignedValues;
use smart_charging::Profiles;
use transfer::Transfers;
use unlock::Unlock;

/// The number of a connector: 0 for the charge point as a whole, then from 1 (OCPP 1.6 §3.8).
pub type ConnectorId = u8;

/// All blocks of one charge point.
pub struct Operations<'a> {
    boot: Boot<'a>,
    connectors: &'a mut [Connector<'a>],
    meter_inputs: &'a mut VecView<MeterInput<'a>>,
    data_transfer: &'a mut VecView<DataTransferHandler<'a>>,
    hooks: &'a mut VecView<Hook<'a>>,
    outputs: Outputs<'a>,
    keys: Keys<'a>,
    cache: Cache<'a>,
    local_list: LocalList<'a>,
    #[cfg_attr(not(feature = "reservation"), expect(dead_code))]
    reservations: Reservations<'a>,
    profiles: Profiles<'a>,
    #[cfg_attr(not(feature = "smart-charging"), expect(dead_code))]
    supply: Supply,
    #[cfg_attr(not(feature = "firmware-management"), expect(dead_code))]
    transfers: Transfers<'a>,
    clock: Clock,
    journal: Journal,
    dating: Dating,
    /// There is no room for another transaction.
    journal_full: bool,
    persistence: Persistence,
    registration: Registration,
    delivery: Delivery,
    signed_values: SignedValues,
    /// Connector 0, the charge point itself.
    charge_point: Place<'a>,
    /// There may be a state to be told.
    has_reports: bool,
    /// All states are to be told once they have been looked at.
    reports_all: bool,
    /// What a power cut has interrupted goes on.
    resumes: bool,
    sends_milliseconds: bool,
    alignment: Alignment,
    unlock: Unlock,
    /// The tag that Authorize.req was sent about.
    asked_tag: IdToken,
    /// Members of answers that could not be read.
    left_out: u32,
    last_heartbeat: Instant,
    heartbeat_triggered: bool,
    reset: Reset,
    security: Security,
    #[cfg_attr(not(feature = "security"), expect(dead_code))]
    trust: Trust<'a>,
    custom: CustomCall<'a>,
    /// What a call that is held will be answered with as soon as nothing is unsaved.
    promised: Option<(Action, StatusAnswer)>,
    online: bool,
    /// Something happened that a pass over all blocks must look at.
    dirty: bool,
    deadline: Instant,
}

/// The memory that [`Operations`] works in.
pub(crate) struct Memory<'a> {
    pub(crate) connectors: &'a mut [Connector<'a>],
    pub(crate) meter_inputs: &'a mut VecView<MeterInput<'a>>,
    pub(crate) data_transfer: &'a mut VecView<DataTransferHandler<'a>>,
    pub(crate) hooks: &'a mut VecView<Hook<'a>>,
    pub(crate) cache: &'a mut [CacheSlot],
    pub(crate) local_list: &'a mut [ListSlot],
    pub(crate) reservations: &'a mut [ReservationSlot],
    pub(crate) profiles: &'a mut [ProfileSlot],
    pub(crate) periods: &'a mut [ChargingPeriod],
    pub(crate) custom_call: &'a mut [u8],
}

impl<'a> Operations<'a> {
    pub(crate) fn new(boot: Boot<'a>, memory: Memory<'a>) -> Self {
        Self {
            boot,
            connectors: memory.connectors,
            meter_inputs: memory.meter_inputs,
            data_transfer: memory.data_transfer,
            hooks: memory.hooks,
            outputs: Outputs::default(),
            keys: Keys::blank(keys::TABLE),
            cache: Cache::new(memory.cache),
            local_list: LocalList::new(memory.local_list),
            reservations: Reservations::new(memory.reservations),
            profiles: Profiles::new(memory.profiles, memory.periods),
            supply: Supply::DEFAULT,
            transfers: Transfers::new(),
            clock: Clock::new(),
            journal: Journal::new(),
            dating: Dating::new(),
            journal_full: false,
            persistence: Persistence::new(),
            registration: Registration::new(),
            delivery: Delivery::new(),
            signed_values: SignedValues::new(),
            charge_point: Place::new(),
            has_reports: true,
            reports_all: false,
            resumes: false,
            sends_milliseconds: false,
            alignment: Alignment::new(),
            unlock: Unlock::None,
            asked_tag: IdToken::new(),
            left_out: 0,
            last_heartbeat: Instant::ZERO,
            heartbeat_triggered: false,
            reset: Reset::None,
            security: Security::new(),
            trust: Trust::new(),
            custom: CustomCall::new(memory.custom_call),
            promised: None,
            online: false,
            dirty: true,
            deadline: Instant::ZERO,
        }
    }

    /// Gives the keys their factory values, once, where the operations are to stay. `receive` is the length of the receive
    /// buffer.
    pub(crate) fn set_up(&mut self, receive: usize) {
        let keys = &mut self.keys;
        keys.load_factory();
        keys.set_integer(&keys::NUMBER_OF_CONNECTORS, self.connectors.len() as i32);
        let rotations = phase_rotation::items_max(receive, self.connectors.len());
        keys.set_integer(&phase_rotation::CONNECTOR_PHASE_ROTATION_MAX_LENGTH, rotations);
        keys.set_integer(&configuration::GET_CONFIGURATION_MAX_KEYS, configuration::names_max(receive));
        metering::announce(keys, receive);
        phase_rotation::set_unknown(keys, self.connectors.len());
        keys.set_member(&keys::SUPPORTED_FEATURE_PROFILES, keys::CORE, true);
        self.local_list.announce(keys, receive);
        Reservations::announce(keys);
        self.profiles.announce(keys, receive);
        trigger::announce(keys);
    }

    /// Reads the inputs, as often as they are to be noticed.
    pub(crate) fn read_inputs(&mut self, now: Instant) {
        for connector in self.connectors.iter_mut() {
            self.dirty |= connector.read_inputs(now);
        }
        if !self.charge_point.error_inputs.is_empty() {
            self.dirty |= self.charge_point.read_errors(false);
        }
    }

    /// Something has happened: all blocks look at it. Said at each door, whatever came in: the inputs, the clock, the link,
    /// a message in or out, what the device has done, what the firmware wants. A block says it where a pass has to be followed
    /// by another one.
    pub(crate) fn look_again(&mut self) {
        self.dirty = true;
    }

    /// The same where it is so.
    fn look_again_if(&mut self, is_so: bool) {
        if is_so {
            self.dirty = true;
        }
    }

    /// Whether something has happened that [`advance`](Self::advance) has not looked at.
    pub(crate) fn is_changed(&self) -> bool {
        self.dirty
    }

    /// Runs what is due. Must be called after everything that happened, and at least at
    /// [`next_deadline`](Self::next_deadline); early is harmless. `false` when there was nothing to look at.
    pub(crate) fn advance(&mut self, now: Instant) -> bool {
        if !self.dirty && now < self.deadline {
            return false;
        }
        self.dirty = false;
        self.deadline = Instant::NEVER;
        if !self.persistence.is_recovered() {
            self.deadline = self.persistence.deadline();
            return true;
        }
        for id in self.connector_ids() {
            self.advance_session(now, id);
            self.advance_metering(now, id);
        }
        self.advance_alignment(now);
        self.advance_signing(now); // behind all that may want a value
        self.advance_reservations(now);
        self.advance_limits(now);
        self.advance_transfers(now);
        self.update_statuses(now);
        self.advance_unlock(now);
        self.advance_certificates(now);
        self.advance_reset(now);
        self.wake_at(self.persistence.deadline());
        // What is due to be sent already waits for the link or for an answer, not for the clock.
        let sends = [
            self.registration.deadline(),
            self.heartbeat_deadline(),
            self.delivery.deadline(&self.journal),
            self.security.deadline(),
        ];
        sends.into_iter().filter(|deadline| *deadline > now).for_each(|deadline| self.wake_at(deadline));
        true
    }

    /// When [`advance`](Self::advance) must be called if no input changes.
    pub(crate) fn next_deadline(&self) -> Instant {
        if self.dirty { Instant::ZERO } else { self.deadline }
    }

    /// The connection to the central system came up or went down.
    pub(crate) fn set_online(&mut self, now: Instant, online: bool) {
        if self.online == online {
            return;
        }
        self.online = online;
        self.dirty = true;
        self.transfers_link(online);
        self.security_link(online);
        self.certificates_link(online);
        if online {
            self.delivery.link_up();
            let next_entry = self.journal.next();
            self.charge_point.status.forget_history(next_entry);
            self.connectors.iter_mut().for_each(|connector| connector.place.status.forget_history(next_entry));
        } else {
            self.offline_authorization(now);
            self.charge_point.sampling.miss_moment();
            for connector in self.connectors.iter_mut().filter(|connector| !connector.session.is_reported()) {
                connector.place.sampling.miss_moment();
            }
            self.forget_device();
            self.local_list.abandon();
            self.unlock = Unlock::None; // nobody waits for its answer any more
            self.promised = None;
        }
    }

    /// What a power cut has interrupted goes on after it, or ends.
    pub(crate) fn resume_transactions(&mut self, resumes: bool) {
        self.resumes = resumes;
    }

    /// Dates go out with milliseconds.
    pub(crate) fn send_milliseconds(&mut self, sends: bool) {
        self.sends_milliseconds = sends;
    }

    /// How many more transactions may begin for certain before the journal is full.
    pub fn transactions_left(&self) -> u32 {
        let of_one = self.entries_of_a_transaction();
        (self.journal.room() + of_one).saturating_sub(self.entries_of_a_new_transaction()) / of_one
    }

    /// Whether the central system has accepted this charge point since the boot.
    pub fn is_accepted(&self) -> bool {
        self.registration.is_accepted()
    }

    /// Whether what the device remembers has been read after the boot.
    pub fn is_recovered(&self) -> bool {
        self.persistence.is_recovered()
    }

    /// How many members of answers were left out since the boot because they could not be read.
    pub fn left_out(&self) -> u32 {
        self.left_out
    }

    /// A whole number of an answer; one that is none is left out.
    fn long_of_answer(&mut self, value: Value<'_>) -> Option<i64> {
        value.long().unwrap_or_else(|_| {
            self.left_out = self.left_out.saturating_add(1);
            None
        })
    }

    /// The wall clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The central system has told the time, or the firmware knows it.
    pub(crate) fn set_clock(&mut self, now: Instant, time: DateTime, millis: u16) {
        self.time_set(now, time);
        self.clock.set_with_millis(now, time, millis);
        self.persistence.has_chores |= self.dating.clock_set(time);
        self.profiles.changed(); // what schedules say now may be something else
    }

    /// The configuration keys.
    pub fn keys(&self) -> &Keys<'a> {
        &self.keys
    }

    /// The configuration keys, to set factory values before the first tick.
    pub(crate) fn keys_mut(&mut self) -> &mut Keys<'a> {
        &mut self.keys
    }

    /// The transaction messages that wait for delivery.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// How many transaction messages wait for delivery.
    pub fn waiting_messages(&self) -> u32 {
        self.journal.len().saturating_sub(self.dating.entries() + self.signed_values.copying.pieces())
    }

    /// The state that was last computed for a connector, 0 being the charge point.
    pub fn status(&self, id: ConnectorId) -> Option<ChargePointStatus> {
        Some(self.place(id)?.status.current())
    }

    /// The base of message ids that are not kept over a boot; known after recovery.
    pub(crate) fn call_epoch(&self) -> u32 {
        self.persistence.call_epoch(self.dating.boot)
    }

    /// Seconds that an answer is waited for.
    pub(crate) fn message_timeout_s(&self) -> u32 {
        self.keys.unsigned(&keys::MESSAGE_TIMEOUT)
    }

    /// Seconds between pings, 0 for none.
    pub(crate) fn ping_interval_s(&self) -> u32 {
        self.keys.unsigned(&keys::WEB_SOCKET_PING_INTERVAL)
    }

    /// Looks at all blocks again, not later than `at`.
    #[inline(never)]
    fn wake_at(&mut self, at: Instant) {
        self.deadline = self.deadline.min(at);
    }
}
