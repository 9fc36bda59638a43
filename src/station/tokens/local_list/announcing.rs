//! What the keys say about the list.

use super::{LOCAL_AUTH_LIST_MAX_LENGTH, LocalList, SEND_LOCAL_LIST_MAX_LENGTH};
use crate::station::keys::{self, announced};
use crate::store::Keys;
use crate::types::FeatureProfile;

impl LocalList<'_> {
    /// The profile is there, and how long a list may be.
    pub(crate) fn announce(&self, keys: &mut Keys<'_>, receive: usize) {
        keys.set_member(&keys::SUPPORTED_FEATURE_PROFILES, FeatureProfile::LocalAuthListManagement as usize, true);
        keys.set_integer(&LOCAL_AUTH_LIST_MAX_LENGTH, self.entries_max() as i32);
        keys.set_integer(&SEND_LOCAL_LIST_MAX_LENGTH, sent_max(receive, self.entries_max()));
    }
}

/// How many entries the receive buffer has room for in one request, of a list of `most`.
fn sent_max(receive: usize, most: usize) -> i32 {
    const REQUEST: &str = concat!(
        r#"[2,"00000000-0000-0000-0000-000000000000","SendLocalList","#,
        r#"{"listVersion":2147483647,"updateType":"Differential","localAuthorizationList":[]}]"#
    );
    const ENTRY: &str = concat!(
        r#"{"idTag":"12345678901234567890","idTagInfo":{"expiryDate":"2025-12-31T23:59:59.999+00:00","#,
        r#""parentIdTag":"12345678901234567890","status":"ConcurrentTx"}},"#
    );
    announced(receive, REQUEST, ENTRY, most)
}
