//! SEC: certificates come, go and are asked for (security whitepaper A02, A03, M03 to M05).

mod support;

use embedded_ocpp::ChargePoint;
use embedded_ocpp::certificate::{Identity, Walk};
use embedded_ocpp::ocpp16::{Certificates, ChainVerdict, Issuer, RootCertificate};
use embedded_ocpp::time::DateTime;
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::sync::LazyLock;
use std::task::Poll;
use support::pki::{self, Issued, P256, P384, PLAIN, ROOT, issue, reissue};
use support::{Bench, Frame, Timeline, bench, leak};

const CENTRAL: &str = "CentralSystemRootCertificate";
const MANUFACTURER: &str = "ManufacturerRootCertificate";

/// What the firmware has for certificates. It outlives every boot of a test, but for what has only been written.
struct Vault {
    written: RefCell<Option<Vec<u8>>>,
    roots: RefCell<Vec<(RootCertificate, String, Identity)>>,
    chain: RefCell<String>,
    in_use: Cell<Option<usize>>,
    /// So often an act is not done yet.
    delay: Cell<u32>,
    waited: Cell<u32>,
    /// There is no place for what comes, or for more than so many bytes of it.
    room: Cell<usize>,
    is_broken: Cell<bool>,
    verdict: Cell<ChainVerdict>,
    request: RefCell<String>,
    asked: RefCell<Vec<(String, String)>>,
    expires: Cell<Option<u32>>,
    capacity: Cell<usize>,
    chain_capacity: Cell<usize>,
    replaces: Cell<bool>,
    /// The supply fails after so many more steps of the firmware.
    steps_left: Cell<Option<u32>>,
}

impl Vault {
    /// Whether there is power for another step.
    fn has_power(&self) -> bool {
        let left = self.steps_left.get();
        self.steps_left.set(left.map(|left| left.saturating_sub(1)));
        left != Some(0)
    }

    fn is_off(&self) -> bool {
        self.steps_left.get() == Some(0)
    }

    fn later<T>(&self, act: impl FnOnce() -> T) -> Poll<T> {
        if self.waited.get() < self.delay.get() {
            self.waited.set(self.waited.get() + 1);
            return Poll::Pending;
        }
        self.waited.set(0);
        if !self.has_power() {
            return Poll::Pending;
        }
        let result = act();
        // It is done, and nobody may have heard of it.
        if self.has_power() { Poll::Ready(result) } else { Poll::Pending }
    }

    fn take_text(&self) -> String {
        String::from_utf8(self.written.take().expect("nothing was written")).unwrap()
    }

    fn ids(&self) -> Vec<Identity> {
        self.roots.borrow().iter().map(|(.., identity)| *identity).collect()
    }

    fn put(&self, root: RootCertificate, certificate: &Issued, issuer: &Issued) {
        self.roots.borrow_mut().push((root, certificate.pem.clone(), identity(certificate, issuer)));
    }
}

fn identity(certificate: &Issued, issuer: &Issued) -> Identity {
    let outline = |pem: &str| {
        let mut walk = Walk::new();
        walk.push(pem.as_bytes());
        walk.finish().unwrap()
    };
    outline(&certificate.pem).issued_by(outline(&issuer.pem).key)
}

impl Certificates for Vault {
    fn begin(&self) -> bool {
        self.written.replace(Some(Vec::new()));
        self.has_power();
        self.room.get() > 0
    }

    fn write(&self, piece: &[u8]) -> bool {
        let mut written = self.written.borrow_mut();
        let written = written.as_mut().expect("written without a beginning");
        written.extend_from_slice(piece);
        self.has_power();
        written.len() <= self.room.get()
    }

    fn abort(&self) {
        assert!(self.written.take().is_some(), "nothing to be aborted");
        self.waited.set(0);
    }

    fn is_signed_by(&self, issuer: Issuer<'_>) -> Poll<bool> {
        self.later(|| {
            let text = String::from_utf8(self.written.borrow().clone().unwrap()).unwrap();
            match issuer {
                Issuer::Itself => pki::is_signed_by(&text, &text),
                Issuer::Root(kind, identity) => {
                    let roots = self.roots.borrow();
                    let (_, pem, _) = roots.iter().find(|root| root.0 == kind && root.2 == *identity).unwrap();
                    pki::is_signed_by(&text, pem)
                }
            }
        })
    }

    fn install(&self, root: RootCertificate, identity: &Identity) -> Poll<bool> {
        self.later(|| {
            if !self.is_broken.get() {
                self.roots.borrow_mut().push((root, self.take_text(), *identity));
            }
            !self.is_broken.get()
        })
    }

    fn root(&self, root: RootCertificate, index: usize) -> Option<Identity> {
        self.roots.borrow().iter().filter(|(kind, ..)| *kind == root).nth(index).map(|(.., identity)| *identity)
    }

    fn remove(&self, root: RootCertificate, identity: &Identity) -> Poll<bool> {
        self.later(|| {
            if !self.is_broken.get() {
                self.roots.borrow_mut().retain(|(kind, _, other)| (*kind, other) != (root, identity));
            }
            !self.is_broken.get()
        })
    }

    fn has_valid_root(&self, root: RootCertificate) -> bool {
        self.root(root, 0).is_some()
    }

    fn root_in_use(&self) -> Option<Identity> {
        Some(self.roots.borrow().get(self.in_use.get()?)?.2)
    }

