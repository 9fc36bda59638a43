//! Numbers as types: the length of an array cannot be a constant of a type parameter.

use core::mem::MaybeUninit;
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

/// How many there are of something. All is written where it stays: it may be longer than a stack.
pub trait Count {
    const COUNT: usize;
    type Array<T: Copy>: Copy;
    type Rows<T>;

    fn array<T: Copy>(of: T) -> Self::Array<T>;
    fn flat<T: Copy>(arrays: &mut [Self::Array<T>]) -> &mut [T];
    fn zeros(bytes: &mut MaybeUninit<Self::Array<u8>>) -> &mut [u8];
    /// Rows, each of which is what `row` makes.
    fn rows<T>(place: &mut MaybeUninit<Self::Rows<T>>, row: impl Fn() -> T) -> &mut [T];
}

pub struct Number<const N: usize>;

impl<const N: usize> Count for Number<N> {
    const COUNT: usize = N;
    type Array<T: Copy> = [T; N];
    type Rows<T> = Vec<T, N>;

    #[inline(always)]
    fn array<T: Copy>(of: T) -> [T; N] {
        [of; N]
    }

    fn flat<T: Copy>(arrays: &mut [[T; N]]) -> &mut [T] {
        arrays.as_flattened_mut()
    }

    #[inline(always)]
    fn zeros(bytes: &mut MaybeUninit<[u8; N]>) -> &mut [u8] {
        bytes.write([0; N])
    }

    #[inline(always)]
    fn rows<T>(place: &mut MaybeUninit<Vec<T, N>>, row: impl Fn() -> T) -> &mut [T] {
        let rows = place.write(Vec::new());
        while rows.push(row()).is_ok() {}
        rows.as_mut_slice()
    }
}
