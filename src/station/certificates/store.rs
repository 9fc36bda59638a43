//! What the firmware does: whatever verifies, and whatever holds a secret.

use super::super::RootCertificate;
use crate::certificate::Identity;
use crate::time::DateTime;
use core::task::Poll;

/// The certificates and keys of a charge point, in the hands of the firmware: it keeps them, verifies what comes, and makes
/// keys and requests. A library for TLS has most of it.
///
/// What may take its time returns [`Poll::Pending`]: the same is asked again 10 ms later. Until a call of the central system is
/// answered no other message goes in or out, so it should be a matter of seconds; a new pair of keys holds up nothing. What is
/// ready is durable, and a power cut in the middle leaves what was before or what is to be, as a whole.
///
/// Which of several certificates a connection is opened with is for the firmware to say as well: of its own the one that
/// began to be valid last (A02.FR.08, A02.FR.09), and it may keep the one before for a month; to verify the central system
/// the newest root, and the one before where that fails (M05.FR.13), with a path that may end at a root which another has
/// signed (security whitepaper §7.1).
pub trait Certificates {
    // What comes in

    /// A text in PEM is about to come: a certificate or a chain. Whatever was written before and not taken over is void.
    /// `false` when there is no place for it.
    fn begin(&self) -> bool;

    /// Takes the next piece of that text, of any length. Nothing of it holds before it is [installed](Self::install) or
    /// [accepted](Self::accept_chain). `false` when there is no room.
    fn write(&self, piece: &[u8]) -> bool;

    /// What was written is void, if there was a place for it. Also where it was about to be taken over when the connection was lost: it is there or not,
    /// but not in part.
    fn abort(&self);

    // Roots

    /// Whether what was written is the certificate of a CA, is valid now, has a key of a sufficient length, and is signed by
    /// `issuer`.
    fn is_signed_by(&self, issuer: Issuer<'_>) -> Poll<bool>;

    /// Keeps what was written as a root, together with its identity. `false` when it cannot be kept.
    fn install(&self, root: RootCertificate, identity: &Identity) -> Poll<bool>;

    /// The identity that was kept with the root that has this number, from 0 on; `None` behind the last one. For a root that
    /// came with the firmware it is made by a [`Walk`](crate::certificate::Walk).
    fn root(&self, root: RootCertificate, index: usize) -> Option<Identity>;

    /// Forgets a root. `false` when that is not possible.
    fn remove(&self, root: RootCertificate, identity: &Identity) -> Poll<bool>;

    /// Whether there is a root that is valid now, to which a certificate leads that is to be verified.
    fn has_valid_root(&self, root: RootCertificate) -> bool;

    /// The root by which the central system at the other end of the present connection was verified; `None` without TLS.
    fn root_in_use(&self) -> Option<Identity>;

    // The charge point's own

    /// Makes a new pair of keys, and a request for a certificate of it (PKCS#10, in PEM) in which O is `organization` and CN is
    /// `serial_number`. The pair takes the place of one whose certificate has not come. Returns the length of the request,
    /// which is at most 5500; `None` when it cannot be made.
    fn new_request(&self, organization: &str, serial_number: &str) -> Poll<Option<usize>>;

    /// Copies that request to `buffer` from the `begin`th byte on, and returns how much of it that is.
    fn request(&self, begin: usize, buffer: &mut [u8]) -> usize;

    /// Takes over what was written, a chain that begins with the certificate of this charge point, with the key that was
    /// made last, if all is right with it: its signatures up to a root of the operator, the time until which it is valid (it may
    /// begin later), its subject, and that it is of that key (A02.FR.06).
    fn accept_chain(&self) -> Poll<ChainVerdict>;

    /// Whether there is a certificate of this charge point, with its key, that is valid now.
    fn has_valid_chain(&self) -> bool;

    /// When the certificate of this charge point ends that a connection would be opened with now.
    fn expires(&self) -> Option<DateTime>;

    // Limits

    /// How many roots there is room for: CertificateStoreMaxLength.
    fn root_capacity(&self) -> usize;

    /// The most characters of a chain: CertificateSignedMaxChainSize, at most 10000, which is the default.
    ///
    /// A transport that hands on no [parts](crate::WebSocketTransport::receive_in_parts) has no room for more than the receive
    /// buffer.
    fn chain_capacity(&self) -> usize {
        CHAIN_LEN_MAX as usize
    }

    /// AdditionalRootCertificateCheck: whether there is one root of the central system only, and a new one must be signed by
    /// it. By default not.
    fn replaces_root(&self) -> bool {
        false
    }
}

/// The longest chain in characters (security whitepaper §5.1).
pub(crate) const CHAIN_LEN_MAX: u16 = 10_000;

/// Who may have signed a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Issuer<'i> {
    /// It has signed itself.
    Itself,
    /// A root that is installed.
    Root(RootCertificate, &'i Identity),
}

/// What the firmware says of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum ChainVerdict {
    /// It is taken over.
    Accepted,
    /// Something is wrong with it.
    Invalid,
    /// It may be right, but could not be kept.
    Failed,
}

/// The roots of a kind.
pub(crate) fn roots(store: &dyn Certificates, root: RootCertificate) -> impl Iterator<Item = Identity> {
    (0..).map_while(move |index| store.root(root, index))
}
