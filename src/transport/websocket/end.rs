use super::error::{Error, Violation};

/// Why a connection ends with a close frame of ours.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    ByUs,
    ByPeer(Option<u16>),
    Violation(Violation),
}

impl End {
    /// The status code of the close frame: RFC 6455 §5.5.1 echoes that of the peer.
    pub(crate) fn code(self) -> Option<u16> {
        match self {
            Self::ByUs => Some(1000),
            Self::ByPeer(code) => code,
            Self::Violation(_) => Some(1002),
        }
    }

    pub(crate) fn into_error<E>(self) -> Error<E> {
        match self {
            Self::ByUs => Error::NotConnected,
            Self::ByPeer(code) => Error::Closed(code),
            Self::Violation(violation) => Error::Violation(violation),
        }
    }
}
