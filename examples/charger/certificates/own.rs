//! The certificates of the charge point itself: each with its chain and its key in one file, so that they are there together.

use super::examine::{self, CERTIFICATE};
use super::in_use::InUse;
use super::{Failure, durable};
use crate::tls;
use pem::Pem;
use rustls::SignatureScheme;
use rustls::client::ResolvesClientCert;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

const KIND: &str = "charge_point";

pub(super) struct Own {
    folder: PathBuf,
    /// The oldest first.
    pairs: Vec<Pair>,
}

pub(super) struct Pair {
    file: PathBuf,
    key: PrivateKeyDer<'static>,
    /// Its own certificate is the first.
    chain: Vec<CertificateDer<'static>>,
    /// In seconds since 1970.
    begin: i64,
    pub(super) end: i64,
}

impl Own {
    pub(super) fn open(folder: &Path) -> Result<Self, Failure> {
        let mut pairs = Vec::new();
        for file in durable::numbered(folder, KIND)? {
            let mut content = durable::read(&file)?.into_iter().map(Pem::into_contents);
            let key = content.next().unwrap_or_default();
            pairs.push(Pair::new(file, &key, content.map(CertificateDer::from).collect())?);
        }
        Ok(Self { folder: folder.into(), pairs })
    }

    pub(super) fn pairs(&self) -> impl Iterator<Item = &Pair> {
        self.pairs.iter()
    }

    /// Of those that are valid now the one that began last (A02.FR.08, A02.FR.09).
    pub(super) fn current(&self) -> Option<&Pair> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64);
        self.pairs.iter().filter(|pair| (pair.begin..=pair.end).contains(&now)).max_by_key(|pair| pair.begin)
    }

    pub(super) fn keep(&mut self, key: &[u8], chain: Vec<CertificateDer<'static>>) -> Result<(), Failure> {
        let pair = Pair::new(durable::next(&self.folder, KIND)?, key, chain)?;
        let mut content = vec![Pem::new("PRIVATE KEY", key)];
        content.extend(pair.chain.iter().map(|certificate| Pem::new(CERTIFICATE, &**certificate)));
        durable::write(&pair.file, &content)?;
        self.pairs.push(pair);
        self.prune();
        Ok(())
    }

    /// Keeps the newest, the one before, and the one that is used. What cannot be removed is looked at again next time.
    fn prune(&mut self) {
        let in_use = self.current().map(|pair| pair.file.clone());
        let old = self.pairs.len().saturating_sub(2);
        let mut number = 0;
        self.pairs.retain(|pair| {
            number += 1;
            number > old || Some(&pair.file) == in_use.as_ref() || durable::remove(&pair.file).is_err()
        });
    }
}

impl Pair {
    fn new(file: PathBuf, key: &[u8], chain: Vec<CertificateDer<'static>>) -> Result<Self, Failure> {
        let own = chain.first().ok_or_else(|| format!("{}: no certificate", file.display()))?;
        let period = examine::parse(own)?.validity().clone();
        let key = PrivatePkcs8KeyDer::from(key.to_vec()).into();
        Ok(Self { file, key, chain, begin: period.not_before.timestamp(), end: period.not_after.timestamp() })
    }
    pub(super) fn own(&self) -> &CertificateDer<'static> {
        &self.chain[0]
    }

    /// Shows it to the central system that asks for it.
    pub(super) fn resolver(&self, in_use: InUse) -> Result<Arc<dyn ResolvesClientCert>, rustls::Error> {
        let certified = CertifiedKey::from_der(self.chain.clone(), self.key.clone_key(), &tls::provider())?;
        Ok(Arc::new(Resolver { certified: Arc::new(certified), in_use }))
    }
}

#[derive(Debug)]
struct Resolver {
    certified: Arc<CertifiedKey>,
    in_use: InUse,
}

impl ResolvesClientCert for Resolver {
    fn resolve(&self, _issuers: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.in_use.parts().own = self.certified.cert.first().cloned();
        Some(self.certified.clone())
    }

    fn has_certs(&self) -> bool {
        true
    }
}
