//! What is remembered of tags: by the cache, and by the local list.

mod cache;
mod learning;
#[cfg_attr(not(feature = "local-auth-list"), path = "../absent/local_list.rs")]
mod local_list;
mod tag_record;

pub(crate) use cache::AUTHORIZATION_CACHE_ENABLED;
pub(crate) use cache::CacheSlot;
pub(super) use cache::known_by_cache;
pub(crate) use local_list::ListSlot;
#[cfg(feature = "local-auth-list")]
pub(crate) use local_list::{
    AuthorizationData, Elements, LOCAL_AUTH_LIST_ENABLED, LOCAL_AUTH_LIST_MAX_LENGTH, ListReading, ListUpdate,
    SEND_LOCAL_LIST_MAX_LENGTH, UpdateStatus,
};
pub(super) use local_list::{is_of_list, known_by_list, place_behind};
pub(super) use tag_record::Known;

use cache::Cache;
use local_list::LocalList;

pub(crate) struct Tokens<'a> {
    pub(crate) cache: Cache<'a>,
    pub(crate) local_list: LocalList<'a>,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(cache: &'a mut [CacheSlot], local_list: &'a mut [ListSlot]) -> Self {
        Self { cache: Cache::new(cache), local_list: LocalList::new(local_list) }
    }
}
