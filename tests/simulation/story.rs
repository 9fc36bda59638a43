//! The end of what has happened, for the reader of a failure.

use crate::time::{DAY, HOUR, MINUTE, Moment, SECOND};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

const LINES_MAX: usize = 100_000;

/// Written only when somebody wants to read it.
#[derive(Clone, Default)]
pub(crate) struct Story(Option<Rc<RefCell<Lines>>>);

#[derive(Default)]
struct Lines {
    first: String,
    last: VecDeque<String>,
}

impl Story {
    pub(crate) fn to_be_told() -> Self {
        Self(Some(Rc::default()))
    }

    pub(crate) fn tell(&self, now: Moment, event: impl FnOnce() -> String) {
        let Some(lines) = &self.0 else { return };
        let (day, hour, minute) = (now / DAY, now % DAY / HOUR, now % HOUR / MINUTE);
        let line =
            format!("{day:>3} d {hour:02}:{minute:02}:{:02}.{:03} {}", now % MINUTE / SECOND, now % SECOND, event());
        let mut lines = lines.borrow_mut();
        if lines.first.is_empty() {
            lines.first.clone_from(&line);
        }
        lines.last.push_back(line);
        if lines.last.len() > LINES_MAX {
            lines.last.pop_front();
        }
    }

    pub(crate) fn beginning(&self) -> String {
        self.0.as_ref().map(|story| story.borrow().first.clone()).unwrap_or_default()
    }

    pub(crate) fn end(&self, lines_max: usize) -> String {
        let Some(lines) = &self.0 else { return String::new() };
        let lines = lines.borrow();
        let skipped = lines.last.len().saturating_sub(lines_max);
        lines.last.iter().skip(skipped).cloned().collect::<Vec<_>>().join("\n")
    }
}
