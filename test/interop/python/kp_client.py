"""Drives an example device with katcp-python: kp_client.py HOST PORT [--protocol 5|4].

Every kind of client that the library has takes its turn. Prints one JSON object for each check.
"""
import logging

import kp_blocking
import kp_loop

if __name__ == "__main__":
    logging.getLogger("katcp").setLevel(logging.CRITICAL)
    logging.getLogger("tornado").setLevel(logging.CRITICAL)
    kp_blocking.before()
    kp_loop.run()
    kp_blocking.after()
