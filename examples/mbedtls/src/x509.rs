//! Certificates and keys as Mbed TLS has them: mbedtls-rs can hand them to a session, and nothing else. What the C functions
//! want is called here only.
//!
//! Each structure is initialised before anything else is done with it, and freed once, by `drop`. It owns what its pointers
//! lead to, also where it is moved, and is only changed through `&mut`: that is what makes the calls below sound.

use alloc::boxed::Box;
use alloc::vec::Vec;
use alloc::{format, vec};
use core::ffi::{CStr, c_char, c_int, c_uchar, c_uint, c_void};
use core::{iter, ptr, slice};

use embedded_ocpp::time::DateTime;
use mbedtls_rs::sys::*;

/// Certificates in the order of their text.
pub(crate) struct Chain(Box<mbedtls_x509_crt>);

impl Chain {
    /// Those of a text in PEM that a zero ends. `None` where there are none, or one cannot be read.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let mut chain = Self(Box::default());
        // SAFETY: see above; what is read is within `text`
        let failed = unsafe {
            mbedtls_x509_crt_init(&mut *chain.0);
            mbedtls_x509_crt_parse(&mut *chain.0, text.as_ptr(), text.len())
        };
        (failed == 0).then_some(chain)
    }

    pub(crate) fn first(&self) -> Certificate<'_> {
        Certificate(&self.0)
    }

    pub(crate) fn len(&self) -> usize {
        // SAFETY: the next one is there as long as `self`
        iter::successors(Some(&*self.0), |certificate| unsafe { certificate.next.as_ref() }).count()
    }

    /// What is wrong with the path from the first one over the others to one of `roots`, in flags of Mbed TLS.
    pub(crate) fn distrust(&self, roots: &Self) -> u32 {
        let mut flags = 0;
        // SAFETY: both are only read, whatever their types say
        let failed = unsafe {
            let (no_list, no_name, no_argument) = (ptr::null_mut(), ptr::null(), ptr::null_mut());
            mbedtls_x509_crt_verify(
                pointer(&*self.0),
                pointer(&*roots.0),
                no_list,
                no_name,
                &mut flags,
                None,
                no_argument,
            )
        };
        // Where it has not come to an end there may be no flag.
        if failed == 0 || flags != 0 { flags } else { MBEDTLS_X509_BADCERT_OTHER }
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        // SAFETY: nobody else has it
        unsafe { mbedtls_x509_crt_free(&mut *self.0) }
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Certificate<'c>(&'c mbedtls_x509_crt);

impl<'c> Certificate<'c> {
    pub(crate) fn begin(self) -> DateTime {
        date(&self.0.valid_from)
    }

    pub(crate) fn end(self) -> DateTime {
        date(&self.0.valid_to)
    }

    /// RFC 5280 §4.2.1.9, §4.2.1.3.
    pub(crate) fn is_authority(self) -> bool {
        self.0.private_ca_istrue != 0 && self.may(MBEDTLS_X509_KU_KEY_CERT_SIGN)
    }

    /// Whether a client may prove with it who it is.
    pub(crate) fn is_for_clients(self) -> bool {
        let usage = &MBEDTLS_OID_CLIENT_AUTH[..MBEDTLS_OID_CLIENT_AUTH.len() - 1];
        // SAFETY: what is read is within `usage`
        let denied = unsafe { mbedtls_x509_crt_check_extended_key_usage(self.0, usage.as_ptr().cast(), usage.len()) };
        denied == 0 && self.is_for_signatures()
    }

    pub(crate) fn is_for_signatures(self) -> bool {
        self.may(MBEDTLS_X509_KU_DIGITAL_SIGNATURE)
    }

    pub(crate) fn has_elliptic_key(self) -> bool {
        // SAFETY: the key is only read
        unsafe { mbedtls_pk_can_do(&self.0.pk, mbedtls_pk_type_t_MBEDTLS_PK_ECKEY) != 0 }
    }

    pub(crate) fn key_bits(self) -> usize {
        // SAFETY: the key is only read
        unsafe { mbedtls_pk_get_bitlen(&self.0.pk) }
    }

