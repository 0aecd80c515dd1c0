"""Asks a server whether it works: `python3 server/deploy/health.py 127.0.0.1:8765`; status 1 says no.

Whether it speaks TLS is found out by trying; whose its certificate is does not matter on the same machine.
"""

import ssl
import sys
import urllib.error
import urllib.request

SECONDS = 4.0


def works(address: str) -> bool:
    """Whether `/healthz` answers 200, over http or https."""
    unverified = ssl.create_default_context()
    unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE
    # No proxy of the environment: it would be asked for its own 127.0.0.1.
    straight, tls = urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=unverified)
    opener = urllib.request.build_opener(straight, tls)
    for scheme in ("http", "https"):
        try:
            with opener.open(f"{scheme}://{address}/healthz", timeout=SECONDS) as answer:
                return bool(answer.status == 200)
        except urllib.error.HTTPError:
            return False
        except OSError:
            continue
    return False


if __name__ == "__main__":
    sys.exit(not works(sys.argv[1]))
