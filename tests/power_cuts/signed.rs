//! Meters that sign: a transaction is told what was signed for it, byte for byte, and nothing that was stored is lost (SMV-12).

use crate::Layout;
use crate::ledger::{ENERGY, Session};
use crate::life::{Socket, live};
use crate::nor_flash::{Ecc, Esp32, NorFlash, Stm32f4};
use crate::script::Step::{self, Card, CardAgain, Energy, Link, Plug, Unplug};
use crate::signatures::{Signatures, Told, remove_signed, told};
use crate::sweep::{Grain, one_cut};
use crate::world::{Meters, World};
use crate::{Chip, Table};
use embedded_ocpp::ocpp16::{PrintedKey, SignedMeter, SigningFailed, SigningMoment};
use serde_json::Value;
use std::cell::RefCell;
use std::sync::LazyLock;
use std::task::Poll;

/// What both meters have signed, and the keys that want it.
#[derive(Clone, Default)]
pub(crate) struct Signed {
    pub(crate) is_on: bool,
    meters: [Signatures; 2],
}

pub(crate) const KEYS: [(&str, &str); 5] = [
    ("MeterValueSampleInterval", "20"),
    ("StopTxnSampledData", ENERGY),
    ("SampledDataSignReadings", "true"),
    ("SampledDataSignUpdatedReadings", "true"),
    ("PublicKeyWithSignedMeterValue", "EveryMeterValue"),
];

/// Transactions on both connectors at once, one of which waits offline.
const SCRIPT: &[(u64, Step)] = &[
    (10, Link(true)),
    (20, Plug(1)),
    (21, Card(1, "CARD01")),
    (22, Plug(2)),
    (23, Card(2, "CARD02")),
    (40, Energy(1, 500)),
    (50, CardAgain(1, "CARD01")),
    (51, Unplug(1)),
    (52, Link(false)),
    (60, CardAgain(2, "CARD02")),
    (61, Unplug(2)),
    (70, Link(true)),
];

fn world(meters: Meters) -> World {
    let mut world = World::new(meters);
    world.ledger.signed.is_on = true;
    for (key, value) in KEYS {
        if let Some(setting) = world.keys.get_mut(key) {
            setting.value = value;
        }
    }
    world
}

impl SignedMeter for Socket<'_> {
    fn encoding_method(&self) -> &str {
        "OCMF"
    }

    fn sign(&self, moment: SigningMoment) {
        let mut world = self.world.borrow_mut();
        let (seconds, of) = (world.seconds(), world.ledger.last(self.connector).id_tag);
        world.ledger.signed.meters[self.index()].sign(self.connector, moment, of, seconds);
    }

    fn read(&self, offset: usize, buffer: &mut [u8]) -> Poll<Result<usize, SigningFailed>> {
        Poll::Ready(Ok(self.world.borrow_mut().ledger.signed.meters[self.index()].read(offset, buffer)))
    }

    fn stored(&self) {
        self.world.borrow_mut().ledger.signed.meters[self.index()].stored();
    }

    /// As long as it may be.
    fn signing_method(&self) -> &str {
        "ECDSA-secp256r1-SHA256, which takes 50 characters."
    }

    fn public_key(&self) -> Option<PrintedKey<'_>> {
        static KEY: LazyLock<String> = LazyLock::new(|| "3".repeat(359));
        Some(PrintedKey::Base16(&KEY))
    }

    fn signs_samples(&self) -> bool {
        true
    }

    fn value_len_max(&self) -> usize {
        3360
    }
}

impl Signed {
    /// Whether these are values that a meter has signed.
    pub(crate) fn sample_told(&mut self, session: &Session, payload: &Value) -> bool {
        let all = told(&payload["meterValue"]);
        all.iter().for_each(|told| self.told(session, SigningMoment::Sample, "Sample.Periodic", told));
        !all.is_empty()
    }

    /// The end of a transaction without what the meter has signed.
    pub(crate) fn end_told(&mut self, session: &Session, payload: &Value) -> Value {
        let mut rest = payload.clone();
        if self.is_on {
            match told(&payload["transactionData"]).as_slice() {
                [begin, end] => {
                    self.told(session, SigningMoment::Begin, "Transaction.Begin", begin);
                    self.told(session, SigningMoment::End, "Transaction.End", end);
                }
                all => panic!("{session:?}: {all:?}"),
            }
            let data = rest["transactionData"].as_array_mut().expect("transactionData");
            remove_signed(data);
        }
        rest
    }

    fn told(&mut self, session: &Session, moment: SigningMoment, context: &str, told: &Told) {
        assert_eq!(told.context, context);
        self.meters[usize::from(session.connector) - 1].tell(session.id_tag, moment, told);
    }

    pub(crate) fn check(&self) {
        self.meters.iter().for_each(Signatures::check);
    }
}

#[test]
fn smv_12_msg_05_a_power_cut_in_any_write_loses_and_mixes_up_no_signed_value() {
    fn sweep<C: Chip>(table: &mut Table, settings: u32, journal: u32, meters: Meters) {
        let layout = Layout::pages::<C>(settings, journal);
        table.row::<C>(&layout, |layout| one_cut::<C>(layout, world(meters), SCRIPT, 0, Grain::Some));
    }
    let mut table = Table::default();
    sweep::<Esp32>(&mut table, 6, 12, Meters::GoOn);
    sweep::<Ecc<8, 4096, true>>(&mut table, 6, 12, Meters::BeginAnew);
    table.check(1500);
}

/// MSG-15: whoever may begin is told with all that was signed, whatever the other connector does.
#[test]
fn smv_12_msg_15_a_journal_that_is_full_has_room_for_what_is_signed_for_all_that_run() {
    fn fill<C: Chip>(journal: u32) {
        let layout = Layout::pages::<C>(6 * 4096 / C::PAGE as u32, journal);
        let (world, mut flash) = (RefCell::new(world(Meters::GoOn)), NorFlash::<C>::new(layout.erased::<C>()));
        world.borrow_mut().boot();
        live(&world, &mut flash, &layout, |life| {
            life.take(Link(true));
            life.take(Link(false));
            let mut customers = (0..).map(|number| &*format!("CARD{number}").leak());
            while !life.is_full {
                for connector in [1, 2] {
                    life.take(Plug(connector));
                    life.take(Card(connector, customers.next().unwrap()));
                }
                life.until(life.seconds() + 50);
                for connector in [1, 2] {
                    life.take(Unplug(connector));
                }
            }
            life.take(Link(true));
            life.come_to_rest();
        });
        let world = world.borrow();
        world.ledger.check(|number| world.central.was_told(number));
        assert!(world.ledger.sessions.len() > 4, "{} pages of {}", journal, C::PAGE);
    }
    for journal in 24..40 {
        fill::<Esp32>(journal);
        fill::<Stm32f4<4, 2048>>(2 * journal + 1);
        fill::<Stm32f4<1, 1024>>(4 * journal + 3);
    }
}
