/// Why there is no connection: for the LED of the charger, and for the security log.
///
/// What happens up to TLS only the firmware sees, and tells by one of the first; what comes after is told by the
/// WebSocket of this crate. In any case the next try comes by itself, after a growing pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ConnectFailure {
    /// There is no network: no cable, no access point, no address of our own.
    #[error("no network")]
    NoNetwork,
    /// The name of the host has no address.
    #[error("host has no address")]
    UnknownHost,
    /// The host is there, and refuses the connection. The central system is probably being restarted.
    #[error("host refuses the connection")]
    Refused,
    /// Nothing came in time. Also what the crate tells when a connection is not open after two minutes.
    #[error("no answer in time")]
    NoAnswer,
    /// The server speaks no TLS version that may be used (security event InvalidTLSVersion).
    #[error("no common TLS version")]
    TlsVersion,
    /// The server has no cipher suite that may be used (InvalidTLSCipherSuite).
    #[error("no common TLS cipher suite")]
    TlsCipherSuite,
    /// The certificate of the server is not to be trusted: its chain, its name, its dates
    /// (InvalidCentralSystemCertificate).
    #[error("certificate of the server is not to be trusted")]
    ServerCertificate,
    /// The server does not trust the certificate of this charge point (FailedToAuthenticateAtCentralSystem). A server of
    /// TLS 1.3 says so when the handshake is over here: then it is the first read of the stream that fails, and the firmware
    /// that does not look at its error tells [`Disconnected`](Self::Disconnected).
    #[error("server does not trust our certificate")]
    ClientCertificate,
    /// The TLS handshake failed for another reason.
    #[error("TLS handshake failed")]
    Tls,
    /// The server answered with this HTTP status in place of a WebSocket: 401 when it does not know the password
    /// (FailedToAuthenticateAtCentralSystem), 404 when it does not know the path or the identity.
    #[error("server answered with HTTP status {0}")]
    Status(u16),
    /// The server does not speak this version of OCPP.
    #[error("server does not speak this version of OCPP")]
    Subprotocol,
    /// Who answers is no WebSocket server.
    #[error("server does not speak WebSocket")]
    NotWebSocket,
    /// The connection broke while it was opened.
    #[error("connection broke while it was opened")]
    Disconnected,
    /// It cannot work as it is set up: host, path or identity are not valid, or a buffer is too small. Fix the settings or
    /// the code.
    #[error("invalid host, path or identity, or a buffer too small")]
    Setup,
    /// Something else, which the firmware knows.
    #[error("no connection")]
    Other,
}
