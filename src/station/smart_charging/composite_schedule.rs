//! GetCompositeSchedule: what the limits will be (OCPP 1.6 §5.7).

use super::composite::Composite;
use super::limit::Until;
use super::profile::symbol;
use super::schedule::Moment;
use super::supply::Rate;
use crate::json::{BufferFull, Field, Json, Kind, Payload, Value, Writer, name};
use crate::rpc::Composer;
use crate::station::answer::{Cause, accepted_if};
use crate::station::core_profile::Core;
use crate::station::smart_charging::Profiles;
use crate::station::{ChargingProfilePurpose as Purpose, ChargingRateUnit as Unit, ConnectorId};
use crate::time::{DateTime, Instant};
use crate::types::Symbol;

/// The most seconds that a schedule is told for: each recurrence is in it once.
const DURATION_MAX: u32 = 7 * 86_400;

impl Profiles<'_> {
    /// Writes GetCompositeSchedule.conf, in as many pages as it takes.
    pub(crate) fn get_composite_schedule(
        &mut self,
        core: &Core<'_>,
        now: Instant,
        payload: Payload<'_>,
        answer: &mut Composer<'_>,
    ) -> Result<(), Cause> {
        const FIELDS: [Field; 3] = [
            Field::required("connectorId", Kind::Integer),
            Field::required("duration", Kind::Integer),
            Field::optional("chargingRateUnit", Kind::Text(30)),
        ];
        self.can_limit(&core.common)?;
        let [id, duration, unit] = payload.read(&FIELDS)?;
        let unit = match unit {
            Value::Absent if Self::takes(&core.common, Unit::A) => Unit::A,
            Value::Absent => Unit::W,
            unit => symbol(unit, Cause::ChargingRateUnit)?,
        };
        let id = id.integer().and_then(|id| ConnectorId::try_from(id).ok()).filter(|id| *id <= core.connector_count());
        let duration = duration.integer().and_then(|duration| u32::try_from(duration).ok());
        let is_first = answer.page() == 0;
        let here = Self::moment(&core.common, now);
        if is_first {
            self.composite = Composite { now, start: here.at, at: here.at };
        }
        let Composite { now, start, mut at } = self.composite;
        let here = Moment { at: start, origin: start, ..here };
        let (Some(connector), Some(duration), true) = (id, duration, Self::takes(&core.common, unit) && here.is_dated)
        else {
            return Ok(answer.payload(&accepted_if(false))?); // SC-37, SC-39
        };
        let duration = duration.min(DURATION_MAX);
        let end = here.at.saturating_add(duration);
        if is_first {
            answer.payload(&Head { connector, start: here.at, duration, unit })?;
        }
        let mut last = None;
        while at < end || at == here.at {
            let Until { rate, until, .. } = self.composite_limit(core, now, connector, &here, at);
            let told = (rate.in_unit(unit), rate.phases);
            if last != Some(told) {
                let period = Period { start: at - here.at, limit: told.0, phases: told.1 };
                if let Err(BufferFull) = answer.payload(&period) {
                    self.composite.at = at;
                    answer.suspend(answer.page().saturating_add(1));
                    return Ok(());
                }
                last = Some(told);
            }
            if until <= at {
                break;
            }
            at = until;
        }
        if let Err(BufferFull) = answer.raw(b"]}}") {
            self.composite.at = end.max(start.saturating_add(1));
            answer.suspend(answer.page().saturating_add(1));
        }
        Ok(())
    }

    /// What a connector may take at a moment, as seen from `here`, or the charge point as a whole may take from the grid.
    /// The hardware sets the limit where no profile does (SC-40).
    fn composite_limit(&self, core: &Core<'_>, now: Instant, id: ConnectorId, here: &Moment, at: u32) -> Until {
        let hardware = core.supply.hardware();
        let or_hardware = |rate: Rate| if rate.is_limit() { rate } else { hardware };
        let max = self.prevailing(&core.supply, Purpose::ChargePointMaxProfile, 0, &Moment { at, ..*here });
        let own = |id| self.own_limit(core, id, &Moment { at, origin: Self::origin(core, now, id, here), ..*here });
        if id != 0 {
            let own = own(id);
            return Until { rate: or_hardware(own.rate.lower(&max.rate)), until: own.until.min(max.until), ..max };
        }
        // SC-38
        let mut total = Until { rate: Rate::ZERO, ..max };
        for id in core.connector_ids() {
            let own = own(id);
            total.rate = total.rate.plus(&or_hardware(own.rate));
            total.until = total.until.min(own.until);
        }
        Until { rate: total.rate.lower(&max.rate), ..total }
    }
}

struct Head {
    connector: ConnectorId,
    start: u32,
    duration: u32,
    unit: Unit,
}

impl Json for Head {
    fn write(&self, writer: &mut Writer<'_>) {
        let members = writer.open();
        members.name(name!("status")).plain("Accepted");
        members.name(name!("connectorId")).whole(self.connector.into());
        members.name(name!("scheduleStart")).date(Some(DateTime::from_unix(self.start)));
        let schedule = members.name(name!("chargingSchedule")).open();
        schedule.name(name!("duration")).whole(self.duration.into());
        schedule.name(name!("chargingRateUnit")).raw(self.unit.quoted());
        schedule.name(name!("chargingSchedulePeriod")).raw(b"[");
    }
}

struct Period {
    start: u32,
    limit: u32,
    phases: u8,
}

impl Json for Period {
    fn write(&self, writer: &mut Writer<'_>) {
        if self.start > 0 {
            writer.raw(b",");
        }
        let members = writer.open();
        members.name(name!("startPeriod")).whole(self.start.into());
        members.name(name!("limit")).tenths(self.limit);
        if self.phases > 0 {
            members.name(name!("numberPhases")).whole(self.phases.into());
        }
        members.close();
    }
}
