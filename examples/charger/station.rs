//! The loop: polls the charge point, keeps it connected, and does what the operator wants.

#[cfg(feature = "security")]
use crate::certificates::CertificateStore;
use crate::command::{Command, CommandId, Operator, Order, State};
use crate::config::Config;
use crate::connection::{Access, CONNECT_TIMEOUT, Link, close, open};
use crate::data_transfers::{self, DataTransfers, reply_of};
use crate::diagnostics::Diagnostics;
use crate::evse::{Evse, Outlet, Wires};
#[cfg(feature = "security")]
use crate::log_upload::Logs;
use crate::random;
#[cfg(feature = "security")]
use crate::security_events::SecurityEvents;
#[cfg(feature = "signed-meter-values")]
use crate::signed_meter::SignedMeters;
#[cfg(feature = "security")]
use crate::signed_update::SignedUpdate;
use crate::trace::{Log, Traced, Traffic};
use crate::update::{self, Update, UpdateWires};
use crate::view::{self, Display};
use embedded_ocpp::facade::capacity::{ReceiveBuffer, SendBuffer};
use embedded_ocpp::facade::{ChargePoint, Error, Resources};
use embedded_ocpp::json::{Decimal, Frame, scan};
use embedded_ocpp::ocpp16::{Boot, DiagnosticsRequest, Discarded, FileTransferProtocol, Reason, ResetKind, Supply};
use embedded_ocpp::rpc::{Call, Composer, Handler, Outcome, Reply};
use embedded_ocpp::store::Storage;
use embedded_ocpp::time::{Duration, Instant};
use embedded_ocpp::transport::websocket::WebSocket;
use embedded_ocpp::transport::{ConnectFailure, WebSocketTransport};
use serde_json::{Value, json};
use std::cell::Cell;
use std::fmt;
use std::thread::sleep;

/// Why the charge point stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The operator wants it.
    Left,
    Reset,
    /// A new firmware is to run.
    Updated,
    /// The power is gone: nothing was said or stored any more.
    PowerCut,
}

type Failure = Box<dyn std::error::Error>;

/// The longest message that comes in, and the longest piece of one that goes out.
const RECEIVE: usize = 8192;
const SEND: usize = 2048;
/// Between two looks at everything.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(5);
/// For the last answers before a reset.
const RESET_PAUSE: Duration = Duration::from_millis(100);
/// How long a reset waits until the central system has heard how the transactions ended.
const RESET_PATIENCE: Duration = Duration::from_secs(5);

/// Runs the charge point from its start to its end. `storage` is its flash.
pub(crate) fn run<S: Storage<Error: fmt::Display>>(
    config: &Config,
    evse: &Evse,
    operator: &mut dyn Operator,
    log: &Log,
    traffic: &Traffic,
    storage: S,
) -> Result<End, Failure> {
    match config.connectors {
        1 => run_with::<1, S>(config, evse, operator, log, traffic, storage),
        2 => run_with::<2, S>(config, evse, operator, log, traffic, storage),
        3 => run_with::<3, S>(config, evse, operator, log, traffic, storage),
        4 => run_with::<4, S>(config, evse, operator, log, traffic, storage),
        other => Err(format!("{other} connectors; 1 to 4 are possible").into()),
    }
}

