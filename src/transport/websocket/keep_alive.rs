//! When to send a ping and when to give up.

use crate::time::{Duration, Instant};
use crate::transport::{MIN_PONG_TIMEOUT, send_timeout};

/// How long a close frame of ours may wait for the stream.
const FAREWELL_TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Default)]
pub(super) struct KeepAlive {
    now: Instant,
    /// When the last ping was due, or when pings were switched on.
    last_ping: Option<Instant>,
    /// When the first ping was due since which nothing has been heard.
    unanswered: Option<Instant>,
    /// Since when the stream has taken nothing of what waits for it.
    stuck: Option<Instant>,
    /// When the connection began to close.
    closing: Option<Instant>,
    ping_interval_s: u32,
    ping_due: bool,
}

impl KeepAlive {
    /// That of a connection that begins now.
    pub(super) fn starting(now: Instant, ping_interval_s: u32) -> Self {
        Self { now, ping_interval_s, ..Self::default() }
    }

    pub(super) fn tick(&mut self, now: Instant, ping_interval_s: u32, closing: bool) {
        self.now = now;
        self.ping_interval_s = ping_interval_s;
        if closing {
            self.closing.get_or_insert(now);
        } else if ping_interval_s == 0 {
            (self.last_ping, self.unanswered, self.ping_due) = (None, None, false);
        } else if now.since(*self.last_ping.get_or_insert(now)) >= Duration::from_secs(ping_interval_s) {
            self.last_ping = Some(now);
            self.unanswered.get_or_insert(now);
            self.ping_due = true;
        }
    }

    /// Anything the peer sends shows that it lives.
    pub(super) fn heard(&mut self) {
        self.unanswered = None;
    }

    /// The stream has taken something, or has passed on all it had.
    pub(super) fn moved(&mut self) {
        self.stuck = None;
    }

    /// Whether a ping is to be sent now, once.
    pub(super) fn take_ping(&mut self) -> bool {
        core::mem::take(&mut self.ping_due)
    }

    /// Nothing has come now. Whether waiting any longer makes no sense.
    pub(super) fn is_pong_overdue(&self) -> bool {
        self.now >= self.pong_deadline()
    }

    /// The stream takes nothing now. Whether waiting any longer makes no sense.
    pub(super) fn is_stuck(&mut self) -> bool {
        self.stuck.get_or_insert(self.now);
        self.now >= self.send_deadline()
    }

    /// Whether the close frame has waited long enough.
    pub(super) fn is_farewell_over(&self) -> bool {
        self.now >= self.farewell_deadline()
    }

    /// When the next ping is due or waiting ends.
    pub(super) fn next_deadline(&self) -> Instant {
        if self.closing.is_some() {
            return self.farewell_deadline();
        }
        let next_ping = after(self.last_ping, Duration::from_secs(self.ping_interval_s));
        // What is stuck keeps us from reading, and so from looking for a pong.
        next_ping.min(if self.stuck.is_some() { self.send_deadline() } else { self.pong_deadline() })
    }

    fn pong_deadline(&self) -> Instant {
        after(self.unanswered, Duration::from_secs(self.ping_interval_s).max(MIN_PONG_TIMEOUT))
    }

    fn send_deadline(&self) -> Instant {
        after(self.stuck, send_timeout(self.ping_interval_s))
    }

    fn farewell_deadline(&self) -> Instant {
        after(self.closing, FAREWELL_TIMEOUT)
    }
}

fn after(since: Option<Instant>, timeout: Duration) -> Instant {
    since.map_or(Instant::NEVER, |since| since + timeout)
}
