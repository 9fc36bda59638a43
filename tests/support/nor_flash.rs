//! A model of NOR flash: what the chips allow, what a power cut leaves in the middle of an operation, and how it wears.
//!
//! A broken rule fails the test, as it would destroy data on the chip. The content is cheap to clone, so that a test can
//! try every way in which one operation may end.

#![allow(dead_code, unreachable_pub)] // each test takes its part

use embedded_storage::nor_flash::{
    ErrorType, MultiwriteNorFlash, NorFlash as Writable, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};
use std::marker::PhantomData;
use std::ops::Range;
use std::sync::Arc;

// ---- Chips ----

/// The rules of a chip. Sizes are in bytes.
pub trait Chip: 'static {
    const NAME: &'static str;
    /// What reads are aligned to.
    const READ: usize;
    /// What is programmed at once.
    const WORD: usize;
    /// What is erased at once.
    const PAGE: usize;
    /// How often a word may be written between two erases.
    const WRITES: u8;
    /// Whether a word may be written once more to make it all zeros, as on most chips without error correction.
    const MAY_CLEAR: bool = false;
    /// How a word reads whose programming was cut short.
    const TORN: TornWord = TornWord::AsItIs;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TornWord {
    /// With the bits that were programmed.
    AsItIs,
    /// With bits that the error correction has made up.
    Garbage,
    /// Not at all: the error correction gives up.
    Error,
}

/// Sectors of 16 KiB and 128 KiB; programmed by 1 or 4 bytes.
pub struct Stm32f4<const WORD: usize, const SECTOR: usize>;

impl<const WORD: usize, const SECTOR: usize> Chip for Stm32f4<WORD, SECTOR> {
    const NAME: &'static str = if WORD == 1 { "STM32F4, bytes" } else { "STM32F4" };
    const READ: usize = 1;
    const WORD: usize = WORD;
    const PAGE: usize = SECTOR;
    const WRITES: u8 = 1;
    const MAY_CLEAR: bool = true;
}

/// Each word has an error correction code: 8 bytes on STM32L4 and G4, 16 on STM32U5 and H5, 32 on STM32H7. A word that cannot
/// be corrected reads as an error, or as anything.
pub struct Ecc<const WORD: usize, const SECTOR: usize, const TELLS_ERRORS: bool>;

/// Sectors of 128 KiB.
pub type Stm32h7<const SECTOR: usize, const TELLS_ERRORS: bool> = Ecc<32, SECTOR, TELLS_ERRORS>;

impl<const WORD: usize, const SECTOR: usize, const TELLS_ERRORS: bool> Chip for Ecc<WORD, SECTOR, TELLS_ERRORS> {
    const NAME: &'static str = if TELLS_ERRORS { "ECC, read errors" } else { "ECC" };
    const READ: usize = 1;
    const WORD: usize = WORD;
    const PAGE: usize = SECTOR;
    const WRITES: u8 = 1;
    const TORN: TornWord = if TELLS_ERRORS { TornWord::Error } else { TornWord::Garbage };
}

/// SPI flash behind an ESP32: bits can be cleared at any time.
pub struct Esp32;

impl Chip for Esp32 {
    const NAME: &'static str = "ESP32";
    const READ: usize = 4;
    const WORD: usize = 4;
    const PAGE: usize = 4096;
    const WRITES: u8 = u8::MAX;
}

/// Pages of 1 KiB: they are full soon.
pub struct Nrf51;

impl Chip for Nrf51 {
    const NAME: &'static str = "nRF51";
    const READ: usize = 1;
    const WORD: usize = 4;
    const PAGE: usize = 1024;
    const WRITES: u8 = 2;
}

pub struct Nrf52;

impl Chip for Nrf52 {
    const NAME: &'static str = "nRF52";
    const READ: usize = 1;
    const WORD: usize = 4;
    const PAGE: usize = 4096;
    const WRITES: u8 = 2;
}

/// Chips whose words may be written again as often as one likes.
pub trait Multiwrite: Chip {}

impl Multiwrite for Esp32 {}

// ---- Content ----

