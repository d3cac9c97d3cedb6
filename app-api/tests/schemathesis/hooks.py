"""What a request needs that the OpenAPI document cannot say: keys, a signature, real addresses."""

import hashlib
import hmac
import os

import schemathesis
from hypothesis import strategies
from requests.auth import AuthBase

DIGITS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def base58(data: bytes) -> str:
    number, text = int.from_bytes(data), ""
    while number:
        number, digit = divmod(number, 58)
        text = DIGITS[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


addresses = strategies.binary(min_size=32, max_size=32).map(base58)
known = strategies.just(os.environ["WALLET"])
schemathesis.openapi.format("solana-address", known | addresses)


# An archive goes out as any other file; most are none.
schemathesis.serializer.alias("application/zip", "application/octet-stream")


class Signed(AuthBase):
    """Signs path and query as they are sent."""

    def __call__(self, request):
        time = os.environ["NOW"]
        message = f"{time}.GET.{request.path_url}".encode()
        secret = os.environ["REVENUE_SECRET"].encode()
        signature = hmac.new(secret, message, hashlib.sha256).hexdigest()
        request.headers["x-primis-timestamp"] = time
        request.headers["x-primis-signature"] = f"v1={signature}"
        return request


class Key(AuthBase):
    def __call__(self, request):
        request.headers["authorization"] = f"Bearer {os.environ['USAGE_KEY']}"
        return request


class Customer(AuthBase):
    """A customer's key; another's where it closes the account; an operator's."""

    def __init__(self, name):
        self.name = name

    def __call__(self, request):
        request.headers["authorization"] = f"Bearer {os.environ[self.name]}"
        return request


customers = schemathesis.auth.set_from_requests(Customer("CUSTOMER_KEY"))
customers.apply_to(path_regex="^/api/(account|keys|billing|fmus|simulate)", method=["GET", "POST", "PATCH"])
customers.apply_to(path="/api/keys/{id}")
metered = schemathesis.auth.set_from_requests(Customer("METERED_KEY"))
metered.apply_to(path_regex="^/api/(systems|webhooks)")
schemathesis.auth.set_from_requests(Customer("ADMIN_KEY")).apply_to(path_regex="^/admin/")
customers.apply_to(path_regex="^/(api/usage|v1/(chat|embeddings|models))")
leaving = schemathesis.auth.set_from_requests(Customer("LEAVING_KEY"))
leaving.apply_to(path="/api/account", method="DELETE")
schemathesis.auth.set_from_requests(Signed()).apply_to(path="/internal/revenue")
schemathesis.auth.set_from_requests(Key()).apply_to(path="/v1/usage/events")


# A rule that the other requests need: a replacement of all of them that could be taken has it too.
SOLD = {
    "name": "test/*", "upstream": "first", "prompt_nano_usd": 2_000_000_000, "completion_nano_usd": 8_000_000_000,
    "max_context_tokens": 1_000_000, "max_output_tokens": 1_000,
}

KNOWN = {"/api/systems/": "SYSTEM", "/api/webhooks/": "WEBHOOK"}


@schemathesis.hook
def before_call(context, case, kwargs):
    """Asks for the system and the webhook that there are, where what is asked fits the schemas."""
    fits = case.meta is None or case.meta.generation.mode.is_positive
    for path, name in KNOWN.items():
        if fits and case.operation.path.startswith(path) and case.operation.method.upper() != "DELETE":
            case.path_parameters["id"] = os.environ[name]
    models = case.body.get("models") if isinstance(case.body, dict) else None
    if fits and case.operation.path == "/admin/prices" and isinstance(models, list):
        case.body["models"] = [*models, SOLD]
