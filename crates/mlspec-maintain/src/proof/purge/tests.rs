//! Nothing that is to stay goes.
