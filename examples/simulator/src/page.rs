//! The page of one charger.

use crate::web::File;

pub(crate) const HTML: &str = include_str!("../page/index.html");

pub(crate) const FILES: &[File] =
    &[style("style.css", include_bytes!("../page/style.css")), script("main.js", include_bytes!("../page/main.js"))];

const fn style(name: &'static str, content: &'static [u8]) -> File {
    File { name, content_type: "text/css; charset=utf-8", content }
}

const fn script(name: &'static str, content: &'static [u8]) -> File {
    File { name, content_type: "text/javascript; charset=utf-8", content }
}
