//! A certificate, whatever is in it: its walk finds the same however it is cut, and a charge point that is sent it in parts
//! answers once, takes it whole or not at all, and lives on.
//!
//! The first byte of the input seeds where it is cut; its highest bit tells that the rest are octets of a certificate, to be
//! put into PEM, the next one that the rest is the payload of an InstallCertificate as it is.
#![no_main]

use embedded_ocpp::certificate::Walk;
use fuzz::bench::{self, Site};
use fuzz::central_system::CentralSystem;
use fuzz::device::Device;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((seed, rest)) = input.split_first() else { return };
    let text = if seed & 0x80 != 0 { pem(rest) } else { rest.to_vec() };
    let mut whole = Walk::new();
    whole.push(&text);
    let mut cut = Walk::new();
    let mut pieces = &*text;
    let mut dice = u32::from(*seed);
    while !pieces.is_empty() {
        dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (piece, others) = pieces.split_at((dice >> 24) as usize % pieces.len().min(70) + 1);
        cut.push(piece);
        pieces = others;
    }
    assert_eq!((whole.finish(), whole.count()), (cut.finish(), cut.count()));

    let payload = if seed & 0x40 != 0 {
        text
    } else {
        let text = String::from_utf8_lossy(&text);
        serde_json::json!({"certificate": text, "certificateType": "CentralSystemRootCertificate"})
            .to_string()
            .into_bytes()
    };
    bench::boot(&Site::default(), &mut Device::default(), |bench| {
        let mut central_system = CentralSystem::default();
        bench.link.part_max = usize::from(seed & 0x3f) + 100;
        bench.link.connect();
        bench.settle();
        bench.converse(&mut central_system);
        let message = [br#"[2,"1","InstallCertificate","#, &*payload, b"]"].concat();
        central_system.send_tolerantly(&mut bench.link, message, "1");
        bench.settle();
        bench.pass(embedded_ocpp::time::Duration::from_secs(1), |_| {});
        bench.converse(&mut central_system);
        let alive = br#"[2,"alive","GetLocalListVersion",{}]"#.to_vec();
        central_system.send(&mut bench.link, alive, true);
        bench.settle();
        bench.converse(&mut central_system);
        assert!(central_system.owed().all(|id| id != "alive"));
    });
});

fn pem(octets: &[u8]) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = b"-----BEGIN CERTIFICATE-----\n".to_vec();
    for group in octets.chunks(3) {
        let bits = group.iter().chain(&[0; 2]).take(3).fold(0, |bits: usize, octet| bits << 8 | usize::from(*octet));
        text.extend([18, 12, 6, 0].iter().take(group.len() + 1).map(|shift| ALPHABET[bits >> shift & 63]));
        text.extend(std::iter::repeat_n(b'=', 3 - group.len()));
    }
    text.extend_from_slice(b"\n-----END CERTIFICATE-----\n");
    text
}
