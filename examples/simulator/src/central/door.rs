//! Who may come in: with the AuthorizationKey in HTTP Basic authentication, or a certificate (security whitepaper A00).

use super::tls::Peer;
use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use std::collections::HashMap;

#[derive(Default)]
pub(super) struct Door {
    /// `None`: everybody may.
    password: Option<Vec<u8>>,
    /// New ones that the charge point has not accepted yet, by the id of the call that brings it.
    offered: HashMap<String, Vec<u8>>,
    /// The name in that of who came in last.
    certificate: Option<String>,
}

impl Door {
    pub(super) fn has_password(&self) -> bool {
        self.password.is_some()
    }

    pub(super) fn certificate(&self) -> Option<&str> {
        self.certificate.as_deref()
    }

    /// What is wanted from the next connection on; `None` for nothing.
    pub(super) fn want(&mut self, key: Option<&str>) -> Result<(), String> {
        self.password = key.map(|key| bytes(key).ok_or("a password has 16 to 40 printable characters")).transpose()?;
        Ok(())
    }

    /// Notes a call that changes the key of the charge point.
    pub(super) fn offer(&mut self, call: &str, action: &str, payload: &Value) {
        let key = payload["key"].as_str().filter(|key| key.eq_ignore_ascii_case("AuthorizationKey"));
        if let ("ChangeConfiguration", Some(_), Some(key)) = (action, key, payload["value"].as_str().and_then(bytes)) {
            self.offered.insert(call.into(), key);
        }
    }

    /// The call has been answered, or never will be. The new key holds when the charge point has taken it.
    pub(super) fn conclude(&mut self, call: &str, reply: &Value) {
        if let Some(key) = self.offered.remove(call)
            && reply["status"] == "Accepted"
        {
            self.password = Some(key);
        }
    }

    /// Lets somebody in, or not.
    pub(super) fn admit(&mut self, identity: &str, headers: &HeaderMap, peer: Peer) -> bool {
        let is_welcome = peer.certificate.is_some() || self.knows(identity, headers);
        if is_welcome {
            self.certificate = peer.certificate;
        }
        is_welcome
    }

    fn knows(&self, identity: &str, headers: &HeaderMap) -> bool {
        let Some(password) = &self.password else { return true };
        let login = [identity.as_bytes(), b":", password].concat();
        let expected = format!("Basic {}", BASE64_STANDARD.encode(login));
        headers.get(header::AUTHORIZATION).is_some_and(|given| given == expected.as_str())
    }
}

/// 32 to 40 hexadecimal digits, an even count, stand for bytes; any other text of 16 to 40 characters for itself.
fn bytes(key: &str) -> Option<Vec<u8>> {
    if !(16..=40).contains(&key.len()) || !key.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return None;
    }
    let is_hex = key.len() >= 32 && key.len().is_multiple_of(2) && key.bytes().all(|byte| byte.is_ascii_hexdigit());
    let byte = |at| u8::from_str_radix(key.get(at..at + 2)?, 16).ok();
    if is_hex { (0..key.len()).step_by(2).map(byte).collect() } else { Some(key.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn lets_in(door: &mut Door, login: &str) -> bool {
        let value = format!("Basic {login}").parse().unwrap();
        door.admit("CP_1", &HeaderMap::from_iter([(header::AUTHORIZATION, value)]), Peer { certificate: None })
    }

    #[test]
    fn a_key_is_wanted_from_when_it_was_accepted_and_hexadecimal_digits_are_bytes() {
        let mut door = Door::default();
        assert!(door.admit("CP_1", &HeaderMap::new(), Peer { certificate: None }));
        let change = json!({"key": "authorizationKey", "value": "41".repeat(20)});
        door.offer("cs-1", "ChangeConfiguration", &change);
        door.conclude("cs-1", &json!({"status": "Rejected"}));
        assert!(!door.has_password());
        door.offer("cs-2", "ChangeConfiguration", &change);
        door.conclude("cs-2", &json!({"status": "Accepted"}));
        assert!(!door.admit("CP_1", &HeaderMap::new(), Peer { certificate: None }));
        assert!(door.admit("CP_1", &HeaderMap::new(), Peer { certificate: Some("0001".into()) }), "profile 3");
        assert!(lets_in(&mut door, "Q1BfMTpBQUFBQUFBQUFBQUFBQUFBQUFBQQ=="), "CP_1 and 20 times A");
        assert!(!lets_in(&mut door, "Q1BfMjpBQUFBQUFBQUFBQUFBQUFBQUFBQQ=="), "CP_2");
        door.want(Some("a password of 27 characters")).unwrap();
        assert!(lets_in(&mut door, "Q1BfMTphIHBhc3N3b3JkIG9mIDI3IGNoYXJhY3RlcnM="));
        assert!(door.want(Some("too short")).is_err());
        door.want(None).unwrap();
        assert!(lets_in(&mut door, ""));
    }
}
