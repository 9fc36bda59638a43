use super::IdToken;
use super::symbols::{Symbol, symbols};
use crate::json::{Field, Kind, Strictness, Walk, read_at};
use crate::rpc::CallError;
use crate::time::DateTime;

symbols! {
    /// What the central system thinks of an id tag (OCPP 1.6 §7.2).
    AuthorizationStatus {
        /// Charging is allowed.
        Accepted = "Accepted",
        /// The tag was blocked.
        Blocked = "Blocked",
        /// The tag has expired.
        Expired = "Expired",
        /// The tag is unknown.
        Invalid = "Invalid",
        /// The tag is used in another transaction already.
        ConcurrentTx = "ConcurrentTx",
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
    /// Reads the JSON object. `None` when it is not what the schema says; the tag is then not authorised.
    pub(crate) fn read(object: &str) -> Option<Self> {
        Self::read_at(&mut Walk::of(object, Strictness::IgnoreOthers)).ok()
    }

    /// The same for the object that the walk stands before.
    #[inline(never)]
    pub(crate) fn read_at(walk: &mut Walk<'_>) -> Result<Self, CallError> {
        const FIELDS: [Field; 3] = [
            Field::required("status", Kind::Text(20)),
            Field::optional("parentIdTag", Kind::Text(20)),
            Field::optional("expiryDate", Kind::Text(40)),
        ];
        let [status, parent, expiry] = read_at(walk, &FIELDS)?;
        let status = status.text().and_then(AuthorizationStatus::from_json).ok_or(CallError::property("status"))?;
        let parent = match parent.text() {
            Some(parent) => IdToken::try_from(parent).map_err(|_| CallError::property("parentIdTag"))?,
            None => IdToken::new(),
        };
        let expiry = match expiry.text() {
            Some(expiry) => {
                let date = DateTime::parse_nearest(expiry.escaped());
                Some(date.map_err(|_| CallError::property("expiryDate"))?)
            }
            None => None,
        };
        Ok(Self { status, parent: Some(parent).filter(|parent| !parent.is_empty()), expiry })
    }
}
