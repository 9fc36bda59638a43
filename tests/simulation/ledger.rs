//! What truly happened at the sockets, and whether the central system is told exactly that.

use crate::hardware::{REGISTER_WAIT, SOCKETS, Wait};
use crate::meter_values;
use crate::time::{MINUTE, Moment, SECOND, date_of};
use embedded_ocpp::time::DateTime;
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};

/// The number of a transaction, in the order in which they truly began.
pub(crate) type Number = u32;

/// Seconds by which a date may be off for the cutting of fractions.
const TOLERANCE_S: i64 = 2;

/// Ends that are forced wait for no register.
const WAITS_FOR_NOTHING: [&str; 3] = ["HardReset", "SoftReset", "UnlockCommand"];

/// A snowflake.
const BIG_ID: i64 = 1_867_000_000_000_000_000;

pub(crate) struct Ledger {
    transactions: BTreeMap<Number, Transaction>,
    next: Number,
    /// What the central system has to be told, in this order.
    expected: VecDeque<Event>,
    /// The transaction message that arrived last.
    last: Option<(String, Number, Kind)>,
    sockets: [Books; SOCKETS],
    sample_interval: Moment,
    boots: Vec<Boot>,
    pub(crate) started: u64,
    pub(crate) samples: u64,
    pub(crate) interrupted: u64,
    pub(crate) discarded: u64,
}

/// What is known about one socket.
#[derive(Default)]
struct Books {
    /// The tag that was shown last, or asked for by the central system.
    id_tag: Option<String>,
    /// The tag that the central system has asked a transaction for.
    asked_tag: String,
    running: Option<Number>,
    /// A transaction that may have begun at the very moment of a power cut.
    perhaps: Option<Number>,
    next_sample: Moment,
    is_sample_uncertain: bool,
    /// How what ends now has waited for its register.
    wait: Wait,
}

struct Boot {
    began: Moment,
    /// When it had read the device and counted itself: what it takes for its beginning is not later.
    counted: Option<Moment>,
    /// Its clock as it was set first, in seconds ahead of the true time.
    clock: Option<i64>,
    /// It dates for certain what was made without a clock before.
    is_dated: bool,
}

#[derive(Debug)]
pub(crate) struct Transaction {
    connector: u8,
    id_tag: String,
    meter_start: i64,
    boot: u32,
    /// What the central system calls it, as soon as it has been told of it.
    id: Option<i64>,
    /// The central system has given it that id.
    is_named: bool,
    /// Its start was given up, or answered without an id, so that it may be called -1.
    may_be_nameless: bool,
    began: i64,
    /// The date and the register that were told last.
    date: i64,
    register: i64,
    is_over: bool,
    /// The register before the meter began anew.
    fell_from: Option<i64>,
    /// It ran while the journal had no room for samples.
    is_thinned_out: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Start,
    Sample,
    Stop,
}

#[derive(Clone, Debug)]
struct Event {
    kind: Kind,
    transaction: Number,
    connector: u8,
    /// When it happened, and when it was known to be recorded.
    from: Moment,
    recorded: Moment,
    clocks: Clocks,
    boot: u32,
    register: i64,
    /// A power cut, or a failing device, may have kept it from being recorded.
    maybe: bool,
    /// It ends what a boot has interrupted.
    interrupted: bool,
    /// It has not waited for its register, for it was forced.
    is_hasty: bool,
    /// Not that of the meter, because it began anew, or could not be read: from what is known for certain to what was lost.
    vague: Option<(i64, i64)>,
}

/// What the ledger has to know about the moment at which something happens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    pub(crate) now: Moment,
    /// Since when the flash fails, or now.
    pub(crate) since: Moment,
    /// Of the charge point from then on: it may have been set meanwhile.
    pub(crate) clocks: Clocks,
    pub(crate) boot: u32,
}

/// The clocks that the charge point may have dated something by, in seconds ahead of the true time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clocks {
    was_unset: bool,
    slowest: Option<i64>,
    fastest: Option<i64>,
}

impl Clocks {
    pub(crate) fn of(clock: Option<i64>) -> Self {
        Self { was_unset: clock.is_none(), slowest: clock, fastest: clock }
    }

    /// Or by this one.
    pub(crate) fn with(self, clock: Option<i64>) -> Self {
        Self {
            was_unset: self.was_unset || clock.is_none(),
            slowest: self.slowest.into_iter().chain(clock).min(),
            fastest: self.fastest.max(clock),
        }
    }

