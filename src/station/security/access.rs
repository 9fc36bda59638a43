//! What opens a connection, and what did before.

use super::super::device::shelf::RecordChange;
use super::keys::{AUTHORIZATION_KEY, PROFILE_MAX, SECURITY_PROFILE};
use super::password::Password;
use crate::json::JsonStr;
use crate::store::record::{RecordReader, RecordWriter};
use crate::store::{Refusal, Scratch, Setting, registry};
use crate::transport::ConnectFailure;

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
pub(crate) struct AccessState {
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

impl AccessState {
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

    /// What the next connection is to be opened with.
    pub(super) fn credentials(&self) -> Credentials {
        let password = if self.uses_old_password() { self.old_password } else { self.password };
        Credentials { profile: self.candidate.unwrap_or(self.profile), password }
    }

    /// The profile that has worked last, or was set locally.
    pub(super) fn profile(&self) -> i32 {
        self.profile.into()
    }

    /// Takes a new AuthorizationKey, if it is one.
    #[must_use]
    pub(super) fn change_password(&mut self, value: JsonStr<'_>) -> bool {
        let mut text = [0; 40];
        let Some(password) = value.copy_to(&mut text).ok().and_then(|text| Password::parse(text.as_bytes())) else {
            return false;
        };
        self.set_password(password);
        if matches!(self.profile, 1 | 2) {
            self.reconnect = Reconnect::Asked; // A01: and in no other profile
        }
        true
    }

    /// Whether this profile is above the one in force, and no password is missing for it.
    pub(super) fn can_raise_to(&self, profile: u8) -> bool {
        profile > self.candidate.unwrap_or(self.profile) && (profile == 3 || self.password.is_some())
    }

    /// A profile is to be tried.
    pub(super) fn raise_to(&mut self, profile: u8) {
        self.candidate = Some(profile);
        self.reconnect = Reconnect::Asked;
        self.changed();
    }

    /// A connection was opened: what it was opened with holds (A05.FR.09).
    pub(super) fn granted(&mut self) {
        if self.uses_old_password() {
            self.password = self.old_password;
        }
        if self.candidate.is_some() || self.old_password.is_some() {
            self.changed();
        }
        self.profile = self.candidate.take().unwrap_or(self.profile);
        self.old_password = Password::NONE;
        self.failures = 0;
        self.reconnect = Reconnect::No;
    }

    /// No connection could be opened. A profile that does not work is given up for the one that did (A05.FR.08): whether
    /// this was so.
    #[must_use]
    pub(super) fn failed(&mut self, why: ConnectFailure) -> bool {
        let has_new = self.candidate.is_some() || self.old_password.is_some();
        if !has_new || why == ConnectFailure::NoNetwork {
            return false;
        }
        self.failures = self.failures.wrapping_add(1);
        let is_given_up = self.candidate.is_some() && self.failures >= TRIES;
        if is_given_up {
            self.candidate = None;
            self.changed();
        }
        is_given_up
    }

    /// There is another certificate of this charge point: it is used from the next connection on.
    pub(super) fn certificate_changed(&mut self) {
        if self.profile == PROFILE_MAX as u8 {
            self.reconnect = Reconnect::Asked;
        }
    }

    /// The answer to what has changed has left.
    pub(super) fn answered(&mut self) {
        if self.reconnect == Reconnect::Asked {
            self.reconnect = Reconnect::Now;
        }
    }

    /// Whether the connection is to be given up for another one, once.
    pub(super) fn wants_reconnect(&mut self) -> bool {
        let wants = self.reconnect == Reconnect::Now;
        if wants {
            self.reconnect = Reconnect::No;
        }
        wants
    }

    /// Gives one of the two keys its factory value, if it is one of them.
    pub(super) fn set_factory(&mut self, key: &Setting, value: &str) -> Option<Result<(), Refusal>> {
        if key.number == AUTHORIZATION_KEY.number {
            let Some(password) = Password::parse(value.as_bytes()) else { return Some(Err(Refusal::Invalid)) };
            self.password = password;
        } else if key.number == SECURITY_PROFILE.number() {
            let [digit @ b'0'..=b'3'] = value.as_bytes() else { return Some(Err(Refusal::Invalid)) };
            self.profile = digit - b'0';
        } else {
            return None;
        }
        Some(Ok(()))
    }

    /// What is set locally holds at once, and nothing is tried before it.
    pub(super) fn set(&mut self) {
        self.old_password = Password::NONE;
        self.candidate = None;
        self.changed();
        self.reconnect = Reconnect::Asked;
    }

    /// The record is read at boot: it overrides what is set before.
    pub(super) fn read(&mut self, record: &[u8]) {
        let mut access = Self::new();
        if access.load(record).is_some() {
            *self = access;
        }
    }
}
