"""Values that the document's schemas cannot describe in full."""

import re
import uuid

import schemathesis
from hypothesis import strategies as st

letters = st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789", min_size=3, max_size=20)

# Nobody has such an address.
schemathesis.openapi.format("idn-email", st.builds("a{}@{}.example".format, letters, letters))
schemathesis.openapi.format("language", st.sampled_from(["en", "de", "DE_at", "zh-CN", "pt-BR", "es-419"]))
schemathesis.openapi.format("birth-month", st.builds("{:04}-{:02}".format, st.integers(1940, 2005), st.integers(1, 12)))
schemathesis.openapi.format("label", st.text(alphabet="abcXYZ019 äöß漢字", max_size=99).map("x{}".format))
schemathesis.openapi.format("password", st.builds("{}-Walrus-{}-battery".format, letters, st.integers(10, 99)))

ANY_KEY = re.compile(r"[!-~]{1,255}")
GUEST_KEY = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@schemathesis.hook
def map_headers(ctx, headers):
    """Another request needs another key, and a position or tag has to be one that the ledger gave."""
    if not headers:
        return headers
    for_guests = len(ctx.operation.definition.raw.get("security", [])) > 1
    for name in list(headers):
        value = headers[name]
        if not isinstance(value, str):
            continue
        if name == "Idempotency-Key" and (GUEST_KEY if for_guests else ANY_KEY).fullmatch(value):
            headers[name] = str(uuid.uuid4())
        if name == "Ledger-Min-Position" and re.fullmatch(r"[A-Za-z0-9_-]+", value):
            del headers[name]
        if name == "If-Match" and value.strip().endswith('"'):
            headers[name] = "*"
    return headers


@schemathesis.hook
def map_query(ctx, query):
    """A cursor has to be one that the ledger gave."""
    if query and re.fullmatch(r"[A-Za-z0-9_-]+", str(query.get("cursor", ""))):
        del query["cursor"]
    return query
