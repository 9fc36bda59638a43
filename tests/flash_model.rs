//! The model of NOR flash that the power-cut tests stand on: each rule of the chips bites.

#[path = "support/nor_flash.rs"]
mod nor_flash;

use embedded_storage::nor_flash::{NorFlash as _, ReadNorFlash as _};
use nor_flash::{
    Chip, Content, Cut, Esp32, FlashError, HalfErased, NorFlash, Nrf52, Operation, Stm32f4, Stm32h7, Tear,
};
use std::panic::{AssertUnwindSafe, catch_unwind};

type F4 = Stm32f4<4, { 16 * 1024 }>;
type H7 = Stm32h7<{ 8 * 1024 }, false>;
type H7Tells = Stm32h7<{ 8 * 1024 }, true>;

fn flash<C: Chip>() -> NorFlash<'static, C> {
    NorFlash::erased(2)
}

fn read<C: Chip>(flash: &mut NorFlash<'_, C>, offset: u32, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    flash.read(offset, &mut bytes).unwrap();
    bytes
}

fn breaks_a_rule(work: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(work)).is_err()
}

#[test]
fn what_is_written_is_read_until_it_is_erased() {
    let mut flash = flash::<F4>();
    flash.write(8, &[1, 2, 3, 4, 5, 6, 7, 8]).unwrap();
    flash.write(16 * 1024, &[9; 4]).unwrap();
    assert_eq!(read(&mut flash, 6, 11), [0xff, 0xff, 1, 2, 3, 4, 5, 6, 7, 8, 0xff]);
    flash.erase(0, 16 * 1024).unwrap();
    assert_eq!(read(&mut flash, 8, 8), [0xff; 8]);
    assert_eq!(read(&mut flash, 16 * 1024, 4), [9; 4]);
    assert_eq!((flash.wear.writes, flash.wear.bytes_written, &*flash.wear.erases), (2, 12, &[1, 0][..]));
}

#[test]
fn every_operation_is_aligned_and_within_bounds() {
    assert!(breaks_a_rule(|| flash::<Esp32>().read(2, &mut [0; 4]).unwrap()));
    assert!(breaks_a_rule(|| flash::<Esp32>().read(0, &mut [0; 3]).unwrap()));
    assert!(breaks_a_rule(|| flash::<F4>().write(2, &[0; 4]).unwrap()));
    assert!(breaks_a_rule(|| flash::<F4>().write(0, &[0; 6]).unwrap()));
    assert!(breaks_a_rule(|| flash::<H7>().write(0, &[0; 16]).unwrap()));
    assert!(breaks_a_rule(|| flash::<Esp32>().erase(0, 4000).unwrap()));
    assert!(breaks_a_rule(|| flash::<Esp32>().erase(4, 4100).unwrap()));
    assert!(breaks_a_rule(|| flash::<Esp32>().erase(0, 0).unwrap()));
    assert!(breaks_a_rule(|| flash::<Esp32>().read(8192, &mut [0; 4]).unwrap()));
    assert!(breaks_a_rule(|| flash::<Esp32>().write(8192, &[0; 4]).unwrap()));
    assert!(breaks_a_rule(|| flash::<Esp32>().erase(4096, 12_288).unwrap()));
}

#[test]
fn a_word_is_written_as_often_as_the_chip_allows() {
    fn writes<C: Chip>(bytes: u8) -> usize {
        let mut flash = flash::<C>();
        let word = vec![bytes; C::WORD];
        (0..10).take_while(|_| !breaks_a_rule(|| flash.write(0, &word).unwrap())).count()
    }
    assert_eq!((writes::<F4>(0x5a), writes::<H7>(0x5a), writes::<Nrf52>(0x5a), writes::<Esp32>(0x5a)), (1, 1, 2, 10));
    // The code of the error correction is written also with a word that changes nothing.
    assert_eq!((writes::<H7>(0xff), writes::<F4>(0xff)), (1, 10));
    assert_eq!((writes::<H7>(0), writes::<F4>(0)), (1, 10));
}

#[test]
fn a_second_write_only_clears_bits() {
    let mut flash = flash::<Esp32>();
    flash.write(0, &[0xf0; 4]).unwrap();
    flash.write(0, &[0x3c; 4]).unwrap();
    assert_eq!(read(&mut flash, 0, 4), [0x30; 4]);
}

