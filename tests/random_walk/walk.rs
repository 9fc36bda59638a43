//! One walk: its weather, its steps, and the calm at its end.

use crate::chance::Chance;
use crate::firmware::Firmware;
use crate::hardware::{Bay, Cabinet, Failed, Flash};
use crate::number;
use crate::promises::Promises;
use crate::server::Server;
use crate::support::{Wire, WireError, leak};
use crate::tags::Tags;
use crate::transfers::Loader;
use embedded_ocpp::facade::capacity::{ReceiveBuffer, SendBuffer};
use embedded_ocpp::ocpp16::{ChargePointErrorCode, ErrorData, Reason, TxNotification, UnlockResult};
use embedded_ocpp::store::RecordKey;
use embedded_ocpp::time::Instant;
use embedded_ocpp::{Boot, ChargePoint, Error, Resources};
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};

/// 2025-01-01T00:00:00Z
pub(crate) const BEGINNING: u32 = 1_735_689_600;
const POLLS_MAX: u32 = 64;
/// Little room for messages.
type Small<const RECEIVE: usize> = ReceiveBuffer<RECEIVE, SendBuffer<1024>>;

pub(crate) type Story = &'static RefCell<Vec<String>>;

/// What may happen in a walk; each walk has a selection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weather {
    BrokenAnswers,
    BrokenCalls,
    Link,
    Flash,
    Reboots,
    ClockMoves,
    LongJumps,
    LatePolls,
    Commands,
    Busy,
    Corruption,
    Resets,
    Minimum,
    Availability,
    Unlocking,
    Cache,
    Crowd,
    FreeVend,
    Metering,
    Errors,
    Firmware,
    Charging,
    Reservations,
    List,
    Transfers,
    DarkMeters,
    #[cfg(feature = "signed-meter-values")]
    Signing,
}

/// How rare each is.
const WEATHER: &[(Weather, u64)] = &[
    (Weather::BrokenAnswers, 2),
    (Weather::BrokenCalls, 2),
    (Weather::Link, 2),
    (Weather::Flash, 3),
    (Weather::Reboots, 2),
    (Weather::ClockMoves, 4),
    (Weather::LongJumps, 2),
    (Weather::LatePolls, 2),
    (Weather::Commands, 1),
    (Weather::Busy, 3),
    (Weather::Corruption, 8),
    (Weather::Resets, 4),
    (Weather::Minimum, 4),
    (Weather::Availability, 2),
    (Weather::Unlocking, 2),
    (Weather::Cache, 2),
    (Weather::Crowd, 8),
    (Weather::FreeVend, 3),
    (Weather::Metering, 2),
    (Weather::Errors, 2),
    (Weather::Firmware, 2),
    (Weather::Charging, 3),
    (Weather::Reservations, 3),
    (Weather::List, 3),
    (Weather::Transfers, 3),
    (Weather::DarkMeters, 3),
    #[cfg(feature = "signed-meter-values")]
    (Weather::Signing, 1),
];

pub(crate) struct Walk {
    pub(crate) chance: Chance,
    weather: Vec<Weather>,
    pub(crate) calm: bool,
    pub(crate) now: u64,
    pub(crate) boots: u32,
    booted: u64,
    clock_start: u64,
    factory_values: Vec<(&'static str, &'static str)>,
    deadline: u64,
    pub(crate) clock_offset: i64,
    pub(crate) clock_ran_back: bool,
    pub(crate) connectors: u8,
    pub(crate) charger: Option<ChargePoint<'static>>,
    pub(crate) bays: Vec<&'static Bay>,
    pub(crate) cabinet: &'static Cabinet,
    pub(crate) firmware: &'static Firmware,
    pub(crate) loader: &'static Loader,
    resets: &'static Cell<u32>,
    pub(crate) wire: Wire,
    pub(crate) flash: Flash,
    pub(crate) server: Server,
    pub(crate) tags: Tags,
    pub(crate) promises: Promises,
    pub(crate) linked: bool,
    pub(crate) changes: HashMap<u8, (String, u32)>,
    story: Story,
    /// Without the allowances for what is known to be open.
    pub(crate) strict: bool,
}

