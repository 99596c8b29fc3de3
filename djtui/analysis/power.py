"""Whether the machine runs on its battery."""

from __future__ import annotations


def on_battery() -> bool:
    """False where there is no battery, or nothing says so."""
    import psutil

    try:
        battery = psutil.sensors_battery()
    except (OSError, AttributeError, NotImplementedError, RuntimeError, ValueError):
        return False
    return battery is not None and battery.power_plugged is False
