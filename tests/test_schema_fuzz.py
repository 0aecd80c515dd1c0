"""Whatever the description of the interface allows, and what it does not: nothing makes the server fail."""

import asyncio
import threading
from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode, checks
from schemathesis.specs.openapi import checks as openapi_checks

from server.access.auth import Access, Role, new_key
from server.config import Config, RecordingsConfig
from tests.served import serving

TEXT, KEY = new_key("fuzz", Role.ADMIN, None, 0.0)
CLOSED = Access(bytes(32), {KEY.id: KEY})


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real server in a thread of its own: the fuzzer is synchronous."""
    started, stop, found = threading.Event(), threading.Event(), []
    config = Config(recordings=RecordingsConfig(folder=str(tmp_path_factory.mktemp("recordings"))))

    async def serve() -> None:
        async with serving(access=CLOSED, config=config) as served:
            found.append(served.address)
            started.set()
            await asyncio.to_thread(stop.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert started.wait(20)
    yield found[0]
    stop.set()
    thread.join(20)


@pytest.fixture(scope="module")
def described(address: str) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_url(f"http://{address}/openapi.json")


QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
EXAMPLES = 40
CHECKS = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_schema_conformance,
]


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_no_request_makes_the_server_fail(described: schemathesis.BaseSchema, mode: GenerationMode) -> None:
    for result in described.get_all_operations():
        operation = result.ok()
        cases = operation.as_strategy(generation_mode=mode)

        @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=QUIET)
        @given(case=cases, key=st.sampled_from([TEXT, TEXT, "wrong", None]))
        def ask(case: schemathesis.Case, key: str | None) -> None:
            response = case.call(headers={"Authorization": f"Bearer {key}"} if key else {})
            # A server that is busy may say so, where its description does.
            busy = response.status_code == 503
            assert response.status_code < 500 or busy
            case.validate_response(response, checks=CHECKS[busy:])

        try:
            ask()
        except Unsatisfiable:
            assert mode is GenerationMode.NEGATIVE, operation.label  # nothing can be wrong with no parameters
