//! The date of the build, which is past for certain: what certificates are held against until a better one is known.

use std::env;
use std::time::{SystemTime, UNIX_EPOCH};

fn main() {
    // https://reproducible-builds.org/specs/source-date-epoch/
    println!("cargo::rerun-if-env-changed=SOURCE_DATE_EPOCH");
    println!("cargo::rerun-if-changed=src");
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()).to_string();
    println!("cargo::rustc-env=BUILT={}", env::var("SOURCE_DATE_EPOCH").unwrap_or_else(|_| now()));
}
