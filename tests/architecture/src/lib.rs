//! The rules of the house that a program can hold: see `tests/rules`. There is nothing else here.