    fn new_request(&self, organization: &str, serial_number: &str) -> Poll<Option<usize>> {
        self.later(|| {
            self.asked.borrow_mut().push((organization.to_owned(), serial_number.to_owned()));
            Some(self.request.borrow().len()).filter(|_| !self.is_broken.get())
        })
    }

    fn request(&self, begin: usize, buffer: &mut [u8]) -> usize {
        let request = self.request.borrow();
        let rest = &request.as_bytes()[begin..];
        let len = rest.len().min(buffer.len());
        buffer[..len].copy_from_slice(&rest[..len]);
        len
    }

    fn accept_chain(&self) -> Poll<ChainVerdict> {
        self.later(|| {
            if self.verdict.get() == ChainVerdict::Accepted {
                self.chain.replace(self.take_text());
            }
            self.verdict.get()
        })
    }

    fn has_valid_chain(&self) -> bool {
        !self.chain.borrow().is_empty()
    }

    fn expires(&self) -> Option<DateTime> {
        self.expires.get().map(DateTime::from_unix)
    }

    fn root_capacity(&self) -> usize {
        self.capacity.get()
    }

    fn chain_capacity(&self) -> usize {
        self.chain_capacity.get()
    }

    fn replaces_root(&self) -> bool {
        self.replaces.get()
    }
}

thread_local! {
    static VAULT: &'static Vault = leak(Vault {
        written: RefCell::default(),
        roots: RefCell::default(),
        chain: RefCell::default(),
        in_use: Cell::default(),
        delay: Cell::default(),
        waited: Cell::default(),
        room: Cell::new(usize::MAX),
        is_broken: Cell::default(),
        verdict: Cell::new(ChainVerdict::Accepted),
        request: RefCell::default(),
        asked: RefCell::default(),
        expires: Cell::default(),
        capacity: Cell::new(8),
        chain_capacity: Cell::new(10_000),
        replaces: Cell::default(),
        steps_left: Cell::default(),
    });
}

fn vault() -> &'static Vault {
    VAULT.with(|vault| *vault)
}

fn with_vault(charger: &mut ChargePoint<'static>) {
    charger.set_certificates(vault());
}

fn keeping() -> Bench {
    bench().configure(with_vault)
}

/// Switched on and accepted; all that it tells by itself is answered.
fn booted(bench: Bench) -> Timeline {
    let mut t = bench.start();
    t.wire.part_max = usize::MAX;
    t.accept_boot();
    answer_all(&mut t);
    t
}

fn answer_all(t: &mut Timeline) {
    while let Some(frame) = t.next_frame() {
        match frame {
            Frame::Call { id, .. } => t.answer(&id, json!({})),
            other => panic!("not asked: {other:?}"),
        }
    }
}

fn install(t: &mut Timeline, kind: &str, pem: &str, status: &str) {
    t.call("InstallCertificate", json!({"certificateType": kind, "certificate": pem})).expect(status);
}

fn hash_data(certificate: &Issued, issuer: &Issued) -> Value {
    let id = certificate.ocsp_id(issuer);
    json!({
        "hashAlgorithm": "SHA256",
        "issuerNameHash": id.issuer_name_hash,
        "issuerKeyHash": id.issuer_key_hash,
        "serialNumber": id.serial_number,
    })
}

fn list(t: &mut Timeline, kind: &str) -> Value {
    t.call("GetInstalledCertificateIds", json!({ "certificateType": kind })).result()
}

static OLD: LazyLock<Issued> = LazyLock::new(|| issue(P256, "/O=CPO/CN=Old root", "0x1234", ROOT, None));
static NEW: LazyLock<Issued> = LazyLock::new(|| issue(P384, "/O=CPO/CN=New root", "2", ROOT, Some(&OLD)));
static OTHER: LazyLock<Issued> = LazyLock::new(|| issue(P256, "/O=Maker/CN=Root", "3", ROOT, None));

/// A text of so many characters around a certificate.
fn padded(pem: &str, len: usize) -> String {
    let lines = "# \"A\\/ line\" about the certificate\r\n".repeat(len / 30);
    format!("{}\n{pem}", &lines[..len - pem.len() - 1])
}

// ---- InstallCertificate ----

#[test]
fn sec_21_sec_24_a_root_is_installed_with_its_id_and_survives_a_reboot() {
    let mut t = booted(keeping());
    install(&mut t, CENTRAL, &OLD.pem, "Accepted");
    install(&mut t, MANUFACTURER, &OTHER.pem, "Accepted");
    assert_eq!(vault().roots.borrow()[0].1, OLD.pem);
    for _ in 0..2 {
        let central = json!({"status": "Accepted", "certificateHashData": [hash_data(&OLD, &OLD)]});
        assert_eq!(list(&mut t, CENTRAL), central);
        let maker = json!({"status": "Accepted", "certificateHashData": [hash_data(&OTHER, &OTHER)]});
        assert_eq!(list(&mut t, MANUFACTURER), maker);
        t.reboot();
        t.accept_boot();
        answer_all(&mut t);
    }
}

#[test]
fn sec_21_what_is_there_is_accepted_without_a_second_copy() {
    let mut t = booted(keeping());
    install(&mut t, CENTRAL, &OLD.pem, "Accepted");
    install(&mut t, CENTRAL, &OLD.pem, "Accepted");
    assert_eq!(vault().roots.borrow().len(), 1);
    assert!(vault().written.borrow().is_none());
    install(&mut t, MANUFACTURER, &OLD.pem, "Accepted"); // there it is new
    assert_eq!(vault().roots.borrow().len(), 2);
}

