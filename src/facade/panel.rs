//! What is done and seen from where the charge point cannot be reached: an interrupt, a second core, another priority.

use crate::station::{BeginError, ConnectorId, EndError, IdToken, Reason, Station, Token};
use crate::time::Instant;
use core::future::poll_fn;
use core::pin::pin;
use core::sync::atomic::{AtomicU32, Ordering};
use core::task::{Context, Poll};
use embassy_sync::blocking_mutex::raw::RawMutex;
use embassy_sync::channel::{Channel, TrySendError};
use embassy_sync::signal::Signal;

/// The front panel of a charge point: from an interrupt, a second core, another thread or a task of another priority, what
/// is behind it is done at its next poll, and shows here afterwards.
///
/// It lies in a static and is lent by [`Controls::set_panel`](crate::Controls::set_panel), to a superloop as well as to a runner, which it wakes. It is
/// `Send` and `Sync` where its mutex is: `CriticalSectionRawMutex` for interrupts and cores, `ThreadModeRawMutex` for the
/// tasks of one executor. The mutex is held while one press is copied, never while the charge point works.
///
/// ```
/// use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
/// use embedded_ocpp::facade::Panel;
///
/// static PANEL: Panel<CriticalSectionRawMutex> = Panel::new();
///
/// fn card_interrupt(id_tag: &str) {
///     if let Err(refused) = PANEL.begin_transaction(id_tag, 1) {
///         // Show the card again.
/// #       let _ = refused;
///     }
/// }
///
/// fn relay_may_close() -> bool {
///     PANEL.permits_charge(1)
/// }
/// ```
pub struct Panel<M: RawMutex> {
    presses: Channel<M, Press, PRESSES>,
    touched: Signal<M, ()>,
    permitting: Lamps,
    active: Lamps,
}

/// Why a press was not taken; nothing comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum PanelError {
    /// The charge point has not yet looked at the four presses before; try again after its next poll.
    #[error("the charge point has not looked at the presses before")]
    Full,
    /// The tag is empty or longer than 20 characters; refuse the card.
    #[error("id tag empty or longer than 20 characters")]
    InvalidIdTag,
}

impl<M: RawMutex> Panel<M> {
    /// A panel that nobody has touched.
    #[allow(clippy::new_without_default)] // it belongs in a static
    pub const fn new() -> Self {
        Self { presses: Channel::new(), touched: Signal::new(), permitting: Lamps::new(), active: Lamps::new() }
    }

    /// A card was shown: see [`Controls::begin_transaction`](crate::Controls::begin_transaction). What becomes of it is told to the notification output of the
    /// connector; a card that begins nothing now, for whatever [`BeginError`], as
    /// [`AuthorizationRejected`](crate::ocpp16::TxNotification::AuthorizationRejected).
    ///
    /// # Errors
    /// [`PanelError`]
    pub fn begin_transaction<'t>(
        &self,
        id_tag: impl Into<Token<'t>>,
        connector: ConnectorId,
    ) -> Result<(), PanelError> {
        let id_tag = copy(id_tag.into().text)?;
        self.press(Press::Begin { id_tag, connector })
    }

    /// Ends the session: see [`Controls::end_transaction`](crate::Controls::end_transaction). A tag that may not end it is told as
    /// [`AuthorizationRejected`](crate::ocpp16::TxNotification::AuthorizationRejected); where there is no session nothing comes of it.
    ///
    /// # Errors
    /// [`PanelError`]
    pub fn end_transaction(
        &self,
        id_tag: Option<&str>,
        reason: Reason,
        connector: ConnectorId,
    ) -> Result<(), PanelError> {
        let id_tag = id_tag.map(copy).transpose()?;
        self.press(Press::End { id_tag, reason, connector })
    }

    /// An input has changed: look now, not at the next poll of the inputs.
    pub fn notify(&self) {
        self.touched.signal(());
    }

    /// Whether energy may flow to the EV, as the last poll has found it. It stays as it was when nobody polls any more: that
    /// is the watchdog's business.
    pub fn permits_charge(&self, connector: ConnectorId) -> bool {
        self.permitting.is_on(connector)
    }

    /// Whether a session is under way that is not over, as the last poll has found it.
    pub fn is_transaction_active(&self, connector: ConnectorId) -> bool {
        self.active.is_on(connector)
    }

    fn press(&self, press: Press) -> Result<(), PanelError> {
        self.presses.try_send(press).map_err(|TrySendError::Full(_)| PanelError::Full)?;
        self.notify();
        Ok(())
    }
}

