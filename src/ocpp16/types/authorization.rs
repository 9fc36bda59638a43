use super::IdToken;
use super::symbols::{Symbol, symbols};
use crate::json::{Field, Kind, Payload, Strictness, Value, Walk, read_answer};
use crate::ocpp16::answer::Cause;
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
    pub(in crate::ocpp16) const BLANK: Self = Self { status: AuthorizationStatus::Invalid, parent: None, expiry: None };

    /// The idTagInfo of an answer that carries one: that to Authorize, StartTransaction or StopTransaction. `None` when it
    /// has no sound status; the tag is then not authorised. What cannot be read of the rest, which is optional, is left out
    /// and added to `left_out`.
    pub(crate) fn in_answer(payload: Payload<'_>, left_out: &mut u32) -> Option<Self> {
        const FIELDS: [Field; 1] = [Field::optional("idTagInfo", Kind::Object)];
        let [info] = read_answer(payload, &FIELDS, left_out);
        Self::read_answer(info.nested()?, left_out)
    }

    /// Reads the object itself, in an answer.
    pub(crate) fn read_answer(object: &[u8], left_out: &mut u32) -> Option<Self> {
        let mut info = Self::BLANK;
        info.read_at(&mut Walk::of(object, Strictness::IgnoreOthers), left_out).ok().map(|()| info)
    }

    /// Reads the object that the walk stands before, and adds to `left_out` how many of its optional members are not sound: a
    /// request must have none.
    #[inline(never)]
    pub(in crate::ocpp16) fn read_at(&mut self, walk: &mut Walk<'_>, left_out: &mut u32) -> Result<(), Cause> {
        const FIELDS: [Field; 3] = [
            Field::required("status", Kind::Text(20)),
            Field::optional("parentIdTag", Kind::Text(20)),
            Field::optional("expiryDate", Kind::DATE),
        ];
        let mut values = [Value::Absent; 3];
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
