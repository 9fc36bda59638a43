//! Connections over TLS, and what of them a central system wants to know.

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use rustls::ServerConfig;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{error::Elapsed, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use x509_parser::parse_x509_certificate;

/// Who has connected.
#[derive(Clone)]
pub(super) struct Peer {
    /// The CN of the certificate that was shown, and is of our authority.
    pub certificate: Option<String>,
}

pub(super) struct TlsListener {
    listener: TcpListener,
    acceptor: TlsAcceptor,
    /// Nobody waits for the handshake of another.
    handshakes: JoinSet<Result<io::Result<TlsStream<TcpStream>>, Elapsed>>,
}

const HANDSHAKE: Duration = Duration::from_secs(10);

impl TlsListener {
    pub(super) fn new(listener: TcpListener, config: ServerConfig) -> Self {
        Self { listener, acceptor: Arc::new(config).into(), handshakes: JoinSet::new() }
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            tokio::select! {
                (stream, _) = Listener::accept(&mut self.listener) => {
                    self.handshakes.spawn(timeout(HANDSHAKE, self.acceptor.accept(stream)));
                }
                Some(done) = self.handshakes.join_next() => {
                    if let Ok(Ok(Ok(stream))) = done && let Ok(address) = stream.get_ref().0.peer_addr() {
                        return (stream, address);
                    }
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl Connected<IncomingStream<'_, TcpListener>> for Peer {
    fn connect_info(_: IncomingStream<'_, TcpListener>) -> Self {
        Self { certificate: None }
    }
}

impl Connected<IncomingStream<'_, TlsListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TlsListener>) -> Self {
        let (_, session) = stream.io().get_ref();
        let shown = session.peer_certificates().and_then(<[_]>::first);
        let certificate = shown.and_then(|der| parse_x509_certificate(der).ok());
        let common_name = certificate.as_ref().and_then(|(_, certificate)| {
            let name = certificate.subject().iter_common_name().next()?;
            name.as_str().ok().map(str::to_owned)
        });
        Self { certificate: common_name }
    }
}
