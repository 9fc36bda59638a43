//! When to send a ping and when to give up.

use crate::time::{Duration, Instant};

/// A slow mobile network may take this long to answer, however short the ping interval is.
const MIN_PONG_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a close frame of ours may wait for the stream.
const FAREWELL_TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Default)]
pub(super) struct KeepAlive {
    /// When the last ping was due, or when pings were switched on.
    last_ping: Option<Instant>,
    /// When the first ping was due since which nothing has been heard.
    unanswered: Option<Instant>,
    /// When the connection began to close.
    closing: Option<Instant>,
    ping_due: bool,
    expired: bool,
}

impl KeepAlive {
    pub(super) fn tick(&mut self, now: Instant, ping_interval_s: u32, closing: bool) {
        if closing {
            let since = *self.closing.get_or_insert(now);
            self.expired = now.since(since) >= FAREWELL_TIMEOUT;
            return;
        }
        if ping_interval_s == 0 {
            *self = Self::default();
            return;
        }
        let interval = Duration::from_secs(ping_interval_s);
        let timeout = interval.max(MIN_PONG_TIMEOUT);
        self.expired = self.unanswered.is_some_and(|since| now.since(since) >= timeout);
        if now.since(*self.last_ping.get_or_insert(now)) >= interval {
            self.last_ping = Some(now);
            self.unanswered.get_or_insert(now);
            self.ping_due = true;
        }
    }

    /// Anything the peer sends shows that it lives.
    pub(super) fn heard(&mut self) {
        self.unanswered = None;
        self.expired = false;
    }

    /// Whether a ping is to be sent now, once.
    pub(super) fn take_ping(&mut self) -> bool {
        core::mem::take(&mut self.ping_due)
    }

    /// Whether waiting any longer makes no sense.
    pub(super) fn is_expired(&self) -> bool {
        self.expired
    }
}
