//! The rules of the house that cargo metadata can show.