    /// Whether its key has made this signature of a SHA-256: by ECDSA, RSA PKCS#1 v1.5 or RSA-PSS.
    pub(crate) fn has_signed(self, hash: &[u8; 32], signature: &[u8]) -> bool {
        let kind = mbedtls_md_type_t_MBEDTLS_MD_SHA256;
        let pss = mbedtls_pk_rsassa_pss_options { mgf1_hash_id: kind, expected_salt_len: MBEDTLS_RSA_SALT_LEN_ANY };
        let (hash, len, signature, signature_len) = (hash.as_ptr(), hash.len(), signature.as_ptr(), signature.len());
        // SAFETY: the key is only read, whatever its type says
        unsafe {
            let key = pointer(&self.0.pk);
            mbedtls_pk_verify(key, kind, hash, len, signature, signature_len) == 0
                || mbedtls_pk_verify_ext(
                    mbedtls_pk_type_t_MBEDTLS_PK_RSASSA_PSS,
                    ptr::from_ref(&pss).cast(),
                    key,
                    kind,
                    hash,
                    len,
                    signature,
                    signature_len,
                ) == 0
        }
    }

    /// Whether its issuer is the subject of that one, whose key has made the signature.
    pub(crate) fn is_signed_by(self, issuer: Self) -> bool {
        const HASH_LEN_MAX: usize = 64;
        let (content, signature, kind) = (&self.0.tbs, &self.0.private_sig, self.0.private_sig_md);
        if bytes(&self.0.issuer_raw) != bytes(&issuer.0.subject_raw) {
            return false;
        }
        let mut hash = [0; HASH_LEN_MAX];
        // SAFETY: the key is only read, whatever its type says; no hash is longer than that
        unsafe {
            let hashes = mbedtls_md_info_from_type(kind);
            !hashes.is_null()
                && mbedtls_md(hashes, content.p, content.len, hash.as_mut_ptr()) == 0
                && mbedtls_pk_verify_ext(
                    self.0.private_sig_pk,
                    self.0.private_sig_opts,
                    pointer(&issuer.0.pk),
                    kind,
                    hash.as_ptr(),
                    mbedtls_md_get_size(hashes).into(),
                    signature.p,
                    signature.len,
                ) == 0
        }
    }

    pub(crate) fn is_of(self, key: &Key) -> bool {
        // SAFETY: both are only read
        unsafe { mbedtls_pk_check_pair(&self.0.pk, &*key.0, Some(random), ptr::null_mut()) == 0 }
    }

    /// CN of its subject.
    pub(crate) fn common_name(self) -> Option<&'c [u8]> {
        self.name(MBEDTLS_OID_AT_CN)
    }

    /// O of its subject.
    pub(crate) fn organization(self) -> Option<&'c [u8]> {
        self.name(MBEDTLS_OID_AT_ORGANIZATION)
    }

    /// The first part of the subject of this kind, which a zero ends.
    fn name(self, kind: &[u8]) -> Option<&'c [u8]> {
        // SAFETY: the next part is there as long as the certificate
        iter::successors(Some(&self.0.subject), |part| unsafe { part.next.as_ref() })
            .find(|part| Some(bytes(&part.oid)) == kind.strip_suffix(&[0]))
            .map(|part| bytes(&part.val))
    }

    /// Whether its key is for this, as far as it says.
    fn may(self, usage: u32) -> bool {
        // SAFETY: it is only read
        unsafe { mbedtls_x509_crt_check_key_usage(self.0, usage as c_uint) == 0 }
    }
}

/// A pair of keys.
pub(crate) struct Key(Box<mbedtls_pk_context>);

impl Key {
    /// Elliptic curve P-256: what every central system takes, and the smallest.
    pub(crate) fn generate() -> Option<Self> {
        let mut key = Self::none();
        // SAFETY: what a key of this kind has behind its pointer is this structure
        unsafe {
            let kind = mbedtls_pk_info_from_type(mbedtls_pk_type_t_MBEDTLS_PK_ECKEY);
            if psa_crypto_init() != 0 || mbedtls_pk_setup(&mut *key.0, kind) != 0 {
                return None;
            }
            let pair = key.0.private_pk_ctx.cast();
            let curve = mbedtls_ecp_group_id_MBEDTLS_ECP_DP_SECP256R1;
            (mbedtls_ecp_gen_key(curve, pair, Some(random), ptr::null_mut()) == 0).then_some(key)
        }
    }