fn run_with<const CONNECTORS: usize, S: Storage<Error: fmt::Display>>(
    config: &Config,
    evse: &Evse,
    operator: &mut dyn Operator,
    log: &Log,
    traffic: &Traffic,
    storage: S,
) -> Result<End, Failure> {
    let wires = evse.outlets().map(|(connector, outlet)| Wires::of(connector, outlet, config.connector_lock, log));
    #[cfg(feature = "signed-meter-values")]
    let signed_meters = SignedMeters::open(config, evse, log)?;
    #[cfg(feature = "signed-meter-values")]
    let wires = wires.map(|wires| wires.with_signed_meter(&signed_meters));
    let wires: Vec<Wires<'_>> = wires.collect();
    let reset = Cell::new(None);
    let reset_execute = |kind: ResetKind| reset.set(Some(kind));
    let answer = Cell::new(None);
    let answered = |outcome: Outcome<'_>| answer.set(Some(reply_of(outcome)));
    let update = Update::new(config, log);
    let update_wires = UpdateWires::of(&update);
    let diagnostics = Diagnostics::new(config, log);
    let upload = |request: &DiagnosticsRequest<'_>, file: &str| diagnostics.begin(request, file);
    let upload_status = || diagnostics.status();
    let file = format!("{}.log", config.file_name());
    let file_name = |_: &DiagnosticsRequest<'_>| Some(file.as_str());
    #[cfg(feature = "security")]
    let logs = Logs::new(config, log);
    #[cfg(feature = "security")]
    let certificates = CertificateStore::open(config, log)?;
    #[cfg(feature = "security")]
    let signed_update = SignedUpdate::new(log, &certificates, &update);
    let discarded = |message: &Discarded<'_>| log.note(&format!("given up: {message:?}"));

    let version = update::version(config);
    let mut resources = Resources::<CONNECTORS, ReceiveBuffer<RECEIVE, SendBuffer<SEND>>>::new();
    let mut ocpp = ChargePoint::new(&mut resources, boot_of(config, version.as_deref()))?;
    for (key, value) in config.factory_keys() {
        if let Err(refusal) = ocpp.set_factory_configuration(key, value) {
            log.note(&format!("{key}: {refusal}")); // the value may be secret
        }
    }
    for profile in config.left_out_profiles() {
        ocpp.leave_out(profile);
    }
    for wires in &wires {
        wires.attach(&mut ocpp)?;
    }
    ocpp.set_supply(Supply {
        voltage: config.nominal_voltage as u16,
        phases: 3,
        current: Decimal::tenths((config.max_current_a * 10.0) as i64),
    });
    update_wires.attach(&mut ocpp);
    ocpp.set_diagnostics_file_name_input(&file_name);
    ocpp.set_on_upload(&upload);
    ocpp.set_upload_status_input(&upload_status);
    ocpp.set_file_transfer_protocols(&[
        FileTransferProtocol::Http,
        FileTransferProtocol::Https,
        FileTransferProtocol::Ftp,
    ]);
    #[cfg(feature = "security")]
    {
        ocpp.set_log_upload(&logs);
        ocpp.set_certificates(&certificates);
        ocpp.set_firmware_verifier(&signed_update);
        ocpp.accept_unsigned_updates(config.accept_unsigned_updates);
    }
    ocpp.set_on_reset_execute(&reset_execute);
    ocpp.set_on_discarded(&discarded);
    ocpp.set_data_transfer_handler(data_transfers::handler())?;
    ocpp.set_rng(&random::number);

    Station {
        ocpp,
        storage,
        config,
        evse,
        operator,
        log,
        reset: &reset,
        reset_since: None,
        data_transfers: DataTransfers::new(&answer, &answered),
        #[cfg(feature = "security")]
        security_events: SecurityEvents::default(),
        #[cfg(feature = "security")]
        certificates: &certificates,
        #[cfg(feature = "signed-meter-values")]
        signed_meters: &signed_meters,
        update: &update,
        is_held_offline: false,
        connect_now: false,
        display: Display::new(),
    }
    .work(traffic)
}

fn boot_of<'b>(config: &'b Config, version: Option<&'b str>) -> Boot<'b> {
    let texts = &config.boot;
    let mut boot = Boot::new(&texts.charge_point_model, &texts.charge_point_vendor);
    if let Some(number) = &texts.charge_box_serial_number {
        boot = boot.charge_box_serial_number(number);
    }
    if let Some(number) = &texts.charge_point_serial_number {
        boot = boot.charge_point_serial_number(number);
    }
    if let Some(version) = version {
        boot = boot.firmware_version(version);
    }
    boot
}

struct Station<'a, 'o, S> {
    ocpp: ChargePoint<'a>,
    storage: S,
    config: &'o Config,
    evse: &'o Evse,
    operator: &'o mut dyn Operator,
    log: &'o Log,
    reset: &'o Cell<Option<ResetKind>>,
    /// When the charge point wanted to be restarted.
    reset_since: Option<Instant>,
    data_transfers: DataTransfers<'a>,
    #[cfg(feature = "security")]
    security_events: SecurityEvents,
    #[cfg(feature = "security")]
    certificates: &'o CertificateStore<'o>,
    #[cfg(feature = "signed-meter-values")]
    signed_meters: &'o SignedMeters<'o>,
    update: &'o Update<'o>,
    /// The operator has cut the line.
    is_held_offline: bool,
    /// The operator does not want to wait for the back-off.
    connect_now: bool,
    display: Display,
}

impl<S: Storage<Error: fmt::Display>> Station<'_, '_, S> {
    fn work(mut self, traffic: &Traffic) -> Result<End, Failure> {
        let end = self.stay_connected(traffic);
        self.data_transfers.end(self.operator);
        end
    }

