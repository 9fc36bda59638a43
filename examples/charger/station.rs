//! The loop: polls the charge point, keeps it connected, and does what the operator wants.

use crate::command::{Command, CommandId, ConnectorState, DataTransfer, Journal, Operator, Order, State, Transaction};
use crate::config::Config;
use crate::evse::{Evse, Outlet, Wires};
use crate::random;
use crate::socket::Socket;
use crate::trace::{Log, Traced, Traffic};
use embedded_ocpp::facade::{ChargePoint, Error, Resources};
use embedded_ocpp::json::Serde;
use embedded_ocpp::ocpp16::{Boot, ChargePointStatus, Discarded, Reason, ResetKind, TxNotification, UnlockResult};
use embedded_ocpp::ocpp16::{DataTransfer as Request, DataTransferHandler, DataTransferReply, DataTransferStatus};
use embedded_ocpp::rpc::Outcome;
use embedded_ocpp::store::DirectoryStorage;
use embedded_ocpp::time::{Duration, Instant};
use embedded_ocpp::transport::websocket::{Options, WebSocket};
use embedded_ocpp::transport::{Loopback, WebSocketTransport};
use serde_json::{Value, json};
use std::cell::Cell;
use std::collections::VecDeque;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::thread::sleep;

/// Why the charge point stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The operator wants it.
    Left,
    Reset,
}

type Failure = Box<dyn std::error::Error>;

/// Between two looks at everything.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(5);
/// For the connection and the handshake.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// For the closing handshake.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(300);
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
    let wires: Vec<Wires<'_>> = evse.outlets().map(|(_, outlet)| Wires::of(outlet)).collect();
    let displays: Vec<_> = evse
        .outlets()
        .map(|(connector, _)| {
            move |event: TxNotification| log.note(&format!("connector {connector}: {}", text_of(event)))
        })
        .collect();
    let reset = Cell::new(None);
    let reset_execute = |kind: ResetKind| reset.set(Some(kind));
    let answer = Cell::new(None);
    let answered = |outcome: Outcome<'_>| answer.set(Some(reply_of(outcome)));
    let discarded = |message: &Discarded<'_>| log.note(&format!("given up: {message:?}"));

    let mut resources = Resources::<CONNECTORS>::new();
    let mut ocpp = ChargePoint::new(&mut resources, boot_of(config))?;
    for (key, value) in config.factory_keys() {
        if let Err(refusal) = ocpp.set_factory_configuration(key, value) {
            log.note(&format!("{key} = {value}: {refusal}"));
        }
    }
    for ((connector, wires), display) in (1..).zip(&wires).zip(&displays) {
        wires.attach(&mut ocpp, connector)?;
        if config.connector_lock {
            ocpp.set_on_unlock_connector(&|| UnlockResult::Unlocked, connector)?;
        }
        ocpp.set_tx_notification_output(display, connector)?;
    }
    ocpp.set_on_reset_execute(&reset_execute);
    ocpp.set_on_discarded(&discarded);
    let message_id = Some("Hello");
    ocpp.set_data_transfer_handler(DataTransferHandler {
        vendor_id: "com.example.charger",
        message_id,
        handle: &hello,
    })?;
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
        answer: &answer,
        answered: &answered,
        data_transfers: VecDeque::new(),
        asked: None,
        is_held_offline: false,
        connect_now: false,
        shown: State { online: false, connectors: Vec::new(), journal: Journal { waiting: 0 } },
        energy_shown_at: Instant::ZERO,
    }
    .work(traffic)
}

/// A DataTransfer that this charge point understands.
fn hello<'r>(_: &Request<'_>) -> DataTransferReply<'r> {
    DataTransferReply { status: DataTransferStatus::Accepted, data: Some("hello") }
}

