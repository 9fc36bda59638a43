//! How a call of the firmware's own ended.

use crate::rpc::Outcome;
use crate::station::{IdTagInfo, IdToken, Station};
use crate::time::Instant;

impl Station<'_> {
    /// The call is over. `info` is what the answer says about the tag that it asked about.
    pub(crate) fn custom_call_concluded(
        &mut self,
        now: Instant,
        outcome: Outcome<'_>,
        id_tag: Option<IdToken>,
        info: Option<IdTagInfo>,
    ) {
        self.custom.call.end(outcome, info.as_ref());
        if let (Some(id_tag), Some(info)) = (id_tag, info) {
            self.tokens.learn(&mut self.core.common, now, &id_tag, info);
        }
    }
}
