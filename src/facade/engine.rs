use super::Missing;
#[cfg(feature = "async")]
use super::panel::Back;
use crate::log::info;
use crate::ocpp16::{Exchange, Promised};
use crate::rpc::{Backoff, Handler, Inflow, Part, Rpc};
use crate::station::{CallName, PLAIN_LEN_MAX, Station};
use crate::store::{Scratch, Storage, StorageOp, StorageResult};
use crate::time::{Duration, Instant};
use crate::transport::{ConnectFailure, Received, send_timeout};

/// RPC and station side by side, without their buffers: what both drivers drive.
pub(super) struct Engine<'a> {
    pub(super) station: Station<'a>,
    pub(super) promised: Promised,
    pub(super) rpc: Rpc<CallName>,
    /// A message that is longer than the receive buffer, while it comes in.
    pub(super) inflow: Inflow,
    pub(super) backoff: Backoff,
    /// The time of the last tick, for what the firmware does between two.
    pub(super) now: Instant,
    /// Nothing waits to be stored or sent until something happens.
    pub(super) settled: bool,
    /// Something has happened since the station had nothing for the device to do.
    pub(super) asks_device: bool,
    /// Nothing is due before, as far as is known.
    wake: Instant,
    /// When the transport must have taken the part that it is offered. [`Instant::NEVER`] while it is offered none.
    pub(super) send_deadline: Instant,
    pub(super) bytes_written: u64,
    pub(super) on_connect_failed: Option<&'a dyn Fn(ConnectFailure)>,
    /// Where other threads of execution leave what they want.
    #[cfg(feature = "async")]
    pub(super) panel: Option<&'a dyn Back>,
    complete: bool,
    epoch_known: bool,
}

impl<'a> Engine<'a> {
    pub(super) fn new(station: Station<'a>) -> Self {
        Self {
            station,
            promised: Promised::default(),
            rpc: Rpc::new(0),
            inflow: Inflow::new(),
            backoff: Backoff::new(),
            now: Instant::ZERO,
            settled: false,
            asks_device: true,
            wake: Instant::ZERO,
            send_deadline: Instant::NEVER,
            bytes_written: 0,
            on_connect_failed: None,
            #[cfg(feature = "async")]
            panel: None,
            complete: false,
            epoch_known: false,
        }
    }

    /// Whether every required input and output is there; the first that is not, if not.
    pub(super) fn complete(&mut self) -> Result<(), Missing> {
        if self.complete {
            return Ok(());
        }
        let station = &self.station;
        let has_meter = |id: &u8| station.core.connector(*id).is_some_and(|connector| connector.has_energy_meter());
        if let Some(connector) = station.core.connector_ids().find(|id| !has_meter(id)) {
            return Err(Missing::EnergyMeterInput(connector));
        }
        if station.core.common.outputs.cannot_reset() {
            return Err(Missing::ResetOutput);
        }
        self.station.announce_hardware();
        self.complete = true;
        Ok(())
    }

    /// Reads the inputs, and runs what is due.
    pub(super) fn tick(&mut self, now: Instant, record: &mut Scratch<'a>) {
        self.now = now;
        self.station.core.read_inputs(now);
        #[cfg(feature = "async")]
        if let Some(panel) = self.panel {
            panel.look_at(now, &mut self.station);
        }
        if now < self.wake && !self.station.core.common.agenda.has_news() {
            return;
        }
        if now >= self.rpc.next_deadline() {
            let mut exchange = Exchange { station: &mut self.station, promised: &mut self.promised, record };
            self.rpc.tick(now, &mut exchange);
            self.unsettle();
        }
        self.advance();
    }

