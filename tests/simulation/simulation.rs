//! The simulated world, from one thing that happens to the next.

use crate::central_system::{CentralSystem, HEARTBEAT_INTERVAL};
use crate::chance::Chance;
use crate::driver::Drivers;
use crate::flash::{ChipCut, Flash};
use crate::frame::Frame;
use crate::hardware::{Hardware, REGISTER_WAIT, SOCKETS};
use crate::ledger::{Clocks, Ledger, Now};
use crate::loader::Begun;
use crate::network::Network;
use crate::settings::{Settings, is_closed_for_update};
use crate::story::Story;
use crate::time::{DAY, HOUR, MINUTE, Moment, NEVER, SECOND};
use crate::weather::{Mishap, Weather};
use embedded_ocpp::ocpp16::{ChargePointStatus, TxNotification};
use embedded_ocpp::{ChargePoint, Instant};
use serde_json::json;

/// How long it takes a charge point in calm weather to come to rest, before it has delivered anything.
const REST: Moment = 3 * HOUR;
/// And for each message that waits.
const DELIVERY: Moment = 3 * SECOND;
/// And for each message that is ignored for ever: four timeouts, and the waits of 90, 180 and 270 s between them.
const CURSE: Moment = 15 * MINUTE;
/// After a failure the flash is left alone for so long at most: 10 s, when an entry could not be appended three times.
const FLASH_REST: Moment = 11 * SECOND;

pub(crate) struct Simulation<'h> {
    pub(crate) hardware: &'h Hardware,
    story: Story,
    chance: Chance,
    pub(crate) now: Moment,
    end: Moment,
    pub(crate) weather: Weather,
    network: Network<'h>,
    flash: Flash<'h>,
    /// The slowest and the fastest clock of the charge point since what happens may not have been recorded at once.
    clocks: Clocks,
    /// As it was before the last poll.
    pages_wait: Option<Moment>,
    flash_failed: Option<Moment>,
    flash_trouble: Option<Moment>,
    /// When the flash had failed so often last that an answer did not wait for it.
    flash_given_up: Option<Moment>,
    central_system: CentralSystem,
    drivers: [Drivers; SOCKETS],
    settings: Settings,
    ledger: Ledger,
    /// Factory values of this run.
    pub(crate) configuration: Vec<(&'static str, &'static str)>,
    boot: u32,
    booted: Moment,
    is_recovered: bool,
    wake: Moment,
    /// When the firmware starts anew of itself.
    restart_at: Moment,
    /// When the power is back.
    power_back_at: Moment,
    /// Until then no boot lasts long.
    short_boots_until: Moment,
    /// When the transaction of each socket has ended whose end is not recorded yet.
    ended: [Option<Moment>; SOCKETS],
    rest_by: Moment,
    steps_at_once: u32,
    tally: Tally,
}

/// What one run, or all of them, went through.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) days: u64,
    pub(crate) transactions: u64,
    pub(crate) samples: u64,
    pub(crate) messages: u64,
    pub(crate) boots: u64,
    pub(crate) power_cuts: u64,
    pub(crate) interrupted: u64,
    pub(crate) lost_links: u64,
    pub(crate) discarded: u64,
    pub(crate) installations: u64,
    pub(crate) calm_rests: u64,
    /// In so many boots one message was sent.
    pub(crate) most_boots: u64,
    pub(crate) polls: u64,
}

impl Tally {
    pub(crate) fn add(&mut self, other: &Self) {
        self.days += other.days;
        self.transactions += other.transactions;
        self.samples += other.samples;
        self.messages += other.messages;
        self.boots += other.boots;
        self.power_cuts += other.power_cuts;
        self.interrupted += other.interrupted;
        self.lost_links += other.lost_links;
        self.discarded += other.discarded;
        self.installations += other.installations;
        self.calm_rests += other.calm_rests;
        self.most_boots = self.most_boots.max(other.most_boots);
        self.polls += other.polls;
    }
}

