use super::IdToken;
use super::symbols::symbols;
use crate::time::DateTime;

symbols! {
    /// What the central system thinks of an id tag: the words of OCPP 1.6 (§7.2), and after them those that OCPP 2.0.1 alone
    /// has, which no central system of OCPP 1.6 says.
    #[non_exhaustive]
    AuthorizationStatus, 5 in 1.6, else Invalid {
        /// Charging is allowed.
        Accepted = "Accepted",
        /// The tag was blocked.
        Blocked = "Blocked",
        /// The tag has expired.
        Expired = "Expired",
        /// The tag is unknown, or of no use here.
        Invalid = "Invalid",
        /// The tag is used in another transaction already.
        ConcurrentTx = "ConcurrentTx",
        /// There is no credit left.
        NoCredit = "NoCredit",
        /// Not at connectors of this type.
        NotAllowedTypeEVSE = "NotAllowedTypeEVSE",
        /// Not at this place.
        NotAtThisLocation = "NotAtThisLocation",
        /// Not at this time.
        NotAtThisTime = "NotAtThisTime",
        /// The tag is unknown.
        Unknown = "Unknown",
    }
}

symbols! {
    /// What the central system thinks of this charge point (OCPP 1.6 §7.38).
    RegistrationStatus {
        /// The charge point may work.
        Accepted = "Accepted",
        /// The central system wants to configure it first.
        Pending = "Pending",
        /// The charge point is not accepted.
        Rejected = "Rejected",
    }
}

symbols! {
    /// Where a token comes from, in the words of OCPP 2.0.1 (IdTokenEnumType).
    #[non_exhaustive]
    TokenType {
        /// Given out by the central system, to an app say.
        Central = "Central",
        /// A contract of ISO 15118.
        EMaid = "eMAID",
        /// The UID of an ISO 14443 card, in hexadecimal: what most readers of cards see.
        Iso14443 = "ISO14443",
        /// The UID of an ISO 15693 card, in hexadecimal.
        Iso15693 = "ISO15693",
        /// A code that was keyed in.
        KeyCode = "KeyCode",
        /// Given out by the charge point.
        Local = "Local",
        /// The MAC address of the EV.
        MacAddress = "MacAddress",
        /// A start button: nobody is asked for anything.
        NoAuthorization = "NoAuthorization",
    }
}

/// A token as it is shown to the charge point. Plain text converts into one, of the type [`TokenType::Iso14443`].
///
/// OCPP 1.6 knows no types: it tells the text alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Token<'t> {
    /// At most 20 characters; case does not matter.
    pub text: &'t str,
    /// Where it comes from.
    pub kind: TokenType,
}

impl<'t> Token<'t> {
    /// A token of this type.
    pub const fn new(text: &'t str, kind: TokenType) -> Self {
        Self { text, kind }
    }
}

impl<'t> From<&'t str> for Token<'t> {
    fn from(text: &'t str) -> Self {
        Self::new(text, TokenType::Iso14443)
    }
}

/// What the central system says about an id tag (OCPP 1.6 §7.27).
#[derive(Clone, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct IdTagInfo {
    /// Whether charging is allowed.
    pub status: AuthorizationStatus,
    /// The group that the tag belongs to.
    pub parent: Option<IdToken>,
    /// The moment from which on the tag is worth nothing.
    pub expiry: Option<DateTime>,
}

impl IdTagInfo {
    /// Before anything was said.
    pub(crate) const BLANK: Self = Self { status: AuthorizationStatus::Invalid, parent: None, expiry: None };
}
