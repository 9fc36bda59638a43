//! What is remembered of tags: by the cache, and by the local list.

use super::cache::Cache;
use super::local_list::LocalList;

pub(crate) struct Tokens<'a> {
    pub(super) cache: Cache<'a>,
    pub(super) local_list: LocalList<'a>,
}
