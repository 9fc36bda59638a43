//! One boot of the firmware: a charge point on the flash, wired to the world, until the power fails or it restarts.

use crate::Layout;
use crate::ledger::UNDELIVERABLE;
use crate::nor_flash::{Chip, NorFlash};
use crate::script::{LISTED, Step};
use crate::world::{FACTORY, World};
use embedded_ocpp::ocpp16::{
    BeginError, ConnectorHardware, Discarded, DiscardedMessage, Reason, ResetKind, TxNotification,
};
use embedded_ocpp::store::thinning::Role;
use embedded_ocpp::store::{FlashStorage, RecordKey, Storage, registry};
use embedded_ocpp::transport::{Received, WebSocketTransport};
use embedded_ocpp::{Boot, ChargePoint, Instant, Resources};
use serde_json::json;
use std::cell::RefCell;
use std::ops::Range;

/// So many polls at one moment are a busy loop.
const POLLS_MAX: u32 = 200;

pub(crate) struct Life<'l, 'a, S> {
    pub(crate) charger: ChargePoint<'a>,
    wire: Wire<'l>,
    storage: Witness<'l, S>,
    world: &'l RefCell<World>,
    /// In milliseconds.
    booted: u64,
    deadline: u64,
    /// The last card was refused, because the journal is full.
    pub(crate) is_full: bool,
}

/// One connector, as the firmware has wired it.
pub(crate) struct Socket<'w> {
    pub(crate) world: &'w RefCell<World>,
    pub(crate) connector: u8,
}

impl Socket<'_> {
    pub(crate) fn index(&self) -> usize {
        usize::from(self.connector) - 1
    }
}

impl ConnectorHardware for Socket<'_> {
    fn is_plugged(&self) -> bool {
        self.world.borrow().outlets[self.index()].is_plugged
    }

    fn energy(&self) -> Option<i64> {
        self.world.borrow().reading(self.index())
    }

    #[cfg(feature = "signed-meter-values")]
    fn signed_meter(&self) -> Option<&dyn embedded_ocpp::ocpp16::SignedMeter> {
        if self.world.borrow().ledger.signed.is_on { Some(self) } else { None }
    }

    fn notify(&self, notification: TxNotification) {
        note(&mut self.world.borrow_mut(), self.connector, notification);
    }
}

/// Switches the charge point on, and lets `course` happen to it.
pub(crate) fn live<C: Chip>(
    world: &RefCell<World>,
    flash: &mut NorFlash<'_, C>,
    layout: &Layout,
    course: impl FnOnce(&mut Life<'_, '_, FlashStorage<&mut NorFlash<'_, C>>>),
) {
    let sockets = [1, 2].map(|connector| Socket { world, connector });
    let reset = |_: ResetKind| world.borrow_mut().wants_reset = true;
    let discarded = |message: &Discarded<'_>| match message.message {
        DiscardedMessage::Start { id_tag: UNDELIVERABLE, .. } => {}
        _ => panic!("discarded: {message:?}"),
    };
    let random = || 0x1234_5678;
    let mut resources = Resources::<2>::new();
    let mut charger = ChargePoint::new(&mut resources, Boot::new("Model", "Vendor")).unwrap();
    for socket in &sockets {
        charger.set_hardware(socket, socket.connector).unwrap();
    }
    charger.set_on_reset_execute(&reset);
    charger.set_on_discarded(&discarded);
    charger.set_rng(&random);
    for (key, value) in FACTORY {
        charger.set_factory_configuration(key, value).unwrap();
    }
    #[cfg(feature = "signed-meter-values")]
    for (key, value) in crate::signed::KEYS.iter().filter(|_| world.borrow().ledger.signed.is_on) {
        charger.set_factory_configuration(key, value).unwrap();
    }
    let storage = FlashStorage::new(flash, layout.settings.clone(), layout.journal.clone()).unwrap();
    let booted = world.borrow().now;
    course(&mut Life {
        charger,
        wire: Wire { world, unfinished: Vec::new() },
        storage: Witness { storage, world },
        world,
        booted,
        deadline: 0,
        is_full: false,
    });
}