/// Runs one world from its beginning to its end.
pub(crate) fn run(seed: u64, story: &Story) -> Tally {
    let mut chance = Chance(seed.wrapping_mul(0x9e6c_63d0_876a_3f6b));
    let hardware = Hardware::new(chance.part());
    let mut simulation = Simulation::new(&hardware, chance, story.clone(), seed.is_multiple_of(2));
    while simulation.now < simulation.end {
        simulation.live();
        simulation.be_off();
    }
    simulation.tally()
}

impl<'h> Simulation<'h> {
    fn new(hardware: &'h Hardware, mut chance: Chance, story: Story, has_all_weather: bool) -> Self {
        let end = chance.between(60, 120) * DAY;
        let weather = Weather::new(chance.part(), end - 36 * HOUR, has_all_weather);
        let sample_interval = chance.of(&["900", "900", "1800", "0"]);
        let mut configuration = vec![
            ("HeartbeatInterval", "1800"),
            ("MeterValueSampleInterval", sample_interval),
            ("AllowOfflineTxForUnknownId", chance.of(&["true", "false"])),
        ];
        if chance.once_in(3) {
            configuration.push(("StopTxnSampledData", "Energy.Active.Import.Register"));
        }
        if chance.once_in(3) {
            configuration.push(("ClockAlignedDataInterval", "3600"));
        }
        if chance.once_in(6) {
            configuration.push(("StopTxnAlignedData", "Energy.Active.Import.Register"));
        }
        let ledger = Ledger::new(sample_interval.parse::<Moment>().unwrap() * SECOND);
        #[cfg(feature = "signed-meter-values")]
        configuration.extend(crate::signing::KEYS);
        story.tell(0, || format!("{} days; {configuration:?}; {}", end / DAY, weather.describe()));
        Self {
            hardware,
            now: 0,
            end,
            network: Network::new(chance.part(), &hardware.has_power, story.clone()),
            flash: Flash::blank(hardware),
            clocks: Clocks::default(),
            pages_wait: None,
            flash_failed: None,
            flash_trouble: None,
            flash_given_up: None,
            central_system: CentralSystem::new(chance.part(), story.clone()),
            drivers: [1, 2].map(|connector| Drivers::new(connector, chance.part(), story.clone())),
            settings: Settings::default(),
            ledger,
            configuration,
            boot: 0,
            booted: 0,
            is_recovered: false,
            wake: 0,
            restart_at: NEVER,
            power_back_at: 0,
            short_boots_until: 0,
            ended: [None; SOCKETS],
            rest_by: NEVER,
            steps_at_once: 0,
            tally: Tally::default(),
            weather,
            chance,
            story,
        }
    }

    fn tally(mut self) -> Tally {
        self.tally.days = self.now / DAY;
        self.tally.transactions = self.ledger.started;
        self.tally.samples = self.ledger.samples;
        self.tally.interrupted = self.ledger.interrupted;
        self.tally.discarded = self.ledger.discarded;
        self.tally.installations = self.hardware.loader.installations();
        self.tally.messages = self.central_system.messages;
        self.tally.lost_links = self.network.lost_links;
        self.tally.most_boots = self.network.calls.most_boots;
        self.tally
    }

    fn registers(&self) -> [i64; SOCKETS] {
        self.hardware.sockets.each_ref().map(|socket| socket.register())
    }

    /// Since when what happens may not be recorded at once: the flash fails, or a message in pages has its buffer.
    fn waiting_since(&self) -> Option<Moment> {
        [self.flash_trouble, self.pages_wait, self.network.pages_wait].into_iter().flatten().min()
    }

    /// The moment as the ledger has to know it.
    fn moment(&self) -> Now {
        Now {
            now: self.now,
            since: self.waiting_since().unwrap_or(self.now),
            clocks: self.clocks.with(self.network.calls.clock),
            boot: self.boot,
        }
    }
}

// ---- One boot ----