#[test]
fn sec_21_sec_23_what_nobody_has_signed_that_is_known_is_rejected_and_told() {
    let mut t = booted(keeping());
    install(&mut t, CENTRAL, &NEW.pem, "Rejected");
    t.expect_event("InvalidCentralSystemCertificate");
    install(&mut t, MANUFACTURER, &NEW.pem, "Rejected"); // that event is not about it
    // The name of an issuer does not make it one.
    let false_one = issue(P256, "/O=CPO/CN=Old root", "9", ROOT, None);
    let by_false_one = issue(P256, "/O=CPO/CN=New", "10", ROOT, Some(&false_one));
    install(&mut t, CENTRAL, &OLD.pem, "Accepted");
    install(&mut t, CENTRAL, &by_false_one.pem, "Rejected");
    t.expect_event("InvalidCentralSystemCertificate");
    install(&mut t, CENTRAL, &NEW.pem, "Accepted");
    assert_eq!(vault().ids(), [identity(&OLD, &OLD), identity(&NEW, &OLD)]);
    assert!(vault().written.borrow().is_none());
}

#[test]
fn sec_21_sec_24_with_two_roots_of_one_name_the_key_tells_who_has_signed() {
    let mut t = booted(keeping());
    let (first, second) = (issue(P256, "/CN=Same", "1", ROOT, None), issue(P384, "/CN=Same", "2", ROOT, None));
    // Its own issuer by name, but not by key.
    let third = issue(P256, "/CN=Same", "3", ROOT, Some(&second));
    for root in [&first, &second, &third] {
        install(&mut t, CENTRAL, &root.pem, "Accepted");
    }
    let ids = [hash_data(&first, &first), hash_data(&second, &second), hash_data(&third, &second)];
    assert_eq!(list(&mut t, CENTRAL), json!({"status": "Accepted", "certificateHashData": ids}));
}

#[test]
fn sec_21_what_is_no_certificate_is_rejected() {
    let mut t = booted(keeping());
    let two = format!("{}{}", OLD.pem, OTHER.pem);
    for text in ["", "hello", &OLD.pem[..300], &OLD.pem.replace("CERTIFICATE", "PRIVATE KEY"), &two] {
        install(&mut t, CENTRAL, text, "Rejected");
        t.expect_event("InvalidCentralSystemCertificate");
        assert!(vault().written.borrow().is_none());
    }
    assert!(vault().roots.borrow().is_empty());
}

#[test]
fn sec_21_key_50_as_many_as_the_key_says_and_not_one_more() {
    vault().capacity.set(2);
    let mut t = booted(keeping());
    install(&mut t, CENTRAL, &OLD.pem, "Accepted");
    install(&mut t, MANUFACTURER, &OTHER.pem, "Accepted");
    install(&mut t, CENTRAL, &NEW.pem, "Rejected");
    let keys = t.call("GetConfiguration", json!({"key": ["CertificateStoreMaxLength"]})).result();
    assert_eq!(keys["configurationKey"], json!([{"key": "CertificateStoreMaxLength", "readonly": true, "value": "2"}]));
    t.call("DeleteCertificate", json!({"certificateHashData": hash_data(&OTHER, &OTHER)})).expect("Accepted");
    install(&mut t, CENTRAL, &NEW.pem, "Accepted");
}

#[test]
fn sec_21_what_cannot_be_kept_has_failed() {
    let mut t = booted(keeping());
    vault().is_broken.set(true);
    install(&mut t, CENTRAL, &OLD.pem, "Failed");
    vault().is_broken.set(false);
    for room in [0, 100] {
        vault().room.set(room);
        install(&mut t, CENTRAL, &OLD.pem, "Failed");
    }
    assert!(vault().written.borrow().is_none() && vault().roots.borrow().is_empty());
}

#[test]
fn sec_21_while_the_firmware_is_at_work_the_answer_waits() {
    vault().delay.set(3);
    let mut t = booted(keeping());
    t.at(10);
    let call = json!({"certificateType": CENTRAL, "certificate": OLD.pem});
    let _ = t.call("InstallCertificate", call.clone());
    t.expect_nothing();
    t.wait(1).next_frame().filter(|frame| matches!(frame, Frame::Result { .. })).unwrap();
    assert_eq!(vault().roots.borrow().len(), 1);
    // A call whose connection is gone meanwhile is void.
    let call = json!({"certificateType": MANUFACTURER, "certificate": OTHER.pem});
    let _ = t.call("InstallCertificate", call);
    t.link_down();
    assert!(vault().written.borrow().is_none());
    t.at(100).link_up();
    answer_all(&mut t);
    assert_eq!(vault().roots.borrow().len(), 1);
    let _ = t.call("DeleteCertificate", json!({"certificateHashData": hash_data(&OLD, &OLD)}));
    t.expect_nothing();
    assert!(matches!(t.wait(1).next_frame(), Some(Frame::Result { payload, .. }) if payload["status"] == "Accepted"));
    assert!(vault().roots.borrow().is_empty());
}