/// What the chip holds, and how often each word was written since its erase.
#[derive(Clone)]
pub struct Content {
    chunks: Vec<Arc<Chunk>>,
}

/// What is copied at the first change after a clone.
const CHUNK: usize = 512;

#[derive(Clone)]
struct Chunk {
    bytes: [u8; CHUNK],
    /// Of each word, by its place among the words of the chunk.
    writes: [u8; CHUNK],
    is_torn: [bool; CHUNK],
}

/// One change of the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation<'b> {
    Write { offset: u32, bytes: &'b [u8] },
    Erase { from: u32, to: u32 },
}

/// Where and how the power fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// In a write after so many bytes; the word that is being programmed then is torn.
    Write {
        after: usize,
        word: Tear,
    },
    Erase(HalfErased),
}

/// What happened to the word that was being programmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tear {
    Nothing,
    /// The bytes before the cut are there.
    Prefix,
    /// Some of its bits are cleared. The number chooses which.
    Bits(u64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HalfErased {
    Nothing,
    FirstHalf,
    /// The number chooses which.
    Words(u64),
    /// The power failed when all was done.
    All,
}

impl Chunk {
    /// Without error correction, a word that still reads as erased is as good as erased.
    fn note_write<C: Chip>(&mut self, place: usize) {
        let is_changed = self.bytes[place..place + C::WORD].iter().any(|byte| *byte != 0xff);
        if is_changed || C::TORN != TornWord::AsItIs {
            let writes = &mut self.writes[place / C::WORD];
            *writes = writes.saturating_add(1);
        }
    }
}

impl Content {
    pub fn erased(len: usize) -> Self {
        let chunk = Arc::new(Chunk { bytes: [0xff; CHUNK], writes: [0; CHUNK], is_torn: [false; CHUNK] });
        Self { chunks: (0..len.div_ceil(CHUNK)).map(|_| Arc::clone(&chunk)).collect() }
    }

    /// What is left when the power fails in the middle of `operation`.
    pub fn cut<C: Chip>(&mut self, operation: Operation<'_>, cut: Cut) {
        match (operation, cut) {
            (Operation::Write { offset, bytes }, Cut::Write { after, word: tear }) => {
                let offset = offset as usize;
                let whole = (after - after % C::WORD).min(bytes.len());
                self.program::<C>(offset, &bytes[..whole]);
                if let Some(word) = bytes.get(whole..whole + C::WORD) {
                    self.tear::<C>(offset + whole, word, after - whole, tear);
                }
            }
            (Operation::Erase { from, to }, Cut::Erase(left)) => {
                let words = (from as usize..to as usize).step_by(C::WORD);
                let half = (from as usize + to as usize) / 2;
                match left {
                    HalfErased::Nothing => {}
                    HalfErased::FirstHalf => words.filter(|word| *word < half).for_each(|word| self.clear::<C>(word)),
                    HalfErased::Words(seed) => {
                        let mut chance = Chance(seed);
                        for word in words {
                            match chance.next() & 7 {
                                0..4 => self.clear::<C>(word),
                                4 if C::TORN != TornWord::AsItIs => self.spoil::<C>(word, &mut chance),
                                _ => {}
                            }
                        }
                    }
                    HalfErased::All => self.erase::<C>(from as usize..to as usize),
                }
            }
            _ => panic!("{cut:?} is none of {operation:?}"),
        }
    }

    /// Something else has written these bytes, before the chip came here or by going wrong.
    pub fn overwrite<C: Chip>(&mut self, offset: usize, bytes: &[u8]) {
        for (offset, byte) in (offset..).zip(bytes) {
            let chunk = Arc::make_mut(&mut self.chunks[offset / CHUNK]);
            let word = offset % CHUNK / C::WORD;
            chunk.bytes[offset % CHUNK] = *byte;
            let is_blank = chunk.bytes[word * C::WORD..][..C::WORD].iter().all(|byte| *byte == 0xff);
            chunk.writes[word] = u8::from(!is_blank);
        }
    }

    fn program<C: Chip>(&mut self, offset: usize, bytes: &[u8]) {
        for (word, offset) in bytes.chunks(C::WORD).zip((offset..).step_by(C::WORD)) {
            let place = offset % CHUNK;
            let chunk = Arc::make_mut(&mut self.chunks[offset / CHUNK]);
            for (cell, byte) in chunk.bytes[place..].iter_mut().zip(word) {
                *cell &= byte;
            }
            chunk.note_write::<C>(place);
        }
    }

    fn tear<C: Chip>(&mut self, offset: usize, word: &[u8], done: usize, tear: Tear) {
        let mut chance = Chance(match tear {
            Tear::Bits(seed) => seed,
            _ => offset as u64,
        });
        let place = offset % CHUNK;
        if tear == Tear::Nothing || tear == Tear::Prefix && done == 0 {
            return;
        }
        let chunk = Arc::make_mut(&mut self.chunks[offset / CHUNK]);
        for (index, (cell, byte)) in chunk.bytes[place..].iter_mut().zip(word).enumerate() {
            match (C::TORN, tear) {
                (TornWord::Garbage | TornWord::Error, _) => *cell = chance.next() as u8,
                (TornWord::AsItIs, Tear::Bits(_)) => *cell &= byte | chance.next() as u8,
                (TornWord::AsItIs, _) if index < done => *cell &= byte,
                (TornWord::AsItIs, _) => {}
            }
        }
        chunk.note_write::<C>(place);
        chunk.is_torn[place / C::WORD] = true;
    }

    /// The code of a word does not fit it any more.
    fn spoil<C: Chip>(&mut self, offset: usize, chance: &mut Chance) {
        let chunk = Arc::make_mut(&mut self.chunks[offset / CHUNK]);
        let place = offset % CHUNK;
        chunk.bytes[place..place + C::WORD].iter_mut().for_each(|cell| *cell = chance.next() as u8);
        chunk.writes[place / C::WORD] = C::WRITES;
        chunk.is_torn[place / C::WORD] = true;
    }

    fn clear<C: Chip>(&mut self, offset: usize) {
        let chunk = Arc::make_mut(&mut self.chunks[offset / CHUNK]);
        let place = offset % CHUNK;
        chunk.bytes[place..place + C::WORD].fill(0xff);
        chunk.writes[place / C::WORD] = 0;
        chunk.is_torn[place / C::WORD] = false;
    }

    fn erase<C: Chip>(&mut self, range: Range<usize>) {
        range.step_by(C::WORD).for_each(|word| self.clear::<C>(word));
    }

    fn read(&self, mut offset: usize, mut bytes: &mut [u8]) {
        while !bytes.is_empty() {
            let place = offset % CHUNK;
            let len = bytes.len().min(CHUNK - place);
            let (now, rest) = bytes.split_at_mut(len);
            now.copy_from_slice(&self.chunks[offset / CHUNK].bytes[place..place + len]);
            offset += len;
            bytes = rest;
        }
    }

    fn words<C: Chip>(&self, offset: usize, len: usize) -> impl Iterator<Item = (&Chunk, usize)> {
        let first = offset - offset % C::WORD;
        (first..offset + len).step_by(C::WORD).map(|word| (&*self.chunks[word / CHUNK], word % CHUNK / C::WORD))
    }

    pub fn len(&self) -> usize {
        self.chunks.len() * CHUNK
    }
}

impl PartialEq for Content {
    fn eq(&self, other: &Self) -> bool {
        self.chunks.iter().zip(&other.chunks).all(|(a, b)| a.bytes == b.bytes && a.writes == b.writes)
    }
}

/// Numbers that look random, the same for the same seed.
#[derive(Clone, Debug)]
pub struct Chance(pub u64);

impl Chance {
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() >> 33) as usize % bound
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }
}

