//! Building blocks that schemes share and that send nothing by themselves.

pub(crate) mod bit_strings;
pub(crate) mod comparison_function;
pub(crate) mod constants;
pub(crate) mod history;
pub(crate) mod levels;
pub(crate) mod powers_of_two;
pub(crate) mod random_sums;
pub(crate) mod rows;
