//! Sparse experts over the rows of a group: every expert gets its rows side by side, so that each layer is
//! one matrix product per expert. Which rows an expert has, and the order of every sum, depend on the
//! numbers alone.

use super::linear::{input_gradient, linear, weight_gradients};
use super::parts::{Count, Parts, Size};
use crate::dropout::Mask;
use crate::kernels::{By, Matrix, Output, add_scaled, dot, product, softmax_rows, vectorised};

/// Where the rows of a group went.
#[derive(Clone, Debug)]
pub(super) struct Routed {
    /// The router's softmax, `[rows, experts]`.
    shares: Vec<f32>,
    /// Each row's experts, the likeliest first, `[rows, active]`.
    pub(super) chosen: Vec<u32>,
    /// The inner layers after activation and dropout, `[assignments, width]`, expert after expert.
    inner: Vec<f32>,
}

/// The dropout of the inner layers: a site of `active * width` entries for every row of the windows padded to
/// the longest.
pub(super) struct Units<'a> {
    pub(super) mask: &'a Mask,
    /// Of each row of the group its row among these.
    pub(super) rows: &'a [usize],
}

/// A block's experts.
#[derive(Clone, Copy)]
pub(super) struct Experts<'a> {
    pub(super) weights: Parts<&'a [f32]>,
    pub(super) size: Size,
    pub(super) count: Count,
}

/// Assignments of rows to experts: places in `[rows, active]`, expert after expert, each one's by row.
struct Assigned {
    places: Vec<usize>,
    /// Where each expert's begin, and the end.
    starts: Vec<usize>,
}

impl Assigned {
    fn new(chosen: &[u32], experts: usize) -> Self {
        let mut starts = vec![0; experts + 1];
        for &expert in chosen {
            starts[expert as usize + 1] += 1;
        }
        for expert in 0..experts {
            starts[expert + 1] += starts[expert];
        }
        let mut next = starts.clone();
        let mut places = vec![0; chosen.len()];
        for (place, &expert) in chosen.iter().enumerate() {
            let slot = &mut next[expert as usize];
            places[*slot] = place;
            *slot += 1;
        }
        Self { places, starts }
    }

    /// Each expert that has some, with its range of assignments.
    fn by_expert(&self) -> impl Iterator<Item = (usize, std::ops::Range<usize>)> {
        let ranges = self.starts.windows(2).map(|pair| pair[0]..pair[1]);
        ranges.enumerate().filter(|(_, range)| !range.is_empty())
    }

    /// The rows of the assignments, side by side.
    fn gather(&self, rows: &[f32], dim: usize, active: usize) -> Vec<f32> {
        let mut gathered = Vec::with_capacity(self.places.len() * dim);
        for place in &self.places {
            gathered.extend_from_slice(&rows[place / active * dim..][..dim]);
        }
        gathered
    }
}

/// One expert's numbers among those of all.
fn own(all: &[f32], expert: usize, experts: usize) -> &[f32] {
    let each = all.len() / experts;
    &all[expert * each..][..each]
}

fn own_mut(all: &mut [f32], expert: usize, experts: usize) -> &mut [f32] {
    let each = all.len() / experts;
    &mut all[expert * each..][..each]
}

/// The likeliest experts of a row; of equals the first.
fn choose(shares: &[f32], chosen: &mut [u32]) {
    for choice in 0..chosen.len() {
        let (before, rest) = chosen.split_at_mut(choice);
        let left = (0..shares.len()).filter(|&expert| !before.contains(&(expert as u32)));
        let best = left.reduce(|best, next| if shares[next] > shares[best] { next } else { best });
        rest[0] = best.expect("no more experts are chosen than there are") as u32;
    }
}

