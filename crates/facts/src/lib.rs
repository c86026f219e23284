//! What this machine is: typed sections, one collector each per operating system, and redaction.
