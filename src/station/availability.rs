//! ChangeAvailability: in and out of service, kept over every boot (OCPP 1.6 §5.2).

use super::connector::Finishing;
use super::connector::place::Place;
use super::connector::service::Service;
use super::core_profile::Core;
use super::device::shelf::{RecordChange, Shelf};
use super::session::Phase;
use super::{Availability, ChargePointStatus, Connector, ConnectorId};
use crate::store::record::{RecordReader, RecordWriter};
use crate::store::{RecordKey, Scratch, registry};
use crate::time::Instant;
use crate::types::Symbol;

/// When a change of the availability comes into force.
#[must_use]
pub(crate) enum InForce {
    Now,
    /// When nobody uses the connector any more.
    Later,
    /// There is no such connector.
    Never,
}

pub(super) struct AvailabilityShelf;

impl Shelf for AvailabilityShelf {
    fn find(&self, core: &Core<'_>, id: u16) -> Option<(u16, RecordKey)> {
        registry::among(&registry::AVAILABILITY, id, core.connectors.len() + 1)
    }

    fn load(&mut self, core: &mut Core<'_>, id: u16, key: RecordKey, record: &[u8]) {
        let stored = RecordReader::open(key, record).and_then(|mut reader| Availability::from_code(reader.byte()?));
        if let (Some(stored), Some(service)) = (stored, core.service_mut(id)) {
            *service = Service::of(stored);
        }
    }

    fn is_promised(&self, core: &Core<'_>) -> bool {
        let mut connectors = core.connectors.iter();
        core.charge_point.service.unsaved || connectors.any(|connector| connector.place.service.unsaved)
    }

    fn change(&mut self, core: &mut Core<'_>, scratch: &mut Scratch<'_>) -> Option<RecordChange> {
        core.store_availability(scratch)
    }

    fn changed(&mut self, core: &mut Core<'_>, record: RecordKey) {
        if let Some(service) = core.service_mut(registry::place(&registry::AVAILABILITY, record)) {
            service.unsaved = false;
        }
    }
}

impl Core<'_> {
    /// Takes a connector, or with 0 all of them and the charge point itself, in or out of service.
    pub(crate) fn change_availability(&mut self, now: Instant, id: ConnectorId, wanted: Availability) -> InForce {
        let all = 0..self.connector_ids().end;
        let connectors = match id {
            _ if !all.contains(&id) => return InForce::Never, // AV-05
            0 => all,
            id => id..id.saturating_add(1),
        };
        // AV-03: the idle ones change now, whoever is busy. The charge point itself comes last.
        for id in connectors.clone().rev() {
            self.set_availability(now, id, wanted);
        }
        let scheduled = connectors.into_iter().any(|id| self.place(id).is_some_and(|place| place.service.is_closing()));
        if scheduled { InForce::Later } else { InForce::Now }
    }

    fn set_availability(&mut self, now: Instant, id: ConnectorId, wanted: Availability) {
        self.common.persistence.has_chores = true;
        if let Some(connector) = self.connector_mut(id) {
            connector.forget_who_is_there(now);
        }
        let Some(Place { service, .. }) = self.place_mut(id) else { return };
        service.unsaved |= service.wanted != wanted;
        service.wanted = wanted;
        match self.connector_mut(id) {
            Some(connector) => connector.apply_availability(),
            None => self.apply_availability_of_all(),
        }
    }

    /// Lets a scheduled change of the charge point itself come into force when all connectors are free.
    pub(super) fn apply_availability_of_all(&mut self) {
        if self.charge_point.service.is_closing() {
            let is_busy = self.connectors.iter().any(Connector::is_busy);
            self.charge_point.service.apply(is_busy);
            self.common.agenda.look_again_if(!self.charge_point.service.is_on()); // which ends its reservations
        }
    }

    /// Whether a connector, or the charge point itself, is neither faulted nor out of service, nor about to be.
    pub(crate) fn is_operative(&self, id: ConnectorId) -> bool {
        match self.connector(id) {
            Some(connector) => connector.is_operative() && connector.place.service.is_open(),
            None => id == 0 && self.charge_point.service.is_open() && !self.charge_point.is_faulted(),
        }
    }

    /// Takes the connectors out of service for an update of the firmware, each as it becomes free, or lets them come back.
    #[cfg(feature = "firmware-management")]
    pub(super) fn close_connectors(&mut self, now: Instant, is_closed: bool) {
        for connector in self.connectors.iter_mut() {
            connector.forget_who_is_there(now);
            connector.place.service.is_closed = is_closed;
            connector.apply_availability();
        }
        self.common.agenda.look_again();
    }

    /// The next record to be stored.
    fn store_availability(&self, scratch: &mut Scratch<'_>) -> Option<RecordChange> {
        let ids = 0..self.connector_ids().end;
        let (id, service) =
            ids.filter_map(|id| Some((id, self.place(id)?.service))).find(|(_, service)| service.unsaved)?;
        let key = record_key(id.into())?;
        let mut writer = RecordWriter::new(scratch.blank());
        writer.byte(service.wanted.code());
        RecordChange::store(key, writer)
    }

    fn service_mut(&mut self, id: u16) -> Option<&mut Service> {
        Some(&mut self.place_mut(ConnectorId::try_from(id).ok()?)?.service)
    }
}

impl Connector<'_> {
    /// Lets a scheduled change come into force when the connector is free (OCPP 1.6 §4.9, C8, D8, E8, F8).
    pub(super) fn apply_availability(&mut self) {
        if self.place.service.is_closing() {
            let is_busy = self.is_busy();
            self.place.service.apply(is_busy);
            if !self.place.service.is_on() {
                self.visit.finishing = Finishing::No;
                self.release_cable(); // no card is taken here any more
            }
        }
    }

    /// H2: whoever is there while it is out of service is treated as if just come when it returns.
    fn forget_who_is_there(&mut self, now: Instant) {
        if !self.place.service.is_on() {
            self.visit.since = now;
            self.visit.finishing = Finishing::No;
        }
    }

    /// Whether somebody uses the connector, or is about to (AV-04). Preparing is left before it goes out of service, for
    /// there is no transition from one to the other.
    fn is_busy(&self) -> bool {
        self.session.phase() != Phase::Idle || self.status() == ChargePointStatus::Preparing
    }
}

fn record_key(id: u16) -> Option<RecordKey> {
    registry::nth(registry::AVAILABILITY, id.into())
}
