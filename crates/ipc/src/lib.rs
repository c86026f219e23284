//! The socket between window and agent: framing, versions, proof of the other end.
