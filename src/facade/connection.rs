use super::Controls;
use crate::time::Instant;
use crate::transport::ConnectFailure;

/// The connection to the central system.
impl<'a> Controls<'a> {
    /// Whether the link to the central system is up.
    pub fn is_connected(&self) -> bool {
        self.engine.rpc.is_connected()
    }

    /// When the next connection should be opened, while there is none: at once after a loss, then ever later.
    pub fn connect_at(&self) -> Instant {
        self.engine.backoff.due()
    }

    /// A connection that the firmware opens by itself could not be opened: the next one waits longer.
    pub fn connect_failed(&mut self, why: ConnectFailure) {
        self.engine.connect_failed(why);
    }

    /// Is told each time why no connection could be opened: for a lamp, or a log.
    pub fn set_on_connect_failed(&mut self, output: &'a dyn Fn(ConnectFailure)) {
        self.engine.on_connect_failed = Some(output);
    }
}
