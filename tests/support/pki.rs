//! Certificates that OpenSSL makes, and what it says of them: the program of the machine, so that no library of ours is asked
//! about itself.

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// A key with a certificate.
pub struct Issued {
    pub pem: String,
    certificate: PathBuf,
    key: PathBuf,
}

/// What `openssl ocsp` asks about a certificate with: hexadecimal, in lower case.
#[derive(Debug, PartialEq, Eq)]
pub struct OcspId {
    pub issuer_name_hash: String,
    pub issuer_key_hash: String,
    pub serial_number: String,
}

/// The kinds of keys that the security whitepaper allows, in the words of `openssl genpkey`.
pub const RSA: &[&str] = &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"];
pub const P256: &[&str] = &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
pub const P384: &[&str] = &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"];

/// What a request for a certificate may want to be: a root, or nothing, which makes a certificate of version 1.
pub const ROOT: &[&str] = &["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"];
pub const PLAIN: &[&str] = &[];

fn path(ending: &str) -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{number}.{ending}", std::process::id()))
}

fn openssl<'a>(arguments: impl IntoIterator<Item = &'a str>) -> String {
    let arguments: Vec<_> = arguments.into_iter().collect();
    let done = Command::new("openssl").args(&arguments).output().expect("the program openssl is needed");
    assert!(done.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

/// A key and a certificate of it, signed by itself or by `issuer`.
pub fn issue(key_kind: &[&str], name: &str, serial: &str, wants: &[&str], issuer: Option<&Issued>) -> Issued {
    let key = path("key");
    openssl(["genpkey", "-out", key.to_str().unwrap()].into_iter().chain(key_kind.iter().copied()));
    sign(key, name, serial, wants, issuer)
}

/// Another certificate of the same key.
pub fn reissue(of: &Issued, name: &str, serial: &str, wants: &[&str], issuer: Option<&Issued>) -> Issued {
    sign(of.key.clone(), name, serial, wants, issuer)
}

fn sign(key: PathBuf, name: &str, serial: &str, wants: &[&str], issuer: Option<&Issued>) -> Issued {
    let (request, certificate, extensions) = (path("csr"), path("pem"), path("cnf"));
    std::fs::write(&extensions, wants.join("\n")).unwrap();
    let key_path = key.to_str().unwrap();
    openssl(["req", "-new", "-utf8", "-key", key_path, "-subj", name, "-out", request.to_str().unwrap()]);
    let mut arguments = vec!["x509", "-req", "-days", "3650", "-set_serial", serial, "-in", request.to_str().unwrap()];
    if !wants.is_empty() {
        arguments.extend(["-extfile", extensions.to_str().unwrap()]);
    }
    match issuer {
        Some(issuer) => {
            arguments.extend(["-CA", issuer.certificate.to_str().unwrap(), "-CAkey", issuer.key.to_str().unwrap()]);
        }
        None => arguments.extend(["-signkey", key_path]),
    }
    arguments.extend(["-out", certificate.to_str().unwrap()]);
    openssl(arguments);
    Issued { pem: std::fs::read_to_string(&certificate).unwrap(), certificate, key }
}

impl Issued {
    /// What OpenSSL would ask an OCSP responder with, when this is its issuer.
    pub fn ocsp_id(&self, issuer: &Self) -> OcspId {
        issuer.asks_about("-cert", self.certificate.to_str().unwrap())
    }

    /// Hashes of its own name and key.
    pub fn own_hashes(&self) -> (String, String) {
        let id = self.asks_about("-serial", "1");
        (id.issuer_name_hash, id.issuer_key_hash)
    }

    fn asks_about(&self, option: &str, of: &str) -> OcspId {
        let issuer = self.certificate.to_str().unwrap();
        let text = openssl(["ocsp", "-sha256", "-issuer", issuer, option, of, "-no_nonce", "-req_text"]);
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.trim().strip_prefix(name)).expect("a line of openssl ocsp");
            line.trim().to_lowercase()
        };
        let serial = value("Serial Number:");
        let (sign, digits) = serial.strip_prefix('-').map_or(("", &*serial), |digits| ("-", digits));
        let digits = match digits.trim_start_matches('0') {
            "" => "0",
            digits => digits,
        };
        OcspId {
            issuer_name_hash: value("Issuer Name Hash:"),
            issuer_key_hash: value("Issuer Key Hash:"),
            serial_number: format!("{sign}{digits}"),
        }
    }
}

/// Whether the certificate in the first text is signed by the one in the second.
pub fn is_signed_by(certificate: &str, issuer: &str) -> bool {
    let (certificate_path, issuer_path) = (path("pem"), path("pem"));
    std::fs::write(&certificate_path, certificate).unwrap();
    std::fs::write(&issuer_path, issuer).unwrap();
    // A root that has signed itself ends a chain by itself.
    let partial: &[&str] = if certificate == issuer { &[] } else { &["-partial_chain"] };
    Command::new("openssl")
        .args(["verify", "-check_ss_sig"])
        .args(partial)
        .arg("-trusted")
        .args([&issuer_path, &certificate_path])
        .output()
        .expect("the program openssl is needed")
        .status
        .success()
}
