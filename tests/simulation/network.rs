//! The network between the charge point and the central system: one TCP connection at a time, and all that befalls it.

use crate::calls::{Answer, Calls};
use crate::chance::Chance;
use crate::frame::Frame;
use crate::hardware::SOCKETS;
use crate::story::Story;
use crate::time::{HOUR, MINUTE, Moment, NEVER, SECOND};
use embedded_ocpp::transport::{Received, WebSocketTransport};
use std::cell::Cell;
use std::collections::VecDeque;

/// Between two looks of a firmware at a transport that is busy.
const PAUSE: Moment = 50;

/// The link as the charge point has it in hand, and what lies behind.
pub(crate) struct Network<'h> {
    has_power: &'h Cell<bool>,
    chance: Chance,
    story: Story,
    pub(crate) now: Moment,
    pub(crate) calls: Calls,
    state: State,
    /// Since when it is so.
    pub(crate) since: Moment,
    /// Counts connections.
    pub(crate) connection: u64,
    unfinished: Vec<u8>,
    /// Since when the pages of a message lie in the record buffer of the charge point, because the transport does not take
    /// them: nothing is stored then.
    pub(crate) pages_wait: Option<Moment>,
    /// When the charge point has taken in last what ends a transaction at once, for each socket.
    pub(crate) forced: [Option<Moment>; SOCKETS],
    to_server: VecDeque<(Moment, Frame)>,
    to_charger: VecDeque<(Moment, Message)>,
    /// An attempt to connect: when it ends, and how.
    attempt: Option<(Moment, bool)>,
    latency: Moment,
    slow_until: Moment,
    unreachable_until: Moment,
    busy_until: Moment,
    /// Nothing arrives any more, in either direction; until when the charge point does not notice.
    dead: Option<Moment>,
    pub(crate) lost_links: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Down,
    Up,
    /// Down, which the next transfer will show.
    Broken,
}

/// A text for the charge point.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) text: Vec<u8>,
    pub(crate) answer: Option<Answer>,
    /// The connector whose transaction is to end at once, 0 for all.
    pub(crate) forces: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LinkError;

impl<'h> Network<'h> {
    pub(crate) fn new(mut chance: Chance, has_power: &'h Cell<bool>, story: Story) -> Self {
        let latency = chance.between(5, 400);
        Self {
            has_power,
            chance,
            story,
            now: 0,
            calls: Calls::default(),
            state: State::Down,
            since: 0,
            connection: 0,
            unfinished: Vec::new(),
            pages_wait: None,
            forced: [None; SOCKETS],
            to_server: VecDeque::new(),
            to_charger: VecDeque::new(),
            attempt: None,
            latency,
            slow_until: 0,
            unreachable_until: 0,
            busy_until: 0,
            dead: None,
            lost_links: 0,
        }
    }

    /// The next thing that happens of itself. What has arrived already waits for the charge point to take it.
    pub(crate) fn next(&self) -> Moment {
        let front = |due: Option<&Moment>| due.copied().unwrap_or(NEVER);
        let busy = if self.busy_until > self.now { self.busy_until } else { NEVER };
        let later = |due: Moment| if due > self.now { due } else { self.now + PAUSE };
        front(self.to_server.front().map(|(due, _)| due))
            .min(later(front(self.to_charger.front().map(|(due, _)| due))))
            .min(front(self.attempt.as_ref().map(|(due, _)| due)))
            .min(front(self.dead.as_ref()))
            .min(busy)
    }

    /// Whether the central system has a connection, as it sees it.
    pub(crate) fn is_open(&self) -> bool {
        self.state == State::Up && self.dead.is_none()
    }

    /// The next message that has arrived at the central system.
    pub(crate) fn arrived(&mut self) -> Option<Frame> {
        pop_due(&mut self.to_server, self.now)
    }

    /// Sends to the charge point.
    pub(crate) fn deliver(&mut self, message: Message, delay: Moment) {
        if self.is_open() {
            let earliest = self.to_charger.back().map_or(0, |(due, _)| *due);
            let due = (self.now + delay + self.travel()).max(earliest);
            self.to_charger.push_back((due, message));
        }
    }

    /// Whether the charge point can ask the central system, and could for long enough that nothing is left of before.
    pub(crate) fn has_stood(&self) -> bool {
        self.state == State::Up && self.calls.is_accepted() && self.now > self.since + 2 * MINUTE
    }

    fn travel(&mut self) -> Moment {
        let most = if self.slow_until > self.now { 12 * SECOND } else { self.latency };
        self.chance.between(most / 4 + 1, most + 1)
    }

    pub(crate) fn is_connecting(&self) -> bool {
        self.attempt.is_some()
    }

    /// The firmware wants a connection. `true` when an attempt has just failed.
    pub(crate) fn connect(&mut self, is_due: bool) -> bool {
        match self.attempt {
            None if self.state != State::Up && is_due => {
                let works = self.now >= self.unreachable_until && self.state == State::Down;
                let takes = if works { self.travel() * 3 } else { self.chance.between(SECOND, 20 * SECOND) };
                self.attempt = Some((self.now + takes, works));
                false
            }
            Some((due, works)) if due <= self.now => {
                self.attempt = None;
                if works && self.now >= self.unreachable_until {
                    self.state = State::Up;
                    self.since = self.now;
                    self.connection += 1;
                    self.story.tell(self.now, || "link up".to_owned());
                }
                self.state != State::Up
            }
            _ => false,
        }
    }

