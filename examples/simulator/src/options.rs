//! What the command line says.

use clap::Parser;
use std::net::SocketAddr;
use std::path::PathBuf;

/// A charger with two connectors and a page to look at it.
#[derive(Parser)]
#[command(version)]
pub(crate) struct Options {
    /// The central system, with the identity of the charge point at its end: wss://host/path/ID. Without it there is one in
    /// this process, to be played by hand
    pub url: Option<String>,

    /// Password of HTTP Basic authentication, 16 to 40 characters; 32 to 40 hexadecimal digits stand for bytes
    #[arg(long, requires = "url", value_parser = password)]
    pub password: Option<String>,

    /// Who is trusted, as a file of PEM certificates; without it those who are on the web
    #[arg(long, value_name = "FILE", requires = "url")]
    pub ca_file: Option<PathBuf>,

    /// The central system of this process listens with wss://, by an authority that the charger trusts, and that signs the
    /// charger's certificate, too: for the security profiles 2 and 3. It ends with the process
    #[arg(long, conflicts_with_all = ["url", "data"])]
    pub tls: bool,

    /// Where the page is served
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8016")]
    pub listen: SocketAddr,

    /// What the page's address has to carry; made up where the page is served beyond this machine
    #[arg(long)]
    pub token: Option<String>,

    /// Where the flash is kept; without it in a directory for temporary files
    #[arg(long, value_name = "DIRECTORY")]
    pub data: Option<PathBuf>,

    /// Commands to play, a JSON object a line; - for those that come on stdin
    #[arg(long, value_name = "FILE")]
    pub script: Option<PathBuf>,
}

/// Security whitepaper A00.FR.205.
fn password(text: &str) -> Result<String, String> {
    let is_password = (16..=40).contains(&text.len()) && text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    is_password.then(|| text.into()).ok_or_else(|| "a password has 16 to 40 printable characters".into())
}