const PRESSES: usize = 4;

enum Press {
    Begin { id_tag: IdToken, connector: ConnectorId },
    End { id_tag: Option<IdToken>, reason: Reason, connector: ConnectorId },
}

fn copy(id_tag: &str) -> Result<IdToken, PanelError> {
    IdToken::from_text(id_tag).ok().filter(|id_tag| !id_tag.is_empty()).ok_or(PanelError::InvalidIdTag)
}

/// One bit for each connector, of which there are 63 at most. Only the charge point writes.
struct Lamps([AtomicU32; 2]);

impl Lamps {
    const fn new() -> Self {
        Self([const { AtomicU32::new(0) }; 2])
    }

    fn is_on(&self, connector: ConnectorId) -> bool {
        let (word, bit) = place(connector);
        self.0.get(word).is_some_and(|word| word.load(Ordering::Acquire) & bit != 0)
    }

    fn set(&self, connector: ConnectorId, is_on: bool) {
        let (word, bit) = place(connector);
        let Some(word) = self.0.get(word) else { return };
        let others = word.load(Ordering::Relaxed) & !bit; // no read-modify-write: not every chip has one
        word.store(if is_on { others | bit } else { others }, Ordering::Release);
    }
}

fn place(connector: ConnectorId) -> (usize, u32) {
    (usize::from(connector / 32), 1 << (connector % 32))
}

/// A panel as the charge point sees it, whatever its mutex is: what it does with one is linked where there is one.
pub(super) trait Back {
    fn poll_touched(&self, context: &mut Context<'_>) -> Poll<()>;

    /// Does what was left on the panel; not before it is known what goes on.
    fn look_at(&self, now: Instant, station: &mut Station<'_>);

    /// Shows how the connectors stand.
    fn light(&self, station: &Station<'_>);
}

impl<M: RawMutex> Back for Panel<M> {
    fn poll_touched(&self, context: &mut Context<'_>) -> Poll<()> {
        pin!(self.touched.wait()).poll(context)
    }

    fn look_at(&self, now: Instant, station: &mut Station<'_>) {
        if !station.core.common.is_recovered() {
            return;
        }
        for press in (0..PRESSES).map_while(|_| self.presses.try_receive().ok()) {
            let (connector, is_refused) = match press {
                Press::Begin { id_tag, connector } => {
                    let begun = station.begin_transaction(now, id_tag.as_str(), connector, false);
                    // A card that meets a reservation has been told so.
                    (connector, begun.is_err_and(|why| why != BeginError::Reserved))
                }
                Press::End { id_tag, reason, connector } => {
                    let id_tag = id_tag.as_ref().map(IdToken::as_str);
                    let ended = station.end_transaction(now, id_tag, reason, connector);
                    (connector, ended == Err(EndError::OtherIdTag))
                }
            };
            if is_refused {
                station.core.card_refused(connector);
            }
        }
    }

    fn light(&self, station: &Station<'_>) {
        for id in station.core.connector_ids() {
            self.permitting.set(id, station.core.permits_charge(id));
            self.active.set(id, station.core.is_session_active(id));
        }
    }
}

/// Waits until somebody touches the panel, for ever when there is none. May be dropped at any time.
pub(super) async fn touched(panel: Option<&dyn Back>) {
    poll_fn(|context| panel.map_or(Poll::Pending, |panel| panel.poll_touched(context))).await;
}
