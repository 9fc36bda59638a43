//! AuthorizationKey and SecurityProfile: what a connection is opened with, and how that changes without a charge point that
//! nobody reaches any more (security whitepaper A00, A01, A05).
//!
//! A new key or profile is durable before it is accepted, and the old one is kept until the new one has worked once.

use super::super::answer::{StatusAnswer, accepted_if};
use super::super::shelf::RecordChange;
use super::super::{SecurityEvent, Station};
use super::password::Password;
use crate::json::JsonStr;
use crate::station::common::Common;
use crate::station::security::Security;
use crate::store::record::{RecordReader, RecordWriter};
use crate::store::{Declaration, IntegerKey, KeyId, Refusal, Scratch, registry};
use crate::time::Instant;
use crate::transport::ConnectFailure;

/// Write-only: its value is in no answer and no log (CFG-04, A01.FR.12).
pub(crate) const AUTHORIZATION_KEY: Declaration = Declaration::constant(48, "AuthorizationKey", "").write_only();
/// The one in force. Only upwards (A05.FR.01); it has no record of its own.
pub(crate) const SECURITY_PROFILE: IntegerKey = IntegerKey::new(52, "SecurityProfile", 0, 0, PROFILE_MAX);

const PROFILE_MAX: i32 = 3;
/// So often what is new is tried before what is old is tried again.
const TRIES: u8 = 3;

/// What the next connection is to be opened with, as the firmware is told at each dial.
///
/// There is no `Debug` output, for it would show the password.
#[derive(Clone, Copy)]
pub struct Credentials {
    profile: u8,
    password: Password,
}

impl Credentials {
    /// The security profile: 0 none, 1 HTTP Basic over a plain connection, 2 HTTP Basic over TLS, 3 TLS with a certificate
    /// of the charge point (security whitepaper §2). It may stand for another URL.
    pub fn security_profile(&self) -> u8 {
        self.profile
    }

    /// The password of HTTP Basic authentication, 16 to 40 bytes, for
    /// `Options::with_password`; `None` in profile 3, or when there is no AuthorizationKey.
    pub fn password(&self) -> Option<&[u8]> {
        let is_basic = self.profile < PROFILE_MAX as u8; // profile 0 has no rule against it
        if is_basic && self.password.is_some() { Some(self.password.as_bytes()) } else { None }
    }
}

/// What opens a connection, and what did before.
pub(crate) struct Access {
    /// The profile that has worked last, or was set locally.
    profile: u8,
    /// One that was accepted, and has not worked yet.
    candidate: Option<u8>,
    password: Password,
    /// The one before, until the new one has worked.
    old_password: Password,
    /// Connections that could not be opened since something is new.
    failures: u8,
    record: Record,
    reconnect: Reconnect,
}

/// Whether the record tells what holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Record {
    Saved,
    Unsaved,
    Writing,
}

/// Whether the connection is to be opened anew.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reconnect {
    No,
    /// When the answer has left.
    Asked,
    Now,
}

impl Access {
    pub(super) const fn new() -> Self {
        Self {
            profile: 0,
            candidate: None,
            password: Password::NONE,
            old_password: Password::NONE,
            failures: 0,
            record: Record::Saved,
            reconnect: Reconnect::No,
        }
    }

    /// Every fourth try is the old password's, in case that the central system has not taken the new one over.
    fn uses_old_password(&self) -> bool {
        self.old_password.is_some() && self.failures % (TRIES + 1) == TRIES
    }

    fn set_password(&mut self, password: Password) {
        if password != self.password {
            // The one that is known to work stays the old one, however many come after it.
            if !self.old_password.is_some() {
                self.old_password = self.password;
            }
            self.password = password;
            self.changed();
        }
    }

    fn changed(&mut self) {
        self.failures = 0;
        self.record = Record::Unsaved;
    }

    pub(super) fn is_unsaved(&self) -> bool {
        self.record != Record::Saved
    }

    pub(super) fn change(&mut self, scratch: &mut Scratch<'_>) -> Option<RecordChange> {
        if !self.is_unsaved() {
            return None;
        }
        self.record = Record::Writing;
        let mut writer = RecordWriter::new(scratch.blank());
        writer.byte(self.profile);
        writer.byte(self.candidate.unwrap_or(u8::MAX));
        writer.byte(self.password.as_bytes().len() as u8);
        writer.bytes(self.password.as_bytes());
        writer.bytes(self.old_password.as_bytes());
        RecordChange::store(registry::CREDENTIALS, writer)
    }

    /// What [`change`](Self::change) has written is durable.
    pub(super) fn stored(&mut self) {
        if self.record == Record::Writing {
            self.record = Record::Saved;
        }
    }

    fn load(&mut self, record: &[u8]) -> Option<()> {
        let mut reader = RecordReader::open(registry::CREDENTIALS, record)?;
        let (profile, candidate, len) = (reader.byte()?, reader.byte()?, reader.byte()?);
        self.password = Password::new(reader.take(len.into())?);
        self.old_password = Password::new(reader.rest());
        self.profile = profile.min(PROFILE_MAX as u8);
        self.candidate = Some(candidate).filter(|candidate| i32::from(*candidate) <= PROFILE_MAX);
        Some(())
    }
}

impl Security {
    /// What the next connection is to be opened with.
    pub(crate) fn credentials(&self) -> Credentials {
        let access = &self.access;
        let password = if access.uses_old_password() { access.old_password } else { access.password };
        Credentials { profile: access.candidate.unwrap_or(access.profile), password }
    }

    fn change_password(&mut self, value: JsonStr<'_>) -> bool {
        let mut text = [0; 40];
        let Some(password) = value.copy_to(&mut text).ok().and_then(|text| Password::parse(text.as_bytes())) else {
            return false;
        };
        let access = &mut self.access;
        access.set_password(password);
        if matches!(access.profile, 1 | 2) {
            access.reconnect = Reconnect::Asked; // A01: and in no other profile
        }
        true
    }

