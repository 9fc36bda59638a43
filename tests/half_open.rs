//! A peer that keeps the connection and takes nothing any more: both drivers give it up (OCPP-J errata 3.11), over the
//! WebSocket of this crate and over one that waits for ever.

#[path = "support/meter_only.rs"]
mod meter_only;

use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use embedded_ocpp::facade::{Error, Shared, Timer};
use embedded_ocpp::store::RamStorage;
use embedded_ocpp::transport::websocket::{self, Options, WebSocket};
use embedded_ocpp::transport::{ConnectFailure, Received, WebSocketTransport};
use embedded_ocpp::{Boot, ChargePoint, Instant, Resources};
use meter_only::MeterOnly;
use std::cell::{Cell, RefCell};
use std::future::{Future, pending, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

/// Runs a charge point under `clock` until `is_done` with whether it is online. What connects is a closure whose parameter
/// has no name.
macro_rules! run {
    ($clock:ident, $interval:expr, $tell:expr, $is_done:expr, $connect:expr) => {{
        let mut resources = Resources::<1>::new();
        let mut charger = charger(&mut resources, $interval);
        charger.set_on_connect_failed($tell);
        let mut shared = Shared::<NoopRawMutex>::new(charger);
        let (handle, mut runner) = shared.split();
        let (mut storage, timer) = (RamStorage::<4096>::new(), &$clock);
        let mut run = pin!(runner.run($connect, &mut storage, &timer));
        drive(&$clock, run.as_mut(), || $is_done(handle.with(|charger| charger.is_connected())));
    }};
}

/// When the connection is given up, in seconds.
macro_rules! until_lost {
    ($interval:expr, $connect:expr) => {{
        let clock = Clock::default();
        let was_online = Cell::new(false);
        let is_lost = |is_online| was_online.replace(is_online) && !is_online;
        run!(clock, $interval, &|_| (), is_lost, $connect);
        clock.now.get() / 1000
    }};
}

/// WebSocketPingInterval, and the second at which what was offered in the first one is given up.
const TIMEOUTS: [(&str, u64); 4] = [("0", 30), ("3", 10), ("20", 20), ("300", 30)];

#[test]
fn rpc_31_the_superloop_gives_up_a_transport_that_takes_nothing() {
    for (interval, timeout) in TIMEOUTS {
        let aborted = Cell::new(false);
        let given_up = superloop(interval, &mut Deaf(&aborted), Step::TenthOfASecond);
        assert_eq!(given_up, (timeout, "SendTimeout".into()), "{interval}");
        assert!(aborted.get());
        assert_eq!(superloop(interval, &mut Deaf(&aborted), Step::AsTold).0, timeout, "{interval}");
    }
}

#[test]
fn rpc_31_the_superloop_gives_up_a_websocket_that_takes_nothing() {
    for (interval, timeout) in TIMEOUTS {
        for step in [Step::TenthOfASecond, Step::AsTold] {
            let (mut read, mut write) = ([0; 2048], [0; 1024]);
            let mut link = WebSocket::new(&mut read, &mut write, random as fn(&mut [u8]));
            link.open(Stream::default(), &OPTIONS);
            let given_up = superloop(interval, &mut link, step);
            assert_eq!(given_up, (timeout, "Transport(SendTimeout)".into()), "{interval}");
            assert!(!link.is_connected());
        }
    }
}

#[test]
fn rpc_31_the_runner_gives_up_a_transport_that_takes_nothing() {
    for (interval, timeout) in TIMEOUTS {
        let given_up = until_lost!(interval, async |link| link.transport(&mut Deaf(&Cell::new(false))).await);
        assert_eq!(given_up, timeout, "{interval}");
    }
}

#[test]
fn rpc_31_the_runner_gives_up_a_websocket_that_takes_nothing() {
    for (interval, timeout) in TIMEOUTS {
        let given_up = until_lost!(interval, async |link| {
            let stream = Stream::default();
            link.websocket(&OPTIONS, &stream, &stream).await
        });
        assert_eq!(given_up, timeout, "{interval}");
    }
}

#[test]
fn rpc_31_the_runner_gives_up_what_never_opens() {
    let (tries, told) = (Cell::new(0), Cell::new(None));
    let tell = |why| told.set(Some(why));
    let clock = Clock::default();
    run!(clock, "0", &tell, |_| tries.get() == 2, async |_| {
        tries.set(tries.get() + 1);
        pending().await
    });
    assert!((120_000..150_000).contains(&clock.now.get()), "{}", clock.now.get());
    assert_eq!(told.get(), Some(ConnectFailure::NoAnswer));
}

#[test]
fn rpc_31_both_drivers_give_up_a_handshake_that_is_not_answered() {
    let tries = Cell::new(0);
    let told = Cell::new(None);
    let tell = |why| told.set(Some(why));
    let clock = Clock::default();
    run!(clock, "0", &tell, |_| tries.get() == 2, async |link| {
        tries.set(tries.get() + 1);
        let stream = Stream { response: RefCell::default(), ..Stream::default() };
        link.websocket(&OPTIONS, &stream, &stream).await
    });
    assert!((120_000..150_000).contains(&clock.now.get()), "{}", clock.now.get());
    assert_eq!(told.take(), Some(ConnectFailure::NoAnswer));

    let (mut read, mut write) = ([0; 2048], [0; 1024]);
    let mut link = WebSocket::new(&mut read, &mut write, random as fn(&mut [u8]));
    link.open(Stream { response: RefCell::default(), ..Stream::default() }, &OPTIONS);
    let mut resources = Resources::<1>::new();
    let mut charger = charger(&mut resources, "0");
    charger.set_on_connect_failed(&tell);
    let mut storage = RamStorage::<4096>::new();
    let next = charger.poll(Instant::from_secs(7), &mut link, &mut storage).unwrap();
    assert!(next <= Instant::from_secs(127) && !link.is_over());
    assert!(charger.poll(Instant::from_millis(126_999), &mut link, &mut storage).is_ok());
    let failed = charger.poll(Instant::from_secs(127), &mut link, &mut storage);
    assert_eq!(failed, Err(Error::Connect(ConnectFailure::NoAnswer)));
    assert_eq!(told.take(), Some(ConnectFailure::NoAnswer));
    assert!(link.is_over());
    assert!(charger.connect_at() > Instant::from_secs(127), "the next one waits");
}

// ---- The drivers ----

#[derive(Clone, Copy)]
enum Step {
    TenthOfASecond,
    /// When `poll` wants to be called again.
    AsTold,
}

/// When the connection is given up, in seconds, and how that is told.
fn superloop<T: WebSocketTransport>(interval: &str, transport: &mut T, step: Step) -> (u64, String) {
    let mut resources = Resources::<1>::new();
    let mut charger = charger(&mut resources, interval);
    let mut storage = RamStorage::<4096>::new();
    let mut now = Instant::ZERO;
    for _ in 0..1000 {
        match charger.poll(now, transport, &mut storage) {
            Ok(next) => {
                assert!(charger.is_connected());
                now = match step {
                    Step::AsTold if next > now => next,
                    _ => Instant::from_millis(now.as_millis() + 100),
                };
            }
            Err(Error::Storage(error)) => panic!("{error:?}"),
            Err(error) => {
                assert!(!charger.is_connected());
                return (now.as_millis() / 1000, format!("{error:?}"));
            }
        }
    }
    panic!("still connected at {now:?}");
}

fn drive<F: Future>(clock: &Clock, mut run: Pin<&mut F>, mut is_done: impl FnMut() -> bool) {
    for _ in 0..10_000 {
        assert!(run.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        if is_done() {
            return;
        }
        clock.now.set(clock.now.get() + 100);
    }
    panic!("waits for ever");
}

fn charger<'r>(resources: &'r mut Resources<'r, 1>, interval: &str) -> ChargePoint<'r> {
    let mut charger = ChargePoint::new(resources, Boot::new("Model", "Vendor")).unwrap();
    charger.set_hardware(&MeterOnly, 1).unwrap();
    charger.set_on_reset_execute(&|_| ());
    charger.set_factory_configuration("WebSocketPingInterval", interval).unwrap();
    charger
}

#[derive(Default)]
struct Clock {
    now: Cell<u64>,
}

impl Timer for &Clock {
    fn now(&self) -> Instant {
        Instant::from_millis(self.now.get())
    }

    async fn sleep_until(&self, at: Instant) {
        poll_fn(|_| if Timer::now(self) >= at { Poll::Ready(()) } else { Poll::Pending }).await;
    }
}

// ---- The peers ----

/// A transport that is somebody else's: it takes nothing, and hears nothing.
struct Deaf<'d>(&'d Cell<bool>);

impl WebSocketTransport for Deaf<'_> {
    type Error = ();

    fn is_connected(&self) -> bool {
        true
    }

    async fn receive(&mut self, _: &mut [u8]) -> Result<Option<Received>, ()> {
        pending().await
    }

    async fn send(&mut self, _: &[u8], _: bool) -> Result<(), ()> {
        pending().await
    }

    fn abort(&mut self) {
        self.0.set(true);
    }
}

