//! The texts of locales/ as typed functions, in English and French.
