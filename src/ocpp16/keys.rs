//! The names of all configuration keys (OCPP 1.6 §9), in the order in which GetConfiguration lists them. What they mean is
//! said in the block that each steers.

use crate::station;
use crate::store::{Declaration, Setting};

/// The longest name of a key (OCPP 1.6 §6.9).
pub(super) const NAME_LEN_MAX: u16 = 50;

pub(crate) static KEYS: &[Declaration] = &in_a_row::<{ count(GROUPS) }>(GROUPS);

const GROUPS: &[&[Declaration]] = &[
    &[
        station::keys::NUMBER_OF_CONNECTORS.named("NumberOfConnectors"),
        station::keys::SUPPORTED_FEATURE_PROFILES.named("SupportedFeatureProfiles"),
        station::phase_rotation::CONNECTOR_PHASE_ROTATION.named("ConnectorPhaseRotation"),
        station::phase_rotation::CONNECTOR_PHASE_ROTATION_MAX_LENGTH.named("ConnectorPhaseRotationMaxLength"),
        station::keys::MESSAGE_TIMEOUT.named("MessageTimeout"),
        station::keys::WEB_SOCKET_PING_INTERVAL.named("WebSocketPingInterval"),
        station::authorization::ALLOW_OFFLINE_TX_FOR_UNKNOWN_ID.named("AllowOfflineTxForUnknownId"),
        station::authorization::AUTHORIZATION_TIMEOUT.named("Cst_AuthorizationTimeout"),
        station::authorization::LOCAL_AUTHORIZE_OFFLINE.named("LocalAuthorizeOffline"),
        station::authorization::LOCAL_PRE_AUTHORIZE.named("LocalPreAuthorize"),
        station::tokens::AUTHORIZATION_CACHE_ENABLED.named("AuthorizationCacheEnabled"),
        station::remote_control::AUTHORIZE_REMOTE_TX_REQUESTS.named("AuthorizeRemoteTxRequests"),
        station::session::CONNECTION_TIME_OUT.named("ConnectionTimeOut"),
        station::session::MAX_ENERGY_ON_INVALID_ID.named("MaxEnergyOnInvalidId"),
        station::session::STOP_TRANSACTION_ON_EV_SIDE_DISCONNECT.named("StopTransactionOnEVSideDisconnect"),
        station::session::STOP_TRANSACTION_ON_INVALID_ID.named("StopTransactionOnInvalidId"),
        station::unlock::UNLOCK_CONNECTOR_ON_EV_SIDE_DISCONNECT.named("UnlockConnectorOnEVSideDisconnect"),
        station::free_vend::FREE_VEND_ACTIVE.named("Cst_FreeVendActive"),
        station::free_vend::FREE_VEND_ID_TAG.named("Cst_FreeVendIdTag"),
        station::session::SILENT_OFFLINE_TRANSACTIONS.named("Cst_SilentOfflineTransactions"),
        station::journal::delivery::TRANSACTION_MESSAGE_ATTEMPTS.named("TransactionMessageAttempts"),
        station::journal::delivery::TRANSACTION_MESSAGE_RETRY_INTERVAL.named("TransactionMessageRetryInterval"),
        station::metering::METER_VALUE_SAMPLE_INTERVAL.named("MeterValueSampleInterval"),
        station::metering::METER_VALUES_SAMPLED_DATA.named("MeterValuesSampledData"),
        station::metering::METER_VALUES_SAMPLED_DATA_MAX_LENGTH.named("MeterValuesSampledDataMaxLength"),
        station::metering::CLOCK_ALIGNED_DATA_INTERVAL.named("ClockAlignedDataInterval"),
        station::metering::METER_VALUES_ALIGNED_DATA.named("MeterValuesAlignedData"),
        station::metering::METER_VALUES_IN_TX_ONLY.named("Cst_MeterValuesInTxOnly"),
        station::metering::METER_VALUES_ALIGNED_DATA_MAX_LENGTH.named("MeterValuesAlignedDataMaxLength"),
        station::metering::STOP_TXN_SAMPLED_DATA.named("StopTxnSampledData"),
        station::metering::STOP_TXN_SAMPLED_DATA_MAX_LENGTH.named("StopTxnSampledDataMaxLength"),
        station::metering::STOP_TXN_ALIGNED_DATA.named("StopTxnAlignedData"),
        station::metering::STOP_TXN_ALIGNED_DATA_MAX_LENGTH.named("StopTxnAlignedDataMaxLength"),
        station::metering::STOP_TRANSACTION_MAX_METER_VALUES.named("StopTransactionMaxMeterValues"),
    ],
    #[cfg(feature = "signed-meter-values")]
    &[
        station::signed_values::PUBLIC_KEY_WITH_SIGNED_METER_VALUE.named("PublicKeyWithSignedMeterValue"),
        station::signed_values::SAMPLED_DATA_SIGN_READINGS.named("SampledDataSignReadings"),
        station::signed_values::SAMPLED_DATA_SIGN_STARTED_READINGS.named("SampledDataSignStartedReadings"),
        station::signed_values::SAMPLED_DATA_SIGN_UPDATED_READINGS.named("SampledDataSignUpdatedReadings"),
        station::signed_values::START_TXN_SAMPLED_DATA.named("StartTxnSampledData"),
        station::signed_values::ALIGNED_DATA_SIGN_READINGS.named("AlignedDataSignReadings"),
        station::signed_values::ALIGNED_DATA_SIGN_UPDATED_READINGS.named("AlignedDataSignUpdatedReadings"),
    ],
    &[
        station::status::MINIMUM_STATUS_DURATION.named("MinimumStatusDuration"),
        station::registration::heartbeat::HEARTBEAT_INTERVAL.named("HeartbeatInterval"),
        station::configuration::GET_CONFIGURATION_MAX_KEYS.named("GetConfigurationMaxKeys"),
        station::reset::RESET_RETRIES.named("ResetRetries"),
    ],
    #[cfg(feature = "local-auth-list")]
    &[
        station::tokens::LOCAL_AUTH_LIST_ENABLED.named("LocalAuthListEnabled"),
        station::tokens::LOCAL_AUTH_LIST_MAX_LENGTH.named("LocalAuthListMaxLength"),
        station::tokens::SEND_LOCAL_LIST_MAX_LENGTH.named("SendLocalListMaxLength"),
    ],
    #[cfg(feature = "reservation")]
    &[station::reservation::RESERVE_CONNECTOR_ZERO_SUPPORTED.named("ReserveConnectorZeroSupported")],
    #[cfg(feature = "smart-charging")]
    &[
        station::smart_charging::CHARGE_PROFILE_MAX_STACK_LEVEL.named("ChargeProfileMaxStackLevel"),
        station::smart_charging::CHARGING_SCHEDULE_ALLOWED_CHARGING_RATE_UNIT
            .named("ChargingScheduleAllowedChargingRateUnit"),
        station::smart_charging::CHARGING_SCHEDULE_MAX_PERIODS.named("ChargingScheduleMaxPeriods"),
        station::smart_charging::CONNECTOR_SWITCH_3_TO_1_PHASE_SUPPORTED.named("ConnectorSwitch3to1PhaseSupported"),
        station::smart_charging::MAX_CHARGING_PROFILES_INSTALLED.named("MaxChargingProfilesInstalled"),
    ],
    #[cfg(feature = "firmware-management")]
    &[station::transfer::SUPPORTED_FILE_TRANSFER_PROTOCOLS.named("SupportedFileTransferProtocols")],
    #[cfg(feature = "security")]
    &[
        station::certificates::ADDITIONAL_ROOT_CERTIFICATE_CHECK.named("AdditionalRootCertificateCheck"),
        station::security::AUTHORIZATION_KEY.named("AuthorizationKey"),
        station::certificates::CERTIFICATE_SIGNED_MAX_CHAIN_SIZE.named("CertificateSignedMaxChainSize"),
        station::certificates::CERTIFICATE_STORE_MAX_LENGTH.named("CertificateStoreMaxLength"),
        station::certificates::CPO_NAME.named("CpoName"),
        station::security::SECURITY_PROFILE.named("SecurityProfile"),
    ],
];

const fn count(mut groups: &[&[Declaration]]) -> usize {
    let mut count = 0;
    while let [group, others @ ..] = groups {
        count += group.len();
        groups = others;
    }
    count
}

const fn in_a_row<const COUNT: usize>(mut groups: &[&[Declaration]]) -> [Declaration; COUNT] {
    let mut table = [Setting::constant(0, "").named(""); COUNT];
    let mut places = &mut table as &mut [Declaration];
    let mut rows: &[Declaration] = &[];
    while let [place, behind @ ..] = places {
        while let ([], [group, others @ ..]) = (rows, groups) {
            rows = group;
            groups = others;
        }
        if let [row, others @ ..] = rows {
            *place = *row;
            rows = others;
        }
        places = behind;
    }
    table
}
