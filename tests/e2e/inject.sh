#!/bin/sh
# System calls and memory that fail, one after the other, in the plain programs:
# tests/fault/inject.py says what is held against them. FAULT_SECONDS=600 for
# a closer look.
exec python3 tests/fault/inject.py build build/tests/fault/inject.so