    /// A connection was opened: what it was opened with holds (A05.FR.09).
    pub(super) fn access_granted(&mut self, common: &mut Common<'_>) {
        let access = &mut self.access;
        if access.uses_old_password() {
            access.password = access.old_password;
        }
        if access.candidate.is_some() || access.old_password.is_some() {
            access.changed();
        }
        access.profile = access.candidate.take().unwrap_or(access.profile);
        access.old_password = Password::NONE;
        access.failures = 0;
        access.reconnect = Reconnect::No;
        common.persistence.has_chores |= access.is_unsaved();
        self.tell_profile(common);
    }

    /// No connection could be opened. A profile that does not work is given up for the one that did (A05.FR.08).
    pub(super) fn access_failed(&mut self, common: &mut Common<'_>, now: Instant, why: ConnectFailure) {
        let access = &mut self.access;
        let has_new = access.candidate.is_some() || access.old_password.is_some();
        if !has_new || why == ConnectFailure::NoNetwork {
            return;
        }
        access.failures = access.failures.wrapping_add(1);
        if access.candidate.is_some() && access.failures >= TRIES {
            access.candidate = None;
            access.changed();
            self.security_event(
                common,
                now,
                SecurityEvent::ReconfigurationOfSecurityParameters,
                "SecurityProfile taken back",
            );
        }
    }

    /// There is another certificate of this charge point: it is used from the next connection on.
    pub(crate) fn certificate_changed(&mut self) {
        let access = &mut self.access;
        if access.profile == PROFILE_MAX as u8 {
            access.reconnect = Reconnect::Asked;
        }
    }

    /// The answer to what has changed has left.
    pub(crate) fn access_answered(&mut self) {
        let reconnect = &mut self.access.reconnect;
        if *reconnect == Reconnect::Asked {
            *reconnect = Reconnect::Now;
        }
    }

    /// Whether the connection is to be given up for another one, once.
    pub(crate) fn wants_reconnect(&mut self) -> bool {
        let reconnect = &mut self.access.reconnect;
        let wants = *reconnect == Reconnect::Now;
        if wants {
            *reconnect = Reconnect::No;
        }
        wants
    }

    /// Sets one of the two keys locally, if it is one of them: also downwards (A00.FR.004, A00.FR.005).
    pub(crate) fn set_access(
        &mut self,
        common: &mut Common<'_>,
        name: &str,
        value: &str,
    ) -> Option<Result<(), Refusal>> {
        if let Err(refusal) = self.set_factory_access(common, name, value)? {
            return Some(Err(refusal));
        }
        let access = &mut self.access;
        access.old_password = Password::NONE;
        access.candidate = None;
        access.changed();
        access.reconnect = Reconnect::Asked;
        common.persistence.has_chores = true;
        Some(Ok(()))
    }

    /// The same for a factory value, before the first poll: what is stored overrides it.
    pub(crate) fn set_factory_access(
        &mut self,
        common: &mut Common<'_>,
        name: &str,
        value: &str,
    ) -> Option<Result<(), Refusal>> {
        let access = &mut self.access;
        if name.eq_ignore_ascii_case(AUTHORIZATION_KEY.name) {
            let Some(password) = Password::parse(value.as_bytes()) else { return Some(Err(Refusal::Invalid)) };
            access.password = password;
        } else if name.eq_ignore_ascii_case(SECURITY_PROFILE.declaration().name) {
            let [digit @ b'0'..=b'3'] = value.as_bytes() else { return Some(Err(Refusal::Invalid)) };
            access.profile = digit - b'0';
            self.tell_profile(common);
        } else {
            return None;
        }
        Some(Ok(()))
    }

    /// The record is read at boot: it overrides what is set before.
    pub(super) fn load_access(&mut self, common: &mut Common<'_>, record: &[u8]) {
        let mut access = Access::new();
        if access.load(record).is_some() {
            self.access = access;
        }
        self.tell_profile(common);
    }

    fn tell_profile(&self, common: &mut Common<'_>) {
        common.keys.set_integer(&SECURITY_PROFILE, self.access.profile.into());
    }
}

impl Station<'_> {
    /// Changes one of the two keys, if it is one of them, on behalf of the central system.
    pub(crate) fn change_access(&mut self, now: Instant, key: KeyId, value: JsonStr<'_>) -> Option<StatusAnswer> {
        let accepted = match self.core.common.keys.get(key)?.name {
            name if name == AUTHORIZATION_KEY.name => self.security.change_password(value),
            name if name == SECURITY_PROFILE.declaration().name => self.raise_profile(value),
            _ => return None,
        };
        if accepted {
            self.security.security_event(
                &mut self.core.common,
                now,
                SecurityEvent::ReconfigurationOfSecurityParameters,
                "",
            );
        }
        Some(accepted_if(accepted))
    }

    /// SEC-11, SEC-12, SEC-56.
    fn raise_profile(&mut self, value: JsonStr<'_>) -> bool {
        let wanted = match value.escaped().as_bytes() {
            [digit @ b'1'..=b'3'] => digit - b'0',
            _ => return false,
        };
        let access = &self.security.access;
        let has_password = access.password.is_some();
        let is_possible = wanted > access.candidate.unwrap_or(access.profile)
            && (wanted == 3 || has_password)
            && (wanted < 2 || self.trust.has_central_system_root())
            && (wanted < 3 || self.trust.has_charge_point_certificate());
        if is_possible {
            let access = &mut self.security.access;
            access.candidate = Some(wanted);
            access.reconnect = Reconnect::Asked;
            access.changed();
        }
        is_possible
    }
}
