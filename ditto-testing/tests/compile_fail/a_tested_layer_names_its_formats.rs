use ditto_testing::layer;

fn main() {
    layer!(|x, cx| x.squared(cx)?.trunc(cx));
}