    /// Connects again and again, and never leaves the charge point alone meanwhile.
    fn stay_connected(&mut self, traffic: &Traffic) -> Result<End, Failure> {
        let mut read_buffer = [0; 2 * RECEIVE];
        let mut write_buffer = [0; SEND + 64];
        let random = random::fill as fn(&mut [u8]);
        let link = WebSocket::new(&mut read_buffer, &mut write_buffer, random);
        let mut link = Traced::new(link, self.log, traffic);
        let mut give_up_at = Instant::NEVER;
        let mut was_connected = false;
        let end = loop {
            if let Some(end) = self.turn(&mut link)? {
                break end;
            }
            if was_connected != link.is_connected() {
                was_connected = link.is_connected();
                self.log.note(if was_connected { "connected" } else { "disconnected" });
            }
            if link.inner.is_over() {
                if self.is_connection_due() {
                    self.connect_now = false;
                    give_up_at = self.log.now() + CONNECT_TIMEOUT;
                    self.open(&mut link);
                }
            } else if self.is_held_offline {
                close(&mut link.inner, self.log);
            } else if !was_connected && self.log.now() >= give_up_at {
                link.inner.abandon(ConnectFailure::NoAnswer);
            }
        };
        if end != End::PowerCut {
            close(&mut link.inner, self.log);
        }
        Ok(end)
    }

    fn open(&mut self, link: &mut Traced<'_, Link<'_>>) {
        link.begin();
        #[cfg(feature = "security")]
        let access = Access::new(&self.ocpp, self.certificates);
        #[cfg(not(feature = "security"))]
        let access = Ok(Access::new(self.config));
        if let Err(error) = access.and_then(|access| open(&mut link.inner, self.config, &access)) {
            self.log.note(&format!("not connected: {error}"));
            self.ocpp.connect_failed(ConnectFailure::Other);
        }
    }

    fn is_connection_due(&self) -> bool {
        !self.is_held_offline && (self.connect_now || self.log.now() >= self.ocpp.connect_at())
    }

    /// One look at everything, and at most one command, so that each is in force before the next.
    fn turn<T: WebSocketTransport>(&mut self, transport: &mut T) -> Result<Option<End>, Failure> {
        let now = self.log.now();
        for (connector, outlet) in self.evse.outlets() {
            outlet.advance(now, self.ocpp.permits_charge(connector));
        }
        #[cfg(feature = "signed-meter-values")]
        self.signed_meters.advance(now, |connector| self.ocpp.transaction_id_tag(connector));
        match self.ocpp.poll(now, transport, &mut self.storage) {
            Ok(_) => {}
            Err(Error::Connect(why)) => self.log.note(&format!("not connected: {why}")),
            Err(Error::Transport(error)) => self.log.note(&format!("connection over: {error:?}")),
            #[cfg(feature = "security")]
            Err(error @ Error::Reconnect) => self.log.note(&format!("{error}")),
            Err(error @ Error::SendTimeout) => self.log.note(&format!("connection over: {error}")),
            Err(Error::Storage(error)) => self.log.note(&format!("flash failed: {error}")),
            Err(error) => return Err(format!("{error}").into()),
        }
        self.data_transfers.advance(&mut self.ocpp, self.operator);
        #[cfg(feature = "security")]
        self.security_events.advance(&mut self.ocpp);
        let state = view::state(&self.ocpp, self.config);
        self.display.show(now, &state, self.evse, self.config, self.log);
        self.operator.look(now, &self.ocpp);
        if self.is_reset_due(now) {
            return Ok(Some(End::Reset));
        }
        if self.update.is_restart_due(now) {
            return Ok(Some(End::Updated));
        }
        match self.operator.next(now, &state) {
            Order::Do(_, Command::CutPower) => return Ok(Some(End::PowerCut)),
            Order::Do(id, command) => self.carry_out(id, command, state),
            Order::Wait => sleep(PAUSE),
            Order::Leave => return Ok(Some(End::Left)),
        }
        Ok(None)
    }