    pub(crate) fn slowest(&self) -> Option<i64> {
        self.slowest.filter(|_| !self.was_unset)
    }

    /// None while it was not set.
    pub(crate) fn fastest(&self) -> Option<i64> {
        self.fastest
    }
}

/// Whether a call is about a transaction, and so delivered in order and for certain.
pub(crate) fn is_of_transaction(action: &str, payload: &Value) -> bool {
    matches!(action, "StartTransaction" | "StopTransaction")
        || action == "MeterValues" && payload.get("transactionId").is_some()
}

impl Ledger {
    pub(crate) fn new(sample_interval: Moment) -> Self {
        Self {
            transactions: BTreeMap::new(),
            next: 1,
            expected: VecDeque::new(),
            last: None,
            sockets: std::array::from_fn(|_| Books::default()),
            sample_interval,
            boots: Vec::new(),
            started: 0,
            samples: 0,
            interrupted: 0,
            discarded: 0,
        }
    }

    fn books(&mut self, connector: u8) -> &mut Books {
        &mut self.sockets[usize::from(connector) - 1]
    }

    pub(crate) fn is_running(&self, connector: u8) -> bool {
        self.sockets[usize::from(connector) - 1].running.is_some()
    }

    /// The id of the transaction on a connector, as the central system knows it.
    pub(crate) fn id_of_running(&self, connector: u8) -> Option<i64> {
        let number = self.sockets[usize::from(connector) - 1].running?;
        self.transactions[&number].id
    }

    pub(crate) fn tag_of_running(&self, connector: u8) -> Option<&str> {
        let number = self.sockets[usize::from(connector) - 1].running?;
        Some(&self.transactions[&number].id_tag)
    }

    /// The tag of one that may have begun before the power went, of which the firmware was not told.
    pub(crate) fn tag_of_perhaps(&self, connector: u8) -> Option<&str> {
        let number = self.sockets[usize::from(connector) - 1].perhaps?;
        Some(&self.transactions[&number].id_tag)
    }

    /// The number of the next transaction.
    pub(crate) fn next(&self) -> Number {
        self.next
    }

    pub(crate) fn is_settled(&self, now: Moment) -> bool {
        self.expected.iter().all(|event| event.maybe || event.recorded + 10 * MINUTE > now)
    }

    /// A transaction that the central system believes to run, and that does not.
    pub(crate) fn unended(&self) -> Option<&Transaction> {
        let runs = |number: &Number| self.sockets.iter().any(|books| books.running == Some(*number));
        let is_unended = |number: &Number, of: &Transaction| of.id.is_some() && !of.is_over && !runs(number);
        self.transactions.iter().find(|(number, of)| is_unended(number, of)).map(|(_, of)| of)
    }

    pub(crate) fn describe_expected(&self) -> String {
        format!("{} events, the first {:?}", self.expected.len(), self.expected.front())
    }
}

// ---- What happens ----

impl Ledger {
    pub(crate) fn tag_shown(&mut self, connector: u8, id_tag: &str) {
        let books = self.books(connector);
        // One of an earlier boot, of whose end the firmware may not have been told, has none.
        if books.running.is_none() || books.id_tag.is_none() {
            books.id_tag = Some(id_tag.to_owned());
        }
    }

    /// The central system asks for a transaction.
    pub(crate) fn start_asked(&mut self, connector: u8, id_tag: &str) {
        self.books(connector).asked_tag = id_tag.to_owned();
    }

    /// The charge point has taken that up.
    pub(crate) fn remote_start(&mut self, connector: u8) {
        let id_tag = self.books(connector).asked_tag.clone();
        self.tag_shown(connector, &id_tag);
    }

    /// The firmware was told StartTx, and since when the transaction runs.
    pub(crate) fn started(&mut self, at: Now, connector: u8, register: i64, began: Moment) {
        assert!((at.since..=at.now).contains(&began), "TX-01: it did not begin at {began}: {at:?}");
        // One of an earlier boot has ended at the cut, of which the firmware may not have been told.
        let runs = self.books(connector).running.is_some_and(|number| self.transactions[&number].boot == at.boot);
        assert!(!runs, "TX-29: a second transaction on connector {connector}");
        let interval = self.sample_interval;
        let number = self.begin(at, connector, register, false);
        self.started += 1;
        let books = self.books(connector);
        books.running = Some(number);
        books.next_sample = began + interval;
        books.is_sample_uncertain = at.since < at.now;
    }

