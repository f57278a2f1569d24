"""How publishers are asked: slowly, under our own name, with patience that ends."""

from __future__ import annotations

import socket
from datetime import timedelta

import pytest

from rongheng.basics.errors import SourceChangedError, SourceDownError, SourceRefusedError, UsageError
from rongheng.market.sources.web import Client, Manners, Request
from tests.market.sources.web.endpoints import CSI_BARS, SSE_MARGIN, SSE_TURNOVER
from tests.market.sources.web.loopback import AGENT, FakeClock, Loopback, Reply, client
from tests.market.sources.web.world import World


def _request(world: World) -> Request:
    return CSI_BARS.ask(world).request


def test_the_question_says_who_asks_and_from_which_page(world: World, publishers: Loopback, asker: Client) -> None:
    ask = SSE_MARGIN.ask(world)
    SSE_MARGIN.source.fetch(ask, asker)
    (asked,) = publishers.asked
    assert asked.headers["User-Agent"] == AGENT
    assert asked.headers["Referer"] == "https://www.sse.com.cn/"


def test_two_questions_to_one_host_are_apart_and_those_to_two_hosts_are_not(
    world: World, publishers: Loopback, asker: Client, clock: FakeClock
) -> None:
    asker.get(_request(world))
    asker.get(SSE_TURNOVER.ask(world).request)
    assert clock.slept == []
    asker.get(_request(world))
    assert clock.slept == [pytest.approx(1.75)]  # 1.5 s and half of the jitter of 0.5 s


def test_waiting_doubles(world: World, publishers: Loopback, asker: Client, clock: FakeClock) -> None:
    publishers.fault("www.csindex", lambda reply, before: Reply(b"", 503))
    with pytest.raises(SourceDownError, match="503"):
        asker.get(_request(world))
    assert clock.slept == [2.0, 4.0, 8.0]


def test_a_host_that_says_how_long_to_wait_is_obeyed(
    world: World, publishers: Loopback, asker: Client, clock: FakeClock
) -> None:
    publishers.fault(
        "www.csindex", lambda reply, before: Reply(b"", 429, {"Retry-After": "7"}) if before == 0 else reply
    )
    asker.get(_request(world))
    assert clock.slept == [7.0]


def test_a_host_that_asks_for_too_much_patience_is_left(
    world: World, publishers: Loopback, asker: Client, clock: FakeClock
) -> None:
    publishers.fault("www.csindex", lambda reply, before: Reply(b"", 429, {"Retry-After": "86400"}))
    with pytest.raises(SourceRefusedError):
        asker.get(_request(world))
    assert clock.slept == []


def test_a_host_that_keeps_failing_is_left_alone_for_half_an_hour(
    world: World, publishers: Loopback, asker: Client, clock: FakeClock
) -> None:
    publishers.fault("www.csindex", lambda reply, before: Reply(b"", 403))
    for _ in range(5):
        with pytest.raises(SourceRefusedError):
            asker.get(_request(world))
    with pytest.raises(SourceDownError, match="left alone until"):
        asker.get(_request(world))
    assert len(publishers.asked) == 5
    asker.get(SSE_TURNOVER.ask(world).request)  # the others are asked as before
    clock.moment += timedelta(minutes=31)
    publishers.faults.clear()
    asker.get(_request(world))
    assert len(publishers.asked) == 7


def test_a_host_that_is_not_there_is_down(world: World, only_loopback: None, clock: FakeClock) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{unused.getsockname()[1]}"
    with (
        client({"www.csindex.com.cn": nobody}, clock) as asker,
        pytest.raises(SourceDownError, match=r"www\.csindex\.com\.cn.*Check the network and the proxy"),
    ):
        asker.get(_request(world))


