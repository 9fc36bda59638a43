//! The head of an HTTP response, RFC 9112 §4 and §5, read where it lies: it may have any number of headers.

/// `HTTP/1.1 101` and what follows: as many bytes tell the status.
pub(super) const STATUS_LEN: usize = 13;
const END: &[u8] = b"\r\n\r\n";

/// Where the first head ends in `received`, of which nothing ends in the first `searched` bytes.
pub(super) fn end_of_head(received: &[u8], searched: usize) -> Option<usize> {
    // the end may have begun with the bytes before
    let start = searched.saturating_sub(END.len() - 1);
    let found = received.get(start..)?.windows(END.len()).position(|bytes| bytes == END)?;
    Some(start + found + END.len())
}

/// A head, or the beginning of one.
pub(super) struct ResponseHead<'h>(pub(super) &'h [u8]);

impl<'h> ResponseHead<'h> {
    /// From 100 to 999.
    pub(super) fn status(&self) -> Option<u16> {
        let digit = |digit: u8| u16::from(digit & 0xF);
        match self.0.strip_prefix(b"HTTP/1.")? {
            [b'0'..=b'9', b' ', hundreds @ b'1'..=b'9', tens @ b'0'..=b'9', ones @ b'0'..=b'9', b' ' | b'\r', ..] => {
                Some(digit(*hundreds) * 100 + digit(*tens) * 10 + digit(*ones))
            }
            _ => None,
        }
    }

    /// The values of all headers of this name.
    pub(super) fn values<'n>(&self, name: &'n str) -> impl Iterator<Item = &'h [u8]> + use<'h, 'n> {
        self.0.split(|byte| *byte == b'\n').filter_map(move |line| {
            let (found, rest) = line.split_at_checked(name.len())?;
            let value = rest.strip_prefix(b":")?;
            found.eq_ignore_ascii_case(name.as_bytes()).then(|| value.trim_ascii())
        })
    }

    /// Whether there is one header of this name, with this value.
    pub(super) fn has_only(&self, name: &str, value: &[u8]) -> bool {
        let mut values = self.values(name);
        values.next() == Some(value) && values.next().is_none()
    }

    /// Whether a header of this name lists the token.
    pub(super) fn has_token(&self, name: &str, token: &str) -> bool {
        self.values(name)
            .flat_map(|value| value.split(|byte| *byte == b','))
            .any(|item| item.trim_ascii().eq_ignore_ascii_case(token.as_bytes()))
    }
}