impl Simulation<'_> {
    /// The firmware starts.
    pub(crate) fn boot_up(&mut self) {
        self.boot += 1;
        self.tally.boots += 1;
        self.story.tell(self.now, || format!("BOOT {}", self.boot));
        self.booted = self.now / SECOND * SECOND;
        self.is_recovered = false;
        self.wake = self.now;
        self.restart_at = NEVER;
        self.ended = [None; SOCKETS];
        if self.now < self.short_boots_until {
            self.shorten_boot();
        }
        if self.weather.has(Mishap::DarkMeter) && !self.weather.is_calm && self.chance.once_in(3) {
            // The meters boot as well.
            for socket in &self.hardware.sockets {
                socket.be_dark(self.chance.between(SECOND, MINUTE));
            }
        }
        self.flash_trouble = Some(self.now); // until it was read
        self.flash_failed = None;
        self.pages_wait = None;
        self.hardware.has_power.set(true);
        self.hardware.reset_wanted.set(None);
        self.hardware.told.take();
        self.hardware.discarded.take();
        self.flash.boot();
        self.ledger.booted(self.booted);
        self.network.calls.booted();
        self.central_system.transfers.booted();
    }

    /// Whether this boot is over.
    pub(crate) fn is_over(&self) -> bool {
        self.now >= self.end || self.now >= self.restart_at || !self.hardware.has_power.get()
    }

    /// Goes on to what happens next, and lets the firmware run.
    pub(crate) fn step(&mut self, charger: &mut ChargePoint<'_>) {
        let due = self.wake.min(self.restart_at);
        self.pass(due.max(self.now));
        // The firmware polls without a pause: what somebody does comes between two polls of one moment.
        self.run_firmware(charger);
        if self.let_happen(Some(charger)) {
            self.run_firmware(charger);
        }
        self.serve();
    }

    fn run_firmware(&mut self, charger: &mut ChargePoint<'_>) {
        if self.hardware.has_power.get() {
            self.poll(charger);
            self.check(charger);
        }
    }

    fn poll(&mut self, charger: &mut ChargePoint<'_>) {
        let connect_at = Instant::from_millis(self.now - self.booted);
        let is_due =
            !embedded_ocpp::WebSocketTransport::is_connected(&self.network) && connect_at >= charger.connect_at();
        if self.network.connect(is_due) {
            charger.connect_failed(embedded_ocpp::transport::ConnectFailure::NoAnswer);
        }
        let mut polls = 0;
        loop {
            self.tally.polls += 1;
            let uptime = Instant::from_millis(self.now - self.booted);
            if self.waiting_since().is_none() {
                self.clocks = Clocks::of(self.network.calls.clock);
            }
            self.clocks = self.clocks.with(self.network.calls.clock);
            self.look_at_flash();
            let polled = charger.poll(uptime, &mut self.network, &mut self.flash);
            self.look_at_flash();
            let (is_counted, is_dated) = (self.flash.take_counted_boot(), self.flash.take_dated_boot());
            self.ledger.clock_known(self.now, self.network.calls.first_clock, is_counted, is_dated);
            self.take_notifications(charger);
            let wake = match polled {
                Ok(Instant::NEVER) => NEVER,
                Ok(at) => self.booted + at.as_millis(),
                Err(_) => self.now + 250,
            };
            polls += 1;
            if wake > self.now || !self.hardware.has_power.get() {
                self.wake = wake;
                break;
            }
            if polls == 3 {
                self.wake = self.now + 20;
                break;
            }
        }
        if !charger.is_connected() && !self.network.is_connecting() {
            self.wake = self.wake.min((self.booted + charger.connect_at().as_millis()).max(self.now + 1));
        }
        if self.flash.take_crowded() {
            self.ledger.crowded();
        }
        let works = self.waiting_since().is_none();
        let at = self.moment();
        if self.hardware.has_power.get() {
            let readings = self.hardware.sockets.each_ref().map(|socket| socket.reading());
            self.ledger.sample(at, works, readings);
        }
        self.pages_wait = self.network.pages_wait;
    }

    fn tell_of_meters(&mut self) {
        let since = self.moment().since;
        for (index, socket) in self.hardware.sockets.iter().enumerate() {
            let wait = socket.wait_for_register(since, self.ended[index], self.network.forced[index]);
            self.ledger.meter_waited_for(index as u8 + 1, wait);
        }
    }

    fn look_at_flash(&mut self) {
        if self.flash.is_given_up() {
            self.flash_given_up = Some(self.now);
            self.central_system.transfers.doubt();
        }
        if self.flash.take_failed() {
            self.flash_failed = Some(self.now);
            self.flash_trouble.get_or_insert(self.now);
        }
    }

    fn take_notifications(&mut self, charger: &ChargePoint<'_>) {
        let at = self.moment();
        self.tell_of_meters();
        self.central_system.plans.follow(at, charger);
        for begun in self.hardware.loader.begun.take() {
            self.story.tell(self.now, || format!("{begun:?}"));
            self.central_system.transfers.begun(at, &begun, self.flash_given_up.is_none());
            if let Begun::Installation = begun {
                self.central_system.plans.out_of_service();
            }
        }
        for (connector, notification) in self.hardware.told.take() {
            self.story.tell(self.now, || format!("{connector}: {notification:?}"));
            let socket = self.hardware.socket(connector);
            let register = socket.register();
            match notification {
                TxNotification::StartTx => {
                    let started = charger.transaction(connector).and_then(|transaction| transaction.started);
                    let began = started.map_or(self.now, |started| self.booted + started.as_millis());
                    assert!(
                        socket.is_readable(began),
                        "MV-17: {connector} starts at {began} with a register nobody knows"
                    );
                    self.ledger.started(at, connector, register, began);
                    let id_tag = self.ledger.tag_of_running(connector).unwrap();
                    self.central_system.plans.started(connector, id_tag);
                }
                TxNotification::StopTx => self.ledger.stopped(at, connector, register),
                TxNotification::AuthorizationTimeout if self.network.has_stood() && self.waiting_since().is_none() => {
                    self.network.calls.check_timeout(self.now);
                }
                TxNotification::RemoteStart => self.ledger.remote_start(connector),
                _ => {}
            }
        }
        for message in self.hardware.discarded.take() {
            self.story.tell(self.now, || format!("DISCARDED {message}"));
            let (failures, attempts) = (self.network.calls.give_up(self.now), self.settings.attempts());
            self.ledger.discarded(&message, failures, attempts);
        }
        if self.flash_failed.is_none_or(|at| at + FLASH_REST < self.now) {
            self.flash_trouble = None;
        }
    }

    fn check(&mut self, charger: &ChargePoint<'_>) {
        for connector in 1..=SOCKETS as u8 {
            let permits = charger.permits_charge(connector);
            let stop = charger.transaction(connector).and_then(|transaction| transaction.stop);
            let ended = stop.map(|stop| self.booted + stop.stopped.as_millis());
            let is_late = ended.is_some_and(|ended| self.now > ended + REGISTER_WAIT + SECOND);
            assert!(!is_late || self.waiting_since().is_some(), "TX-28: {connector} waits for its register for ever");
            self.ended[usize::from(connector) - 1] = ended;
            self.hardware.socket(connector).is_on.set(permits);
            assert!(!permits || self.ledger.is_running(connector), "AUTH-01, TX-18: energy without a transaction");
            if let Some(reset) = self.hardware.reset_wanted.take() {
                self.story.tell(self.now, || format!("{reset:?} reset wanted"));
                self.restart_at = self.restart_at.min(self.now + self.chance.between(1, 8 * SECOND));
            }
        }
        let runs = (1..=SOCKETS as u8).any(|connector| charger.is_transaction_running(connector));
        if !self.is_recovered && charger.is_recovered() && !runs && self.flash_trouble.is_none() {
            self.is_recovered = true;
            (1..=SOCKETS as u8).for_each(|connector| self.ledger.recovered(connector));
            self.settings.check(charger, false);
        }
        if charger.is_recovered() {
            self.central_system.plans.check_limits(charger);
        }
        self.check_loader(charger);
        if self.weather.is_calm {
            self.check_calm(charger);
        }
    }

    fn check_loader(&mut self, charger: &ChargePoint<'_>) {
        let loader = &self.hardware.loader;
        self.central_system.transfers.follow(self.now, charger, loader);
        if loader.wants_boot() && self.restart_at == NEVER {
            self.restart_at = self.now + self.chance.between(SECOND, MINUTE);
        }
    }

    /// What must be so in calm weather.
    fn check_calm(&mut self, charger: &ChargePoint<'_>) {
        let is_closed = is_closed_for_update(charger);
        if !is_closed && (1..=SOCKETS as u8).any(|connector| !charger.is_operative(connector)) {
            self.put_in_service();
        }
        if charger.waiting_messages() == 0 && charger.is_accepted() && self.rest_by != NEVER {
            self.tally.calm_rests += 1;
            self.central_system.cursed.clear(); // they are gone
            self.rest_by = NEVER;
        }
        if charger.waiting_messages() > 0 && charger.is_accepted() && self.now > self.weather.since + 10 * MINUTE {
            let by = self.network.calls.resend_by();
            assert!(self.now <= by, "MSG-07: never tried again: {}", self.unrest(charger));
        }
        assert!(self.now <= self.rest_by, "MSG-05: no rest: {}", self.unrest(charger));
        if self.rest_by != NEVER || self.now < self.weather.since + REST {
            return;
        }
        assert!(self.ledger.is_settled(self.now), "MSG-05: never told: {}", self.ledger.describe_expected());
        if charger.waiting_messages() == 0 && self.is_recovered {
            let unended = self.ledger.unended();
            assert!(unended.is_none(), "TX-26, MSG-05: never ended: {unended:?}");
        }
        let since = self.weather.since.max(self.booted);
        self.central_system.transfers.check_calm(self.moment(), since, &self.hardware.loader);
        assert!(charger.waiting_messages() < 50, "MSG-03: the queue grows: {}", self.unrest(charger));
        let heard = self.central_system.last_heartbeat.max(self.weather.since);
        assert!(self.now < heard + HEARTBEAT_INTERVAL + 5 * MINUTE, "HB-01: no heartbeat: {}", self.unrest(charger));
        let overdue = self.central_system.overdue(self.now);
        assert!(overdue.is_none(), "RPC-10: never answered: {overdue:?}");
    }

    fn unrest(&self, charger: &ChargePoint<'_>) -> String {
        let status = |connector| charger.charge_point_status(connector).map(ChargePointStatus::as_str);
        format!(
            "connected {} accepted {} waiting {} statuses {:?} expected {}",
            charger.is_connected(),
            charger.is_accepted(),
            charger.waiting_messages(),
            [0, 1, 2].map(status),
            self.ledger.describe_expected()
        )
    }
}

