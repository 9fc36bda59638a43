//! The async driver: a copyable handle for the firmware, and one task that moves everything.

use super::charge_point::Buffers;
use super::keeper::{Keeper, SharedCore, wake};
use super::link::Life;
use super::{ChargePoint, Closed, Controls, Link, Missing, Timer};
use crate::log::warning;
use crate::store::Storage;
use crate::transport::ConnectFailure;
use core::cell::RefCell;
use core::convert::Infallible;
use embassy_futures::select::{Either, select};
use embassy_sync::blocking_mutex::Mutex;
use embassy_sync::blocking_mutex::raw::{NoopRawMutex, RawMutex};
use embassy_sync::mutex;
use embassy_sync::signal::Signal;

/// A charge point that a [`Handle`] and a [`Runner`] share. `M` is the mutex kind of the platform.
///
/// The inputs of a charge point need not be `Sync`, so all tasks that use it run on one executor; `NoopRawMutex` does
/// for that.
pub struct Shared<'a, M: RawMutex> {
    core: SharedCore<'a, M>,
    buffers: Buffers<'a>,
}

impl<'a, M: RawMutex> Shared<'a, M> {
    /// Puts a charge point where several tasks can reach it.
    pub fn new(charge_point: ChargePoint<'a>) -> Self {
        let ChargePoint { controls, buffers } = charge_point;
        Self { core: SharedCore { controls: Mutex::new(RefCell::new(controls)), changed: Signal::new() }, buffers }
    }

    /// The handle for the tasks of the firmware, and the runner for a task of its own.
    pub fn split(&mut self) -> (Handle<'_, 'a, M>, Runner<'_, 'a, M>) {
        (Handle { core: &self.core }, Runner { core: &self.core, buffers: &mut self.buffers })
    }
}

/// Reaches the charge point from any task. Copies are free.
pub struct Handle<'s, 'a, M: RawMutex> {
    core: &'s SharedCore<'a, M>,
}

impl<M: RawMutex> Clone for Handle<'_, '_, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M: RawMutex> Copy for Handle<'_, '_, M> {}

impl<'a, M: RawMutex> Handle<'_, 'a, M> {
    /// Does something with the charge point, at once. The runner looks at it again afterwards.
    ///
    /// # Panics
    /// When a handle of the same charge point is used inside: in `action`, or in an input, an output or an `on_outcome`.
    pub fn with<R>(&self, action: impl FnOnce(&mut Controls<'a>) -> R) -> R {
        let result = self.core.controls.lock(|controls| action(&mut controls.borrow_mut()));
        self.core.changed.signal(());
        result
    }

    /// An input has changed: look now, not at the next poll of the inputs.
    pub fn notify(&self) {
        self.core.changed.signal(());
    }
}

/// Moves messages and records. Owned by one task.
pub struct Runner<'s, 'a, M: RawMutex> {
    core: &'s SharedCore<'a, M>,
    buffers: &'s mut Buffers<'a>,
}

impl<'s, 'a, M: RawMutex> Runner<'s, 'a, M> {
    /// Runs the charge point for ever: connects, reconnects, stores, sends and receives. Failures of connections and of
    /// the storage device are dealt with here.
    ///
    /// A connection is a scope: `connect` opens the socket, and TLS where it is wanted, hands the stream to
    /// [`Link::websocket`], or a WebSocket library of its own to [`Link::transport`], and returns when that does. What it
    /// borrows it may lend to each connection anew. It says why there is no connection, as far as it knows, and is called
    /// again with growing waits. When there is no connection after two minutes it is dropped, and so it is ten seconds after
    /// the end of one.
    ///
    /// # Errors
    /// [`Missing`] at once when an input or output is missing.
    ///
    /// # Cancellation
    /// Dropping the future is a lost link: nothing durable is lost, and it may be run again. An operation of the storage
    /// device, and a connection that is being opened, may be cut half way.
    pub async fn run<'k, C, S, T>(
        &'k mut self,
        mut connect: C,
        storage: &'k mut S,
        timer: &'k T,
    ) -> Result<Infallible, Missing>
    where
        C: AsyncFnMut(Link<'_, Keeper<'k, 's, 'a, M, S, T>>) -> Result<Closed, ConnectFailure>,
        S: Storage,
        T: Timer,
    {
        let core = self.core;
        let Buffers { receive, send, record } = &mut *self.buffers;
        core.with(|engine| {
            engine.set_connected(false, record);
            engine.complete()
        })?;
        let keeper = mutex::Mutex::new(Keeper { core, record, storage, timer });
        loop {
            let due = core.with(|engine| engine.backoff.due());
            keeper.lock().await.during(timer.sleep_until(due)).await;
            let life = Life::new(timer.now());
            let link = Link { keeper: &keeper, receive, send, life: &life };
            let result = match select(connect(link), keep_house(&keeper, core, timer, &life)).await {
                Either::First(result) => result.map(|_| ()),
                Either::Second(()) => Err(ConnectFailure::NoAnswer),
            };
            let keeper = &mut *keeper.lock().await;
            core.with(|engine| match result {
                Err(why) if !life.was_open.get() => {
                    warning!("no connection: {}", why);
                    engine.connect_failed(why);
                }
                _ => engine.set_connected(false, keeper.record),
            });
        }
    }
}

/// Keeps house while no connection does, until the deadline of this one.
async fn keep_house<M: RawMutex, S: Storage, T: Timer>(
    keeper: &mutex::Mutex<NoopRawMutex, Keeper<'_, '_, '_, M, S, T>>,
    core: &SharedCore<'_, M>,
    timer: &T,
    life: &Life,
) {
    loop {
        keeper.lock().await.keep().await;
        if timer.now() >= life.deadline.get() {
            return;
        }
        wake(core, timer).await;
    }
}
