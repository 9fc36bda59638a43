//! What happened on the meters of one charger, noted by those who were there. The central system must hear this and
//! nothing else.

use embedded_ocpp::ocpp16::ConnectorId;

/// The sessions of one charger, in the order in which cards were shown.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    sessions: Vec<Session>,
}

/// A transaction, or what may have become one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Session {
    pub(crate) connector: ConnectorId,
    pub(crate) id_tag: String,
    /// The register in Wh when it began.
    pub(crate) begin: i64,
    /// The register in Wh when it ended.
    pub(crate) end: Option<i64>,
    pub(crate) stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// A card was shown: no current has flowed yet.
    Asked,
    /// The power failed between the card and the start: nobody saw whether the start became durable.
    Doubtful,
    /// The charge point has said that the transaction runs.
    Running,
    Over,
}

impl Stage {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Asked => "card shown",
            Self::Doubtful => "card shown before a power cut",
            Self::Running => "running",
            Self::Over => "over",
        }
    }
}

impl Ledger {
    /// Sessions that the central system must or may have heard of.
    pub(crate) fn sessions(&self) -> &[Session] {
        &self.sessions
    }

    /// Sessions that it must have heard of.
    pub(crate) fn certain(&self) -> usize {
        self.sessions.iter().filter(|session| session.is_certain()).count()
    }

    /// Whether a transaction runs here.
    pub(crate) fn is_running(&self, connector: ConnectorId) -> bool {
        self.sessions.iter().any(|session| session.connector == connector && session.stage == Stage::Running)
    }

    /// A card is shown that is to begin a session.
    pub(crate) fn asked(&mut self, connector: ConnectorId, id_tag: &str, register: i64) {
        self.forget_asked(connector);
        self.push(connector, id_tag, register, Stage::Asked);
    }

    /// Nothing came of the card.
    pub(crate) fn forget_asked(&mut self, connector: ConnectorId) {
        self.sessions.retain(|session| session.connector != connector || session.stage != Stage::Asked);
    }

    /// The transaction of this tag runs, as far as it is known. One that nobody has asked for is the central system's.
    pub(crate) fn started(&mut self, connector: ConnectorId, id_tag: Option<&str>, register: i64) {
        let asked = |session: &&mut Session| {
            session.connector == connector && matches!(session.stage, Stage::Asked | Stage::Doubtful)
        };
        let asked = self.sessions.iter_mut().rev().find(asked);
        match asked.filter(|session| id_tag.is_none_or(|id_tag| id_tag.eq_ignore_ascii_case(&session.id_tag))) {
            Some(session) => (session.begin, session.stage) = (register, Stage::Running),
            None => self.push(connector, id_tag.unwrap_or_default(), register, Stage::Running),
        }
    }

    /// The transaction is over.
    pub(crate) fn stopped(&mut self, connector: ConnectorId, register: i64) {
        let running = |session: &&mut Session| session.connector == connector && session.stage == Stage::Running;
        if let Some(session) = self.sessions.iter_mut().find(running) {
            (session.end, session.stage) = (Some(register), Stage::Over);
        }
    }

    /// The charge point has died.
    pub(crate) fn power_failed(&mut self) {
        for session in self.sessions.iter_mut().filter(|session| session.stage == Stage::Asked) {
            session.stage = Stage::Doubtful;
        }
    }

    fn push(&mut self, connector: ConnectorId, id_tag: &str, begin: i64, stage: Stage) {
        self.sessions.push(Session { connector, id_tag: id_tag.to_owned(), begin, end: None, stage });
    }
}

impl Session {
    pub(crate) fn is_certain(&self) -> bool {
        matches!(self.stage, Stage::Running | Stage::Over)
    }
}
