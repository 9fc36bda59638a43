//! The async driver: a copyable handle for the firmware, and one task that moves everything.

use super::charge_point::Buffers;
use super::engine::Engine;
use super::{ChargePoint, Controls, Error};
use crate::store::Storage;
use crate::time::{Duration, Instant};
use crate::transport::WebSocketTransport;
use core::cell::RefCell;
use core::pin::pin;
use embassy_futures::select::{Either, select};
use embassy_sync::blocking_mutex::Mutex;
use embassy_sync::blocking_mutex::raw::RawMutex;
use embassy_sync::signal::Signal;

/// The clock of the platform.
#[allow(async_fn_in_trait)] // the futures need not be `Send`: the core runs on one executor
pub trait Timer {
    /// Monotonic time.
    fn now(&self) -> Instant;

    /// Waits until `at`. May be dropped at any time.
    async fn sleep_until(&self, at: Instant);
}

/// Opens connections to the central system.
#[allow(async_fn_in_trait)] // the futures need not be `Send`: the core runs on one executor
pub trait Connect {
    /// What a connection is.
    type Transport<'t>: WebSocketTransport
    where
        Self: 't;
    /// Why there is none.
    type Error: core::fmt::Debug;

    /// Opens a connection: name resolution, TCP, TLS, WebSocket with subprotocol `ocpp1.6`.
    ///
    /// The runner asks again with growing waits after every failure. The future is never dropped half way, so it must
    /// have a time limit of its own.
    async fn connect(&mut self) -> Result<Self::Transport<'_>, Self::Error>;
}

/// A charge point that a [`Handle`] and a [`Runner`] share. `M` protects it: `NoopRawMutex` when all tasks run on one
/// executor.
pub struct Shared<'a, M: RawMutex> {
    controls: Mutex<M, RefCell<Controls<'a>>>,
    changed: Signal<M, ()>,
    buffers: RefCell<Option<Buffers<'a>>>,
}

impl<'a, M: RawMutex> Shared<'a, M> {
    /// Puts a charge point where several tasks can reach it.
    pub fn new(charge_point: ChargePoint<'a>) -> Self {
        let ChargePoint { controls, buffers } = charge_point;
        Self {
            controls: Mutex::new(RefCell::new(controls)),
            changed: Signal::new(),
            buffers: RefCell::new(Some(buffers)),
        }
    }

    /// The handle for the tasks of the firmware, and the runner for a task of its own.
    pub fn split(&mut self) -> (Handle<'_, 'a, M>, Runner<'_, 'a, M>) {
        let this = &*self;
        let buffers = this.buffers.take();
        (Handle { shared: this }, Runner { shared: this, buffers })
    }

