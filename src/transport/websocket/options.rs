use super::encoding::{TextFrame, TextFull};

/// Where a charge point connects to, and as who.
///
/// There is no `Debug` output, for it would show the password.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    host: &'a str,
    path: &'a str,
    identity: &'a str,
    password: Option<&'a [u8]>,
}

impl<'a> Options<'a> {
    /// The OCPP-J endpoint at `path` on `host`, for the charge point `identity`.
    ///
    /// `host` may carry a port (`csms.example.com:8080`). `path` is that of the endpoint URL without the
    /// identity, percent-encoded where it needs to be; it may have a query. `identity` is the plain text and is
    /// encoded here: `/ocpp?site=7` and `RDAM 123` make `/ocpp/RDAM%20123?site=7`.
    pub const fn new(host: &'a str, path: &'a str, identity: &'a str) -> Self {
        Self { host, path, identity, password: None }
    }

    /// Adds HTTP Basic authentication: the user is the identity, `password` is the key
    /// `AuthorizationKey` as bytes.
    pub const fn with_password(self, password: &'a [u8]) -> Self {
        Self { password: Some(password), ..self }
    }

    pub(super) fn host(&self) -> &'a str {
        self.host
    }

    /// Whether a request can be made of this: no part can end its line, there is no fragment (RFC 6455 §3), and the
    /// user name of Basic authentication has no colon (RFC 7617 §2).
    pub(super) fn is_valid(&self) -> bool {
        let is_graphic = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
        !self.host.is_empty()
            && is_graphic(self.host)
            && is_graphic(self.path)
            && !self.path.contains('#')
            && !self.identity.is_empty()
            && (self.password.is_none() || !self.identity.contains(':'))
    }

    /// Writes the target of the request.
    pub(super) fn write_path(&self, text: &mut TextFrame<'_>) -> Result<(), TextFull> {
        // The identity is the last segment of the path (OCPP-J §3.1.1), so the query comes after it.
        let end = self.path.find('?').unwrap_or(self.path.len());
        let (path, query) = self.path.split_at_checked(end).unwrap_or_default();
        let path = path.trim_matches('/');
        if !path.is_empty() {
            text.push_str("/")?;
            text.push_str(path)?;
        }
        text.push_str("/")?;
        text.push_percent_encoded(self.identity)?;
        text.push_str(query)
    }

    /// Writes the `Authorization` line, or nothing.
    pub(super) fn write_authorization(&self, text: &mut TextFrame<'_>) -> Result<(), TextFull> {
        let Some(password) = self.password else { return Ok(()) };
        text.push_str("Authorization: Basic ")?;
        text.push_base64(self.identity.bytes().chain([b':']).chain(password.iter().copied()))?;
        text.push_str("\r\n")
    }
}
