//! The keys of certificates.

use super::super::plain_text;
use super::store::CHAIN_LEN_MAX;
use crate::store::{IntegerKey, LONG_LIST, ListCodec, ListKey, SwitchKey};

/// Whether there is only one root of the central system, and a new one must be signed by it.
pub(crate) const ADDITIONAL_ROOT_CERTIFICATE_CHECK: SwitchKey = SwitchKey::new(47, false).read_only();
/// The most characters of a chain.
pub(crate) const CERTIFICATE_SIGNED_MAX_CHAIN_SIZE: IntegerKey =
    IntegerKey::new(49, 0, 0, CHAIN_LEN_MAX as i32).read_only();
/// The most roots.
pub(crate) const CERTIFICATE_STORE_MAX_LENGTH: IntegerKey = IntegerKey::new(50, 0, 0, i32::MAX).read_only();
/// Who the operator is, in a request for a certificate. X.520 has room for 64 characters.
pub(crate) const CPO_NAME: ListKey = ListKey::new(51, "", LONG_LIST, &NAME);

/// A text, kept as it is.
static NAME: ListCodec = ListCodec { encode, decode: plain_text::decode };
const NAME_LEN_MAX: usize = 64;

fn encode(text: &str, buffer: &mut [u8]) -> Option<usize> {
    if text.contains('\x7f') { None } else { plain_text::encode(text, NAME_LEN_MAX, buffer) }
}
