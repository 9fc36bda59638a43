use core::fmt;

use crate::transport::ConnectFailure;

/// Why a WebSocket could not be opened.
///
/// Nothing of the handshake is left behind: each try needs a new stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum ConnectError<E> {
    /// Host or identity is empty, host or path holds a character that must be encoded, or the identity
    /// has a colon, which Basic authentication cannot carry. Correct the options.
    InvalidOptions,
    /// A buffer is below [`MIN_READ_BUFFER`](super::MIN_READ_BUFFER) or
    /// [`MIN_WRITE_BUFFER`](super::MIN_WRITE_BUFFER). Enlarge it.
    BufferTooSmall,
    /// The request does not fit the read buffer. Enlarge it, or shorten host, path, identity or password.
    RequestTooLong,
    /// The head of the upgrade response does not fit the read buffer. Enlarge it.
    ResponseTooLong,
    /// The server answered with this HTTP status instead of 101. After 401 check the password, after 404
    /// the path and the identity; in any case retry with a growing pause.
    Status(u16),
    /// The server does not speak `ocpp1.6`, or chose something that was not offered. Retry with a growing
    /// pause; the endpoint is probably that of another OCPP version.
    Subprotocol,
    /// `Sec-WebSocket-Accept` is missing or does not answer our key: this is a cache or not a WebSocket
    /// server. Check host and path, retry with a growing pause.
    Accept,
    /// The answer is not HTTP, not an upgrade to WebSocket, or agrees to an extension that was not
    /// offered. Check host and path, retry with a growing pause.
    Response,
    /// The server hung up during the handshake. Retry with a growing pause.
    Disconnected,
    /// The stream failed. Retry with a growing pause.
    Stream(E),
}

impl<E: fmt::Display> fmt::Display for ConnectError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidOptions => f.write_str("invalid host, path or identity"),
            Self::BufferTooSmall => f.write_str("read or write buffer too small"),
            Self::RequestTooLong => f.write_str("handshake request too long"),
            Self::ResponseTooLong => f.write_str("handshake response too long for the read buffer"),
            Self::Status(status) => write!(f, "server answered with HTTP status {status}"),
            Self::Subprotocol => f.write_str("server does not agree to ocpp1.6"),
            Self::Accept => f.write_str("server does not prove to be a WebSocket server"),
            Self::Response => f.write_str("server does not answer with a WebSocket upgrade"),
            Self::Disconnected => f.write_str("server hung up during the handshake"),
            Self::Stream(error) => write!(f, "stream failed: {error}"),
        }
    }
}

impl<E: core::error::Error + 'static> core::error::Error for ConnectError<E> {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Stream(error) => Some(error),
            _ => None,
        }
    }
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error<E> {
    /// The server has closed the connection with this status code (RFC 6455 §7.4), which was answered.
    Closed(Option<u16>),
    /// The server hung up without a closing handshake.
    Disconnected,
    /// Nothing was heard of the server since a ping.
    PongTimeout,
    /// The stream has taken nothing of what is to be sent for as long as a pong may take.
    SendTimeout,
    /// The server broke the WebSocket protocol and was told so. Report it to who runs the server.
    Violation(Violation),
    /// The stream failed.
    Stream(E),
    /// The connection was over before this call.
    NotConnected,
}

impl<E: fmt::Display> fmt::Display for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed(Some(code)) => write!(f, "server closed the connection with code {code}"),
            Self::Closed(None) => f.write_str("server closed the connection"),
            Self::Disconnected => f.write_str("server hung up"),
            Self::PongTimeout => f.write_str("server did not answer a ping"),
            Self::SendTimeout => f.write_str("server does not take what is sent"),
            Self::Violation(violation) => write!(f, "server broke the protocol: {violation}"),
            Self::Stream(error) => write!(f, "stream failed: {error}"),
            Self::NotConnected => f.write_str("not connected"),
        }
    }
}

impl<E: core::error::Error + 'static> core::error::Error for Error<E> {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Violation(violation) => Some(violation),
            Self::Stream(error) => Some(error),
            _ => None,
        }
    }
}

/// How a server broke the rules of RFC 6455 for frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Violation {
    /// A bit is set that belongs to an extension; none was agreed.
    ReservedBits,
    /// An operation code that does not exist.
    OpCode,
    /// A masked frame; only those of a client are.
    Masked,
    /// A control frame that is fragmented or longer than 125 bytes.
    ControlFrame,
    /// A length of more than 63 bits.
    Length,
    /// A continuation of nothing.
    Continuation,
    /// A new message within a fragmented one.
    UnfinishedMessage,
    /// A close frame with half a code, or with one that must not be sent.
    CloseCode,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ReservedBits => "reserved bits set",
            Self::OpCode => "unknown operation code",
            Self::Masked => "masked frame",
            Self::ControlFrame => "fragmented or overlong control frame",
            Self::Length => "impossible frame length",
            Self::Continuation => "continuation without a beginning",
            Self::UnfinishedMessage => "new message within a fragmented one",
            Self::CloseCode => "impossible close code",
        })
    }
}

impl core::error::Error for Violation {}
