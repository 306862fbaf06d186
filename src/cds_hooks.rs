//! The CDS Hooks specification as types; not one clinical word.