// ---- Between two boots ----

impl Simulation<'_> {
    /// The firmware has stopped, whatever for.
    pub(crate) fn stop(&mut self) {
        let is_cut = !self.hardware.has_power.get();
        self.story.tell(self.now, || if is_cut { "POWER CUT".to_owned() } else { "RESTART".to_owned() });
        let at = self.moment();
        let registers = self.registers();
        self.tell_of_meters();
        self.ledger.cut(at, registers);
        for connector in 1..=SOCKETS as u8 {
            if let Some(id_tag) = self.ledger.tag_of_perhaps(connector) {
                self.central_system.plans.may_have_started(connector, id_tag);
            }
        }
        self.hardware.loader.stop();
        self.network.charger_gone();
        self.flash.calm_down();
        for socket in &self.hardware.sockets {
            socket.is_on.set(false);
        }
        let most = match (is_cut, self.weather.is_calm) {
            (true, false) => self.chance.of(&[10 * SECOND, 10 * MINUTE, 5 * HOUR]),
            _ => 20 * SECOND,
        };
        self.power_back_at = self.now + self.chance.between(SECOND, most);
        if is_cut {
            self.tally.power_cuts += 1;
            if self.weather.has(Mishap::NewMeter) && self.chance.once_in(10) {
                let connector = self.chance.between(1, SOCKETS as u64) as u8;
                self.ledger.meter_fell(connector, self.hardware.socket(connector).register());
                self.hardware.socket(connector).begin_register_anew();
            }
        }
    }

    fn be_off(&mut self) {
        self.stop();
        while self.now < self.power_back_at && self.now < self.end {
            self.pass(self.power_back_at);
            self.let_happen(None);
            self.serve();
        }
    }
}

