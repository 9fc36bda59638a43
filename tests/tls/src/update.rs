//! An update of the firmware. What would be downloaded the factory has put into the flash; it is as good as installed.

use charger_tls::UpdateVerifier;
use embedded_ocpp::Controls;
use embedded_ocpp::ocpp16::InstallationStatus;

use crate::factory::Factory;
use crate::flash::Chip;

pub(crate) type Verifier = UpdateVerifier<'static, Chip, fn(usize, &mut [u8]) -> usize>;

pub(crate) fn wire(ocpp: &mut Controls<'static>, verifier: &'static Verifier) {
    ocpp.set_firmware_verifier(verifier);
    ocpp.set_on_download(&|_| {});
    ocpp.set_on_install(&|| {});
    ocpp.set_installation_status_input(&|| InstallationStatus::Installed);
}

/// What was downloaded, from this byte on.
pub(crate) fn image(begin: usize, buffer: &mut [u8]) -> usize {
    let update = Factory::read().map_or(&[][..], |factory| factory.update);
    let rest = update.get(begin..).unwrap_or_default();
    let len = rest.len().min(buffer.len());
    buffer[..len].copy_from_slice(&rest[..len]);
    len
}
