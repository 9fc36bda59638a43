use super::evse::{Evse, leak};
use super::flash::Flash;
use super::frame::{Frame, covers};
use super::wire::{Event, Log, Power, Wire};
use embedded_ocpp::facade::ConnectorClosures;
use embedded_ocpp::facade::capacity::{ReceiveBuffer, SendBuffer};
use embedded_ocpp::ocpp16::{BeginError, BootReason, EndError, ErrorData, Reason};
use embedded_ocpp::time::{DateTime, Instant};
use embedded_ocpp::transport::ConnectFailure;
use embedded_ocpp::{Boot, ChargePoint, Error, Resources};
use serde_json::{Value, json};
use std::collections::HashMap;

/// 2025-01-01T00:00:00Z, the moment at which every timeline begins.
const BEGINNING: u32 = 1_735_689_600;
/// So many polls at one moment that each want another one at once are a busy loop.
const POLLS_MAX: u32 = 64;
/// As little room for messages as there may be.
type Small = ReceiveBuffer<256, SendBuffer<1024>>;

/// The date of the moment `seconds` after the beginning, as it is written on the wire.
pub fn date(seconds: u64) -> String {
    DateTime::from_unix(BEGINNING + seconds as u32).to_string()
}

pub type Configure = fn(&mut ChargePoint<'static>);

pub type WireConnector = fn(&mut ConnectorClosures<'static>, u8);

/// What stands on the bench, before it is switched on.
pub struct Bench {
    connectors: u8,
    keys: Vec<(&'static str, &'static str)>,
    small_buffers: bool,
    has_locks: bool,
    has_plug_sensors: bool,
    clock_start: u64,
    has_all_outputs: bool,
    wire: Option<WireConnector>,
    configure: Option<Configure>,
    version: Option<fn() -> &'static str>,
    serial_number: Option<&'static str>,
}

/// A charge point with one connector, that takes no samples by itself.
pub fn bench() -> Bench {
    Bench {
        connectors: 1,
        keys: vec![("MeterValueSampleInterval", "0")],
        small_buffers: false,
        has_locks: false,
        has_plug_sensors: true,
        clock_start: 0,
        has_all_outputs: false,
        wire: None,
        configure: None,
        version: None,
        serial_number: None,
    }
}

/// The same, switched on and accepted.
pub fn booted() -> Timeline {
    bench().booted()
}

/// The same, with an EV.
pub fn plugged() -> Timeline {
    bench().plugged()
}

/// The same at 10 s, with the tag `TAG` in transaction 42.
pub fn charging() -> Timeline {
    let mut timeline = booted();
    timeline.at(10).start_charging(1, "TAG", 42);
    timeline
}

impl Bench {
    pub fn two_connectors(mut self) -> Self {
        self.connectors = 2;
        self
    }

    /// The factory value of a configuration key.
    pub fn key(mut self, key: &'static str, value: &'static str) -> Self {
        self.keys.push((key, value));
        self
    }

    /// All keys have the factory values of the library.
    pub fn factory_keys(mut self) -> Self {
        self.keys.clear();
        self
    }

    /// Every connector can lock its cable.
    pub fn lock(mut self) -> Self {
        self.has_locks = true;
        self
    }

    /// The smallest buffers that are allowed.
    pub fn small_buffers(mut self) -> Self {
        self.small_buffers = true;
        self
    }

    /// The firmware does not know whether an EV is plugged in.
    pub fn without_plug_sensor(mut self) -> Self {
        self.has_plug_sensors = false;
        self
    }

    /// The monotonic clock of each boot does not begin at zero, but at so many milliseconds.
    pub fn clock_from(mut self, ms: u64) -> Self {
        self.clock_start = ms;
        self
    }

    /// It has the outputs without which a profile is not there.
    pub fn all_outputs(mut self) -> Self {
        #[cfg(feature = "smart-charging")]
        {
            self.wire = Some(|closures, _| closures.set_smart_charging_output(&|_| {}));
        }
        self.has_all_outputs = true;
        self
    }

    /// What each connector has beside the usual.
    pub fn wire(mut self, wire: WireConnector) -> Self {
        self.wire = Some(wire);
        self
    }

    /// What the firmware does beside the usual before the first poll of each boot.
    pub fn configure(mut self, configure: Configure) -> Self {
        self.configure = Some(configure);
        self
    }

    /// The version of the firmware at each boot.
    pub fn version(mut self, version: fn() -> &'static str) -> Self {
        self.version = Some(version);
        self
    }

    /// The serial number of the charge point.
    pub fn serial_number(mut self, number: &'static str) -> Self {
        self.serial_number = Some(number);
        self
    }

    /// Switches it on at 0 s, with a connection.
    pub fn start(self) -> Timeline {
        let mut timeline = self.start_offline();
        timeline.link_up();
        timeline
    }

    /// Switches it on at 0 s; it is accepted.
    pub fn booted(self) -> Timeline {
        let mut timeline = self.start();
        timeline.boot();
        timeline
    }

    /// The same, and an EV is plugged in.
    pub fn plugged(self) -> Timeline {
        let mut timeline = self.booted();
        timeline.plug(1);
        timeline.expect_status(1, "Preparing");
        timeline
    }

    /// Switches it on at 0 s, without a connection.
    pub fn start_offline(self) -> Timeline {
        let (log, power) = (Log::default(), Power::default());
        let evses: Vec<_> = (0..self.connectors).map(|_| Evse::leak()).collect();
        for evse in &evses {
            evse.has_plug_sensor.set(self.has_plug_sensors);
        }
        let mut timeline = Timeline {
            now: 0,
            booted: 0,
            deadline: 0,
            charger: None,
            wire: Wire::new(log.clone(), power.clone()),
            flash: Flash::new(log.clone(), power.clone()),
            errors: Vec::new(),
            resets: Box::leak(Box::default()),
            discarded: Box::leak(Box::default()),
            bench: self,
            evses,
            log,
            power,
            seen: HashMap::new(),
            server_calls: 0,
        };
        timeline.power_on();
        timeline
    }

    fn assemble(
        &self,
        evses: &[&'static Evse],
        resets: &'static Shown,
        discarded: &'static Shown,
    ) -> ChargePoint<'static> {
        let mut boot = Boot::new("Model", "Vendor").reason(BootReason::PowerUp);
        if let Some(version) = self.version {
            boot = boot.firmware_version(version());
        }
        if let Some(number) = self.serial_number {
            boot = boot.charge_point_serial_number(number);
        }
        let charger = match (self.connectors, self.small_buffers) {
            (1, false) => ChargePoint::new(Box::leak(Box::new(Resources::<1>::new())), boot),
            (1, true) => ChargePoint::new(Box::leak(Box::new(Resources::<1, Small>::new())), boot),
            _ => ChargePoint::new(Box::leak(Box::new(Resources::<2>::new())), boot),
        };
        let mut charger = charger.unwrap();
        for (evse, id) in evses.iter().copied().zip(1..) {
            let mut closures = evse.closures();
            if self.has_locks {
                closures.set_on_unlock_connector(leak(|| evse.unlock()));
            }
            if let Some(wire) = self.wire {
                wire(&mut closures, id);
            }
            evse.connect(&mut charger, id, closures);
        }
        charger.set_on_reset_execute(leak(move |kind| resets.borrow_mut().push(format!("{kind:?}"))));
        charger.set_on_discarded(leak(move |message: &embedded_ocpp::ocpp16::Discarded<'_>| {
            discarded.borrow_mut().push(format!("{message:?}"));
        }));
        charger.set_rng(leak(|| 0x1234_5678));
        for (key, value) in &self.keys {
            charger.set_factory_configuration(key, value).unwrap();
        }
        #[cfg(feature = "firmware-management")]
        if self.has_all_outputs {
            charger.set_on_download(&|_| {});
            charger.set_on_install(&|| {});
        }
        if let Some(configure) = self.configure {
            configure(&mut charger);
        }
        charger
    }
}

type Shown = std::cell::RefCell<Vec<String>>;

/// A running test: the charge point, everything around it, and the time.
pub struct Timeline {
    /// Milliseconds since the beginning.
    now: u64,
    /// When the present boot began; its monotonic clock started there.
    booted: u64,
    deadline: u64,
    charger: Option<ChargePoint<'static>>,
    pub wire: Wire,
    pub flash: Flash,
    /// What the polls have returned, since it was last looked at.
    pub errors: Vec<String>,
    /// The resets that the firmware was asked for.
    pub resets: &'static Shown,
    /// The messages that the firmware was shown for the last time.
    pub discarded: &'static Shown,
    pub power: Power,
    bench: Bench,
    evses: Vec<&'static Evse>,
    log: Log,
    /// All calls by id, to see that none is used for two messages (RPC-08).
    seen: HashMap<String, (String, Value)>,
    server_calls: u32,
}

// ---- Time, supply and connection ----

impl Timeline {
    /// Lets time pass until `seconds` after the beginning. Nothing may be sent on the way.
    pub fn at(&mut self, seconds: u64) -> &mut Self {
        self.at_ms(seconds * 1000)
    }

    pub fn at_ms(&mut self, ms: u64) -> &mut Self {
        assert!(ms >= self.now, "the timeline runs backwards: {ms} ms after {} ms", self.now);
        self.expect_nothing();
        while self.charger.is_some() && self.deadline < ms {
            self.now = self.deadline.max(self.now);
            self.settle();
            self.expect_nothing();
        }
        self.now = ms;
        self.settle();
        self
    }

    /// The firmware is busy with something else: nothing is polled until `seconds` after the beginning.
    pub fn stall(&mut self, seconds: u64) -> &mut Self {
        self.expect_nothing();
        self.now = seconds * 1000;
        self.settle();
        self
    }

    pub fn seconds(&self) -> u64 {
        self.now / 1000
    }

    /// The supply fails: what was not durable is gone.
    pub fn power_cut(&mut self) {
        self.charger = None;
        self.wire.cut();
    }

    /// The supply is back, for so many records and frames.
    pub fn power_on_for(&mut self, steps: u32) {
        self.power.fails_after(steps);
        self.boot_up();
    }

    /// The supply is back, the connection not yet.
    pub fn power_on(&mut self) {
        self.power.restore();
        self.boot_up();
    }

    fn boot_up(&mut self) {
        self.booted = self.now;
        self.charger = Some(self.bench.assemble(&self.evses, self.resets, self.discarded));
        self.settle();
    }

    /// From the next boot on the firmware says this of itself.
    pub fn reconfigure(&mut self, configure: Configure) {
        self.bench.configure = Some(configure);
    }

    /// A power cut and a boot with a connection, at one moment.
    pub fn reboot(&mut self) {
        self.power_cut();
        self.power_on();
        self.link_up();
    }

    pub fn link_up(&mut self) {
        self.wire.connected = true;
        self.settle();
    }

    pub fn link_down(&mut self) {
        self.wire.cut();
        self.settle();
    }

    /// The firmware could not open a connection.
    pub fn connect_failed(&mut self, why: ConnectFailure) {
        self.charger().connect_failed(why);
        self.settle();
    }

    /// Polls until the charge point names a moment that is still to come.
    pub fn settle(&mut self) {
        for _ in 0..POLLS_MAX {
            let Some(charger) = &mut self.charger else { return };
            let now = Instant::from_millis(self.now - self.booted + self.bench.clock_start);
            match charger.poll(now, &mut self.wire, &mut self.flash) {
                Ok(deadline) if deadline > now => {
                    self.deadline = (deadline.as_millis() - self.bench.clock_start).saturating_add(self.booted);
                    return;
                }
                Ok(_) => {}
                Err(error) => self.errors.push(match error {
                    Error::Transport(error) => format!("{error:?}"),
                    Error::Storage(error) => format!("{error:?}"),
                    error => format!("{error:?}"),
                }),
            }
        }
        panic!("a busy loop at {} ms", self.now);
    }

    /// When the charge point wants to be polled next, in milliseconds.
    pub fn next_deadline(&self) -> u64 {
        self.deadline
    }
}

// ---- The user and the hardware ----

impl Timeline {
    pub fn charger(&mut self) -> &mut ChargePoint<'static> {
        self.charger.as_mut().expect("switched off")
    }

    pub fn evse(&self, connector: u8) -> &'static Evse {
        self.evses[usize::from(connector) - 1]
    }

    pub fn plug(&mut self, connector: u8) {
        self.evse(connector).plugged.set(true);
        self.settle();
    }

    pub fn unplug(&mut self, connector: u8) {
        self.evse(connector).plugged.set(false);
        self.settle();
    }

    pub fn meter(&mut self, connector: u8, wh: i64) -> &mut Self {
        self.evse(connector).energy.set(wh);
        self
    }

    /// Who takes and who offers energy.
    pub fn ready(&mut self, connector: u8, ev: bool, evse: bool) {
        self.evse(connector).ev_ready.set(ev);
        self.evse(connector).evse_ready.set(evse);
        self.settle();
    }

    pub fn fault(&mut self, connector: u8, error: Option<ErrorData>) {
        self.evse(connector).error.set(error);
        self.settle();
    }

    /// Shows a card to begin.
    pub fn card(&mut self, connector: u8, id_tag: &str) {
        self.try_card(connector, id_tag).unwrap();
    }

    pub fn try_card(&mut self, connector: u8, id_tag: &str) -> Result<(), BeginError> {
        let begun = self.charger().begin_transaction(id_tag, connector);
        self.settle();
        begun
    }

    /// Shows a card to begin, about which the central system is asked, and which it accepts.
    pub fn accepted_card(&mut self, connector: u8, id_tag: &str) {
        self.card(connector, id_tag);
        self.expect_call("Authorize", json!({ "idTag": id_tag })).accept_tag();
    }

    /// Shows a card to end.
    pub fn card_again(&mut self, connector: u8, id_tag: &str) -> Result<(), EndError> {
        let ended = self.charger().end_transaction(Some(id_tag), Reason::Local, connector);
        self.settle();
        ended
    }
}

