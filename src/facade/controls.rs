use super::InputError;
use super::engine::Engine;
#[cfg(feature = "async")]
use super::panel::{Back, Panel};
use crate::json::Json;
use crate::ocpp16::ask_about;
use crate::rpc::{Outcome, Statistics};
use crate::station::{
    BeginError, BootReason, ChargePointErrorCode, ChargePointStatus, ConnectorHardware, ConnectorId,
    DataTransferHandler, Discarded, EndError, ErrorData, ErrorInput, FeatureProfile, MeterInput, OnAuthorize, Reason,
    RequestError, RequestHandler, ResetKind, Token, TransactionView,
};
use crate::store::{Journal, KeyError, Keys, Refusal, VendorKey};
use crate::time::{Clock, DateTime};
#[cfg(feature = "async")]
use embassy_sync::blocking_mutex::raw::RawMutex;

/// What the firmware sees of a charge point and does with it: the functions of ArduinoOcpp under the same names. Those that
/// set an input or an output of one connector are functions of [`ConnectorClosures`](super::ConnectorClosures).
///
/// Connectors are numbered from 1. What is asked at every poll must be quick; it is lent for the life of the charge point.
pub struct Controls<'a> {
    pub(super) engine: &'a mut Engine<'a>,
}

impl<'a> Controls<'a> {
    // Hardware

    /// What stands at a connector: plug, meter, lock and all else that it sees and does. Required for each connector, and to
    /// be set before the first poll; of several the last one counts.
    ///
    /// # Errors
    /// [`InputError::UnknownConnector`]
    pub fn set_hardware(
        &mut self,
        hardware: &'a dyn ConnectorHardware,
        connector: ConnectorId,
    ) -> Result<(), InputError> {
        self.engine.change().set_hardware(hardware, connector)
    }

    /// Another meter, for any measurand, phase and location. Connector 0 is the grid connection.
    ///
    /// # Errors
    /// [`InputError`]
    pub fn add_meter_value_input(&mut self, input: MeterInput<'a>) -> Result<(), InputError> {
        self.engine.change().core.add_meter_input(input)
    }

    /// What is wrong with the connector as an error code alone; any but EVCommunicationError makes it Faulted. Connector 0
    /// is the charge point itself. A connector has up to four error inputs of both kinds; see [`ErrorData::severity`].
    ///
    /// # Errors
    /// [`InputError`]
    pub fn add_error_code_input(
        &mut self,
        input: &'a dyn Fn() -> Option<ChargePointErrorCode>,
        connector: ConnectorId,
    ) -> Result<(), InputError> {
        self.engine.change().core.add_error_input(ErrorInput::Code(input), connector)
    }

    /// What is wrong with the connector, in all detail. Connector 0 is the charge point itself.
    ///
    /// # Errors
    /// [`InputError`]
    pub fn add_error_data_input(
        &mut self,
        input: &'a dyn Fn() -> Option<ErrorData>,
        connector: ConnectorId,
    ) -> Result<(), InputError> {
        self.engine.change().core.add_error_input(ErrorInput::Data(input), connector)
    }

    // Outputs

    /// Is asked whether a soft reset may happen; a hard one happens anyway.
    pub fn set_on_reset_notify(&mut self, output: &'a dyn Fn(ResetKind) -> bool) {
        self.engine.change().core.common.outputs.reset_notify = Some(output);
    }

    /// Is asked whether a remote start that could be had may begin a session, with the connector and the tag; one that may not
    /// is answered with Rejected (OCPP 1.6 §5.11). A remote start that names no connector is asked about on the one that
    /// suits best. Without it every one may.
    pub fn set_on_remote_start_notify(&mut self, output: &'a dyn Fn(ConnectorId, &str) -> bool) {
        self.engine.change().core.common.outputs.remote_start_notify = Some(output);
    }

    /// Restarts the charge point. When it returns, it is called again ResetRetries times, 10 s apart. Required.
    pub fn set_on_reset_execute(&mut self, output: &'a dyn Fn(ResetKind)) {
        self.engine.change().core.common.outputs.reset_execute = Some(output);
    }

