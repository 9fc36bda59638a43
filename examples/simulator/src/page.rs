//! The page of one charger.

use crate::web::File;

pub(crate) const HTML: &str = include_str!("../page/index.html");

pub(crate) const FILES: &[File] = &[
    style("style.css", include_bytes!("../page/style.css")),
    script("main.js", include_bytes!("../page/main.js")),
    script("feed.js", include_bytes!("../page/feed.js")),
    script("dom.js", include_bytes!("../page/dom.js")),
    script("connectors.js", include_bytes!("../page/connectors.js")),
    script("timeline.js", include_bytes!("../page/timeline.js")),
    script("plot.js", include_bytes!("../page/plot.js")),
    script("draw_limit.js", include_bytes!("../page/draw_limit.js")),
    script("messages.js", include_bytes!("../page/messages.js")),
    script("panels.js", include_bytes!("../page/panels.js")),
    script("central.js", include_bytes!("../page/central.js")),
    script("charge_point.js", include_bytes!("../page/charge_point.js")),
    script("console.js", include_bytes!("../page/console.js")),
    script("keys.js", include_bytes!("../page/keys.js")),
    script("memory.js", include_bytes!("../page/memory.js")),
];

const fn style(name: &'static str, content: &'static [u8]) -> File {
    File { name, content_type: "text/css; charset=utf-8", content }
}

const fn script(name: &'static str, content: &'static [u8]) -> File {
    File { name, content_type: "text/javascript; charset=utf-8", content }
}
