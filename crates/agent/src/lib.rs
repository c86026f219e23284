//! The app: tray, durable store and outbox, facts, notifications, command line.
