use super::IdToken;
use super::symbols::{Symbol, symbols};
use crate::json::{Field, Kind, Strictness, read};
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
        const FIELDS: [Field; 3] = [
            Field::required("status", Kind::Text(20)),
            Field::optional("parentIdTag", Kind::Text(20)),
            Field::optional("expiryDate", Kind::Text(40)),
        ];
        let [status, parent, expiry] = read(object, &FIELDS, Strictness::IgnoreOthers).ok()?;
        let parent = match parent.text() {
            Some(parent) => Some(IdToken::try_from(parent).ok()?).filter(|parent| !parent.is_empty()),
            None => None,
        };
        let expiry = match expiry.text() {
            Some(expiry) => Some(DateTime::parse_nearest(expiry.escaped()).ok()?),
            None => None,
        };
        Some(Self { status: AuthorizationStatus::from_json(status.text()?)?, parent, expiry })
    }
}
