//! GetCompositeSchedule (OCPP 1.6 §6.25, §6.26).

use super::profile::symbol;
use crate::json::{BufferFull, Field, FieldKind, FieldValue, Json, Payload, Writer, name};
use crate::ocpp16::answer::{Cause, accepted_if};
use crate::rpc::Composer;
use crate::station::Station;
use crate::station::smart_charging::{CompositePeriod, CompositeSchedule};
use crate::time::Instant;
use crate::types::{ConnectorId, Symbol};

/// Writes the answer, in as many pages as it takes.
pub(crate) fn get_composite_schedule(
    station: &mut Station<'_>,
    now: Instant,
    payload: Payload<'_>,
    answer: &mut Composer<'_>,
) -> Result<(), Cause> {
    const FIELDS: [Field; 3] = [
        Field::required("connectorId", FieldKind::Integer),
        Field::required("duration", FieldKind::Integer),
        Field::optional("chargingRateUnit", FieldKind::Text(30)),
    ];
    let (profiles, core) = (&mut station.profiles, &station.core);
    let [id, duration, unit] = payload.read(&FIELDS)?;
    let unit = match unit {
        FieldValue::Absent => profiles.usual_unit(&core.common),
        unit => symbol(unit, Cause::ChargingRateUnit)?,
    };
    let id = id.integer().and_then(|id| ConnectorId::try_from(id).ok());
    let duration = duration.integer().and_then(|duration| u32::try_from(duration).ok());
    let is_first = answer.page() == 0;
    let Some(mut schedule) = profiles.composite_schedule(core, now, id, duration, unit, !is_first) else {
        return Ok(answer.payload(&accepted_if(false))?);
    };
    if is_first {
        answer.payload(&ScheduleHead(&schedule))?;
    }
    while let Some(period) = profiles.next_period(core, &mut schedule) {
        if let Err(BufferFull) = answer.payload(&period) {
            profiles.interrupt_composite(&schedule, Some(&period));
            answer.suspend(answer.page().saturating_add(1));
            return Ok(());
        }
    }
    if let Err(BufferFull) = answer.raw(b"]}}") {
        profiles.interrupt_composite(&schedule, None);
        answer.suspend(answer.page().saturating_add(1));
    }
    Ok(())
}

/// What stands before the periods.
struct ScheduleHead<'s>(&'s CompositeSchedule);

impl Json for ScheduleHead<'_> {
    fn write(&self, writer: &mut Writer<'_>) {
        let members = writer.open();
        members.name(name!("status")).plain("Accepted");
        members.name(name!("connectorId")).whole(self.0.connector.into());
        members.name(name!("scheduleStart")).date(Some(self.0.start()));
        let schedule = members.name(name!("chargingSchedule")).open();
        schedule.name(name!("duration")).whole(self.0.duration.into());
        schedule.name(name!("chargingRateUnit")).raw(self.0.unit.quoted());
        schedule.name(name!("chargingSchedulePeriod")).raw(b"[");
    }
}

impl Json for CompositePeriod {
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
