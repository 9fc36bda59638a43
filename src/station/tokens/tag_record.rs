//! What is remembered of a tag, by the cache and by the local list: its form in a record, and how long it holds.

use crate::station::{AuthorizationStatus, IdTagInfo, IdToken};
use crate::store::record::{RecordReader, RecordWriter};
use crate::time::DateTime;
use crate::types::Symbol;

/// What is known about a tag without asking.
pub(in crate::station) struct Known {
    /// It may charge.
    pub(in crate::station) is_valid: bool,
    pub(in crate::station) parent: Option<IdToken>,
}

#[inline(never)]
pub(super) fn write_tag(writer: &mut RecordWriter<'_>, id_tag: &IdToken, info: &IdTagInfo) {
    writer.byte(info.status.code());
    writer.unsigned(expires(info).into());
    writer.text(id_tag.as_str());
    writer.text(info.parent.as_ref().map_or("", |parent| parent.as_str()));
}

#[inline(never)]
pub(super) fn read_tag(reader: &mut RecordReader<'_>) -> Option<(IdToken, IdTagInfo)> {
    let status = AuthorizationStatus::from_code(reader.byte()?)?;
    let expiry = Some(reader.u32()?).filter(|expires| *expires != 0).map(DateTime::from_unix);
    let id_tag = IdToken::from_text(reader.text()?).ok()?;
    let parent = IdToken::from_text(reader.text()?).ok().filter(|parent| !parent.is_empty());
    Some((id_tag, IdTagInfo { status, parent, expiry }))
}

/// What is known about `id_tag` by what was remembered of `remembered`; nothing if that is another tag.
pub(super) fn known(id_tag: &IdToken, remembered: &IdToken, info: &IdTagInfo, now: Option<DateTime>) -> Option<Known> {
    if remembered != id_tag {
        return None;
    }
    let is_valid = info.status == AuthorizationStatus::Accepted && !has_passed(expires(info), now);
    Some(Known { is_valid, parent: info.parent.clone() })
}

/// Seconds since 1970, 0 for never.
pub(super) fn expires(info: &IdTagInfo) -> u32 {
    info.expiry.map_or(0, |expiry| expiry.as_unix().max(1))
}

/// Whether a moment is over (AC-04, LST-13). While the time is unknown nothing is.
pub(super) fn has_passed(expires: u32, now: Option<DateTime>) -> bool {
    expires != 0 && now.is_some_and(|now| now.as_unix() >= expires)
}

/// The same for a tag in any case.
#[inline(never)]
pub(super) fn tag_hash(id_tag: &IdToken) -> u32 {
    id_tag.as_str().bytes().fold(FNV_OFFSET, |hash, byte| fnv(hash, byte.to_ascii_lowercase()))
}

/// FNV-1a.
pub(super) const FNV_OFFSET: u32 = 0x811c_9dc5;

pub(super) fn fnv(hash: u32, byte: u8) -> u32 {
    (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
}
