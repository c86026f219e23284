//! A throw-away headless desktop for tests and the demo: display, session bus, tray host, notifications, keyring.
