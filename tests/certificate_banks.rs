//! Where `examples/mbedtls` keeps certificates and keys on a flash: whenever the power fails, what was before is there or what
//! is to be.

extern crate alloc; // which the example names

#[path = "../examples/mbedtls/src/certificates/banks.rs"]
mod banks;
#[path = "support/nor_flash.rs"]
mod nor_flash;

use banks::Banks;
use nor_flash::{
    Chance, Chip, Content, Cut, Ecc, Esp32, HalfErased, NorFlash, Nrf52, Operation, Stm32f4, Stm32h7, Tear,
};
use std::cell::RefCell;

const KIB: usize = 1024;

/// What is kept after a boot; `None` when nothing ever was.
fn kept<C: Chip>(content: &Content) -> Option<Vec<u8>> {
    Banks::open(NorFlash::<C>::new(content.clone())).1
}

/// Writes after a boot, and tells whether that was kept.
fn write<C: Chip>(content: &mut Content, bytes: &[u8], cut: Option<(u64, Cut)>) -> bool {
    let mut flash = NorFlash::<C>::new(content.clone());
    if let Some((operations, cut)) = cut {
        flash.cut_after(operations, cut);
    }
    let is_kept = Banks::open(&mut flash).0.write(bytes);
    *content = flash.content;
    is_kept
}

/// The lengths of all that a write does; `None` is an erase.
fn operations<C: Chip>(content: &Content, bytes: &[u8]) -> Vec<Option<usize>> {
    let lengths = RefCell::new(Vec::new());
    let watch = |_: &Content, operation: Operation<'_>| {
        lengths.borrow_mut().push(match operation {
            Operation::Write { bytes, .. } => Some(bytes.len()),
            Operation::Erase { .. } => None,
        });
    };
    assert!(Banks::open(NorFlash::<C>::watched(content.clone(), &watch)).0.write(bytes));
    lengths.into_inner()
}

/// Every way in which the power may fail in one of them.
fn cuts(operation: Option<usize>, chance: &mut Chance) -> Vec<Cut> {
    let Some(len) = operation else {
        let some = (0..8).map(|_| HalfErased::Words(chance.next()));
        return some.chain([HalfErased::Nothing, HalfErased::FirstHalf, HalfErased::All]).map(Cut::Erase).collect();
    };
    let tears = |after| [Tear::Nothing, Tear::Prefix, Tear::Bits(after as u64)];
    (0..=len).flat_map(|after| tears(after).map(|word| Cut::Write { after, word })).collect()
}

fn sweep<C: Chip>() {
    let mut chance = Chance(7);
    let mut content = Content::erased(2 * C::PAGE);
    let mut before = None;
    assert_eq!(kept::<C>(&content), before);
    for len in [1, 100, 0, 333, 64] {
        let after: Vec<_> = (0..len).map(|_| chance.next() as u8).collect();
        for (operation, index) in operations::<C>(&content, &after).into_iter().zip(0..) {
            for cut in cuts(operation, &mut chance) {
                let mut left = content.clone();
                assert!(!write::<C>(&mut left, &after, Some((index, cut))));
                let found = kept::<C>(&left);
                assert!(
                    found == before || found.as_ref() == Some(&after),
                    "{} of {len} bytes: {cut:?} in {operation:?}",
                    C::NAME
                );
                assert!(write::<C>(&mut left, b"later", None));
                assert_eq!(kept::<C>(&left).as_deref(), Some(&b"later"[..]));
            }
        }
        assert!(write::<C>(&mut content, &after, None));
        before = Some(after);
        assert_eq!(kept::<C>(&content), before);
    }
}

#[test]
fn a_power_cut_anywhere_leaves_what_was_before_or_what_is_to_be() {
    sweep::<Esp32>();
    sweep::<Nrf52>();
    sweep::<Stm32f4<4, { 16 * KIB }>>();
    sweep::<Ecc<16, { 8 * KIB }, true>>();
    sweep::<Stm32h7<{ 8 * KIB }, false>>();
}

#[test]
fn what_has_no_room_is_not_kept_and_what_was_before_is() {
    let mut content = Content::erased(2 * Nrf52::PAGE);
    assert!(write::<Nrf52>(&mut content, b"before", None));
    assert!(!write::<Nrf52>(&mut content, &[7; Nrf52::PAGE - 31], None));
    assert_eq!(kept::<Nrf52>(&content).as_deref(), Some(&b"before"[..]));
    assert!(write::<Nrf52>(&mut content, &[7; Nrf52::PAGE - 32], None));
    assert_eq!(kept::<Nrf52>(&content).as_deref(), Some(&[7; Nrf52::PAGE - 32][..]));
}
