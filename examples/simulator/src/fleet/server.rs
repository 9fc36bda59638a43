//! Where the central system is.

use super::limits::{self, Sources};
use embedded_ocpp::transport::websocket::Options;
use std::net::{Ipv4Addr, SocketAddr, ToSocketAddrs};

/// The server that all chargers of the fleet connect to.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    /// As it stands in the URL, with the port.
    host: String,
    /// Without the identity.
    path: String,
    password: Option<String>,
    sources: Sources,
}

impl Server {
    /// The server of a `ws://` URL, for so many chargers.
    ///
    /// # Errors
    /// A sentence that says what to do.
    pub(crate) fn new(url: &str, password: Option<&str>, chargers: u32) -> Result<Self, String> {
        let rest = url.strip_prefix("ws://").ok_or_else(|| format!("{url}: a fleet speaks ws:// only"))?;
        let (host, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
        let with_port = if has_port(host) { host.to_owned() } else { format!("{host}:80") };
        let mut addresses = with_port.to_socket_addrs().map_err(|error| format!("{host}: {error}"))?;
        let address = addresses.next().ok_or_else(|| format!("{host}: no address"))?;
        let sources = Sources::new(chargers, address, limits::ports())?;
        Ok(Self {
            address,
            host: host.to_owned(),
            path: path.trim_end_matches('/').to_owned(),
            password: password.map(str::to_owned),
            sources,
        })
    }

    /// How a charger introduces itself.
    pub(crate) fn greeting<'s>(&'s self, identity: &'s str) -> Options<'s> {
        let options = Options::new(&self.host, &self.path, identity);
        self.password.as_ref().map_or(options, |password| options.with_password(password.as_bytes()))
    }

    /// The address of this machine that the `number`th charger is to come from.
    pub(crate) fn source(&self, number: u32) -> Option<Ipv4Addr> {
        self.sources.of(number)
    }
}

fn has_port(host: &str) -> bool {
    host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::Server;

    #[test]
    fn a_url_is_taken_apart() {
        let server = Server::new("ws://127.0.0.1:9000/ocpp/", None, 1).unwrap();
        assert_eq!((server.address.port(), &*server.host, &*server.path), (9000, "127.0.0.1:9000", "/ocpp"));
        assert_eq!(Server::new("ws://127.0.0.1", None, 1).unwrap().address.port(), 80);
        assert!(Server::new("wss://127.0.0.1/ocpp", None, 1).unwrap_err().contains("ws://"));
    }
}