    fn begin(&mut self, at: Now, connector: u8, register: i64, maybe: bool) -> Number {
        let books = self.books(connector);
        books.perhaps = None;
        let id_tag = books.id_tag.clone().expect("AUTH-01: a transaction without a tag");
        let number = self.next;
        self.next += 1;
        self.transactions.insert(
            number,
            Transaction {
                connector,
                id_tag,
                meter_start: register,
                boot: at.boot,
                id: None,
                is_named: false,
                may_be_nameless: false,
                began: 0,
                date: 0,
                register,
                is_over: false,
                fell_from: None,
                is_thinned_out: false,
            },
        );
        self.expect(at, Kind::Start, number, register, maybe);
        number
    }

    fn expect(&mut self, at: Now, kind: Kind, number: Number, register: i64, maybe: bool) {
        let transaction = &self.transactions[&number];
        // TX-28: what waits in the journal for certain is known after the cut.
        let is_kept = |event: &&Event| event.transaction == number && event.kind == Kind::Sample && !event.maybe;
        let kept = self.expected.iter().filter(is_kept).map(|event| event.register).max();
        let known = kept.unwrap_or(0).max(transaction.meter_start).max(transaction.register);
        let is_interrupted = kind == Kind::Stop && transaction.boot != at.boot;
        let books = &self.sockets[usize::from(transaction.connector) - 1];
        let wait = if kind == Kind::Stop { books.wait } else { Wait::No };
        let is_unknown = matches!(wait, Wait::InVain | Wait::TooShort | Wait::CutShort);
        let waits_since =
            at.since.saturating_sub(REGISTER_WAIT + SECOND).max(self.boots.last().map_or(0, |boot| boot.began));
        let fell_from = transaction.fell_from.filter(|_| is_interrupted);
        let least = if is_unknown { known } else { known.max(register) };
        let most = fell_from.unwrap_or(least).max(least).max(register);
        let is_vague = is_unknown || fell_from.is_some();
        self.expected.push_back(Event {
            kind,
            transaction: number,
            connector: transaction.connector,
            from: if wait == Wait::No { at.since } else { waits_since.min(at.since) },
            recorded: at.now,
            clocks: at.clocks,
            boot: at.boot,
            register,
            maybe,
            interrupted: is_interrupted,
            is_hasty: wait == Wait::TooShort,
            vague: is_vague.then_some((least, most)),
        });
    }

    /// The firmware was told StopTx.
    pub(crate) fn stopped(&mut self, at: Now, connector: u8, register: i64) {
        let books = self.books(connector);
        let number = books.running.take().or(books.perhaps.take());
        let number = number.unwrap_or_else(|| panic!("TX-13, TX-26: connector {connector} ends what has never begun"));
        // An end at an earlier cut was not recorded.
        self.expected.retain(|event| event.transaction != number || event.kind != Kind::Stop);
        if let Some(start) = self.expected.iter_mut().find(|event| event.transaction == number) {
            start.maybe &= start.kind != Kind::Start; // it did begin
        }
        let transaction = &self.transactions[&number];
        self.interrupted += u64::from(transaction.boot != at.boot);
        let register = register.max(transaction.meter_start);
        // What was to be sampled at this very moment may not have been.
        for event in &mut self.expected {
            event.maybe |= event.transaction == number && event.kind == Kind::Sample && event.recorded >= at.since;
        }
        self.expect(at, Kind::Stop, number, register, false);
    }

    /// How what ends on a connector has waited for a register that cannot be read.
    pub(crate) fn meter_waited_for(&mut self, connector: u8, wait: Wait) {
        self.books(connector).wait = wait;
    }

    /// After a poll: what it must have sampled. Of a register that cannot be read there is no sample (MV-17).
    pub(crate) fn sample(&mut self, at: Now, flash_works: bool, readings: [Option<i64>; SOCKETS]) {
        for (connector, reading) in (1u8..).zip(readings) {
            let interval = self.sample_interval;
            let books = &mut self.sockets[usize::from(connector) - 1];
            let is_due = |number: &Number| {
                interval > 0 && books.next_sample <= at.now && self.transactions[number].boot == at.boot
            };
            let Some(number) = books.running.filter(is_due) else { continue };
            books.is_sample_uncertain |= !flash_works;
            let maybe = books.is_sample_uncertain || self.transactions[&number].is_thinned_out;
            if flash_works {
                books.is_sample_uncertain = false;
                while books.next_sample <= at.now {
                    books.next_sample += interval;
                }
            }
            if let Some(register) = reading {
                self.expect(at, Kind::Sample, number, register, maybe);
            }
        }
    }

