//! One interface to every helpdesk; the hub's built-in desk is the first.
