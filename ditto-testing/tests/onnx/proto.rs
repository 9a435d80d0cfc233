//! The few fields of ONNX's protocol buffers that the operator vectors use.
//!
//! A message is a list of (field number, value), a value a varint, four bytes, or a slice, which
//! may be a message again (<https://protobuf.dev/programming-guides/encoding>). Field numbers are
//! those of `onnx.proto`.

use ndarray::ArrayD;

/// A value of a field.
enum Value<'a> {
    Varint(u64),
    Fixed32([u8; 4]),
    Bytes(&'a [u8]),
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first().expect("a varint is not cut short");
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return value;
        }
    }
    panic!("a varint is longer than 64 bits");
}

/// The fields of a message in their order.
fn fields(mut bytes: &[u8]) -> Vec<(u64, Value<'_>)> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes);
        let value = match tag & 7 {
            0 => Value::Varint(varint(&mut bytes)),
            2 => {
                let length = varint(&mut bytes) as usize;
                let (value, rest) = bytes.split_at(length);
                bytes = rest;
                Value::Bytes(value)
            }
            5 => {
                let (value, rest) = bytes.split_first_chunk().expect("four bytes are there");
                bytes = rest;
                Value::Fixed32(*value)
            }
            kind => panic!("no field of these vectors has the wire type {kind}"),
        };
        fields.push((tag >> 3, value));
    }
    fields
}

/// The slices of the field `number`.
fn slices<'a>(message: &'a [u8], number: u64) -> Vec<&'a [u8]> {
    let slice = |(n, value): (u64, Value<'a>)| match value {
        Value::Bytes(bytes) if n == number => Some(bytes),
        _ => None,
    };
    fields(message).into_iter().filter_map(slice).collect()
}

/// A `TensorProto` of floats.
pub(crate) fn tensor(bytes: &[u8]) -> ArrayD<f64> {
    const FLOAT: u64 = 1;
    let (mut shape, mut kind, mut values) = (Vec::new(), 0, Vec::new());
    let float = |bytes: [u8; 4]| f64::from(f32::from_le_bytes(bytes));
    for field in fields(bytes) {
        match field {
            (1, Value::Varint(length)) => shape.push(length as usize),
            (1, Value::Bytes(mut packed)) => {
                while !packed.is_empty() {
                    shape.push(varint(&mut packed) as usize);
                }
            }
            (2, Value::Varint(data_type)) => kind = data_type,
            (4, Value::Fixed32(value)) => values.push(float(value)),
            // `float_data` packed and `raw_data` are the same bytes.
            (4 | 9, Value::Bytes(raw)) => {
                let (words, rest) = raw.as_chunks();
                assert!(rest.is_empty(), "floats have four bytes");
                values.extend(words.iter().copied().map(float));
            }
            _ => {}
        }
    }
    assert_eq!(kind, FLOAT, "the vectors are in f32");
    ArrayD::from_shape_vec(shape, values).expect("as many values as the shape has elements")
}

/// An attribute of an operator.
pub(crate) enum Attribute {
    Float(f64),
    Integer(i64),
    Text(String),
    Other,
}

/// The operator and the attributes of a `ModelProto` with one node.
pub(crate) fn node(model: &[u8]) -> (String, Vec<(String, Attribute)>) {
    let graph = slices(model, 7)[0];
    let nodes = slices(graph, 1);
    assert_eq!(nodes.len(), 1, "a model of the vectors has one node");
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("names are UTF-8");
    let attribute = |bytes: &[u8]| {
        let value = fields(bytes).into_iter().find_map(|field| match field {
            (2, Value::Fixed32(value)) => {
                Some(Attribute::Float(f64::from(f32::from_le_bytes(value))))
            }
            (3, Value::Varint(value)) => Some(Attribute::Integer(value as i64)),
            (4, Value::Bytes(value)) => Some(Attribute::Text(text(value))),
            _ => None,
        });
        (text(slices(bytes, 1)[0]), value.unwrap_or(Attribute::Other))
    };
    let attributes = slices(nodes[0], 5).into_iter().map(attribute).collect();
    (text(slices(nodes[0], 4)[0]), attributes)
}