impl Walk {
    pub(crate) fn new(seed: u64, story: Story) -> Self {
        let mut chance = Chance(seed.wrapping_mul(0x2545_f491_4f6c_dd1d));
        let weather: Vec<_> =
            WEATHER.iter().filter(|(_, rarity)| chance.once_in(*rarity)).map(|(weather, _)| *weather).collect();
        let connectors = 1 + chance.below(3) as u8;
        let bays = (1..=connectors).map(|id| Bay::leak(id, chance.once_in(2), !chance.once_in(6))).collect();
        let has_meter = chance.once_in(2);
        let loader = Loader::leak(&mut chance);
        let mut walk = Self {
            chance,
            weather,
            calm: false,
            now: 0,
            boots: 0,
            booted: 0,
            clock_start: 0,
            factory_values: Vec::new(),
            deadline: 0,
            clock_offset: 0,
            clock_ran_back: false,
            connectors,
            charger: None,
            bays,
            cabinet: leak(Cabinet { has_meter, ..Cabinet::default() }),
            firmware: leak(Firmware::default()),
            loader,
            resets: leak(Cell::new(0)),
            wire: Wire::default(),
            flash: Flash::default(),
            server: Server::default(),
            tags: Tags::default(),
            promises: Promises::default(),
            linked: false,
            changes: HashMap::new(),
            story,
            strict: number("WALK_STRICT", 0) > 0,
        };
        walk.factory_values = walk.some_factory_values();
        #[cfg(feature = "signed-meter-values")]
        if walk.has(Weather::Signing) {
            walk.factory_values.extend(crate::signing::FACTORY);
        }
        walk.promises.had_free_vend = walk.factory_values.contains(&("Cst_FreeVendActive", "true"));
        let locks: Vec<_> = walk.bays.iter().map(|bay| (bay.has_lock, bay.evse.has_plug_sensor.get())).collect();
        walk.tell(format!("{connectors} connectors, locks and plug sensors {locks:?}; {:?}", walk.weather));
        walk.tell(format!("{:?}", walk.factory_values));
        walk
    }

    pub(crate) fn has(&self, weather: Weather) -> bool {
        self.weather.contains(&weather)
    }

    pub(crate) fn charger(&self) -> &ChargePoint<'static> {
        self.charger.as_ref().unwrap()
    }

    pub(crate) fn all_connectors(&self) -> HashSet<u64> {
        (0..=u64::from(self.connectors)).collect()
    }

    pub(crate) fn tell(&self, event: String) {
        self.story.borrow_mut().push(format!("{:>10}.{:03} {event}", self.now / 1000, self.now % 1000));
    }
}

// ---- The supply and the link ----

