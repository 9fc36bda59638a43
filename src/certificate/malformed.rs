/// The text holds no certificate, or something that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no certificate, or a damaged one")]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct MalformedCertificate;
