"""What the programs of katcp-python's clients share: what is driven, and its times."""
import checks

GIVEN = checks.arguments()
V5 = GIVEN.protocol == 5
# Times of the protocol in one second.
UNIT = 1 if V5 else 1000
REQUESTS = (checks.STANDARD_V5 if V5 else checks.STANDARD) | checks.OWN


def when(seconds):
    """A time in the protocol's unit."""
    return b"%r" % seconds if V5 else b"%d" % round(seconds * 1000)


def described(name):
    """What ?sensor-list says of a sensor; KATCP 4 has no addresses."""
    words = list(checks.SENSORS[name][0])
    if not V5 and words[2] == "address":
        words[2] = "string"
    return [name] + words
