//! The published ONNX operator vectors: cases that nobody here wrote, on every backend.
//!
//! The vectors are node tests of the ONNX project, in f32, under `vectors/onnx_node` of the shared
//! data: the folder that the environment variable `DITTO_SHARED` names, else `../shared/data`
//! beside the workspace. Where it is not there the tests say so and pass.
//!
//! | operator | layer | what the test does about axes, signs and ranges |
//! |---|---|---|
//! | Gelu | `Gelu::Poly`, `PolyTanh` | bound 8 |
//! | Softmax | `softmax` | another axis than the last is permuted to the end and back; of `large_number` only differences matter, and those are at most 3 |
//! | LayerNormalization | `LayerNorm` | several normalised axes are flattened to one |
//! | Reciprocal | `reciprocal` | 1/x = sign(x)/abs(x), the sign being public here: the layer is for positive values, and `Sim` reports others |

mod proto;

use std::path::{Path, PathBuf};

use ditto_core::{Backend, Source};
use ditto_dsl::layers::reciprocal::reciprocal;
use ditto_dsl::layers::softmax::softmax;
use ditto_dsl::layers::{Gelu, LayerNorm};
use ditto_dsl::{Precision, Tensor};
use ditto_testing::{
    Layer, Within, array, as_written, compare, every_policy, on_additive, on_plain, on_rep3, on_sim,
};
use ndarray::ArrayD;
use proto::Attribute;

/// A published case: an operator with its attributes, inputs and output.
struct Case {
    name: String,
    operator: String,
    attributes: Vec<(String, Attribute)>,
    inputs: Vec<ArrayD<f64>>,
    output: ArrayD<f64>,
    /// Only for `Reciprocal`: gives the layer the values as they are, whatever their sign.
    with_signs: bool,
}

/// Where the vectors are, or a line that says that they are not.
fn folder() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let data = std::env::var_os("DITTO_SHARED").map_or_else(beside, PathBuf::from);
    let folder = data.join("vectors/onnx_node");
    if !folder.is_dir() {
        eprintln!("skipped: no shared data at vectors/onnx_node (set DITTO_SHARED to its folder)");
        return None;
    }
    Some(folder)
}

impl Case {
    fn read(folder: &Path, name: &str) -> Self {
        let read = |file: &str| {
            let path = folder.join(name).join(file);
            std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
        };
        let (operator, attributes) = proto::node(&read("model.onnx"));
        let inputs = (0..).map(|i| format!("test_data_set_0/input_{i}.pb"));
        let inputs = inputs.take_while(|file| folder.join(name).join(file).exists());
        let inputs = inputs.map(|file| proto::tensor(&read(&file))).collect();
        let output = proto::tensor(&read("test_data_set_0/output_0.pb"));
        let name = name.to_owned();
        Self { name, operator, attributes, inputs, output, with_signs: false }
    }

    fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The axis that the operator starts from, counted from the front.
    fn axis(&self) -> usize {
        let axis = match self.attribute("axis") {
            Some(&Attribute::Integer(axis)) => axis,
            _ => -1,
        };
        let rank = self.inputs[0].ndim() as i64;
        (if axis < 0 { axis + rank } else { axis }) as usize
    }

    /// The axes with the operator's moved to the end; it is its own inverse.
    fn axis_last(&self) -> Vec<usize> {
        let mut axes: Vec<usize> = (0..self.inputs[0].ndim()).collect();
        let last = axes.len() - 1;
        axes.swap(self.axis(), last);
        axes
    }

    fn form(&self) -> Gelu {
        match self.attribute("approximate") {
            Some(Attribute::Text(text)) if text == "tanh" => Gelu::PolyTanh,
            _ => Gelu::Poly,
        }
    }

    fn gelu<B: Backend, P: Precision>(
        &self,
        source: &mut impl Source<B>,
        cx: &mut B,
    ) -> Result<ArrayD<f64>, B::Error> {
        let x = Tensor::<B, P::Act>::share(source, "x", &self.inputs[0]).unwrap();
        self.form().forward::<P, B>(&x, 8.0, cx)?.open(cx)
    }

    fn softmax<B: Backend, P: Precision>(
        &self,
        source: &mut impl Source<B>,
        cx: &mut B,
    ) -> Result<ArrayD<f64>, B::Error> {
        let x = Tensor::<B, P::Act>::share(source, "x", &self.inputs[0]).unwrap();
        let axes = self.axis_last();
        // Rows may lie anywhere; what counts is the distance from, say, their first element.
        let rows = x.permute(&axes);
        let rows = rows.minus(&rows.slice_last(0..1));
        softmax::<B, P>(&rows, -16.0..16.0, cx)?.permute(&axes).open(cx)
    }

    fn layer_norm<B: Backend, P: Precision>(
        &self,
        source: &mut impl Source<B>,
        cx: &mut B,
    ) -> Result<ArrayD<f64>, B::Error> {
        let epsilon = match self.attribute("epsilon") {
            Some(&Attribute::Float(epsilon)) => epsilon,
            _ => 1e-5,
        };
        let [x, gamma, beta] = &self.inputs[..] else { panic!("{}: x, scale and bias", self.name) };
        let h = gamma.len();
        let flat = |x: &ArrayD<f64>| array(&[h], x.iter().copied().collect());
        let norm =
            LayerNorm::<B, P::High>::share(source, "norm", &flat(gamma), &flat(beta), epsilon);
        let x = Tensor::<B, P::High>::share(source, "x", x).unwrap();
        let rows = x.reshape(&[self.inputs[0].len() / h, h]);
        norm.unwrap().forward(&rows, cx)?.reshape(self.output.shape()).open(cx)
    }

