//! ReserveNow and CancelReservation: a connector that waits for one tag, or any connector that does (OCPP 1.6 §5.1, §5.13).

use super::answer::{Cause, StatusAnswer, accepted_if};
use super::claim::Claim;
use super::common::Common;
use super::connector::Finishing;
use super::core_profile::Core;
use super::session::Phase;
use super::shelf::{RecordChange, Shelf};
use super::{Connector, ConnectorId, IdToken, keys};
use crate::json::{Field, Kind, Payload};
use crate::store::record::{RecordReader, RecordWriter};
use crate::store::{Keys, RecordKey, Scratch, SwitchKey, registry};
use crate::time::{DateTime, Duration, Instant};

const RESERVE_CONNECTOR_ZERO_NAME: &str = "ReserveConnectorZeroSupported";
/// Connector 0 can be reserved: any one connector stays free.
pub(super) const RESERVE_CONNECTOR_ZERO_SUPPORTED: SwitchKey = SwitchKey::new(40, RESERVE_CONNECTOR_ZERO_NAME, true);

/// A place for one reservation.
#[derive(Debug)]
pub(crate) struct ReservationSlot {
    reservation: Option<Reservation>,
    /// Its record does not tell what holds.
    unsaved: bool,
}

#[derive(Debug)]
struct Reservation {
    id: i32,
    /// 0 for any one.
    connector: ConnectorId,
    expires: DateTime,
    id_tag: IdToken,
    parent: Option<IdToken>,
    /// The first entry of the journal that can use it up. An older one has used up another that had the same id.
    since: u32,
}

pub(crate) struct Reservations<'a> {
    slots: &'a mut [ReservationSlot],
    /// There may be one, or a connector that takes itself for reserved.
    is_active: bool,
}

impl ReservationSlot {
    pub(crate) const FREE: Self = Self { reservation: None, unsaved: false };
}

impl Reservation {
    fn claim(&self, id_tag: &IdToken, parent: Option<&IdToken>) -> Claim {
        match (&self.parent, parent) {
            _ if self.id_tag == *id_tag => Claim::Ours(self.id),
            (None, _) => Claim::Foreign,
            (Some(_), None) => Claim::MaybeGroup,
            (Some(ours), Some(theirs)) if ours == theirs => Claim::Ours(self.id),
            _ => Claim::Foreign,
        }
    }
}

impl<'a> Reservations<'a> {
    pub(super) fn new(slots: &'a mut [ReservationSlot]) -> Self {
        Self { slots, is_active: true }
    }

    fn all(&self) -> impl Iterator<Item = &Reservation> {
        self.slots.iter().filter_map(|slot| slot.reservation.as_ref())
    }

    /// Ends those that this is said of; `true` when there was one.
    fn end(&mut self, is_over: &mut dyn FnMut(&Reservation) -> bool) -> bool {
        let mut found = false;
        for slot in self.slots.iter_mut() {
            if slot.reservation.as_ref().is_some_and(&mut *is_over) {
                *slot = ReservationSlot { reservation: None, unsaved: true };
                found = true;
            }
        }
        found
    }

    /// The profile is there.
    pub(super) fn announce(keys: &mut Keys<'_>) {
        keys.set_member(&keys::SUPPORTED_FEATURE_PROFILES, keys::RESERVATION, true);
    }

    fn change(&self, scratch: &mut Scratch<'_>) -> Option<RecordChange> {
        let index = self.slots.iter().position(|slot| slot.unsaved)?;
        let key = registry::nth(registry::RESERVATIONS, index)?;
        let Some(reservation) = &self.slots.get(index)?.reservation else {
            return Some(RecordChange::remove(key));
        };
        let mut writer = RecordWriter::new(scratch.blank());
        writer.signed(reservation.id.into());
        writer.byte(reservation.connector);
        writer.unsigned(reservation.expires.as_unix().into());
        writer.text(reservation.id_tag.as_str());
        writer.text(reservation.parent.as_ref().map_or("", |parent| parent.as_str()));
        writer.unsigned(reservation.since.into());
        RecordChange::store(key, writer)
    }
}

