//! The values at which something is unusual, each with its reason.