impl Walk {
    pub(crate) fn boot_up(&mut self) {
        self.boots += 1;
        self.booted = self.now;
        self.clock_start = if self.chance.once_in(4) { self.chance.below(1 << 41) } else { 0 };
        let boot = Boot::new("Walker", "ACME").firmware_version(self.loader.version());
        let mut charger = match self.connectors {
            1 => ChargePoint::new(Box::leak(Box::new(Resources::<1, Small<256>>::new())), boot),
            2 => ChargePoint::new(Box::leak(Box::new(Resources::<2>::new())), boot),
            _ => ChargePoint::new(Box::leak(Box::new(Resources::<3, Small<512>>::new())), boot),
        }
        .unwrap();
        for (bay, id) in self.bays.iter().copied().zip(1..) {
            let mut closures = bay.closures();
            let story = self.story;
            let tell = move |notification| {
                story.borrow_mut().push(format!("               {id}: {notification:?}"));
                bay.evse.notifications.borrow_mut().push(notification);
            };
            closures.set_tx_notification_output(leak(tell));
            if self.has(Weather::Charging) {
                closures.set_smart_charging_current_output(&|_| ());
            }
            #[cfg(feature = "signed-meter-values")]
            if self.has(Weather::Signing) {
                closures.set_signed_meter(bay.signer);
            }
            bay.connect(&mut charger, id, closures);
        }
        self.cabinet.connect(&mut charger);
        self.connect_transfers(&mut charger);
        let actions: &[_] = if self.has(Weather::Transfers) { &["Sing"] } else { &["Sing", "GetDiagnostics"] };
        self.firmware.extend(&mut charger, actions);
        for (key, value) in &self.factory_values {
            charger.set_factory_configuration(key, value).unwrap();
        }
        let resets = self.resets;
        charger.set_on_reset_execute(leak(move |_| resets.set(resets.get() + 1)));
        let random = leak(RefCell::new(Chance(self.chance.next())));
        charger.set_rng(leak(move || random.borrow_mut().next() as u32));
        let story = self.story;
        charger.set_on_discarded(leak(move |message: &embedded_ocpp::ocpp16::Discarded<'_>| {
            story.borrow_mut().push(format!("               discarded {message:?}"));
        }));
        self.server.maybe_accepted = false;
        self.server.triggered = false;
        self.server.rejected = false;
        self.changes.clear();
        self.flash.is_in_trouble = true; // until it was read
        self.charger = Some(charger);
        self.forget_ram();
    }

    fn reboot(&mut self) {
        self.tell("REBOOT".to_owned());
        self.cut();
        self.charger = None;
        self.power_off_transfers();
        if self.has(Weather::Corruption) && !self.calm {
            self.corrupt();
        }
        self.boot_up();
        self.settle();
    }

    fn corrupt(&mut self) {
        let mut keys: Vec<RecordKey> = self.flash.records.keys().copied().collect();
        keys.sort_unstable();
        if keys.is_empty() {
            return;
        }
        for _ in 0..=self.chance.below(3) {
            let key = self.chance.of(&keys);
            let mut record = self.flash.records[&key].clone();
            self.chance.damage(&mut record);
            record.truncate(256);
            self.tell(format!("record {key:#x} damaged"));
            self.flash.records.insert(key, record);
        }
    }

    fn cut(&mut self) {
        if self.wire.connected || self.linked {
            self.tell("link down".to_owned());
        }
        self.wire.cut();
        // What is on its way may be lost.
        if self.chance.once_in(2) {
            self.serve(true);
        }
        self.wire.outgoing.clear();
        self.link_was_lost();
    }

    fn link_was_lost(&mut self) {
        self.linked = false;
        self.server.unanswered = None;
        self.lose_answers();
        self.conclude_verdicts(false);
        self.server.late.clear();
        self.server.gap = self.all_connectors();
    }

    fn link_up(&mut self) {
        if !self.wire.connected {
            self.tell("link up".to_owned());
            self.wire.connected = true;
            self.linked = true;
        }
    }

    fn instant(&self) -> Instant {
        Instant::from_millis(self.now - self.booted + self.clock_start)
    }

    /// Polls and serves until there is nothing to do at this moment.
    pub(crate) fn settle(&mut self) {
        let mut polls = 0;
        loop {
            let now = self.instant();
            let failing = self.flash.failing;
            let Some(charger) = &mut self.charger else { return };
            let polled = charger.poll(now, &mut self.wire, &mut self.flash);
            if self.linked && !self.wire.connected {
                self.tell("link failed".to_owned());
                self.serve(true);
                self.link_was_lost();
            }
            let deadline = match polled {
                Ok(deadline) => deadline,
                Err(Error::Storage(Failed)) => {
                    assert!(failing > 0, "a failure that the flash has not seen");
                    self.tell(format!("storage failed, {} to come", self.flash.failing));
                    Instant::from_millis(now.as_millis() + 1000)
                }
                Err(Error::Transport(WireError) | Error::SendTimeout) => now, // RPC-31: it was busy for too long
                Err(error) => panic!("{error:?}"),
            };
            self.server.rejected &= !self.charger().is_accepted();
            if self.wire.incoming.is_empty() {
                self.conclude_verdicts(self.linked);
            }
            self.check_outputs();
            let served = self.serve(false);
            if !served && deadline > now {
                self.deadline = (deadline.as_millis() - self.clock_start).saturating_add(self.booted);
                return self.check_rest();
            }
            polls += u32::from(!served);
            assert!(polls < POLLS_MAX, "a busy loop");
        }
    }
}

// ---- One step ----