/// Boots and plays the script, over as many boots as it wants.
pub(crate) fn play<C: Chip>(
    world: &RefCell<World>,
    flash: &mut NorFlash<'_, C>,
    layout: &Layout,
    script: &[(u64, Step)],
) {
    let begin = world.borrow().seconds();
    let mut steps = script.iter();
    world.borrow_mut().boot();
    let mut is_over = false;
    while !is_over {
        live(world, flash, layout, |life| {
            life.settle();
            for (at, step) in steps.by_ref() {
                life.until(begin + at);
                life.take(*step);
                if world.borrow().wants_reset {
                    return;
                }
            }
            life.come_to_rest();
            is_over = true;
        });
        world.borrow_mut().now += 5000;
        if !is_over {
            world.borrow_mut().boot();
        }
    }
}

/// Boots on what a power cut has left: what was promised is kept, what waits is delivered, and the next customer can charge.
pub(crate) fn go_on<C: Chip>(world: &RefCell<World>, flash: &mut NorFlash<'_, C>, layout: &Layout) {
    world.borrow_mut().power_returns();
    live(world, flash, layout, |life| {
        life.settle();
        life.look_at_settings();
        life.take(Step::Link(true));
        life.come_to_rest();
        let free = life.serve_the_next();
        life.come_to_rest();
        assert!(world.borrow().ledger.sessions.last().unwrap().connector == free);
    });
    let world = world.borrow();
    world.ledger.check(|number| world.central.was_told(number));
    assert!(world.ledger.sessions.last().unwrap().is_concluded, "the next customer");
}

/// The firmware hears what happens in a session.
fn note(world: &mut World, connector: u8, event: TxNotification) {
    match event {
        TxNotification::StartTx => world.ledger.last(connector).is_started = true,
        TxNotification::StopTx => {
            let session = world.ledger.last(connector);
            session.is_ended |= !session.is_interrupted;
        }
        TxNotification::Authorized | TxNotification::AuthorizationRejected => world.word = Some(event),
        _ => {}
    }
}

