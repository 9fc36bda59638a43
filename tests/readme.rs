//! What the README promises.

mod support;

use serde_json::{Value, json};
use support::{all_outputs, bench};

#[test]
fn the_readme_has_all_keys_with_type_default_and_access() {
    let mut t = bench().factory_keys().lock().configure(all_outputs).start();
    t.register("Accepted", 0);
    t.expect_status(0, "Available");
    t.expect_status(1, "Available");
    let mut told = t.call("GetConfiguration", json!({})).result();
    let told = told["configurationKey"].as_array_mut().unwrap();
    told.sort_by_key(|key| key["key"].as_str().unwrap().to_lowercase());

    let readme = include_str!("../README.md");
    let (_, table) =
        readme.split_once("| key | type | default | access |\n|---|---|---|---|\n").expect("the table of keys");
    let rows: Vec<&str> = table.lines().take_while(|line| line.starts_with('|')).collect();
    for (row, key) in rows.iter().zip(told.iter()) {
        assert_eq!(*row, row_of(key));
    }
    assert_eq!(rows.len(), told.len());
}

/// The key as the README shows it.
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