/// A fault, a warning, one with all details, and one that is only told in some states.
const ERRORS: &[Option<ErrorData>] = &[
    None,
    None,
    Some(ErrorData::fault(ChargePointErrorCode::GroundFailure)),
    Some(ErrorData {
        info: Some("\"\\\n ä"),
        vendor_id: Some("ACME"),
        ..ErrorData::warning(ChargePointErrorCode::WeakSignal)
    }),
];
const MORE_ERRORS: &[Option<ErrorData>] = &[
    None,
    None,
    Some(ErrorData { severity: 2, ..ErrorData::warning(ChargePointErrorCode::HighTemperature) }),
    Some(ErrorData { severity: 1, ..ErrorData::fault(ChargePointErrorCode::OverVoltage) }),
    Some(ErrorData { severity: 3, ..ErrorData::fault(ChargePointErrorCode::EVCommunicationError) }),
];
const ERROR_CODES: &[Option<ChargePointErrorCode>] = &[None, None, Some(ChargePointErrorCode::PowerMeterFailure)];
const MAIN_ERRORS: &[Option<ErrorData>] = &[
    None,
    None,
    Some(ErrorData::warning(ChargePointErrorCode::InternalError)),
    Some(ErrorData::fault(ChargePointErrorCode::PowerSwitchFailure)),
];
const CARDS: &[&str] = &["A", "B", "C", "a", "ÄÖÜ€", "", "123456789012345678901"];

impl Walk {
    fn step(&mut self) {
        #[cfg(feature = "signed-meter-values")]
        self.disturb_meters();
        let connector = 1 + self.chance.below(u64::from(self.connectors)) as u8;
        let bay = self.bays[usize::from(connector) - 1];
        match self.chance.below(34) {
            0..=3 => {
                bay.evse.plugged.set(!bay.evse.plugged.get());
                self.tell(format!("{connector}: plugged {}", bay.evse.plugged.get()));
            }
            4..=8 => self.card(connector),
            9 => self.firmware_decides(connector),
            10 => self.turn_switch(connector),
            11 => {
                bay.evse.error.set(self.chance.of(ERRORS));
                self.tell_errors(connector);
            }
            12..=14 => self.turn_meter(connector),
            15..=17 if self.has(Weather::Commands) && self.wire.connected => self.command(),
            18 if self.has(Weather::Link) => self.cut(),
            19 if self.has(Weather::Link) => {
                self.wire.fail_next_send = self.chance.once_in(2);
                self.wire.fail_next_receive = !self.wire.fail_next_send;
            }
            18..=20 if !self.wire.connected => self.link_up(),
            20 if self.has(Weather::Busy) => self.wire.busy = self.chance.below(6) as u32,
            21 if self.has(Weather::Flash) => {
                self.flash.failing = 1 + self.chance.below(6) as u32;
                self.flash.late_failures = self.chance.once_in(3);
                self.tell(format!("flash fails {} times, late {}", self.flash.failing, self.flash.late_failures));
            }
            22 if self.has(Weather::Reboots) => return self.reboot(),
            23 if self.has(Weather::ClockMoves) => {
                self.clock_offset = self.chance.below(4_000_000) as i64 - 2_000_000;
                self.clock_ran_back = true;
                self.tell(format!("clock moved by {}", self.clock_offset));
            }
            24 if self.has(Weather::LongJumps) => self.pass(self.chance.clone().below(40 * 86_400_000)),
            25 => self.send_late_answer(),
            26 if self.has(Weather::Errors) => self.more_errors(connector),
            27 if self.has(Weather::Unlocking) => {
                let result = [UnlockResult::Pending, UnlockResult::Unlocked, UnlockResult::UnlockFailed];
                bay.evse.unlock_result.set(self.chance.of(&result));
                self.tell(format!("{connector}: the lock says {:?}", bay.evse.unlock_result.get()));
            }
            28 if self.has(Weather::Firmware) => {
                let id_tag = self.chance.of(&["M", "A", "B"]);
                let is_asked = self.firmware.ask(self.charger.as_mut().unwrap(), id_tag);
                self.tell(format!("asks about {id_tag}: {is_asked}"));
            }
            29 | 30 if self.has(Weather::Commands) && self.wire.connected => self.command(),
            _ => {
                let span = self.chance.of(&[0, 1, 999, 5_000, 20_000, 61_000, 300_000]);
                let span = if span == 0 { self.chance.below(3000) } else { span };
                self.pass(span);
            }
        }
        if self.loader.wants_boot() && self.chance.once_in(4) || self.resets.take() > 0 && self.chance.once_in(2) {
            return self.reboot();
        }
        self.settle();
    }

