//! A charge point on the bench, with the central system of the script at the other end of the link.

use core::slice::Iter;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};

use embedded_ocpp::ocpp16::{ConnectorHardware, Equipment, Reason};
use embedded_ocpp::store::{RamStorage, RecordKey, Storage};
use embedded_ocpp::time::Duration;
use embedded_ocpp::transport::{Received, WebSocketTransport};
use embedded_ocpp::{Boot, ChargePoint, Instant, Resources};

use super::frames;

static PLUGGED: AtomicBool = AtomicBool::new(false);
static ENERGY_WH: AtomicU32 = AtomicU32::new(0);

const CARD: &str = "04A1B2C3D4E5F6";
/// How answers begin.
pub(crate) const RESULT: &str = "[3,";
pub(crate) const ERROR: &str = "[4,";
/// Simulated time between two polls.
const STEP: Duration = Duration::from_millis(10);

/// One connector, accepted by the central system and at rest, with the configuration of the script.
pub(crate) struct Bench<'a, S> {
    charge_point: ChargePoint<'a>,
    link: Link,
    storage: S,
    now: Instant,
}

/// Enough for the id and the action, and for an answer that is nothing but a status.
const BEGINNING: usize = 40;
/// As long as the longest frame.
const INCOMING: usize = 1536;

/// A connection that stands. Of what is sent it keeps the beginning only, for carrying it away is no work of the
/// charge point; what is received is copied, as from any socket.
struct Link {
    incoming: [u8; INCOMING],
    incoming_len: usize,
    /// At most an answer and a call.
    sent: [Sent; 2],
    sent_count: usize,
    /// The last message has been sent in part.
    unfinished: bool,
}

/// What is kept of a message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sent {
    /// Behind a short message lies what was there before.
    beginning: [u8; BEGINNING],
    len: usize,
}

impl Sent {
    const EMPTY: Self = Self { beginning: [0; BEGINNING], len: 0 };
}

impl Link {
    const fn new() -> Self {
        Self { incoming: [0; INCOMING], incoming_len: 0, sent: [Sent::EMPTY; 2], sent_count: 0, unfinished: false }
    }

    /// The first whole message that nobody has taken.
    fn sent(&self) -> Option<&Sent> {
        let whole = self.sent_count - usize::from(self.unfinished);
        self.sent[..whole].first()
    }

    fn take_sent(&mut self) {
        self.sent.rotate_left(1);
        self.sent_count -= 1;
    }
}

impl WebSocketTransport for Link {
    type Error = LinkDown;

    fn is_connected(&self) -> bool {
        true
    }

    async fn receive(&mut self, buffer: &mut [u8]) -> Result<Option<Received>, LinkDown> {
        let len = core::mem::take(&mut self.incoming_len);
        if len == 0 {
            return Ok(None);
        }
        buffer[..len].copy_from_slice(&self.incoming[..len]);
        Ok(Some(Received::Message(len)))
    }

    async fn send(&mut self, part: &[u8], last: bool) -> Result<(), LinkDown> {
        if !self.unfinished {
            let message = &mut self.sent[self.sent_count];
            match part.first_chunk() {
                Some(beginning) => message.beginning = *beginning,
                None => message.beginning[..part.len()].copy_from_slice(part),
            }
            message.len = 0;
            self.sent_count += 1;
        }
        self.sent[self.sent_count - 1].len += part.len();
        self.unfinished = !last;
        Ok(())
    }
}

#[derive(Debug)]
struct LinkDown;

/// A storage device that holds nothing and does no work.
pub(crate) struct Nowhere;

impl Storage for Nowhere {
    type Error = core::convert::Infallible;

    async fn load(&mut self, _: RecordKey, _: &mut [u8]) -> Result<Option<usize>, Self::Error> {
        Ok(None)
    }

    async fn store(&mut self, _: RecordKey, _: &[u8]) -> Result<(), Self::Error> {
        Ok(())
    }
}

/// Memory as storage device.
pub(crate) const RAM: RamStorage<1024> = RamStorage::new();

