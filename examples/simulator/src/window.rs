//! What the page sees of the charger: how it stands, and samples for the plots.

use crate::config::Config;
use crate::evse::Evse;
use crate::flash::Chip;
use crate::records::Records;
use crate::snapshot::{self, Side};
use crate::transactions::{Running, Transactions};
use crate::web::Feed;
use embedded_ocpp::facade::ChargePoint;
use embedded_ocpp::time::{Duration, Instant};
use serde_json::{Map, Value, json};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::time::{SystemTime, UNIX_EPOCH};

pub(crate) struct Window<'o> {
    feed: Feed,
    config: &'o Config,
    evse: &'o Evse,
    chip: Chip,
    transactions: &'o RefCell<Transactions>,
    schedules: Map<String, Value>,
    /// The state of the chip that the records were read from.
    chip_changes: Option<u64>,
    /// The numbers of the entries that wait in the journal, each with its Unix ms.
    entries: VecDeque<(u32, u64)>,
    show_at: Instant,
    sample_at: Instant,
}

/// Between two looks.
const SHOW: Duration = Duration::from_millis(200);
const SAMPLE: Duration = Duration::from_secs(1);
/// An hour.
const SAMPLES_MAX: usize = 3600;

impl<'o> Window<'o> {
    pub(crate) fn new(
        feed: Feed,
        config: &'o Config,
        evse: &'o Evse,
        chip: Chip,
        transactions: &'o RefCell<Transactions>,
    ) -> Self {
        Self {
            feed,
            config,
            evse,
            chip,
            transactions,
            schedules: Map::new(),
            chip_changes: None,
            entries: VecDeque::new(),
            show_at: Instant::ZERO,
            sample_at: Instant::ZERO,
        }
    }

    /// Tells how things stand, now and then. `true` each second, when the composite schedules are wanted, too.
    pub(crate) fn show(&mut self, now: Instant, ocpp: &ChargePoint<'_>, sides: &[Side], held: bool) -> bool {
        if now < self.show_at {
            return false;
        }
        self.show_at = now + SHOW;
        let unix = |at: Instant| (unix_ms() + at.as_millis()).saturating_sub(now.as_millis()) / 100 * 100;
        self.note_entries(ocpp);
        let oldest = self.entries.front().map(|(_, since)| *since);
        self.feed.set("power", &true);
        self.feed.set("charge point", &snapshot::charge_point(ocpp, self.config, held, oldest, unix));
        let connectors: Vec<_> =
            (1..).zip(sides).map(|(id, side)| snapshot::connector(ocpp, self.evse, id, side, unix)).collect();
        for state in &connectors {
            let running = state.transaction.as_ref().filter(|transaction| transaction.running);
            let running = running.and_then(|transaction| {
                let meter_start = transaction.meter_start?;
                Some(Running { id_tag: &transaction.id_tag, id: transaction.id, meter_start })
            });
            self.transactions.borrow_mut().look(unix_ms(), state.connector, running, state.wh);
        }
        self.feed.set("transactions", self.transactions.borrow().blocks());
        let is_sample = now >= self.sample_at;
        if is_sample {
            self.sample_at = now + SAMPLE;
            let sample = connectors.iter().map(|each| json!([each.w, each.wh, each.limit, each.status])).collect();
            self.feed.add("sample", SAMPLES_MAX, &json!({"t": unix_ms(), "c": Value::Array(sample)}));
        }
        self.feed.set("connectors", &connectors);
        self.feed.set("keys", &snapshot::keys(ocpp));
        let changes = Some(self.chip.changes());
        if self.chip_changes != changes {
            self.chip_changes = changes;
            self.feed.set("records", &Records::of(&self.chip));
        }
        is_sample
    }

    /// What the charge point has answered to GetCompositeSchedule.
    pub(crate) fn show_schedule(&mut self, answer: &Value) {
        let periods = &answer["chargingSchedule"]["chargingSchedulePeriod"];
        let schedule = json!({"start": answer["scheduleStart"], "periods": periods});
        self.schedules.insert(answer["connectorId"].to_string(), schedule);
        self.feed.set("schedules", &self.schedules);
    }

    /// Which are kept, and which are in use.
    pub(crate) fn show_certificates(&self, reply: &Value) {
        self.feed.set("certificates", &reply["certificates"]);
    }

    /// There is no power.
    pub(crate) fn darken(&self) {
        self.feed.set("power", &false);
    }

    /// Remembers since when each entry of the journal waits.
    fn note_entries(&mut self, ocpp: &ChargePoint<'_>) {
        let journal = ocpp.journal();
        let first = journal.first().filter(|_| ocpp.waiting_messages() > 0);
        let Some(first) = first else { return self.entries.clear() };
        self.entries.retain(|(number, _)| (first..journal.next()).contains(number));
        let next = self.entries.back().map_or(first, |(number, _)| number + 1);
        self.entries.extend((next..journal.next()).map(|number| (number, unix_ms())));
    }
}

pub(crate) fn unix_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_millis() as u64)
}
