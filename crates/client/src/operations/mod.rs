//! The operations that clients of a terminal need, one file for each noun.

pub mod audit;
pub mod fleet;
pub mod host;
pub mod instance;
pub mod list;
pub mod names;
pub mod output;
pub mod pause;
pub mod related;
pub mod release;
pub mod releases;
pub mod service;
pub mod start;
pub mod version;
pub mod viewer;
pub mod waits;
pub mod wave;

use serde::Deserialize;

/// What only has a name.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Named {
    pub name: String,
}

/// What only has a hostname.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct HostRef {
    pub hostname: String,
}

/// A list without more.
#[derive(Clone, Debug, Deserialize)]
pub struct Nodes<T> {
    pub nodes: Vec<T>,
}

/// A page of a list.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    pub nodes: Vec<T>,
    pub page_info: PageInfo,
    /// The number of items on all pages, where the operation selects it.
    pub total_count: Option<u64>,
}

impl<T> Default for Page<T> {
    /// A page of an empty list.
    fn default() -> Page<T> {
        Page { nodes: Vec::new(), page_info: PageInfo::default(), total_count: None }
    }
}

/// Where a page is in its list. Members that an operation does not select are `None`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PageInfo {
    pub has_next_page: Option<bool>,
    pub has_previous_page: Option<bool>,
    pub start_cursor: Option<String>,
    pub end_cursor: Option<String>,
}

impl PageInfo {
    /// The cursor to continue after, or `None` on the last page.
    pub fn next(self) -> Option<String> {
        self.end_cursor.filter(|_| self.has_next_page == Some(true))
    }

    /// The cursor to continue before, or `None` on the first page.
    pub fn previous(self) -> Option<String> {
        self.start_cursor.filter(|_| self.has_previous_page == Some(true))
    }
}
