//! What happens to the charge point, and what goes wrong in it.

use crate::central::Central;
use crate::meter::{begin_anew, meter, set_clocks};
use crate::support::meters::ENERGY;
use crate::support::{Bench, Timeline, bench};
use crate::truth;
use embedded_ocpp::facade::ConnectorClosures;
use embedded_ocpp::store::{RecordKey, registry};
use std::ops::Range;

#[derive(Clone, Copy)]
pub(crate) enum Step {
    Plug(u8),
    Card(u8, &'static str),
    CardAgain(u8, &'static str),
    Unplug(u8),
}
use Step::{Card, CardAgain, Plug, Unplug};

/// One connector: two customers, and a sample of each.
const ONE: &[(u64, Step)] = &[
    (5, Plug(1)),
    (10, Card(1, "ANNA")),
    (75, CardAgain(1, "ANNA")),
    (76, Unplug(1)),
    (80, Plug(1)),
    (81, Card(1, "BERT")),
    (150, CardAgain(1, "BERT")),
    (151, Unplug(1)),
];

/// Both connectors at once.
const BOTH: &[(u64, Step)] = &[
    (5, Plug(1)),
    (6, Plug(2)),
    (10, Card(1, "ANNA")),
    (10, Card(2, "CARL")),
    (75, CardAgain(1, "ANNA")),
    (75, CardAgain(2, "CARL")),
    (76, Unplug(1)),
    (77, Unplug(2)),
];

/// Signs all that can be signed.
pub(crate) fn signing(connectors: u8) -> Bench {
    let bench = bench()
        .wire(|closures: &mut ConnectorClosures<'static>, connector| closures.set_signed_meter(meter(connector)))
        .key("AllowOfflineTxForUnknownId", "true")
        .key("MeterValueSampleInterval", "60")
        .key("SampledDataSignReadings", "true")
        .key("SampledDataSignUpdatedReadings", "true")
        .key("SampledDataSignStartedReadings", "true")
        .key("StartTxnSampledData", ENERGY)
        .key("StopTxnSampledData", ENERGY);
    if connectors == 2 { bench.two_connectors() } else { bench }
}

/// Takes a step.
pub(crate) fn take(t: &mut Timeline, step: Step) {
    match step {
        Plug(connector) => t.plug(connector),
        Unplug(connector) => t.unplug(connector),
        Card(connector, id_tag) => {
            let before = meter(connector).customer.replace(id_tag.to_owned());
            if t.try_card(connector, id_tag).is_err() {
                meter(connector).customer.replace(before);
            }
        }
        CardAgain(connector, id_tag) => _ = t.card_again(connector, id_tag),
    }
}

/// A course of things, and what goes wrong in it.
pub(crate) struct Case {
    pub(crate) connectors: u8,
    pub(crate) script: &'static [(u64, Step)],
    pub(crate) is_online: bool,
    /// The power fails after so many steps, and then after so many of the next boot.
    pub(crate) cuts: [u32; 2],
    /// These operations of the device fail, and these where they append to the journal.
    pub(crate) faults: Range<u32>,
    pub(crate) refusals: Range<u32>,
    /// Pieces of values that lie in these records are damaged when the power is back.
    pub(crate) damaged: Range<RecordKey>,
}

/// Who comes in the scripts.
const EVERYBODY: &[&str] = &["ANNA", "BERT", "CARL"];

pub(crate) const NEVER: u32 = u32::MAX;

impl Case {
    pub(crate) fn new(connectors: u8, is_online: bool) -> Self {
        let script = if connectors == 1 { ONE } else { BOTH };
        Self { connectors, script, is_online, cuts: [NEVER; 2], faults: 0..0, refusals: 0..0, damaged: 0..0 }
    }
}

impl Case {
    /// Whether each boot before the last one knows what time it is.
    fn has_clock(&self) -> bool {
        self.cuts[1] == NEVER
    }

    fn is_damaged(&self, key: RecordKey, record: &[u8]) -> bool {
        let is_piece = registry::SIGNED_VALUES.contains(&key) || record.first().is_some_and(|first| first >> 4 == 2);
        is_piece && self.damaged.contains(&key)
    }

    /// `false` when all was over before anything went wrong.
    pub(crate) fn play(&self) -> bool {
        begin_anew();
        let mut central = Central::default();
        let mut t = signing(self.connectors).start_offline();
        t.link_up();
        central.serve(&mut t, 2);
        t.power.fails_after(self.cuts[0]);
        let before = t.flash.operations;
        t.flash.faults = before + self.faults.start..before + self.faults.end;
        t.flash.refusals = before + self.refusals.start..before + self.refusals.end;
        if !self.is_online {
            t.link_down();
        }
        for (at, step) in self.script {
            central.serve(&mut t, *at);
            if t.power.is_off() {
                break;
            }
            take(&mut t, *step);
        }
        if !self.is_online && !t.power.is_off() {
            t.link_up();
        }
        central.serve(&mut t, 300);
        let is_cut = t.power.is_off();
        for next in [self.cuts[1], NEVER] {
            if t.power.is_off() {
                t.power_cut();
                t.wire.outgoing.clear();
                let now = t.seconds();
                t.at(now + 30);
                set_clocks(t.seconds());
                let is_sent = !central.told.is_empty(); // told again it is not the same
                for (_, record) in
                    t.flash.records.iter_mut().filter(|(key, record)| !is_sent && self.is_damaged(**key, record))
                {
                    let middle = record.len() / 2;
                    record[middle] ^= 0x10;
                }
                t.power_on_for(next);
                t.link_up();
                central.serve(&mut t, now + 400);
            }
        }
        let faulty = [&t.flash.faults, &t.flash.refusals];
        let is_faulty = faulty.iter().any(|range| !range.is_empty() && range.start <= t.flash.operations);
        (t.flash.faults, t.flash.refusals) = (0..0, 0..0);
        t.power.fails_after(NEVER);
        let of_whom = if self.damaged.is_empty() { EVERYBODY } else { &[] };
        self.look_at(&mut t, &central, of_whom);
        self.serve_the_next(&mut t, &mut central);
        let is_left = t.flash.records.keys().any(|key| registry::SIGNED_VALUES.contains(key));
        assert!(is_cut || is_faulty || !is_left, "left in the records");
        is_cut || is_faulty
    }

    /// The values of another customer are whole.
    fn serve_the_next(&self, t: &mut Timeline, central: &mut Central) {
        let now = t.seconds();
        for connector in 1..=self.connectors {
            t.unplug(connector);
        }
        let steps = [(10, Plug(1)), (11, Card(1, "NEXT")), (100, CardAgain(1, "NEXT")), (101, Unplug(1))];
        for (at, step) in steps {
            central.serve(t, now + at);
            take(t, step);
        }
        central.serve(t, now + 110);
        self.look_at(t, central, &["NEXT"]);
    }

    fn look_at(&self, t: &mut Timeline, central: &Central, of_whom: &[&str]) {
        truth::messages_are_told(t, central);
        for id_tag in of_whom {
            truth::values_are_told(central, id_tag, self.has_clock(), !self.faults.is_empty());
        }
    }
}
