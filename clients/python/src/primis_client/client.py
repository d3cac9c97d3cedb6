"""What most callers want of the API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Callable, TypeVar, Union

import httpx

from .error import PrimisError
from .generated import Client
from .generated.api.statistics import distributions, pools, stats, yield_stats
from .generated.api.wallets import positions
from .generated.models import (
    Distribution,
    ErrorBody,
    NetworkStats,
    Pools,
    WalletPositions,
    YieldStats,
)
from .generated.types import UNSET, Response, Unset

T = TypeVar("T")

#: Seconds an answer may take.
TIMEOUT = 15.0


def unwrap(ask: Callable[[], Response[Union[T, ErrorBody]]]) -> T:
    """What the API answers: ``unwrap(lambda: stats.sync_detailed(client=primis.http))``.

    Raises ``PrimisError`` where it refuses, cannot be reached, or answers something else.
    """
    try:
        answer = ask()
    except httpx.HTTPError as error:
        raise PrimisError(f"the API cannot be reached: {error}", "unreachable") from error
    except (KeyError, TypeError, ValueError) as error:
        raise PrimisError(
            f"the API answered something else: {error!r}", "invalid_answer"
        ) from error
    status = int(answer.status_code)
    if isinstance(answer.parsed, ErrorBody):
        raise PrimisError(answer.parsed.message, answer.parsed.code, status)
    if answer.parsed is None:
        raise PrimisError(f"the API answered {status}", "invalid_answer", status)
    return answer.parsed


class PrimisClient:
    """The API at an address, for example ``http://127.0.0.1:8080``.

    ``httpx_args`` go to ``httpx.Client``: a proxy, certificates, a transport with retries.
    """

    def __init__(
        self, url: str, timeout: float = TIMEOUT, httpx_args: dict[str, object] | None = None
    ) -> None:
        #: For the operations below ``primis_client.generated.api``.
        self.http = Client(
            base_url=url.rstrip("/"),
            timeout=httpx.Timeout(timeout),
            httpx_args=dict(httpx_args or {}),
        )

    def __enter__(self) -> PrimisClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes its connections."""
        self.http.get_httpx_client().close()

    def stats(self) -> NetworkStats:
        """Stake, stakers, jobs and revenue."""
        return unwrap(lambda: stats.sync_detailed(client=self.http))

    def yield_stats(self) -> YieldStats:
        """Realised and projected yield, and where every lamport of it is."""
        return unwrap(lambda: yield_stats.sync_detailed(client=self.http))

    def pools(self) -> Pools:
        """Each asset with its price, stake and stream."""
        return unwrap(lambda: pools.sync_detailed(client=self.http))

    def positions(self, wallet: str) -> WalletPositions:
        """A wallet's stake, and what it is owed."""
        return unwrap(lambda: positions.sync_detailed(wallet, client=self.http))

    def distributions(self, limit: int = 50) -> Iterator[Distribution]:
        """Every distribution, newest first, in pages of ``limit`` as they are asked for."""
        cursor: str | Unset = UNSET
        while True:
            after = cursor
            page = unwrap(
                lambda: distributions.sync_detailed(client=self.http, limit=limit, cursor=after)
            )
            yield from page.distributions
            if page.next_cursor is None:
                return
            cursor = page.next_cursor
