//! Which test proves which requirement of the Core profile. The table names the one that says most; as tests carry the
//! ids in their names, `grep -rn fn.tx_19` finds the others.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// What the texts of OCPP 1.6 (edition 2 with its errata, OCPP-J) ask of a charge point. M: must, S: should, O: may,
/// P: practice that test suites and central systems expect. The letters of ST are the transitions of chapter 4.9.
const CHECKLIST: &str = "
RPC 01M 02M 03M 04M 05M 06S 07M 08M 09S 10M 11M 12M 13M 14P 15M 16M 17P 18P 19M 20M
RPC 21M 22P 23S 24M 25M 26M 27M 28M
BOOT 01M 02M 03M 04M 05M 06M 07S 08M 09M 10O 11M 12M 13M 14O 15M
HB 01M 02S 03S 04P
AUTH 01M 02M 03M 04M 05P 06M 07M 08M 09M 10S 11M 12P 13P
AC 01S 02M 03M 04M 05M 06S 07S 08M 09P
LOC 01M 02M 03M 04M 05M 06S 07M 08P
TX 01M 02M 03M 04M 05M 06M 07M 08P 09S 10S 11S 12O 13M 14M 15M 16M 17M 18M 19M 20M
TX 21M 22M 23P 24M 25M 26M 27P 28P 29M 30M 31M 32S 33M
MSG 01M 02M 03M 04O 05M 06M 07S 08S 09M 10M 11P 12M 13P 14M 15P
MV 01M 02M 03P 04M 05M 06M 07M 08M 09M 10M 11M 12S 13M 14M 15M 16S 17M 18P 19M 20M
MV 21M 22M 23O 24O
ST 01M 02M 03O 04M 05M 06M 07M 08P 09S 10M 11M 12O 13P 14M
ST A2M A3M A4M A5M A7M A8M A9M
ST B1M B3M B4M B5M B6M B9M
ST C1M C4M C5M C6M C8M C9M
ST D1M D3M D5M D6M D8M D9M
ST E1M E3M E4M E6M E8M E9M
ST F1M F2M F8M F9M
ST G1M G2M G8M G9M
ST H1M H2M H3M H4M H5M H9M
ST I1M I2M I3M I4M I5M I6M I7M I8M
AV 01M 02M 03M 04P 05P 06M 07M 08P 09M 10P
RST 01M 02M 03M 04M 05M 06M 07P 08P
UNL 01M 02M 03M 04P 05P
CFG 01M 02M 03M 04M 05M 06M 07M 08M 09P 10M 11M 12M 13P 14P
RC 01M 02M 03M 04O 05P 06M 07P 08M 09M 10S 11M 12P 13P
TRG 01M 02M 03M 04P 05M 06S 07M 08M 09M
DT 01M 02M
KEY 01O 02O 03M 04O 05M 06M 07M 08O 09M 10M 11O 12M 13M 14O 15M 17M 19M 20O 21O 22M
KEY 23M 24O 25O 26M 27M 29M 31M 32O 33M 34M 35M 36O
";

