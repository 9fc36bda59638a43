//! What goes on on one executor, whether there is a connection or not.

use super::engine::Engine;
use super::panel::touched;
use super::{Controls, Timer};
use crate::rpc::Inflow;
use crate::station::role;
use crate::store::{Scratch, Storage};
use crate::time::Duration;
use crate::transport::WebSocketTransport;
use core::cell::RefCell;
use core::pin::pin;
use embassy_futures::select::{Either, select, select3};
use embassy_sync::blocking_mutex::Mutex;
use embassy_sync::blocking_mutex::raw::RawMutex;
use embassy_sync::signal::Signal;

/// The charge point where several tasks can reach it.
pub(super) struct SharedCore<'a, M: RawMutex> {
    pub(super) controls: Mutex<M, RefCell<Controls<'a>>>,
    pub(super) changed: Signal<M, ()>,
}

/// What must go on while something else is waited for: inputs, timers and records.
pub struct Keeper<'k, 's, 'a, M: RawMutex, S, T> {
    pub(super) core: &'s SharedCore<'a, M>,
    pub(super) record: &'k mut Scratch<'a>,
    pub(super) storage: &'k mut S,
    pub(super) timer: &'k T,
}

/// How often the inputs are read when nobody [notifies](Handle::notify).
const INPUT_INTERVAL: Duration = Duration::from_millis(100);

impl<'a, M: RawMutex> SharedCore<'a, M> {
    pub(super) fn with<R>(&self, action: impl FnOnce(&mut Engine<'a>) -> R) -> R {
        self.controls.lock(|controls| action(controls.borrow_mut().engine))
    }
}

impl<M: RawMutex, S: Storage, T: Timer> Keeper<'_, '_, '_, M, S, T> {
    /// Waits for `future` and keeps house meanwhile.
    pub(super) async fn during<F: Future>(&mut self, future: F) -> F::Output {
        let mut future = pin!(future);
        loop {
            self.keep().await;
            if let Either::First(output) = select(future.as_mut(), self.wake()).await {
                return output;
            }
        }
    }

    /// Reads the inputs, runs the timers, and stores all that is to be stored.
    pub(super) async fn keep(&mut self) {
        loop {
            let now = self.timer.now();
            let op = self.core.with(|engine| {
                engine.tick(now, self.record);
                engine.storage_op(self.record)
            });
            let Some(op) = op else { return };
            let result = op.run(self.storage, role, self.record.device()).await.ok();
            self.core.with(|engine| engine.storage_done(result, self.storage, self.record));
        }
    }

    /// Waits until something must be looked at. May be dropped at any time.
    pub(super) async fn wake(&self) {
        wake(self.core, self.timer).await;
    }

    /// Talks over one connection until it is over.
    pub(super) async fn converse<W: WebSocketTransport>(
        &mut self,
        transport: &mut W,
        receive: &mut [u8],
        send: &mut [u8],
    ) {
        while transport.is_connected() {
            self.keep().await;
            let now = self.timer.now();
            let (ping_interval, part, send_deadline, can_receive, kept, is_over) = self.core.with(|engine| {
                engine.set_connected(true, self.record);
                let part = engine.transmit(receive, send, self.record);
                let is_over = engine.station.security.wants_reconnect();
                let can_receive = engine.rpc.can_receive();
                let ping_interval = engine.station.core.common.ping_interval_s();
                (ping_interval, part, engine.send_deadline, can_receive, engine.inflow.kept(), is_over)
            });
            if is_over {
                transport.leave();
                break;
            }
            transport.keep_alive(now, ping_interval);
            let alive = match part {
                Some(part) => {
                    let sent = transport.send(send.get(..part.len).unwrap_or_default(), part.last);
                    let in_time = select(sent, self.timer.sleep_until(send_deadline));
                    let taken = matches!(self.during(in_time).await, Either::First(Ok(())));
                    if taken {
                        self.core.with(|engine| engine.transmitted());
                    }
                    taken
                }
                None if can_receive => {
                    let room = receive.get_mut(kept..).unwrap_or_default();
                    match select(Inflow::receive_from(transport, room), self.wake()).await {
                        Either::First(Ok(Some(received))) => {
                            let now = self.timer.now();
                            self.core.with(|engine| {
                                engine.tick(now, self.record);
                                engine.receive(received, receive, send, self.record);
                            });
                            true
                        }
                        Either::First(Ok(None)) => {
                            self.wake().await;
                            true
                        }
                        Either::First(Err(_)) => false,
                        Either::Second(()) => true,
                    }
                }
                None => {
                    if !self.core.with(|engine| engine.is_holding()) {
                        self.wake().await;
                    }
                    true
                }
            };
            if !alive {
                break;
            }
        }
        self.core.with(|engine| engine.set_connected(false, self.record));
    }
}

/// Waits until something must be looked at. May be dropped at any time.
pub(super) async fn wake<M: RawMutex, T: Timer>(core: &SharedCore<'_, M>, timer: &T) {
    let (deadline, panel) = core.with(|engine| (engine.next_deadline(), engine.panel));
    let at = deadline.min(timer.now() + INPUT_INTERVAL);
    select3(timer.sleep_until(at), core.changed.wait(), touched(panel)).await;
}
