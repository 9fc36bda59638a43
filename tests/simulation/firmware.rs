//! The firmware of the README, for one boot: it is made, runs until the power goes, and is dropped with all it has.

use crate::hardware::{Hardware, SOCKETS};
use crate::simulation::Simulation;
use embedded_ocpp::ocpp16::{
    ConnectorHardware, DiagnosticsRequest, Discarded, Equipment, ResetKind, TxNotification, UnlockResult,
};
use embedded_ocpp::{Boot, ChargePoint, Resources};

/// One socket, as the firmware has wired it.
struct Wired<'h> {
    hardware: &'h Hardware,
    index: usize,
    #[cfg(feature = "signed-meter-values")]
    meter: crate::signing::WiredMeter<'h>,
}

impl ConnectorHardware for Wired<'_> {
    fn is_plugged(&self) -> bool {
        self.hardware.sockets[self.index].is_plugged.get()
    }

    fn energy(&self) -> Option<i64> {
        self.hardware.sockets[self.index].reading()
    }

    fn equipment(&self) -> Equipment {
        Equipment::new().with_lock().with_current_limit()
    }

    fn unlock(&self) -> UnlockResult {
        UnlockResult::Unlocked
    }

    #[cfg(feature = "signed-meter-values")]
    fn signed_meter(&self) -> Option<&dyn embedded_ocpp::ocpp16::SignedMeter> {
        Some(&self.meter)
    }

    fn notify(&self, notification: TxNotification) {
        self.hardware.told.borrow_mut().push((self.index as u8 + 1, notification));
    }
}

impl Simulation<'_> {
    /// From the boot to its end.
    pub(crate) fn live(&mut self) {
        let hardware = self.hardware;
        let wired: [_; SOCKETS] = std::array::from_fn(|index| Wired {
            hardware,
            index,
            #[cfg(feature = "signed-meter-values")]
            meter: crate::signing::WiredMeter { hardware, index },
        });
        let discarded =
            |message: &Discarded<'_>| hardware.discarded.borrow_mut().push(format!("{:?}", message.message));
        let reset = |kind: ResetKind| hardware.reset_wanted.set(Some(kind));
        let random = || hardware.random();
        let loader = &hardware.loader;
        let version = loader.boot();
        let download = |location: &str| loader.begin_download(location);
        let download_status = || loader.download_status();
        let install = || loader.begin_installation();
        let installation_status = || loader.installation_status();
        let file_name = |_: &DiagnosticsRequest<'_>| loader.file_name();
        let upload = |request: &DiagnosticsRequest<'_>, _: &str| loader.begin_upload(request.location);
        let upload_status = || loader.upload_status();

        self.boot_up();
        let mut resources = Resources::<SOCKETS>::new();
        let mut charger =
            ChargePoint::new(&mut resources, Boot::new("Wallbox One", "ACME").firmware_version(&version)).unwrap();
        for (socket, connector) in wired.iter().zip(1..) {
            charger.set_hardware(socket, connector).unwrap();
        }
        charger.set_on_discarded(&discarded);
        charger.set_on_reset_execute(&reset);
        charger.set_on_download(&download);
        charger.set_download_status_input(&download_status);
        charger.set_on_install(&install);
        if loader.tells_installation() {
            charger.set_installation_status_input(&installation_status);
        }
        charger.set_diagnostics_file_name_input(&file_name);
        charger.set_on_upload(&upload);
        charger.set_upload_status_input(&upload_status);
        charger.set_rng(&random);
        for (key, value) in &self.configuration {
            charger.set_factory_configuration(key, value).unwrap();
        }
        while !self.is_over() {
            self.step(&mut charger);
        }
    }
}
