//! The constants of a machine as a file.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Machine;

/// A file that holds no machine.
#[derive(Debug, thiserror::Error)]
#[error(
    "cannot use {path:?} as a machine: {cause}; make one with `ditto plan bert-base --calibrate \
     --json > FILE`"
)]
pub struct MachineError {
    path: PathBuf,
    cause: String,
}

impl Machine {
    /// Reads what `ditto plan --json` or `ditto bench --json` printed, of which only the field
    /// `machine` counts; or an object that has the constants themselves.
    ///
    /// # Errors
    /// If the file cannot be read, is neither of the two, or has a constant that is none.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, MachineError> {
        let path = path.as_ref();
        let error = |cause: String| MachineError { path: path.to_owned(), cause };
        let text = fs::read_to_string(path).map_err(|e| error(e.to_string()))?;
        Self::parse(&text).map_err(error)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let mut value: Value = serde_json::from_str(text).map_err(|e| e.to_string())?;
        if let Some(machine) = value.get_mut("machine") {
            value = machine.take();
        }
        // As a list of constants it could be read too, but nobody could check that.
        if !value.is_object() {
            return Err("it holds no object of constants".to_owned());
        }
        let machine: Self = serde_json::from_value(value).map_err(|e| e.to_string())?;
        machine.check()?;
        Ok(machine)
    }

    /// Whether all constants are ones: positive and finite, and no part greater than the whole.
    pub(super) fn check(&self) -> Result<(), String> {
        let Self { multiplication, byte, cache, far_byte, round, transfer, overlap } = *self;
        let [in_z32, in_z64] = multiplication;
        let all = [
            ("multiplication", in_z32, f64::MAX),
            ("multiplication", in_z64, f64::MAX),
            ("byte", byte, f64::MAX),
            ("cache", cache, f64::MAX),
            ("far_byte", far_byte, f64::MAX),
            ("round", round, f64::MAX),
            ("transfer", transfer, 1.0),
            ("overlap", overlap, 1.0),
        ];
        match all.into_iter().find(|&(_, value, most)| !(value > 0.0 && value <= most)) {
            Some((name, value, 1.0)) => Err(format!("{name} is {value}, and not in (0, 1]")),
            Some((name, value, _)) => Err(format!("{name} is {value}, and not above 0")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let machine = Machine { byte: 1.0 / 3.0, round: 1e-300, ..Machine::REFERENCE };
        let text = serde_json::to_string(&machine).expect("JSON");
        let parsed = Machine::parse(&text).expect("a machine");
        // A decimal number may be read as a neighbour.
        for (read, written) in [
            (parsed.multiplication[0], machine.multiplication[0]),
            (parsed.multiplication[1], machine.multiplication[1]),
            (parsed.byte, machine.byte),
            (parsed.cache, machine.cache),
            (parsed.far_byte, machine.far_byte),
            (parsed.round, machine.round),
            (parsed.transfer, machine.transfer),
            (parsed.overlap, machine.overlap),
        ] {
            assert!((read / written - 1.0).abs() < 1e-15, "{read:e} of {written:e}");
        }
        let inside = format!("{{\"model\": \"any\", \"machine\": {text}, \"net\": null}}");
        assert_eq!(Machine::parse(&inside), Ok(parsed));
    }

    #[test]
    fn what_is_no_machine_is_refused_with_the_cause() {
        let good = serde_json::to_value(Machine::REFERENCE).expect("JSON");
        let with = |name: &str, value: Value| {
            let mut object = good.clone();
            object[name] = value;
            object.to_string()
        };
        let mut lacking = good.clone();
        lacking.as_object_mut().expect("an object").remove("round");
        for (text, word) in [
            (String::new(), "EOF"),
            ("[]".to_owned(), "no object"),
            ("{\"machine\": 3}".to_owned(), "no object"),
            (lacking.to_string(), "round"),
            (with("speed", 1.into()), "speed"),
            (with("byte", "fast".into()), "fast"),
            (with("byte", 0.0.into()), "byte is 0"),
            (with("far_byte", (-1.0).into()), "far_byte is -1"),
            (with("byte", Value::Null), "null"),
            (with("overlap", 1.5.into()), "overlap is 1.5"),
            (with("multiplication", vec![1e-12].into()), "length"),
        ] {
            let cause = Machine::parse(&text).expect_err(&text);
            assert!(cause.contains(word), "{text}: {cause}");
        }
    }
}