/// What makes good a requirement.
#[derive(Clone, Copy)]
enum Proof {
    Test(&'static str),
    /// Why there is no test: it comes "with" something else, or "later: ", or a liberty is "refused: ".
    Reason(&'static str),
}

use Proof::{Reason, Test};

const TABLE: &[(&str, Proof)] = &[
    // Frames and the connection (OCPP-J)
    ("RPC-01", Test("rpc_01_url_ends_in_the_percent_encoded_identity")),
    ("RPC-02", Test("rpc_02_ocpp16_is_offered")),
    ("RPC-03", Test("rpc_03_connections_are_tried_for_ever_with_growing_waits")),
    ("RPC-04", Test("rpc_04_rpc_05_calls_and_results_have_their_form")),
    ("RPC-05", Test("rpc_04_rpc_05_calls_and_results_have_their_form")),
    ("RPC-06", Test("rpc_06_null_white_space_and_any_order")),
    ("RPC-07", Test("rpc_07_the_id_is_copied_byte_for_byte")),
    ("RPC-08", Test("rpc_08_ids_of_two_boots_differ")),
    ("RPC-09", Test("rpc_09_the_next_call_waits_for_the_answer")),
    ("RPC-10", Test("rpc_10_a_call_is_answered_while_an_own_one_is_pending")),
    ("RPC-11", Test("rpc_11_unknown_message_types_are_ignored")),
    ("RPC-12", Test("rpc_12_late_answer_is_ignored")),
    ("RPC-13", Test("rpc_13_rpc_14_unknown_actions_and_missing_profiles")),
    ("RPC-14", Test("rpc_13_rpc_14_unknown_actions_and_missing_profiles")),
    ("RPC-15", Test("rpc_15_wrong_payloads_are_named_and_change_nothing")),
    ("RPC-16", Test("rpc_16_any_spelling_of_an_error_code_is_an_error")),
    ("RPC-17", Test("rpc_17_text_that_is_no_json_is_counted_and_dropped")),
    ("RPC-18", Test("rpc_18_a_call_longer_than_the_buffer_is_refused_with_its_id")),
    ("RPC-19", Test("boot_01_rpc_19_is_the_first_call_with_its_required_fields_alone")),
    ("RPC-20", Test("rpc_20_boot_11_broken_answers_are_no_acceptance")),
    ("RPC-21", Test("rpc_21_message_timeout_is_how_long_an_answer_is_waited_for")),
    ("RPC-22", Test("rpc_22_a_connection_that_fails_while_receiving_ends_the_call")),
    ("RPC-23", Test("rpc_23_no_boot_notification_on_a_mere_reconnection")),
    ("RPC-24", Test("rpc_24_ping_is_answered_with_its_payload")),
    ("RPC-25", Test("rpc_25_a_long_answer_goes_out_in_parts")),
    ("RPC-26", Test("rpc_26_reads_offsets_and_fractions")),
    ("RPC-27", Test("rpc_27_lengths_count_as_maxima_in_characters")),
    ("RPC-28", Test("rpc_28_temperatures_are_celcius_as_the_schema_spells_it")),
    // BootNotification
    ("BOOT-01", Test("boot_01_rpc_19_is_the_first_call_with_its_required_fields_alone")),
    ("BOOT-02", Test("boot_02_nothing_is_sent_before_the_first_answer")),
    ("BOOT-03", Test("boot_03_the_interval_becomes_the_heartbeat_interval")),
    ("BOOT-04", Test("boot_04_interval_0_leaves_the_heartbeat_interval_alone")),
    ("BOOT-05", Test("boot_05_pending_and_rejected_wait_for_the_interval")),
    ("BOOT-06", Test("boot_06_rejected_says_nothing_at_all")),
    ("BOOT-07", Test("boot_07_pending_is_configured_at_once")),
    ("BOOT-08", Test("boot_08_pending_sends_nothing_of_its_own")),
    ("BOOT-09", Test("boot_09_rc_12_pending_rejects_remote_start_and_stop")),
    ("BOOT-10", Test("boot_10_trg_08_a_triggered_boot_notification_comes_early")),
    ("BOOT-11", Test("boot_11_a_call_error_is_no_acceptance")),
    ("BOOT-12", Test("boot_12_st_02_the_state_of_connector_0_and_of_all_others_follows")),
    ("BOOT-13", Test("boot_13_tx_26_the_end_of_a_cut_transaction_follows_acceptance")),
    ("BOOT-14", Test("boot_14_charging_before_the_first_acceptance_is_the_operators_choice")),
    ("BOOT-15", Test("boot_15_msg_12_what_was_made_without_a_clock_keeps_the_time_of_its_own_boot")),
    // Heartbeat and time
    ("HB-01", Test("hb_01_heartbeats_come_at_the_interval")),
    ("HB-02", Test("hb_02_at_least_one_a_day_by_default")),
    ("HB-03", Test("hb_03_a_jump_of_the_clock_moves_no_timer")),
    ("HB-04", Test("hb_04_a_new_interval_works_at_once")),
    // Authorisation
    ("AUTH-01", Test("auth_01_no_energy_before_authorisation")),
    ("AUTH-02", Test("loc_02_auth_02_auth_07_a_valid_tag_starts_at_once_only_with_local_pre_authorize")),
    ("AUTH-03", Test("auth_03_a_tag_is_any_text_up_to_20_characters")),
    ("AUTH-04", Test("auth_04_a_tag_that_is_not_accepted_starts_nothing")),
    ("AUTH-05", Test("loc_05_auth_05_an_unknown_tag_charges_where_that_is_allowed")),
    ("AUTH-06", Test("auth_06_rpc_20_a_broken_answer_authorises_nobody")),
    ("AUTH-07", Test("auth_07_the_card_that_began_ends_it_without_being_asked_about_even_offline")),
    ("AUTH-08", Test("auth_08_auth_10_no_other_card_ends_it")),
    ("AUTH-09", Test("auth_09_the_group_may_be_told_with_the_transaction_id")),
    ("AUTH-10", Test("auth_10_the_name_of_the_group_ends_it_when_it_is_a_member_itself")),
    ("AUTH-11", Test("auth_08_auth_11_another_card_of_the_group_ends_it_with_its_own_tag")),
    ("AUTH-12", Test("auth_12_st_b1_the_second_card_before_the_plug_ends_preparing")),
    (
        "AUTH-13",
        Reason("the reader is the firmware's; the example charger shows how, and the interoperability run proves it"),
    ),
    // The cache
    ("AC-01", Test("ac_01_ac_02_from_an_answer_to_authorize")),
    ("AC-02", Test("ac_02_from_an_answer_to_stop_transaction")),
    ("AC-03", Reason("with the local authorisation list")),
    ("AC-04", Test("ac_04_an_entry_expires_at_its_date")),
    ("AC-05", Test("ac_05_those_that_are_not_valid_go_first")),
    ("AC-06", Test("ac_06_it_survives_reboots_and_power_cuts")),
    ("AC-07", Test("ac_07_a_tag_that_is_known_as_not_valid_is_asked_about_again")),
    ("AC-08", Test("ac_08_clear_cache_empties_it_for_ever")),
    ("AC-09", Test("ac_09_an_expiry_in_the_past_makes_the_entry_unusable")),
    // Deciding without the central system
    ("LOC-01", Reason("with the local authorisation list")),
    ("LOC-02", Test("loc_02_auth_02_auth_07_a_valid_tag_starts_at_once_only_with_local_pre_authorize")),
    ("LOC-03", Test("loc_03_auth_05_a_valid_tag_charges_where_the_cache_counts_or_anybody_may")),
    ("LOC-04", Test("loc_04_loc_06_auth_05_a_tag_known_as_not_valid_never_charges")),
    ("LOC-05", Test("loc_05_auth_05_an_unknown_tag_charges_where_that_is_allowed")),
    ("LOC-06", Test("loc_04_loc_06_auth_05_a_tag_known_as_not_valid_never_charges")),
    ("LOC-07", Reason("with the local authorisation list")),
    ("LOC-08", Reason("with the local authorisation list")),
    // Transactions
    ("TX-01", Test("tx_01_tx_05_tx_24_st_b3_plug_then_card")),
    ("TX-02", Reason("with reservations")),
    ("TX-03", Test("tx_03_any_transaction_id_is_legal")),
    ("TX-04", Test("tx_04_what_follows_an_undeliverable_start_has_the_id_minus_1")),
    ("TX-05", Test("tx_01_tx_05_tx_24_st_b3_plug_then_card")),
    ("TX-06", Test("tx_06_a_card_waits_for_the_plug_no_longer_than_connection_time_out")),
    ("TX-07", Test("tx_07_st_b6_a_plug_without_card_becomes_finishing")),
    ("TX-08", Test("tx_08_connection_time_out_0_waits_for_ever")),
    ("TX-09", Test("tx_09_a_start_that_is_not_accepted_stops")),
    ("TX-10", Test("tx_10_after_a_refusal_the_cable_stays_until_the_card_is_shown")),
    ("TX-11", Test("tx_11_st_c5_without_stop_the_energy_is_off_and_the_transaction_open")),
    ("TX-12", Test("tx_12_tx_09_so_much_energy_is_given_and_then_it_stops")),
    ("TX-13", Test("tx_13_a_refusal_after_the_end_stops_nothing_twice")),
    ("TX-14", Test("tx_14_a_register_that_fell_does_not_make_it_negative")),
    ("TX-15", Test("tx_15_tx_16_tx_17_an_end_without_card_has_a_reason_and_no_tag")),
    ("TX-16", Test("tx_15_tx_16_tx_17_an_end_without_card_has_a_reason_and_no_tag")),
    ("TX-17", Test("tx_17_every_cause_has_its_reason")),
    ("TX-18", Test("tx_18_the_cable_is_locked_from_the_durable_start_to_the_durable_end")),
    ("TX-19", Test("tx_19_tx_23_st_c6_unplugging_at_the_ev_ends_it")),
    ("TX-20", Test("tx_20_with_the_switch_on_the_cable_is_free_when_the_ev_is_gone")),
    ("TX-21", Test("tx_21_st_c4_st_d3_unplugging_suspends_it_when_so_configured")),
    ("TX-22", Test("tx_22_tx_21_a_transaction_that_goes_on_keeps_the_cable_whatever_the_other_switch_says")),
    ("TX-23", Test("tx_19_tx_23_st_c6_unplugging_at_the_ev_ends_it")),
    ("TX-24", Test("tx_01_tx_05_tx_24_st_b3_plug_then_card")),
    ("TX-25", Test("tx_25_st_c1_without_a_plug_sensor_nothing_is_left_to_do")),
    ("TX-26", Test("tx_26_tx_28_rebooted_after_the_start")),
    ("TX-27", Test("tx_27_a_transaction_goes_on_after_a_power_cut_where_the_firmware_wants_that")),
    ("TX-28", Test("tx_28_a_meter_that_began_anew_ends_with_the_last_register_that_is_stored")),
    ("TX-29", Test("tx_29_connectors_work_side_by_side")),
    ("TX-30", Test("tx_30_a_tag_that_the_firmware_vouches_for_is_told_all_the_same")),
    ("TX-31", Test("msg_14_tx_31_mv_22_an_offline_session_is_told_as_it_was")),
    ("TX-32", Test("tx_32_registers_are_told_as_they_stand")),
    ("TX-33", Test("msg_03_tx_33_the_end_waits_for_the_answer_to_the_start")),
    // The queue of transaction messages
    ("MSG-01", Test("msg_01_msg_03_chronological_over_all_connectors")),
    ("MSG-02", Test("msg_02_thinning_keeps_all_starts_and_ends_and_makes_room_for_more")),
    ("MSG-03", Test("msg_01_msg_03_chronological_over_all_connectors")),
    ("MSG-04", Test("msg_04_msg_09_the_wait_for_the_next_attempt_blocks_nobody_else")),
    ("MSG-05", Test("msg_05_a_power_cut_at_any_byte_loses_changes_and_invents_nothing")),
    ("MSG-06", Test("msg_06_msg_07_msg_08_a_message_is_tried_three_times_and_shown_when_it_is_given_up")),
    ("MSG-07", Test("msg_06_msg_07_msg_08_a_message_is_tried_three_times_and_shown_when_it_is_given_up")),
    ("MSG-08", Test("msg_06_msg_07_msg_08_a_message_is_tried_three_times_and_shown_when_it_is_given_up")),
    ("MSG-09", Test("msg_04_msg_09_the_wait_for_the_next_attempt_blocks_nobody_else")),
    ("MSG-10", Test("msg_10_any_result_takes_the_message_away")),
    ("MSG-11", Test("msg_11_zero_attempts_are_one_and_zero_interval_is_no_tight_loop")),
    ("MSG-12", Test("boot_15_msg_12_what_was_made_without_a_clock_keeps_the_time_of_its_own_boot")),
    ("MSG-13", Test("msg_06_msg_13_a_lost_link_uses_up_no_attempt")),
    ("MSG-14", Test("msg_14_tx_31_mv_22_an_offline_session_is_told_as_it_was")),
    ("MSG-15", Test("msg_15_when_it_is_full_a_transaction_is_refused_and_none_is_lost")),
    // Meter values
    ("MV-01", Test("mv_01_mv_09_mv_10_samples_come_at_the_interval_of_the_transaction")),
    ("MV-02", Test("mv_02_values_come_at_the_multiples_of_the_interval_counted_from_midnight")),
    ("MV-03", Test("mv_03_an_interval_that_does_not_divide_the_day_begins_anew_at_midnight")),
    ("MV-04", Test("mv_04_mv_10_all_connectors_are_told_in_a_transaction_or_not_and_the_main_meter")),
    ("MV-05", Test("mv_05_a_sample_holds_exactly_what_is_listed")),
    ("MV-06", Test("mv_05_mv_06_sampled_and_aligned_values_have_lists_of_their_own")),
    ("MV-07", Test("mv_07_mv_19_units_are_those_of_the_schema_and_a_frequency_has_none")),
    ("MV-08", Test("mv_08_all_places_and_phases_are_told")),
    ("MV-09", Test("mv_01_mv_09_mv_10_samples_come_at_the_interval_of_the_transaction")),
    ("MV-10", Test("mv_10_the_id_is_that_of_the_transaction_at_the_moment_of_the_sample")),
    ("MV-11", Test("mv_11_mv_12_begin_and_end_frame_the_samples")),
    ("MV-12", Test("mv_12_without_samples_there_are_begin_and_end")),
    ("MV-13", Test("mv_13_a_long_transaction_keeps_samples_that_are_spread_evenly")),
    ("MV-14", Test("mv_14_cfg_08_what_cannot_be_measured_is_refused_and_changes_nothing")),
    ("MV-15", Test("mv_15_key_08_a_list_may_hold_as_many_items_as_its_max_length_says")),
    ("MV-16", Test("mv_16_what_has_no_value_now_is_left_out_and_nothing_makes_no_message")),
    ("MV-17", Test("mv_17_a_register_that_falls_in_a_transaction_is_told_as_it_stood")),
    ("MV-18", Test("mv_18_cfg_12_phases_and_blanks")),
    ("MV-19", Test("mv_07_mv_19_units_are_those_of_the_schema_and_a_frequency_has_none")),
    ("MV-20", Test("mv_20_large_registers_are_told_digit_by_digit")),
    ("MV-21", Test("mv_21_new_intervals_and_lists_work_for_the_running_transaction")),
    ("MV-22", Test("mv_22_samples_go_on_while_offline_and_suspended")),
    ("MV-23", Test("mv_23_the_energy_of_an_interval_is_what_the_firmware_has_measured")),
    ("MV-24", Reason("refused: meters give numbers; signed ones are a standard of their own")),
    // Statuses
    ("ST-01", Test("st_01_st_13_every_event_after_every_event_in_every_situation")),
    ("ST-02", Test("st_02_errors_of_the_charge_point_are_told_of_connector_0_alone")),
    ("ST-03", Test("st_03_states_shorter_than_minimum_status_duration_are_left_out")),
    ("ST-04", Test("st_04_st_c4_st_c5_st_d3_st_e3_who_suspends")),
    ("ST-05", Test("st_05_a_warning_leaves_the_state")),
    ("ST-06", Test("st_06_ev_communication_error_only_where_it_is_allowed")),
    ("ST-07", Test("st_05_st_07_any_fault_makes_it_faulted_whatever_is_more_severe")),
    ("ST-08", Test("st_07_st_08_st_c9_a_fault_in_a_transaction_turns_the_energy_off")),
    ("ST-09", Test("st_09_a_reconnection_tells_what_changed_but_no_history")),
    ("ST-10", Test("st_10_the_texts_are_cut_to_what_the_standard_allows")),
    ("ST-11", Test("av_06_st_11_rst_05_out_of_service_survives_power_cut_and_reset")),
    ("ST-12", Reason("refused: Unavailable always comes from ChangeAvailability, so the operator knows why")),
    ("ST-13", Test("st_09_st_13_a_reconnection_without_a_change_tells_nothing")),
    ("ST-14", Test("st_14_an_ev_that_asks_is_charging_even_without_current")),
    ("ST-A2", Test("st_a2_a3_a4_a5_a8_a9_from_available")),
    ("ST-A3", Test("st_a2_a3_a4_a5_a8_a9_from_available")),
    ("ST-A4", Test("st_a2_a3_a4_a5_a8_a9_from_available")),
    ("ST-A5", Test("st_a2_a3_a4_a5_a8_a9_from_available")),
    ("ST-A7", Reason("with reservations")),
    ("ST-A8", Test("st_a2_a3_a4_a5_a8_a9_from_available")),
    ("ST-A9", Test("st_a2_a3_a4_a5_a8_a9_from_available")),
    ("ST-B1", Test("st_b1_b3_b4_b5_b6_b9_from_preparing")),
    ("ST-B3", Test("st_b1_b3_b4_b5_b6_b9_from_preparing")),
    ("ST-B4", Test("st_b1_b3_b4_b5_b6_b9_from_preparing")),
    ("ST-B5", Test("st_b1_b3_b4_b5_b6_b9_from_preparing")),
    ("ST-B6", Test("st_b1_b3_b4_b5_b6_b9_from_preparing")),
    ("ST-B9", Test("st_b1_b3_b4_b5_b6_b9_from_preparing")),
    ("ST-C1", Test("st_c1_c4_c5_c6_c8_c9_from_charging")),
    ("ST-C4", Test("st_c1_c4_c5_c6_c8_c9_from_charging")),
    ("ST-C5", Test("st_c1_c4_c5_c6_c8_c9_from_charging")),
    ("ST-C6", Test("st_c1_c4_c5_c6_c8_c9_from_charging")),
    ("ST-C8", Test("st_c1_c4_c5_c6_c8_c9_from_charging")),
    ("ST-C9", Test("st_c1_c4_c5_c6_c8_c9_from_charging")),
    ("ST-D1", Test("st_d1_d3_d5_d6_d8_d9_from_suspended_ev")),
    ("ST-D3", Test("st_d1_d3_d5_d6_d8_d9_from_suspended_ev")),
    ("ST-D5", Test("st_d1_d3_d5_d6_d8_d9_from_suspended_ev")),
    ("ST-D6", Test("st_d1_d3_d5_d6_d8_d9_from_suspended_ev")),
    ("ST-D8", Test("st_d1_d3_d5_d6_d8_d9_from_suspended_ev")),
    ("ST-D9", Test("st_d1_d3_d5_d6_d8_d9_from_suspended_ev")),
    ("ST-E1", Test("st_e1_e3_e4_e6_e8_e9_st_04_from_suspended_evse")),
    ("ST-E3", Test("st_e1_e3_e4_e6_e8_e9_st_04_from_suspended_evse")),
    ("ST-E4", Test("st_e1_e3_e4_e6_e8_e9_st_04_from_suspended_evse")),
    ("ST-E6", Test("st_e1_e3_e4_e6_e8_e9_st_04_from_suspended_evse")),
    ("ST-E8", Test("st_e1_e3_e4_e6_e8_e9_st_04_from_suspended_evse")),
    ("ST-E9", Test("st_e1_e3_e4_e6_e8_e9_st_04_from_suspended_evse")),
    ("ST-F1", Test("st_f1_f2_f8_f9_from_finishing")),
    ("ST-F2", Test("st_f1_f2_f8_f9_from_finishing")),
    ("ST-F8", Test("st_f1_f2_f8_f9_from_finishing")),
    ("ST-F9", Test("st_f1_f2_f8_f9_from_finishing")),
    ("ST-G1", Reason("with reservations")),
    ("ST-G2", Reason("with reservations")),
    ("ST-G8", Reason("with reservations")),
    ("ST-G9", Reason("with reservations")),
    ("ST-H1", Test("st_h1_h2_h3_h4_h5_h9_from_unavailable")),
    ("ST-H2", Test("st_h1_h2_h3_h4_h5_h9_from_unavailable")),
    ("ST-H3", Test("st_h1_h2_h3_h4_h5_h9_from_unavailable")),
    ("ST-H4", Test("st_h1_h2_h3_h4_h5_h9_from_unavailable")),
    ("ST-H5", Test("st_h1_h2_h3_h4_h5_h9_from_unavailable")),
    ("ST-H9", Test("st_h1_h2_h3_h4_h5_h9_from_unavailable")),
    ("ST-I1", Test("st_07_st_i1_i2_i3_i4_i5_i6_i8_from_faulted")),
    ("ST-I2", Test("st_07_st_i1_i2_i3_i4_i5_i6_i8_from_faulted")),
    ("ST-I3", Test("st_07_st_i1_i2_i3_i4_i5_i6_i8_from_faulted")),
    ("ST-I4", Test("st_07_st_i1_i2_i3_i4_i5_i6_i8_from_faulted")),
    ("ST-I5", Test("st_07_st_i1_i2_i3_i4_i5_i6_i8_from_faulted")),
    ("ST-I6", Test("st_07_st_i1_i2_i3_i4_i5_i6_i8_from_faulted")),
    ("ST-I7", Reason("with reservations")),
    ("ST-I8", Test("st_07_st_i1_i2_i3_i4_i5_i6_i8_from_faulted")),
    // Availability
    ("AV-01", Test("av_01_av_09_st_a8_st_h1_a_free_connector_changes_at_once")),
    ("AV-02", Test("av_02_st_13_nothing_is_told_when_nothing_changes")),
    ("AV-03", Test("av_03_st_02_connector_0_is_the_charge_point_and_all_connectors")),
    ("AV-04", Test("av_04_st_b1_st_a8_a_plugged_connector_waits_for_the_plug_to_go")),
    ("AV-05", Test("av_05_unknown_connectors_are_rejected")),
    ("AV-06", Test("av_06_st_11_rst_05_out_of_service_survives_power_cut_and_reset")),
    ("AV-07", Test("av_07_nothing_starts_on_a_connector_out_of_service")),
    ("AV-08", Test("av_08_operative_cancels_what_is_scheduled")),
    ("AV-09", Test("av_09_st_h2_preparing_when_it_was_plugged_in_meanwhile")),
    ("AV-10", Test("av_10_each_connector_has_its_own_state")),
    // Reset
    ("RST-01", Test("rst_01_idle_answers_then_restarts")),
    ("RST-02", Test("rst_02_rst_03_soft_ends_the_transaction_and_waits_for_its_delivery")),
    ("RST-03", Test("rst_02_rst_03_soft_ends_the_transaction_and_waits_for_its_delivery")),
    ("RST-04", Test("rst_04_hard_restarts_soon_and_the_end_says_why")),
    ("RST-05", Test("rst_05_configuration_survives_and_boot_notification_comes_first")),
    ("RST-06", Test("rst_06_a_reset_that_does_not_happen_is_tried_again_and_told")),
    ("RST-07", Test("rst_07_the_firmware_may_refuse_a_soft_reset")),
    ("RST-08", Test("rst_08_pending_serves_reset")),
    // Unlocking
    ("UNL-01", Test("unl_01_tx_17_the_transaction_ends_before_the_lock_is_asked")),
    ("UNL-02", Test("unl_02_unl_05_a_lock_that_stays_locked_is_told_with_the_present_status")),
    ("UNL-03", Test("unl_03_so_is_one_in_finishing")),
    ("UNL-04", Test("unl_04_without_a_lock_the_transaction_goes_on")),
    ("UNL-05", Test("unl_05_nothing_starts_while_the_lock_is_broken")),
    // Configuration
    ("CFG-01", Test("cfg_01_cfg_14_without_names_all_keys_are_told")),
    ("CFG-02", Test("cfg_02_cfg_06_named_keys_and_unknown_ones")),
    ("CFG-03", Test("cfg_03_more_keys_than_the_maximum_are_refused")),
    ("CFG-04", Test("cfg_04_cfg_13_write_only_values_never_leave_the_charge_point")),
    ("CFG-05", Test("cfg_05_cfg_06_cfg_08_accepted_rejected_and_not_supported")),
    ("CFG-06", Test("cfg_02_cfg_06_named_keys_and_unknown_ones")),
    ("CFG-07", Test("cfg_07_numbers_and_switches_must_be_whole")),
    ("CFG-08", Test("cfg_05_cfg_06_cfg_08_accepted_rejected_and_not_supported")),
    ("CFG-09", Test("cfg_09_an_accepted_value_is_durable_before_the_answer")),
    ("CFG-10", Test("cfg_10_keys_of_50_and_values_of_500_characters")),
    ("CFG-11", Test("cfg_11_the_switch_of_a_function_that_is_absent_is_absent")),
    ("CFG-12", Test("cfg_12_mv_14_lists_may_have_blanks_but_only_what_is_measured")),
    ("CFG-13", Test("cfg_13_keys_of_every_kind_are_told_with_their_factory_values")),
    ("CFG-14", Test("cfg_01_cfg_14_without_names_all_keys_are_told")),
    // Remote start and stop
    ("RC-01", Test("rc_01_rc_02_without_authorize_the_start_follows_the_answer")),
    ("RC-02", Test("rc_01_rc_02_without_authorize_the_start_follows_the_answer")),
    ("RC-03", Test("rc_03_unknown_connectors_are_rejected")),
    ("RC-04", Test("rc_04_without_connector_one_that_is_plugged_comes_first")),
    ("RC-05", Test("rc_05_rejected_when_the_connector_is_not_free")),
    ("RC-06", Test("rc_06_tx_06_without_a_plug_it_is_void_after_connection_time_out")),
    ("RC-07", Test("rc_07_another_start_of_the_same_tag_leaves_the_running_one_alone")),
    ("RC-08", Reason("with smart charging")),
    ("RC-09", Reason("with smart charging")),
    ("RC-10", Test("rc_10_a_charging_profile_without_smart_charging_is_ignored")),
    ("RC-11", Test("rc_11_a_running_transaction_is_stopped")),
    ("RC-12", Test("rc_12_rpc_10_rejected_while_the_id_is_unknown")),
    ("RC-13", Test("rc_13_the_case_of_a_remote_tag_is_kept")),
    // TriggerMessage
    ("TRG-01", Test("trg_01_trg_02_the_answer_comes_before_the_message")),
    ("TRG-02", Test("trg_02_what_is_not_built_in_is_not_implemented")),
    ("TRG-03", Test("trg_01_trg_03_statuses_of_one_connector_or_all")),
    ("TRG-04", Test("trg_04_unknown_connectors_are_rejected")),
    ("TRG-05", Test("trg_05_meter_values_of_a_transaction")),
    ("TRG-06", Test("trg_06_boot_notification_after_acceptance_is_rejected")),
    ("TRG-07", Reason("with firmware updates and diagnostics")),
    ("TRG-08", Test("trg_08_triggered_messages_are_sent_in_pending")),
    ("TRG-09", Test("trg_09_starts_and_stops_cannot_be_triggered")),
    // DataTransfer
    ("DT-01", Test("dt_01_unknown_vendors_and_messages_are_told_apart")),
    ("DT-02", Test("dt_02_data_is_passed_unchanged_both_ways")),
    // Configuration keys
    ("KEY-01", Test("key_01_allow_offline_tx_for_unknown_id")),
    ("KEY-02", Test("key_02_authorization_cache_enabled")),
    ("KEY-03", Test("key_03_authorize_remote_tx_requests")),
    ("KEY-04", Test("key_04_key_11_a_charge_point_with_a_lamp_brings_its_keys")),
    ("KEY-05", Test("key_05_clock_aligned_data_interval")),
    ("KEY-06", Test("key_06_connection_time_out")),
    ("KEY-07", Test("key_07_connector_phase_rotation")),
    ("KEY-08", Test("key_08_the_length_of_each_list")),
    ("KEY-09", Test("key_09_get_configuration_max_keys")),
    ("KEY-10", Test("key_10_heartbeat_interval")),
    ("KEY-11", Test("key_04_key_11_a_charge_point_with_a_lamp_brings_its_keys")),
    ("KEY-12", Test("key_12_local_authorize_offline")),
    ("KEY-13", Test("key_13_local_pre_authorize")),
    ("KEY-14", Test("key_14_max_energy_on_invalid_id")),
    ("KEY-15", Test("key_15_meter_values_aligned_data")),
    ("KEY-17", Test("key_17_meter_values_sampled_data")),
    ("KEY-19", Test("key_19_meter_value_sample_interval")),
    ("KEY-20", Test("key_20_message_timeout")),
    ("KEY-21", Test("key_21_minimum_status_duration")),
    ("KEY-22", Test("key_22_number_of_connectors")),
    ("KEY-23", Test("key_23_reset_retries")),
    ("KEY-24", Test("key_24_stop_transaction_max_meter_values")),
    ("KEY-25", Test("key_25_stop_transaction_on_ev_side_disconnect")),
    ("KEY-26", Test("key_26_stop_transaction_on_invalid_id")),
    ("KEY-27", Test("key_27_stop_txn_aligned_data")),
    ("KEY-29", Test("key_29_stop_txn_sampled_data")),
    ("KEY-31", Test("key_31_supported_feature_profiles")),
    ("KEY-32", Reason("refused: errata 3.81 calls it useless, for nobody can write the list")),
    ("KEY-33", Test("key_33_transaction_message_attempts")),
    ("KEY-34", Test("key_34_transaction_message_retry_interval")),
    ("KEY-35", Test("key_35_unlock_connector_on_ev_side_disconnect")),
    ("KEY-36", Test("key_36_web_socket_ping_interval")),
];

#[test]
fn every_requirement_is_proven_or_has_its_reason() {
    let faults = faults(CHECKLIST, TABLE, &tests_of_the_repository());
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// What our reading of the standard leaves uncertain, and what was decided at the outset.
const OPEN: &str = "
RPC 06S 17P
BOOT 04M 15M
AUTH 05P 12P
LOC 03M 06S
TX 07M 08P 12O 27P
MSG 06M 08S 11P
MV 03P 24O
ST 08P I1M
AV 08P 10P
UNL 04P
CFG 03M
RC 07P
";

const DECISIONS: &str = include_str!("../src/ocpp16/decisions.md");

#[test]
fn every_decision_is_written_down_with_its_test() {
    let tests = tests_of_the_repository();
    let mut decided = BTreeSet::new();
    for line in DECISIONS.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| id ")) {
        let cells: Vec<_> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [ids, _, _, proofs] = cells[..] else { panic!("four cells: {line}") };
        let ids: Vec<_> = ids.split(", ").collect();
        let proofs: Vec<_> = proofs.split(", ").map(|test| test.trim_matches('`')).collect();
        for test in &proofs {
            assert!(tests.contains(*test), "{ids:?}: there is no test {test}");
        }
        let is_named = |id: &String| ids.contains(&id.as_str());
        assert!(proofs.iter().any(|test| ids_in(test).iter().any(is_named)), "{ids:?}: no test names one of them");
        decided.extend(ids);
    }
    for (id, _) in OPEN.lines().flat_map(requirements_in) {
        assert!(decided.contains(id.as_str()), "{id} is not decided");
    }
    let unknown: Vec<_> = decided.iter().filter(|id| !TABLE.iter().any(|(listed, _)| listed == *id)).collect();
    assert!(unknown.is_empty(), "no requirements: {unknown:?}");
}

#[test]
fn what_is_missing_or_wrong_in_the_table_is_found() {
    const LIST: &str = "\nTX 01M 02S\nTX 03O 04P\n";
    const WHOLE: [(&str, Proof); 4] = [
        ("TX-01", Test("tx_01_begins")),
        ("TX-02", Reason("with reservations")),
        ("TX-03", Reason("refused: nobody asks for it")),
        ("TX-04", Test("st_a2_tx_03_04_ends")),
    ];
    let found = |row: usize, proof: (&'static str, Proof)| {
        let mut table = WHOLE;
        table[row] = proof;
        faults(LIST, &table, &["tx_01_begins", "st_a2_tx_03_04_ends"].map(String::from).into())
    };
    assert_eq!(found(0, WHOLE[0]), [""; 0]);
    assert_eq!(found(1, ("TX-05", WHOLE[1].1)), ["TX-02 is missing", "TX-05 is no requirement"]);
    assert_eq!(found(1, WHOLE[0]), ["TX-02 is missing", "TX-01 is listed twice"]);
    assert_eq!(found(2, ("TX-03", Reason(""))), ["TX-03 has neither test nor reason"]);
    assert_eq!(found(0, ("TX-01", Test("tx_01_is_gone"))), ["TX-01: there is no test tx_01_is_gone"]);
    assert_eq!(found(0, ("TX-01", Test("st_a2_tx_03_04_ends"))), ["TX-01: st_a2_tx_03_04_ends does not name it"]);
    assert_eq!(found(0, ("TX-01", Reason("refused: no need"))), ["TX-01 must or should be done, and has no test"]);
    assert_eq!(found(1, ("TX-02", Reason("refused: no need"))), ["TX-02 must or should be done, and has no test"]);

    let misnamed =
        faults(LIST, &WHOLE, &["tx_01_begins", "st_a2_tx_03_04_ends", "tx_40_flies"].map(String::from).into());
    assert_eq!(misnamed, ["tx_40_flies: TX-40 is no requirement"]);
}

/// What is wrong with the table, as sentences.
fn faults(checklist: &str, table: &[(&str, Proof)], tests: &BTreeSet<String>) -> Vec<String> {
    let requirements: Vec<(String, bool)> = checklist.lines().flat_map(requirements_in).collect();
    let is_known = |id: &str| requirements.iter().any(|(known, _)| known == id);
    let mut faults = Vec::new();
    for (id, _) in &requirements {
        if !table.iter().any(|(listed, _)| listed == id) {
            faults.push(format!("{id} is missing"));
        }
    }
    let mut listed = BTreeSet::new();
    for (id, proof) in table {
        if !listed.insert(id) {
            faults.push(format!("{id} is listed twice"));
        }
        match requirements.iter().find(|(known, _)| known == id) {
            None => faults.push(format!("{id} is no requirement")),
            Some((_, is_binding)) => faults.extend(fault_of(id, *is_binding, *proof, tests)),
        }
    }
    for test in tests {
        let unknown = ids_in(test).into_iter().filter(|id| has_chapter(checklist, id) && !is_known(id));
        faults.extend(unknown.map(|id| format!("{test}: {id} is no requirement")));
    }
    faults
}

fn fault_of(id: &str, is_binding: bool, proof: Proof, tests: &BTreeSet<String>) -> Option<String> {
    match proof {
        Test(test) if !tests.contains(test) => Some(format!("{id}: there is no test {test}")),
        Test(test) if !ids_in(test).iter().any(|named| named == id) => Some(format!("{id}: {test} does not name it")),
        Reason("") => Some(format!("{id} has neither test nor reason")),
        Reason(reason) if is_binding && !reason.starts_with("with ") && !reason.starts_with("later: ") => {
            Some(format!("{id} must or should be done, and has no test"))
        }
        _ => None,
    }
}

/// `TX 01M 02P`: each id, and whether it must or should be done.
fn requirements_in(line: &str) -> impl Iterator<Item = (String, bool)> {
    let mut words = line.split_whitespace();
    let chapter = words.next().unwrap_or_default();
    let entries = words.map(|entry| entry.split_at(2));
    entries.map(move |(number, weight)| (format!("{chapter}-{number}"), matches!(weight, "M" | "S")))
}

fn has_chapter(checklist: &str, id: &str) -> bool {
    let chapter = id.split_once('-').map(|(chapter, _)| chapter);
    checklist.lines().any(|line| line.split_whitespace().next() == chapter)
}

/// The ids that a test carries in its name: `tx_05_st_a2_a3_card_then_plug` has TX-05, ST-A2 and ST-A3.
fn ids_in(test: &str) -> Vec<String> {
    let mut chapter = "";
    let mut ids = Vec::new();
    for word in test.split('_') {
        if is_number(word) {
            ids.push(format!("{chapter}-{word}").to_uppercase());
        } else {
            chapter = word;
        }
    }
    ids
}

fn is_number(word: &str) -> bool {
    matches!(word.as_bytes(), [b'0'..=b'9' | b'a'..=b'i', b'0'..=b'9'])
}

/// The names of all functions under `#[test]` in `tests/` and `src/`.
fn tests_of_the_repository() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for folder in ["tests", "src"] {
        read_tests(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut names);
    }
    names
}

fn read_tests(path: &Path, names: &mut BTreeSet<String>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            read_tests(&entry.unwrap().path(), names);
        }
    } else if path.extension().is_some_and(|extension| extension == "rs") {
        let text = fs::read_to_string(path).unwrap();
        names.extend(text.split("#[test]\n").skip(1).filter_map(test_after).map(str::to_owned));
    }
}

/// The name of the function that follows, after other attributes.
fn test_after(text: &str) -> Option<&str> {
    let mut lines = text.lines().map(str::trim).skip_while(|line| line.starts_with("#["));
    lines.next()?.strip_prefix("fn ")?.split('(').next()
}
