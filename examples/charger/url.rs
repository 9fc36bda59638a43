//! URLs, as far as a charge point needs them.

/// `scheme://user:password@host:port/path?query`
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Url<'u> {
    pub scheme: &'u str,
    /// Both decoded.
    pub login: Option<(String, String)>,
    /// As it goes into the Host header: with the port where one is given.
    pub authority: &'u str,
    /// A name, or an address without brackets.
    pub host: &'u str,
    pub port: Option<u16>,
    /// Without the slash before it, with the query, and as it is written.
    pub path: &'u str,
}

impl<'u> Url<'u> {
    pub(crate) fn parse(text: &'u str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let path = path.strip_prefix('/').unwrap_or(path);
        let (login, authority) = match authority.rsplit_once('@') {
            Some((login, authority)) => (Some(login), authority),
            None => (None, authority),
        };
        let login = login.map(|login| login.split_once(':').unwrap_or((login, "")));
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port.parse().ok()?)),
            _ => (authority, None),
        };
        Some(Self {
            scheme,
            login: login.map(|(user, password)| (percent_decoded(user), percent_decoded(password))),
            authority,
            host: host.trim_start_matches('[').trim_end_matches(']'),
            port,
            path,
        })
    }

    /// The query with its question mark.
    pub(crate) fn path_and_query(&self) -> (&'u str, &'u str) {
        self.path.split_at(self.path.find('?').unwrap_or(self.path.len()))
    }

    /// For a socket.
    pub(crate) fn address(&self, default_port: u16) -> (String, u16) {
        (self.host.to_owned(), self.port.unwrap_or(default_port))
    }
}

pub(crate) fn percent_decoded(text: &str) -> String {
    let mut pieces = text.split('%');
    let mut decoded = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let code = piece.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        decoded.push(code.unwrap_or(b'%'));
        decoded.extend_from_slice(&piece.as_bytes()[if code.is_some() { 2 } else { 0 }..]);
    }
    String::from_utf8_lossy(&decoded).into_owned()
}