impl Experts<'_> {
    /// The output for the rows `z`, in their place, and where they went.
    pub(super) fn forward(self, z: &mut [f32], dropped: Option<&Units<'_>>) -> Routed {
        let Size { dim, inner: width, .. } = self.size;
        let Count { experts, active } = self.count;
        let rows = z.len() / dim;
        let mut shares = vec![0.0; rows * experts];
        let router = Matrix::new(self.weights.router, experts);
        let input = Matrix::new(z, dim);
        product(&mut shares, Output::Replaced, 1.0, input, router, By::OneThread);
        softmax_rows(&mut shares, experts);
        let mut chosen = vec![0; rows * active];
        for (shares, chosen) in shares.chunks_exact(experts).zip(chosen.chunks_exact_mut(active)) {
            choose(shares, chosen);
        }
        let assigned = Assigned::new(&chosen, experts);
        let mut gathered = assigned.gather(z, dim, active);
        let mut inner = vec![0.0; chosen.len() * width];
        let Parts { inner_weight, inner_bias, outer_weight, outer_bias, .. } = self.weights;
        for (expert, range) in assigned.by_expert() {
            let gathered = &mut gathered[range.start * dim..range.end * dim];
            let inner = &mut inner[range.start * width..range.end * width];
            let weight = Matrix::new(own(inner_weight, expert, experts), width);
            linear(inner, gathered, weight, own(inner_bias, expert, experts));
            let places = &assigned.places[range];
            vectorised(
                #[inline(always)]
                || {
                    for value in inner.iter_mut() {
                        *value = if *value <= 0.0 { 0.0 } else { *value };
                    }
                    let Some(dropped) = dropped else { return };
                    for (units, place) in inner.chunks_exact_mut(width).zip(places) {
                        let row = dropped.rows[place / active];
                        dropped.mask.apply(units, (row * active + place % active) * width);
                    }
                },
            );
            let weight = Matrix::new(own(outer_weight, expert, experts), dim);
            linear(gathered, inner, weight, own(outer_bias, expert, experts));
        }
        let routed = Routed { shares, chosen, inner };
        let gates = self.gates(&routed);
        z.fill(0.0);
        vectorised(
            #[inline(always)]
            || {
                for (output, &place) in gathered.chunks_exact(dim).zip(&assigned.places) {
                    let row = &mut z[place / active * dim..][..dim];
                    add_scaled(row, gates[place], output);
                }
            },
        );
        routed
    }

    /// Turns the gradient of the output into that of the rows `z`, and adds those of the weights to `sums`;
    /// `balance` is the gradient that every row's shares get by the load balancing, `[experts]`, and
    /// `factor` what dropout multiplies the kept units with.
    pub(super) fn backward(
        self,
        z: &[f32],
        routed: &Routed,
        gradient: &mut [f32],
        balance: &[f32],
        factor: f32,
        sums: &mut Parts<&mut [f32]>,
    ) {
        let Size { dim, inner: width, .. } = self.size;
        let Count { experts, active } = self.count;
        let assigned = Assigned::new(&routed.chosen, experts);
        let gates = self.gates(routed);
        let mut upstream = assigned.gather(gradient, dim, active);
        let mut gathered = assigned.gather(z, dim, active);
        let mut units = vec![0.0; routed.inner.len()];
        // Of the gates, by place.
        let mut errors = vec![0.0; routed.chosen.len()];
        let Parts { inner_weight, outer_weight, outer_bias, .. } = self.weights;
        for (expert, range) in assigned.by_expert() {
            let upstream = &mut upstream[range.start * dim..range.end * dim];
            let gathered = &mut gathered[range.start * dim..range.end * dim];
            let inner = &routed.inner[range.start * width..range.end * width];
            let units = &mut units[range.start * width..range.end * width];
            input_gradient(units, upstream, own(outer_weight, expert, experts), dim);
            let bias = own(outer_bias, expert, experts);
            let places = &assigned.places[range];
            vectorised(
                #[inline(always)]
                || {
                    let rows = upstream.chunks_exact_mut(dim).zip(units.chunks_exact_mut(width));
                    let rows = rows.zip(inner.chunks_exact(width)).zip(places);
                    for (((upstream, units), inner), &place) in rows {
                        errors[place] = dot(units, inner) + dot(upstream, bias);
                        let gate = gates[place];
                        for value in upstream {
                            *value *= gate;
                        }
                        for (unit, value) in units.iter_mut().zip(inner) {
                            *unit *= if *value > 0.0 { gate * factor } else { 0.0 };
                        }
                    }
                },
            );
            let weight = own_mut(sums.outer_weight, expert, experts);
            weight_gradients(weight, own_mut(sums.outer_bias, expert, experts), inner, upstream);
            let weight = own_mut(sums.inner_weight, expert, experts);
            weight_gradients(weight, own_mut(sums.inner_bias, expert, experts), gathered, units);
            // In the place of the rows, which are not needed any more.
            input_gradient(gathered, units, own(inner_weight, expert, experts), width);
        }
        gradient.fill(0.0);
        vectorised(
            #[inline(always)]
            || {
                for (row, &place) in gathered.chunks_exact(dim).zip(&assigned.places) {
                    add_scaled(&mut gradient[place / active * dim..][..dim], 1.0, row);
                }
            },
        );
        self.router_backward(z, routed, &errors, balance, gradient, sums.router);
    }

    /// Adds what the gates' errors, `[rows, active]`, and the load balancing give.
    fn router_backward(
        self,
        z: &[f32],
        routed: &Routed,
        errors: &[f32],
        balance: &[f32],
        gradient: &mut [f32],
        router: &mut [f32],
    ) {
        let Count { experts, active } = self.count;
        let mut scores = vec![0.0; routed.shares.len()];
        let rows = scores.chunks_exact_mut(experts).zip(routed.shares.chunks_exact(experts));
        let choices = routed.chosen.chunks_exact(active).zip(errors.chunks_exact(active));
        for ((scores, shares), (chosen, errors)) in rows.zip(choices) {
            scores.copy_from_slice(balance);
            if let ([expert], [error]) = (chosen, errors) {
                scores[*expert as usize] += error;
            } else {
                // gate_e = share_e / total
                let total = total(shares, chosen);
                let each =
                    || chosen.iter().zip(errors).map(|(&expert, error)| (expert as usize, error));
                let mean =
                    each().map(|(expert, error)| shares[expert] * error).sum::<f32>() / total;
                for (expert, error) in each() {
                    scores[expert] += (error - mean) / total;
                }
            }
            let mean = scores.iter().zip(shares).map(|(score, share)| score * share).sum::<f32>();
            for (score, share) in scores.iter_mut().zip(shares) {
                *score = share * (*score - mean);
            }
        }
        let (z, errors) = (Matrix::new(z, self.size.dim), Matrix::new(&scores, experts));
        product(router, Output::Replaced, 1.0, z.turned(), errors, By::OneThread);
        let weight = Matrix::new(self.weights.router, experts);
        product(gradient, Output::AddedTo, 1.0, errors, weight.turned(), By::OneThread);
    }

    /// What the output of every choice is multiplied with, `[rows, active]`.
    fn gates(self, routed: &Routed) -> Vec<f32> {
        let Count { experts, active } = self.count;
        let rows = routed.shares.chunks_exact(experts).zip(routed.chosen.chunks_exact(active));
        let mut gates = Vec::with_capacity(routed.chosen.len());
        for (shares, chosen) in rows {
            let total = if active == 1 { 1.0 } else { total(shares, chosen) };
            gates.extend(chosen.iter().map(|&expert| shares[expert as usize] / total));
        }
        gates
    }
}

