//! The loop: polls the charge point, keeps it connected, and does what the operator wants.

use crate::command::{Command, CommandId, Operator, Order, State};
use crate::config::Config;
use crate::connection::{CONNECT_TIMEOUT, Link, close, open};
use crate::data_transfers::{self, DataTransfers, reply_of};
use crate::diagnostics::Diagnostics;
use crate::evse::{Evse, Outlet, Wires};
use crate::random;
use crate::trace::{Log, Traced, Traffic};
use crate::update::{self, Update, UpdateWires};
use crate::view::{self, Display};
use embedded_ocpp::facade::{ChargePoint, Error, Resources};
use embedded_ocpp::json::Decimal;
use embedded_ocpp::ocpp16::{Boot, DiagnosticsRequest, Discarded, FileTransferProtocol, Reason, ResetKind, Supply};
use embedded_ocpp::rpc::Outcome;
use embedded_ocpp::store::DirectoryStorage;
use embedded_ocpp::time::{Duration, Instant};
use embedded_ocpp::transport::websocket::WebSocket;
use embedded_ocpp::transport::{ConnectFailure, WebSocketTransport};
use serde_json::json;
use std::cell::Cell;
use std::thread::sleep;

/// Why the charge point stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The operator wants it.
    Left,
    Reset,
    /// A new firmware is to run.
    Updated,
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

/// Runs the charge point from its start to its end.
pub(crate) fn run(
    config: &Config,
    evse: &Evse,
    operator: &mut dyn Operator,
    log: &Log,
    traffic: &Traffic,
) -> Result<End, Failure> {
    match config.connectors {
        1 => run_with::<1>(config, evse, operator, log, traffic),
        2 => run_with::<2>(config, evse, operator, log, traffic),
        3 => run_with::<3>(config, evse, operator, log, traffic),
        4 => run_with::<4>(config, evse, operator, log, traffic),
        other => Err(format!("{other} connectors; 1 to 4 are possible").into()),
    }
}

fn run_with<const CONNECTORS: usize>(
    config: &Config,
    evse: &Evse,
    operator: &mut dyn Operator,
    log: &Log,
    traffic: &Traffic,
) -> Result<End, Failure> {
    let wires: Vec<Wires<'_>> =
        evse.outlets().map(|(connector, outlet)| Wires::of(connector, outlet, config.connector_lock, log)).collect();
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
    let discarded = |message: &Discarded<'_>| log.note(&format!("given up: {message:?}"));

    let version = update::version(config);
    let mut resources = Resources::<CONNECTORS, RECEIVE, SEND>::new();
    let mut ocpp = ChargePoint::new(&mut resources, boot_of(config, version.as_deref()))?;
    for (key, value) in config.factory_keys() {
        if let Err(refusal) = ocpp.set_factory_configuration(key, value) {
            log.note(&format!("{key} = {value}: {refusal}"));
        }
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
    ocpp.set_on_reset_execute(&reset_execute);
    ocpp.set_on_discarded(&discarded);
    ocpp.set_data_transfer_handler(data_transfers::handler())?;
    ocpp.set_rng(&random::number);

    Station {
        ocpp,
        storage: DirectoryStorage::open(&config.data_dir)?,
        config,
        evse,
        operator,
        log,
        reset: &reset,
        reset_since: None,
        data_transfers: DataTransfers::new(&answer, &answered),
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

struct Station<'a, 'o> {
    ocpp: ChargePoint<'a>,
    storage: DirectoryStorage,
    config: &'o Config,
    evse: &'o Evse,
    operator: &'o mut dyn Operator,
    log: &'o Log,
    reset: &'o Cell<Option<ResetKind>>,
    /// When the charge point wanted to be restarted.
    reset_since: Option<Instant>,
    data_transfers: DataTransfers<'a>,
    update: &'o Update<'o>,
    /// The operator has cut the line.
    is_held_offline: bool,
    /// The operator does not want to wait for the back-off.
    connect_now: bool,
    display: Display,
}

impl Station<'_, '_> {
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
        close(&mut link.inner, self.log);
        Ok(end)
    }

    fn open(&mut self, link: &mut Traced<'_, Link<'_>>) {
        link.begin();
        if let Err(error) = open(&mut link.inner, self.config) {
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
        match self.ocpp.poll(now, transport, &mut self.storage) {
            Ok(_) => {}
            Err(Error::Connect(why)) => self.log.note(&format!("not connected: {why}")),
            Err(Error::Transport(error)) => self.log.note(&format!("connection over: {error:?}")),
            Err(error @ Error::SendTimeout) => self.log.note(&format!("connection over: {error}")),
            Err(Error::Storage(error)) => self.log.note(&format!("flash failed: {error}")),
            Err(error) => return Err(format!("{error}").into()),
        }
        self.data_transfers.advance(&mut self.ocpp, self.operator);
        let state = view::state(&self.ocpp, self.config);
        self.display.show(now, &state, self.evse, self.config, self.log);
        if self.is_reset_due(now) {
            return Ok(Some(End::Reset));
        }
        if self.update.is_restart_due(now) {
            return Ok(Some(End::Updated));
        }
        match self.operator.next(now, &state) {
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
            Command::State => self.operator.reply(&id, json!(state)),
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
