"""Values that the document's schemas cannot describe in full."""

import schemathesis
from hypothesis import strategies as st

letters = st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789", min_size=3, max_size=20)

# Nobody is there with such an address.
schemathesis.openapi.format("idn-email", st.builds("a{}@{}.example".format, letters, letters))
schemathesis.openapi.format("language", st.sampled_from(["en", "de", "DE_at", "zh-CN", "pt-BR", "es-419"]))
schemathesis.openapi.format("birth-month", st.builds("{:04}-{:02}".format, st.integers(1940, 2005), st.integers(1, 12)))
schemathesis.openapi.format("label", st.text(alphabet="abcXYZ019 äöß漢字", min_size=1, max_size=100).map(lambda s: "x" + s[1:]))
schemathesis.openapi.format("password", st.builds("{}-Walrus-{}-battery".format, letters, st.integers(10, 99)))
