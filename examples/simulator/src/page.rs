//! The page of one charger.

use crate::web::File;

pub(crate) const HTML: &str = include_str!("../page/index.html");

pub(crate) const FILES: &[File] = &[
    File::style("style.css", include_bytes!("../page/style.css")),
    File::script("main.js", include_bytes!("../page/main.js")),
    File::script("feed.js", include_bytes!("../page/feed.js")),
    File::script("dom.js", include_bytes!("../page/dom.js")),
    File::script("connectors.js", include_bytes!("../page/connectors.js")),
    File::script("timeline.js", include_bytes!("../page/timeline.js")),
    File::script("plot.js", include_bytes!("../page/plot.js")),
    File::script("draw_limit.js", include_bytes!("../page/draw_limit.js")),
    File::script("messages.js", include_bytes!("../page/messages.js")),
    File::script("panels.js", include_bytes!("../page/panels.js")),
    File::script("central.js", include_bytes!("../page/central.js")),
    File::script("charge_point.js", include_bytes!("../page/charge_point.js")),
    File::script("console.js", include_bytes!("../page/console.js")),
    File::script("keys.js", include_bytes!("../page/keys.js")),
    File::script("memory.js", include_bytes!("../page/memory.js")),
];
