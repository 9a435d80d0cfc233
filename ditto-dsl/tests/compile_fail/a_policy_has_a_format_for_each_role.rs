use ditto_core::{F, Fixed, High, Low, Z32};
use ditto_dsl::policy;

policy! {
    struct Unfinished = "unfinished";
    type Act = Low;
    type Weight = Fixed<Z32, F<10>>;
    type Table = Fixed<Z32, F<18>>;
    type Inner = Fixed<Z32, F<14>>;
    type Exp = Fixed<Z32, F<18>>;
    type High = High;
}

fn main() {}
