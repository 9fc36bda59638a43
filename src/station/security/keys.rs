//! The keys of the connection.

use crate::store::{IntegerKey, Setting};

/// Write-only: its value is in no answer and no log (CFG-04, A01.FR.12).
pub(crate) const AUTHORIZATION_KEY: Setting = Setting::constant(48, "").write_only();
/// The one in force. Only upwards (A05.FR.01); it has no record of its own.
pub(crate) const SECURITY_PROFILE: IntegerKey = IntegerKey::new(52, 0, 0, PROFILE_MAX);

pub(super) const PROFILE_MAX: i32 = 3;