    fn card(&mut self, connector: u8) {
        let crowd = format!("T{:02}", self.chance.below(50));
        let tag = if self.has(Weather::Crowd) && !self.chance.once_in(3) { &*crowd } else { self.chance.of(CARDS) };
        let charger = self.charger.as_mut().unwrap();
        if charger.is_transaction_active(connector) {
            let ended = charger.end_transaction(Some(tag), Reason::Local, connector);
            self.tell(format!("{connector}: card {tag} to end: {ended:?}"));
        } else {
            let begun = charger.begin_transaction(tag, connector);
            self.tell(format!("{connector}: card {tag} to begin: {begun:?}"));
            self.check_begun(connector);
        }
    }

    fn firmware_decides(&mut self, connector: u8) {
        let charger = self.charger.as_mut().unwrap();
        if self.chance.once_in(2) {
            let ended = charger.end_transaction(None, Reason::Other, connector);
            self.tell(format!("{connector}: ends {ended:?}"));
        } else if !charger.is_transaction_active(connector) {
            let begun = charger.begin_transaction_authorized("V", connector);
            self.tell(format!("{connector}: vouches {begun:?}"));
            self.check_begun(connector);
        }
    }

    fn turn_switch(&mut self, connector: u8) {
        let bay = self.bays[usize::from(connector) - 1];
        let (name, switch) = self.chance.of(&[
            ("EV ready", &bay.evse.ev_ready),
            ("EVSE ready", &bay.evse.evse_ready),
            ("start ready", &bay.evse.start_ready),
            ("stop ready", &bay.evse.stop_ready),
            ("occupied", &bay.evse.occupied),
        ]);
        switch.set(!switch.get());
        self.tell(format!("{connector}: {name} {}", switch.get()));
    }

    fn more_errors(&mut self, connector: u8) {
        let bay = self.bays[usize::from(connector) - 1];
        match self.chance.below(3) {
            0 => bay.second_error.set(self.chance.of(MORE_ERRORS)),
            1 => bay.error_code.set(self.chance.of(ERROR_CODES)),
            _ => {
                self.cabinet.error.set(self.chance.of(MAIN_ERRORS));
                return self.tell(format!("0: error {:?}", self.cabinet.error.get().map(|error| error.code)));
            }
        }
        self.tell_errors(connector);
    }

    fn tell_errors(&self, connector: u8) {
        let errors = self.bays[usize::from(connector) - 1].errors();
        let errors: Vec<_> = errors.iter().map(|error| (error.code, error.is_faulted, error.severity)).collect();
        self.tell(format!("{connector}: errors {errors:?}"));
    }

    fn turn_meter(&mut self, connector: u8) {
        let evse = &self.bays[usize::from(connector) - 1].evse;
        if self.has(Weather::DarkMeters) && self.chance.once_in(2) {
            evse.is_meter_readable.set(!evse.is_meter_readable.get());
            return self.tell(format!("{connector}: meter readable {}", evse.is_meter_readable.get()));
        }
        let energy = &evse.energy;
        let more =
            if self.chance.once_in(6) { -(self.chance.below(5000) as i64) } else { self.chance.below(1000) as i64 };
        let next = if self.chance.once_in(100) {
            self.chance.of(&[i64::MAX, i64::MIN, -1, 0])
        } else {
            energy.get().saturating_add(more)
        };
        energy.set(next);
        self.cabinet.energy.set(self.cabinet.energy.get() + more.max(0));
        self.tell(format!("{connector}: meter {next}"));
    }

    fn send_late_answer(&mut self) {
        let Some((id, late)) = self.server.late.pop() else { return };
        self.server.unanswered.take_if(|(open, _)| *open == id);
        // It may tell a time that is over, and come when the call was sent again.
        self.clock_ran_back = true;
        self.server.excused.insert(id);
        self.send(late);
    }

