//! Written by the desktop part.
