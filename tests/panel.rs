//! The panel: cards, ends and lamps from other threads, under a superloop and under the runner.

#[path = "support/frozen.rs"]
mod frozen;

use embassy_sync::blocking_mutex::raw::{CriticalSectionRawMutex, NoopRawMutex};
use embedded_ocpp::facade::{ConnectorClosures, Panel, PanelError, Shared};
use embedded_ocpp::ocpp16::{ChargePointErrorCode, Reason, TxNotification};
use embedded_ocpp::store::RamStorage;
use embedded_ocpp::transport::Loopback;
use embedded_ocpp::{Boot, ChargePoint, Instant, Resources};
use frozen::Frozen;
use std::cell::{Cell, RefCell};
use std::future::{Future, pending};
use std::marker::PhantomData;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::task::{Context, Wake};
use std::thread;

type Static = Panel<CriticalSectionRawMutex>;

/// A charge point that is offline and lets everybody charge.
fn charge_point<'a, const CONNECTORS: usize>(
    resources: &'a mut Resources<'a, CONNECTORS>,
    socket: &'a ConnectorClosures<'a>,
) -> ChargePoint<'a> {
    let mut charger = ChargePoint::new(resources, Boot::new("Model", "Vendor")).unwrap();
    for connector in 1..=CONNECTORS as u8 {
        charger.set_hardware(socket, connector).unwrap();
    }
    charger.set_on_reset_execute(&|_| ());
    charger.set_factory_configuration("AllowOfflineTxForUnknownId", "true").unwrap();
    charger
}

/// With a meter that stands still.
fn socket<'a>() -> ConnectorClosures<'a> {
    let mut socket = ConnectorClosures::new();
    socket.set_energy_meter_input(&|| Some(0));
    socket
}

/// A superloop, of which each turn is one poll, 10 ms later.
struct Loop<'a> {
    charger: ChargePoint<'a>,
    transport: Loopback<64>,
    storage: RamStorage<65536>,
    now_ms: u64,
}

impl<'a> Loop<'a> {
    fn new(charger: ChargePoint<'a>) -> Self {
        Self { charger, transport: Loopback::new(), storage: RamStorage::new(), now_ms: 0 }
    }

    /// The panel must show what the charge point says after each turn.
    fn turn(&mut self, panel: &Static) {
        self.now_ms += 10;
        self.charger.poll(Instant::from_millis(self.now_ms), &mut self.transport, &mut self.storage).unwrap();
        assert_eq!(panel.permits_charge(1), self.charger.permits_charge(1));
        assert_eq!(panel.is_transaction_active(1), self.charger.is_transaction_active(1));
    }

    fn turns(&mut self, panel: &Static) {
        (0..5).for_each(|_| self.turn(panel));
    }
}

/// What happens on another thread, to its end.
fn elsewhere<R: Send>(action: impl FnOnce() -> R + Send) -> R {
    thread::scope(|scope| scope.spawn(action).join().unwrap())
}

#[test]
fn a_session_begins_and_ends_from_another_thread() {
    static PANEL: Static = Panel::new();
    let plugged = Cell::new(true);
    let input = || plugged.get();
    let told = RefCell::new(Vec::new());
    let notify = |notification| told.borrow_mut().push(notification);
    let mut socket = socket();
    socket.set_connector_plugged_input(&input);
    socket.set_tx_notification_output(&notify);
    let mut resources = Resources::<1>::new();
    let mut charger = charge_point(&mut resources, &socket);
    charger.set_panel(&PANEL);
    let mut run = Loop::new(charger);

    // Before anything was polled it waits until it is known what goes on.
    elsewhere(|| PANEL.begin_transaction("TAG", 1)).unwrap();
    assert!(!PANEL.is_transaction_active(1));
    run.turns(&PANEL);
    assert!(elsewhere(|| PANEL.permits_charge(1) && PANEL.is_transaction_active(1)));
    assert_eq!(run.charger.transaction_id_tag(1), Some("TAG"));
    assert_eq!(told.take(), [TxNotification::Authorized, TxNotification::StartTx]);

    // The relay falls in the turn in which the plug is gone, and a card that is shown elsewhere changes nothing.
    run.charger.set_configuration("StopTransactionOnEVSideDisconnect", "false").unwrap();
    plugged.set(false);
    run.turn(&PANEL);
    assert!(elsewhere(|| !PANEL.permits_charge(1) && PANEL.is_transaction_active(1)));
    plugged.set(true);
    run.turn(&PANEL);
    elsewhere(|| PANEL.end_transaction(Some("OTHER"), Reason::Local, 1)).unwrap();
    elsewhere(|| PANEL.begin_transaction("OTHER", 1)).unwrap();
    elsewhere(|| PANEL.begin_transaction("OTHER", 2)).unwrap(); // there is none
    run.turns(&PANEL);
    assert!(PANEL.permits_charge(1) && !PANEL.is_transaction_active(2));
    assert_eq!(told.take(), [TxNotification::AuthorizationRejected; 2]);

    elsewhere(|| PANEL.end_transaction(Some("tag"), Reason::Local, 1)).unwrap();
    run.turns(&PANEL);
    assert!(elsewhere(|| !PANEL.permits_charge(1) && !PANEL.is_transaction_active(1)));
    assert_eq!(told.take(), [TxNotification::StopTx]);
}