    /// Time passes, with a poll at every deadline or, now and then, only at the end.
    fn pass(&mut self, ms: u64) {
        let end = self.now + ms;
        self.tell(format!("{ms} ms pass"));
        if !self.has(Weather::LatePolls) || !self.chance.once_in(10) {
            for _ in 0..200 {
                if self.deadline >= end {
                    break;
                }
                self.now = self.deadline.max(self.now);
                self.settle();
            }
        }
        self.now = end;
    }
}

// ---- The end ----

impl Walk {
    fn calm_down(&mut self) {
        self.tell("CALM".to_owned());
        self.calm = true;
        self.flash.failing = 0;
        self.wire.busy = 0;
        self.bays.iter().for_each(|bay| bay.evse.is_meter_readable.set(true));
        #[cfg(feature = "signed-meter-values")]
        self.bays.iter().for_each(|bay| bay.signer.calm_down());
        self.wire.fail_next_send = false;
        self.wire.fail_next_receive = false;
        self.link_up();
        let end = self.now + 4 * 86_400_000;
        self.settle();
        while !self.is_at_rest() {
            assert!(self.now < end && self.deadline < u64::MAX / 2, "no rest: {}", self.unrest());
            if self.loader.wants_boot() {
                self.reboot();
                self.link_up();
                self.settle();
                continue;
            }
            self.now = self.deadline.max(self.now + 1);
            self.link_up();
            self.settle();
        }
        let (questions, outcomes) = (self.firmware.questions.get(), self.firmware.outcomes.get());
        assert!(outcomes <= questions && questions <= outcomes + 1, "{questions} questions, {outcomes} outcomes");
        let shown = self.firmware.unlock_answers.get();
        assert!(shown >= self.server.unlock_answers, "{} answers, {shown} shown", self.server.unlock_answers);
        if !self.has(Weather::Corruption) {
            self.balance_books();
        }
    }

    /// Every transaction is known to the central system.
    fn balance_books(&self) {
        let count = |told| self.bays.iter().map(|bay| bay.evse.count(told)).sum::<u32>();
        let (starts, stops) = (count(TxNotification::StartTx), count(TxNotification::StopTx));
        assert!(self.server.starts >= starts, "{starts} starts, {} told", self.server.starts);
        assert!(self.server.stops >= stops, "{stops} stops, {} told", self.server.stops);
        let running = (1..=self.connectors).filter(|id| self.charger().is_transaction_running(*id)).count();
        let open = &self.server.open;
        assert!(self.server.fog || open.len() == running, "transactions that never end: {open:?}");
        assert_eq!(self.server.starts - self.server.stops, running as u32);
    }

    fn is_at_rest(&self) -> bool {
        let charger = self.charger();
        self.wire.connected
            && charger.is_accepted()
            && charger.waiting_messages() == 0
            && self.server.unanswered.is_none()
            && self.server.asked.is_empty()
            && self.has_no_transfers()
            && (0..=self.connectors).all(|id| {
                let status = charger.charge_point_status(id).unwrap();
                self.server.told.get(&u64::from(id)).is_some_and(|(told, _)| told == status.as_str())
                    && self.knows_error(id)
            })
    }

    fn unrest(&self) -> String {
        let charger = self.charger();
        let statuses: Vec<_> = (0..=self.connectors).map(|id| charger.charge_point_status(id)).collect();
        format!(
            "accepted {} waiting {} told {:?} statuses {statuses:?} unanswered {:?} asked {:?} errors {:?} {}",
            charger.is_accepted(),
            charger.waiting_messages(),
            self.server.told,
            self.server.unanswered,
            self.server.asked,
            self.server.told_error,
            self.unrest_of_transfers(),
        )
    }
}

/// Walks once; how many steps.
pub(crate) fn walk(seed: u64, story: Story) -> u64 {
    let mut walk = Walk::new(seed, story);
    walk.boot_up();
    walk.link_up();
    walk.settle();
    let steps = walk.chance.of(&[30, 100, 300]);
    let steps = steps.min(number("WALK_STEPS", u64::MAX));
    for _ in 0..steps {
        walk.step();
    }
    walk.calm_down();
    steps
}
