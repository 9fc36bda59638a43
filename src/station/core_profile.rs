//! The connectors, and what happens on them: the state of the profile Core.

use super::common::Common;
use super::connector::InputError;
use super::connector::place::Place;
use super::journal::delivery::Delivery;
use super::metering::Alignment;
use super::signed_values::SignedValues;
use super::smart_charging::Supply;
use super::status::faults::ErrorInput;
use super::{ChargePointStatus, Connector, ConnectorId, IdToken, MeterInput};
use crate::time::Instant;
use core::ops::Range;
use heapless::VecView;

pub(crate) struct Core<'a> {
    pub(crate) common: Common<'a>,
    pub(super) connectors: &'a mut [Connector<'a>],
    /// Connector 0, the charge point itself.
    pub(super) charge_point: Place<'a>,
    pub(super) meter_inputs: &'a mut VecView<MeterInput<'a>>,
    pub(super) alignment: Alignment,
    pub(super) signed_values: SignedValues,
    pub(crate) delivery: Delivery,
    #[cfg_attr(not(feature = "smart-charging"), expect(dead_code))]
    pub(super) supply: Supply,
    /// There may be a state to be told.
    pub(super) has_reports: bool,
    /// All states are to be told once they have been looked at.
    pub(super) reports_all: bool,
    /// What a power cut has interrupted goes on.
    pub(super) resumes: bool,
    /// The tag that Authorize.req was sent about.
    pub(super) asked_tag: IdToken,
}

impl<'a> Core<'a> {
    pub(super) fn new(
        common: Common<'a>,
        connectors: &'a mut [Connector<'a>],
        meter_inputs: &'a mut VecView<MeterInput<'a>>,
    ) -> Self {
        Self {
            common,
            connectors,
            charge_point: Place::new(),
            meter_inputs,
            alignment: Alignment::new(),
            signed_values: SignedValues::new(),
            delivery: Delivery::new(),
            supply: Supply::DEFAULT,
            has_reports: true,
            reports_all: false,
            resumes: false,
            asked_tag: IdToken::new(),
        }
    }

    /// Reads the inputs, as often as they are to be noticed.
    pub(crate) fn read_inputs(&mut self, now: Instant) {
        for connector in self.connectors.iter_mut() {
            let has_changed = connector.read_inputs(now);
            self.common.agenda.look_again_if(has_changed);
        }
        if !self.charge_point.error_inputs.is_empty() {
            let has_changed = self.charge_point.read_errors(false);
            self.common.agenda.look_again_if(has_changed);
        }
    }

    /// What a power cut has interrupted goes on after it, or ends.
    pub(crate) fn resume_transactions(&mut self, resumes: bool) {
        self.resumes = resumes;
    }

    /// How many more transactions may begin for certain before the journal is full.
    pub(crate) fn transactions_left(&self) -> u32 {
        let of_one = self.entries_of_a_transaction();
        (self.common.journal.room() + of_one).saturating_sub(self.entries_of_a_new_transaction()) / of_one
    }

    /// How many transaction messages wait for delivery.
    pub(crate) fn waiting_messages(&self) -> u32 {
        self.common.journal.len().saturating_sub(self.common.dating.entries() + self.signed_values.copying.pieces())
    }

    /// The state that was last computed for a connector, 0 being the charge point.
    pub(crate) fn status(&self, id: ConnectorId) -> Option<ChargePointStatus> {
        Some(self.place(id)?.status.current())
    }

    /// The connector with this number, from 1.
    #[inline(never)]
    pub(crate) fn connector(&self, id: ConnectorId) -> Option<&Connector<'a>> {
        self.connectors.get(usize::from(id).checked_sub(1)?)
    }

    #[inline(never)]
    pub(crate) fn connector_mut(&mut self, id: ConnectorId) -> Option<&mut Connector<'a>> {
        self.connectors.get_mut(usize::from(id).checked_sub(1)?)
    }

    /// The same for a change that all blocks must look at.
    #[inline(never)]
    pub(crate) fn change_connector(&mut self, id: ConnectorId) -> Option<&mut Connector<'a>> {
        self.common.agenda.look_again();
        self.connector_mut(id)
    }

    /// How many connectors there are, connector 0 not counted.
    pub(crate) fn connector_count(&self) -> u8 {
        self.connectors.len() as u8
    }

    /// The connectors, without connector 0.
    pub(crate) fn connector_ids(&self) -> Range<ConnectorId> {
        1..self.connector_count().saturating_add(1)
    }

    #[inline(never)]
    pub(super) fn place(&self, id: ConnectorId) -> Option<&Place<'a>> {
        match id {
            0 => Some(&self.charge_point),
            _ => Some(&self.connector(id)?.place),
        }
    }

    #[inline(never)]
    pub(crate) fn place_mut(&mut self, id: ConnectorId) -> Option<&mut Place<'a>> {
        match id {
            0 => Some(&mut self.charge_point),
            _ => Some(&mut self.connector_mut(id)?.place),
        }
    }

    pub(crate) fn add_error_input(&mut self, input: ErrorInput<'a>, id: ConnectorId) -> Result<(), InputError> {
        let place = self.place_mut(id).ok_or(InputError::UnknownConnector)?;
        place.error_inputs.push(input).map_err(|_| InputError::TableFull)
    }
}