    fn reciprocal<B: Backend, P: Precision>(
        &self,
        source: &mut impl Source<B>,
        cx: &mut B,
    ) -> Result<ArrayD<f64>, B::Error> {
        let sign = self.inputs[0].mapv(|x| if self.with_signs { 1.0 } else { x.signum() });
        let x = &self.inputs[0] * &sign;
        let x = Tensor::<B, P::High>::share(source, "x", &x).unwrap();
        Ok(reciprocal(&x, -8..8, cx)?.open(cx)? * sign)
    }
}

impl Layer for Case {
    fn run<B: Backend, P: Precision>(
        &self,
        source: &mut impl Source<B>,
        cx: &mut B,
    ) -> Result<ArrayD<f64>, B::Error> {
        match self.operator.as_str() {
            "Gelu" => self.gelu::<B, P>(source, cx),
            "Softmax" => self.softmax::<B, P>(source, cx),
            "LayerNormalization" => self.layer_norm::<B, P>(source, cx),
            "Reciprocal" => self.reciprocal::<B, P>(source, cx),
            other => panic!("no layer for the operator {other}"),
        }
    }

    fn reference(&self) -> ArrayD<f64> {
        self.output.clone()
    }
}

/// The tolerance on each way to run a case, against the published f32 values.
struct Tolerances {
    plain: Within,
    as_written: Within,
    secure: Within,
}

/// The true functions agree to the vectors' own f32. As written there is the approximation's
/// error; on `Sim`, `Rep3` and `Additive` that of rounding the inputs comes on top, 2^-9 in `Low`.
fn tolerances<P: Precision>(case: &Case) -> Tolerances {
    let low = P::NAME != "puma";
    let (as_written, secure) = match case.operator.as_str() {
        "Gelu" => (Within::absolute(4e-3), Within::absolute(if low { 1.2e-2 } else { 4e-3 })),
        "Softmax" => (Within::absolute(2e-3), Within::absolute(if low { 8e-3 } else { 2e-3 })),
        "LayerNormalization" => (Within::absolute(2e-5), Within::absolute(3e-4)),
        // An input is rounded to 2^-19, which moves 1/x by 2^-19/x².
        "Reciprocal" => (Within::relative(5e-5), Within { absolute: 1e-5, relative: 1e-3 }),
        other => panic!("no tolerance for the operator {other}"),
    };
    Tolerances { plain: Within { absolute: 1e-6, relative: 1e-6 }, as_written, secure }
}

fn agrees<P: Precision>(case: &Case) {
    let Tolerances { plain, as_written: written, secure } = tolerances::<P>(case);
    let at = |backend| format!("{} on {backend}, policy {}", case.name, P::NAME);
    compare(at("plain"), &on_plain::<P>(case), &case.output, plain);
    compare(at("plain, as written"), &as_written::<P>(case), &case.output, written);
    let (sim, _) = on_sim::<P>(case, 1).unwrap_or_else(|e| panic!("{}: {e}", at("sim")));
    compare(at("sim"), &sim, &case.output, secure);
    let (rep3, _) = on_rep3::<P>(case, 1).unwrap_or_else(|e| panic!("{}: {e}", at("rep3")));
    compare(at("rep3"), &rep3, &case.output, secure);
    let (additive, _) =
        on_additive::<P>(case, 1).unwrap_or_else(|e| panic!("{}: {e}", at("additive")));
    compare(at("additive"), &additive, &case.output, secure);
}

fn run(names: &[&str]) {
    let Some(folder) = folder() else { return };
    for name in names {
        every_policy!(agrees(&Case::read(&folder, name)));
    }
}

#[test]
fn gelu() {
    run(&["test_gelu_default_1", "test_gelu_default_2", "test_gelu_tanh_1", "test_gelu_tanh_2"]);
}

#[test]
fn softmax_over_every_axis() {
    run(&[
        "test_softmax_axis_0",
        "test_softmax_axis_1",
        "test_softmax_axis_2",
        "test_softmax_default_axis",
        "test_softmax_example",
        "test_softmax_large_number",
        "test_softmax_negative_axis",
    ]);
}

#[test]
fn layer_normalization() {
    run(&[
        "test_layer_normalization_2d_axis1",
        "test_layer_normalization_3d_axis2_epsilon",
        "test_layer_normalization_default_axis",
    ]);
}

#[test]
fn reciprocal_of_absolute_values() {
    run(&["test_reciprocal", "test_reciprocal_example"]);
}

#[test]
fn sim_reports_the_reciprocal_of_negative_values() {
    fn reports<P: Precision>(case: &Case) {
        let fault = on_sim::<P>(case, 1).unwrap_err().fault;
        assert_eq!(fault.operation, "declared range");
        assert!(fault.value < 0.0);
    }
    let Some(folder) = folder() else { return };
    let case = Case { with_signs: true, ..Case::read(&folder, "test_reciprocal_example") };
    every_policy!(reports(&case));
}