    fn carry_out(&mut self, id: CommandId, command: Command, state: State) {
        match command {
            Command::PlugIn { connector } => self.at(connector, Outlet::plug_in),
            Command::PlugOut { connector } => self.at(connector, Outlet::plug_out),
            Command::EvReady { connector, ready } => self.at(connector, |outlet| outlet.set_ev_ready(ready)),
            Command::SetMeter { connector, wh, w, a } => self.at(connector, |outlet| outlet.set_meter(wh, w, a)),
            Command::Fault { connector, fault } => self.at(connector, |outlet| outlet.set_fault(fault)),
            Command::Swipe { id_tag, connectors } => self.swipe(&id_tag, connectors),
            Command::Disconnect => self.is_held_offline = true,
            Command::Connect => {
                self.is_held_offline = false;
                self.connect_now = !self.ocpp.is_connected();
            }
            Command::DataTransfer(request) => self.data_transfers.push(id, request),
            #[cfg(feature = "signed-meter-values")]
            Command::SignedMeter { connector, answer, delay } => match self.signed_meters.of(connector) {
                Some(meter) => meter.set_answer(answer, delay),
                None => self.log.note(&format!("connector {connector}: its meter does not sign")),
            },
            #[cfg(feature = "security")]
            Command::SecurityEvent(raise) => self.security_events.push(raise),
            Command::State => self.operator.reply(&id, json!(state)),
            Command::CutPower => {} // it was the end
            Command::Ask { action, payload } => {
                let answer = self.ask(&action, &payload).unwrap_or_else(|| json!({"status": "NotAnswered"}));
                self.operator.reply(&id, answer);
            }
            Command::Certificates => {
                #[cfg(feature = "security")]
                let all = self.certificates.shown(self.ocpp.is_connected());
                #[cfg(not(feature = "security"))]
                let all: [(); 0] = [];
                self.operator.reply(&id, json!({"certificates": all}));
            }
            Command::JamLock { connector, jammed } => self.at(connector, |outlet| outlet.jam_lock(jammed)),
            Command::SetKey { key, value } => {
                let reply = match self.ocpp.set_configuration(&key, &value) {
                    Ok(()) => json!({"status": "Accepted"}),
                    Err(refusal) => json!({"status": "Refused", "reason": refusal.to_string()}),
                };
                self.operator.reply(&id, reply);
            }
            Command::Reset(kind) => {
                for connector in 1..=self.config.connectors {
                    let _ = self.ocpp.end_transaction(None, Reason::Reboot, connector); // there may be none
                }
                self.reset.set(Some(kind));
            }
        }
    }

    /// Puts a call to the charge point as the central system might. It goes over no wire, so it works offline, too.
    fn ask(&mut self, action: &str, payload: &Value) -> Option<Value> {
        let call = json!([2, "0", action, payload]).to_string();
        let Ok(Frame::Call { action, payload, .. }) = scan(call.as_bytes()) else { return None };
        let (now, online) = (self.log.now(), self.ocpp.is_connected());
        let mut operations = self.ocpp.poll_operations(now, online, &mut self.storage).ok()?;
        let mut buffer = [0; RECEIVE];
        let mut answer = Composer::new(&mut buffer, 0);
        match operations.handle_call(now, &Call { action, payload }, &mut answer) {
            Ok(Reply::Now) => serde_json::from_slice(answer.written(0)).ok(),
            _ => None,
        }
    }

    fn at(&self, connector: u8, action: impl FnOnce(&Outlet)) {
        if let Some(outlet) = self.evse.outlet(connector) {
            action(outlet);
        }
    }

    /// A card ends the session that it began, or else begins one: best where a cable waits for it. Where all connectors
    /// are in use it may still end the session of another card, one of its group.
    fn swipe(&mut self, id_tag: &str, mut connectors: Vec<u8>) {
        let began = |tag: &str| tag.eq_ignore_ascii_case(id_tag);
        if let Some(own) = connectors.iter().find(|own| self.ocpp.transaction_id_tag(**own).is_some_and(began)) {
            self.end(id_tag, *own);
            return;
        }
        connectors.sort_by_key(|connector| !self.has_cable(*connector));
        if !connectors.iter().any(|connector| self.begin(id_tag, *connector)) {
            connectors.iter().any(|connector| self.end(id_tag, *connector));
        }
    }

    fn has_cable(&self, connector: u8) -> bool {
        self.ocpp.locks_cable(connector) || self.evse.outlet(connector).is_some_and(Outlet::is_plugged)
    }

    /// Whether a session may have begun.
    fn begin(&mut self, id_tag: &str, connector: u8) -> bool {
        let begun = self.ocpp.begin_transaction(id_tag, connector);
        begun.inspect_err(|error| self.log.note(&format!("{id_tag} on connector {connector}: {error}"))).is_ok()
    }

    /// Whether a session may end.
    fn end(&mut self, id_tag: &str, connector: u8) -> bool {
        let ended = self.ocpp.end_transaction(Some(id_tag), Reason::Local, connector);
        ended.inspect_err(|error| self.log.note(&format!("{id_tag} on connector {connector}: {error}"))).is_ok()
    }

    fn is_reset_due(&mut self, now: Instant) -> bool {
        let Some(kind) = self.reset.get() else { return false };
        let since = *self.reset_since.get_or_insert_with(|| {
            self.log.note(&format!("{kind} reset"));
            now
        });
        let is_told = self.ocpp.waiting_messages() == 0 && now.since(since) >= RESET_PAUSE;
        is_told || !self.ocpp.is_connected() || now.since(since) >= RESET_PATIENCE
    }
}