impl Shelf for Reservations<'_> {
    fn find(&self, _: &Core<'_>, number: u16) -> Option<(u16, RecordKey)> {
        registry::among(&registry::RESERVATIONS, number, self.slots.len())
    }

    fn load(&mut self, _: &mut Core<'_>, number: u16, key: RecordKey, record: &[u8]) {
        if let Some(slot) = self.slots.get_mut(usize::from(number)) {
            slot.reservation = read_reservation(key, record);
        }
    }

    fn is_promised(&self, _: &Core<'_>) -> bool {
        self.slots.iter().any(|slot| slot.unsaved)
    }

    fn change(&mut self, _: &mut Core<'_>, scratch: &mut Scratch<'_>) -> Option<RecordChange> {
        Reservations::change(self, scratch)
    }

    fn changed(&mut self, _: &mut Core<'_>, record: RecordKey) {
        let index = usize::from(registry::place(&registry::RESERVATIONS, record));
        if let Some(slot) = self.slots.get_mut(index) {
            slot.unsaved = false;
        }
    }
}

fn read_reservation(key: RecordKey, record: &[u8]) -> Option<Reservation> {
    let mut reader = RecordReader::open(key, record)?;
    Some(Reservation {
        id: i32::try_from(reader.signed()?).ok()?,
        connector: reader.byte()?,
        expires: DateTime::from_unix(reader.u32()?),
        id_tag: IdToken::from_text(reader.text()?).ok()?,
        parent: Some(IdToken::from_text(reader.text()?).ok()?).filter(|parent| !parent.is_empty()),
        since: reader.u32()?,
    })
}

