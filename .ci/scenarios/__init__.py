"""What a charge point has to pass: each scenario is a coroutine function of the central system and of `evse`, which has
a command of the simulator's control protocol carried out and gives the reply of those that have one.
"""

from .availability import availability, kept_locked, unlock, unlock_without_lock
from .boot import availability_over_reset, boot, power_loss, reset
from .configuration import configuration
from .messages import data_transfer, refusals, trigger
from .metering import clock_aligned, transaction_data
from .sessions import (
    cache, free_vend, group, interrupted, local_session, no_plug, observed_session, offline, reader, refused_card,
    refused_start, remote_authorization, session, side_by_side, suspended, tolerated_start,
)  # fmt: skip

IN_ORDER = (
    boot, session, local_session, remote_authorization, refused_card, refused_start, tolerated_start, side_by_side,
    no_plug, reader, group, cache, offline, interrupted, suspended, free_vend, transaction_data, clock_aligned,
    availability, unlock, kept_locked, configuration, data_transfer, trigger, refusals, availability_over_reset,
    power_loss, reset,
)  # fmt: skip
WITHOUT_LOCK = (boot, unlock_without_lock, configuration)
SCENARIOS = {scenario.__name__: scenario for scenario in (*IN_ORDER, *WITHOUT_LOCK, observed_session)}
