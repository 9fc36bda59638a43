use core::fmt;

use crate::transport::ConnectFailure;

/// Why a WebSocket could not be opened.
///
/// Nothing of the handshake is left behind: each try needs a new stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ConnectError<E> {
    /// Host or identity is empty, host or path holds a character that must be encoded, or the identity
    /// has a colon, which Basic authentication cannot carry. Correct the options.
    #[error("invalid host, path or identity")]
    InvalidOptions,
    /// A buffer is below [`MIN_READ_BUFFER`](super::MIN_READ_BUFFER) or
    /// [`MIN_WRITE_BUFFER`](super::MIN_WRITE_BUFFER). Enlarge it.
    #[error("read or write buffer too small")]
    BufferTooSmall,
    /// The request does not fit the read buffer. Enlarge it, or shorten host, path, identity or password.
    #[error("handshake request too long")]
    RequestTooLong,
    /// The head of the upgrade response does not fit the read buffer. Enlarge it.
    #[error("handshake response too long for the read buffer")]
    ResponseTooLong,
    /// The server answered with this HTTP status instead of 101. After 401 check the password, after 404
    /// the path and the identity; in any case retry with a growing pause.
    #[error("server answered with HTTP status {0}")]
    Status(u16),
    /// The server does not speak `ocpp1.6`, or chose something that was not offered. Retry with a growing
    /// pause; the endpoint is probably that of another OCPP version.
    #[error("server does not agree to ocpp1.6")]
    Subprotocol,
    /// `Sec-WebSocket-Accept` is missing or does not answer our key: this is a cache or not a WebSocket
    /// server. Check host and path, retry with a growing pause.
    #[error("server does not prove to be a WebSocket server")]
    Accept,
    /// The answer is not HTTP, not an upgrade to WebSocket, or agrees to an extension that was not
    /// offered. Check host and path, retry with a growing pause.
    #[error("server does not answer with a WebSocket upgrade")]
    Response,
    /// The server hung up during the handshake. Retry with a growing pause.
    #[error("server hung up during the handshake")]
    Disconnected,
    /// The stream failed. Retry with a growing pause.
    #[error("stream failed: {0}")]
    Stream(#[source] E),
}

impl<E> From<ConnectError<E>> for ConnectFailure {
    fn from(error: ConnectError<E>) -> Self {
        match error {
            ConnectError::InvalidOptions
            | ConnectError::BufferTooSmall
            | ConnectError::RequestTooLong
            | ConnectError::ResponseTooLong => Self::Setup,
            ConnectError::Status(status) => Self::Status(status),
            ConnectError::Subprotocol => Self::Subprotocol,
            ConnectError::Accept | ConnectError::Response => Self::NotWebSocket,
            ConnectError::Disconnected | ConnectError::Stream(_) => Self::Disconnected,
        }
    }
}

/// Why a WebSocket is over.
///
/// The answer to each is a new connection; they differ in what to look for when it happens again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error<E> {
    /// The server has closed the connection with this status code (RFC 6455 §7.4), which was answered.
    #[error(fmt = closed)]
    Closed(Option<u16>),
    /// The server hung up without a closing handshake.
    #[error("server hung up")]
    Disconnected,
    /// Nothing was heard of the server since a ping.
    #[error("server did not answer a ping")]
    PongTimeout,
    /// The stream has taken nothing of what is to be sent for as long as a pong may take.
    #[error("server does not take what is sent")]
    SendTimeout,
    /// The server broke the WebSocket protocol and was told so. Report it to who runs the server.
    #[error("server broke the protocol: {0}")]
    Violation(#[source] Violation),
    /// The stream failed.
    #[error("stream failed: {0}")]
    Stream(#[source] E),
    /// The connection was over before this call.
    #[error("not connected")]
    NotConnected,
}

fn closed(code: &Option<u16>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match code {
        Some(code) => write!(f, "server closed the connection with code {code}"),
        None => f.write_str("server closed the connection"),
    }
}

/// How a server broke the rules of RFC 6455 for frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Violation {
    /// A bit is set that belongs to an extension; none was agreed.
    #[error("reserved bits set")]
    ReservedBits,
    /// An operation code that does not exist.
    #[error("unknown operation code")]
    OpCode,
    /// A masked frame; only those of a client are.
    #[error("masked frame")]
    Masked,
    /// A control frame that is fragmented or longer than 125 bytes.
    #[error("fragmented or overlong control frame")]
    ControlFrame,
    /// A length of more than 63 bits.
    #[error("impossible frame length")]
    Length,
    /// A continuation of nothing.
    #[error("continuation without a beginning")]
    Continuation,
    /// A new message within a fragmented one.
    #[error("new message within a fragmented one")]
    UnfinishedMessage,
    /// A close frame with half a code, or with one that must not be sent.
    #[error("impossible close code")]
    CloseCode,
}