#[test]
fn sec_22_key_47_a_new_root_takes_the_place_of_the_one_that_has_signed_it() {
    vault().replaces.set(true);
    let mut t = booted(keeping());
    let keys = t.call("GetConfiguration", json!({"key": ["AdditionalRootCertificateCheck"]})).result();
    assert_eq!(
        keys["configurationKey"],
        json!([{"key": "AdditionalRootCertificateCheck", "readonly": true, "value": "true"}])
    );
    install(&mut t, CENTRAL, &OLD.pem, "Accepted"); // the first of all
    install(&mut t, CENTRAL, &OTHER.pem, "Rejected"); // signed by itself only
    t.expect_event("InvalidCentralSystemCertificate");
    install(&mut t, MANUFACTURER, &OTHER.pem, "Accepted"); // of these there may be many
    install(&mut t, CENTRAL, &NEW.pem, "Accepted");
    let after = issue(P256, "/CN=After", "5", ROOT, Some(&NEW));
    install(&mut t, CENTRAL, &after.pem, "Rejected"); // the fallback is still there
    // The old one has verified the central system: it stays.
    vault().in_use.set(Some(0));
    t.link_down();
    t.at(60).link_up();
    answer_all(&mut t);
    assert_eq!(vault().ids().len(), 3);
    // The new one has.
    vault().in_use.set(Some(2));
    vault().delay.set(2);
    t.link_down();
    t.at(120).link_up();
    answer_all(&mut t);
    t.at(121);
    assert_eq!(vault().ids(), [identity(&OTHER, &OTHER), identity(&NEW, &OLD)]);
    vault().delay.set(0);
    install(&mut t, CENTRAL, &after.pem, "Accepted");
}

#[test]
fn sec_22_without_the_check_there_are_as_many_as_there_is_room_for() {
    let mut t = booted(keeping());
    install(&mut t, CENTRAL, &OLD.pem, "Accepted");
    install(&mut t, CENTRAL, &OTHER.pem, "Accepted");
    vault().in_use.set(Some(1));
    install(&mut t, CENTRAL, &NEW.pem, "Accepted");
    t.link_down();
    t.at(60).link_up();
    answer_all(&mut t);
    t.at(61);
    assert_eq!(vault().ids().len(), 3);
}

// ---- GetInstalledCertificateIds, DeleteCertificate ----

#[test]
fn sec_24_without_a_root_there_is_no_list() {
    let mut t = booted(keeping());
    vault().put(RootCertificate::Manufacturer, &OTHER, &OTHER);
    assert_eq!(list(&mut t, CENTRAL), json!({"status": "NotFound"}));
    t.call("GetInstalledCertificateIds", json!({"certificateType": "V2GRootCertificate"}))
        .expect_error("PropertyConstraintViolation");
}

#[test]
fn sec_24_all_of_them_are_listed_however_many_there_are() {
    let roots: Vec<_> =
        (0..12).map(|number| reissue(&OLD, "/O=CPO/CN=Old root", &format!("{number}"), ROOT, None)).collect();
    for root in &roots {
        vault().put(RootCertificate::CentralSystem, root, root);
    }
    let mut t = booted(keeping());
    let ids: Vec<_> = roots.iter().map(|root| hash_data(root, root)).collect();
    assert_eq!(list(&mut t, CENTRAL), json!({"status": "Accepted", "certificateHashData": ids}));
    assert!(t.wire.parts > 1);
}

#[test]
fn sec_25_a_root_is_deleted_by_its_id_in_whatever_case() {
    let mut t = booted(keeping());
    vault().put(RootCertificate::CentralSystem, &OLD, &OLD);
    vault().put(RootCertificate::CentralSystem, &NEW, &OLD);
    vault().put(RootCertificate::Manufacturer, &OTHER, &OTHER);
    let mut data = hash_data(&NEW, &OLD);
    data["issuerNameHash"] = json!(data["issuerNameHash"].as_str().unwrap().to_uppercase());
    data["serialNumber"] = json!("0002");
    t.call("DeleteCertificate", json!({ "certificateHashData": data })).expect("Accepted");
    t.call("DeleteCertificate", json!({ "certificateHashData": data })).expect("NotFound");
    assert_eq!(vault().ids(), [identity(&OLD, &OLD), identity(&OTHER, &OTHER)]);
    // One member that is another makes it another certificate.
    let data = hash_data(&OLD, &OLD);
    let zeros = "0".repeat(64);
    for (member, value) in [
        ("issuerNameHash", &*zeros),
        ("issuerKeyHash", &zeros),
        ("issuerKeyHash", "12"),
        ("serialNumber", "1235"),
        ("serialNumber", ""),
        ("hashAlgorithm", "SHA384"),
        ("hashAlgorithm", "SHA512"),
    ] {
        let mut other = data.clone();
        other[member] = json!(value);
        t.call("DeleteCertificate", json!({ "certificateHashData": other })).expect("NotFound");
    }
    vault().is_broken.set(true);
    t.call("DeleteCertificate", json!({ "certificateHashData": data })).expect("Failed");
    vault().is_broken.set(false);
    vault().in_use.set(Some(0));
    t.call("DeleteCertificate", json!({ "certificateHashData": data })).expect("Failed"); // by it we are connected
    vault().in_use.set(None);
    t.call("DeleteCertificate", json!({ "certificateHashData": data })).expect("Accepted"); // even the last one
    t.call("DeleteCertificate", json!({"certificateHashData": hash_data(&OTHER, &OTHER)})).expect("Accepted");
    assert!(vault().roots.borrow().is_empty());
}

// ---- CertificateSigned ----

