//! Files over the network, each in a thread of its own: HTTP, HTTPS and FTP.

use crate::socket;
use crate::tls;
use crate::url::{Url, percent_decoded};
use std::error::Error;
use std::fmt;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::thread;
use std::time::Duration;
use suppaftp::types::FileType;
use suppaftp::{FtpError, FtpStream, Status};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::typestate::WithBody;
use ureq::{Agent, RequestBuilder};

/// The largest file that is taken.
const SIZE_MAX: u64 = 64 << 20;
const TIMEOUT: Duration = Duration::from_secs(60);
/// Without a byte.
const SILENCE: Duration = Duration::from_secs(10);

type Failure = Box<dyn Error>;

/// A transfer under way. Dropped, its result does not matter any more.
pub(crate) struct Transfer(Receiver<Result<Vec<u8>, TransferError>>);

/// Why a transfer failed; the text tells more.
#[derive(Debug)]
pub(crate) enum TransferError {
    NoUrl,
    UnknownProtocol(String),
    /// The server does not allow it.
    NotAllowed(String),
    Failed(String),
}

impl Transfer {
    pub(crate) fn download(url: &str, ca_file: Option<&Path>) -> Self {
        let (url, ca_file) = (url.to_owned(), ca_file.map(PathBuf::from));
        Self::run(move || download(&url, ca_file.as_deref()))
    }

    /// Into a directory. A URL with a query is that of the file itself.
    pub(crate) fn upload(directory: &str, name: &str, content: Vec<u8>, ca_file: Option<&Path>) -> Self {
        let ca_file = ca_file.map(PathBuf::from);
        let url = match directory.contains('?') {
            true => directory.to_owned(),
            false => format!("{}/{name}", directory.trim_end_matches('/')),
        };
        Self::run(move || upload(&url, content, ca_file.as_deref()).map(|()| Vec::new()))
    }

    fn run(work: impl FnOnce() -> Result<Vec<u8>, Failure> + Send + 'static) -> Self {
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || sender.send(work().map_err(TransferError::of)));
        Self(receiver)
    }

    /// How it ended; `None` while it goes on.
    pub(crate) fn result(&self) -> Option<Result<Vec<u8>, TransferError>> {
        match self.0.try_recv() {
            Ok(result) => Some(result),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Err(TransferError::Failed("the transferring thread died".into()))),
        }
    }
}

impl TransferError {
    fn of(error: Failure) -> Self {
        let is_forbidden = match (error.downcast_ref(), error.downcast_ref()) {
            (Some(ureq::Error::StatusCode(401 | 403)), _) => true,
            (_, Some(FtpError::UnexpectedResponse(response))) => response.status == Status::NotLoggedIn,
            _ => false,
        };
        match error.downcast() {
            Ok(error) => *error,
            Err(error) if is_forbidden => Self::NotAllowed(error.to_string()),
            Err(error) => Self::Failed(error.to_string()),
        }
    }
}

impl fmt::Display for TransferError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoUrl => f.write_str("not a URL"),
            Self::UnknownProtocol(scheme) => write!(f, "{scheme}:// is not known"),
            Self::NotAllowed(text) | Self::Failed(text) => f.write_str(text),
        }
    }
}

impl Error for TransferError {}

fn download(location: &str, ca_file: Option<&Path>) -> Result<Vec<u8>, Failure> {
    let url = Url::parse(location).ok_or(TransferError::NoUrl)?;
    match url.scheme {
        "http" | "https" => {
            let mut response = with_login(agent(ca_file)?.get(without_login(&url)), &url).call()?;
            Ok(response.body_mut().with_config().limit(SIZE_MAX).read_to_vec()?)
        }
        "ftp" => {
            let mut ftp = log_in(&url)?;
            let mut content = Vec::new();
            let mut stream = ftp.retr_as_stream(percent_decoded(url.path))?;
            stream.get_ref().get_ref().set_read_timeout(Some(SILENCE))?;
            (&mut stream).take(SIZE_MAX).read_to_end(&mut content)?;
            stream.finish()?;
            let _ = ftp.quit(); // the file is here
            Ok(content)
        }
        other => Err(TransferError::UnknownProtocol(other.into()).into()),
    }
}

fn upload(location: &str, content: Vec<u8>, ca_file: Option<&Path>) -> Result<(), Failure> {
    let url = Url::parse(location).ok_or(TransferError::NoUrl)?;
    match url.scheme {
        "http" | "https" => {
            let (agent, address) = (agent(ca_file)?, without_login(&url));
            let request = |method: fn(&Agent, &str) -> RequestBuilder<WithBody>| {
                with_login(method(&agent, &address), &url).send(&content)
            };
            match request(|agent, address| agent.put(address)) {
                // There are servers which take files by POST alone.
                Err(ureq::Error::StatusCode(405 | 501)) => request(|agent, address| agent.post(address))?,
                other => other?,
            };
            Ok(())
        }
        "ftp" => {
            let mut ftp = log_in(&url)?;
            ftp.put_file(percent_decoded(url.path), &mut Cursor::new(content))?;
            let _ = ftp.quit(); // the file is there
            Ok(())
        }
        other => Err(TransferError::UnknownProtocol(other.into()).into()),
    }
}

fn without_login(url: &Url<'_>) -> String {
    format!("{}://{}/{}", url.scheme, url.authority, url.path)
}

fn with_login<B>(request: RequestBuilder<B>, url: &Url<'_>) -> RequestBuilder<B> {
    let Some((user, password)) = &url.login else { return request };
    request.header("Authorization", format!("Basic {}", base64(format!("{user}:{password}").as_bytes())))
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = (0..3).fold(0, |bits, index| bits << 8 | usize::from(chunk.get(index).copied().unwrap_or(0)));
        let digits = [18, 12, 6, 0].map(|shift| char::from(DIGITS[bits >> shift & 63]));
        text.extend(&digits[..=chunk.len()]);
        text.push_str(&"=="[chunk.len() - 1..]);
    }
    text
}

fn agent(ca_file: Option<&Path>) -> Result<Agent, Failure> {
    let config = Agent::config_builder().timeout_global(Some(TIMEOUT));
    let Some(file) = ca_file else { return Ok(config.build().into()) };
    let trusted: Vec<_> = tls::certificates(file)?.iter().map(|each| Certificate::from_der(each).to_owned()).collect();
    let tls = TlsConfig::builder().root_certs(RootCerts::new_with_certs(&trusted)).build();
    Ok(config.tls_config(tls).build().into())
}

fn log_in(url: &Url<'_>) -> Result<FtpStream, Failure> {
    let stream = socket::connect(&url.address(21))?;
    stream.set_read_timeout(Some(SILENCE))?;
    stream.set_write_timeout(Some(SILENCE))?;
    let mut ftp = FtpStream::connect_with_stream(stream)?;
    let (user, password) = match &url.login {
        Some((user, password)) => (user.as_str(), password.as_str()),
        None => ("anonymous", "anonymous"),
    };
    ftp.login(user, password)?;
    ftp.transfer_type(FileType::Binary)?;
    Ok(ftp)
}
