//! SignedUpdateFirmware: who may sign a firmware, and whether the one that was downloaded is signed.

use crate::config::Config;
use crate::tls;
use crate::trace::Log;
use crate::update::Update;
use embedded_ocpp::ocpp16::{FirmwareVerifier, SignerVerdict};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, SignatureVerificationAlgorithm, UnixTime};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::error::Error;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::task::Poll;
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, KeyUsage, anchor_from_trusted_cert, ring};

/// Verifies with the roots of the manufacturer.
pub(crate) struct Verifier<'o> {
    config: &'o Config,
    log: &'o Log,
    update: &'o Update<'o>,
    coming: RefCell<Signature>,
}

/// Of an update: kept beside the firmware, for the download may be begun anew after a power cut.
#[derive(Default, Deserialize, Serialize)]
struct Signature {
    /// In PEM.
    certificate: Vec<u8>,
    octets: Vec<u8>,
}

/// id-kp-codeSigning, in DER
const CODE_SIGNING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 3];
/// Security whitepaper L01.FR.04 wants SHA-256. RSA with the old padding and ECDSA are what is met in the field.
static ALGORITHMS: [&dyn SignatureVerificationAlgorithm; 4] = [
    ring::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
    ring::ECDSA_P256_SHA256,
    ring::ECDSA_P384_SHA256,
    ring::RSA_PKCS1_2048_8192_SHA256,
];

impl<'o> Verifier<'o> {
    pub(crate) fn new(config: &'o Config, log: &'o Log, update: &'o Update<'o>) -> Self {
        Self { config, log, update, coming: RefCell::default() }
    }

    fn file(&self) -> PathBuf {
        self.config.data_dir.join("firmware.signature")
    }

    /// Whether there was no error; the log tells which.
    fn is_ok(&self, what: &str, result: Result<(), Box<dyn Error>>) -> bool {
        result.inspect_err(|error| self.log.note(&format!("{what}: {error}"))).is_ok()
    }

    fn verify_download(&self) -> Result<(), Box<dyn Error>> {
        let signature: Signature = serde_json::from_slice(&fs::read(self.file())?)?;
        self.update.with_download(|content| signature.verify(content)).ok_or("nothing was downloaded")?
    }
}

impl FirmwareVerifier for Verifier<'_> {
    fn begin(&self) -> bool {
        self.coming.take();
        true
    }

    fn certificate(&self, piece: &[u8]) -> bool {
        self.coming.borrow_mut().certificate.extend_from_slice(piece);
        true
    }

    fn signature(&self, piece: &[u8]) -> bool {
        self.coming.borrow_mut().octets.extend_from_slice(piece);
        true
    }

    fn abort(&self) {
        self.coming.take();
    }

    fn is_trusted(&self) -> Poll<SignerVerdict> {
        let signature = self.coming.take();
        let roots = self.config.firmware_ca_file.as_deref();
        let trusted = signature.trust(roots).and_then(|()| signature.keep(&self.file()));
        let is_trusted = self.is_ok("signing certificate refused", trusted);
        Poll::Ready(if is_trusted { SignerVerdict::Trusted } else { SignerVerdict::Invalid })
    }

    fn verify(&self) -> Poll<bool> {
        Poll::Ready(self.is_ok("signature refused", self.verify_download()))
    }
}

impl Signature {
    /// A root has signed the certificate, with none between them, and it is valid now.
    fn trust(&self, roots: Option<&Path>) -> Result<(), Box<dyn Error>> {
        let roots = tls::certificates(roots.ok_or("no roots of a manufacturer")?)?;
        let roots = roots.iter().map(anchor_from_trusted_cert).collect::<Result<Vec<_>, _>>()?;
        let certificate = CertificateDer::from_pem_slice(&self.certificate)?;
        let usage = KeyUsage::required_if_present(CODE_SIGNING);
        EndEntityCert::try_from(&certificate)?.verify_for_usage(
            ALL_VERIFICATION_ALGS,
            &roots,
            &[],
            UnixTime::now(),
            usage,
            None,
            None,
        )?;
        Ok(())
    }

    /// Durable, in place of the one before.
    fn keep(&self, file: &Path) -> Result<(), Box<dyn Error>> {
        let draft = file.with_extension("signature.new");
        let mut writer = File::create(&draft)?;
        writer.write_all(&serde_json::to_vec(self)?)?;
        writer.sync_all()?;
        Ok(fs::rename(draft, file)?)
    }

    fn verify(&self, content: &[u8]) -> Result<(), Box<dyn Error>> {
        let certificate = CertificateDer::from_pem_slice(&self.certificate)?;
        let certificate = EndEntityCert::try_from(&certificate)?;
        let fits = |algorithm: &&dyn SignatureVerificationAlgorithm| {
            certificate.verify_signature(*algorithm, content, &self.octets).is_ok()
        };
        if ALGORITHMS.iter().any(fits) { Ok(()) } else { Err("not of this file and this certificate".into()) }
    }
}
