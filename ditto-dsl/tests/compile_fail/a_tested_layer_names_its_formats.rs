use ditto_dsl::testing::layer;

fn main() {
    layer!(|x, cx| x.squared(cx)?.trunc(cx));
}