/// The shares of the chosen together.
fn total(shares: &[f32], chosen: &[u32]) -> f32 {
    chosen.iter().map(|&expert| shares[expert as usize]).sum()
}

#[cfg(test)]
mod tests {
    use super::super::super::expert_vectors::{Case, assert_near, cases};
    use super::*;

    /// All rows of a group, as if they were one.
    fn weights<'a>(case: &'a Case, flat: &'a [Vec<f32>; 5]) -> Experts<'a> {
        let [router, inner_weight, inner_bias, outer_weight, outer_bias] = flat;
        let none: &[f32] = &[];
        let weights = Parts {
            attention_gain: none,
            attention_bias: none,
            qkv_weight: none,
            qkv_bias: none,
            output_weight: none,
            output_bias: none,
            forward_gain: none,
            forward_bias: none,
            inner_weight,
            inner_bias,
            outer_weight,
            outer_bias,
            router,
        };
        let count = Count { experts: case.experts, active: case.top_k };
        let size = Size { dim: case.dim(), heads: 1, inner: case.width(), experts: Some(count) };
        Experts { weights, size, count }
    }

    #[test]
    fn outputs_and_gradients_are_those_of_an_independent_implementation() {
        for case in cases() {
            let (dim, flat) = (case.dim(), case.weights());
            let experts = weights(&case, &flat);
            let mut output = case.rows(&case.input);
            let routed = experts.forward(&mut output, None);
            assert_eq!(routed.chosen, case.chosen.concat());
            assert_near(&experts.gates(&routed), &case.gates.concat());
            assert_near(&output, &case.output.concat());

            // Only the real rows take part in the gradients.
            let input = case.real_rows(&case.input);
            let mut output = input.clone();
            let routed = experts.forward(&mut output, None);
            let rows = input.len() / dim;
            let pull: Vec<f32> = case
                .share
                .iter()
                .map(|share| {
                    (case.balance_weight * case.experts as f64 * share / rows as f64) as f32
                })
                .collect();
            let mut gradient = case.real_rows(&case.upstream);
            let mut found = flat.each_ref().map(|values| vec![0.0; values.len()]);
            let [router, inner_weight, inner_bias, outer_weight, outer_bias] = &mut found;
            let mut nothing = [(); 8].map(|()| Vec::new());
            let [a, b, c, d, e, f, g, h] = nothing.each_mut().map(Vec::as_mut_slice);
            let mut sums = Parts {
                attention_gain: a,
                attention_bias: b,
                qkv_weight: c,
                qkv_bias: d,
                output_weight: e,
                output_bias: f,
                forward_gain: g,
                forward_bias: h,
                inner_weight: inner_weight.as_mut_slice(),
                inner_bias: inner_bias.as_mut_slice(),
                outer_weight: outer_weight.as_mut_slice(),
                outer_bias: outer_bias.as_mut_slice(),
                router: router.as_mut_slice(),
            };
            experts.backward(&input, &routed, &mut gradient, &pull, 1.0, &mut sums);
            assert_near(&gradient, &case.real_values(&case.grad_input));
            assert_near(&found[0], &case.grad_router.concat());
            assert_near(&found[1], &case.grad_w1.concat().concat());
        }
    }

    #[test]
    fn of_equal_shares_the_first_experts_are_chosen() {
        let mut chosen = [9; 3];
        choose(&[0.1, 0.3, 0.3, 0.3], &mut chosen);
        assert_eq!(chosen, [1, 2, 3]);
        choose(&[f32::NAN; 4], &mut chosen);
        assert_eq!(chosen, [0, 1, 2]);
    }
}
