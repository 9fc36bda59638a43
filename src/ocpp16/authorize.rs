//! Authorize, of the charge point and of the firmware (OCPP 1.6 §6.1).

use crate::json::{Field, FieldKind, Json, Payload, Writer, name, read_answer};
use crate::rpc::Outcome;
use crate::station::Station;
use crate::station::authorization::Authorize;
use crate::station::custom::Custom;
use crate::station::{OnAuthorize, RequestError};
use crate::time::Instant;
use crate::types::{ConnectorId, IdTagInfo, IdToken};

const ACTION: &str = "Authorize";

impl Json for Authorize<'_> {
    fn write(&self, writer: &mut Writer<'_>) {
        let members = writer.open();
        members.name(name!("idTag")).text(self.id_tag);
        members.close();
    }
}

pub(super) fn conclude(station: &mut Station<'_>, now: Instant, id: ConnectorId, outcome: Outcome<'_>) {
    let Outcome::Result(payload) = outcome else { return station.authorize_unanswered(now, id) };
    let info = IdTagInfo::in_answer(payload, &mut station.core.common.dialect.left_out);
    station.authorize_answered(now, id, info);
}

/// Asks about a tag by a call of the firmware's own, which begins nothing.
pub(crate) fn ask_about<'a>(
    custom: &mut Custom<'a>,
    id_tag: &str,
    on_outcome: &'a OnAuthorize<'a>,
) -> Result<(), RequestError> {
    custom.ask_about(ACTION, id_tag, &Authorize { id_tag }, on_outcome)
}

/// The tag that a call of the firmware's own asks about, if it is an Authorize.
pub(super) fn tag_asked_about(action: &str, payload: &[u8]) -> Option<IdToken> {
    const FIELDS: [Field; 1] = [Field::required("idTag", FieldKind::Text(20))];
    if action != ACTION {
        return None;
    }
    let [id_tag] = read_answer(Payload::at(payload, 0), &FIELDS, &mut 0);
    IdToken::try_from(id_tag.text()?).ok()
}
