"""Tests of the live hub, over real sockets on 127.0.0.1."""