    fn with<R>(&self, action: impl FnOnce(&mut Engine<'a>) -> R) -> R {
        self.controls.lock(|controls| action(&mut controls.borrow_mut().engine))
    }
}

/// Reaches the charge point from any task. Copies are free.
pub struct Handle<'s, 'a, M: RawMutex> {
    shared: &'s Shared<'a, M>,
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
    /// `action` must not use a handle of the same charge point.
    pub fn with<R>(&self, action: impl FnOnce(&mut Controls<'a>) -> R) -> R {
        let result = self.shared.controls.lock(|controls| action(&mut controls.borrow_mut()));
        self.shared.changed.signal(());
        result
    }

    /// An input has changed: look now, not at the next poll of the inputs.
    pub fn notify(&self) {
        self.shared.changed.signal(());
    }
}

/// Moves messages and records. Owned by one task.
pub struct Runner<'s, 'a, M: RawMutex> {
    shared: &'s Shared<'a, M>,
    buffers: Option<Buffers<'a>>,
}

/// How often the inputs are read when nobody [notifies](Handle::notify).
const INPUT_INTERVAL: Duration = Duration::from_millis(100);
/// A part of a message that the connection does not take within this time takes the connection with it.
const SEND_TIMEOUT: Duration = Duration::from_secs(30);

impl<M: RawMutex> Runner<'_, '_, M> {
    /// Runs the charge point for ever: connects, reconnects, stores, sends and receives.
    ///
    /// # Errors
    /// [`Error::Incomplete`] at once when an input is missing. Failures of connections and of the storage device are
    /// dealt with here and never returned.
    ///
    /// # Cancellation
    /// Dropping the future is a power cut as far as OCPP is concerned: nothing durable is lost. An operation of the
    /// storage device may be cut half way.
    pub async fn run<C: Connect, S: Storage, T: Timer>(
        &mut self,
        connect: &mut C,
        storage: &mut S,
        timer: &T,
    ) -> Result<core::convert::Infallible, Error<C::Error, S::Error>> {
        if let Some(missing) = self.shared.with(Engine::missing) {
            return Err(Error::Incomplete(missing));
        }
        let Some(Buffers { receive, send, record }) = &mut self.buffers else {
            return Err(Error::AlreadyRunning);
        };
        let mut keeper = Keeper { shared: self.shared, record, storage, timer };
        loop {
            let due = self.shared.with(|engine| engine.backoff.due());
            keeper.during(timer.sleep_until(due)).await;
            match keeper.during(connect.connect()).await {
                Ok(mut transport) => keeper.converse(&mut transport, receive, send).await,
                Err(_) => self.shared.with(Engine::connect_failed),
            }
        }
    }
}

/// What must go on while something else is waited for: inputs, timers and records.
struct Keeper<'k, 's, 'a, M: RawMutex, S, T> {
    shared: &'s Shared<'a, M>,
    record: &'k mut [u8],
    storage: &'k mut S,
    timer: &'k T,
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
    async fn keep(&mut self) {
        loop {
            let now = self.timer.now();
            let op = self.shared.with(|engine| {
                engine.tick(now, self.record);
                engine.storage_op(self.record)
            });
            let Some(op) = op else { return };
            let result = op.run(self.storage, self.record).await.map_err(|_| ());
            self.shared.with(|engine| engine.storage_done(result, self.record));
        }
    }

    /// Waits until something must be looked at. May be dropped at any time.
    async fn wake(&self) {
        let deadline = self.shared.with(|engine| engine.next_deadline());
        let at = deadline.min(self.timer.now() + INPUT_INTERVAL);
        select(self.timer.sleep_until(at), self.shared.changed.wait()).await;
    }

    /// Talks over one connection until it is over.
    async fn converse<W: WebSocketTransport>(&mut self, transport: &mut W, receive: &mut [u8], send: &mut [u8]) {
        while transport.is_connected() {
            self.keep().await;
            let now = self.timer.now();
            let (ping_interval, part, can_receive) = self.shared.with(|engine| {
                engine.set_connected(true, self.record);
                let part = engine.transmit(receive, send, self.record);
                (engine.operations.ping_interval_s(), part, engine.rpc.can_receive())
            });
            transport.keep_alive(now, ping_interval);
            let alive = match part {
                Some(part) => {
                    let sent = transport.send(send.get(..part.len).unwrap_or_default(), part.last);
                    let in_time = select(sent, self.timer.sleep_until(now + SEND_TIMEOUT));
                    let taken = matches!(self.during(in_time).await, Either::First(Ok(())));
                    if taken {
                        self.shared.with(|engine| engine.transmitted());
                    }
                    taken
                }
                None if can_receive => match select(transport.receive(receive), self.wake()).await {
                    Either::First(Ok(Some(received))) => {
                        let now = self.timer.now();
                        self.shared.with(|engine| {
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
                    self.wake().await;
                    true
                }
            };
            if !alive {
                break;
            }
        }
        self.shared.with(|engine| engine.set_connected(false, self.record));
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
        let ms = at.as_millis().min(u64::MAX / 2 / embassy_time::TICK_HZ * 1000);
        embassy_time::Timer::at(embassy_time::Instant::from_millis(ms)).await;
    }
}
