"""Why a request was not answered."""

from __future__ import annotations


class PrimisError(Exception):
    """Why a request was not answered."""

    def __init__(self, message: str, code: str, status: int | None = None) -> None:
        super().__init__(f"{message} ({code})")
        #: For people; it says what to do.
        self.message = message
        #: For programs: the API's, or ``unreachable`` or ``invalid_answer``.
        self.code = code
        #: Of the HTTP answer, where there was one.
        self.status = status