    /// Is shown each transaction message that the central system failed to process for the last time
    /// (TransactionMessageAttempts): it is not sent any more.
    pub fn set_on_discarded(&mut self, output: &'a dyn Fn(&Discarded<'_>)) {
        self.engine.change().core.common.outputs.discarded = Some(output);
    }

    /// Handles the DataTransfer requests of one vendor, or one message of it. Of several handlers of the same the first one
    /// counts.
    ///
    /// # Errors
    /// [`InputError::TableFull`]
    pub fn set_data_transfer_handler(&mut self, handler: DataTransferHandler<'a>) -> Result<(), InputError> {
        self.engine.change().custom.add_data_transfer_handler(handler)
    }

    /// Draws random numbers: for message ids that no other life of this charge point has used, to spread the
    /// reconnections of many, and for the masks of the runner's WebSocket. Without it all are predictable.
    pub fn set_rng(&mut self, random: &'a dyn Fn() -> u32) {
        self.engine.change().core.common.outputs.random = Some(random);
    }

    // Transactions

    /// A card was shown: it is authorised, and the transaction starts by itself when the EV is plugged in as well. Its text
    /// alone will do, a [`Token`] tells its type too.
    ///
    /// While the cable [is locked](Self::locks_cable) after a transaction, the card that began it, or one of its group, frees
    /// the cable and begins nothing. For another card of a known group that is found out first: `Ok` means that it may free
    /// the cable, and [`AuthorizationRejected`](crate::ocpp16::TxNotification::AuthorizationRejected) that it does not.
    ///
    /// # Errors
    /// [`BeginError`]; nothing has changed then.
    pub fn begin_transaction<'t>(
        &mut self,
        id_tag: impl Into<Token<'t>>,
        connector: ConnectorId,
    ) -> Result<(), BeginError> {
        let now = self.engine.now;
        self.engine.change().begin_transaction(now, id_tag.into().text, connector, false)
    }

    /// The same for a tag that the firmware vouches for: nobody is asked, but for the group of a card that may free a cable.
    ///
    /// # Errors
    /// [`BeginError`]; nothing has changed then.
    pub fn begin_transaction_authorized<'t>(
        &mut self,
        id_tag: impl Into<Token<'t>>,
        connector: ConnectorId,
    ) -> Result<(), BeginError> {
        let now = self.engine.now;
        self.engine.change().begin_transaction(now, id_tag.into().text, connector, true)
    }

    /// Ends the session: a preparing one is dropped, a transaction is stopped. With a tag only if it began the session, or is
    /// of the same group. That may have to be found out first: then `Ok` means that it may end, and
    /// [`AuthorizationRejected`](crate::ocpp16::TxNotification::AuthorizationRejected) that it does not. `reason` is that of a
    /// session which ends at once; another tag of the group always ends it as `Local`.
    ///
    /// # Errors
    /// [`EndError`]; nothing has changed then.
    pub fn end_transaction(
        &mut self,
        id_tag: Option<&str>,
        reason: Reason,
        connector: ConnectorId,
    ) -> Result<(), EndError> {
        let now = self.engine.now;
        self.engine.change().end_transaction(now, id_tag, reason, connector)
    }

    /// Whether a session is under way that is not over: a tag waits, or a transaction runs.
    pub fn is_transaction_active(&self, connector: ConnectorId) -> bool {
        self.engine.station.core.is_session_active(connector)
    }

    /// Whether a transaction runs: its start is durable and its end is not.
    pub fn is_transaction_running(&self, connector: ConnectorId) -> bool {
        self.transaction(connector).is_some_and(|transaction| transaction.is_running)
    }

    /// The tag of the session under way.
    pub fn transaction_id_tag(&self, connector: ConnectorId) -> Option<&str> {
        self.transaction(connector).map(|transaction| transaction.id_tag)
    }

    /// The session under way, from the tag to the durable end.
    pub fn transaction(&self, connector: ConnectorId) -> Option<TransactionView<'_>> {
        self.engine.station.core.transaction(connector)
    }

    /// Whether energy may flow to the EV now. Not where a charging profile allows nothing at all.
    pub fn permits_charge(&self, connector: ConnectorId) -> bool {
        self.engine.station.core.permits_charge(connector)
    }

    /// Whether the cable is to be locked at the socket now: while a transaction runs, and after it until the card that began
    /// it is shown once more, where the standard wants that (OCPP 1.6 §4.10, errata 3.5). Does not outlive a reboot: the cable
    /// is free then. Always `false` without a [lock](crate::ocpp16::Equipment::with_lock).
    pub fn locks_cable(&self, connector: ConnectorId) -> bool {
        self.engine.station.core.locks_cable(connector)
    }

    // State

    /// The state that is reported for a connector; 0 is the charge point itself.
    pub fn charge_point_status(&self, connector: ConnectorId) -> Option<ChargePointStatus> {
        self.engine.station.core.status(connector)
    }

    /// Whether the connector is neither faulted nor out of service, nor about to go out of service when it is free.
    /// Connector 0 is the charge point itself.
    pub fn is_operative(&self, connector: ConnectorId) -> bool {
        self.engine.station.core.is_operative(connector)
    }

    /// Whether a connector waits for one tag; connector 0 when any one does.
    #[cfg(feature = "reservation")]
    pub fn is_reserved(&self, connector: ConnectorId) -> bool {
        self.engine.station.reservations.is_reserved(connector)
    }

    /// Whether a reservation keeps this tag, of whose group nothing is known, from charging on the connector.
    #[cfg(feature = "reservation")]
    pub fn is_blocked_by_reservation(&self, id_tag: &str, connector: ConnectorId) -> bool {
        self.engine.station.reservations.is_blocked_by_reservation(&self.engine.station.core, id_tag, connector)
    }

    /// Whether the central system has accepted this charge point since the boot.
    pub fn is_accepted(&self) -> bool {
        self.engine.station.core.common.is_accepted()
    }

    /// How many transaction messages wait for delivery.
    pub fn waiting_messages(&self) -> u32 {
        self.engine.station.core.waiting_messages()
    }

    /// How many more transactions the journal takes for certain while none is delivered. Samples are thinned out before
    /// it comes to that; with none left, [`BeginError::JournalFull`] refuses a session, unless the key
    /// Cst_SilentOfflineTransactions lets it run unreported.
    pub fn transactions_left(&self) -> u32 {
        self.engine.station.core.transactions_left()
    }

    /// Bytes written to the storage device since the boot, if it counts them: flash wears out.
    pub fn bytes_written(&self) -> u64 {
        self.engine.bytes_written
    }

    /// The wall clock, unset until the central system has told the time.
    pub fn clock(&self) -> &Clock {
        &self.engine.station.core.common.clock
    }

    /// The date and time now, once the clock is set.
    pub fn date_time(&self) -> Option<DateTime> {
        self.clock().date(self.engine.now)
    }

    /// The last date that the storage device knows of the time before the boot: a floor for what must be checked before the
    /// central system has told the time, such as the dates of its certificate. `None` until what was stored before the boot
    /// has been read, which the first polls do without a connection, and when no date was ever known.
    ///
    /// It is stored anew when the clock is set to a date that is a day or more away: so it is at most a day and a
    /// HeartbeatInterval behind what the clock showed when the power went, at one small record a day. A wrong date is replaced
    /// like any other when the clock is set right.
    pub fn last_known_date(&self) -> Option<DateTime> {
        self.engine.station.core.common.last_known_date()
    }

    /// Sets the clock from a source of the firmware's own, such as a battery-backed clock or NTP. The central system sets it
    /// again with each answer that tells the time (OCPP 1.6 §4.2, §4.6). `false`, and nothing is set, while what was stored
    /// before the boot has not been read: try again after the next poll.
    #[must_use]
    pub fn set_date_time(&mut self, date_time: DateTime) -> bool {
        let is_ready = self.engine.station.core.common.is_recovered();
        if is_ready {
            let now = self.engine.now;
            self.engine.change().set_clock(now, date_time, 0);
        }
        is_ready
    }

    /// Incoming messages that were not worth an answer, and what was left out of answers.
    pub fn statistics(&self) -> Statistics {
        Statistics { left_out: self.engine.station.core.common.dialect.left_out, ..self.engine.rpc.statistics() }
    }

    /// The configuration keys.
    pub fn configuration(&self) -> &Keys<'a> {
        &self.engine.station.core.common.keys
    }

    /// Whether a transaction that a power cut has interrupted goes on after the boot, with its id and its meterStart,
    /// instead of ending with the reason PowerLoss. To be said before the first poll; otherwise it ends (OCPP 1.6 §7.36).
    pub fn resume_transactions(&mut self, resumes: bool) {
        self.engine.change().core.resume_transactions(resumes);
    }

    /// Leaves out a profile that this build and the hardware have: it is not announced, what is asked of it is answered as where
    /// its feature is off, and what is stored of it is not read, but kept. Core cannot be left out. To be said before the first
    /// poll.
    pub fn leave_out(&mut self, profile: FeatureProfile) {
        self.engine.change().core.common.leave_out(profile);
    }

    /// Whether the dates in messages have milliseconds, `2025-01-01T00:00:00.000Z`, for central systems that read no others;
    /// off by default. To be said before the first poll. The milliseconds are always `.000`: records keep the second, and a
    /// status with more digits than the transaction of the same second would seem to be the later one. A call of
    /// [`send_request`](Self::send_request) writes its own dates.
    pub fn send_milliseconds(&mut self, sends: bool) {
        self.engine.change().core.common.dialect.has_milliseconds = sends;
    }

    /// Replaces the factory value of a key, before the first poll. A stored value overrides it. What the charge point
    /// itself determines, such as NumberOfConnectors, cannot be set.
    ///
    /// # Errors
    /// [`Refusal`]; the old value stands then.
    pub fn set_factory_configuration(&mut self, key: &str, value: &str) -> Result<(), Refusal> {
        let station = self.engine.change();
        station.security.set_factory_key(&mut station.core.common, key, value)
    }

    /// Makes a key of OCPP read-only, before the first poll, where the standard leaves it to the charge point: such as
    /// AuthorizeRemoteTxRequests or StopTransactionOnEVSideDisconnect.
    ///
    /// # Errors
    /// [`Refusal::UnknownKey`]
    pub fn fix_configuration(&mut self, key: &str) -> Result<(), Refusal> {
        self.engine.change().core.common.keys.fix(key)
    }

    /// Sets the value of a key at any time, also of one that the central system may only read; it is stored like a change of
    /// the central system's. What the charge point itself determines, such as SupportedFeatureProfiles, stays.
    ///
    /// # Errors
    /// [`Refusal`]; the old value stands then.
    pub fn set_configuration(&mut self, key: &str, value: &str) -> Result<(), Refusal> {
        let station = self.engine.change();
        station.security.set_key(&mut station.core.common, key, value)
    }

    /// Declares a key of the firmware's own, before the first poll: its stored value is read after the boot. It lies in memory
    /// of the firmware, so there may be as many as it has room for. Its value is read with
    /// [`configuration`](Self::configuration)`().value(name)`.
    ///
    /// # Errors
    /// [`KeyError`]
    pub fn declare_configuration(&mut self, key: &'a mut VendorKey<'a>) -> Result<(), KeyError> {
        self.engine.change().core.common.keys.declare(key)
    }

    // Extension

    /// Answers an action in place of the crate, or one that the crate does not know. Of several handlers of one action the
    /// last one counts.
    ///
    /// # Errors
    /// [`InputError::TableFull`]
    pub fn set_request_handler(&mut self, handler: RequestHandler<'a>) -> Result<(), InputError> {
        self.engine.change().custom.set_request_handler(handler)
    }

    /// Is shown the payload of each request of this action, after it was handled.
    ///
    /// # Errors
    /// [`InputError::TableFull`]
    pub fn set_on_receive_request(&mut self, action: &'a str, observer: &'a dyn Fn(&str)) -> Result<(), InputError> {
        self.engine.change().custom.observe_request(action, observer)
    }

    /// Is shown the payload of our answer to each request of this action that was no CALLERROR. Of an answer that is longer
    /// than the send buffer it is the first piece.
    ///
    /// # Errors
    /// [`InputError::TableFull`]
    pub fn set_on_send_conf(&mut self, action: &'a str, observer: &'a dyn Fn(&str)) -> Result<(), InputError> {
        self.engine.change().custom.observe_answer(action, observer)
    }

    /// Asks the central system about a tag, without a session, and tells what it thinks of it. Goes out like any other call of
    /// the firmware.
    ///
    /// # Errors
    /// [`RequestError`]; nothing is sent then.
    pub fn authorize<'t>(
        &mut self,
        id_tag: impl Into<Token<'t>>,
        on_outcome: &'a OnAuthorize<'a>,
    ) -> Result<(), RequestError> {
        ask_about(&mut self.engine.change().custom, id_tag.into().text, on_outcome)
    }

    /// Sends a call of the firmware's own when its turn comes, one at a time; `on_outcome` is told once how it ended. It waits
    /// for the link and until the central system has accepted the charge point, but once it is sent it ends with the link.
    /// It does not outlive a reboot.
    ///
    /// # Errors
    /// [`RequestError`]; nothing is sent then.
    pub fn send_request(
        &mut self,
        action: &'static str,
        payload: &dyn Json,
        on_outcome: Option<&'a dyn Fn(Outcome<'_>)>,
    ) -> Result<(), RequestError> {
        self.engine.change().custom.send_request(action, payload, on_outcome)
    }

    /// Lends the panel on which interrupts, other cores and other threads leave what they want. Of several the last one
    /// counts.
    #[cfg(feature = "async")]
    pub fn set_panel<M: RawMutex>(&mut self, panel: &'a Panel<M>) {
        panel.light(&self.engine.station);
        self.engine.panel = Some(panel);
    }

    /// The transaction messages that wait for delivery.
    pub fn journal(&self) -> &Journal {
        &self.engine.station.core.common.journal
    }

    /// Whether what the device remembers has been read after the boot.
    pub fn is_recovered(&self) -> bool {
        self.engine.station.core.common.is_recovered()
    }

    /// Why the charge point has booted, as the firmware said.
    pub fn boot_reason(&self) -> BootReason {
        self.engine.station.core.common.boot.reason
    }
}