fn boot_of(config: &Config) -> Boot<'_> {
    let texts = &config.boot;
    let mut boot = Boot::new(&texts.charge_point_model, &texts.charge_point_vendor);
    if let Some(number) = &texts.charge_box_serial_number {
        boot = boot.charge_box_serial_number(number);
    }
    if let Some(number) = &texts.charge_point_serial_number {
        boot = boot.charge_point_serial_number(number);
    }
    if let Some(version) = &texts.firmware_version {
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
    /// What came of the DataTransfer under way.
    answer: &'o Cell<Option<Value>>,
    answered: &'a dyn Fn(Outcome<'_>),
    data_transfers: VecDeque<(CommandId, DataTransfer)>,
    /// Who waits for the DataTransfer under way.
    asked: Option<CommandId>,
    /// The operator has cut the line.
    is_held_offline: bool,
    /// The operator does not want to wait for the back-off.
    connect_now: bool,
    shown: State,
    energy_shown_at: Instant,
}

impl Station<'_, '_> {
    /// Connects again and again, and never leaves the charge point alone meanwhile.
    fn work(mut self, traffic: &Traffic) -> Result<End, Failure> {
        let mut read_buffer = [0; 4096];
        let mut write_buffer = [0; 2112];
        let (config, log) = (self.config, self.log);
        loop {
            while !self.is_connection_due() {
                if let Some(end) = self.turn(&mut nowhere())? {
                    return Ok(end);
                }
            }
            self.connect_now = false;
            let deadline = log.now() + CONNECT_TIMEOUT;
            let mut opening = pin!(open(config, &mut read_buffer, &mut write_buffer));
            let opened = loop {
                if let Poll::Ready(opened) = poll_once(&mut opening) {
                    break opened;
                }
                if self.is_held_offline || log.now() >= deadline {
                    break Err("no connection in time".into());
                }
                if let Some(end) = self.turn(&mut nowhere())? {
                    return Ok(end);
                }
            };
            let mut link = match opened {
                Ok(link) => Traced::new(link, log, traffic),
                Err(error) => {
                    log.note(&format!("not connected: {error}"));
                    self.ocpp.connect_failed();
                    continue;
                }
            };
            log.note("connected");
            let end = loop {
                let end = self.turn(&mut link)?;
                if end.is_some() || self.is_held_offline || !link.is_connected() {
                    break end;
                }
            };
            close(link.into_inner(), log);
            log.note("disconnected");
            if let Some(end) = end {
                return Ok(end);
            }
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
            Err(Error::Transport(error)) => self.log.note(&format!("connection over: {error:?}")),
            Err(Error::Storage(error)) => self.log.note(&format!("flash failed: {error}")),
            Err(error) => return Err(format!("{error}").into()),
        }
        self.transfer_data();
        let state = self.state();
        self.show(now, &state);
        if self.is_reset_due(now) {
            return Ok(Some(End::Reset));
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
            Command::DataTransfer(request) => self.data_transfers.push_back((id, request)),
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

    /// Sends one DataTransfer after the other, and tells how each ended.
    fn transfer_data(&mut self) {
        if let (Some(id), Some(answer)) = (&self.asked, self.answer.take()) {
            self.operator.reply(id, answer);
            self.asked = None;
        }
        if self.asked.is_some() {
            return;
        }
        let Some((id, request)) = self.data_transfers.pop_front() else { return };
        if !self.ocpp.is_connected() {
            self.operator.reply(&id, json!({"status": "Offline"}));
            return;
        }
        match self.ocpp.send_request("DataTransfer", &Serde(&request), Some(self.answered)) {
            Ok(()) => self.asked = Some(id),
            Err(error) => self.operator.reply(&id, json!({"status": "NotSent", "reason": error.to_string()})),
        }
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

    fn state(&self) -> State {
        let connector = |id| {
            let transaction = self.ocpp.transaction(id);
            ConnectorState {
                connector: id,
                status: self.ocpp.charge_point_status(id).map_or("", ChargePointStatus::as_str),
                transaction: transaction.map(|view| Transaction { id_tag: view.id_tag.into(), id: view.id }),
                permits_charge: self.ocpp.permits_charge(id),
                limit_a: None,
            }
        };
        State {
            online: self.ocpp.is_connected() && self.ocpp.is_accepted(),
            connectors: (0..=self.config.connectors).map(connector).collect(),
            journal: Journal { waiting: self.ocpp.waiting_messages() },
        }
    }

    /// Shows each connector that has changed, and once a second the energy that flows.
    fn show(&mut self, now: Instant, state: &State) {
        let energy_due = now.since(self.energy_shown_at) >= Duration::from_secs(1);
        if energy_due {
            self.energy_shown_at = now;
        }
        for connector in state.connectors.iter().skip(1) {
            let Some(outlet) = self.evse.outlet(connector.connector) else { continue };
            let is_known = self.shown.connectors.contains(connector);
            if !is_known || energy_due && outlet.power() > 0 {
                let permission = if connector.permits_charge { "may charge" } else { "no charge" };
                let transaction = match &connector.transaction {
                    Some(Transaction { id_tag, id: Some(id) }) => format!("transaction {id} of {id_tag}"),
                    Some(Transaction { id_tag, id: None }) => format!("session of {id_tag}"),
                    None => String::new(),
                };
                self.log.note(&format!(
                    "connector {}: {:<13} {:>6} Wh  {:>5.1} kW  {permission}, limit {} A  {transaction}",
                    connector.connector,
                    connector.status,
                    outlet.energy(),
                    outlet.power() as f64 / 1000.0,
                    connector.limit_a.unwrap_or(self.config.max_current_a),
                ));
            }
        }
        self.shown.clone_from(state);
    }
}

type Link<'b> = WebSocket<'b, Socket, fn(&mut [u8])>;

async fn open<'b>(config: &Config, read: &'b mut [u8], write: &'b mut [u8]) -> Result<Link<'b>, Failure> {
    let endpoint = config.endpoint()?;
    let socket = Socket::connect(endpoint.address).await?;
    let options = Options::new(endpoint.host, endpoint.path, endpoint.identity);
    let options = match config.password() {
        Some(password) => options.with_password(password.as_bytes()),
        None => options,
    };
    Ok(WebSocket::connect(socket, &options, read, write, random::fill as fn(&mut [u8])).await?)
}

/// Takes leave of the central system, if it has a moment.
fn close(link: Link<'_>, log: &Log) {
    let deadline = log.now() + CLOSE_TIMEOUT;
    let mut closing = pin!(link.close());
    while poll_once(&mut closing).is_pending() && log.now() < deadline {
        sleep(PAUSE);
    }
}

/// The transport while there is no connection.
fn nowhere() -> Loopback<1> {
    Loopback::new()
}

fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    std::pin::Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

fn reply_of(outcome: Outcome<'_>) -> Value {
    match outcome {
        Outcome::Result(payload) => {
            serde_json::from_str(payload).unwrap_or_else(|_| json!({"status": "NotUnderstood"}))
        }
        Outcome::Error { code, description } => json!({
            "status": "CallError",
            "error_code": code.chars().collect::<String>(),
            "description": description.chars().collect::<String>(),
        }),
        Outcome::TimedOut { .. } => json!({"status": "TimedOut"}),
        Outcome::LinkLost => json!({"status": "LinkLost"}),
        _ => json!({"status": "Failed"}),
    }
}

fn text_of(event: TxNotification) -> &'static str {
    match event {
        TxNotification::Authorized => "card accepted",
        TxNotification::AuthorizationRejected => "card refused",
        TxNotification::AuthorizationTimeout => "nobody knows this card",
        TxNotification::ConnectionTimeout => "no EV came",
        TxNotification::DeAuthorized => "card refused after all",
        TxNotification::RemoteStart => "started from afar",
        TxNotification::RemoteStop => "stopped from afar",
        TxNotification::StartTx => "transaction started",
        TxNotification::StopTx => "transaction stopped",
        _ => "something new",
    }
}
