//! Numbers as types: the length of an array cannot be a constant of a type parameter.

use core::mem::ManuallyDrop;
use heapless::Vec;

/// A number for each kind of memory.
pub trait Sizes {
    type ReceiveBuffer: Count;
    type SendBuffer: Count;
    type LocalList: Count;
    type ChargingProfiles: Count;
    type SchedulePeriods: Count;
    type Reservations: Count;
}

/// How many there are of something.
pub trait Count {
    const COUNT: usize;
    type Array<T: Copy>: AsMut<[T]> + Copy;
    type Rows<T>: Rows<T>;

    fn array<T: Copy>(of: T) -> Self::Array<T>;
    fn flat<T: Copy>(arrays: &mut [Self::Array<T>]) -> &mut [T];
}

/// So many rows that have no content yet.
pub trait Rows<T> {
    const EMPTY: Self;

    /// All of them, each with what `row` makes.
    fn filled(&mut self, row: impl Fn() -> T) -> &mut [T];
}

pub struct Number<const N: usize>;

impl<const N: usize> Count for Number<N> {
    const COUNT: usize = N;
    type Array<T: Copy> = [T; N];
    type Rows<T> = Table<T, N>;

    #[inline(always)]
    fn array<T: Copy>(of: T) -> [T; N] {
        [of; N]
    }

    fn flat<T: Copy>(arrays: &mut [[T; N]]) -> &mut [T] {
        arrays.as_flattened_mut()
    }
}

/// A table that is empty until a charge point is made, as the buffers are: fresh resources are next to nothing, so that a
/// static of them costs no flash, and no stack when they are put there. Not dropped, because the charge point borrows it to
/// the very end.
pub(in crate::facade) type Table<T, const N: usize> = ManuallyDrop<Vec<T, N>>;

impl<T, const N: usize> Rows<T> for Table<T, N> {
    const EMPTY: Self = Table::new(Vec::new());

    #[inline(always)]
    fn filled(&mut self, row: impl Fn() -> T) -> &mut [T] {
        while self.push(row()).is_ok() {}
        self.as_mut_slice()
    }
}
