//! What a page is told: states, of which the last one stands, and series, of which the last few are kept for pages that
//! come later.

use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::broadcast;

/// One thing that is told, as JSON: `{"set":NAME,"value":…}` or `{"add":NAME,"values":[…]}`.
pub(crate) type News = Arc<str>;

/// Many may tell, many may listen. Who listens too slowly is told everything anew.
#[derive(Clone)]
pub(crate) struct Feed {
    kept: Arc<Mutex<Kept>>,
    news: broadcast::Sender<News>,
}

#[derive(Default)]
struct Kept {
    states: BTreeMap<&'static str, Value>,
    series: BTreeMap<&'static str, VecDeque<Value>>,
}

/// How many news a page may be late.
const LAG_MAX: usize = 1024;

impl Feed {
    pub(crate) fn new() -> Self {
        Self { kept: Arc::default(), news: broadcast::channel(LAG_MAX).0 }
    }

    /// Tells how something stands, if that is new.
    pub(crate) fn set(&self, name: &'static str, state: &impl Serialize) {
        let state = json!(state);
        let mut kept = self.kept();
        if kept.states.get(name) != Some(&state) {
            self.tell(json!({"set": name, "value": state}));
            kept.states.insert(name, state);
        }
    }

    /// Tells that something happened; the last `keep` of that name are remembered.
    pub(crate) fn add(&self, name: &'static str, keep: usize, item: &impl Serialize) {
        let item = json!(item);
        let mut kept = self.kept();
        self.tell(json!({"add": name, "values": [item]}));
        let series = kept.series.entry(name).or_default();
        series.push_back(item);
        while series.len() > keep {
            series.pop_front();
        }
    }

    /// How something stands that was told.
    pub(crate) fn state(&self, name: &str) -> Option<Value> {
        self.kept().states.get(name).cloned()
    }

    /// Everything that is remembered, and whatever comes after it.
    pub(crate) fn listen(&self) -> (Vec<News>, broadcast::Receiver<News>) {
        let kept = self.kept();
        let states = kept.states.iter().map(|(name, state)| json!({"set": name, "value": state}));
        let series = kept.series.iter().map(|(name, items)| json!({"add": name, "values": items, "from": "start"}));
        (states.chain(series).map(|news| news.to_string().into()).collect(), self.news.subscribe())
    }

    fn tell(&self, news: Value) {
        let _ = self.news.send(news.to_string().into()); // nobody may be listening
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_later_sees_the_last_state_and_the_last_of_a_series() {
        let feed = Feed::new();
        feed.set("link", &"down");
        feed.set("link", &"up");
        (1..=3).for_each(|number| feed.add("message", 2, &number));
        let (kept, mut news) = feed.listen();
        let kept: Vec<&str> = kept.iter().map(|news| &**news).collect();
        let expected = [r#"{"set":"link","value":"up"}"#, r#"{"add":"message","values":[2,3],"from":"start"}"#];
        assert_eq!(kept, expected);

        feed.set("link", &"up");
        assert!(news.try_recv().is_err(), "what is no news is not told");
        feed.add("message", 2, &4);
        assert_eq!(&*news.try_recv().unwrap(), r#"{"add":"message","values":[4]}"#);
    }
}
