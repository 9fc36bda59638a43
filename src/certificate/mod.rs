//! What names a certificate: found while it comes in, piece by piece, without a place for the whole of it.
//!
//! A [`Walk`] goes through PEM, base64 and DER to what identifies a certificate among others: its serial number, and the
//! hashes of the names and keys of its subject and of its issuer, as OCSP has them (RFC 6960 §4.1.1). It proves nothing else:
//! whether a signature holds, the firmware knows.

mod der;
mod identity;
mod malformed;
mod pem;
mod walk;

pub(crate) use identity::write_hex;
pub use identity::{Hash, Identity, Outline, Serial};
pub use malformed::MalformedCertificate;
pub use walk::Walk;