// ---- The device ----

/// Is shown each operation before it happens, with what the chip holds until then.
pub type Watch<'w> = &'w dyn Fn(&Content, Operation<'_>);

/// One chip under power.
pub struct NorFlash<'w, C> {
    pub content: Content,
    pub wear: Wear,
    pub watch: Option<Watch<'w>>,
    /// The power fails in the operation after so many others.
    cut: Option<(u64, Cut)>,
    is_off: bool,
    chip: PhantomData<C>,
}

#[derive(Clone, Debug, Default)]
pub struct Wear {
    pub writes: u64,
    pub bytes_written: u64,
    /// By page.
    pub erases: Vec<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlashError {
    PowerIsOff,
    /// The error correction gives up.
    Uncorrectable,
}

impl NorFlashError for FlashError {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::Other
    }
}

impl<'w, C: Chip> NorFlash<'w, C> {
    pub fn new(content: Content) -> Self {
        let wear = Wear { erases: vec![0; content.len() / C::PAGE], ..Wear::default() };
        Self { content, wear, watch: None, cut: None, is_off: false, chip: PhantomData }
    }

    pub fn erased(pages: usize) -> Self {
        Self::new(Content::erased(pages * C::PAGE))
    }

    pub fn watched(content: Content, watch: Watch<'w>) -> Self {
        Self { watch: Some(watch), ..Self::new(content) }
    }

