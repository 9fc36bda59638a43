use super::capacity::{Capacities, Count, Number};
use super::engine::Engine;
use super::resources::CacheEntries;
use super::{ConfigError, Controls, Error, Resources};
use crate::log::warning;
use crate::ocpp16::keys::KEYS;
use crate::ocpp16::{Exchange, boot_notification, room};
use crate::rpc::Inflow;
use crate::station::{
    Boot, CacheSlot, ChargingPeriod, Connector, ListSlot, Memory, ProfileSlot, ReservationSlot, Station, role,
};
use crate::store::{Keys, Scratch, Storage, StorageOp, StorageResult};
use crate::time::Instant;
use crate::transport::{ConnectFailure, SUBPROTOCOL, WebSocketTransport};
use core::convert::Infallible;
use core::ops::{Deref, DerefMut};
use core::task::Poll;
use embassy_futures::{block_on, poll_once};

/// An OCPP 1.6 charge point.
///
/// In a superloop call [`poll`](Self::poll) again and again. With an executor wrap it in a `Shared`, which hands out a
/// copyable handle and a runner. All functions of the firmware's side are those of [`Controls`].
pub struct ChargePoint<'a> {
    pub(super) controls: Controls<'a>,
    pub(super) buffers: Buffers<'a>,
}

/// The buffers that messages and records pass through.
pub(super) struct Buffers<'a> {
    pub(super) receive: &'a mut [u8],
    pub(super) send: &'a mut [u8],
    pub(super) record: Scratch<'a>,
}

impl<'a> ChargePoint<'a> {
    /// A charge point in lent memory, which tells `boot` about itself.
    ///
    /// # Errors
    /// [`ConfigError`]
    #[inline(never)] // what it needs of the stack is free again when the charge point runs
    pub fn new<const CONNECTORS: usize, C: Capacities>(
        resources: &'a mut Resources<'a, CONNECTORS, C>,
        boot: Boot<'a>,
    ) -> Result<Self, ConfigError> {
        boot_notification::check(&boot).map_err(|_| ConfigError::BootTextTooLong)?;
        let no_schedule = || C::SchedulePeriods::array(ChargingPeriod::NONE);
        let periods = C::ChargingProfiles::rows(&mut resources.periods, no_schedule);
        let memory = Memory {
            connectors: Number::<CONNECTORS>::rows(&mut resources.connectors, Connector::new),
            meter_inputs: resources.meter_inputs.as_mut_view(),
            data_transfer: resources.data_transfer.as_mut_view(),
            hooks: resources.hooks.as_mut_view(),
            cache: CacheEntries::rows(&mut resources.cache, || CacheSlot::FREE),
            local_list: C::LocalList::rows(&mut resources.local_list, || [ListSlot::FREE; 2]).as_flattened_mut(),
            reservations: C::Reservations::rows(&mut resources.reservations, || ReservationSlot::FREE),
            profiles: C::ChargingProfiles::rows(&mut resources.profiles, || ProfileSlot::FREE),
            periods: C::SchedulePeriods::flat(periods),
            custom_call: resources.request.write([0; _]),
        };
        // In the resources, so that it is never moved: it is larger than any stack frame should be.
        let engine = resources.engine.write(Engine::new(Station::new(boot, Keys::blank(KEYS), memory)));
        engine.station.set_up(&room::of_a_request(C::ReceiveBuffer::COUNT));
        Ok(Self {
            controls: Controls { engine },
            buffers: Buffers {
                receive: C::ReceiveBuffer::zeros(&mut resources.receive),
                send: C::SendBuffer::zeros(&mut resources.send),
                record: Scratch::new(resources.record.write([0; _])),
            },
        })
    }

    /// Does what is to be done now, and returns when it must be called again if no input changes before: a moment that
    /// is past means at once, [`Instant::NEVER`] that only an input or a message can bring anything new.
    ///
    /// Never blocks, except for the storage device: its futures are polled until they are ready. `now` must not run
    /// backwards.
    ///
    /// # Errors
    /// [`Error`]; everything that could be done was done nevertheless, and nothing is lost.
    pub fn poll<T: WebSocketTransport, S: Storage>(
        &mut self,
        now: Instant,
        transport: &mut T,
        storage: &mut S,
    ) -> Result<Instant, Error<T::Error, S::Error>> {
        let Buffers { receive, send, record } = &mut self.buffers;
        let engine = &mut self.controls.engine;
        complete(engine)?;
        engine.tick(now, record);
        transport.keep_alive(now, engine.station.core.common.ping_interval_s());
        let mut failure = None;
        if !transport.is_connected()
            && let Poll::Ready(Err(why)) = transport.poll_open()
        {
            engine.set_connected(false, record);
            engine.connect_failed(why);
            failure = Some(Error::Connect(why));
        }
        let speaks = transport.subprotocol() == SUBPROTOCOL;
        if transport.is_connected() && !speaks {
            transport.abort();
            if now >= engine.backoff.due() {
                engine.connect_failed(ConnectFailure::Subprotocol); // not at each poll, for as long as it stays
            }
            failure = Some(Error::Connect(ConnectFailure::Subprotocol));
        }
        loop {
            engine.set_connected(speaks && transport.is_connected(), record);
            // Durable first, then sent.
            if let Err(error) = store(engine, storage, record) {
                failure = Some(Error::Storage(error));
            }
            match exchange(engine, receive, send, record, transport) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    engine.set_connected(false, record);
                    failure = Some(error);
                    break;
                }
            }
        }
        if engine.station.security.wants_reconnect() {
            transport.leave();
            engine.set_connected(false, record);
            #[cfg(feature = "security")]
            {
                failure = Some(Error::Reconnect);
            }
        }
        match failure {
            None => Ok(engine.next_wake().min(transport.next_deadline())),
            Some(failure) => Err(failure),
        }
    }

    /// Does everything but the exchange of messages, and hands out the operations for an RPC layer of your own: the
    /// result answers calls, yields the next call, and wants to hear how it ended.
    ///
    /// Takes the place of [`poll`](Self::poll); not both. To be called before each message in or out, and between the pages of
    /// one only where nothing was written: then the next page is fetched. `online` tells whether the link of that layer is up.
    ///
    /// # Errors
    /// [`Error`]; nothing is lost.
    pub fn poll_operations<S: Storage>(
        &mut self,
        now: Instant,
        online: bool,
        storage: &mut S,
    ) -> Result<Exchange<'_, 'a>, Error<Infallible, S::Error>> {
        let record = &mut self.buffers.record;
        let engine = &mut self.controls.engine;
        complete(engine)?;
        engine.tick(now, record);
        engine.set_connected(online, record);
        engine.asks_device = true; // what was concluded since the last time is not known here
        store(engine, storage, record).map_err(Error::Storage)?;
        Ok(Exchange { station: &mut engine.station, promised: &mut engine.promised, record })
    }
}

