//! What the firmware does for a signed update: whatever verifies.

use core::task::Poll;

/// Verifies updates of the firmware (security whitepaper L01). It keeps the certificate and the signature of the update that
/// was accepted, as it keeps the download: a power cut before the installation begins the download anew.
///
/// What may take its time returns [`Poll::Pending`]: the same is asked again 10 ms later.
pub trait FirmwareVerifier {
    /// The certificate that signs a firmware is about to come, in PEM, then the signature. Those of an update before stay
    /// what they are until this one is [trusted](Self::is_trusted). `false` when there is no place.
    fn begin(&self) -> bool;

    /// Takes the next piece of the certificate, of any length. `false` when there is no room.
    fn certificate(&self, piece: &[u8]) -> bool;

    /// Takes the next piece of the signature, in octets: 600 at most. `false` when there is no room.
    fn signature(&self, piece: &[u8]) -> bool;

    /// What came is void.
    fn abort(&self);

    /// Whether the certificate is valid, and signed by a root of the manufacturer, with none between them. What is
    /// [`Trusted`](SignerVerdict::Trusted) is durable, and takes the place of what was before.
    fn is_trusted(&self) -> Poll<SignerVerdict>;

    /// Whether the signature is that of the certificate over the whole file that was downloaded.
    fn verify(&self) -> Poll<bool>;
}

/// What the firmware says of a certificate that signs a firmware.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum SignerVerdict {
    /// It may sign.
    Trusted,
    /// It may not.
    Invalid,
    /// It might once.
    Revoked,
    /// It could not be kept.
    Failed,
}
