//! The central system has answered the start of a transaction.

use super::confirmed_transaction::ConfirmedTransaction;
use crate::station::core_profile::Core;
use crate::station::device::shelf::Shelf;
use crate::station::{ConnectorId, IdToken};
use crate::store::{RecordKey, registry};

/// From connector 1 on. They are written between the entries of the journal: see
/// [`storing`](crate::station::device::storing).
pub(in crate::station) struct TransactionShelf;

impl Shelf for TransactionShelf {
    fn find(&self, core: &Core<'_>, number: u16) -> Option<(u16, RecordKey)> {
        let id = number.max(1); // the charge point itself has none
        registry::among(&registry::TRANSACTION, id, core.connectors.len() + 1)
    }

    fn load(&mut self, core: &mut Core<'_>, id: u16, key: RecordKey, record: &[u8]) {
        let loaded = ConfirmedTransaction::load(key, record);
        if let (Some((confirmed, id_tag)), Some(connector)) = (loaded, core.connector_mut(id as ConnectorId)) {
            connector.confirmed = confirmed;
            connector.session.card.id_tag = id_tag;
        }
    }
}

impl Core<'_> {
    /// AUTH-09: the parent may become known only now. It also tells who may take a cable that stays locked (TX-10).
    pub(in crate::station) fn learn_parent(&mut self, connector: ConnectorId, number: u32, parent: Option<IdToken>) {
        if let (Some(parent), Some(connector)) = (parent, self.connector_mut(connector)) {
            let is_held = connector.visit.is_held;
            let session = &mut connector.session;
            if (session.is_in_transaction() || is_held) && session.entry == number {
                session.card.parent = Some(parent);
            }
        }
    }

    pub(in crate::station) fn confirm(
        &mut self,
        id: ConnectorId,
        number: u32,
        transaction: i64,
        meter_start: i64,
        denied: bool,
    ) {
        self.delivery.confirmed_unsaved = true;
        let began = self.delivery.head_at.and_then(|at| self.common.dating.date(at));
        let Some(connector) = self.connector_mut(id) else { return };
        let running = connector.session.is_in_transaction() && connector.session.entry == number;
        connector.confirmed = ConfirmedTransaction {
            entry: number,
            id: Some(transaction),
            ended: !running,
            unsaved: true,
            stored_as_running: connector.confirmed.stored_as_running,
            meter_start,
            register: meter_start,
            began,
            denied,
        };
        if running {
            connector.session.began = began;
        }
    }
}
