//! How a call of the firmware's own ended.

use crate::rpc::Outcome;
use crate::station::{IdTagInfo, Station};
use crate::time::Instant;

impl Station<'_> {
    pub(crate) fn conclude_custom_call(&mut self, now: Instant, outcome: Outcome<'_>) {
        let id_tag = self.custom.call.authorized_tag();
        let info = match (&id_tag, outcome) {
            (Some(_), Outcome::Result(payload)) => IdTagInfo::in_answer(payload, &mut self.core.common.left_out),
            _ => None,
        };
        self.custom.call.end(outcome, info.as_ref());
        if let (Some(id_tag), Some(info)) = (id_tag, info) {
            self.tokens.learn(&mut self.core.common, now, &id_tag, info);
        }
    }
}