    /// The journal has no room for samples: every one may be left out or go, also later in these transactions (MSG-15).
    pub(crate) fn crowded(&mut self) {
        for event in self.expected.iter_mut().filter(|event| event.kind == Kind::Sample) {
            event.maybe = true;
        }
        for number in self.sockets.iter().filter_map(|books| books.running) {
            self.transactions.get_mut(&number).unwrap().is_thinned_out = true;
        }
    }

    /// The power goes, or the firmware starts anew. What was about to be recorded may be, or not.
    pub(crate) fn cut(&mut self, at: Now, registers: [i64; SOCKETS]) {
        for (connector, register) in (1..).zip(registers) {
            let interval = self.sample_interval;
            let books = self.books(connector);
            if let Some(number) = books.running {
                let next_sample = books.next_sample;
                if interval > 0 && next_sample <= at.now && self.transactions[&number].boot == at.boot {
                    self.expect(at, Kind::Sample, number, register, true);
                }
                self.expect(at, Kind::Stop, number, register, true);
            } else if let Some(number) = books.perhaps {
                self.expect(at, Kind::Stop, number, register, true);
            } else if books.id_tag.is_some() {
                let perhaps = self.begin(at, connector, register, true);
                self.books(connector).perhaps = Some(perhaps);
            }
            self.books(connector).id_tag = None;
        }
    }

    /// After a boot no transaction runs any more. One whose end the firmware was not told has ended at the cut.
    pub(crate) fn recovered(&mut self, connector: u8) {
        let books = self.books(connector);
        books.running = None;
        books.perhaps = None;
    }

    pub(crate) fn meter_fell(&mut self, connector: u8, from: i64) {
        let books = self.books(connector);
        if let Some(number) = books.running.or(books.perhaps) {
            self.transactions.get_mut(&number).unwrap().fell_from.get_or_insert(from);
        }
    }

    pub(crate) fn booted(&mut self, began: Moment) {
        self.boots.push(Boot { began, counted: None, clock: None, is_dated: false });
    }

    /// The clock of this boot, once it is set, and whether it was counted or its date was recorded just now.
    pub(crate) fn clock_known(&mut self, now: Moment, clock: Option<i64>, is_counted: bool, is_dated: bool) {
        if let Some(boot) = self.boots.last_mut() {
            boot.counted = boot.counted.or(is_counted.then_some(now));
            boot.clock = clock;
            boot.is_dated |= is_dated;
        }
    }
}

// ---- What the central system is told ----

impl Ledger {
    /// A transaction message has arrived. Returns its transaction.
    pub(crate) fn arrived(&mut self, id: &str, action: &str, payload: &Value) -> Number {
        if let Some((_, number, _)) = self.last.as_ref().filter(|(last, ..)| last == id) {
            return *number;
        }
        let number = match action {
            "StartTransaction" => self.take(Kind::Start, payload),
            "StopTransaction" => self.take(Kind::Stop, payload),
            _ => match payload["meterValue"][0]["sampledValue"][0]["context"].as_str() {
                Some("Sample.Periodic") => self.take(Kind::Sample, payload),
                _ => self.other_values(payload),
            },
        };
        let kind = match action {
            "StartTransaction" => Kind::Start,
            "StopTransaction" => Kind::Stop,
            _ => Kind::Sample,
        };
        self.last = Some((id.to_owned(), number, kind));
        number
    }