/// Does something with a charge point on this storage device, which has booted and is at rest.
pub(crate) fn with_bench<S: Storage>(storage: S, work: impl FnOnce(&mut Bench<'_, S>)) {
    power_on(storage, |bench| {
        bench.settle(&mut frames::BOOT.iter());
        for frame in frames::PREPARE {
            bench.push(frame);
            bench.step();
            bench.expect_answer(frame, RESULT);
        }
        work(bench);
    });
}

/// The same from before its first poll on.
pub(crate) fn power_on<S: Storage>(storage: S, work: impl FnOnce(&mut Bench<'_, S>)) {
    let mut resources = Resources::<1>::new();
    let boot = Boot::new("Demo Charger", "My Company Ltd.");
    let mut charge_point = ChargePoint::new(&mut resources, boot).expect("boot texts are short");
    wire(&mut charge_point).expect("there is one connector");
    work(&mut Bench { charge_point, link: Link::new(), storage, now: Instant::ZERO });
}

/// The connector.
struct Socket;

impl ConnectorHardware for Socket {
    fn is_plugged(&self) -> bool {
        PLUGGED.load(Relaxed)
    }

    fn energy(&self) -> Option<i64> {
        Some(ENERGY_WH.load(Relaxed).into())
    }

    fn equipment(&self) -> Equipment {
        Equipment::new().with_power_meter().with_current_limit().with_power_limit()
    }

    fn power(&self) -> Option<i32> {
        Some(11_040)
    }
}

fn wire(charge_point: &mut ChargePoint<'_>) -> Result<(), embedded_ocpp::facade::InputError> {
    charge_point.set_hardware(&Socket, 1)?;
    charge_point.set_on_reset_execute(&|_| {});
    Ok(())
}

impl<S: Storage> Bench<'_, S> {
    /// One turn of the firmware's loop.
    pub(crate) fn step(&mut self) {
        self.now = self.now + STEP;
        if self.charge_point.poll(self.now, &mut self.link, &mut self.storage).is_err() {
            panic!("the link and the storage never fail");
        }
    }

    /// The central system sends a frame.
    pub(crate) fn push(&mut self, frame: &str) {
        self.link.incoming[..frame.len()].copy_from_slice(frame.as_bytes());
        self.link.incoming_len = frame.len();
    }

    /// The first whole message from the charge point that nobody has taken.
    pub(crate) fn sent(&self) -> Option<&Sent> {
        self.link.sent()
    }

    /// Takes the answer to `call`, which is of this kind. Returns its length.
    pub(crate) fn expect_answer(&mut self, call: &str, kind: &str) -> usize {
        let id = call.get(3..18).expect("ids have 13 characters");
        let answer = *self.sent().expect("a whole answer");
        assert!(answer.beginning.starts_with(kind.as_bytes()));
        assert_eq!(answer.beginning.get(3..18), Some(id.as_bytes()));
        self.link.take_sent();
        answer.len
    }

    /// The same for an answer that is nothing but the status Accepted.
    pub(crate) fn expect_accepted(&mut self, call: &str) {
        let status = self.sent().and_then(|answer| answer.beginning.get(19..));
        assert_eq!(status, Some(br#"{"status":"Accepted"}"#.as_slice()));
        self.expect_answer(call, RESULT);
    }

    /// How long all keys are on the wire, but for their values.
    pub(crate) fn keys_len(&self) -> usize {
        let keys = self.charge_point.configuration();
        let names = keys.ids().filter_map(|id| keys.get(id)).map(|key| key.name);
        names.map(|name| r#"{"key":"","readonly":true}"#.len() + name.len()).sum()
    }

    /// Takes a call and answers it.
    pub(crate) fn answer(&mut self, action: &str, payload: &str) {
        assert!(self.sent().is_some(), "a call");
        let Link { incoming, sent: [call, _], .. } = &mut self.link;
        let mut fields = call.beginning.split(|byte| *byte == b'"').skip(1);
        let id = fields.next().expect("an id");
        assert_eq!(fields.nth(1), Some(action.as_bytes()));
        let mut len = 0;
        for piece in [b"[3,\"", id, b"\",", payload.as_bytes(), b"]"] {
            incoming[len..len + piece.len()].copy_from_slice(piece);
            len += piece.len();
        }
        self.link.incoming_len = len;
        self.link.take_sent();
    }

    /// Takes all that was sent, and answers none of it.
    pub(crate) fn ignore(&mut self) {
        while self.sent().is_some() {
            self.link.take_sent();
        }
    }

    /// How many messages wait for delivery.
    pub(crate) fn waiting(&self) -> u32 {
        self.charge_point.waiting_messages()
    }

    /// Polls and answers after the script until two polls in a row have sent nothing.
    pub(crate) fn settle(&mut self, script: &mut Iter<'_, (&str, &str)>) {
        self.converse_with(&mut Self::step, script);
    }

    /// The same, each poll done by `step`.
    pub(crate) fn converse_with(&mut self, step: &mut dyn FnMut(&mut Self), script: &mut Iter<'_, (&str, &str)>) {
        let mut silent = 0;
        while silent < 2 {
            step(self);
            silent = if self.sent().is_some() { 0 } else { silent + 1 };
            while self.sent().is_some() {
                let (action, payload) = script.next().expect("no call beyond the script");
                self.answer(action, payload);
            }
        }
    }

    /// The plug goes in or out.
    pub(crate) fn plug(&mut self, plugged: bool) {
        PLUGGED.store(plugged, Relaxed);
    }

    /// A card is shown.
    pub(crate) fn begin(&mut self) {
        self.charge_point.begin_transaction(CARD, 1).expect("the connector is free");
    }

    /// The card is shown again.
    pub(crate) fn end(&mut self) {
        self.charge_point.end_transaction(Some(CARD), Reason::Local, 1).expect("a session is under way");
    }

    /// Five seconds in which energy flows.
    pub(crate) fn pass_5_s(&mut self) {
        ENERGY_WH.fetch_add(15, Relaxed);
        self.now = self.now + Duration::from_secs(5);
    }
}
