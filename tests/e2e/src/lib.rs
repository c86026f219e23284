//! The real app on a headless desktop, against a real hub.