impl Reservations<'_> {
    #[inline(never)]
    pub(crate) fn reserve_now(
        &mut self,
        core: &mut Core<'_>,
        now: Instant,
        payload: Payload<'_>,
    ) -> Result<StatusAnswer, Cause> {
        const FIELDS: [Field; 5] = [
            Field::required("connectorId", Kind::Integer),
            Field::required("expiryDate", Kind::DATE),
            Field::required("idTag", Kind::Text(20)),
            Field::optional("parentIdTag", Kind::Text(20)),
            Field::required("reservationId", Kind::Integer),
        ];
        let [connector, expires, owner, parent, id] = payload.read(&FIELDS)?;
        let expires = expires.text().and_then(|date| DateTime::nearest(date.as_bytes()).ok());
        let expires = expires.ok_or(Cause::ExpiryDate)?;
        let mut id_tag = IdToken::new();
        if !id_tag.set(owner.text()) {
            return Err(Cause::IdTag);
        }
        let parent =
            parent.text().and_then(|parent| IdToken::try_from(parent).ok()).filter(|parent| !parent.is_empty());
        let id = id.integer().unwrap_or(0);
        let first = if core.common.keys.is_on(&RESERVE_CONNECTOR_ZERO_SUPPORTED) { 0 } else { 1 }; // RSV-04
        let all = first..core.connector_ids().end;
        let connector = connector.integer().and_then(|id| ConnectorId::try_from(id).ok()).filter(|id| all.contains(id));
        let is_past = core.common.clock.date(now).is_some_and(|date| date >= expires);
        let is_its_place = |slot: &ReservationSlot| slot.reservation.as_ref().is_some_and(|other| other.id == id);
        let is_free = |slot: &ReservationSlot| slot.reservation.is_none();
        let slots = &self.slots;
        let place = slots.iter().position(is_its_place).or_else(|| slots.iter().position(is_free)); // RSV-02
        // RSV-03: told whatever else speaks against it.
        let obstacle = connector.and_then(|connector| self.why_not_reserved(core, connector, id));
        let (None, Some(connector), Some(place), false) = (obstacle, connector, place, is_past || id_tag.is_empty())
        else {
            return Ok(obstacle.unwrap_or(StatusAnswer::Rejected)); // RSV-11, RSV-13
        };
        if let Some(slot) = self.slots.get_mut(place) {
            let reservation = Reservation { id, connector, expires, id_tag, parent, since: core.common.journal.next() };
            *slot = ReservationSlot { reservation: Some(reservation), unsaved: true };
        }
        self.reservations_changed(&mut core.common);
        Ok(accepted_if(true))
    }

    #[inline(never)]
    pub(crate) fn cancel_reservation(
        &mut self,
        common: &mut Common<'_>,
        payload: Payload<'_>,
    ) -> Result<StatusAnswer, Cause> {
        const FIELDS: [Field; 1] = [Field::required("reservationId", Kind::Integer)];
        let [id] = payload.read(&FIELDS)?;
        let found = self.end(&mut |reservation| id.integer() == Some(reservation.id));
        self.reservations_changed(common);
        Ok(accepted_if(found))
    }

    /// RSV-03: the status of the refusal, if reservation `id` cannot be had on this connector.
    fn why_not_reserved(&self, core: &Core<'_>, connector: ConnectorId, id: i32) -> Option<StatusAnswer> {
        let others = || self.all().filter(move |other| other.id != id);
        // Those that wait for any connector need as many that are free (RSV-04).
        let waiting = others().filter(|other| other.connector == 0).count();
        let is_free = |candidate: &ConnectorId| {
            Self::obstacle(core, *candidate).is_none() && others().all(|other| other.connector != *candidate)
        };
        let obstacle = match connector {
            0 if core.charge_point.is_faulted() => Some(StatusAnswer::Faulted),
            0 if !core.charge_point.service.is_open() => Some(StatusAnswer::Unavailable),
            0 => None,
            _ => Self::obstacle(core, connector),
        };
        let is_wanted = connector == 0 || is_free(&connector);
        if obstacle.is_some() || is_wanted && core.connector_ids().filter(is_free).count() > waiting {
            return obstacle;
        }
        // What keeps all of them from being reserved is told of connector 0.
        let mut obstacles =
            core.connector_ids().map(|candidate| Self::obstacle(core, candidate).unwrap_or(StatusAnswer::Occupied));
        let first = obstacles.next().filter(|_| connector == 0).unwrap_or(StatusAnswer::Occupied);
        Some(if obstacles.all(|other| other == first) { first } else { StatusAnswer::Occupied })
    }

    /// Why a connector could not be used now by anybody.
    fn obstacle(core: &Core<'_>, id: ConnectorId) -> Option<StatusAnswer> {
        let connector = core.connector(id)?;
        if connector.place.is_faulted() {
            Some(StatusAnswer::Faulted)
        } else if !connector.place.service.is_open() {
            Some(StatusAnswer::Unavailable)
        } else if is_in_use(connector) || connector.is_present() {
            Some(StatusAnswer::Occupied) // RSV-14
        } else {
            None
        }
    }

    /// Whether this tag may charge there, as far as reservations go. Its group is `parent`, once that is known.
    pub(super) fn claim(
        &self,
        core: &Core<'_>,
        connector: ConnectorId,
        id_tag: &IdToken,
        parent: Option<&IdToken>,
    ) -> Claim {
        let claims = |wanted: ConnectorId| {
            let of_connector = self.all().filter(move |reservation| reservation.connector == wanted);
            of_connector.map(|reservation| reservation.claim(id_tag, parent))
        };
        let rank = |claim: &Claim| match claim {
            Claim::Ours(_) => 2,
            Claim::MaybeGroup => 1,
            Claim::Free | Claim::Foreign => 0,
        };
        if let Some(claim) = claims(connector).max_by_key(rank) {
            return claim;
        }
        let any = claims(0).max_by_key(rank).unwrap_or(Claim::Free);
        // RSV-16: somebody else may have it as long as enough connectors stay free for those who wait for any.
        let is_free = |other: &ConnectorId| {
            *other != connector && Self::obstacle(core, *other).is_none() && claims(*other).next().is_none()
        };
        match any {
            Claim::MaybeGroup | Claim::Foreign if core.connector_ids().filter(is_free).count() >= claims(0).count() => {
                Claim::Free
            }
            any => any,
        }
    }

    /// Whether the tag that is being authorised may not charge because the connector waits for another one (RSV-05). Its
    /// group is `parent`, if it has one.
    pub(super) fn is_reserved_for_others(&self, core: &Core<'_>, id: ConnectorId, parent: Option<&IdToken>) -> bool {
        let Some(session) = core.connector(id).map(|connector| &connector.session) else { return false };
        let claim = self.claim(core, id, &session.id_tag, parent);
        session.visitor.is_none() && matches!(claim, Claim::Foreign | Claim::MaybeGroup)
    }

    /// RSV-09: finds the reservation that a session uses up which waits for its tag or its EV.
    pub(super) fn find_reservation(&self, core: &mut Core<'_>, id: ConnectorId) {
        let Some(session) = core.connector(id).map(|connector| &connector.session) else { return };
        if !session.is_waiting() {
            return;
        }
        let reservation = match self.claim(core, id, &session.id_tag, session.parent.as_ref()) {
            Claim::Ours(reservation) => Some(reservation),
            _ => None,
        };
        if let Some(connector) = core.connector_mut(id) {
            connector.session.reservation = reservation;
        }
    }

    /// RSV-07: its transaction has started, and that is durable as this entry of the journal.
    pub(super) fn reservation_used(&mut self, common: &mut Common<'_>, id: i32, entry: u32) {
        if self.end(&mut |reservation| reservation.id == id && entry >= reservation.since) {
            self.reservations_changed(common);
        }
    }

    fn reservations_changed(&mut self, common: &mut Common<'_>) {
        self.is_active = true;
        common.persistence.has_chores = true;
    }

    /// Ends reservations that are over, and tells the connectors which of them are reserved.
    pub(super) fn advance_reservations(&mut self, core: &mut Core<'_>, now: Instant) {
        if !self.is_active {
            return;
        }
        let is_active = self.all().next().is_some();
        self.is_active = is_active;
        let date = core.common.clock.date(now);
        let is_main_unusable = !core.charge_point.service.is_on() || core.charge_point.is_faulted();
        let connectors = &core.connectors;
        let mut next = u32::MAX;
        let has_ended = self.end(&mut |reservation| {
            let left = date.map(|date| reservation.expires.as_unix().saturating_sub(date.as_unix()));
            next = next.min(left.unwrap_or(u32::MAX));
            let is_usable = match usize::from(reservation.connector).checked_sub(1) {
                None => !is_main_unusable,
                Some(place) => connectors.get(place).is_some_and(Connector::is_operative),
            };
            left == Some(0) || !is_usable // RSV-07, RSV-08
        });
        if has_ended {
            self.reservations_changed(&mut core.common);
        }
        let mut looks_again = has_ended || next == 0;
        for (connector, id) in core.connectors.iter_mut().zip(1..) {
            let is_reserved = self.all().any(|reservation| reservation.connector == id);
            if connector.is_reserved && !is_reserved {
                connector.present_since = now; // who has plugged in is treated as if just come
                looks_again = true;
            }
            connector.is_reserved = is_reserved;
        }
        if looks_again {
            core.common.look_again();
        } else if next != u32::MAX {
            core.common.wake_at(now + Duration::from_secs(next));
        }
    }

    /// Whether a connector is reserved; connector 0 when any one is.
    pub(crate) fn is_reserved(&self, connector: ConnectorId) -> bool {
        self.all().any(|reservation| reservation.connector == connector)
    }

    /// Whether a reservation keeps this tag, of whose group nothing is known, from charging on a connector.
    pub(crate) fn is_blocked_by_reservation(&self, core: &Core<'_>, id_tag: &str, connector: ConnectorId) -> bool {
        let claim = IdToken::from_text(id_tag).map(|id_tag| self.claim(core, connector, &id_tag, None));
        matches!(claim, Ok(Claim::Foreign | Claim::MaybeGroup))
    }
}

fn is_in_use(connector: &Connector<'_>) -> bool {
    connector.session.phase() != Phase::Idle || connector.finishing != Finishing::No || connector.is_held
}

/// KEY-40: the switch is the firmware's, until it has begun.
pub(super) fn announce_hardware(common: &mut Common<'_>) {
    let _ = common.keys.fix(RESERVE_CONNECTOR_ZERO_NAME);
}
