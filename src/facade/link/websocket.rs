//! A WebSocket of this crate over the two halves of a stream.

use super::{Closed, Life, Link};
use crate::facade::Timer;
use crate::facade::engine::Engine;
use crate::facade::keeper::Keeper;
use crate::log::failed;
use crate::rpc::Inflow;
use crate::store::Storage;
use crate::time::Instant;
use crate::transport::ConnectFailure;
use crate::transport::websocket::Options;
use crate::transport::websocket::handshake::NONCE_LEN;
use crate::transport::websocket::pump::{Pumps, StreamError};
use crate::transport::websocket::session::{CONTROL_LEN, FrameSession};
use embassy_futures::join::join;
use embassy_futures::select::{Either, select};
use embassy_sync::blocking_mutex::raw::RawMutex;
use embedded_io_async::{Read, Write};

impl<M: RawMutex, S: Storage, T: Timer> Link<'_, Keeper<'_, '_, '_, M, S, T>> {
    /// Opens a WebSocket with the subprotocol `ocpp1.6` over a stream that is connected to the server, and talks over
    /// it until it is over: the keep-alive and the closing handshake are done here.
    ///
    /// The stream comes in two halves, one to read and one to write, since both are done at a time. Each of their
    /// futures is awaited to its end, one after the other; only when the connection is over one may be dropped half
    /// way. So a TLS session may lie under it. Masks and the key of the handshake come from
    /// [`set_rng`](crate::Controls::set_rng). Nothing but the buffers of the [`Resources`](crate::Resources) is
    /// used, the one for receiving with at least 1024 bytes.
    ///
    /// `Ok` means that there was a connection.
    ///
    /// # Errors
    /// [`ConnectFailure`], which `connect` passes on.
    pub async fn websocket<R: Read, W: Write>(
        self,
        options: &Options<'_>,
        reader: R,
        writer: W,
    ) -> Result<Closed, ConnectFailure> {
        let Self { keeper, receive, send, life } = self;
        let mut control = [0; CONTROL_LEN];
        let pumps = Pumps::new();
        let mut session = FrameSession::new(&pumps, receive, send, &mut control);
        let mut keeper = keeper.lock().await;
        let spoken = {
            let pumping = join(pumps.read(reader), pumps.write(writer));
            match select(keeper.speak(options, &pumps, &mut session, life), pumping).await {
                Either::First(spoken) => spoken?,
                Either::Second((never, _)) => match never {},
            }
        };
        failed!("connection over: {}", spoken);
        life.end(keeper.timer.now());
        Ok(Closed(()))
    }
}

impl<M: RawMutex, S: Storage, T: Timer> Keeper<'_, '_, '_, M, S, T> {
    /// Talks over one connection, from its handshake on, until it is over.
    async fn speak(
        &mut self,
        options: &Options<'_>,
        pumps: &Pumps<'_>,
        session: &mut FrameSession<'_, '_>,
        life: &Life,
    ) -> Result<StreamError, ConnectFailure> {
        let nonce = self.core.with(|engine| nonce(engine));
        let mut handshake = session.begin(options, nonce)?;
        while session.shake_hands(&mut handshake)?.is_pending() {
            select(pumps.changed(), self.wake()).await;
            self.keep().await;
            if self.timer.now() >= life.deadline.get() {
                return Err(ConnectFailure::NoAnswer);
            }
        }
        life.was_open.set(true);
        loop {
            self.keep().await;
            match self.exchange(session) {
                Ok(true) => {}
                Ok(false) => {
                    select(pumps.changed(), self.wake()).await;
                }
                Err(over) => {
                    self.core.with(|engine| engine.set_connected(false, self.record));
                    return Ok(over);
                }
            }
        }
    }

    /// Moves at most one message each way. `Ok(true)` when there is more to do at once.
    fn exchange(&mut self, session: &mut FrameSession<'_, '_>) -> Result<bool, StreamError> {
        let now = self.timer.now();
        let record = &mut *self.record;
        self.core.with(|engine| {
            engine.set_connected(true, record);
            if session.collect(now, engine.station.core.common.ping_interval_s())? {
                engine.transmitted();
            }
            if session.can_send() {
                let (receive, send) = session.buffers();
                if let Some(part) = engine.transmit(receive, send, record) {
                    engine.send_deadline = Instant::NEVER; // the session looks after it
                    session.send(part.len, part.last, engine.station.core.common.outputs.random());
                }
            }
            if engine.rpc.can_receive()
                && session.can_send()
                && let Some(received) = session.receive(Inflow::TAKES_PARTS)
            {
                engine.tick(now, record);
                let (receive, send) = session.buffers();
                engine.receive(received, receive, send, record);
                session.keep(engine.inflow.kept());
                return Ok(true);
            }
            if engine.station.security.wants_reconnect() {
                session.leave();
            }
            session.send_control(engine.station.core.common.outputs.random());
            Ok(engine.is_holding())
        })
    }
}

fn nonce(engine: &Engine<'_>) -> [u8; NONCE_LEN] {
    let mut nonce = [0; NONCE_LEN];
    for place in nonce.as_chunks_mut::<4>().0 {
        *place = engine.station.core.common.outputs.random().to_be_bytes();
    }
    nonce
}
