//! Spearman's correlation of a model's cosines with people's scores, on a file of sentence pairs:
//!
//! ```text
//! cargo run --release --example stsb -- --precision fine --pairs 200 stsb-en-dev.csv
//! ```
//!
//! The file has a line `sentence,sentence,score` for each pair, quoted as CSV has it. Printed is the
//! correlation on the chosen backend and on the reference in f64, and their difference.

use std::collections::HashMap;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Parser;
use ditto_models::bert::{BertFolder, BertOptions};
use ditto_models::checkpoint::default_folder;
use ditto_models::tokenizer::padded_len;
use ditto_net::NetworkProfile;
use ditto_runtime::{BackendChoice, Embed, PaddedText, PrecisionChoice, Run, Transport, cosine};

/// Compares a backend with the reference on scored sentence pairs.
#[derive(Parser)]
struct Args {
    /// Folder of the model [default: models/all-MiniLM-L6-v2]
    #[arg(long)]
    model: Option<PathBuf>,
    /// rep3, sim, or plain (the approximations in f64)
    #[arg(long, default_value = "rep3")]
    backend: String,
    /// ditto, fine or puma
    #[arg(long, default_value = "fine")]
    precision: String,
    /// How many pairs to use, from the first on [default: all]
    #[arg(long)]
    pairs: Option<usize>,
    /// The file of pairs
    file: PathBuf,
}

/// Two sentences and how alike people found them.
struct Pair {
    sentences: [String; 2],
    score: f64,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let backend = match args.backend.as_str() {
        "rep3" => BackendChoice::Rep3(Transport::Memory),
        "sim" => BackendChoice::Sim,
        "plain" => BackendChoice::Plain { as_written: true },
        other => bail!("no backend `{other}`; there are: rep3, sim, plain"),
    };
    let precision: PrecisionChoice = args.precision.parse().map_err(anyhow::Error::msg)?;
    let text = std::fs::read_to_string(&args.file)
        .with_context(|| format!("cannot read {}", args.file.display()))?;
    let mut pairs = pairs(&text)?;
    pairs.truncate(args.pairs.unwrap_or(usize::MAX));
    if pairs.len() < 2 {
        bail!("a correlation needs at least two pairs");
    }
    let folder = BertFolder::open(args.model.unwrap_or_else(default_folder))?;
    let plain = BackendChoice::Plain { as_written: false };
    let expected = correlation(&folder, plain, precision, &pairs)?;
    let found = correlation(&folder, backend, precision, &pairs)?;
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "Spearman's correlation with the scores of {} pairs", pairs.len())?;
    writeln!(stdout, "  plain: {expected:.6}")?;
    writeln!(stdout, "  {} {}: {found:.6}", args.backend, args.precision)?;
    writeln!(stdout, "  difference: {:+.6}", found - expected)?;
    Ok(())
}

/// Spearman's correlation of cosines and scores.
fn correlation(
    folder: &BertFolder,
    backend: BackendChoice,
    precision: PrecisionChoice,
    pairs: &[Pair],
) -> Result<f64> {
    let mut place = HashMap::new();
    let mut padded = Vec::new();
    for sentence in pairs.iter().flat_map(|pair| &pair.sentences) {
        if !place.contains_key(sentence) {
            let ids = folder.tokenizer.encode(sentence)?;
            let length = padded_len(ids.len(), None, folder.config.max_position_embeddings)?;
            place.insert(sentence, padded.len());
            padded.push(PaddedText { ids, length });
        }
    }
    let run = Run {
        task: Embed {
            config: &folder.config,
            weights: &folder.weights,
            options: BertOptions::default(),
        },
        backend,
        precision,
        net: NetworkProfile::LOCAL,
        seed: None,
        batch: 1,
    };
    let mut embeddings = Vec::with_capacity(padded.len());
    run.embed(&padded, None, |embedding| embeddings.push(embedding.values))?;
    let of_pair = |pair: &Pair| {
        let [x, y] = pair.sentences.each_ref().map(|sentence| &embeddings[place[sentence]]);
        cosine(x, y)
    };
    let cosines: Vec<f64> = pairs.iter().map(of_pair).collect();
    let scores: Vec<f64> = pairs.iter().map(|pair| pair.score).collect();
    Ok(pearson(&ranks(&cosines), &ranks(&scores)))
}

/// The pairs of a CSV file.
fn pairs(text: &str) -> Result<Vec<Pair>> {
    let records = records(text);
    let pair = |(line, record): (usize, Vec<String>)| {
        let Ok([first, second, score]) = <[String; 3]>::try_from(record) else {
            bail!("record {} does not have the three fields sentence,sentence,score", line + 1);
        };
        let score = score
            .parse()
            .with_context(|| format!("record {}: {score:?} is not a score", line + 1))?;
        Ok(Pair { sentences: [first, second], score })
    };
    records.into_iter().enumerate().map(pair).collect()
}

/// The records of a CSV file: fields separated by commas; inside double quotes a comma or a line's
/// end is a character like any other, and two quotes are one.
fn records(text: &str) -> Vec<Vec<String>> {
    let mut records = Vec::new();
    let (mut record, mut field, mut quoted) = (Vec::new(), String::new(), false);
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '"' if quoted && characters.next_if_eq(&'"').is_some() => field.push('"'),
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(std::mem::take(&mut field)),
            '\r' if !quoted && characters.peek() == Some(&'\n') => {}
            '\n' if !quoted => {
                record.push(std::mem::take(&mut field));
                records.push(std::mem::take(&mut record));
            }
            _ => field.push(c),
        }
    }
    if !record.is_empty() || !field.is_empty() {
        record.push(field);
        records.push(record);
    }
    records
}

/// The rank of every value; equal values share the mean of their ranks.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&i, &j| values[i].total_cmp(&values[j]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    for equal in order.chunk_by(|&i, &j| values[i] == values[j]) {
        let mean = start as f64 + (equal.len() - 1) as f64 / 2.0;
        for &i in equal {
            ranks[i] = mean;
        }
        start += equal.len();
    }
    ranks
}

/// Pearson's correlation.
fn pearson(x: &[f64], y: &[f64]) -> f64 {
    let centred = |v: &[f64]| -> Vec<f64> {
        let mean = v.iter().sum::<f64>() / v.len() as f64;
        v.iter().map(|v| v - mean).collect()
    };
    cosine(&centred(x), &centred(y))
}
