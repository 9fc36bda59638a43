//! A connection of the async driver over a stream that must not be let down: whoever drops one of its futures half way, as
//! long as the connection lives, has lost or doubled bytes of a TLS session. It takes and gives one byte at a time, and is
//! busy three times of four.

mod support;

use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embedded_io_async::{ErrorKind, ErrorType, Read, Write};
#[cfg(feature = "security")]
use embedded_ocpp::certificate::Identity;
use embedded_ocpp::facade::{ConnectorClosures, Shared, Timer};
use embedded_ocpp::ocpp16::Reason;
#[cfg(feature = "security")]
use embedded_ocpp::ocpp16::{Certificates, ChainVerdict, Issuer, RootCertificate};
use embedded_ocpp::store::RamStorage;
#[cfg(feature = "security")]
use embedded_ocpp::time::DateTime;
use embedded_ocpp::transport::ConnectFailure;
use embedded_ocpp::transport::websocket::Options;
use embedded_ocpp::{Boot, ChargePoint, Instant, Resources};
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use support::meter_only::MeterOnly;
use tungstenite::handshake::derive_accept_key;

/// Runs a charge point over connections of `world`.
macro_rules! run {
    ($world:ident, $set_up:expr, |$run:ident, $handle:ident| $body:block) => {{
        let world = &$world;
        let tell = |why| world.told.borrow_mut().push(why);
        let mut resources = Resources::<1>::new();
        let mut charger = ChargePoint::new(&mut resources, Boot::new("Model", "Vendor")).unwrap();
        charger.set_hardware(&MeterOnly, 1).unwrap();
        charger.set_on_reset_execute(&|_| ());
        charger.set_on_connect_failed(&tell);
        charger.set_rng(&random);
        set_up(&mut charger, $set_up);
        let mut shared = Shared::<NoopRawMutex>::new(charger);
        let ($handle, mut runner) = shared.split();
        let mut storage = RamStorage::<8192>::new();
        let mut $run = pin!(runner.run(
            async |link| {
                world.connections.set(world.connections.get() + 1);
                if let Some(why) = world.refusal.get() {
                    return Err(why);
                }
                world.wire.borrow_mut().connect();
                let closed = link.websocket(&OPTIONS, Half(&world.wire), Half(&world.wire)).await;
                world.ended.set(world.ended.get() + 1);
                if world.lingers.get() {
                    std::future::pending().await
                }
                closed
            },
            &mut storage,
            &world,
        ));
        $body
        world.wire.borrow_mut().may_be_dropped = true; // with the charge point
    }};
}

#[test]
fn no_future_of_the_stream_is_dropped_while_the_connection_lives() {
    for (chunk, seed) in [(1, 1), (1, 2), (7, 3), (64, 4), (5_000, 5)] {
        converse(chunk, seed);
    }
}

