//! The guide's code, as doctests: the chapters of `docs/book`.

macro_rules! chapters {
    ($($name:ident $file:literal)*) => {
        $(
            #[doc = include_str!(concat!("../../docs/book/src/", $file, ".md"))]
            mod $name {}
        )*
    };
}

chapters! {
    introduction "introduction"
    first_tensor "first-tensor"
    formats "formats"
    talking "talking"
    products "products"
    conversions "conversions"
    comparisons "comparisons"
    layer "layer"
    sim "sim"
    parties "parties"
    overflow "overflow"
    errors "errors"
}