    /// Takes what has arrived from the front of what is expected. Of one moment the order may be either. What has certainly
    /// happened counts before what may have.
    fn take(&mut self, kind: Kind, payload: &Value) -> Number {
        let mut first_certain: Option<(Moment, String)> = None;
        let mut found: Option<(usize, Event)> = None;
        let mut doubts = Vec::new();
        for (index, event) in self.expected.iter().enumerate() {
            if found.as_ref().is_some_and(|(_, found)| !found.maybe) {
                break;
            }
            if first_certain.as_ref().is_some_and(|(recorded, _)| event.recorded > *recorded) {
                break;
            }
            if event.kind == kind {
                match self.objection(event, payload) {
                    None if found.is_none() || !event.maybe => found = Some((index, event.clone())),
                    None => {}
                    Some(objection) => doubts.push(format!("{objection}: {event:?}")),
                }
            }
            if !event.maybe && first_certain.is_none() {
                first_certain = Some((event.recorded, format!("{event:?}")));
            }
        }
        let Some((index, event)) = found else {
            let first = first_certain.map(|(_, event)| event);
            panic!("MSG-01, MSG-03, MSG-05, MSG-14: {kind:?} {payload} arrives, expected {first:?}; {doubts:#?}");
        };
        self.expected.remove(index);
        // What may not have happened before it has not.
        let mut place = 0;
        self.expected.retain(|before| {
            place += 1;
            place > index || !before.maybe || before.recorded == event.recorded
        });
        self.learn(&event, payload);
        event.transaction
    }

    /// Why a message is not that of an event.
    fn objection(&self, event: &Event, payload: &Value) -> Option<String> {
        let transaction = &self.transactions[&event.transaction];
        let date = date_of_message(event.kind, payload);
        let is = |name: &str, value: i64| payload[name].as_i64() == Some(value);
        let fits = match event.kind {
            Kind::Start => {
                is("connectorId", event.connector.into())
                    && payload["idTag"] == transaction.id_tag.as_str()
                    && is("meterStart", event.register)
            }
            Kind::Sample => {
                is("connectorId", event.connector.into())
                    && meter_values::registers(&payload["meterValue"]) == [event.register]
            }
            Kind::Stop => {
                let is_interrupted = payload["reason"] == "PowerLoss";
                let meter_stop = payload["meterStop"].as_i64().unwrap();
                event.vague.map_or(meter_stop == event.register, |(least, most)| (least..=most).contains(&meter_stop))
                    && meter_stop >= transaction.register
                    && payload.get("idTag").is_none_or(|by| by == transaction.id_tag.as_str())
                    && is_interrupted == event.interrupted
                    && (!event.is_hasty || WAITS_FOR_NOTHING.iter().any(|reason| payload["reason"] == *reason))
            }
        };
        if !fits {
            return Some("TX-14, TX-31, TX-32, TX-26, TX-28: another content".to_owned());
        }
        if event.kind != Kind::Start {
            let id = payload["transactionId"].as_i64();
            if id != transaction.id.or(Some(-1)) && !(transaction.may_be_nameless && id == Some(-1)) {
                return Some(format!("TX-03, TX-04, TX-33: transaction id {id:?}, not {:?}", transaction.id));
            }
        }
        self.objection_to_date(event, transaction, date)
    }

    fn objection_to_date(&self, event: &Event, transaction: &Transaction, date: i64) -> Option<String> {
        // The clock may have been set back behind the start.
        let earliest = if event.kind == Kind::Stop { transaction.began } else { i64::MIN };
        let clocks = event.clocks.slowest.zip(event.clocks.fastest);
        let dated = clocks.map(|(slow, fast)| {
            let (least, most) = (date_of(event.from) + slow, date_of(event.recorded) + fast);
            (least.max(earliest), most.max(earliest))
        });
        let mut may_be: Vec<_> = dated.into_iter().collect();
        if event.clocks.was_unset || event.interrupted {
            let undated = self.dates_of_undated(event);
            may_be.extend(undated.into_iter().map(|(least, most)| (least.max(earliest), most.max(earliest))));
        }
        let is_one = may_be.iter().any(|(least, most)| (least - TOLERANCE_S..=most + TOLERANCE_S).contains(&date));
        (!is_one).then(|| {
            let told = DateTime::from_unix(date as u32);
            let may_be: Vec<_> = may_be.iter().map(|(least, _)| least - date).collect();
            format!("TX-31, BOOT-15: {told} is off by one of {may_be:?} s")
        })
    }

    /// By its own boot, as soon as that knew the time, or else by the beginning of the next one that did.
    fn dates_of_undated(&self, event: &Event) -> Vec<(i64, i64)> {
        let own = event.boot as usize - 1;
        let mut dates = Vec::new();
        let dated: Vec<_> = (own..self.boots.len()).filter(|index| self.boots[*index].clock.is_some()).collect();
        for index in dated {
            let boot = &self.boots[index];
            let clock = boot.clock.unwrap();
            let (from, to) = match boot.counted {
                Some(counted) if index != own => (boot.began, counted),
                _ => (event.from, event.recorded),
            };
            dates.push((date_of(from) + clock, date_of(to) + clock));
            if boot.is_dated {
                break;
            }
        }
        dates
    }

