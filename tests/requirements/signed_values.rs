//! Signed meter values.

use super::proof::Proof::{self, Test};

pub(super) const TABLE: &[(&str, Proof)] = &[
    ("SMV-01", Test("smv_01_02_03_06_the_end_tells_what_was_signed_at_the_beginning_and_at_the_end")),
    ("SMV-02", Test("smv_02_a_method_that_the_data_does_not_name_is_told")),
    ("SMV-03", Test("smv_01_02_03_06_the_end_tells_what_was_signed_at_the_beginning_and_at_the_end")),
    ("SMV-04", Test("smv_04_the_key_of_the_meter_is_a_configuration_key_of_its_connector")),
    ("SMV-05", Test("smv_05_the_key_goes_along_never_once_or_always")),
    ("SMV-06", Test("smv_06_what_the_keys_do_not_ask_for_is_not_signed")),
    ("SMV-07", Test("smv_07_08_the_beginning_is_told_right_after_the_start")),
    ("SMV-08", Test("smv_07_08_the_beginning_is_told_right_after_the_start")),
    ("SMV-09", Test("smv_09_10_a_meter_that_signs_no_samples_makes_the_keys_read_only")),
    ("SMV-10", Test("smv_10_moments_of_the_clock_are_signed_and_with_them_begin_and_end")),
    ("SMV-11", Test("smv_11_the_end_waits_for_a_meter_that_takes_half_a_minute")),
    ("SMV-12", Test("smv_12_a_meter_that_keeps_silent_at_the_end_is_told_without")),
    ("SMV-13", Test("smv_01_13_the_longest_values_go_out_as_they_came_and_again_as_they_were")),
];