    /// The connection ends. What is on its way to the central system may still arrive in part.
    pub(crate) fn break_link(&mut self) {
        if self.state == State::Up {
            self.lost_links += 1;
            let arrives = if self.dead.is_some() { 0 } else { self.chance.below(self.to_server.len() as u64 + 1) };
            self.to_server.truncate(arrives as usize);
            self.story.tell(self.now, || format!("link lost, {arrives} messages still arrive"));
            self.state = if self.chance.once_in(2) { State::Broken } else { State::Down };
        }
        self.since = self.now;
        self.dead = None;
        self.to_charger.clear();
        self.unfinished.clear();
        self.pages_wait = None;
        self.calls.link_lost(self.now);
    }

    /// The charge point is gone, and its link with it.
    pub(crate) fn charger_gone(&mut self) {
        self.break_link();
        self.attempt = None;
        self.state = State::Down;
    }

    pub(crate) fn half_open(&mut self) {
        if self.is_open() {
            let most = self.chance.of(&[4 * MINUTE, 20 * MINUTE, 6 * HOUR, 30 * HOUR]);
            let lasts = self.chance.between(MINUTE, most);
            self.story.tell(self.now, || format!("link half-open for {} s", lasts / SECOND));
            self.dead = Some(self.now + lasts);
            self.to_charger.clear();
        }
    }

    pub(crate) fn be_unreachable(&mut self) {
        let lasts = self.chance.clone().between(MINUTE, 30 * HOUR);
        self.be_unreachable_for(lasts);
    }

    pub(crate) fn be_unreachable_for(&mut self, lasts: Moment) {
        self.unreachable_until = self.now + lasts;
        self.break_link();
    }

    pub(crate) fn be_slow(&mut self) {
        self.slow_until = self.now + self.chance.between(MINUTE, HOUR);
    }

    pub(crate) fn be_busy(&mut self) {
        self.busy_until = self.now + self.chance.clone().between(1, 3 * MINUTE);
    }

    pub(crate) fn calm_down(&mut self) {
        (self.slow_until, self.unreachable_until, self.busy_until) = (0, 0, 0);
        if self.dead.is_some() {
            self.break_link();
        }
    }

    pub(crate) fn pass(&mut self, now: Moment) {
        self.now = now;
        if self.dead.is_some_and(|until| until <= now) {
            self.break_link();
        }
        if self.dead.is_some() {
            self.to_server.clear();
        }
    }

    fn shows_break(&mut self) -> bool {
        let is_broken = self.state == State::Broken || !self.has_power.get();
        if self.state == State::Broken {
            self.state = State::Down;
        }
        is_broken
    }
}

fn pop_due<T>(queue: &mut VecDeque<(Moment, T)>, now: Moment) -> Option<T> {
    queue.front().filter(|(due, _)| *due <= now)?;
    queue.pop_front().map(|(_, message)| message)
}

impl WebSocketTransport for Network<'_> {
    type Error = LinkError;

    fn is_connected(&self) -> bool {
        self.state != State::Down
    }

    async fn receive(&mut self, buffer: &mut [u8]) -> Result<Option<Received>, LinkError> {
        if self.shows_break() {
            return Err(LinkError);
        }
        let Some(message) = pop_due(&mut self.to_charger, self.now) else { return Ok(None) };
        let len = message.text.len().min(buffer.len());
        buffer[..len].copy_from_slice(&message.text[..len]);
        self.story.tell(self.now, || format!("  < {}", String::from_utf8_lossy(&message.text[..len.min(300)])));
        self.calls.heard(self.now, message.answer.as_ref());
        for (connector, forced) in (1..).zip(&mut self.forced) {
            if message.forces.is_some_and(|forces| forces == 0 || forces == connector) {
                *forced = Some(self.now);
            }
        }
        Ok(Some(if len < message.text.len() { Received::TooLong(len) } else { Received::Message(len) }))
    }

    async fn send(&mut self, part: &[u8], last: bool) -> Result<(), LinkError> {
        if self.shows_break() {
            return Err(LinkError);
        }
        if !last {
            self.pages_wait.get_or_insert(self.now);
        }
        if self.busy_until > self.now {
            std::future::pending::<()>().await;
        }
        self.unfinished.extend_from_slice(part);
        if last {
            self.pages_wait = None;
            let text = std::str::from_utf8(&self.unfinished).expect("RPC-04: UTF-8");
            self.story.tell(self.now, || format!("  > {text}"));
            let frame = Frame::read(text);
            self.unfinished.clear();
            self.calls.sent(self.now, &frame);
            if self.dead.is_none() {
                let earliest = self.to_server.back().map_or(0, |(due, _)| *due);
                let due = (self.now + self.travel()).max(earliest);
                self.to_server.push_back((due, frame));
            }
        }
        Ok(())
    }

    /// It was busy for too long.
    fn abort(&mut self) {
        self.break_link();
        self.state = State::Down;
    }
}
