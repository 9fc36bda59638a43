//! GetLog (security whitepaper N01, §5.9, §5.10).

use super::answer::Cause;
use super::transfers::wanted;
use crate::json::{Field, FieldKind, FieldValue, Json, Payload, Writer, name};
use crate::rpc::{Composer, Reply};
use crate::station::Station;
use crate::station::transfer::Direction;
use crate::store::Scratch;
use crate::types::{LogType, Symbol};

/// Answers GetLog when the record of the request is written.
#[inline(never)]
pub(super) fn get_log(
    station: &mut Station<'_>,
    payload: Payload<'_>,
    answer: &mut Composer<'_>,
    scratch: &mut Scratch<'_>,
) -> Result<Reply, Cause> {
    let (transfers, common) = (&mut station.transfers, &mut station.core.common);
    let answered = if transfers.is_requested(Direction::Log) {
        let Some(kept) = transfers.request_kept(common, Direction::Log) else { return Ok(Reply::Held) };
        kept?;
        let status = if transfers.log.replaces { "AcceptedCanceled" } else { "Accepted" };
        LogAnswer { status, file_name: Some(transfers.log.file_name) }
    } else {
        let (log_type, id, values) = read_request(payload)?;
        if transfers.request_log(common, log_type, id, &wanted(&values)?, scratch)? {
            return Ok(Reply::Held);
        }
        LogAnswer { status: "Rejected", file_name: None }
    };
    answer.payload(&answered)?;
    Ok(Reply::Now)
}

/// The type, the id, and what is wanted.
fn read_request(payload: Payload<'_>) -> Result<(LogType, i32, [FieldValue<'_>; 5]), Cause> {
    const FIELDS: [Field; 5] = [
        Field::required("logType", FieldKind::Text(20)),
        Field::required("requestId", FieldKind::Integer),
        Field::required("log", FieldKind::Object),
        Field::optional("retries", FieldKind::Integer),
        Field::optional("retryInterval", FieldKind::Integer),
    ];
    const LOG_FIELDS: [Field; 3] = [
        Field::required("remoteLocation", FieldKind::Text(512)),
        Field::optional("oldestTimestamp", FieldKind::DATE),
        Field::optional("latestTimestamp", FieldKind::DATE),
    ];
    let [log_type, id, log, retries, interval] = payload.read(&FIELDS)?;
    let log_type = log_type.text().and_then(LogType::from_json).ok_or(Cause::Type)?;
    let [location, oldest, latest] = log.members(&LOG_FIELDS)?;
    Ok((log_type, id.integer().unwrap_or(0), [location, oldest, retries, interval, latest]))
}

/// GetLog.conf (security whitepaper §5.10).
struct LogAnswer<'f> {
    status: &'static str,
    file_name: Option<&'f str>,
}

impl Json for LogAnswer<'_> {
    fn write(&self, writer: &mut Writer<'_>) {
        let members = writer.open();
        members.name(name!("status")).plain(self.status);
        if let Some(file_name) = self.file_name {
            members.name(name!("filename")).text(file_name);
        }
        members.close();
    }
}
