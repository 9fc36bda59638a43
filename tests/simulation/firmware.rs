//! The firmware of the README, for one boot: it is made, runs until the power goes, and is dropped with all it has.

use crate::hardware::SOCKETS;
use crate::simulation::Simulation;
use embedded_ocpp::json::Decimal;
use embedded_ocpp::ocpp16::{DiagnosticsRequest, Discarded, ResetKind, TxNotification, UnlockResult};
use embedded_ocpp::{Boot, ChargePoint, Resources};

impl Simulation<'_> {
    /// From the boot to its end.
    pub(crate) fn live(&mut self) {
        let hardware = self.hardware;
        let sockets = &hardware.sockets;
        let plugged = sockets.each_ref().map(|socket| || socket.is_plugged.get());
        let register = sockets.each_ref().map(|socket| || socket.reading());
        let unlock = || UnlockResult::Unlocked;
        let notify: [_; SOCKETS] = std::array::from_fn(|index| {
            move |notification: TxNotification| hardware.told.borrow_mut().push((index as u8 + 1, notification))
        });
        let discarded =
            |message: &Discarded<'_>| hardware.discarded.borrow_mut().push(format!("{:?}", message.message));
        let limit = |_: Option<Decimal>| ();
        let reset = |kind: ResetKind| hardware.reset_wanted.set(Some(kind));
        let random = || hardware.random();
        let loader = &hardware.loader;
        let version = loader.version();
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
        for (index, connector) in (1..=SOCKETS as u8).enumerate() {
            charger.set_connector_plugged_input(&plugged[index], connector).unwrap();
            charger.set_energy_meter_input(&register[index], connector).unwrap();
            charger.set_on_unlock_connector(&unlock, connector).unwrap();
            charger.set_smart_charging_current_output(&limit, connector).unwrap();
            charger.set_tx_notification_output(&notify[index], connector).unwrap();
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
