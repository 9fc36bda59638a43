//! The registers of the board. The only place that touches memory by address.

/// One 32-bit register. Outside of this module there are only those listed below, so that every address is
/// one of a register that may be read and written at any time.
pub(crate) struct Register(usize);

impl Register {
    pub(crate) fn read(&self) -> u32 {
        // SAFETY: the address is that of a register of this board, see `Register`
        unsafe { (self.0 as *const u32).read_volatile() }
    }

    pub(crate) fn write(&self, value: u32) {
        // SAFETY: the address is that of a register of this board, see `Register`
        unsafe { (self.0 as *mut u32).write_volatile(value) }
    }
}

/// Lets device interrupts 0 to 31 through, one bit for each.
pub(crate) const INTERRUPT_ENABLE: Register = Register(0xE000_E100);

/// CMSDK APB UART.
pub(crate) mod uart1 {
    use super::Register;

    pub(crate) const DATA: Register = Register(0x4000_5000);
    pub(crate) const STATE: Register = Register(0x4000_5004);
    pub(crate) const CONTROL: Register = Register(0x4000_5008);
    /// Reads as the interrupts that are pending; a one written clears that interrupt.
    pub(crate) const INTERRUPTS: Register = Register(0x4000_500C);
    pub(crate) const BAUD_DIVIDER: Register = Register(0x4000_5010);

    pub(crate) const STATE_TRANSMIT_FULL: u32 = 1 << 0;
    pub(crate) const STATE_RECEIVE_READY: u32 = 1 << 1;
    /// Transmitter, receiver, and the interrupt of each.
    pub(crate) const CONTROL_ALL: u32 = 0b1111;
    /// No faster one is allowed; for QEMU all are the same.
    pub(crate) const FASTEST_BAUD_DIVIDER: u32 = 16;
}

/// CMSDK APB timer: 32 bit, counts down at 25 MHz.
pub(crate) mod timer0 {
    use super::Register;

    pub(crate) const CONTROL: Register = Register(0x4000_0000);
    pub(crate) const VALUE: Register = Register(0x4000_0004);
    pub(crate) const RELOAD: Register = Register(0x4000_0008);

    pub(crate) const CONTROL_ENABLE: u32 = 1;
}

/// Another one.
pub(crate) mod timer1 {
    use super::Register;

    pub(crate) const CONTROL: Register = Register(0x4000_1000);
    pub(crate) const VALUE: Register = Register(0x4000_1004);
    pub(crate) const RELOAD: Register = Register(0x4000_1008);

    pub(crate) const CONTROL_ENABLE: u32 = 1;
}