impl<S: Storage> Life<'_, '_, S> {
    pub(crate) fn settle(&mut self) {
        for _ in 0..POLLS_MAX {
            let elapsed = self.world.borrow().now - self.booted;
            let now = Instant::from_millis(elapsed);
            let deadline = self.charger.poll(now, &mut self.wire, &mut self.storage);
            self.world.borrow_mut().answered();
            match deadline {
                Ok(deadline) if deadline > now => {
                    self.deadline = deadline.as_millis().saturating_add(self.booted);
                    return;
                }
                Ok(_) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
        panic!("a busy loop at {} ms", self.world.borrow().now);
    }

    pub(crate) fn seconds(&self) -> u64 {
        self.world.borrow().seconds()
    }

    pub(crate) fn until(&mut self, seconds: u64) {
        let end = seconds * 1000;
        while self.deadline < end {
            self.pass(self.deadline);
        }
        self.pass(end);
    }

    fn pass(&mut self, to: u64) {
        let mut world = self.world.borrow_mut();
        let before = world.seconds();
        world.now = to.max(world.now);
        let (now, energy) = (world.seconds(), world.energy());
        world.ledger.take_samples(before + 1..now + 1, energy);
        drop(world);
        self.settle();
    }

    /// Lets all messages go out.
    pub(crate) fn come_to_rest(&mut self) {
        for _ in 0..100 {
            self.settle();
            if self.charger.waiting_messages() == 0 && self.world.borrow().central.incoming.is_empty() {
                return;
            }
            self.pass(self.deadline);
        }
        panic!("{} messages wait for ever", self.charger.waiting_messages());
    }

    pub(crate) fn take(&mut self, step: Step) {
        match step {
            Step::Link(is_online) => {
                let mut world = self.world.borrow_mut();
                world.is_online = is_online;
                world.central.link_lost();
                self.wire.unfinished.clear();
            }
            Step::Plug(connector) => self.world.borrow_mut().outlet(connector).is_plugged = true,
            Step::Unplug(connector) => {
                let mut world = self.world.borrow_mut();
                world.outlet(connector).is_plugged = false;
                if world.ledger.is_running(connector) {
                    world.end(connector, "EVDisconnected", None);
                }
            }
            Step::Energy(connector, wh) => self.world.borrow_mut().outlet(connector).energy += wh,
            Step::Card(connector, id_tag) => {
                let begun = self.charger.begin_transaction(id_tag, connector);
                self.is_full = begun == Err(BeginError::JournalFull);
                assert!(begun.is_ok() || self.is_full, "{begun:?}");
                let mut world = self.world.borrow_mut();
                let is_refused = self.is_full || world.is_online && id_tag.starts_with("BLOCKED");
                if !is_refused {
                    world.begin(connector, id_tag);
                }
            }
            Step::CardAgain(connector, id_tag) => {
                self.world.borrow_mut().end(connector, "Local", Some(id_tag));
                self.charger.end_transaction(Some(id_tag), Reason::Local, connector).unwrap();
            }
            Step::RemoteStart(connector, id_tag) => {
                let mut world = self.world.borrow_mut();
                world.begin(connector, id_tag);
                let request = json!({"connectorId": connector, "idTag": id_tag});
                world.central.ask("RemoteStartTransaction", &request);
            }
            Step::RemoteStop(connector) => {
                let mut world = self.world.borrow_mut();
                world.end(connector, "Remote", None);
                let entry = world.ledger.last(connector).entry.expect("a transaction that was told");
                let request = json!({"transactionId": crate::ledger::transaction_id(entry)});
                world.central.ask("RemoteStopTransaction", &request);
            }
            Step::Key(key, value) => self.world.borrow_mut().change_key(key, value),
            Step::Service(connector, is_operative) => {
                self.world.borrow_mut().change_availability(connector, is_operative);
            }
            Step::ClearCache => self.world.borrow_mut().central.ask("ClearCache", &json!({})),
            Step::List(version, entries) => self.world.borrow_mut().send_list(version, true, entries),
            Step::ListChange(version, entries) => self.world.borrow_mut().send_list(version, false, entries),
            Step::Reset => {
                let mut world = self.world.borrow_mut();
                for connector in [1, 2] {
                    if world.ledger.is_running(connector) {
                        world.end(connector, "SoftReset", None);
                    }
                }
                world.central.ask("Reset", &json!({"type": "Soft"}));
            }
        }
        self.settle();
    }

    /// The settings are those of before the power cut or those that were just asked for.
    fn look_at_settings(&mut self) {
        let mut world = self.world.borrow_mut();
        for (key, setting) in &mut world.keys {
            let mut text = String::new();
            self.charger.configuration().value(key).unwrap().write(&mut |piece| text.push_str(piece));
            let before = setting.clone();
            assert!(setting.found(|value| *value == text), "{key} is {text}: {before:?}");
        }
        for (service, connector) in world.services.iter_mut().zip(0..) {
            let found = self.charger.is_operative(connector);
            let before = service.clone();
            assert!(service.found(|value| *value == found), "connector {connector} in service: {found}, {before:?}");
        }
    }

    /// The list is the one of before the power cut or the one that was just sent: by its version, and by who is refused
    /// offline, where everybody else may charge.
    fn look_at_list(&mut self, free: u8) {
        self.world.borrow_mut().central.ask("GetLocalListVersion", &json!({}));
        self.settle();
        let version = self.world.borrow_mut().told_version.take().expect("a version");
        self.take(Step::Link(false));
        let mut refused = Vec::new();
        for id_tag in LISTED {
            self.charger.begin_transaction(id_tag, free).unwrap();
            self.settle();
            match self.world.borrow_mut().word.take() {
                Some(TxNotification::AuthorizationRejected) => refused.push(id_tag),
                _ => self.charger.end_transaction(Some(id_tag), Reason::Local, free).unwrap(),
            }
            self.settle();
        }
        self.take(Step::Link(true));
        let list = &mut self.world.borrow_mut().list;
        let before = list.clone();
        let is_it = list.found(|list| {
            version == list.version() && LISTED.iter().all(|id_tag| list.is_blocked(id_tag) == refused.contains(id_tag))
        });
        assert!(is_it, "the list has version {version} and refuses {refused:?}: {before:?}");
    }

    /// Somebody charges at a connector that is in service.
    fn serve_the_next(&mut self) -> u8 {
        self.take(Step::Unplug(1));
        self.take(Step::Unplug(2));
        let free = [1, 2].into_iter().find(|connector| self.charger.is_operative(*connector)).expect("a connector");
        let now = self.world.borrow().seconds();
        self.until(now + 10);
        self.look_at_list(free);
        self.take(Step::Plug(free));
        self.take(Step::Card(free, "NEXT"));
        self.until(now + 20);
        self.take(Step::Energy(free, 500));
        self.take(Step::CardAgain(free, "NEXT"));
        self.take(Step::Unplug(free));
        free
    }
}

/// Notes what the device has taken.
struct Witness<'l, S> {
    storage: S,
    world: &'l RefCell<World>,
}

impl<S: Storage> Storage for Witness<'_, S> {
    type Error = S::Error;

