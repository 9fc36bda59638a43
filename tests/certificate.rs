//! SEC-24: what names a certificate is what OpenSSL says of it, however its text comes in, and no text does any harm.

mod support;

use embedded_ocpp::certificate::{Hash, Identity, MalformedCertificate, Outline, Walk};
use support::pki::{Issued, OcspId, P256, P384, PLAIN, ROOT, RSA, issue, reissue};

fn walked(pieces: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Result<Outline, MalformedCertificate> {
    let mut walk = Walk::new();
    pieces.into_iter().for_each(|piece| walk.push(piece.as_ref()));
    walk.finish()
}

fn outline(pem: &str) -> Outline {
    walked([pem]).unwrap()
}

fn hex(hash: &Hash) -> String {
    hash.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn id(certificate: &Identity) -> OcspId {
    OcspId {
        issuer_name_hash: hex(&certificate.outline().issuer_name),
        issuer_key_hash: hex(&certificate.issuer_key),
        serial_number: certificate.outline().serial.to_string(),
    }
}

/// Compares all that the walk finds with what OpenSSL finds.
fn same_as_openssl(certificate: &Issued, issuer: &Issued) {
    let (this, signer) = (outline(&certificate.pem), outline(&issuer.pem));
    assert_eq!(this.issuer_name, signer.name);
    assert_eq!(id(&this.issued_by(signer.key)), certificate.ocsp_id(issuer));
    assert_eq!((hex(&this.name), hex(&this.key)), certificate.own_hashes());
    let kept = this.issued_by(signer.key);
    assert_eq!(Identity::from_bytes(&kept.to_bytes()), kept);
}

/// 20 octets, the most that there may be.
const LONG: &str = "0x7fedcba9876543210fedcba98765432100ffeedd";

#[test]
fn sec_24_roots_have_the_ids_that_openssl_gives_them() {
    let serials =
        ["1", "0", "4095", "0x7f", "0x80", "0xff", "0x0100", "0x00c0ffee", LONG, "-1", "-128", "-129", "-0x123456"];
    for (serial, number) in serials.into_iter().zip(0..) {
        let kind = [P256, P384, RSA][number % 3];
        let wants = [ROOT, PLAIN][number % 2];
        let root = issue(kind, &format!("/C=NL/O=CPO {number}/CN=Root Größe {number}"), serial, wants, None);
        assert!(outline(&root.pem).is_self_issued());
        same_as_openssl(&root, &root);
    }
    let root = issue(P256, "/CN=4095", "4095", ROOT, None);
    assert_eq!(outline(&root.pem).serial.to_string(), "fff"); // the example of the whitepaper, §6.1
}

#[test]
fn sec_24_what_another_has_signed_has_the_key_of_that() {
    let mut issuer = issue(RSA, "/O=CPO/CN=The old root", "1", ROOT, None);
    for (kind, number) in [P256, RSA, P384, P256, RSA].into_iter().zip(2..) {
        let next = issue(kind, &format!("/O=CPO/CN=Root {number}"), LONG, ROOT, Some(&issuer));
        same_as_openssl(&next, &issuer);
        assert!(!outline(&next.pem).is_self_issued());
        issuer = next;
    }
    let leaf = issue(P256, "/O=CPO/CN=SN-001", "0x00ff00ff", PLAIN, Some(&issuer));
    same_as_openssl(&leaf, &issuer);
}

#[test]
fn sec_24_cross_signed_roots_are_told_apart() {
    let (old, other) = (issue(RSA, "/CN=Old", "7", ROOT, None), issue(P384, "/CN=Other", "8", ROOT, None));
    let new = issue(P256, "/CN=New", "9", ROOT, None);
    let by_old = reissue(&new, "/CN=New", "10", ROOT, Some(&old));
    let by_other = reissue(&new, "/CN=New", "10", ROOT, Some(&other));
    // The same name with another key, as when a root is renewed.
    let renewed = issue(P256, "/CN=Old", "11", ROOT, Some(&old));
    for (certificate, issuer) in [(&by_old, &old), (&by_other, &other), (&renewed, &old)] {
        same_as_openssl(certificate, issuer);
    }
    let identity = |issued: &Issued, issuer: &Issued| outline(&issued.pem).issued_by(outline(&issuer.pem).key);
    let (old_id, new_id) = (identity(&old, &old), identity(&by_old, &old));
    assert!(old_id.has_issued(&new_id) && old_id.has_issued(&old_id) && !new_id.has_issued(&old_id));
    assert!(!old_id.has_issued(&identity(&by_other, &other)));
    assert!(old_id.has_issued(&identity(&renewed, &old)) && !identity(&renewed, &old).has_issued(&old_id));
    assert_eq!(outline(&by_old.pem).key, outline(&new.pem).key);
    assert_ne!(identity(&by_old, &old), identity(&by_other, &other));
}

#[test]
fn sec_24_the_text_comes_in_pieces_of_every_size_and_with_any_line_ends() {
    let root = issue(P256, "/CN=Root", LONG, ROOT, None);
    let expected = outline(&root.pem);
    for size in 1..=root.pem.len() {
        assert_eq!(walked(root.pem.as_bytes().chunks(size)), Ok(expected), "{size}");
    }
    let crlf = root.pem.replace('\n', "\r\n");
    let one_line = root.pem.replace('\n', "");
    let blanks = root.pem.replace('\n', " ");
    let explained = format!("subject=CN = Größe --- not --------BEGIN\r\n--{}\ntrailing - text -----BEGI", root.pem);
    let unended = root.pem.trim_end().to_owned();
    for text in [crlf, one_line, blanks, explained, unended] {
        assert_eq!(walked([&text]), Ok(expected), "{text}");
    }
}

#[test]
fn sec_24_of_a_chain_the_first_counts_and_all_must_be_whole() {
    let (root, leaf) = (issue(P256, "/CN=Root", "1", ROOT, None), issue(P256, "/CN=SN", "2", PLAIN, None));
    let chain = format!("{}{}", leaf.pem, root.pem);
    let mut walk = Walk::new();
    walk.push(chain.as_bytes());
    assert_eq!((walk.finish(), walk.count()), (Ok(outline(&leaf.pem)), 2));
    for end in leaf.pem.len() + "-----BEGIN C".len()..chain.len() - 1 {
        assert_eq!(walked([&chain[..end]]), Err(MalformedCertificate), "{end}");
    }
}

#[test]
fn sec_24_what_ends_early_is_no_certificate() {
    let root = issue(P384, "/CN=Root", LONG, ROOT, None);
    for end in 0..root.pem.len() - 1 {
        assert_eq!(walked([&root.pem[..end]]), Err(MalformedCertificate), "{end}");
    }
    assert_eq!(walked([""; 0]), Err(MalformedCertificate));
}

/// Takes the octets of a certificate out of its text, and puts others in.
fn octets(pem: &str) -> Vec<u8> {
    let mut bits = 0u32;
    let mut octets = Vec::new();
    let text: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    for group in text.as_bytes().chunks(4) {
        for character in group {
            let place = ALPHABET.iter().position(|other| other == character).unwrap_or(0);
            bits = bits << 6 | place as u32;
        }
        let padding = group.iter().filter(|character| **character == b'=').count();
        octets.extend_from_slice(&bits.to_be_bytes()[1..4 - padding]);
    }
    octets
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn pem_of(octets: &[u8]) -> String {
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    for group in octets.chunks(3) {
        let bits = group.iter().chain(&[0; 2]).take(3).fold(0, |bits: u32, octet| bits << 8 | u32::from(*octet));
        let characters = [18, 12, 6, 0].map(|shift| ALPHABET[(bits >> shift) as usize & 63] as char);
        text.extend(characters.iter().take(group.len() + 1));
        text.extend(std::iter::repeat_n('=', 3 - group.len()));
    }
    text + "\n-----END CERTIFICATE-----\n"
}

/// The value of this tag, of these octets.
fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = match content.len() {
        len @ ..0x80 => vec![len as u8],
        len @ ..0x100 => vec![0x81, len as u8],
        len => vec![0x82, (len >> 8) as u8, len as u8],
    };
    [&[tag][..], &length, content].concat()
}

/// A certificate of these parts: what is signed of it, and what stands behind.
fn assembled(signed: &[Vec<u8>], behind: &[u8]) -> String {
    pem_of(&tlv(0x30, &[tlv(0x30, &signed.concat()), behind.to_vec()].concat()))
}

fn parts() -> [Vec<u8>; 6] {
    let sequence = tlv(0x30, &[]);
    let key = tlv(0x30, &[sequence.clone(), tlv(0x03, &[0, 1, 2])].concat());
    [tlv(0x02, &[7]), sequence.clone(), tlv(0x30, b"issuer"), sequence, tlv(0x30, b"name"), key]
}

fn behind() -> Vec<u8> {
    [tlv(0x30, &[]), tlv(0x03, &[0, 9])].concat()
}

#[test]
fn sec_24_a_length_that_lies_is_no_certificate() {
    let sound = parts();
    assert!(walked([assembled(&sound, &behind())]).is_ok());
    let with = |place: usize, part: Vec<u8>| {
        let mut parts = parts();
        parts[place] = part;
        assembled(&parts, &behind())
    };
    for (text, why) in [
        (with(0, tlv(0x02, &[])), "no serial number"),
        (with(0, tlv(0x02, &[1; 21])), "a serial number of 21 octets"),
        (with(0, tlv(0x04, &[7])), "a serial number that is none"),
        (with(2, vec![0x30, 0x81, 6, 0, 0, 0, 0, 0, 0]), "not the shortest length"),
        (with(2, vec![0x30, 0x82, 0, 6, 0, 0, 0, 0, 0, 0]), "not the shortest length"),
        (with(2, vec![0x30, 0x80, 0, 0]), "no length at all"),
        (with(2, vec![0x30, 0x85, 0, 0, 0, 0, 6]), "a length of five octets"),
        (with(2, vec![0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), "a length of 4 GB"),
        (with(2, vec![0x3f, 0x30, 0]), "a tag of several octets"),
        (with(4, vec![0x30, 0x7f, 0]), "longer than what it is in"),
        (with(5, tlv(0x30, &[tlv(0x30, &[]), tlv(0x03, &[0, 1]), vec![0]].concat())), "more than a key"),
        (with(5, tlv(0x30, &[tlv(0x30, &[]), tlv(0x03, &[3, 1])].concat())), "a key with unused bits"),
        (with(5, tlv(0x30, &[tlv(0x30, &[]), tlv(0x03, &[])].concat())), "a key of nothing"),
        (with(5, tlv(0x30, &[tlv(0x30, &[0; 9]), vec![0x03, 2, 0]].concat())), "half a key"),
        (assembled(&sound[..5], &behind()), "no key"),
        (assembled(&sound, &tlv(0x30, &[])), "no signature"),
        (assembled(&sound, &[behind(), vec![5, 0]].concat()), "more behind the signature"),
        (pem_of(&[0x30, 0]), "nothing in it"),
        (pem_of(&[]), "nothing"),
        (pem_of(&[tlv(0x30, &[]), behind()].concat()), "more behind it"),
    ] {
        assert_eq!(walked([&text]), Err(MalformedCertificate), "{why}");
    }
    // 21 octets of which the first only says that it is positive.
    let longest = [&[0][..], &[0xff; 20]].concat();
    assert_eq!(outline(&with(0, tlv(0x02, &longest))).serial.to_string(), "ff".repeat(20));
    assert_eq!(outline(&with(0, tlv(0x02, &[0; 30]))).serial.to_string(), "0");
}

#[test]
fn sec_24_what_stands_between_the_markers_is_base64() {
    let sound = assembled(&parts(), &behind());
    let one_line = sound.replace('\n', "");
    let begin = "-----BEGIN CERTIFICATE-----".len();
    for (text, why) in [
        (sound.replace("BEGIN CERT", "BEGIN PRIVATE"), "something else"),
        (sound.replace("BEGIN C", "BEGIN TRUSTED C"), "something else"),
        (sound.replace("-----END CERT", "-----END PRIVATE"), "something else ends"),
        (sound.replace("-----END", "----END"), "four dashes"),
        (format!("{}={}", &one_line[..begin], &one_line[begin..]), "padding first"),
        (format!("{}A{}", &one_line[..begin], &one_line[begin..]), "a character more"),
        (format!("{}*{}", &one_line[..begin], &one_line[begin..]), "no base64"),
        (format!("{}AA==AAAA{}", &one_line[..begin], &one_line[begin..]), "more behind padding"),
        (sound.replace("-----BEGIN", "----- BEGIN"), "no marker"),
    ] {
        assert_eq!(walked([&text]), Err(MalformedCertificate), "{why}: {text}");
    }
}

#[test]
fn sec_24_whichever_octet_is_changed_nothing_breaks() {
    let root = issue(P256, "/CN=Root", LONG, ROOT, None);
    let sound = octets(&root.pem);
    assert_eq!(outline(&pem_of(&sound)), outline(&root.pem));
    for place in 0..sound.len() {
        for octet in [0, 0x30, 0x7f, 0x80, 0x84, 0xff, sound[place] ^ 1] {
            let mut changed = sound.clone();
            changed[place] = octet;
            let _ = walked([pem_of(&changed)]);
            changed.remove(place);
            assert_eq!(walked([pem_of(&changed)]), Err(MalformedCertificate), "without octet {place}");
        }
    }
}