#[test]
fn a_write_stops_at_any_byte() {
    let bytes = [0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88];
    let left = |after, word| {
        let mut flash = flash::<F4>();
        flash.cut_after(1, Cut::Write { after, word });
        flash.write(16, &[0; 4]).unwrap();
        assert_eq!(flash.write(0, &bytes), Err(FlashError::PowerIsOff));
        assert_eq!(flash.read(0, &mut [0; 4]), Err(FlashError::PowerIsOff));
        assert_eq!(flash.write(32, &[0; 4]), Err(FlashError::PowerIsOff));
        assert_eq!(flash.erase(0, 16 * 1024), Err(FlashError::PowerIsOff));
        flash.restore();
        assert_eq!(read(&mut flash, 16, 4), [0; 4]);
        read(&mut flash, 0, 8)
    };
    assert_eq!(left(0, Tear::Nothing), [0xff; 8]);
    assert_eq!(left(6, Tear::Nothing), [0x11, 0x22, 0x33, 0x44, 0xff, 0xff, 0xff, 0xff]);
    assert_eq!(left(6, Tear::Prefix), [0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0xff, 0xff]);
    assert_eq!(left(8, Tear::Nothing), bytes);
    let torn = left(6, Tear::Bits(7));
    assert_eq!(torn[..4], bytes[..4]);
    assert!(torn[4..] != bytes[4..] && torn[4..] != [0xff; 4], "{torn:x?}");
    assert!(torn.iter().zip(bytes).all(|(torn, byte)| torn & byte == byte), "{torn:x?}");
}

#[test]
fn an_erase_stops_anywhere() {
    let erased_words = |left| {
        let mut flash = flash::<Nrf52>();
        flash.write(0, &[0; 4096]).unwrap();
        flash.cut_after(0, Cut::Erase(left));
        assert_eq!(flash.erase(0, 4096), Err(FlashError::PowerIsOff));
        flash.restore();
        let words: Vec<bool> = read(&mut flash, 0, 4096).chunks(4).map(|word| word == [0xff; 4]).collect();
        (words[..512].iter().filter(|is| **is).count(), words[512..].iter().filter(|is| **is).count())
    };
    assert_eq!(erased_words(HalfErased::Nothing), (0, 0));
    assert_eq!(erased_words(HalfErased::FirstHalf), (512, 0));
    assert_eq!(erased_words(HalfErased::All), (512, 512));
    let (first, second) = erased_words(HalfErased::Words(1));
    assert!((200..300).contains(&first) && (200..300).contains(&second), "{first} {second}");
}

#[test]
fn a_torn_word_with_error_correction_is_garbage_or_an_error_until_its_erase() {
    let cut = Cut::Write { after: 33, word: Tear::Prefix };
    let mut garbage = flash::<H7>();
    garbage.cut_after(0, cut);
    garbage.write(0, &[0x77; 64]).unwrap_err();
    garbage.restore();
    let left = read(&mut garbage, 0, 64);
    assert_eq!(left[..32], [0x77; 32]);
    assert!(left[32..] != [0x77; 32] && left[32..] != [0xff; 32]);
    assert!(breaks_a_rule(|| garbage.write(32, &[0; 32]).unwrap()));

    let mut error = flash::<H7Tells>();
    error.cut_after(0, cut);
    error.write(0, &[0x77; 64]).unwrap_err();
    error.restore();
    assert_eq!(read(&mut error, 0, 32), [0x77; 32]);
    for (offset, len) in [(32, 32), (63, 1), (0, 64), (31, 2)] {
        assert_eq!(error.read(offset, &mut vec![0; len]), Err(FlashError::Uncorrectable));
    }
    error.erase(0, 8 * 1024).unwrap();
    assert_eq!(read(&mut error, 32, 32), [0xff; 32]);
}

#[test]
fn a_clone_of_the_content_keeps_what_it_holds() {
    let mut flash = flash::<F4>();
    flash.write(0, &[1; 4]).unwrap();
    let before = flash.content.clone();
    flash.write(4, &[2; 4]).unwrap();
    let mut old = NorFlash::<F4>::new(before.clone());
    assert_eq!(read(&mut old, 0, 8), [1, 1, 1, 1, 0xff, 0xff, 0xff, 0xff]);
    // What is cut out of a clone is what a cut of the running chip leaves.
    let (operation, cut) =
        (Operation::Write { offset: 4, bytes: &[2; 4] }, Cut::Write { after: 3, word: Tear::Prefix });
    let mut cut_out: Content = before;
    cut_out.cut::<F4>(operation, cut);
    old.cut_after(0, cut);
    old.write(4, &[2; 4]).unwrap_err();
    assert!(old.content == cut_out && old.content != flash.content);
}

#[test]
fn who_watches_sees_what_was_there_before() {
    let seen = std::cell::RefCell::new(Vec::new());
    let watch = |content: &Content, operation: Operation<'_>| {
        let mut before = NorFlash::<F4>::new(content.clone());
        seen.borrow_mut().push((read(&mut before, 0, 4), format!("{operation:?}")));
    };
    let mut flash = NorFlash::<F4>::watched(Content::erased(16 * 1024), &watch);
    flash.write(0, &[1; 4]).unwrap();
    flash.erase(0, 16 * 1024).unwrap();
    let seen = seen.take();
    assert_eq!(seen[0], (vec![0xff; 4], "Write { offset: 0, bytes: [1, 1, 1, 1] }".to_owned()));
    assert_eq!(seen[1], (vec![1; 4], "Erase { from: 0, to: 16384 }".to_owned()));
}
