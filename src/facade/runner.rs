//! The async driver: a copyable handle for the firmware, and one task that moves everything.

use super::charge_point::Buffers;
use super::engine::Engine;
use super::link::Life;
use super::{ChargePoint, Closed, Controls, Link, Missing};
use crate::log::warning;
use crate::ocpp16::role;
use crate::store::{Scratch, Storage};
use crate::time::{Duration, Instant};
use crate::transport::{ConnectFailure, WebSocketTransport};
use core::cell::RefCell;
use core::convert::Infallible;
use core::pin::pin;
use embassy_futures::select::{Either, select};
use embassy_sync::blocking_mutex::Mutex;
use embassy_sync::blocking_mutex::raw::{NoopRawMutex, RawMutex};
use embassy_sync::mutex;
use embassy_sync::signal::Signal;

/// The clock of the platform.
#[allow(async_fn_in_trait)] // the futures need not be `Send`: the core runs on one executor
pub trait Timer {
    /// Monotonic time.
    fn now(&self) -> Instant;

    /// Waits until `at`. May be dropped at any time.
    async fn sleep_until(&self, at: Instant);
}

/// A charge point that a [`Handle`] and a [`Runner`] share. `M` is the mutex kind of the platform.
///
/// The inputs of a charge point need not be `Sync`, so all tasks that use it run on one executor; `NoopRawMutex` does
/// for that.
pub struct Shared<'a, M: RawMutex> {
    core: Core<'a, M>,
    buffers: Buffers<'a>,
}

pub(super) struct Core<'a, M: RawMutex> {
    controls: Mutex<M, RefCell<Controls<'a>>>,
    changed: Signal<M, ()>,
}

impl<'a, M: RawMutex> Shared<'a, M> {
    /// Puts a charge point where several tasks can reach it.
    pub fn new(charge_point: ChargePoint<'a>) -> Self {
        let ChargePoint { controls, buffers } = charge_point;
        Self { core: Core { controls: Mutex::new(RefCell::new(controls)), changed: Signal::new() }, buffers }
    }

    /// The handle for the tasks of the firmware, and the runner for a task of its own.
    pub fn split(&mut self) -> (Handle<'_, 'a, M>, Runner<'_, 'a, M>) {
        (Handle { core: &self.core }, Runner { core: &self.core, buffers: &mut self.buffers })
    }
}

impl<'a, M: RawMutex> Core<'a, M> {
    pub(super) fn with<R>(&self, action: impl FnOnce(&mut Engine<'a>) -> R) -> R {
        self.controls.lock(|controls| action(controls.borrow_mut().engine))
    }
}

/// Reaches the charge point from any task. Copies are free.
pub struct Handle<'s, 'a, M: RawMutex> {
    core: &'s Core<'a, M>,
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
    core: &'s Core<'a, M>,
    buffers: &'s mut Buffers<'a>,
}

/// How often the inputs are read when nobody [notifies](Handle::notify).
const INPUT_INTERVAL: Duration = Duration::from_millis(100);

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
    core: &Core<'_, M>,
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

/// Waits until something must be looked at. May be dropped at any time.
async fn wake<M: RawMutex, T: Timer>(core: &Core<'_, M>, timer: &T) {
    let deadline = core.with(|engine| engine.next_deadline());
    let at = deadline.min(timer.now() + INPUT_INTERVAL);
    select(timer.sleep_until(at), core.changed.wait()).await;
}

/// What must go on while something else is waited for: inputs, timers and records.
pub struct Keeper<'k, 's, 'a, M: RawMutex, S, T> {
    pub(super) core: &'s Core<'a, M>,
    pub(super) record: &'k mut Scratch<'a>,
    storage: &'k mut S,
    pub(super) timer: &'k T,
}

impl<M: RawMutex, S: Storage, T: Timer> Keeper<'_, '_, '_, M, S, T> {
    /// Waits for `future` and keeps house meanwhile.
    async fn during<F: Future>(&mut self, future: F) -> F::Output {
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
            let (ping_interval, part, send_deadline, can_receive) = self.core.with(|engine| {
                engine.set_connected(true, self.record);
                let part = engine.transmit(receive, send, self.record);
                (engine.operations.ping_interval_s(), part, engine.send_deadline, engine.rpc.can_receive())
            });
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
                None if can_receive => match select(transport.receive(receive), self.wake()).await {
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
                },
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

/// The clock of `embassy-time`.
#[cfg(feature = "embassy-time")]
#[derive(Clone, Copy, Debug, Default)]
pub struct EmbassyTimer;

#[cfg(feature = "embassy-time")]
impl Timer for EmbassyTimer {
    fn now(&self) -> Instant {
        Instant::from_millis(embassy_time::Instant::now().as_millis())
    }

    async fn sleep_until(&self, at: Instant) {
        let at = embassy_time::Instant::try_from_millis(at.as_millis()).unwrap_or(embassy_time::Instant::MAX);
        embassy_time::Timer::at(at).await;
    }
}
