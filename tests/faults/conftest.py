"""The fault tests of the engine work the same toy jobs as its unit tests."""

from tests.jobs.conftest import _own_state_folder, library, start_host

__all__ = ["_own_state_folder", "library", "start_host"]
