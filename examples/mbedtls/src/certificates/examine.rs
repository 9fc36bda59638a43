//! Whether a certificate may be what it is to be.

use alloc::vec::Vec;

use embedded_ocpp::ocpp16::RootCertificate;
use mbedtls_rs::sys::MBEDTLS_X509_BADCERT_FUTURE;

use super::contents::{Contents, Item};
use crate::clock;
use crate::x509::{Certificate, Chain, Key};

/// Security whitepaper §5: the shortest keys, of an elliptic curve and of RSA.
const ELLIPTIC_BITS_MIN: usize = 224;
const RSA_BITS_MIN: usize = 2048;

/// Whether it is one of a CA, valid now, with a good key, and signed by `issuer`.
pub(super) fn is_good_root(certificate: Certificate<'_>, issuer: Certificate<'_>) -> bool {
    certificate.is_authority()
        && issuer.is_authority()
        && is_valid(certificate)
        && has_good_key(certificate)
        && certificate.is_signed_by(issuer)
}

/// Whether it may sign a firmware, and `root` has signed it, with none between them (L01.FR.23).
pub(super) fn is_good_signer(certificate: Certificate<'_>, root: Certificate<'_>) -> bool {
    root.is_authority()
        && is_valid(root)
        && is_valid(certificate)
        && has_good_key(certificate)
        && certificate.is_for_signatures()
        && certificate.is_signed_by(root)
}

fn has_good_key(certificate: Certificate<'_>) -> bool {
    certificate.key_bits() >= if certificate.has_elliptic_key() { ELLIPTIC_BITS_MIN } else { RSA_BITS_MIN }
}

/// Whether it is valid now: while nobody knows the date it may begin later, as it may have been renewed since.
pub(super) fn is_valid(certificate: Certificate<'_>) -> bool {
    let has_begun = |now| clock::tolerated() & MBEDTLS_X509_BADCERT_FUTURE != 0 || certificate.begin() <= now;
    clock::now().is_some_and(|now| has_begun(now) && now <= certificate.end())
}

/// Whether this is what was `wanted`: its key, CN and O, with a path to a root of the central system (A02.FR.06). It may begin
/// later (A02.FR.08).
pub(super) fn is_good_chain(chain: &Chain, wanted: Item<'_>, contents: &Contents) -> bool {
    let Item::Request { key, organization, common_name } = wanted else { return false };
    let own = chain.first();
    own.common_name() == Some(common_name)
        && own.organization() == Some(organization)
        && has_good_key(own)
        && own.is_for_clients()
        && Key::parse(key).is_some_and(|key| own.is_of(&key))
        && roots(contents).is_some_and(|roots| is_trusted(chain, &roots))
}

fn is_trusted(chain: &Chain, roots: &Chain) -> bool {
    clock::now().is_some() && chain.distrust(roots) & !MBEDTLS_X509_BADCERT_FUTURE == 0
}

/// The chain and the key to prove with who this is: of those that are valid now the one that began last (A02.FR.08,
/// A02.FR.09).
pub(super) fn current(contents: &Contents) -> Option<(Chain, &[u8], &[u8])> {
    let own = contents.items().filter_map(|item| match item {
        Item::Own { key, chain } => Some((Chain::parse(chain)?, chain, key)),
        _ => None,
    });
    own.filter(|(chain, ..)| is_valid(chain.first())).max_by_key(|(chain, ..)| chain.first().begin())
}

pub(super) fn has_valid_root(contents: &Contents, kind: RootCertificate) -> bool {
    contents.roots(kind).any(|(_, text)| Chain::parse(text).is_some_and(|chain| is_valid(chain.first())))
}

/// All of the central system.
fn roots(contents: &Contents) -> Option<Chain> {
    let mut text = Vec::new();
    for (_, root) in contents.roots(RootCertificate::CentralSystem) {
        text.extend(root.strip_suffix(&[0]).unwrap_or(root));
    }
    text.push(0);
    Chain::parse(&text)
}
