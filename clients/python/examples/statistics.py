"""Prints what is staked and earned, and every distribution so far.

PRIMIS_API_URL=http://127.0.0.1:8080 python examples/statistics.py
"""

import os
import sys

from primis_client import PrimisClient, PrimisError

LAMPORTS_PER_SOL = 1_000_000_000
#: Small, to show that pages follow one another.
PAGE = 2


def main() -> int:
    """Prints them."""
    with PrimisClient(os.environ.get("PRIMIS_API_URL", "http://127.0.0.1:8080")) as primis:
        try:
            stats = primis.stats()
            print(f"{stats.total_stakers} stakers, {stats.total_staked_lamports} lamports staked")
            count = 0
            to_stakers = 0
            for row in primis.distributions(limit=PAGE):
                count += 1
                to_stakers += int(row.stakers_lamports)
                print(f"{row.interval_to_unix} {row.source.value}: {row.amount_lamports} lamports")
            sol = to_stakers / LAMPORTS_PER_SOL
            print(f"{count} distributions, {to_stakers} lamports ({sol:.9f} SOL) to stakers")
        except PrimisError as error:
            print(error, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