const OPTIONS: Options<'static> = Options::new("csms", "/", "CP1");

/// Takes the request of the handshake, answers it, and that is all.
struct Stream {
    response: RefCell<&'static [u8]>,
    is_asked: Cell<bool>,
}

impl Default for Stream {
    fn default() -> Self {
        Self { response: RefCell::new(RESPONSE), is_asked: Cell::new(false) }
    }
}

impl Stream {
    fn poll_read(&self, buffer: &mut [u8]) -> Poll<Result<usize, ErrorKind>> {
        let response = self.response.take();
        if response.is_empty() {
            return Poll::Pending;
        }
        buffer[..response.len()].copy_from_slice(response);
        Poll::Ready(Ok(response.len()))
    }

    fn poll_write(&self, bytes: &[u8]) -> Poll<Result<usize, ErrorKind>> {
        if self.is_asked.replace(true) { Poll::Pending } else { Poll::Ready(Ok(bytes.len())) }
    }
}

/// To the key of sixteen zeros, which is what nobody's `set_rng` makes.
const RESPONSE: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Accept: ICX+Yqv66kxgM0FcWaLWlFLwTAI=\r\n\
    Sec-WebSocket-Protocol: ocpp1.6\r\n\
    \r\n";

fn random(bytes: &mut [u8]) {
    bytes.fill(0);
}

impl websocket::Stream for Stream {
    type Error = ErrorKind;

    fn read(&mut self, buffer: &mut [u8]) -> Poll<Result<usize, ErrorKind>> {
        self.poll_read(buffer)
    }

    fn write(&mut self, bytes: &[u8]) -> Poll<Result<usize, ErrorKind>> {
        self.poll_write(bytes)
    }
}

impl ErrorType for &Stream {
    type Error = ErrorKind;
}

impl Read for &Stream {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        poll_fn(|_| self.poll_read(buffer)).await
    }
}

impl Write for &Stream {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        poll_fn(|_| self.poll_write(bytes)).await
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}
