"""The TLS that STARTTLS switches to (RFC 3207): version 1.2 or newer (RFC 8996), client certificates not asked for."""

import ssl

from bounced.errors import ListenFailed


def make_context(certificate: str, key: str) -> ssl.SSLContext:
    """Read the PEM files *certificate* (the chain, ours first) and *key*.

    Raises:
        ListenFailed: one of them can't be read, or they don't belong together.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise ListenFailed(f"smtp.tls_certificate {certificate}, smtp.tls_key {key}: {error}") from error
    return context
