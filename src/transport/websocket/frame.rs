//! The head of an incoming frame, RFC 6455 §5.2.

use super::error::Violation;

/// The longest payload of a control frame.
pub(super) const MAX_CONTROL_PAYLOAD: usize = 125;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum OpCode {
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

impl OpCode {
    fn from_bits(bits: u8) -> Result<Self, Violation> {
        match bits {
            0x0 => Ok(Self::Continuation),
            0x1 => Ok(Self::Text),
            0x2 => Ok(Self::Binary),
            0x8 => Ok(Self::Close),
            0x9 => Ok(Self::Ping),
            0xA => Ok(Self::Pong),
            _ => Err(Violation::OpCode),
        }
    }

    fn is_control(self) -> bool {
        matches!(self, Self::Close | Self::Ping | Self::Pong)
    }
}

#[derive(Clone, Copy)]
pub(super) struct FrameHeader {
    /// Whether the frame is the last one of its message.
    pub(super) last: bool,
    pub(super) op_code: OpCode,
    /// Bytes of payload that follow.
    pub(super) length: u64,
}

/// Takes a frame header byte by byte, so that it does not matter how the network splits it.
#[derive(Default)]
pub(super) enum HeaderReader {
    #[default]
    Start,
    Length {
        last: bool,
        op_code: OpCode,
    },
    ExtendedLength {
        header: FrameHeader,
        missing: u8,
    },
}

impl HeaderReader {
    /// Takes the next byte; returns the header with its last one, and starts over.
    pub(super) fn push(&mut self, byte: u8) -> Result<Option<FrameHeader>, Violation> {
        match *self {
            Self::Start => {
                if byte & 0x70 != 0 {
                    return Err(Violation::ReservedBits);
                }
                let op_code = OpCode::from_bits(byte & 0x0F)?;
                *self = Self::Length { last: byte & 0x80 != 0, op_code };
                Ok(None)
            }
            Self::Length { last, op_code } => {
                if byte & 0x80 != 0 {
                    return Err(Violation::Masked);
                }
                if op_code.is_control() && (!last || usize::from(byte) > MAX_CONTROL_PAYLOAD) {
                    return Err(Violation::ControlFrame);
                }
                let missing = match byte {
                    126 => 2,
                    127 => 8,
                    _ => return Ok(Some(self.finish(FrameHeader { last, op_code, length: byte.into() }))),
                };
                *self = Self::ExtendedLength { header: FrameHeader { last, op_code, length: 0 }, missing };
                Ok(None)
            }
            Self::ExtendedLength { mut header, missing } => {
                header.length = header.length << 8 | u64::from(byte);
                match missing {
                    0 | 1 if header.length >> 63 != 0 => Err(Violation::Length),
                    0 | 1 => Ok(Some(self.finish(header))),
                    _ => {
                        *self = Self::ExtendedLength { header, missing: missing - 1 };
                        Ok(None)
                    }
                }
            }
        }
    }

    fn finish(&mut self, header: FrameHeader) -> FrameHeader {
        *self = Self::Start;
        header
    }
}