fn converse(chunk: usize, seed: u32) {
    let world = World::default();
    (world.wire.borrow_mut().chunk, world.wire.borrow_mut().dice) = (chunk, seed);
    let plugged = Cell::new(false);
    let input = || plugged.get();
    let mut socket = ConnectorClosures::new();
    socket.set_connector_plugged_input(&input);
    socket.set_energy_meter_input(&|| Some(0));
    run!(world, |charger| charger.set_hardware(&socket, 1).unwrap(), |run, handle| {
        world.boot(run.as_mut());
        plugged.set(true);
        world.expect(run.as_mut(), "StatusNotification", json!({}));
        handle.with(|charger| charger.begin_transaction("DEADBEEF", 1)).unwrap();
        world.expect(run.as_mut(), "Authorize", json!({"idTagInfo": {"status": "Accepted"}}));

        // In the middle of it the server speaks, too: in fragments, with pings within.
        let call = r#"[2,"c1","GetConfiguration",{"key":["HeartbeatInterval"]}]"#;
        let (begin, end) = call.split_at(20);
        world.wire.borrow_mut().send(&[frame(0x01, begin), frame(0x89, "one"), frame(0x80, end), frame(0x89, "two")]);
        let started = json!({"transactionId": 7, "idTagInfo": {"status": "Accepted"}});
        world.expect(run.as_mut(), "StartTransaction", started);
        let answer = world.next(run.as_mut());
        assert_eq!((&answer[0], &answer[1]), (&json!(3), &json!("c1")));
        assert_eq!(answer[2]["configurationKey"][0]["key"], "HeartbeatInterval");
        world.expect(run.as_mut(), "StatusNotification", json!({}));
        let pongs = world.wire.borrow_mut().take(0x8A);
        assert_eq!(pongs.last().map(Vec::as_slice), Some(b"two".as_slice()));

        // An answer of several pages comes as one message in fragments.
        world.wire.borrow_mut().send(&[frame(0x81, r#"[2,"c2","GetConfiguration",{}]"#)]);
        let answer = world.next(run.as_mut());
        assert_eq!(answer[1], "c2");
        assert!(answer[2]["configurationKey"].as_array().unwrap().len() > 30);
        assert!(world.wire.borrow().fragments > 0);

        handle.with(|charger| charger.end_transaction(None, Reason::Local, 1)).unwrap();
        world.expect(run.as_mut(), "StopTransaction", json!({"idTagInfo": {"status": "Accepted"}}));
        world.expect(run.as_mut(), "StatusNotification", json!({}));
        world.pass(run.as_mut(), 2_000);
        assert_eq!(handle.with(|charger| charger.waiting_messages()), 0);

        // Each message went out once, whatever the stream made of it.
        let mut ids = world.ids.borrow().clone();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), world.ids.borrow().len());
        assert_eq!(world.connections.get(), 1);
    });
}

/// The receive buffer of the charge point is that of the WebSocket: 2048 bytes, to the last.
#[test]
fn rpc_12_a_message_may_fill_the_receive_buffer() {
    let world = World::default();
    run!(world, |_| (), |run, handle| {
        world.boot(run.as_mut());
        for (len, fits) in [(2047, true), (2048, true), (2049, false), (20_000, false)] {
            let begin = r#"[2,"x","DataTransfer",{"vendorId":"v","data":""#;
            let call = format!("{begin}{}\"}}]", "d".repeat(len - begin.len() - 3));
            assert_eq!(call.len(), len);
            world.wire.borrow_mut().send(&[frame(0x81, &call)]);
            let answer = world.next(run.as_mut());
            assert_eq!(answer[0], if fits { 3 } else { 4 }, "{answer}");
        }
        assert!(handle.with(|charger| charger.is_connected()));
    });
}

/// A long text passes through the receive buffer, which is that of the WebSocket, however it is framed.
#[cfg(feature = "security")]
#[test]
fn sec_43_a_chain_of_10000_characters_comes_in_parts() {
    let certificate = support::pki::issue(support::pki::P256, "/CN=SN", "1", support::pki::PLAIN, None).pem;
    let chain = format!("{}\n{certificate}", "- \"text\" -".repeat(1000)[..9_999 - certificate.len()].to_owned());
    let call = |id: &str| json!([2, id, "CertificateSigned", {"certificateChain": chain}]).to_string();
    for (chunk, fragment) in [(1, 20_000), (7, 300), (5_000, 2_048), (5_000, 20_000)] {
        let world = World::default();
        world.wire.borrow_mut().chunk = chunk;
        let store = Chain::default();
        run!(world, |charger| charger.set_certificates(&store), |run, handle| {
            world.answer_all(run.as_mut());
            for id in ["a", "b"] {
                let text = call(id);
                let pieces: Vec<_> =
                    text.as_bytes().chunks(fragment).map(|piece| std::str::from_utf8(piece).unwrap()).collect();
                let mut frames = vec![];
                for (index, piece) in pieces.iter().enumerate() {
                    let last = if index + 1 == pieces.len() { 0x80 } else { 0 };
                    frames.push(frame(last | u8::from(index == 0), piece));
                    frames.push(frame(0x89, "ping"));
                }
                world.wire.borrow_mut().send(&frames);
                assert_eq!(world.next(run.as_mut()), json!([3, id, {"status": "Accepted"}]), "{chunk} {fragment}");
                assert!(String::from_utf8(store.accepted.take()).unwrap() == chain);
            }
            world.wire.borrow_mut().send(&[frame(0x81, r#"[2,"c","GetLocalListVersion",{}]"#)]);
            assert_eq!(world.next(run.as_mut())[1], "c");
            assert!(!world.wire.borrow_mut().take(0x8A).is_empty());
            // Cut off in the middle, it leaves nothing.
            let half = call("d")[..5_000].to_owned();
            world.wire.borrow_mut().send(&[frame(0x01, &half)]);
            world.pass(run.as_mut(), 30_000);
            assert!(!store.written.borrow().is_empty());
            world.wire.borrow_mut().may_be_dropped = true;
            world.wire.borrow_mut().end = Some(None);
            world.pass(run.as_mut(), 1_000);
            assert!(store.written.borrow().is_empty() && store.accepted.borrow().is_empty());
            assert_eq!(handle.with(|charger| charger.statistics().too_long), 0);
        });
    }
}

/// Takes chains over, whatever they are.
#[cfg(feature = "security")]
#[derive(Default)]
struct Chain {
    written: RefCell<Vec<u8>>,
    accepted: RefCell<Vec<u8>>,
}

#[cfg(feature = "security")]
impl Certificates for Chain {
    fn begin(&self) -> bool {
        self.written.take();
        true
    }

    fn write(&self, piece: &[u8]) -> bool {
        self.written.borrow_mut().extend_from_slice(piece);
        true
    }

    fn abort(&self) {
        self.written.take();
    }

    fn accept_chain(&self) -> Poll<ChainVerdict> {
        self.accepted.replace(self.written.take());
        Poll::Ready(ChainVerdict::Accepted)
    }

    fn is_signed_by(&self, _: Issuer<'_>) -> Poll<bool> {
        Poll::Ready(false)
    }

    fn install(&self, _: RootCertificate, _: &Identity) -> Poll<bool> {
        Poll::Ready(false)
    }

    fn root(&self, _: RootCertificate, _: usize) -> Option<Identity> {
        None
    }

    fn remove(&self, _: RootCertificate, _: &Identity) -> Poll<bool> {
        Poll::Ready(false)
    }

    fn has_valid_root(&self, _: RootCertificate) -> bool {
        false
    }

    fn root_in_use(&self) -> Option<Identity> {
        None
    }

    fn new_request(&self, _: &str, _: &str) -> Poll<Option<usize>> {
        Poll::Ready(None)
    }

    fn request(&self, _: usize, _: &mut [u8]) -> usize {
        0
    }

    fn has_valid_chain(&self) -> bool {
        false
    }

    fn expires(&self) -> Option<DateTime> {
        None
    }

    fn root_capacity(&self) -> usize {
        0
    }
}

#[test]
fn the_scope_ends_with_the_closing_handshake_of_the_server() {
    for (close, reply) in [
        (b"\x88\x02\x03\xE9".to_vec(), b"\x03\xE9".to_vec()),
        (frame(0x88, ""), vec![]),
        (vec![0x81, 0x80, 0, 0, 0, 0], 1002_u16.to_be_bytes().to_vec()), // masked, which a server must not
    ] {
        let world = World::default();
        run!(world, |_| (), |run, handle| {
            world.boot(run.as_mut());
            world.wire.borrow_mut().send(&[close]);
            // the stream is told to be let down only when the reply is out
            while world.wire.borrow_mut().peek(0x88).is_none() {
                world.pass(run.as_mut(), 1);
            }
            world.wire.borrow_mut().may_be_dropped = true;
            world.pass(run.as_mut(), 100);
            assert_eq!(world.wire.borrow_mut().take(0x88), [reply]);
            assert!(!handle.with(|charger| charger.is_connected()));
            assert_eq!(world.ended.get(), 1);
            world.pass(run.as_mut(), 5_000);
            assert_eq!(world.connections.get(), 2);
        });
    }
}

#[test]
fn rpc_24_the_scope_ends_with_a_pong_that_never_comes() {
    let world = World::default();
    run!(world, |charger| charger.set_factory_configuration("WebSocketPingInterval", "5").unwrap(), |run, handle| {
        world.boot(run.as_mut());
        for _ in 0..3 {
            world.pass(run.as_mut(), 5_500);
            assert!(!world.wire.borrow_mut().take(0x89).is_empty(), "a ping each interval");
            world.wire.borrow_mut().send(&[frame(0x8A, "")]);
        }
        world.pass(run.as_mut(), 2_000);
        assert!(handle.with(|charger| charger.is_connected()));
        world.wire.borrow_mut().may_be_dropped = true;
        world.pass(run.as_mut(), 16_000);
        assert_eq!(world.ended.get(), 1);
    });
}

#[test]
fn a_stream_that_ends_or_fails_ends_the_scope() {
    for failure in [None, Some(ErrorKind::ConnectionReset)] {
        let world = World::default();
        run!(world, |_| (), |run, handle| {
            world.boot(run.as_mut());
            world.wire.borrow_mut().may_be_dropped = true;
            world.wire.borrow_mut().end = Some(failure);
            world.pass(run.as_mut(), 200);
            assert_eq!(world.ended.get(), 1);
            assert!(!handle.with(|charger| charger.is_connected()));
            assert!(world.told.borrow().is_empty(), "there was a connection");
        });
    }
}

#[test]
fn rpc_03_the_reason_of_a_failure_is_told_and_the_next_try_comes() {
    for (response, why) in [
        ("HTTP/1.1 401 Unauthorized\r\n", ConnectFailure::Status(401)),
        ("HTTP/1.1 404 Not Found\r\n", ConnectFailure::Status(404)),
        ("SSH-2.0-OpenSSH_9.6\r\n", ConnectFailure::NotWebSocket),
        ("", ConnectFailure::Disconnected),
    ] {
        let world = World::default();
        world.wire.borrow_mut().refusal = Some(response);
        world.wire.borrow_mut().may_be_dropped = true;
        world.wire.borrow_mut().hangs_up = true;
        run!(world, |_| (), |run, _handle| {
            world.pass(run.as_mut(), 20_000);
            assert!(world.connections.get() > 1);
            assert!(world.told.borrow().iter().all(|told| *told == why), "{:?}", world.told.borrow());
        });
    }
    // what the firmware says by itself
    let world = World::default();
    world.refusal.set(Some(ConnectFailure::ServerCertificate));
    run!(world, |_| (), |run, _handle| {
        world.pass(run.as_mut(), 10_000);
        let told = world.told.borrow().len();
        assert!((2..8).contains(&told), "{told}");
        assert!(world.told.borrow().iter().all(|told| *told == ConnectFailure::ServerCertificate));
    });
}

#[test]
fn random_bytes_of_the_server_neither_panic_nor_hang() {
    let mut seed = 1_u32;
    let mut random_byte = move || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 24) as u8
    };
    for round in 0..300 {
        // valid op codes and small lengths now and then, so that it gets beyond the first frame
        let frames: Vec<u8> = (0..round)
            .map(|_| match random_byte() {
                byte @ 0..64 => [0x81, 0x01, 0x80, 0x89, 0x8A, 0x82, 0x00, 0x02][usize::from(byte % 8)],
                byte @ 64..160 => byte % 4,
                byte => byte,
            })
            .collect();
        let world = World::default();
        (world.wire.borrow_mut().chunk, world.wire.borrow_mut().may_be_dropped) = (1 + round % 9, true);
        run!(world, |_| (), |run, handle| {
            world.next(run.as_mut());
            world.wire.borrow_mut().send(&[frames]);
            world.wire.borrow_mut().end = Some(None);
            world.pass(run.as_mut(), 8_000);
            assert!(world.ended.get() > 0);
            assert!(handle.with(|charger| charger.is_connected()), "with the next one");
        });
    }
}

/// A firmware that never lets go of a connection which is over loses it.
#[test]
fn what_comes_after_a_connection_has_a_time_limit() {
    let world = World::default();
    world.lingers.set(true);
    run!(world, |_| (), |run, _handle| {
        world.boot(run.as_mut());
        world.wire.borrow_mut().may_be_dropped = true;
        world.wire.borrow_mut().end = Some(None);
        world.pass(run.as_mut(), 9_000);
        assert_eq!(world.connections.get(), 1);
        world.pass(run.as_mut(), 6_000);
        assert_eq!(world.connections.get(), 2);
        assert!(world.told.borrow().is_empty());
    });
}

// ---- The charge point ----

fn set_up<'a>(charger: &mut ChargePoint<'a>, how: impl FnOnce(&mut ChargePoint<'a>)) {
    how(charger);
}

const OPTIONS: Options<'static> = Options::new("csms", "/ocpp", "CP1");

fn random() -> u32 {
    thread_local!(static STATE: Cell<u32> = const { Cell::new(1) });
    STATE.set(STATE.get().wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    STATE.get()
}

// ---- The world ----

#[derive(Default)]
struct World {
    now: Cell<u64>,
    wire: RefCell<Wire>,
    connections: Cell<u32>,
    /// Connections that are over.
    ended: Cell<u32>,
    told: RefCell<Vec<ConnectFailure>>,
    refusal: Cell<Option<ConnectFailure>>,
    lingers: Cell<bool>,
    /// Of the calls of the charge point.
    ids: RefCell<Vec<String>>,
}

impl Timer for &World {
    fn now(&self) -> Instant {
        Instant::from_millis(self.now.get())
    }

    async fn sleep_until(&self, at: Instant) {
        poll_fn(|_| if Timer::now(self) >= at { Poll::Ready(()) } else { Poll::Pending }).await;
    }
}

impl World {
    /// One poll a millisecond.
    fn pass<F: Future>(&self, mut run: Pin<&mut F>, ms: u64) {
        for _ in 0..ms {
            assert!(run.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            self.now.set(self.now.get() + 1);
        }
    }

    /// The next message of the charge point.
    fn next<F: Future>(&self, mut run: Pin<&mut F>) -> Value {
        for _ in 0..200_000 {
            if let Some(message) = self.wire.borrow_mut().message() {
                return serde_json::from_slice(&message).unwrap();
            }
            self.pass(run.as_mut(), 1);
        }
        panic!("nothing was sent")
    }

    /// Answers the next call, which must be this one.
    fn expect<F: Future>(&self, run: Pin<&mut F>, action: &str, answer: Value) {
        let call = self.next(run);
        assert_eq!((&call[0], &call[2]), (&json!(2), &json!(action)), "{call}");
        self.ids.borrow_mut().push(call[1].to_string());
        let answer = json!([3, call[1], answer]).to_string();
        self.wire.borrow_mut().send(&[frame(0x81, &answer)]);
    }

    /// Answers all that the charge point has to say after it was switched on.
    #[cfg(feature = "security")]
    fn answer_all<F: Future>(&self, mut run: Pin<&mut F>) {
        for _ in 0..20_000 {
            self.pass(run.as_mut(), 1);
            let Some(message) = self.wire.borrow_mut().message() else { continue };
            let call: Value = serde_json::from_slice(&message).unwrap();
            let boot = json!({"status": "Accepted", "currentTime": "2025-01-01T00:00:00Z", "interval": 80_000});
            let answer = if call[2] == "BootNotification" { boot } else { json!({}) };
            self.wire.borrow_mut().send(&[frame(0x81, &json!([3, call[1], answer]).to_string())]);
        }
    }

    fn boot<F: Future>(&self, mut run: Pin<&mut F>) {
        let accepted = json!({"status": "Accepted", "currentTime": "2025-01-01T00:00:00Z", "interval": 3000});
        self.expect(run.as_mut(), "BootNotification", accepted);
        self.expect(run.as_mut(), "StatusNotification", json!({}));
        self.expect(run.as_mut(), "StatusNotification", json!({}));
        self.pass(run, 1_000);
    }
}

/// A frame of the server.
fn frame(head: u8, payload: &str) -> Vec<u8> {
    let mut frame = vec![head];
    match payload.len() {
        length @ ..126 => frame.push(length as u8),
        length => {
            frame.push(126);
            frame.extend((length as u16).to_be_bytes());
        }
    }
    frame.extend(payload.as_bytes());
    frame
}

// ---- The server and the stream ----

struct Wire {
    /// In place of the answer that a good server gives.
    refusal: Option<&'static str>,
    /// The server hangs up behind its response.
    hangs_up: bool,
    incoming: VecDeque<u8>,
    outgoing: Vec<u8>,
    is_open: bool,
    /// Frames of the client, unmasked.
    frames: Vec<(u8, Vec<u8>)>,
    fragments: u32,
    dice: u32,
    /// The most bytes that are moved at a time.
    chunk: usize,
    may_be_dropped: bool,
    /// How it ends, if it does.
    end: Option<Option<ErrorKind>>,
}

impl Default for Wire {
    fn default() -> Self {
        Self {
            refusal: None,
            hangs_up: false,
            incoming: VecDeque::new(),
            outgoing: vec![],
            is_open: false,
            frames: vec![],
            fragments: 0,
            dice: 1,
            chunk: 1,
            may_be_dropped: false,
            end: None,
        }
    }
}

impl Wire {
    fn connect(&mut self) {
        (self.is_open, self.end) = (false, None);
        self.incoming.clear();
        self.outgoing.clear();
    }

    fn send(&mut self, frames: &[Vec<u8>]) {
        self.incoming.extend(frames.concat());
    }

    fn is_busy(&mut self) -> bool {
        self.dice = self.dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        self.dice >> 30 != 0
    }

    /// Takes the request, then frame by frame.
    fn heard(&mut self, byte: u8) {
        self.outgoing.push(byte);
        if !self.is_open {
            if self.outgoing.ends_with(b"\r\n\r\n") {
                self.is_open = true;
                let response = self.refusal.map_or_else(|| answer(&self.outgoing), str::to_owned);
                self.outgoing.clear();
                self.incoming.extend(response.bytes());
                if self.hangs_up {
                    self.end = Some(None);
                }
            }
            return;
        }
        let (head, length, rest) = match self.outgoing.as_slice() {
            [head, 0xFE, high, low, rest @ ..] => (*head, usize::from(u16::from_be_bytes([*high, *low])), rest),
            [_, 0xFE, ..] => return,
            [head, length, rest @ ..] => {
                assert_eq!(length & 0x80, 0x80, "frame of a client is not masked");
                (*head, usize::from(length & 0x7F), rest)
            }
            _ => return,
        };
        if rest.len() < 4 + length {
            return;
        }
        let (mask, payload) = rest.split_at(4);
        let payload = payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
        self.frames.push((head, payload));
        self.outgoing.clear();
    }

    /// The payloads of the frames of this kind.
    fn take(&mut self, head: u8) -> Vec<Vec<u8>> {
        let (taken, left) = std::mem::take(&mut self.frames).into_iter().partition(|frame| frame.0 == head);
        self.frames = left;
        let taken: Vec<(u8, Vec<u8>)> = taken;
        taken.into_iter().map(|(_, payload)| payload).collect()
    }

    fn peek(&self, head: u8) -> Option<&[u8]> {
        self.frames.iter().find(|frame| frame.0 == head).map(|frame| frame.1.as_slice())
    }

    /// The next text message that is whole.
    fn message(&mut self) -> Option<Vec<u8>> {
        let is_text = |head: u8| head & 0x0F <= 1;
        let end = self.frames.iter().position(|(head, _)| is_text(*head) && head & 0x80 != 0)?;
        let mut message = vec![];
        let mut index = 0;
        self.frames.retain(|(head, payload)| {
            let is_part = index <= end && is_text(*head);
            index += 1;
            if is_part {
                assert_eq!(head & 0x0F == 0, !message.is_empty(), "continues what has begun, and nothing else");
                self.fragments += u32::from(head & 0x0F == 0);
                message.extend(payload);
            }
            !is_part
        });
        Some(message)
    }
}

/// Of a server that agrees with the request.
fn answer(request: &[u8]) -> String {
    let request = std::str::from_utf8(request).unwrap();
    let key = request.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).unwrap();
    let accept = derive_accept_key(key.as_bytes());
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: ocpp1.6\r\n\r\n"
    )
}

/// One direction of the stream.
struct Half<'w>(&'w RefCell<Wire>);

/// What a future of the stream has in hands.
struct Transfer<'w> {
    wire: &'w RefCell<Wire>,
    is_done: bool,
}

