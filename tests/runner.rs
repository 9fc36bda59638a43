//! The async driver under a clock and an executor of the test's own: one poll of the runner is one step.

#[path = "support/meter_only.rs"]
mod meter_only;

use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embedded_ocpp::facade::{ConnectorClosures, Shared, Timer};
use embedded_ocpp::ocpp16::{Reason, TxNotification};
use embedded_ocpp::store::{RamStorage, RamStorageFull, RecordKey, Storage};
use embedded_ocpp::transport::{ConnectFailure, Received, WebSocketTransport};
use embedded_ocpp::{Boot, ChargePoint, Instant, Resources};
use meter_only::MeterOnly;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// What the connections and the clock share with the test.
#[derive(Default)]
struct World {
    now: Cell<u64>,
    /// The earliest moment that was waited for since it was last looked at.
    alarm: Cell<Option<u64>>,
    /// How often it was waited for something at the present moment.
    waits: Cell<u32>,
    reachable: Cell<bool>,
    alive: Cell<bool>,
    connections: Cell<u32>,
    attempts: RefCell<Vec<u64>>,
    incoming: RefCell<VecDeque<String>>,
    outgoing: RefCell<VecDeque<String>>,
}

impl Timer for &World {
    fn now(&self) -> Instant {
        Instant::from_millis(self.now.get())
    }

    async fn sleep_until(&self, at: Instant) {
        self.waits.set(self.waits.get() + 1);
        assert!(self.waits.get() < 1000, "a busy loop");
        poll_fn(|_| {
            if self.now.get() >= at.as_millis() {
                return Poll::Ready(());
            }
            let earliest = self.alarm.get().map_or(at.as_millis(), |alarm| alarm.min(at.as_millis()));
            self.alarm.set(Some(earliest));
            Poll::Pending
        })
        .await;
    }
}

struct Link<'w>(&'w World);

impl WebSocketTransport for Link<'_> {
    type Error = ();

    fn is_connected(&self) -> bool {
        self.0.alive.get()
    }

    async fn receive(&mut self, buffer: &mut [u8]) -> Result<Option<Received>, ()> {
        poll_fn(|_| {
            if !self.0.alive.get() {
                return Poll::Ready(Err(()));
            }
            let Some(message) = self.0.incoming.borrow_mut().pop_front() else { return Poll::Pending };
            buffer[..message.len()].copy_from_slice(message.as_bytes());
            Poll::Ready(Ok(Some(Received::Message(message.len()))))
        })
        .await
    }

    async fn send(&mut self, part: &[u8], last: bool) -> Result<(), ()> {
        assert!(last);
        self.0.outgoing.borrow_mut().push_back(String::from_utf8(part.to_vec()).unwrap());
        Ok(())
    }
}

impl World {
    /// Runs `future` until the clock shows `ms`, jumping from alarm to alarm.
    fn run_until<F: Future>(&self, mut future: std::pin::Pin<&mut F>, ms: u64) {
        loop {
            self.alarm.set(None);
            assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            let alarm = self.alarm.get().expect("waits for no moment at all").min(ms);
            if self.now.get() >= ms {
                return;
            }
            if alarm > self.now.get() {
                self.waits.set(0);
            }
            self.now.set(alarm);
        }
    }

    /// Opens a connection.
    fn connect(&self) -> Result<Link<'_>, ConnectFailure> {
        self.attempts.borrow_mut().push(self.now.get());
        if !self.reachable.get() {
            return Err(ConnectFailure::Refused);
        }
        self.connections.set(self.connections.get() + 1);
        self.alive.set(true);
        Ok(Link(self))
    }

    /// Runs `future` until it sends something, and returns that.
    fn next<F: Future>(&self, mut future: std::pin::Pin<&mut F>) -> serde_json::Value {
        for _ in 0..10_000 {
            if let Some(message) = self.sent() {
                return message;
            }
            self.run_until(future.as_mut(), self.now.get() + 100);
        }
        panic!("nothing was sent")
    }

    fn sent(&self) -> Option<serde_json::Value> {
        Some(serde_json::from_str(&self.outgoing.borrow_mut().pop_front()?).unwrap())
    }

    fn answer(&self, call: &serde_json::Value, payload: &str) {
        self.incoming.borrow_mut().push_back(format!("[3,{},{payload}]", call[1]));
    }
}

const ACCEPTED: &str = r#"{"status":"Accepted","currentTime":"2025-01-01T00:00:00Z","interval":300}"#;

#[test]
fn rpc_03_rpc_23_the_runner_connects_boots_and_comes_back() {
    let world = World::default();
    let plugged = Cell::new(false);
    let input = || plugged.get();
    let mut socket = ConnectorClosures::new();
    socket.set_connector_plugged_input(&input);
    socket.set_energy_meter_input(&|| Some(0));
    let mut resources = Resources::<1>::new();
    let mut charger = ChargePoint::new(&mut resources, Boot::new("Model", "Vendor")).unwrap();
    charger.set_hardware(&socket, 1).unwrap();
    charger.set_on_reset_execute(&|_| ());
    let mut shared = Shared::<NoopRawMutex>::new(charger);
    let (handle, mut runner) = shared.split();
    let (timer, mut storage) = (&world, RamStorage::<4096>::new());
    let mut run = pin!(runner.run(async |link| link.transport(&mut world.connect()?).await, &mut storage, &timer));

    // Nobody there: tried again and again, ever later, while the inputs are read.
    world.run_until(run.as_mut(), 60_000);
    let attempts = world.attempts.take();
    assert!((4..12).contains(&attempts.len()), "{attempts:?}");
    assert!(!handle.with(|charger| charger.is_connected()));

    world.reachable.set(true);
    let boot = world.next(run.as_mut());
    assert_eq!(boot[2], "BootNotification");
    world.answer(&boot, ACCEPTED);
    for connector in 0..=1 {
        let status = world.next(run.as_mut());
        assert_eq!((&status[2], &status[3]["connectorId"]), (&"StatusNotification".into(), &connector.into()));
        world.answer(&status, "{}");
    }
    world.run_until(run.as_mut(), world.now.get() + 1);
    assert!(handle.with(|charger| charger.is_accepted()));

    // A change of an input is noticed without being told.
    plugged.set(true);
    let status = world.next(run.as_mut());
    assert_eq!(status[3]["status"], "Preparing");
    world.answer(&status, "{}");

    // The connection breaks, the next one needs no BootNotification; what the user does meanwhile is noticed.
    world.run_until(run.as_mut(), world.now.get() + 1000);
    world.alive.set(false);
    handle.notify();
    plugged.set(false);
    let status = world.next(run.as_mut());
    assert_eq!(world.connections.get(), 2);
    assert_eq!((&status[2], &status[3]["status"]), (&"StatusNotification".into(), &"Available".into()));
    assert_eq!(world.sent(), None);
}