    fn learn(&mut self, event: &Event, payload: &Value) {
        let transaction = self.transactions.get_mut(&event.transaction).unwrap();
        transaction.date = date_of_message(event.kind, payload);
        match event.kind {
            Kind::Start => {
                transaction.began = transaction.date;
                transaction.id = Some(event.transaction.into());
            }
            Kind::Sample => {
                self.samples += 1;
                transaction.register = transaction.register.max(event.register);
            }
            Kind::Stop => {
                if let Some(data) = payload.get("transactionData") {
                    meter_values::check_transaction_data(data);
                    let meter_stop = payload["meterStop"].as_i64().unwrap();
                    meter_values::check_registers_within(data, transaction.meter_start, meter_stop);
                }
                transaction.is_over = true;
                self.transactions
                    .retain(|number, transaction| !transaction.is_over || *number + 100 > event.transaction);
            }
        }
    }

    /// Values of a moment of the clock, or that were asked for.
    fn other_values(&mut self, payload: &Value) -> Number {
        meter_values::check(payload);
        let connector = payload["connectorId"].as_u64();
        let id = payload["transactionId"].as_i64();
        let of_this = |transaction: &&mut Transaction| {
            let is_named = transaction.id == id || transaction.may_be_nameless && id == Some(-1);
            transaction.id.is_some() && is_named && Some(transaction.connector.into()) == connector
        };
        let found = self.transactions.iter_mut().rev().find(|(_, transaction)| of_this(transaction));
        let Some((number, transaction)) = found else {
            panic!("MSG-14: values of no transaction: {payload}");
        };
        assert!(!transaction.is_over, "MSG-14: values after the end: {payload}");
        for register in meter_values::registers(&payload["meterValue"]) {
            assert!(register >= transaction.register, "MV-17: {register} after {}", transaction.register);
            transaction.register = register;
        }
        *number
    }

    /// The id that the central system gives to a transaction, once and for ever: its number, or one beyond 32 bits.
    pub(crate) fn id_given(&mut self, number: Number, is_odd: bool) -> i64 {
        let Some(transaction) = self.transactions.get_mut(&number) else { return number.into() };
        if !std::mem::replace(&mut transaction.is_named, true) && is_odd {
            transaction.id = Some(BIG_ID + i64::from(number));
        }
        transaction.id.unwrap_or(number.into())
    }

    /// The central system has taken a start without giving it an id.
    pub(crate) fn id_withheld(&mut self, number: Number) {
        if let Some(transaction) = self.transactions.get_mut(&number) {
            transaction.may_be_nameless = true;
        }
    }

    /// The firmware was told that the transaction message that was sent last is lost.
    pub(crate) fn discarded(&mut self, message: &str, failures: u32, attempts: u32) {
        self.discarded += 1;
        assert!(failures >= attempts, "MSG-06, MSG-08: discarded after {failures} failures of {attempts}: {message}");
        let (_, number, kind) = self.last.as_ref().expect("MSG-06: discarded, and nothing was ever sent");
        let (fits, kind) = match kind {
            Kind::Start => (message.starts_with("Start"), Kind::Start),
            Kind::Sample => (message.starts_with("MeterValues"), Kind::Sample),
            Kind::Stop => (message.starts_with("Stop"), Kind::Stop),
        };
        assert!(fits, "MSG-08: {message} is discarded, {kind:?} was tried");
        if let Some(transaction) = self.transactions.get_mut(number).filter(|_| kind == Kind::Start) {
            transaction.may_be_nameless = true;
        }
    }
}

/// In seconds since 1970.
fn date_of_message(kind: Kind, payload: &Value) -> i64 {
    let date = match kind {
        Kind::Sample => &payload["meterValue"][0]["timestamp"],
        _ => &payload["timestamp"],
    };
    let date = date.as_str().and_then(|date| DateTime::parse(date).ok());
    date.map(|date| i64::from(date.as_unix())).unwrap_or_else(|| panic!("RPC-26: no date: {payload}"))
}