    /// The power fails in the operation after `operations` more writes and erases.
    pub fn cut_after(&mut self, operations: u64, cut: Cut) {
        self.cut = Some((operations, cut));
    }

    /// The power is back.
    pub fn restore(&mut self) {
        self.cut = None;
        self.is_off = false;
    }

    fn check(&self, offset: u32, len: usize, unit: usize) -> Result<(), FlashError> {
        let offset = offset as usize;
        assert!(offset.is_multiple_of(unit) && len.is_multiple_of(unit), "not aligned: {len} bytes at {offset:#x}");
        assert!(offset + len <= self.content.len(), "out of bounds: {len} bytes at {offset:#x}");
        if self.is_off { Err(FlashError::PowerIsOff) } else { Ok(()) }
    }

    /// Whether the power lasts for this operation.
    fn begin(&mut self, operation: Operation<'_>) -> Result<(), FlashError> {
        if let Some(watch) = self.watch {
            watch(&self.content, operation);
        }
        match &mut self.cut {
            Some((0, cut)) => {
                self.content.cut::<C>(operation, *cut);
                self.is_off = true;
                Err(FlashError::PowerIsOff)
            }
            Some((left, _)) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

impl<C> ErrorType for NorFlash<'_, C> {
    type Error = FlashError;
}

impl<C: Chip> ReadNorFlash for NorFlash<'_, C> {
    const READ_SIZE: usize = C::READ;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FlashError> {
        self.check(offset, bytes.len(), C::READ)?;
        let offset = offset as usize;
        if C::TORN == TornWord::Error
            && self.content.words::<C>(offset, bytes.len()).any(|(chunk, word)| chunk.is_torn[word])
        {
            return Err(FlashError::Uncorrectable);
        }
        self.content.read(offset, bytes);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.content.len()
    }
}

impl<C: Chip> Writable for NorFlash<'_, C> {
    const WRITE_SIZE: usize = C::WORD;
    const ERASE_SIZE: usize = C::PAGE;

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashError> {
        self.check(offset, bytes.len(), C::WORD)?;
        for ((chunk, word), bytes) in self.content.words::<C>(offset as usize, bytes.len()).zip(bytes.chunks(C::WORD)) {
            let clears = C::MAY_CLEAR && bytes.iter().all(|byte| *byte == 0);
            assert!(clears || chunk.writes[word] < C::WRITES, "written too often: {bytes:x?} from {offset:#x}");
        }
        self.begin(Operation::Write { offset, bytes })?;
        self.content.program::<C>(offset as usize, bytes);
        self.wear.writes += 1;
        self.wear.bytes_written += bytes.len() as u64;
        Ok(())
    }

    fn erase(&mut self, from: u32, to: u32) -> Result<(), FlashError> {
        assert!(from < to, "nothing to erase: {from:#x} to {to:#x}");
        self.check(from, (to - from) as usize, C::PAGE)?;
        self.begin(Operation::Erase { from, to })?;
        let range = from as usize..to as usize;
        for page in range.clone().step_by(C::PAGE) {
            self.wear.erases[page / C::PAGE] += 1;
        }
        self.content.erase::<C>(range);
        Ok(())
    }
}

impl<C: Multiwrite> MultiwriteNorFlash for NorFlash<'_, C> {}