// ---- The world around ----

impl Simulation<'_> {
    /// To the next thing that happens, `due` at the latest.
    fn pass(&mut self, due: Moment) {
        let drivers = self.drivers.iter().map(|drivers| drivers.next).min().unwrap_or(NEVER);
        let next = due.min(drivers).min(self.weather.next()).min(self.network.next()).min(self.end);
        let next = next.max(self.now);
        self.steps_at_once = if next == self.now { self.steps_at_once + 1 } else { 0 };
        assert!(self.steps_at_once < 100, "the world stands still at {next}");
        self.hardware.pass(next - self.now);
        self.now = next;
        self.network.pass(next);
    }

    /// Whether anything has happened.
    fn let_happen(&mut self, mut charger: Option<&mut ChargePoint<'_>>) -> bool {
        let drivers_act = self.drivers.iter().any(|drivers| drivers.next <= self.now);
        if !drivers_act && self.weather.next() > self.now {
            return false;
        }
        if self.weather.turns(self.now) && self.weather.is_calm {
            let waiting = charger.as_ref().map_or(5000, |charger| charger.waiting_messages());
            self.calm_down(waiting);
        }
        while let Some(mishap) = self.weather.mishap(self.now) {
            self.go_wrong(mishap);
        }
        for index in 0..SOCKETS {
            let socket = &self.hardware.sockets[index];
            let wish = self.drivers[index].act(self.now, charger.as_deref_mut(), socket, &mut self.ledger);
            if let Some(wish) = wish {
                self.central_system.fulfil(self.now, wish, &mut self.network, &mut self.ledger);
            }
        }
        true
    }

    fn serve(&mut self) {
        self.central_system.forget_lost_calls(&self.network);
        while let Some(frame) = self.network.arrived() {
            self.hear(&frame);
            #[cfg(feature = "signed-meter-values")]
            let frame = self.hardware.take_signed(frame);
            self.central_system.serve(self.now, frame, &mut self.network, &mut self.ledger);
        }
        for (asked, status) in std::mem::take(&mut self.central_system.concluded) {
            let is_stored = self.flash_given_up.is_none_or(|at| at < asked.since);
            self.settings.answered(&asked, &status, is_stored);
            self.central_system.plans.answered(&asked, &status, is_stored);
            self.central_system.transfers.answered(self.now, &asked, &status, is_stored);
        }
    }

    fn hear(&self, frame: &Frame) {
        let Frame::Call { action, payload, .. } = frame else { return };
        let status = payload["status"].as_str().unwrap_or_default();
        let cannot_read = self.flash_given_up.is_some();
        match &**action {
            "BootNotification" => self.hardware.loader.booted(),
            "FirmwareStatusNotification" => self.hardware.loader.firmware.hear(status, cannot_read),
            "DiagnosticsStatusNotification" => self.hardware.loader.diagnostics.hear(status, cannot_read),
            _ => {}
        }
    }

    fn calm_down(&mut self, waiting: u32) {
        self.story.tell(self.now, || format!("CALM, {waiting} messages wait"));
        self.central_system.calm_down();
        self.short_boots_until = 0;
        self.hardware.sockets.iter().for_each(|socket| socket.be_readable());
        self.network.calm_down();
        self.flash.calm_down();
        let curses = self.central_system.cursed.len() as Moment;
        self.rest_by = self.now + REST + DELIVERY * Moment::from(waiting) + CURSE * curses;
    }

    fn go_wrong(&mut self, mishap: Mishap) {
        let now = self.now;
        self.story.tell(now, || format!("{mishap:?}"));
        let central_system = &mut self.central_system;
        match mishap {
            Mishap::LostLink => self.network.break_link(),
            Mishap::HalfOpenLink => self.network.half_open(),
            Mishap::NoConnection => self.network.be_unreachable(),
            Mishap::SlowNetwork => self.network.be_slow(),
            Mishap::BusyTransport => self.network.be_busy(),
            Mishap::Silence => central_system.be_silent(now),
            Mishap::DeafToAction => central_system.be_deaf(now),
            Mishap::FailingAction => central_system.fail(now),
            Mishap::FailingTransaction => central_system.fail_at_transactions(now, self.ledger.next()),
            Mishap::CursedMessage => central_system.curse(),
            Mishap::Echoes => central_system.echo_answers(now),
            Mishap::LateAnswers => central_system.be_late(now),
            Mishap::OddAnswers => central_system.be_odd(now),
            Mishap::ShortBoots => self.boot_often(),
            Mishap::DarkMeter => {
                let most = self.chance.of(&[20 * SECOND, 2 * MINUTE, 3 * HOUR]);
                let socket = &self.hardware.sockets[self.chance.below(SOCKETS as u64) as usize];
                socket.be_dark(self.chance.between(SECOND, most));
            }
            Mishap::RefusedTags => central_system.refuse_tags(now),
            Mishap::NoRegistration => central_system.refuse_registration(now),
            Mishap::ClockJump => central_system.jump_clock(now),
            Mishap::Command => {
                central_system.command(now, &mut self.network, &mut self.settings, &mut self.ledger);
            }
            Mishap::Plan => central_system.plan(now, &mut self.network),
            Mishap::HostileFrame => central_system.babble(&mut self.network),
            Mishap::PowerCut | Mishap::NewMeter => self.cut_power(),
            Mishap::WatchdogReboot => self.restart_at = now,
            Mishap::FlashFailure => {
                let operations = self.chance.between(1, 8) as u32;
                self.flash.fail(operations, self.chance.once_in(3));
            }
        }
    }

    /// At once, before or after a change of a record, or in the middle of what the chip does for it.
    fn cut_power(&mut self) {
        let after = self.chance.below(8);
        match self.chance.below(4) {
            0 => self.hardware.has_power.set(false),
            1 => self.flash.cut_after(after as u32, self.chance.once_in(2)),
            which => {
                let is_of_erase = which == 2 && self.chance.once_in(2);
                let after = if is_of_erase { 0 } else { after };
                self.hardware.chip_cut.set(Some(ChipCut { after, is_of_erase, seed: self.chance.next() }));
            }
        }
    }

    /// One short boot after the other. Each has no link and so no clock at first, and no message of a transaction is
    /// answered: what waits is told in many of them.
    fn boot_often(&mut self) {
        self.short_boots_until = self.now + self.chance.between(2 * HOUR, 10 * HOUR);
        self.central_system.ignore_transactions(self.short_boots_until);
        self.restart_at = self.now;
    }

    fn shorten_boot(&mut self) {
        self.restart_at = self.now + self.chance.between(5 * MINUTE, 40 * MINUTE);
        self.network.be_unreachable_for(self.chance.clone().between(SECOND, 20 * MINUTE));
    }

    /// What was made inoperative is put back.
    fn put_in_service(&mut self) {
        let payload = json!({"connectorId": 0, "type": "Operative"});
        self.central_system.change(self.now, "ChangeAvailability", payload, &mut self.network, &mut self.settings);
    }
}