// ---- The central system ----

/// A call of the charge point that the central system has to deal with.
#[must_use]
pub struct Unanswered<'t> {
    timeline: &'t mut Timeline,
    pub id: String,
    pub payload: Value,
}

/// A call of the central system that the charge point has to deal with.
#[must_use]
pub struct ServerCall<'t> {
    timeline: &'t mut Timeline,
    id: String,
}

impl Timeline {
    /// The next frame is this call, with at least these members; `null` stands for one that must not be there.
    pub fn expect_call(&mut self, action: &str, payload: Value) -> Unanswered<'_> {
        match self.next_frame() {
            Some(Frame::Call { id, action: found, payload: actual }) if found == action => {
                assert!(
                    covers(&payload, &actual),
                    "{} s: {action}\nexpected {payload}\n   found {actual}",
                    self.seconds()
                );
                Unanswered { timeline: self, id, payload: actual }
            }
            other => panic!("{} s: expected {action} {payload}\nfound {other:?}", self.seconds()),
        }
    }

    /// Lets at most `seconds` pass until the charge point sends something.
    pub fn wait(&mut self, seconds: u64) -> &mut Self {
        let end = self.now + seconds * 1000;
        while self.wire.outgoing.is_empty() && self.now < end {
            self.now = self.deadline.clamp(self.now + 1, end);
            self.settle();
        }
        self
    }

    /// The next frame is a StatusNotification without error; it is answered.
    pub fn expect_status(&mut self, connector: u8, status: &str) {
        self.expect_error(connector, status, "NoError");
    }

    /// The same with this error.
    pub fn expect_error(&mut self, connector: u8, status: &str, error: &str) {
        let payload = json!({"connectorId": connector, "status": status, "errorCode": error});
        self.expect_call("StatusNotification", payload).answer(json!({}));
    }

    /// The next frame is a StopTransaction with at least these members; it is answered.
    pub fn expect_stop(&mut self, payload: Value) {
        self.expect_call("StopTransaction", payload).answer(json!({}));
    }

    /// The next frame may be this status, where the standard leaves it open (TX-23).
    pub fn may_report(&mut self, connector: u8, status: &str) {
        let next = self.wire.outgoing.front().map(|text| Frame::read(text));
        let wanted = json!({"connectorId": connector, "status": status});
        if matches!(next, Some(Frame::Call { action, payload, .. })
            if action == "StatusNotification" && covers(&wanted, &payload))
        {
            self.expect_status(connector, status);
        }
    }

    pub fn expect_nothing(&mut self) {
        if let Some(frame) = self.wire.outgoing.front() {
            panic!("{} ms: not expected: {frame}", self.now);
        }
    }

    /// Calls the charge point.
    pub fn call(&mut self, action: &str, payload: Value) -> ServerCall<'_> {
        self.call_as_written(action, &payload.to_string())
    }

    /// The same with the members in this order, and as often as they stand there.
    pub fn call_as_written(&mut self, action: &str, payload: &str) -> ServerCall<'_> {
        self.server_calls += 1;
        let id = format!("server-{}", self.server_calls);
        self.send(&format!(r#"[2,"{id}","{action}",{payload}]"#));
        ServerCall { timeline: self, id }
    }

    /// The next frame is the answer to a call that was to come later.
    pub fn expect_answer(&mut self, id: &str, payload: Value) {
        assert_eq!(self.next_frame(), Some(Frame::Result { id: id.to_owned(), payload }), "{} s", self.seconds());
    }

    /// The central system sets a configuration key, and is answered with this status.
    pub fn change_key(&mut self, key: &str, value: &str, status: &str) {
        self.call("ChangeConfiguration", json!({"key": key, "value": value})).expect(status);
    }

    /// Answers a call of the charge point.
    pub fn answer(&mut self, id: &str, payload: Value) {
        self.send(&json!([3, id, payload]).to_string());
    }

    /// Sends any text.
    pub fn send(&mut self, text: &str) {
        self.send_bytes(text.as_bytes());
    }

    pub fn send_bytes(&mut self, bytes: &[u8]) {
        assert!(self.wire.connected, "no connection");
        self.wire.incoming.push_back(bytes.to_vec());
        self.settle();
    }

    /// The next frame of the charge point, as it was sent.
    pub fn wire_text(&mut self) -> String {
        self.wire.outgoing.pop_front().unwrap_or_default()
    }

    /// The next frame of the charge point.
    pub fn next_frame(&mut self) -> Option<Frame> {
        let calls = self.wire.outgoing.iter().filter(|frame| frame.starts_with("[2,")).count();
        assert!(calls < 2, "RPC-09: two calls at once: {:?}", self.wire.outgoing);
        let frame = Frame::read(&self.wire.outgoing.pop_front()?);
        if let Frame::Call { id, action, payload } = &frame {
            let message = (action.clone(), payload.clone());
            let first = self.seen.entry(id.clone()).or_insert_with(|| message.clone());
            assert_eq!(*first, message, "RPC-08, MSG-12: one id, two messages");
        }
        Some(frame)
    }

    /// Accepts the charge point, which then tells the state of all connectors (BOOT-12).
    pub fn boot(&mut self) {
        self.accept_boot();
        self.expect_startup();
        self.expect_available();
    }

    /// With the security extension a charge point that is accepted tells first that it has started (SEC-31).
    pub fn expect_startup(&mut self) {
        #[cfg(feature = "security")]
        self.expect_event("StartupOfTheDevice");
    }

    #[cfg(feature = "security")]
    pub fn expect_event(&mut self, event: &str) {
        self.expect_call("SecurityEventNotification", json!({ "type": event })).answer(json!({}));
    }

    /// All places tell that they are free.
    pub fn expect_available(&mut self) {
        for connector in 0..=self.bench.connectors {
            self.expect_status(connector, "Available");
        }
    }

    /// Accepts the charge point, with the right time and an interval that never matters.
    pub fn accept_boot(&mut self) {
        self.register("Accepted", 86_400);
    }

    /// Answers the BootNotification, with the right time.
    pub fn register(&mut self, status: &str, interval: i64) {
        let conf = json!({"status": status, "currentTime": date(self.seconds()), "interval": interval});
        self.expect_call("BootNotification", json!({})).answer(conf);
    }

    /// A whole start: plug, card and all messages up to Charging.
    pub fn start_charging(&mut self, connector: u8, id_tag: &str, transaction_id: i64) {
        self.plug(connector);
        self.expect_status(connector, "Preparing");
        self.accepted_card(connector, id_tag);
        self.expect_call("StartTransaction", json!({"connectorId": connector, "idTag": id_tag}))
            .start(transaction_id, "Accepted");
        self.expect_status(connector, "Charging");
    }

    /// A whole end with the card: the messages up to Finishing.
    pub fn stop_charging(&mut self, connector: u8, id_tag: &str) {
        self.card_again(connector, id_tag).unwrap();
        self.expect_stop(json!({}));
        self.expect_status(connector, "Finishing");
    }

    /// What happened to the device and on the wire since this was last asked.
    pub fn take_log(&mut self) -> Vec<Event> {
        self.log.take()
    }

    pub fn take_errors(&mut self) -> Vec<String> {
        std::mem::take(&mut self.errors)
    }
}