def test_without_a_network_nobody_waits_for_each_host_in_turn(
    world: World, served: tuple[Loopback, dict[str, str]], clock: FakeClock
) -> None:
    """Three hosts are waited for; then it is the network, until somebody answers."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{unused.getsockname()[1]}"
    urls = {f"{name}.example": nobody for name in "abcde"} | served[1]
    with client(urls, clock) as asker:

        def slept_for(host: str) -> list[float]:
            clock.slept.clear()
            with pytest.raises(SourceDownError):
                asker.get(Request(f"{host}.example", "/"))
            return list(clock.slept)

        assert [slept_for(host) for host in "abc"] == [[2.0, 4.0, 8.0]] * 3
        assert [slept_for(host) for host in "de"] == [[], []]
        asker.get(_request(world))
        clock.moment += timedelta(minutes=1)  # past the pace of any host
        assert slept_for("a") == [2.0, 4.0, 8.0]


def test_a_proxy_is_what_is_connected_to(
    world: World, served: tuple[Loopback, dict[str, str]], clock: FakeClock
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{unused.getsockname()[1]}"
    with client(served[1], clock, proxy=nobody) as asker, pytest.raises(SourceDownError):
        asker.get(_request(world))
    assert served[0].asked == []


@pytest.mark.parametrize("proxy", ["gopher://127.0.0.1", "127.0.0.1:3128", "http://:x"])
def test_a_proxy_that_is_none_is_said_before_anybody_is_asked(proxy: str, clock: FakeClock) -> None:
    with pytest.raises(UsageError, match="--proxy http://HOST:PORT"):
        client({}, clock, proxy=proxy)


@pytest.mark.parametrize("end", ["", "/"])
def test_a_relay_is_asked_for_every_host_under_its_name(
    end: str, world: World, served: tuple[Loopback, dict[str, str]], clock: FakeClock
) -> None:
    publishers, urls = served
    relay = urls["www.csindex.com.cn"].removesuffix("/www.csindex.com.cn") + end
    manners = Manners(user_agent=AGENT, use_system_proxy=False)
    with Client(manners, clock, lambda: 0.5, relay=relay) as asker:
        asker.get(_request(world))
        SSE_MARGIN.source.fetch(SSE_MARGIN.ask(world), asker)
    hosts = [one.address.partition("/")[0] for one in publishers.asked]
    assert hosts == ["www.csindex.com.cn", "query.sse.com.cn"]


@pytest.mark.parametrize("relay", ["relay:8080", "ftp://relay", "http://relay?x=1", ""])
def test_a_relay_that_is_none_is_said_before_anybody_is_asked(relay: str, clock: FakeClock) -> None:
    with pytest.raises(UsageError, match="--relay http://HOST:PORT"):
        Client(Manners(user_agent=AGENT), clock, lambda: 0.5, relay=relay)


def test_a_name_that_cannot_be_sent_is_refused(clock: FakeClock) -> None:
    with pytest.raises(UsageError, match="--contact"):
        Client(Manners(user_agent="rongheng (研究部)"), clock, lambda: 0.5)


def test_an_answer_without_end_is_not_read_to_its_end(
    world: World, served: tuple[Loopback, dict[str, str]], clock: FakeClock
) -> None:
    loopback, urls = served
    loopback.fault("www.csindex", lambda reply, before: Reply(b"x" * 3 * 2**20))
    with client(urls, clock, largest_body=2**20) as asker, pytest.raises(SourceChangedError, match="1 MiB"):
        asker.get(_request(world))


def test_the_clocks_are_compared(world: World, publishers: Loopback, asker: Client, clock: FakeClock) -> None:
    asker.get(_request(world))  # the server's clock is the machine's; ours stands in 2024
    assert asker.skew is not None
    assert asker.skew > timedelta(days=365)


def test_the_guard_against_reaching_out_bites(only_loopback: None) -> None:
    with pytest.raises(AssertionError, match="tried to reach"), socket.socket() as one:
        one.connect(("192.0.2.1", 80))  # an address that is reserved for examples