    async fn load(&mut self, key: RecordKey, buffer: &mut [u8]) -> Result<Option<usize>, S::Error> {
        self.storage.load(key, buffer).await
    }

    async fn store(&mut self, key: RecordKey, record: &[u8]) -> Result<(), S::Error> {
        self.storage.store(key, record).await?;
        if registry::TRANSACTION_DATA.contains(&key) {
            let ledger = &mut self.world.borrow_mut().ledger;
            let session = ledger.last((key - registry::TRANSACTION_DATA.start) as u8);
            session.values += usize::from(!session.is_interrupted);
        }
        Ok(())
    }

    async fn remove(&mut self, key: RecordKey) -> Result<(), S::Error> {
        self.storage.remove(key).await
    }

    async fn journal(&mut self) -> Result<Option<Range<u32>>, S::Error> {
        self.storage.journal().await
    }

    async fn load_entry(&mut self, number: u32, buffer: &mut [u8]) -> Result<Option<usize>, S::Error> {
        self.storage.load_entry(number, buffer).await
    }

    async fn append_entry(&mut self, number: u32, record: &[u8]) -> Result<(), S::Error> {
        self.storage.append_entry(number, record).await?;
        // An entry of kind 0 tells the date of those before it, and is no message.
        if record.first().is_some_and(|first| first >> 2 & 3 != 0) {
            self.world.borrow_mut().ledger.durable.push(number);
        }
        Ok(())
    }

    async fn release_entry(&mut self, number: u32) -> Result<(), S::Error> {
        self.storage.release_entry(number).await
    }

    async fn thin(&mut self, entries: Range<u32>, role: fn(&[u8]) -> Role, buffer: &mut [u8]) -> Result<u32, S::Error> {
        let gone = self.storage.thin(entries, role, buffer).await?;
        self.world.borrow_mut().ledger.is_thinned |= gone > 0;
        Ok(gone)
    }

    fn room(&self, len: usize) -> u32 {
        self.storage.room(len)
    }

    fn bytes_written(&self) -> u64 {
        self.storage.bytes_written()
    }
}

/// What is sent arrives at once.
struct Wire<'l> {
    world: &'l RefCell<World>,
    unfinished: Vec<u8>,
}

impl WebSocketTransport for Wire<'_> {
    type Error = std::convert::Infallible;

    fn is_connected(&self) -> bool {
        self.world.borrow().is_online
    }

    async fn receive(&mut self, buffer: &mut [u8]) -> Result<Option<Received>, Self::Error> {
        let Some(message) = self.world.borrow_mut().central.incoming.pop_front() else { return Ok(None) };
        buffer[..message.len()].copy_from_slice(message.as_bytes());
        Ok(Some(Received::Message(message.len())))
    }

    async fn send(&mut self, part: &[u8], last: bool) -> Result<(), Self::Error> {
        self.unfinished.extend_from_slice(part);
        if last {
            let message = std::mem::take(&mut self.unfinished);
            let World { now, ledger, central, .. } = &mut *self.world.borrow_mut();
            central.receive(core::str::from_utf8(&message).expect("UTF-8"), *now / 1000, ledger);
        }
        Ok(())
    }
}