fn chain_of(pem: &str) -> Value {
    json!({ "certificateChain": pem })
}

static LEAF: LazyLock<Issued> = LazyLock::new(|| issue(P256, "/O=CPO/CN=SN-1", "77", PLAIN, Some(&OLD)));

#[test]
fn sec_16_a_chain_is_taken_over_or_discarded_and_told() {
    let mut t = booted(keeping());
    let chain = format!("{}{}", LEAF.pem, OLD.pem);
    for (verdict, delay) in [(ChainVerdict::Invalid, 0), (ChainVerdict::Failed, 2), (ChainVerdict::Invalid, 2)] {
        vault().verdict.set(verdict);
        vault().delay.set(delay);
        let _ = t.call("CertificateSigned", chain_of(&chain));
        let answer = t.wait(1).next_frame();
        assert!(matches!(answer, Some(Frame::Result { payload, .. }) if payload["status"] == "Rejected"));
        if verdict == ChainVerdict::Invalid {
            t.expect_event("InvalidChargePointCertificate");
        }
        assert!(vault().written.borrow().is_none() && !vault().has_valid_chain());
    }
    vault().delay.set(0);
    vault().verdict.set(ChainVerdict::Accepted);
    for text in ["", "no chain", &chain[..chain.len() - 9]] {
        t.call("CertificateSigned", chain_of(text)).expect("Rejected");
        t.expect_event("InvalidChargePointCertificate");
    }
    t.call("CertificateSigned", chain_of(&chain)).expect("Accepted");
    assert_eq!(*vault().chain.borrow(), chain);
    t.at(10).expect_nothing(); // without profile 3 it is only kept
}

#[test]
fn sec_16_in_profile_3_the_next_connection_has_it() {
    let mut t = booted(keeping().key("SecurityProfile", "3"));
    t.call("CertificateSigned", chain_of(&LEAF.pem)).expect("Accepted");
    assert!(t.take_errors().iter().any(|error| error.contains("Reconnect")));
}

#[test]
fn sec_20_key_49_a_chain_longer_than_the_key_says_is_rejected() {
    vault().chain_capacity.set(3000);
    let mut t = booted(keeping());
    let keys = t.call("GetConfiguration", json!({"key": ["CertificateSignedMaxChainSize"]})).result();
    assert_eq!(
        keys["configurationKey"],
        json!([{"key": "CertificateSignedMaxChainSize", "readonly": true, "value": "3000"}])
    );
    t.call("CertificateSigned", chain_of(&padded(&LEAF.pem, 3001))).expect("Rejected");
    assert!(vault().written.borrow().is_none());
    t.call("CertificateSigned", chain_of(&padded(&LEAF.pem, 3000))).expect("Accepted");
}

// ---- Long texts ----

#[test]
fn sec_43_a_certificate_of_5500_and_a_chain_of_10000_characters_pass_a_buffer_of_2_kib() {
    let mut t = booted(keeping());
    let (certificate, chain) = (padded(&OLD.pem, 5500), padded(&LEAF.pem, 10_000));
    for part_max in (64..2048).step_by(37).chain([2048]) {
        t.wire.part_max = part_max;
        install(&mut t, CENTRAL, &certificate, "Accepted");
        assert_eq!(
            vault().roots.borrow_mut().pop().unwrap(),
            (RootCertificate::CentralSystem, certificate.clone(), identity(&OLD, &OLD))
        );
        t.call("CertificateSigned", chain_of(&chain)).expect("Accepted");
        assert_eq!(vault().chain.take(), chain);
    }
    let longer = json!({"certificateType": CENTRAL, "certificate": padded(&OLD.pem, 5501)});
    t.call("InstallCertificate", longer).expect_error("PropertyConstraintViolation");
    t.call("CertificateSigned", chain_of(&padded(&LEAF.pem, 10_001))).expect_error("PropertyConstraintViolation");
    assert!(vault().written.borrow().is_none() && vault().roots.borrow().is_empty());
}

#[test]
fn sec_43_parts_of_any_size_bring_the_same() {
    let mut t = booted(keeping());
    let certificate = padded(&OLD.pem, 2500);
    for part_max in 1..=80 {
        t.wire.part_max = part_max;
        install(&mut t, CENTRAL, &certificate, "Accepted");
        assert_eq!(vault().roots.borrow_mut().pop().unwrap().1, certificate, "{part_max}");
    }
}

