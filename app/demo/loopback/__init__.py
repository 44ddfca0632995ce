"""What stand-ins share: a server on loopback, connections that break, rate limits, trouble on purpose."""
