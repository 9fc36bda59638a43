//! One charger: a charge point on its flash and its socket, life after life.

use super::Fleet;
use super::chaos::{Chaos, LinkFailure};
use super::flash::{JOURNAL, SETTINGS};
use super::link::Link;
use super::outlet::Wires;
use super::site::{CONNECTORS, Site};
use super::tally::Look;
use super::visitor::Visitors;
use super::wire::{Socket, Wire};
use embedded_ocpp::facade::capacity::{ReceiveBuffer, SendBuffer};
use embedded_ocpp::facade::{Error, Resources};
use embedded_ocpp::ocpp16::{Boot, ConnectorId, Discarded, ResetKind, TxNotification};
use embedded_ocpp::store::FlashStorage;
use embedded_ocpp::time::Duration;
use embedded_ocpp::transport::{ConnectFailure, WebSocketTransport};
use embedded_ocpp::{ChargePoint, Instant};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use tokio::task::yield_now;
use tokio::time::sleep_until;

/// The longest message that comes in, and the longest piece of one that goes out: the defaults of the crate.
const RECEIVE: usize = 2048;
const SEND: usize = 1536;
/// For one that the server's TCP takes nothing of.
const STUCK: Duration = Duration::from_millis(50);
/// For the closing handshake.
const FAREWELL: Duration = Duration::from_secs(2);

/// Why a life ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    PowerCut,
    Reset,
    /// The day is over, and all is delivered.
    Done,
}

/// What the charge point has said in one poll: the connector, its register, and whether a transaction began or ended.
pub(crate) type Events = RefCell<Vec<(ConnectorId, i64, TxNotification)>>;

/// Runs the charger from its start to the end of the day.
pub(crate) async fn run(fleet: Rc<Fleet>, site: Rc<Site>, mut visitors: [Visitors; CONNECTORS], mut chaos: Chaos) {
    loop {
        fleet.tally.boots.add(1);
        let end = live(&fleet, &site, &mut visitors, &mut chaos).await;
        site.outlets.iter().for_each(|outlet| outlet.set_contactor(false));
        site.ledger.borrow_mut().power_failed();
        match end {
            End::Done => return site.look.set(Look::Done),
            End::Reset => {}
            End::PowerCut => {
                fleet.tally.power_cuts.add(1);
                site.look.set(Look::Dark);
                let now = fleet.clock.now();
                sleep_until(fleet.clock.real(now + chaos.outage(now))).await;
                site.power.restore();
            }
        }
    }
}

async fn live(fleet: &Fleet, site: &Site, visitors: &mut [Visitors; CONNECTORS], chaos: &mut Chaos) -> End {
    let events = Events::default();
    let wires: [Wires<'_>; CONNECTORS] = std::array::from_fn(|index| Wires {
        connector: index as ConnectorId + 1,
        outlet: &site.outlets[index],
        events: &events,
    });
    let reset = Cell::new(false);
    let on_reset = |_: ResetKind| reset.set(true);
    let on_discarded = |_: &Discarded<'_>| fleet.tally.given_up.add(1);
    let random = || site.draw();
    // Not in the future itself, which is moved before it is pinned.
    let mut resources = Box::new(Resources::<CONNECTORS, ReceiveBuffer<RECEIVE, SendBuffer<SEND>>>::new());
    let mut read = vec![0; RECEIVE + 64];
    let mut write = vec![0; SEND + 8];
    let boot = Boot::new("Fleet", "embedded-ocpp").charge_box_serial_number(&site.identity);
    let mut ocpp = ChargePoint::new(&mut resources, boot).expect("short texts");
    for wires in &wires {
        ocpp.set_hardware(wires, wires.connector).expect("a connector");
    }
    ocpp.set_on_reset_execute(&on_reset);
    ocpp.set_on_discarded(&on_discarded);
    ocpp.set_rng(&random);
    ocpp.resume_transactions(site.number.is_multiple_of(2)); // one half of them, so that both ways are seen
    ocpp.set_factory_configuration("MeterValueSampleInterval", "60").expect("a key of OCPP");

    let life = Life {
        fleet,
        site,
        ocpp,
        storage: FlashStorage::new(&site.flash, SETTINGS, JOURNAL).expect("ranges of whole pages"),
        link: Link::new(&mut read, &mut write, &fleet.tally),
        wire: None,
        events: &events,
        reset: &reset,
    };
    life.last(visitors, chaos).await
}

/// What one life consists of.
struct Life<'a> {
    fleet: &'a Fleet,
    site: &'a Site,
    ocpp: ChargePoint<'a>,
    storage: FlashStorage<&'a super::flash::Flash>,
    link: Link<'a>,
    /// The socket of the link, to sleep on.
    wire: Option<Rc<Wire>>,
    events: &'a Events,
    reset: &'a Cell<bool>,
}