    /// Reads what [`to_der`](Self::to_der) has written.
    pub(crate) fn parse(der: &[u8]) -> Option<Self> {
        let mut key = Self::none();
        // SAFETY: what is read is within `der`; there is no password
        let failed = unsafe {
            let argument = ptr::null_mut();
            mbedtls_pk_parse_key(&mut *key.0, der.as_ptr(), der.len(), ptr::null(), 0, Some(random), argument)
        };
        (failed == 0).then_some(key)
    }

    pub(crate) fn to_der(&self) -> Option<Vec<u8>> {
        let mut buffer = [0; 160]; // one of P-256 has 121
        // SAFETY: what is written is within `buffer`
        let len = unsafe { mbedtls_pk_write_key_der(&*self.0, buffer.as_mut_ptr(), buffer.len()) };
        let at = buffer.len().checked_sub(usize::try_from(len).ok()?)?; // it is written from the end
        Some(buffer[at..].to_vec())
    }

    /// A request for a certificate of it, in PEM.
    pub(crate) fn request(&self, organization: &str, common_name: &str) -> Option<Vec<u8>> {
        let subject = format!("O={},CN={}\0", escaped(organization), escaped(common_name));
        let mut buffer = vec![0; 1024];
        let mut request = mbedtls_x509write_csr::default();
        // SAFETY: the key is only read, whatever its type says, and outlives the request, which is freed in any case
        let failed = unsafe {
            mbedtls_x509write_csr_init(&mut request);
            mbedtls_x509write_csr_set_md_alg(&mut request, mbedtls_md_type_t_MBEDTLS_MD_SHA256);
            mbedtls_x509write_csr_set_key(&mut request, pointer(&*self.0));
            let mut failed = mbedtls_x509write_csr_set_subject_name(&mut request, subject.as_ptr().cast::<c_char>());
            if failed == 0 {
                let (buffer, len, argument) = (buffer.as_mut_ptr(), buffer.len(), ptr::null_mut());
                failed = mbedtls_x509write_csr_pem(&mut request, buffer, len, Some(random), argument);
            }
            mbedtls_x509write_csr_free(&mut request);
            failed
        };
        let len = CStr::from_bytes_until_nul(&buffer).ok()?.count_bytes();
        buffer.truncate(len);
        (failed == 0).then_some(buffer)
    }

    fn none() -> Self {
        let mut key = Self(Box::default());
        // SAFETY: see above
        unsafe { mbedtls_pk_init(&mut *key.0) };
        key
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        // SAFETY: nobody else has it
        unsafe { mbedtls_pk_free(&mut *self.0) }
    }
}

/// What Mbed TLS takes for no more than the octets (RFC 4514 §2.4).
fn escaped(text: &str) -> alloc::string::String {
    text.bytes().map(|octet| format!("\\{octet:02x}")).collect()
}

fn date(time: &mbedtls_x509_time) -> DateTime {
    let mbedtls_x509_time { year, mon, day, hour, min, sec } = time;
    let text = format!("{year:04}-{mon:02}-{day:02}T{hour:02}:{min:02}:{sec:02}Z");
    // What cannot be said is far away: 99991231235959Z is no end.
    DateTime::parse(&text).unwrap_or(DateTime::from_unix(u32::MAX))
}

fn bytes(buffer: &mbedtls_asn1_buf) -> &[u8] {
    if buffer.p.is_null() {
        return &[];
    }
    // SAFETY: a buffer of Mbed TLS has this length, and is there as long as what it is a part of
    unsafe { slice::from_raw_parts(buffer.p, buffer.len) }
}

/// For functions that say `*mut` and only read.
fn pointer<T>(place: &T) -> *mut T {
    ptr::from_ref(place).cast_mut()
}

/// The generator that [`Security`](crate::Security) has got.
unsafe extern "C" fn random(_: *mut c_void, buffer: *mut c_uchar, len: usize) -> c_int {
    // SAFETY: the caller has `len` bytes there
    unsafe { psa_generate_random(buffer, len) }
}
