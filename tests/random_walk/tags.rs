//! What has been said about each tag, and whether a session has consent to charge.

use crate::firmware::is_on;
use embedded_ocpp::ChargePoint;
use std::collections::{HashMap, HashSet};

/// More tags than these, and the cache forgets some.
const CACHE_ENTRIES: usize = 32;

/// What the cache may hold about a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    Unknown,
    Valid,
    NotValid,
    /// It depends on what arrived, or on the clock.
    Uncertain,
}

#[derive(Default)]
pub(crate) struct Tags {
    words: HashMap<String, Word>,
    /// When the central system has last accepted a tag that it was asked about.
    granted: HashMap<String, u64>,
    parents: HashMap<String, HashSet<String>>,
    /// Nothing is certain any more about any tag.
    is_fog: bool,
}

/// RPC-27
fn key_of(id_tag: &str) -> String {
    id_tag.to_ascii_lowercase()
}

impl Tags {
    pub(crate) fn say(&mut self, id_tag: &str, word: Word) {
        self.words.insert(key_of(id_tag), word);
    }

    pub(crate) fn grant(&mut self, id_tag: &str, now: u64) {
        self.granted.insert(key_of(id_tag), now);
    }

    pub(crate) fn join(&mut self, id_tag: &str, parent: &str) {
        self.parents.entry(key_of(id_tag)).or_default().insert(key_of(parent));
    }

    pub(crate) fn are_of_one_group(&self, one: &str, other: &str) -> bool {
        let parents = |id_tag: &str| self.parents.get(&key_of(id_tag)).cloned().unwrap_or_default();
        key_of(one) == key_of(other) || !parents(one).is_disjoint(&parents(other))
    }

    /// The cache was emptied; or maybe not.
    pub(crate) fn forget(&mut self, surely: bool) {
        if surely {
            self.words.clear();
            self.is_fog = false;
        } else {
            self.is_fog = true;
        }
    }

    fn word(&self, id_tag: &str) -> Word {
        if self.is_fog || self.words.len() > CACHE_ENTRIES {
            return Word::Uncertain;
        }
        self.words.get(&key_of(id_tag)).copied().unwrap_or(Word::Unknown)
    }
}

/// The rules of the charge point that may have decided about a session, all that held at one time or another.
#[derive(Clone, Copy, Debug, Default)]
struct Rules {
    has_cache: bool,
    had_no_cache: bool,
    pre_authorizes: bool,
    authorizes_offline: bool,
    takes_unknown_tags: bool,
}

/// A session from the tag to its end.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) id_tag: String,
    since: u64,
    /// Nobody has to be asked.
    is_vouched: bool,
    rules: Rules,
    words: Vec<Word>,
    /// The central system could not be asked, or did not answer.
    was_alone: bool,
}

impl Session {
    pub(crate) fn new(id_tag: &str, since: u64, is_vouched: bool) -> Self {
        Self {
            id_tag: id_tag.to_owned(),
            since,
            is_vouched,
            rules: Rules::default(),
            words: Vec::new(),
            was_alone: false,
        }
    }

    /// Time passes over a session that has not started yet.
    pub(crate) fn watch(&mut self, charger: &ChargePoint<'static>, tags: &Tags, is_alone: bool) {
        let rules = &mut self.rules;
        let has_cache = is_on(charger, "AuthorizationCacheEnabled");
        rules.has_cache |= has_cache;
        rules.had_no_cache |= !has_cache;
        rules.pre_authorizes |= is_on(charger, "LocalPreAuthorize");
        rules.authorizes_offline |= is_on(charger, "LocalAuthorizeOffline");
        rules.takes_unknown_tags |= is_on(charger, "AllowOfflineTxForUnknownId");
        self.was_alone |= is_alone;
        self.words.push(tags.word(&self.id_tag));
    }

    /// Whether a transaction may come of it (AUTH-01, LOC-02 to LOC-06).
    pub(crate) fn may_charge(&self, tags: &Tags) -> bool {
        let granted = tags.granted.get(&key_of(&self.id_tag)).is_some_and(|at| *at >= self.since);
        let was = |words: &[Word]| self.words.iter().any(|word| words.contains(word));
        let rules = &self.rules;
        let is_known = rules.has_cache
            && was(&[Word::Valid, Word::Uncertain])
            && (rules.pre_authorizes || self.was_alone && rules.authorizes_offline);
        let is_unknown = rules.had_no_cache || was(&[Word::Unknown, Word::Uncertain]);
        // A tag that is known to be good, but not trusted, may come in like an unknown one.
        let is_taken = self.was_alone && rules.takes_unknown_tags && (is_unknown || was(&[Word::Valid]));
        self.is_vouched || granted || is_known || is_taken
    }
}
