//! What is kept, as it lies in the flash: one item after the other, the oldest first. Texts are in PEM and end with a zero, as
//! Mbed TLS wants them.

use alloc::vec::Vec;
use core::iter;

use embedded_ocpp::certificate::Identity;
use embedded_ocpp::ocpp16::RootCertificate;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Item<'c> {
    Root {
        kind: RootCertificate,
        identity: Identity,
        text: &'c [u8],
    },
    /// What the charge point proves with who it is.
    Own {
        key: &'c [u8],
        chain: &'c [u8],
    },
    /// A key whose certificate has not come, and what was asked for.
    Request {
        key: &'c [u8],
        organization: &'c [u8],
        common_name: &'c [u8],
    },
    /// Who has signed the update that is under way.
    Signer {
        certificate: &'c [u8],
        signature: &'c [u8],
    },
}

pub(crate) struct Contents(Vec<u8>);

impl Contents {
    /// Of what [`as_bytes`](Self::as_bytes) was.
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn items(&self) -> impl Iterator<Item = Item<'_>> {
        let mut rest = self.0.as_slice();
        iter::from_fn(move || read(&mut rest))
    }

    pub(crate) fn roots(&self, wanted: RootCertificate) -> impl Iterator<Item = (Identity, &[u8])> {
        self.items().filter_map(move |item| match item {
            Item::Root { kind, identity, text } if kind == wanted => Some((identity, text)),
            _ => None,
        })
    }

    /// The same with other items: those for which `stays` holds, and new ones. `None` when there is no memory.
    pub(crate) fn with<'n>(
        &'n self,
        stays: impl Fn(Item<'_>) -> bool,
        new: impl IntoIterator<Item = Item<'n>>,
    ) -> Option<Self> {
        let mut bytes = Vec::new();
        for item in self.items().filter(|item| stays(*item)).chain(new) {
            write(&mut bytes, item)?;
        }
        Some(Self(bytes))
    }
}

const CENTRAL_SYSTEM: u8 = 0;
const MANUFACTURER: u8 = 1;
const OWN: u8 = 2;
const REQUEST: u8 = 3;
const SIGNER: u8 = 4;

/// The kind of an item, then its parts, each with its length before it. `None` where there is no room for them.
fn write(bytes: &mut Vec<u8>, item: Item<'_>) -> Option<()> {
    let identity;
    let (kind, parts) = match item {
        Item::Root { kind, identity: of_root, text } => {
            identity = of_root.to_bytes();
            (
                if kind == RootCertificate::CentralSystem { CENTRAL_SYSTEM } else { MANUFACTURER },
                [&identity[..], text, &[]],
            )
        }
        Item::Own { key, chain } => (OWN, [key, chain, &[]]),
        Item::Request { key, organization, common_name } => (REQUEST, [key, organization, common_name]),
        Item::Signer { certificate, signature } => (SIGNER, [certificate, signature, &[]]),
    };
    bytes.try_reserve(1 + parts.iter().map(|part| 2 + part.len()).sum::<usize>()).ok()?;
    bytes.push(kind);
    for part in parts {
        bytes.extend(u16::try_from(part.len()).ok()?.to_le_bytes());
        bytes.extend(part);
    }
    Some(())
}

/// `None` at the end.
fn read<'c>(rest: &mut &'c [u8]) -> Option<Item<'c>> {
    let (kind, behind) = rest.split_first()?;
    *rest = behind;
    let mut part = || {
        let (len, behind) = rest.split_first_chunk()?;
        let (part, behind) = behind.split_at_checked(u16::from_le_bytes(*len).into())?;
        *rest = behind;
        Some(part)
    };
    let (first, second, third) = (part()?, part()?, part()?);
    Some(match *kind {
        OWN => Item::Own { key: first, chain: second },
        REQUEST => Item::Request { key: first, organization: second, common_name: third },
        SIGNER => Item::Signer { certificate: first, signature: second },
        kind => Item::Root {
            kind: if kind == CENTRAL_SYSTEM { RootCertificate::CentralSystem } else { RootCertificate::Manufacturer },
            identity: Identity::from_bytes(first.try_into().ok()?),
            text: second,
        },
    })
}
