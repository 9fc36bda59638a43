//! What the README and the guide promise.

mod support;

use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use support::bench;

const README: &str = include_str!("../README.md");
/// They lie in a file beside the README, and in the link itself in the documentation.
const PICTURES: [&str; 2] = ["floors", "simulator"];
const LINKS: &str = include_str!("../src/guide/links.md");

#[test]
fn the_guide_has_all_keys_with_type_default_and_access() {
    let mut t = bench().factory_keys().lock().all_outputs().start();
    t.register("Accepted", 0);
    t.expect_status(0, "Available");
    t.expect_status(1, "Available");
    let mut told = t.call("GetConfiguration", json!({})).result();
    let told = told["configurationKey"].as_array_mut().unwrap();
    told.sort_by_key(|key| key["key"].as_str().unwrap().to_lowercase());

    let page = include_str!("../src/guide/keys.md");
    let (_, table) =
        page.split_once("| key | type | default | access |\n|---|---|---|---|\n").expect("the table of keys");
    let rows: Vec<&str> = table.lines().take_while(|line| line.starts_with('|')).collect();
    for (row, key) in rows.iter().zip(told.iter()) {
        assert_eq!(*row, row_of(key));
    }
    assert_eq!(rows.len(), told.len());
}

/// The key as the guide shows it.
fn row_of(key: &Value) -> String {
    let [name, value] = ["key", "value"].map(|member| key[member].as_str().unwrap());
    let kind = match value {
        "true" | "false" => "boolean",
        _ if value.parse::<i32>().is_ok() => "integer",
        _ if name == "Cst_FreeVendIdTag" => "text",
        _ => "list",
    };
    let access = if key["readonly"] == true { "R" } else { "RW" };
    let value = if value.is_empty() { "" } else { &format!(" {value}") };
    format!("| {name} | {kind} |{value} | {access} |")
}

#[test]
fn the_readme_is_short() {
    let lines = README.lines().count();
    assert!(lines <= 220, "{lines} lines: what is not for the first visit belongs to the guide");
    let (_, charger) = README.split_once("## A charger\n\n```rust\n").expect("the charger");
    let (charger, _) = charger.split_once("\n```").expect("the end of the code");
    assert!(charger.lines().count() <= 40, "a charger takes 40 lines");
}

/// Files in the README, pages in the documentation.
#[test]
fn each_link_leads_to_a_file_and_to_a_page() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let in_documentation: BTreeSet<_> = definitions(LINKS).map(|(name, _)| name).collect();
    let guide = fs::read_dir(root.join("src/guide")).expect("the guide").map(|page| page.expect("a page").path());
    let pages = guide.filter(|page| page.extension().is_some_and(|end| end == "md") && !page.ends_with("links.md"));
    for page in pages.chain([root.join("README.md")]) {
        let text = fs::read_to_string(&page).expect("a page");
        for (name, file) in definitions(&text) {
            assert!(page.with_file_name(file).exists(), "{}: there is no {file}", page.display());
            assert!(in_documentation.contains(name) || PICTURES.contains(&name), "{}: {name}", page.display());
        }
        let defined: BTreeSet<_> = definitions(&text).map(|(name, _)| name).collect();
        let used: BTreeSet<_> = text.split("][").skip(1).filter_map(|rest| Some(rest.split_once(']')?.0)).collect();
        assert_eq!(used, defined, "{}", page.display());
    }
    let in_readme: BTreeSet<_> =
        definitions(README).map(|(name, _)| name).filter(|name| !PICTURES.contains(name)).collect();
    assert_eq!(in_readme, in_documentation, "the README leads to each page");
}

/// What stands in backticks or in a command, and begins like a path or names a test.
#[test]
fn each_file_and_each_test_that_is_named_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["src/guide", "src/ocpp16", ".github"].map(|folder| root.join(folder));
    let files = folders
        .iter()
        .flat_map(|folder| fs::read_dir(folder).expect("a folder"))
        .map(|file| file.expect("a file").path());
    let is_ours =
        |word: &str| ["src/", "tests/", "examples/", ".ci/", ".github/"].iter().any(|top| word.starts_with(top));
    let mut named = 0;
    for page in files.chain([root.join("README.md")]).filter(|page| page.extension().is_some_and(|end| end == "md")) {
        let text = fs::read_to_string(&page).expect("a page");
        let words: Vec<_> = text.split(|c: char| c.is_whitespace() || "`()|,;:".contains(c)).collect();
        for word in words.iter().map(|word| word.trim_end_matches('.')).filter(|word| is_ours(word)) {
            // What fuzzing has found is not kept in the tree.
            let is_there = root.join(word).exists() || word.starts_with("tests/fuzz/artifacts");
            assert!(is_there, "{}: there is no {word}", page.display());
            named += 1;
        }
        for pair in words.windows(2).filter(|pair| pair[0] == "--test") {
            let [file, folder] = [format!("tests/{}.rs", pair[1]), format!("tests/{}/main.rs", pair[1])];
            assert!(root.join(file).exists() || root.join(folder).exists(), "{}: no test {}", page.display(), pair[1]);
            named += 1;
        }
    }
    assert!(named > 50, "{named} names only");
}

/// Names and targets of the links of a page.
fn definitions(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines().filter_map(|line| line.strip_prefix('[')?.split_once("]: "))
}

/// Documentation has no files beside it, so there the picture of the README stands in its link.
#[test]
fn the_picture_in_the_documentation_is_that_of_the_readme() {
    let mut uri = String::from("data:image/svg+xml,");
    for byte in include_bytes!("../src/guide/floors.svg") {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b':' | b';' | b',' | b'=' | b'.' | b'-' => {
                uri.push(char::from(*byte))
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri.push('\n');
    assert!(include_str!("../src/guide/floors.uri") == uri, "src/guide/floors.uri should be\n{uri}");
}

#[test]
fn the_picture_of_the_simulator_in_the_documentation_is_that_of_the_readme() {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut uri = String::from("data:image/webp;base64,");
    for octets in include_bytes!("../src/guide/simulator.webp").chunks(3) {
        let bits = octets.iter().chain(&[0, 0]).take(3).fold(0, |bits, octet| bits << 8 | usize::from(*octet));
        for place in 0..4 {
            let digit = char::from(DIGITS[bits >> (18 - 6 * place) & 63]);
            uri.push(if place <= octets.len() { digit } else { '=' });
        }
    }
    uri.push('\n');
    assert!(include_str!("../src/guide/simulator.uri") == uri, "`.ci/simulator --picture` writes both");
}

/// Whatever comes with embedded-websocket and with nothing else that a firmware links.
#[test]
fn the_guide_names_what_embedded_websocket_brings_twice_or_unmaintained() {
    let lock = include_str!("../Cargo.lock");
    let page = include_str!("../src/guide/dependencies.md");
    let versions = |name: &str| {
        let header = format!("[[package]]\nname = \"{name}\"\nversion = \"");
        lock.split(&header).skip(1).filter_map(|rest| rest.split('"').next()).collect::<Vec<_>>()
    };
    for (name, is_twice) in [("heapless", true), ("hash32", true), ("atomic-polyfill", false)] {
        let locked = versions(name);
        assert_eq!(locked.len(), 1 + usize::from(is_twice), "{name} {locked:?}: the page says otherwise");
        for version in locked.iter().filter(|_| is_twice) {
            let minor = version.rsplit_once('.').map_or(*version, |(minor, _)| minor);
            assert!(page.contains(&format!("`{name}` {minor}")), "{name} {version} is not on the page");
        }
        assert!(page.contains(&format!("`{name}`")), "{name} is not on the page");
    }
}
