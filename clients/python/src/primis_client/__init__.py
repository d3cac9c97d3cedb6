"""The HTTP API of Primis.

``PrimisClient`` has what most callers want. Every operation is a module below
``primis_client.generated.api``; pass it ``client=primis.http``.
"""

from .client import PrimisClient, unwrap
from .error import PrimisError
from .generated.models import (
    Distribution,
    NetworkStats,
    Pool,
    Pools,
    Position,
    WalletPositions,
    YieldStats,
)

__all__ = [
    "Distribution",
    "NetworkStats",
    "Pool",
    "Pools",
    "Position",
    "PrimisClient",
    "PrimisError",
    "WalletPositions",
    "YieldStats",
    "unwrap",
]
