//! GetLocalListVersion and SendLocalList (OCPP 1.6 §6.27, §6.28, §6.41).

use super::answer::{Cause, StatusAnswer};
use crate::json::{Field, FieldKind, Json, JsonStr, MemberWalk, Payload, Seen, Writer, name};
use crate::station::Station;
use crate::station::tokens::{AuthorizationData, Elements, ListReading, ListUpdate, UpdateStatus};
use crate::store::Scratch;
use crate::types::IdToken;

/// GetLocalListVersion.conf (OCPP 1.6 §6.28).
pub(super) struct ListVersion(i32);

impl Json for ListVersion {
    fn write(&self, writer: &mut Writer<'_>) {
        let members = writer.open();
        members.name(name!("listVersion")).whole(i64::from(self.0));
        members.close();
    }
}

#[inline(never)]
pub(super) fn get_local_list_version(station: &Station<'_>, payload: Payload<'_>) -> Result<ListVersion, Cause> {
    const NONE: [Field; 0] = [];
    payload.read(&NONE)?;
    Ok(ListVersion(station.tokens.local_list.told_version(&station.core.common)))
}

/// SendLocalList.req
const REQUEST: [Field; 3] = [
    Field::required("listVersion", FieldKind::Integer),
    Field::required("updateType", FieldKind::Text(20)),
    Field::optional("localAuthorizationList", FieldKind::Array),
];

/// `None` while the device is busy with it.
#[inline(never)]
pub(super) fn send_local_list(
    station: &mut Station<'_>,
    payload: Payload<'_>,
    scratch: &mut Scratch<'_>,
) -> Result<Option<StatusAnswer>, Cause> {
    let was_read = station.tokens.local_list.under_way().is_some_and(|update| update.is_last);
    let status = update_list(station, payload, scratch);
    if !matches!(status, Ok(None)) {
        station.tokens.local_list.abandon();
    }
    if matches!(status, Ok(Some(_))) && !was_read {
        payload.prove()?; // the list was not read to its end
    }
    Ok(status?.map(|status| match status {
        UpdateStatus::Accepted => StatusAnswer::Accepted,
        UpdateStatus::Failed => StatusAnswer::Failed,
        UpdateStatus::NotSupported => StatusAnswer::NotSupported,
        UpdateStatus::VersionMismatch => StatusAnswer::VersionMismatch,
    }))
}

fn update_list(
    station: &mut Station<'_>,
    payload: Payload<'_>,
    scratch: &mut Scratch<'_>,
) -> Result<Option<UpdateStatus>, Cause> {
    let update = match station.tokens.local_list.under_way() {
        Some(update) => update,
        None => read_update(payload)?,
    };
    let reading = update.reading;
    let walk = payload.walk_from(reading.left, reading.left == reading.begin);
    let mut request = ListRequest { payload, walk, reading };
    station.tokens.update_list(&mut station.core.common, update, &mut request, scratch)
}

/// Reads up to the list, or all where there is none.
fn read_update(payload: Payload<'_>) -> Result<ListUpdate, Cause> {
    let (mut version, mut is_full, mut reading) = (0, false, ListReading::default());
    let mut walk = payload.walk();
    let mut seen = Seen::default();
    while let Some((place, value)) = walk.member(&mut seen, &REQUEST)? {
        match (place, value) {
            (0, value) => version = value.integer().unwrap_or(0),
            (1, update_type) => match update_type.text().map(JsonStr::as_bytes) {
                Some(b"Full") => is_full = true,
                Some(b"Differential") => {}
                _ => return Err(Cause::UpdateType),
            },
            _ => {
                reading.begin = walk.left();
                if seen.has_all(&REQUEST) {
                    reading.before = Some(seen);
                    break;
                }
                walk.raw()?;
            }
        }
    }
    if reading.before.is_none() {
        walk.end()?;
    }
    reading.left = reading.begin;
    Ok(ListUpdate::new(version, is_full, reading))
}

/// A request as it lies in the receive buffer.
struct ListRequest<'p> {
    payload: Payload<'p>,
    walk: MemberWalk<'p>,
    reading: ListReading,
}

impl Elements for ListRequest<'_> {
    type Refusal = Cause;

    fn read(&mut self, element: &mut AuthorizationData) -> Result<bool, Cause> {
        let is_behind = self.reading.begin == 0 || !read_element(&mut self.walk, element)?;
        if is_behind && let Some(mut seen) = self.reading.before {
            self.walk.member(&mut seen, &REQUEST)?;
            self.walk.end()?;
        }
        Ok(!is_behind)
    }

    fn passed(&mut self) -> ListReading {
        self.reading.left = self.walk.left();
        self.reading
    }

    fn is_named_before(&self, id_tag: &IdToken) -> bool {
        let mut walk = self.payload.walk_from(self.reading.begin, true);
        let mut named = AuthorizationData::BLANK;
        while walk.left() > self.reading.left && read_element(&mut walk, &mut named) == Ok(true) {
            if named.id_tag == *id_tag {
                return true;
            }
        }
        false
    }
}

/// Reads the next one; `false` behind the last.
#[inline(never)]
fn read_element(walk: &mut MemberWalk<'_>, element: &mut AuthorizationData) -> Result<bool, Cause> {
    const FIELDS: [Field; 2] =
        [Field::required("idTag", FieldKind::Text(20)), Field::optional("idTagInfo", FieldKind::Object)];
    if !walk.object()? {
        return Ok(false);
    }
    element.has_info = false;
    let mut odd = 0;
    let mut seen = Seen::default();
    while let Some((place, value)) = walk.member(&mut seen, &FIELDS)? {
        match place {
            0 if element.id_tag.set(value.text()) => {}
            0 => return Err(Cause::IdTag),
            _ => {
                element.info.read_at(walk, &mut odd)?;
                element.has_info = true;
            }
        }
    }
    if odd > 0 { Err(Cause::IdTagInfo) } else { Ok(true) }
}