/// A request as a text of its own: what stands before the certificate, the certificate with its escapes, what stands behind.
fn request(before: &str, pem: &str, behind: &str) -> String {
    format!(r#"{{{before}"certificate":"{pem}"{behind}}}"#)
}

fn escaped(pem: &str) -> String {
    pem.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\r', "\\r")
}

#[test]
fn sec_43_the_members_come_in_any_order_and_with_any_escapes() {
    let mut t = booted(keeping());
    let certificate = padded(&OLD.pem, 4000);
    let plain = escaped(&certificate);
    let kind = format!(r#""certificateType":"{CENTRAL}""#);
    let slashes = plain.replace('/', "\\/").replace('=', "\\u003d").replace('+', "\\u002B").replace("\\n", "\\u000a");
    for text in [&plain, &slashes] {
        for request in [request(&format!("{kind}, "), text, ""), request("", text, &format!(" ,\n{kind}"))] {
            for part_max in [63, 64, 65, 66, 67, 68, 2048] {
                t.wire.part_max = part_max;
                t.call_as_written("InstallCertificate", &request).expect("Accepted");
                assert_eq!(vault().roots.borrow_mut().pop().unwrap().1, certificate);
            }
        }
    }
}

#[test]
fn sec_43_rpc_17_what_is_wrong_behind_a_long_text_leaves_nothing_of_it() {
    let mut t = booted(keeping());
    let text = escaped(&padded(&OLD.pem, 4000));
    let kind = format!(r#","certificateType":"{CENTRAL}""#);
    for (request, code) in [
        (request("", &text, ""), "OccurenceConstraintViolation"),
        (request("", &text, r#","certificateType":"Root""#), "PropertyConstraintViolation"),
        (request("", &text, r#","certificateType":7"#), "TypeConstraintViolation"),
        (request("", &text, &format!(r#"{kind},"more":1"#)), "FormationViolation"),
        (request("", &text, &format!(r#"{kind},"certificate":"""#)), "OccurenceConstraintViolation"),
        (request("", &text, &format!(r#"{kind},"certificate":"{text}""#)), "OccurenceConstraintViolation"),
        (request(r#""x":{"certificate":"a"},"#, &text, &kind), "FormationViolation"),
    ] {
        for part_max in [500, 2048] {
            t.wire.part_max = part_max;
            t.call_as_written("InstallCertificate", &request).expect_error(code);
            assert!(vault().written.borrow().is_none(), "{code}");
        }
    }
    for broken in [
        request("", &text, &format!("{kind},")),
        request("", &format!("{text}\\x"), &kind),
        request("", &format!("{text}\n"), &kind),
        format!(r#"{{"certificate":"{text}"#),
    ] {
        let _ = t.call_as_written("InstallCertificate", &broken).later();
        t.expect_nothing();
        assert!(vault().written.borrow().is_none());
    }
    // What is no JSON stays, and with it all that follows: that is too long.
    t.call_as_written("InstallCertificate", &request("", &format!("{text}\u{0}{text}"), &kind)).expect("Rejected");
    assert!(vault().written.borrow().is_none() && vault().roots.borrow().is_empty());
    install(&mut t, CENTRAL, &OLD.pem, "Accepted"); // the connection lives
}

#[test]
fn sec_43_wherever_the_link_is_cut_nothing_is_left() {
    let certificate = padded(&OLD.pem, 3000);
    let message = format!(
        r#"[2,"1","InstallCertificate",{}]"#,
        request("", &escaped(&certificate), &format!(r#","certificateType":"{CENTRAL}""#))
    );
    let mut t = booted(keeping());
    t.wire.part_max = 1900;
    for end in 1..message.len() {
        t.wire.incoming.push_back(message.as_bytes()[..end].to_vec());
        t.wire.unended = true;
        t.settle();
        assert!(t.wire.outgoing.is_empty());
        t.link_down();
        assert!(vault().written.borrow().is_none(), "{end}");
        t.wire.unended = false;
        t.link_up();
    }
    assert!(vault().roots.borrow().is_empty());
    t.send(&message);
    assert!(matches!(t.next_frame(), Some(Frame::Result { payload, .. }) if payload["status"] == "Accepted"));
}

#[test]
fn sec_60_a_transport_without_parts_is_answered_with_a_status_and_lives() {
    let mut t = booted(keeping());
    t.wire.part_max = 0;
    install(&mut t, CENTRAL, &padded(&OLD.pem, 3000), "Rejected");
    t.call("CertificateSigned", chain_of(&padded(&LEAF.pem, 9000))).expect("Rejected");
    assert!(vault().written.borrow().is_none());
    install(&mut t, CENTRAL, &OLD.pem, "Accepted");
    // With parts it is so where the text is not what is too long.
    t.wire.part_max = 2048;
    let request = request(&format!(r#""x":"{}","#, "y".repeat(3000)), &escaped(&padded(&OLD.pem, 3000)), "");
    t.call_as_written("InstallCertificate", &request).expect("Rejected");
    t.call("ChangeConfiguration", json!({"key": "CpoName", "value": "y".repeat(3000)})).expect_error("InternalError");
    t.change_key("CpoName", "CPO", "Accepted");
}

#[test]
fn sec_43_other_messages_go_out_while_a_long_one_comes_in() {
    let mut t = booted(keeping());
    t.at(10);
    let message = format!(
        r#"[2,"1","InstallCertificate",{}]"#,
        request("", &escaped(&padded(&OLD.pem, 5000)), &format!(r#","certificateType":"{CENTRAL}""#))
    );
    t.wire.incoming.push_back(message.as_bytes()[..3000].to_vec());
    t.wire.unended = true;
    t.settle();
    t.plug(1);
    let _ = t.expect_call("StatusNotification", json!({"connectorId": 1, "status": "Preparing"})).ignore();
    t.wire.unended = false;
    t.wire.incoming.back_mut().unwrap().extend_from_slice(&message.as_bytes()[3000..]);
    t.settle();
    assert!(matches!(t.next_frame(), Some(Frame::Result { payload, .. }) if payload["status"] == "Accepted"));
}

// ---- What must not be harmed ----

#[test]
fn sec_21_wherever_the_power_fails_a_root_is_there_or_not_and_never_twice() {
    for is_long in [false, true] {
        let pem = if is_long { padded(&OLD.pem, 4000) } else { OLD.pem.clone() };
        let mut outcomes = (0, 0);
        for steps in 1.. {
            vault().roots.take();
            let mut t = booted(keeping());
            vault().steps_left.set(Some(steps));
            let _ = t.call("InstallCertificate", json!({"certificateType": CENTRAL, "certificate": pem}));
            t.wait(1);
            let was_off = vault().is_off();
            let is_answered = t.next_frame().is_some();
            t.power_cut();
            vault().steps_left.set(None);
            vault().written.take();
            t.power_on();
            t.link_up();
            t.accept_boot();
            answer_all(&mut t);
            let there = vault().ids();
            assert!(there.is_empty() || there == [identity(&OLD, &OLD)], "{steps}");
            assert!(!is_answered || !there.is_empty(), "accepted, and gone after {steps} steps");
            outcomes = if there.is_empty() { (outcomes.0 + 1, outcomes.1) } else { (outcomes.0, outcomes.1 + 1) };
            install(&mut t, CENTRAL, &pem, "Accepted");
            assert_eq!(vault().ids(), [identity(&OLD, &OLD)]);
            let ids = json!({"status": "Accepted", "certificateHashData": [hash_data(&OLD, &OLD)]});
            assert_eq!(list(&mut t, CENTRAL), ids);
            if !was_off {
                break;
            }
        }
        assert!(outcomes.0 > 3 && outcomes.1 > 1, "{outcomes:?}: nothing was cut");
    }
}

#[test]
fn sec_22_wherever_the_power_fails_between_two_roots_one_of_them_stays() {
    vault().replaces.set(true);
    for steps in 1.. {
        vault().roots.take();
        vault().put(RootCertificate::CentralSystem, &OLD, &OLD);
        vault().put(RootCertificate::CentralSystem, &NEW, &OLD);
        vault().in_use.set(Some(1));
        let mut t = booted(keeping());
        t.link_down();
        vault().roots.take();
        vault().put(RootCertificate::CentralSystem, &OLD, &OLD);
        vault().put(RootCertificate::CentralSystem, &NEW, &OLD);
        vault().steps_left.set(Some(steps));
        t.at(60).link_up();
        t.stall(61);
        let was_off = vault().is_off();
        t.power_cut();
        vault().steps_left.set(None);
        assert!(vault().ids().contains(&identity(&NEW, &OLD)), "{steps}");
        vault().in_use.set(Some(vault().ids().len() - 1));
        t.power_on();
        t.link_up();
        t.accept_boot();
        answer_all(&mut t);
        assert_eq!(vault().ids(), [identity(&NEW, &OLD)]);
        if !was_off {
            break;
        }
    }
}

#[test]
fn sec_60_whatever_comes_in_parts_the_connection_lives_and_nothing_is_left() {
    let mut dice = 1_u32;
    let mut roll = move |sides: usize| {
        dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (dice >> 8) as usize % sides
    };
    let mut t = booted(keeping());
    let certificate = escaped(&padded(&OLD.pem, 3000));
    let kind = format!(r#","certificateType":"{CENTRAL}""#);
    let sound = format!(r#"[2,"1","InstallCertificate",{}]"#, request("", &certificate, &kind)).into_bytes();
    let (mut answered, mut installed) = (0, 0);
    for round in 0..3000 {
        let mut message = sound.clone();
        for _ in 0..roll(4) {
            let place = roll(message.len());
            match roll(5) {
                0 => message[place] = [b'"', b'\\', b'{', b'}', b',', b':', b'u', 0, 0xff, b'-', b'='][roll(11)],
                1 => drop(message.remove(place)),
                2 => message.insert(place, [b'"', b'\\', b']', 0xc3, b'A'][roll(5)]),
                3 => message.truncate(place.max(1)),
                _ => {
                    let piece = message[place..(place + roll(200)).min(message.len())].to_vec();
                    message.splice(place..place, piece);
                }
            }
        }
        t.wire.part_max = [64, 65, 100, 777, 2048][roll(5)] + roll(3);
        t.wire.incoming.push_back(message);
        t.settle();
        while let Some(text) = t.wire.outgoing.pop_front() {
            let frame: Value = serde_json::from_str(&text).unwrap();
            if frame[0] == 2 {
                t.answer(frame[1].as_str().unwrap(), json!({}));
            } else {
                answered += 1;
                installed += u32::from(frame[2]["status"] == "Accepted");
            }
        }
        assert!(vault().written.borrow().is_none(), "round {round}");
        assert_eq!(list(&mut t, MANUFACTURER), json!({"status": "NotFound"}));
        for (_, pem, id) in vault().roots.take() {
            assert!(pem.contains(&OLD.pem) && id == identity(&OLD, &OLD), "round {round}");
        }
    }
    assert!(answered > 1000 && installed > 500, "{answered} {installed}");
}

// ---- SignCertificate ----

fn with_serial_number() -> Bench {
    keeping().serial_number("SN-0001")
}

const REQUEST: &str = "-----BEGIN CERTIFICATE REQUEST-----\nMIIB+/=\n-----END CERTIFICATE REQUEST-----\n";

fn trigger(t: &mut Timeline, status: &str) {
    t.call("ExtendedTriggerMessage", json!({"requestedMessage": "SignChargePointCertificate"})).expect(status);
}

#[test]
fn sec_14_sec_10_sec_49_a_certificate_is_asked_for_once_after_the_answer() {
    vault().request.replace(REQUEST.into());
    let mut t = booted(with_serial_number().key("CpoName", "Strom & Söhne"));
    for (delay, is_accepted) in [(0, true), (5, false)] {
        vault().delay.set(delay);
        vault().asked.take();
        trigger(&mut t, "Accepted");
        t.wait(1);
        let status = if is_accepted { "Accepted" } else { "Rejected" };
        t.expect_call("SignCertificate", json!({ "csr": REQUEST })).answer(json!({ "status": status }));
        assert_eq!(*vault().asked.borrow(), [("Strom & Söhne".to_owned(), "SN-0001".to_owned())]);
    }
    t.at(80_000).expect_nothing();
    vault().delay.set(0);
    trigger(&mut t, "Accepted");
    t.expect_call("SignCertificate", json!({})).refuse("NotImplemented");
    vault().is_broken.set(true);
    trigger(&mut t, "Accepted");
    t.at(81_000).expect_nothing();
}

#[test]
fn sec_14_a_request_that_is_longer_than_the_send_buffer_goes_out_in_pieces() {
    let mut t = booted(with_serial_number().key("CpoName", "CPO"));
    for len in [1, 63, 64, 65, 1500, 1508, 1509, 1510, 1511, 1512, 1513, 1514, 1515, 5500] {
        let text: String = "-----BEGIN\nABCDEFGH+/=\n".chars().cycle().take(len).collect();
        vault().request.replace(text.clone());
        trigger(&mut t, "Accepted");
        t.expect_call("SignCertificate", json!({ "csr": text })).answer(json!({"status": "Accepted"}));
    }
    assert!(t.wire.parts > 3);
    vault().request.replace("A".repeat(5501));
    trigger(&mut t, "Accepted");
    t.expect_nothing();
}

#[test]
fn sec_49_without_an_answer_it_goes_out_over_the_next_connection_but_not_after_a_timeout() {
    vault().request.replace(REQUEST.into());
    let mut t = booted(with_serial_number().key("CpoName", "CPO"));
    t.at(10);
    trigger(&mut t, "Accepted");
    let _ = t.expect_call("SignCertificate", json!({})).ignore();
    t.link_down();
    t.at(100).link_up();
    let _ = t.expect_call("SignCertificate", json!({ "csr": REQUEST })).ignore();
    assert_eq!(vault().asked.borrow().len(), 1); // with the key that was made
    t.at(80_000).expect_nothing();
}

#[test]
fn sec_19_key_51_without_a_name_or_a_number_nothing_is_asked_for() {
    vault().request.replace(REQUEST.into());
    let mut t = booted(with_serial_number());
    trigger(&mut t, "Rejected");
    t.change_key("CpoName", &"y".repeat(65), "Rejected");
    t.change_key("CpoName", "a\"b", "Rejected");
    t.call_as_written("ChangeConfiguration", r#"{"key":"cponame","value":"Str\u00f6m \u0026 S\u00f6hne"}"#)
        .expect("Accepted");
    let keys = t.call("GetConfiguration", json!({"key": ["CpoName"]})).result();
    assert_eq!(keys["configurationKey"], json!([{"key": "CpoName", "readonly": false, "value": "Ström & Söhne"}]));
    t.change_key("CpoName", &"y".repeat(64), "Accepted");
    t.reboot();
    t.accept_boot();
    answer_all(&mut t);
    trigger(&mut t, "Accepted");
    t.expect_call("SignCertificate", json!({})).answer(json!({"status": "Accepted"}));
    assert_eq!(vault().asked.borrow()[0].0, "y".repeat(64));
    let mut t = booted(keeping().key("CpoName", "CPO"));
    trigger(&mut t, "Rejected");
    let mut t = booted(bench());
    trigger(&mut t, "NotImplemented");
}

/// 2025-01-01, at which every timeline begins.
const BEGINNING: u32 = 1_735_689_600;
const DAY: u32 = 86_400;

#[test]
fn sec_18_it_is_renewed_a_month_ahead_once() {
    vault().request.replace(REQUEST.into());
    vault().expires.set(Some(BEGINNING + 30 * DAY + 5000));
    let mut t = booted(with_serial_number().key("CpoName", "CPO"));
    t.at(5000);
    t.wait(3600);
    t.expect_call("SignCertificate", json!({ "csr": REQUEST })).answer(json!({"status": "Accepted"}));
    assert!((5000..=8601).contains(&t.seconds()));
    t.at(60_000).expect_nothing();
    // The next one ends in a year.
    vault().expires.set(Some(BEGINNING + 395 * DAY));
    t.call("CertificateSigned", chain_of(&LEAF.pem)).expect("Accepted");
    t.at(80_000).expect_nothing();
}

// ---- Without a store ----

#[test]
fn sec_21_without_a_store_nothing_of_it_is_supported() {
    let mut t = booted(bench());
    let certificate = json!({"certificateType": CENTRAL, "certificate": OLD.pem});
    t.call("InstallCertificate", certificate).expect_error("NotSupported");
    let long = json!({"certificateType": CENTRAL, "certificate": padded(&OLD.pem, 5000)});
    t.call("InstallCertificate", long).expect_error("InternalError");
    t.call("CertificateSigned", chain_of(&LEAF.pem)).expect_error("NotSupported");
    t.call("GetInstalledCertificateIds", json!({"certificateType": CENTRAL})).expect_error("NotSupported");
    t.call("DeleteCertificate", json!({"certificateHashData": hash_data(&OLD, &OLD)})).expect_error("NotSupported");
}
