//! A peer that keeps the connection and takes nothing any more: both drivers give it up (OCPP-J errata 3.11), over the
//! WebSocket of this crate and over one that waits for ever.

use embassy_futures::poll_once;
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use embedded_ocpp::facade::{Connect, Error, Shared, Timer};
use embedded_ocpp::store::RamStorage;
use embedded_ocpp::transport::websocket::{ConnectError, Options, WebSocket};
use embedded_ocpp::transport::{Received, WebSocketTransport};
use embedded_ocpp::{Boot, ChargePoint, Instant, Resources};
use std::cell::{Cell, RefCell};
use std::future::{Future, pending, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

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
            let mut link = block_on(open(&mut read, &mut write)).unwrap();
            let given_up = superloop(interval, &mut link, step);
            assert_eq!(given_up, (timeout, "Transport(SendTimeout)".into()), "{interval}");
            assert!(!link.is_connected());
        }
    }
}

#[test]
fn rpc_31_the_runner_gives_up_a_transport_that_takes_nothing() {
    for (interval, timeout) in TIMEOUTS {
        assert_eq!(runner(interval, &mut ToDeaf(Cell::new(false))), timeout, "{interval}");
    }
}

#[test]
fn rpc_31_the_runner_gives_up_a_websocket_that_takes_nothing() {
    for (interval, timeout) in TIMEOUTS {
        assert_eq!(runner(interval, &mut ToServer { read: [0; 2048], write: [0; 1024] }), timeout, "{interval}");
    }
}

#[test]
fn rpc_31_the_runner_gives_up_a_handshake_that_never_ends() {
    let clock = Clock::default();
    let tries = Cell::new(0);
    let mut connect = ToNowhere(&tries);
    run(&clock, "0", &mut connect, || tries.get() == 2);
    assert!((120_000..150_000).contains(&clock.now.get()), "{}", clock.now.get());
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

/// When the connection is given up, in seconds.
fn runner<C: Connect>(interval: &str, connect: &mut C) -> u64 {
    let clock = Clock::default();
    let was_online = Cell::new(false);
    run_with(&clock, interval, connect, |is_online| was_online.replace(is_online) && !is_online);
    clock.now.get() / 1000
}

fn run<C: Connect>(clock: &Clock, interval: &str, connect: &mut C, mut is_done: impl FnMut() -> bool) {
    run_with(clock, interval, connect, |_| is_done());
}

fn run_with<C: Connect>(clock: &Clock, interval: &str, connect: &mut C, mut is_done: impl FnMut(bool) -> bool) {
    let mut resources = Resources::<1>::new();
    let mut shared = Shared::<NoopRawMutex>::new(charger(&mut resources, interval));
    let (handle, mut runner) = shared.split();
    let mut storage = RamStorage::<4096>::new();
    let mut run = pin!(runner.run(connect, &mut storage, &clock));
    for _ in 0..10_000 {
        assert!(run.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        if is_done(handle.with(|charger| charger.is_connected())) {
            return;
        }
        clock.now.set(clock.now.get() + 100);
    }
    panic!("waits for ever");
}

fn charger<'r>(resources: &'r mut Resources<'r, 1>, interval: &str) -> ChargePoint<'r> {
    let mut charger = ChargePoint::new(resources, Boot::new("Model", "Vendor")).unwrap();
    charger.set_energy_meter_input(&|| Some(0), 1).unwrap();
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

struct ToDeaf(Cell<bool>);

impl Connect for ToDeaf {
    type Transport<'t> = Deaf<'t>;
    type Error = ();

    async fn connect(&mut self) -> Result<Deaf<'_>, ()> {
        Ok(Deaf(&self.0))
    }
}

struct ToNowhere<'n>(&'n Cell<u32>);

impl Connect for ToNowhere<'_> {
    type Transport<'t>
        = Deaf<'t>
    where
        Self: 't;
    type Error = ();

    async fn connect(&mut self) -> Result<Deaf<'_>, ()> {
        self.0.set(self.0.get() + 1);
        pending().await
    }
}

struct ToServer {
    read: [u8; 2048],
    write: [u8; 1024],
}

impl Connect for ToServer {
    type Transport<'t> = Link<'t>;
    type Error = ConnectError<ErrorKind>;

    async fn connect(&mut self) -> Result<Link<'_>, Self::Error> {
        open(&mut self.read, &mut self.write).await
    }
}

type Link<'b> = WebSocket<'b, Stream, fn(&mut [u8])>;

async fn open<'b>(read: &'b mut [u8], write: &'b mut [u8]) -> Result<Link<'b>, ConnectError<ErrorKind>> {
    let stream = Stream { response: RefCell::new(RESPONSE), is_asked: Cell::new(false) };
    WebSocket::connect(stream, &Options::new("csms", "/", "CP1"), read, write, random as fn(&mut [u8])).await
}

/// Takes the request of the handshake, answers it, and that is all.
struct Stream {
    response: RefCell<&'static [u8]>,
    is_asked: Cell<bool>,
}

/// RFC 6455 §1.3
const RESPONSE: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\
    Sec-WebSocket-Protocol: ocpp1.6\r\n\
    \r\n";

fn random(bytes: &mut [u8]) {
    bytes.iter_mut().zip(b"the sample nonce").for_each(|(to, from)| *to = *from);
}

impl ErrorType for Stream {
    type Error = ErrorKind;
}

impl Read for Stream {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        let response = self.response.take();
        if response.is_empty() {
            return pending().await;
        }
        buffer[..response.len()].copy_from_slice(response);
        Ok(response.len())
    }
}

impl Write for Stream {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        if self.is_asked.replace(true) { pending().await } else { Ok(bytes.len()) }
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    match poll_once(future) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("not ready at once"),
    }
}
