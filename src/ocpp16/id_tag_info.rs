//! What the central system says about an id tag, as it comes in.

use super::answer::Cause;
use crate::json::{Field, FieldKind, FieldValue, MemberWalk, Payload, Strictness, read_answer};
use crate::time::DateTime;
use crate::types::{AuthorizationStatus, IdTagInfo, IdToken, Symbol};

impl IdTagInfo {
    /// The idTagInfo of an answer that carries one: that to Authorize, StartTransaction or StopTransaction. `None` when it
    /// has no sound status; the tag is then not authorised. What cannot be read of the rest, which is optional, is left out
    /// and added to `left_out`.
    pub(crate) fn in_answer(payload: Payload<'_>, left_out: &mut u32) -> Option<Self> {
        const FIELDS: [Field; 1] = [Field::optional("idTagInfo", FieldKind::Object)];
        let [info] = read_answer(payload, &FIELDS, left_out);
        Self::read_answer(info.nested()?, left_out)
    }

    /// Reads the object itself, in an answer.
    pub(crate) fn read_answer(object: &[u8], left_out: &mut u32) -> Option<Self> {
        let mut info = Self::BLANK;
        info.read_at(&mut MemberWalk::of(object, Strictness::IgnoreOthers), left_out).ok().map(|()| info)
    }

    /// Reads the object that the walk stands before, and adds to `left_out` how many of its optional members are not sound: a
    /// request must have none.
    #[inline(never)]
    pub(crate) fn read_at(&mut self, walk: &mut MemberWalk<'_>, left_out: &mut u32) -> Result<(), Cause> {
        const FIELDS: [Field; 3] = [
            Field::required("status", FieldKind::Text(20)),
            Field::optional("parentIdTag", FieldKind::Text(20)),
            Field::optional("expiryDate", FieldKind::DATE),
        ];
        let mut values = [FieldValue::Absent; 3];
        walk.read_leniently(&FIELDS, &mut values, left_out)?;
        let [status, parent, expiry] = values;
        self.status = status.text().and_then(AuthorizationStatus::from_json).ok_or(Cause::Status)?;
        let mut odd = 0;
        self.parent = None;
        let parent = parent.text().filter(|parent| !parent.as_bytes().is_empty());
        if parent.is_some() && !self.parent.insert(IdToken::new()).set(parent) {
            self.parent = None;
            odd += 1;
        }
        self.expiry = expiry.text().and_then(|expiry| {
            let date = DateTime::nearest(expiry.as_bytes());
            odd += u32::from(date.is_err());
            date.ok()
        });
        *left_out = left_out.saturating_add(odd);
        Ok(())
    }
}