/// Says aloud what is missing: the result of a poll is easily dropped, and nothing would work without a word.
fn complete<T, S>(engine: &mut Engine<'_>) -> Result<(), Error<T, S>> {
    engine.complete().map_err(|missing| {
        warning!("nothing works: {}", missing);
        Error::Incomplete(missing)
    })
}

/// Does what the storage device is wanted for, until there is nothing more or it fails.
fn store<'a, S: Storage>(engine: &mut Engine<'a>, storage: &mut S, record: &mut Scratch<'a>) -> Result<(), S::Error> {
    if engine.station.core.common.agenda.has_news() {
        engine.advance();
    }
    while !engine.settled {
        let mut done = false;
        while let Some(op) = engine.storage_op(record) {
            match perform(op, storage, record.device()) {
                Ok(result) => engine.storage_done(Some(result), storage, record),
                Err(error) => {
                    engine.storage_done(None, storage, record);
                    return Err(error);
                }
            }
            done = true;
        }
        done |= engine.station.core.common.agenda.has_news(); // what the device was to be asked for is not wanted any more
        engine.advance();
        if !done {
            break;
        }
    }
    Ok(())
}

/// Sends or receives one message; `false` when there is none, or the transport is busy.
fn exchange<'a, T: WebSocketTransport, E>(
    engine: &mut Engine<'a>,
    receive: &mut [u8],
    send: &mut [u8],
    record: &mut Scratch<'a>,
    transport: &mut T,
) -> Result<bool, Error<T::Error, E>> {
    let part = if engine.settled { None } else { engine.transmit(receive, send, record) };
    if let Some(part) = part {
        let bytes = send.get(..part.len).unwrap_or_default();
        return match poll_once(transport.send(bytes, part.last)) {
            Poll::Ready(sent) => {
                sent.map_err(Error::Transport)?;
                engine.transmitted();
                Ok(true)
            }
            Poll::Pending if engine.now >= engine.send_deadline => {
                transport.abort();
                Err(Error::SendTimeout)
            }
            Poll::Pending => Ok(false),
        };
    }
    if !engine.settled {
        if engine.is_holding() {
            return Ok(true);
        }
        engine.settled = true;
    }
    if !engine.rpc.can_receive() {
        return Ok(false);
    }
    let room = receive.get_mut(engine.inflow.kept()..).unwrap_or_default();
    match poll_once(Inflow::receive_from(transport, room)) {
        Poll::Ready(received) => match received.map_err(Error::Transport)? {
            Some(received) => {
                engine.receive(received, receive, send, record);
                Ok(true)
            }
            None => Ok(false),
        },
        Poll::Pending => Ok(false),
    }
}

/// One by one: the future of [`StorageOp::run`] would hold those of all, on the stack at that.
#[inline(never)] // so that a future lies there only while the device is at work
fn perform<S: Storage>(op: StorageOp, storage: &mut S, record: &mut [u8]) -> Result<StorageResult, S::Error> {
    let done = |()| StorageResult::Done;
    if let StorageOp::Store(key, len) | StorageOp::StoreAndRelease(key, len, _) = op {
        block_on(storage.store(key, record.get(..len).unwrap_or_default()))?;
    }
    match op {
        StorageOp::Load(key) => block_on(storage.load(key, record)).map(StorageResult::Loaded),
        StorageOp::Store(..) => Ok(StorageResult::Done),
        StorageOp::Remove(key) => block_on(storage.remove(key)).map(done),
        StorageOp::Journal => block_on(storage.journal()).map(StorageResult::Journal),
        StorageOp::LoadEntry(number) => block_on(storage.load_entry(number, record)).map(StorageResult::Loaded),
        StorageOp::AppendEntry(number, len) => {
            block_on(storage.append_entry(number, record.get(..len).unwrap_or_default())).map(done)
        }
        StorageOp::ReleaseEntry(number) | StorageOp::StoreAndRelease(_, _, number) => {
            block_on(storage.release_entry(number)).map(done)
        }
        StorageOp::Thin(first, next) => block_on(storage.thin(first..next, role, record)).map(StorageResult::Thinned),
    }
}

impl<'a> Deref for ChargePoint<'a> {
    type Target = Controls<'a>;

    fn deref(&self) -> &Controls<'a> {
        &self.controls
    }
}

impl<'a> DerefMut for ChargePoint<'a> {
    fn deref_mut(&mut self) -> &mut Controls<'a> {
        &mut self.controls
    }
}