    /// The station, for the firmware to say something to it.
    pub(super) fn change(&mut self) -> &mut Station<'a> {
        self.station.core.common.agenda.look_again();
        &mut self.station
    }

    /// Lets the station look at what has happened since the tick.
    pub(super) fn advance(&mut self) {
        if self.station.advance(self.now) {
            self.unsettle();
            #[cfg(feature = "async")]
            if let Some(panel) = self.panel {
                panel.light(&self.station);
            }
        }
        if !self.epoch_known && self.station.core.common.is_recovered() {
            self.epoch_known = true;
            self.rpc.set_epoch(self.station.core.common.call_epoch());
        }
    }

    /// Something has happened: there may be something to store or to send.
    fn unsettle(&mut self) {
        self.asks_device = true;
        self.settled = false;
        self.wake = Instant::ZERO;
    }

    /// Until an input changes or the time comes that this returns, there is nothing to do but to wait for the transport.
    pub(super) fn next_wake(&mut self) -> Instant {
        if !self.settled {
            return self.next_deadline();
        }
        if self.wake == Instant::ZERO {
            self.wake = self.next_deadline();
        }
        self.wake
    }

    pub(super) fn next_deadline(&self) -> Instant {
        self.station.core.common.agenda.next_deadline().min(self.rpc.next_deadline()).min(self.send_deadline)
    }

    /// The next operation on the storage device. While the pages of a message lie in the record buffer, only what these want.
    pub(super) fn storage_op(&mut self, record: &mut Scratch<'a>) -> Option<StorageOp> {
        if self.rpc.is_composing() {
            return self.station.core.page_op(self.now, record);
        }
        if !self.asks_device {
            return None;
        }
        let op = self.station.storage_op(self.now, record);
        self.asks_device = op.is_some();
        op
    }

    /// The operation is done, or has failed.
    pub(super) fn storage_done<S: Storage>(
        &mut self,
        result: Option<StorageResult>,
        storage: &S,
        record: &mut Scratch<'a>,
    ) {
        self.unsettle();
        if self.bytes_written != storage.bytes_written() {
            self.bytes_written = storage.bytes_written();
        }
        let room = storage.room(PLAIN_LEN_MAX);
        self.station.storage_done(self.now, result.ok_or(()), room, record);
    }

    /// A call waits for the device only: it is looked at again before anything else.
    pub(super) fn is_holding(&self) -> bool {
        self.rpc.is_holding() && self.station.core.common.wants_device()
            || self.rpc.is_composing() && self.station.core.wants_page(self.now)
    }

    #[inline(always)] // asked at each turn, and nearly always told nothing new
    pub(super) fn set_connected(&mut self, connected: bool, record: &mut Scratch<'a>) {
        if connected != self.rpc.is_connected() {
            self.link_changed(connected, record);
        }
    }

    #[inline(never)]
    fn link_changed(&mut self, connected: bool, record: &mut Scratch<'a>) {
        self.unsettle();
        self.send_deadline = Instant::NEVER;
        if connected {
            info!("connected");
            self.rpc.connected();
            self.station.set_online(self.now, true);
        } else {
            info!("connection lost");
            let mut exchange = Exchange { station: &mut self.station, promised: &mut self.promised, record };
            self.inflow.cut(&mut exchange);
            self.rpc.disconnected(self.now, &mut exchange);
            self.station.set_online(self.now, false);
            self.promised = Promised::default();
            self.back_off();
        }
    }

    pub(super) fn connect_failed(&mut self, why: ConnectFailure) {
        let now = self.now;
        self.back_off();
        let station = self.change();
        station.security.connect_failed(&mut station.core.common, now, why);
        if let Some(tell) = self.on_connect_failed {
            tell(why);
        }
    }

    fn back_off(&mut self) {
        let random = self.station.core.common.outputs.random();
        self.backoff.failed(self.now, random);
    }

    /// What the transport has put into the receive buffer, behind what was to be [kept](Inflow::kept) there.
    pub(super) fn receive(
        &mut self,
        received: Received,
        receive: &mut [u8],
        send: &mut [u8],
        record: &mut Scratch<'a>,
    ) {
        self.unsettle();
        self.backoff.succeeded();
        let dropped = self.rpc.statistics().dropped;
        let mut exchange = Exchange { station: &mut self.station, promised: &mut self.promised, record };
        let Some(received) = self.inflow.take_in(&mut exchange, received, receive) else { return };
        self.rpc.receive(self.now, &mut exchange, received, receive, send);
        if !self.rpc.is_holding() {
            exchange.drop_long(); // unless it was taken over
        }
        if self.rpc.statistics().dropped != dropped {
            let now = self.now;
            let station = self.change();
            station.security.message_dropped(&mut station.core.common, now);
        }
    }

    pub(super) fn transmit(&mut self, receive: &[u8], send: &mut [u8], record: &mut Scratch<'a>) -> Option<Part> {
        self.asks_device |= self.rpc.is_holding();
        self.rpc.set_timeout(Duration::from_secs(self.station.core.common.message_timeout_s()));
        let mut exchange = Exchange { station: &mut self.station, promised: &mut self.promised, record };
        let part = self.rpc.transmit(self.now, &mut exchange, receive, send)?;
        if self.send_deadline == Instant::NEVER {
            self.send_deadline = self.now + send_timeout(self.station.core.common.ping_interval_s());
        }
        Some(part)
    }

    /// What leaves gives the device nothing to do.
    pub(super) fn transmitted(&mut self) {
        self.settled = false;
        self.wake = Instant::ZERO;
        self.send_deadline = Instant::NEVER;
        if let Some(CallName::Authorize(id)) = self.rpc.transmitted(self.now) {
            self.station.core.authorize_sent(self.now, id);
        }
    }
}