/// A call in flight and a heartbeat that is due: nothing can be sent, and nobody spins meanwhile.
#[test]
fn rpc_09_a_silent_server_costs_no_processor_time() {
    let world = World::default();
    world.reachable.set(true);
    let mut resources = Resources::<1>::new();
    let mut charger = ChargePoint::new(&mut resources, Boot::new("Model", "Vendor")).unwrap();
    charger.set_hardware(&MeterOnly, 1).unwrap();
    charger.set_on_reset_execute(&|_| ());
    charger.set_factory_configuration("HeartbeatInterval", "10").unwrap();
    let mut shared = Shared::<NoopRawMutex>::new(charger);
    let (_, mut runner) = shared.split();
    let (timer, mut storage) = (&world, RamStorage::<4096>::new());
    let mut run = pin!(runner.run(async |link| link.transport(&mut world.connect()?).await, &mut storage, &timer));
    let boot = world.next(run.as_mut());
    world.answer(&boot, &ACCEPTED.replace("300", "0"));
    world.run_until(run.as_mut(), 100_000);
    assert_eq!(world.connections.get(), 1);
}

/// A device that keeps whoever loads a record waiting, for as long as it is busy.
struct Slow<'s> {
    records: RamStorage<4096>,
    is_busy: &'s Cell<bool>,
}

impl Storage for Slow<'_> {
    type Error = RamStorageFull;

    async fn load(&mut self, key: RecordKey, buffer: &mut [u8]) -> Result<Option<usize>, RamStorageFull> {
        poll_fn(|_| if self.is_busy.get() { Poll::Pending } else { Poll::Ready(()) }).await;
        self.records.load(key, buffer).await
    }

    async fn store(&mut self, key: RecordKey, record: &[u8]) -> Result<(), RamStorageFull> {
        self.records.store(key, record).await
    }

    async fn remove(&mut self, key: RecordKey) -> Result<(), RamStorageFull> {
        self.records.remove(key).await
    }
}

/// The cache knows `GOOD` as valid and `BAD` as not. Offline both are shown while the device still looks for the first.
#[test]
fn loc_04_a_record_that_comes_late_is_not_that_of_the_next_card() {
    let world = World::default();
    world.reachable.set(true);
    let told = RefCell::new(Vec::new());
    let notify = |notification| told.borrow_mut().push(notification);
    let mut socket = ConnectorClosures::new();
    socket.set_connector_plugged_input(&|| false);
    socket.set_energy_meter_input(&|| Some(0));
    socket.set_tx_notification_output(&notify);
    let is_busy = Cell::new(false);
    let mut resources = Resources::<1>::new();
    let mut charger = ChargePoint::new(&mut resources, Boot::new("Model", "Vendor")).unwrap();
    charger.set_hardware(&socket, 1).unwrap();
    charger.set_on_reset_execute(&|_| ());
    charger.set_factory_configuration("AllowOfflineTxForUnknownId", "true").unwrap();
    let mut shared = Shared::<NoopRawMutex>::new(charger);
    let (handle, mut runner) = shared.split();
    let mut storage = Slow { records: RamStorage::new(), is_busy: &is_busy };
    let timer = &world;
    let mut run = pin!(runner.run(async |link| link.transport(&mut world.connect()?).await, &mut storage, &timer));
    let boot = world.next(run.as_mut());
    world.answer(&boot, ACCEPTED);
    for _ in 0..=1 {
        let status = world.next(run.as_mut());
        world.answer(&status, "{}");
    }
    for (tag, status) in [("GOOD", "Accepted"), ("BAD", "Blocked")] {
        handle.with(|charger| charger.authorize(tag, &|_| ())).unwrap();
        let authorize = world.next(run.as_mut());
        assert_eq!(authorize[3]["idTag"], tag);
        world.answer(&authorize, &format!(r#"{{"idTagInfo":{{"status":"{status}"}}}}"#));
        world.run_until(run.as_mut(), world.now.get() + 1000);
    }
    world.reachable.set(false);
    world.alive.set(false);
    handle.notify();
    world.run_until(run.as_mut(), world.now.get() + 1000);

    is_busy.set(true);
    handle.with(|charger| charger.begin_transaction("GOOD", 1)).unwrap();
    assert!(run.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    handle.with(|charger| charger.end_transaction(None, Reason::Local, 1)).unwrap();
    handle.with(|charger| charger.begin_transaction("BAD", 1)).unwrap();
    is_busy.set(false);
    world.run_until(run.as_mut(), world.now.get() + 1000);
    assert_eq!(told.take(), [TxNotification::AuthorizationRejected]);
}
