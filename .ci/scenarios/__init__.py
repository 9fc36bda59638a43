"""What a charge point has to pass: each scenario is a coroutine function of the central system and of `evse`, which has
a command of the simulator's control protocol carried out and gives the reply of those that have one.
"""

from .availability import availability, kept_locked, unlock, unlock_without_lock
from .boot import availability_over_reset, boot, power_loss, reset
from .certificates import (
    cipher_suites, client_certificate, first_roots, new_roots, newest_root, own_certificate, refused_certificate,
    renewed_certificate,
)  # fmt: skip
from .configuration import configuration
from .files import diagnostics, diagnostics_fails, firmware, firmware_fails, firmware_in_session, secure_files
from .kills import kept, kills
from .local_list import listed_card, local_list, local_list_off
from .messages import data_transfer, refusals, trigger
from .metering import clock_aligned, transaction_data
from .reservation import (
    reservation_ends, reserved_anywhere, reserved_for_group, reserved_from_afar, reserved_session,
)  # fmt: skip
from .security import (
    diagnostics_log, events_unanswered, events_unknown, extended_trigger, factory_access, first_key,
    forgetful_server, new_key, profile_taken_back, profile_up, replaced_log, secure_boot, security_events, security_log,
)  # fmt: skip
from .security_kills import certificate_kills, root_kills, update_kills
from .sessions import (
    cache, free_vend, group, interrupted, local_session, no_plug, observed_session, offline, reader, refused_card,
    refused_start, remote_authorization, session, side_by_side, suspended, tolerated_start,
)  # fmt: skip
from .signed_update import revoked_signer, signed_update
from .signed_values import (
    failing_meter, public_keys, signed_boot, signed_container, signed_kills, signed_power_loss, signed_resend,
    signed_samples, signed_session, signed_start, slow_meter,
)  # fmt: skip
from .smart_charging import charging_profiles, profile_from_afar, shared_limit

IN_ORDER = (
    boot, session, local_session, remote_authorization, refused_card, refused_start, tolerated_start, side_by_side,
    no_plug, reader, group, cache, offline, interrupted, suspended, free_vend, transaction_data, clock_aligned,
    availability, unlock, kept_locked, configuration, data_transfer, trigger, refusals, local_list, local_list_off,
    listed_card, reserved_session, reserved_from_afar, reserved_for_group, reservation_ends, reserved_anywhere,
    charging_profiles, profile_from_afar, shared_limit, diagnostics, diagnostics_fails, firmware_fails, firmware,
    firmware_in_session, kept, kills, availability_over_reset, power_loss, reset,
)  # fmt: skip
WITHOUT_LOCK = (boot, unlock_without_lock, configuration)
OVER_TLS = (boot, session, secure_files)
# Of a charge point with the security extension.
SECURITY = (
    secure_boot, security_events, security_log, diagnostics_log, replaced_log, extended_trigger, session,
    first_key, profile_taken_back, profile_up, new_key, forgetful_server,
)  # fmt: skip
SECURITY_UNKNOWN = (secure_boot, events_unknown, session)
SECURITY_IGNORED = (boot, session, events_unanswered)
SECURITY_TLS = (secure_boot, factory_access)
CERTIFICATES = (
    secure_boot, first_roots, new_roots, root_kills, newest_root, own_certificate, client_certificate,
    certificate_kills, renewed_certificate, refused_certificate, signed_update, update_kills, revoked_signer, session,
    cipher_suites,
)  # fmt: skip
# Of a charge point with meters that sign.
SIGNED_VALUES = (
    signed_boot, session, signed_session, signed_container, signed_start, signed_samples, public_keys, slow_meter,
    failing_meter, signed_power_loss, signed_resend, signed_kills,
)  # fmt: skip
ALL = (
    *IN_ORDER, *WITHOUT_LOCK, *OVER_TLS, *SECURITY, *SECURITY_UNKNOWN, *SECURITY_IGNORED, *SECURITY_TLS,
    *CERTIFICATES, *SIGNED_VALUES, observed_session,
)  # fmt: skip
SCENARIOS = {scenario.__name__: scenario for scenario in ALL}