impl Unanswered<'_> {
    pub fn answer(self, payload: Value) {
        self.timeline.answer(&self.id, payload);
    }

    pub fn refuse(self, code: &str) {
        self.timeline.send(&json!([4, self.id, code, "", {}]).to_string());
    }

    /// The central system says nothing. The id is for whoever answers later.
    pub fn ignore(self) -> String {
        self.id
    }

    pub fn accept_tag(self) {
        self.answer(json!({"idTagInfo": {"status": "Accepted"}}));
    }

    pub fn start(self, transaction_id: i64, status: &str) {
        self.answer(json!({"transactionId": transaction_id, "idTagInfo": {"status": status}}));
    }
}

impl ServerCall<'_> {
    /// The next frame is a CALLRESULT with exactly this payload.
    pub fn expect_result(self, payload: Value) {
        let found = self.timeline.next_frame();
        assert_eq!(found, Some(Frame::Result { id: self.id, payload }), "{} s", self.timeline.seconds());
    }

    /// The next frame is a CALLRESULT with this status and nothing else.
    pub fn expect(self, status: &str) {
        self.expect_result(json!({ "status": status }));
    }

    pub fn result(self) -> Value {
        match self.timeline.next_frame() {
            Some(Frame::Result { id, payload }) if id == self.id => payload,
            other => panic!("{} s: expected a result, found {other:?}", self.timeline.seconds()),
        }
    }

    pub fn expect_error(self, wanted: &str) {
        match self.timeline.next_frame() {
            Some(Frame::Error { id, code, .. }) if id == self.id => assert_eq!(code, wanted),
            other => panic!("{} s: expected {wanted}, found {other:?}", self.timeline.seconds()),
        }
    }

    /// The same with this description.
    pub fn expect_refusal(self, wanted: &str, because: &str) {
        match self.timeline.next_frame() {
            Some(Frame::Error { id, code, description }) if id == self.id => {
                assert_eq!((&*code, &*description), (wanted, because));
            }
            other => panic!("{} s: expected {wanted}: {because}, found {other:?}", self.timeline.seconds()),
        }
    }

    /// The answer may come later. Returns its id.
    pub fn later(self) -> String {
        self.id
    }

    /// The charge point says nothing.
    pub fn expect_silence(self) {
        self.timeline.expect_nothing();
    }
}

impl Drop for Timeline {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.expect_nothing();
        }
    }
}
