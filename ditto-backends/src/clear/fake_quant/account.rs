//! What is noted while a computation runs: cost, and the room that values leave in their formats.

use ditto_core::fixed::exp2;
use ditto_core::{Operation, Trace};

use super::formats::{FormatValue, Site};
use super::value::Origin;
use crate::rep3::cost::RoleCost;
use crate::rep3::party::Turns;

/// What was noted of a layer.
#[derive(Clone, Debug)]
pub struct LayerNote {
    /// The layer; empty outside of all scopes.
    pub layer: String,
    /// Bytes that three parties would send in it together.
    pub bytes: u64,
    /// The formats that its values were rounded to, in the order in which they were first used.
    pub sites: Vec<SiteNote>,
}

/// What was noted of the values of one format in one layer.
#[derive(Clone, Debug)]
pub struct SiteNote {
    /// The site.
    pub site: Site,
    /// The format that they were held in, or would be if they were rounded.
    pub format: FormatValue,
    /// How many fractional bits more there could be at most: the headroom of the values, and of the
    /// products that they are a factor of; half of it where they are both. Negative if there is none.
    pub room: f64,
}

/// A running account of all three parties together.
#[derive(Default)]
pub(super) struct Account {
    turns: Turns,
    pub(super) trace: Trace,
    layers: Vec<LayerNote>,
}

impl Account {
    pub(super) fn layers(&self) -> &[LayerNote] {
        &self.layers
    }

    fn layer(&mut self, layer: &str) -> usize {
        let known = self.layers.iter().position(|known| known.layer == layer);
        known.unwrap_or_else(|| {
            let layer = layer.to_owned();
            self.layers.push(LayerNote { layer, bytes: 0, sites: Vec::new() });
            self.layers.len() - 1
        })
    }

    /// An operation that sends messages, with results of `elements` elements of a ring.
    pub(super) fn talk(&mut self, layer: &str, ring: u32, elements: usize, cost: RoleCost) {
        let turn = self.turns.next(cost.operation);
        let layer = self.layer(layer);
        let by_party = cost.by_party(turn);
        self.layers[layer].bytes += by_party.total_bytes();
        self.trace.count_operation(Operation {
            operation: cost.operation,
            ring: FormatValue { ring, frac: 0 }.ring_name(),
            calls: 1,
            elements: elements as u64,
            multiplications: 0,
            cost: by_party,
            link_bytes: cost.link_bytes,
            failure_probability: cost.failure_probability,
            seconds: 0.0,
        });
    }

    /// Values of a site come into being in a format.
    pub(super) fn site(&mut self, site: &Site, format: FormatValue) -> Origin {
        let layer = self.layer(&site.layer);
        let sites = &mut self.layers[layer].sites;
        let known = sites.iter().position(|known| known.site == *site);
        let number = known.unwrap_or_else(|| {
            sites.push(SiteNote { site: site.clone(), format, room: f64::INFINITY });
            sites.len() - 1
        });
        (layer, number)
    }

    /// Values up to `largest` in magnitude, at `frac` fractional bits, have to be below 2^`bits` as
    /// integers; their scale grows by that of each of `origins`.
    pub(super) fn room(&mut self, origins: &[Option<Origin>], largest: f64, frac: u32, bits: u32) {
        let headroom = f64::from(bits) - (largest * exp2(frac)).max(1.0).log2();
        for &(layer, site) in origins.iter().flatten() {
            let times = origins.iter().filter(|other| **other == Some((layer, site))).count();
            let note = &mut self.layers[layer].sites[site];
            note.room = note.room.min(headroom / times as f64);
        }
    }
}
