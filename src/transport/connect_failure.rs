use core::fmt;

/// Why there is no connection: for the LED of the charger, and for the security log.
///
/// What happens up to TLS only the firmware sees, and tells by one of the first; what comes after is told by the
/// WebSocket of this crate. In any case the next try comes by itself, after a growing pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ConnectFailure {
    /// There is no network: no cable, no access point, no address of our own.
    NoNetwork,
    /// The name of the host has no address.
    UnknownHost,
    /// The host is there, and refuses the connection. The central system is probably being restarted.
    Refused,
    /// Nothing came in time. Also what the crate tells when a connection is not open after two minutes.
    NoAnswer,
    /// The server speaks no TLS version that may be used (security event InvalidTLSVersion).
    TlsVersion,
    /// The server has no cipher suite that may be used (InvalidTLSCipherSuite).
    TlsCipherSuite,
    /// The certificate of the server is not to be trusted: its chain, its name, its dates
    /// (InvalidCentralSystemCertificate).
    ServerCertificate,
    /// The server does not trust the certificate of this charge point (FailedToAuthenticateAtCentralSystem). A server of
    /// TLS 1.3 says so when the handshake is over here: then it is the first read of the stream that fails, and the firmware
    /// that does not look at its error tells [`Disconnected`](Self::Disconnected).
    ClientCertificate,
    /// The TLS handshake failed for another reason.
    Tls,
    /// The server answered with this HTTP status in place of a WebSocket: 401 when it does not know the password
    /// (FailedToAuthenticateAtCentralSystem), 404 when it does not know the path or the identity.
    Status(u16),
    /// The server does not speak this version of OCPP.
    Subprotocol,
    /// Who answers is no WebSocket server.
    NotWebSocket,
    /// The connection broke while it was opened.
    Disconnected,
    /// It cannot work as it is set up: host, path or identity are not valid, or a buffer is too small. Fix the settings or
    /// the code.
    Setup,
    /// Something else, which the firmware knows.
    Other,
}

impl fmt::Display for ConnectFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoNetwork => "no network",
            Self::UnknownHost => "host has no address",
            Self::Refused => "host refuses the connection",
            Self::NoAnswer => "no answer in time",
            Self::TlsVersion => "no common TLS version",
            Self::TlsCipherSuite => "no common TLS cipher suite",
            Self::ServerCertificate => "certificate of the server is not to be trusted",
            Self::ClientCertificate => "server does not trust our certificate",
            Self::Tls => "TLS handshake failed",
            Self::Status(status) => return write!(f, "server answered with HTTP status {status}"),
            Self::Subprotocol => "server does not speak this version of OCPP",
            Self::NotWebSocket => "server does not speak WebSocket",
            Self::Disconnected => "connection broke while it was opened",
            Self::Setup => "invalid host, path or identity, or a buffer too small",
            Self::Other => "no connection",
        })
    }
}

impl core::error::Error for ConnectFailure {}
