//! StartTransaction, MeterValues of a transaction, and StopTransaction (OCPP 1.6 §4.7, §4.8, §4.10).

use super::meter_values::{self, MeterValues};
use super::signed_values;
use crate::json::{BufferFull, Field, FieldKind, Json, Writer, long_of_answer, name, read_answer};
use crate::rpc::{CallComposer, Composer, Outcome};
use crate::station::core_profile::Core;
use crate::station::journal::entry::{Content, Entry};
use crate::station::metering::{self, MeterValue};
use crate::station::signed_values::is_page_of_piece;
use crate::station::{IdTagInfo, Station};
use crate::store::Scratch;
use crate::time::{DateTime, Instant};
use crate::types::{ConnectorId, Reason, Symbol};

/// Writes the message of the first entry of the journal. `false` when it is not its turn.
pub(super) fn write_due(core: &mut Core<'_>, now: Instant, scratch: &Scratch<'_>, call: &mut CallComposer<'_>) -> bool {
    let Some(entry) = core.due_entry(now, scratch) else { return false };
    call.resend(core.id_of_due());
    let fits = call.begin(action_of(&entry)).and_then(|composer| compose(core, &entry, composer)).is_ok();
    core.entry_written(fits);
    fits
}

/// Writes the next page of it.
pub(super) fn write_on(core: &mut Core<'_>, scratch: &Scratch<'_>, composer: &mut Composer<'_>) {
    if is_page_of_piece(composer.page()) {
        return signed_values::write_on(core, scratch, composer);
    }
    if let Some(entry) = core.entry_under_way(scratch) {
        let _ = compose(core, &entry, composer);
    }
}

pub(super) fn conclude(station: &mut Station<'_>, now: Instant, outcome: Outcome<'_>) {
    const FIELDS: [Field; 2] =
        [Field::optional("transactionId", FieldKind::Number), Field::optional("idTagInfo", FieldKind::Object)];
    let Outcome::Result(payload) = outcome else { return station.core.entry_failed(now, outcome) };
    if station.core.delivery.is_of_meter_values() {
        return station.entry_delivered(now, None, None);
    }
    let common = &mut station.core.common;
    let [id, info] = read_answer(payload, &FIELDS, &mut common.dialect.left_out);
    let id = long_of_answer(id, &mut common.dialect.left_out);
    let info = info.nested().and_then(|info| IdTagInfo::read_answer(info, &mut common.dialect.left_out));
    station.entry_delivered(now, id, info);
}

fn action_of(entry: &Entry<'_>) -> &'static str {
    match entry.content {
        Content::Start { .. } => "StartTransaction",
        Content::MeterValues { .. } => "MeterValues",
        Content::Stop { .. } => "StopTransaction",
        Content::Clock { .. } => "", // is never due
    }
}

/// Writes the payload of an entry's message, or the next page of it.
fn compose(core: &Core<'_>, entry: &Entry<'_>, composer: &mut Composer<'_>) -> Result<(), BufferFull> {
    let timestamp = core.date_of(entry);
    let connector_id = entry.connector;
    match entry.content {
        Content::Start { meter_start, reservation, .. } => {
            let id_tag = core.delivery.head_tag.as_str();
            composer.payload(&StartTransaction { connector_id, id_tag, meter_start, reservation, timestamp })
        }
        Content::MeterValues { context, values, .. } => {
            let head = MeterValues { connector_id, transaction_id: Some(core.transaction_id_of(entry)) };
            let value = MeterValue { timestamp, context, values };
            meter_values::compose(composer, &head, &mut [value].into_iter(), entry.attached)
        }
        Content::Stop { meter_stop, reason, id_tag, series, .. } => {
            let transaction_id = core.transaction_id_of(entry);
            let data = metering::transaction_data(series, timestamp);
            let has_data = data.is_some() || !entry.attached.is_none();
            let id_tag = id_tag.map(|_| core.delivery.head_tag.as_str());
            let head = StopTransaction { id_tag, meter_stop, timestamp, transaction_id, reason, has_data };
            match data {
                Some(mut data) => meter_values::compose(composer, &head, &mut data, entry.attached),
                None if has_data => meter_values::compose(composer, &head, &mut [].into_iter(), entry.attached),
                None => composer.payload(&head),
            }
        }
        Content::Clock { .. } => Ok(()),
    }
}

/// StartTransaction.req (OCPP 1.6 §6.45).
struct StartTransaction<'a> {
    connector_id: ConnectorId,
    id_tag: &'a str,
    meter_start: i64,
    reservation: Option<i32>,
    timestamp: Option<DateTime>,
}

impl Json for StartTransaction<'_> {
    fn write(&self, writer: &mut Writer<'_>) {
        let members = writer.open();
        members.name(name!("connectorId")).whole(self.connector_id.into());
        members.name(name!("idTag")).text(self.id_tag);
        members.name(name!("meterStart")).whole(self.meter_start);
        if let Some(reservation) = self.reservation {
            members.name(name!("reservationId")).whole(reservation.into());
        }
        members.name(name!("timestamp")).date(self.timestamp);
        members.close();
    }
}

/// StopTransaction.req (OCPP 1.6 §6.49), up to its meter values if there are any.
struct StopTransaction<'a> {
    id_tag: Option<&'a str>,
    meter_stop: i64,
    timestamp: Option<DateTime>,
    transaction_id: i64,
    reason: Reason,
    has_data: bool,
}

impl Json for StopTransaction<'_> {
    fn write(&self, writer: &mut Writer<'_>) {
        let members = writer.open();
        if let Some(id_tag) = self.id_tag {
            members.name(name!("idTag")).text(id_tag);
        }
        members.name(name!("meterStop")).whole(self.meter_stop);
        members.name(name!("timestamp")).date(self.timestamp);
        members.name(name!("transactionId")).whole(self.transaction_id);
        members.name(name!("reason")).raw(self.reason.quoted());
        if self.has_data {
            members.name(name!("transactionData")).raw(b"[");
        } else {
            members.close();
        }
    }
}
