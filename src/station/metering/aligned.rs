//! Values at fixed moments of the day (OCPP 1.6 §3.16.2).

use super::alignment::{CLOCK_ALIGNED_DATA_INTERVAL, LATENESS_S, METER_VALUES_ALIGNED_DATA, METER_VALUES_IN_TX_ONLY};
use super::series::STOP_TXN_ALIGNED_DATA;
use crate::station::ReadingContext;
use crate::station::common::Common;
use crate::station::core_profile::Core;
use crate::station::journal::entry::Stamp;
use crate::station::signed_values::SigningMoment;
use crate::time::{DateTime, Instant};

impl Common<'_> {
    /// When values that are read now are told to be of: the moment of the clock that they are for, if it is not over.
    pub(crate) fn date_of_sample(&self, now: Instant, moment: Option<DateTime>) -> Stamp {
        let read = self.stamp(now);
        match (moment, read.dated()) {
            (Some(moment), Some(date)) if date.as_unix().wrapping_sub(moment.as_unix()) < LATENESS_S => {
                Stamp::Dated(moment)
            }
            _ => read,
        }
    }
}

impl Core<'_> {
    pub(crate) fn advance_alignment(&mut self, now: Instant) {
        let interval = self.common.keys.unsigned(&CLOCK_ALIGNED_DATA_INTERVAL);
        if interval == 0 {
            self.alignment.stop();
            return;
        }
        let moment = self.alignment.advance(now, &self.common.clock, interval);
        self.common.agenda.wake_at(self.alignment.due);
        let Some(moment) = moment else { return };
        let reachable = self.common.is_reachable();
        let mut is_told = !self.common.keys.is_on(&METER_VALUES_IN_TX_ONLY);
        let is_told_idle = is_told;
        let wanted = !self.common.keys.list(&METER_VALUES_ALIGNED_DATA).is_empty();
        let wanted_at_stop = !self.common.keys.list(&STOP_TXN_ALIGNED_DATA).is_empty();
        for connector in self.connectors.iter_mut() {
            if !connector.session.is_reported() {
                if wanted && reachable && is_told_idle {
                    connector.place.sampling.align(moment);
                }
            } else if connector.session.is_running() {
                is_told = true;
                if wanted {
                    connector.place.sampling.align(moment);
                }
                if wanted_at_stop {
                    connector.series.ask_for(ReadingContext::SampleClock);
                }
            }
        }
        self.connector_ids().for_each(|id| self.sign_sample(now, id, SigningMoment::Aligned));
        self.common.persistence.has_chores |= wanted_at_stop;
        if wanted && reachable && is_told && self.has_main_meter() {
            self.charge_point.sampling.align(moment);
        }
    }
}