impl<'w> Half<'w> {
    /// Is busy for a while, with what the future has taken already.
    async fn hold<T>(&self, has_begun: impl Fn(&mut Wire) -> Option<T>) -> T {
        let mut transfer = Transfer { wire: self.0, is_done: false };
        let mut taken = None;
        let result = poll_fn(|_| {
            let wire = &mut *self.0.borrow_mut();
            if taken.is_none() {
                taken = has_begun(wire);
            }
            if wire.is_busy() { Poll::Pending } else { taken.take().map_or(Poll::Pending, Poll::Ready) }
        })
        .await;
        transfer.is_done = true;
        result
    }
}

impl Drop for Transfer<'_> {
    fn drop(&mut self) {
        let may_be_dropped = self.is_done || self.wire.borrow().may_be_dropped || std::thread::panicking();
        assert!(may_be_dropped, "dropped half way: bytes are lost");
    }
}

impl ErrorType for Half<'_> {
    type Error = ErrorKind;
}

impl Read for Half<'_> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        assert!(!buffer.is_empty(), "an empty read looks like the end of the stream");
        let most = buffer.len();
        let bytes = self.hold(|wire| match wire.end {
            _ if !wire.incoming.is_empty() => {
                let count = most.min(wire.chunk).min(wire.incoming.len());
                Some(Ok(wire.incoming.drain(..count).collect::<Vec<u8>>()))
            }
            Some(end) => Some(end.map_or(Ok(vec![]), Err)),
            None => None,
        });
        let bytes = bytes.await?;
        buffer[..bytes.len()].copy_from_slice(&bytes);
        Ok(bytes.len())
    }
}

impl Write for Half<'_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        let count = self.hold(|wire| Some(bytes.len().min(wire.chunk))).await;
        bytes[..count].iter().for_each(|byte| self.0.borrow_mut().heard(*byte));
        Ok(count)
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        self.hold(|_| Some(())).await;
        Ok(())
    }
}