#[test]
fn the_last_of_as_many_connectors_as_there_can_be_has_its_lamps() {
    static PANEL: Static = Panel::new();
    let socket = socket();
    let mut resources = Resources::<63>::new();
    let mut charger = charge_point(&mut resources, &socket);
    charger.set_panel(&PANEL);
    let mut run = Loop::new(charger);
    PANEL.begin_transaction("TAG", 63).unwrap();
    run.turns(&PANEL);
    for connector in 1..=63 {
        let is_lit = PANEL.permits_charge(connector) && PANEL.is_transaction_active(connector);
        assert_eq!(is_lit, connector == 63, "{connector}");
    }
}

#[test]
fn what_finds_no_room_is_refused_and_the_rest_is_done_once() {
    static PANEL: Static = Panel::new();
    let refused = Cell::new(0);
    let notify = |notification| {
        assert_eq!(notification, TxNotification::AuthorizationRejected);
        refused.set(refused.get() + 1);
    };
    let mut socket = socket();
    socket.set_tx_notification_output(&notify);
    let mut resources = Resources::<1>::new();
    let mut charger = charge_point(&mut resources, &socket);
    charger.add_error_code_input(&|| Some(ChargePointErrorCode::GroundFailure), 1).unwrap(); // each card is refused
    charger.set_panel(&PANEL);
    let mut run = Loop::new(charger);
    run.turns(&PANEL);

    assert_eq!(PANEL.begin_transaction("", 1), Err(PanelError::InvalidIdTag));
    assert_eq!(PANEL.begin_transaction("123456789012345678901", 1), Err(PanelError::InvalidIdTag));
    for _ in 0..4 {
        PANEL.begin_transaction("TAG", 1).unwrap();
    }
    assert_eq!(PANEL.begin_transaction("TAG", 1), Err(PanelError::Full));
    run.turns(&PANEL);
    assert_eq!(refused.replace(0), 4);

    let show_many = || {
        for _ in 0..1000 {
            while PANEL.begin_transaction("TAG", 1) == Err(PanelError::Full) {
                thread::yield_now();
            }
        }
    };
    thread::scope(|scope| {
        let threads = [scope.spawn(show_many), scope.spawn(show_many)];
        while !threads.iter().all(|thread| thread.is_finished()) {
            run.turn(&PANEL);
        }
    });
    run.turns(&PANEL);
    assert_eq!(refused.get(), 2000);
}

#[derive(Default)]
struct Wakes(AtomicU32);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

#[test]
fn the_runner_is_woken_from_another_thread() {
    static PANEL: Static = Panel::new();
    let plugged = Cell::new(false);
    let input = || plugged.get();
    let mut socket = socket();
    socket.set_connector_plugged_input(&input);
    let mut resources = Resources::<1>::new();
    let mut charger = charge_point(&mut resources, &socket);
    charger.set_panel(&PANEL);
    let mut shared = Shared::<NoopRawMutex>::new(charger);
    let (handle, mut runner) = shared.split();
    let mut storage = RamStorage::<4096>::new();
    let mut run = pin!(runner.run(async |_| pending().await, &mut storage, &Frozen));
    let wakes = Arc::new(Wakes::default());
    let waker = wakes.clone().into();
    let mut poll = || assert!(run.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    poll();
    assert_eq!(wakes.0.swap(0, SeqCst), 0);

    elsewhere(|| PANEL.begin_transaction("TAG", 1)).unwrap();
    assert_eq!(wakes.0.swap(0, SeqCst), 1);
    poll();
    assert!(PANEL.is_transaction_active(1) && !PANEL.permits_charge(1));

    plugged.set(true);
    elsewhere(|| PANEL.notify());
    assert_eq!(wakes.0.swap(0, SeqCst), 1);
    poll();
    assert!(elsewhere(|| PANEL.permits_charge(1)));

    elsewhere(|| PANEL.end_transaction(None, Reason::EmergencyStop, 1)).unwrap();
    assert_eq!(wakes.0.swap(0, SeqCst), 1);
    poll();
    assert!(elsewhere(|| !PANEL.permits_charge(1)));
    assert!(!handle.with(|charger| charger.is_transaction_active(1)));
}

/// Of both constants of this name the one of the type itself counts, where its bounds hold.
struct Probe<T>(PhantomData<T>);

impl<T: Send + Sync> Probe<T> {
    const IS_SHARED: bool = true;
}

trait Otherwise {
    const IS_SHARED: bool = false;
}

impl<T> Otherwise for Probe<T> {}

#[test]
fn a_panel_and_what_refers_to_it_are_send_and_sync_where_the_mutex_is() {
    const {
        assert!(Probe::<Static>::IS_SHARED && Probe::<&Static>::IS_SHARED);
        assert!(!Probe::<Panel<NoopRawMutex>>::IS_SHARED && !Probe::<&Panel<NoopRawMutex>>::IS_SHARED);
        assert!(!Probe::<ChargePoint<'static>>::IS_SHARED);
    }
}