impl Life<'_> {
    async fn last(mut self, visitors: &mut [Visitors; CONNECTORS], chaos: &mut Chaos) -> End {
        loop {
            let now = self.fleet.clock.now();
            chaos.strike(now, &self.site.power);
            match chaos.link_failure(now) {
                Some(LinkFailure::Now) => self.cut_link(),
                Some(LinkFailure::AfterMessage) => self.link.is_doomed = true,
                None => {}
            }
            for (visitors, outlet) in visitors.iter_mut().zip(&self.site.outlets) {
                outlet.advance(now);
                visitors.act(now, &mut self.ocpp, outlet, &mut self.site.ledger.borrow_mut());
            }
            let mut next = self.poll(now);
            self.keep_books();
            if self.site.power.is_cut() {
                return End::PowerCut;
            }
            if self.reset.get() {
                return End::Reset;
            }
            if visitors.iter().all(|visitors| visitors.are_gone(now)) && self.is_all_told() {
                self.take_leave().await;
                return End::Done;
            }
            self.connect(now, chaos, &mut next);
            next = visitors.iter().map(Visitors::next).fold(next, Instant::min).min(chaos.next(now));
            next = self.site.outlets.iter().map(|outlet| outlet.full_at()).fold(next, Instant::min);
            self.rest(now, next).await;
        }
    }

    /// Lets the charge point work. Returns when it wants to work again.
    fn poll(&mut self, now: Instant) -> Instant {
        let polled = self.ocpp.poll(now, &mut self.link, &mut self.storage);
        for (connector, outlet) in (1..).zip(&self.site.outlets) {
            outlet.set_contactor(self.ocpp.permits_charge(connector) && !self.site.power.is_cut());
        }
        match polled {
            Ok(next) => next,
            Err(Error::Storage(_)) if !self.site.power.is_cut() => {
                self.fleet.tally.flash_failures.add(1);
                now + Duration::from_secs(1)
            }
            Err(_) => now, // the link is over, and there is a back-off now
        }
    }

    /// Notes what the charge point has said, and what it does not say: how a transaction ended that it found on its flash.
    fn keep_books(&mut self) {
        let mut ledger = self.site.ledger.borrow_mut();
        for (connector, register, event) in self.events.borrow_mut().drain(..) {
            match event {
                TxNotification::StartTx => {
                    self.fleet.tally.sessions.add(1);
                    ledger.started(connector, self.ocpp.transaction_id_tag(connector), register);
                }
                TxNotification::StopTx => ledger.stopped(connector, register),
                _ => {}
            }
        }
        let mut look = if self.link.is_connected() { Look::Idle } else { Look::Offline };
        self.site.waiting.set(self.ocpp.waiting_messages());
        if self.site.power.is_cut() || !self.ocpp.is_recovered() {
            return;
        }
        for (connector, outlet) in (1..).zip(&self.site.outlets) {
            let is_running = self.ocpp.transaction(connector).is_some_and(|view| view.is_running);
            match (ledger.is_running(connector), is_running) {
                (true, false) => ledger.stopped(connector, outlet.register()),
                (false, true) => {
                    ledger.started(connector, self.ocpp.transaction_id_tag(connector), outlet.register());
                }
                _ => {}
            }
            if look != Look::Offline && look != Look::Charging {
                look = outlet.look().unwrap_or(look);
            }
        }
        self.site.look.set(look);
    }

    /// Whether the central system knows this charge point, and all that there is to know.
    fn is_all_told(&self) -> bool {
        let is_running = (1..=CONNECTORS as ConnectorId).any(|connector| self.ocpp.transaction(connector).is_some());
        self.ocpp.is_accepted() && !is_running && self.ocpp.waiting_messages() == 0
    }

    fn cut_link(&mut self) {
        self.fleet.tally.links_cut.add(1);
        self.link.abort();
    }

    /// Opens a connection when it is time to, or has `next` not be later than that time.
    fn connect(&mut self, now: Instant, chaos: &Chaos, next: &mut Instant) {
        if !self.link.socket.is_over() {
            return;
        }
        self.wire = None;
        if !chaos.is_line_up(now) {
            return;
        }
        if now < self.ocpp.connect_at() {
            *next = self.ocpp.connect_at().min(*next);
            return;
        }
        *next = now;
        let server = &self.fleet.server;
        match Wire::connect(server.address, server.source(self.site.number)) {
            Ok(wire) => {
                self.wire = Some(Rc::clone(&wire));
                let socket = Socket { wire, power: Rc::clone(&self.site.power) };
                self.link.socket.open(socket, &server.greeting(&self.site.identity));
                self.fleet.tally.connections.add(1);
            }
            Err(_) => self.ocpp.connect_failed(ConnectFailure::NoNetwork),
        }
    }

    /// Sleeps until `next`, or until something comes in.
    async fn rest(&self, now: Instant, next: Instant) {
        if next <= now {
            return yield_now().await;
        }
        let Some(wire) = &self.wire else { return sleep_until(self.fleet.clock.real(next)).await };
        let next = if wire.is_full() { next.min(now + STUCK) } else { next };
        tokio::select! {
            () = sleep_until(self.fleet.clock.real(next)) => {}
            () = wire.moves() => {}
        }
    }

    /// With the closing handshake, if the other side has the time for it.
    async fn take_leave(&mut self) {
        let Some(wire) = self.wire.take() else { return };
        let until = self.fleet.clock.now() + FAREWELL;
        while self.link.socket.poll_close().is_pending() && self.fleet.clock.now() < until {
            tokio::select! {
                () = sleep_until(self.fleet.clock.real(until)) => {}
                () = wire.moves() => {}
            }
        }
    }
}
