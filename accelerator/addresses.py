"""Where somebody comes from, as limits count it."""

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def parse_address(text: str) -> Address:
    """An address without its zone; IPv4 also where it is written as IPv6. Raises ``ValueError``."""
    address = ipaddress.ip_address(text.strip(" \t").partition("%")[0])
    return getattr(address, "ipv4_mapped", None) or address


def with_neighbours(address: Address) -> str:
    """The address, or its /64 for IPv6: a household has that many."""
    return str(address if address.version == 4 else ipaddress.ip_network((address, 64), strict=False))
