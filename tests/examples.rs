//! The examples that end by themselves do what they say: each checks its own outcome.

#![allow(clippy::duplicate_mod)] // each example has its own bench

#[path = "../examples/customise.rs"]
mod customise;
#[path = "../examples/data_store.rs"]
mod data_store;
#[path = "../examples/own_store.rs"]
mod own_store;

#[test]
fn an_own_action_a_replaced_handler_and_an_observer() {
    customise::main().unwrap();
}

#[test]
fn the_configuration_in_a_store_of_the_firmware() {
    own_store::main().unwrap();
}

#[test]
fn records_keys_and_journal_without_a_charge_point() {
    data_store::main().unwrap();
}
