//! Sparse experts from burn's own tensor operations, for any backend and several replicas at once: every
//! expert computes every position, and what was not chosen is multiplied by zero.

use burn::Tensor;
use burn::tensor::TensorData;
use burn::tensor::activation::{relu, softmax};

use super::layout::{BlockHandles, Experts};
use crate::dropout::drop;
use crate::parameters::Parameters;
use crate::pass::Pass;
use crate::routes::Routes;
use crate::tensors::{replicas_of, to_host};

/// The weights of a block's experts, `[R, ...]`, one expert's rows below the other's.
pub(super) struct ExpertWeights {
    /// `[R, dim, count]`.
    router: Tensor<3>,
    /// `[R, count * dim, width]`, `[R, count, width]`.
    inner: [Tensor<3>; 2],
    /// `[R, count * width, dim]`, `[R, count, dim]`.
    outer: [Tensor<3>; 2],
    count: usize,
    active: usize,
}

/// For each choice of a position, the likeliest first, a one at its expert: `[R, rows, count]`.
type Chosen = Vec<Tensor<3>>;

impl ExpertWeights {
    pub(super) fn of(
        weights: &Parameters,
        block: &BlockHandles,
        experts: Experts,
        replicas: usize,
    ) -> Self {
        let own = |handle| replicas_of(&weights[handle], replicas);
        Self {
            router: own(experts.router),
            inner: [own(block.inner.weight), own(block.inner.bias)],
            outer: [own(block.outer.weight), own(block.outer.bias)],
            count: experts.count,
            active: experts.active,
        }
    }

    /// The experts' output, `[R, rows, dim]`, for the input `x`; the `real` rows take part in the balance
    /// of block `block` and in its routes.
    pub(super) fn feed_forward(
        &self,
        x: Tensor<3>,
        block: usize,
        real: &[u32],
        pass: &mut Pass,
    ) -> Tensor<3> {
        let shares = softmax(x.clone().matmul(self.router.clone()), 2);
        let chosen = self.choose(shares.clone().inner());
        if let Some(routes) = &mut pass.routes {
            routes.push(self.routes(&chosen, block, real));
        }
        if pass.balance != 0.0 {
            pass.add_balanced(self.balance(&shares, &chosen, real) * pass.balance);
        }
        let factors = self.factors(&x, pass);
        let gates = self.gates(&shares, &chosen);
        let outputs = (0..self.count).map(|expert| {
            let mut inner = relu(linear(x.clone(), &self.inner, expert));
            if let Some(factors) = &factors {
                let own = chosen.iter().zip(factors);
                let own = own.map(|(chosen, factors)| of_expert(chosen, expert) * factors.clone());
                inner = inner * sum(own);
            }
            let own = chosen.iter().zip(&gates);
            let gate = sum(own.map(|(chosen, gate)| of_expert(chosen, expert) * gate.clone()));
            linear(inner, &self.outer, expert) * gate
        });
        sum(outputs)
    }

    /// The likeliest experts of every position; of equals the first.
    fn choose(&self, mut shares: Tensor<3>) -> Chosen {
        let numbers: Vec<f32> = (0..self.count).map(|expert| expert as f32).collect();
        let numbers = TensorData::new(numbers, [1, 1, self.count]);
        let numbers = Tensor::<3>::from_data(numbers, &shares.device());
        let choices = (0..self.active).map(|_| {
            let largest = shares.clone().max_dim(2);
            let below = shares.clone().lower(largest).float() * self.count as f64;
            let first = (below + numbers.clone()).min_dim(2);
            let chosen = numbers.clone().equal(first).float();
            // Shares are not negative.
            shares = shares.clone() - chosen.clone() * 2.0;
            chosen
        });
        choices.collect()
    }

    /// What each choice is multiplied with, `[R, rows, 1]`.
    fn gates(&self, shares: &Tensor<3>, chosen: &Chosen) -> Vec<Tensor<3>> {
        let shares = chosen.iter().map(|chosen| (shares.clone() * chosen.clone()).sum_dim(2));
        let shares: Vec<Tensor<3>> = shares.collect();
        if self.active == 1 {
            return shares;
        }
        let total = sum(shares.iter().cloned());
        shares.into_iter().map(|share| share / total.clone()).collect()
    }

    /// Dropout of the inner layer: for each choice the factors of its units, `[1, rows, width]`.
    fn factors(&self, x: &Tensor<3>, pass: &mut Pass) -> Option<Vec<Tensor<3>>> {
        pass.dropout.as_ref()?;
        let (rows, width) = (x.dims()[1], self.inner[1].dims()[2]);
        let ones = Tensor::ones([1, rows, self.active * width], &x.device().without_autodiff());
        let all = drop(ones, &mut pass.dropout);
        let own = |choice: usize| {
            all.clone().slice([0..1, 0..rows, choice * width..(choice + 1) * width])
        };
        Some((0..self.active).map(own).collect())
    }

    /// `E sum_e f_e P_e` over the real rows, summed over replicas, `[1]`.
    fn balance(&self, shares: &Tensor<3>, chosen: &Chosen, real: &[u32]) -> Tensor<1> {
        let [_, rows, _] = shares.dims();
        let mut mask = vec![0.0_f32; rows];
        for &row in real {
            mask[row as usize] = 1.0 / real.len() as f32;
        }
        let device = shares.device().without_autodiff();
        let mask = Tensor::<3>::from_data(TensorData::new(mask, [1, rows, 1]), &device);
        let mean = |table: Tensor<3>| (table * mask.clone()).sum_dim(1);
        let share = mean(sum(chosen.iter().cloned())) / self.active as f64;
        (mean(shares.clone()) * share).sum() * self.count as f64
    }

    /// The choices at the real rows.
    fn routes(&self, chosen: &Chosen, block: usize, real: &[u32]) -> Routes {
        let choices: Vec<Vec<f32>> = chosen.iter().cloned().map(to_host).collect();
        let expert = |(row, choices): (&u32, &Vec<f32>)| {
            let row = &choices[*row as usize * self.count..][..self.count];
            row.iter().position(|&one| one == 1.0).unwrap_or(0) as u32
        };
        let rows = real.iter().flat_map(|row| choices.iter().map(move |choices| (row, choices)));
        let (experts, active) = (self.count, self.active);
        Routes { block, experts, active, chosen: rows.map(expert).collect() }
    }
}

/// The column of an expert, `[R, rows, 1]`.
fn of_expert(table: &Tensor<3>, expert: usize) -> Tensor<3> {
    let [replicas, rows, _] = table.dims();
    table.clone().slice([0..replicas, 0..rows, expert..expert + 1])
}

fn linear(x: Tensor<3>, [weight, bias]: &[Tensor<3>; 2], expert: usize) -> Tensor<3> {
    let [replicas, all, columns] = weight.dims();
    let rows = all / bias.dims()[1];
    let weight =
        weight.clone().slice([0..replicas, expert * rows..(expert + 1) * rows, 0..columns]);
    x.matmul(weight) + bias.clone().slice([0..replicas, expert..expert + 1, 0..columns])
}

fn sum(tensors: impl Iterator<Item = Tensor<3>>) -> Tensor<3> {
    tensors.reduce(|sum, tensor| sum + tensor).expect("there is an expert")
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::super::expert_vectors::{Case, assert_near, cases};
    use super::*;
    use crate::tensors::scalar;

    /// Two replicas of a case; leaves of a graph.
    fn leaf(values: &[f32], rows: usize) -> Tensor<3> {
        let columns = values.len() / rows;
        let data = TensorData::new([values, values].concat(), [2, rows, columns]);
        Tensor::from_data(data, &Device::flex()).autodiff().require_grad()
    }

    fn weights(case: &Case) -> ExpertWeights {
        let [router, inner_weight, inner_bias, outer_weight, outer_bias] = case.weights();
        let (experts, dim, width) = (case.experts, case.dim(), case.width());
        ExpertWeights {
            router: leaf(&router, dim),
            inner: [leaf(&inner_weight, experts * dim), leaf(&inner_bias, experts)],
            outer: [leaf(&outer_weight, experts * width), leaf(&outer_bias, experts)],
            count: experts,
            active: case.top_k,
        }
    }

    /// The gradient of one of two replicas that are alike.
    fn gradient(tensor: &Tensor<3>, gradients: &mut burn::tensor::Gradients) -> Vec<f32> {
        let values = to_host(tensor.grad_remove(gradients).unwrap());
        let (one, other) = values.split_at(values.len() / 2);
        assert_eq!(one, other);
        one.to_vec()
    }

    #[test]
    fn outputs_and_gradients_are_those_of_an_independent_implementation() {
        for case in cases() {
            let weights = weights(&case);
            let real: Vec<u32> =
                (0..).zip(&case.real).filter(|(_, real)| **real).map(|(row, _)| row).collect();
            let x = leaf(&case.rows(&case.input), case.real.len());
            let mut pass = Pass { balance: case.balance_weight, ..Pass::routed() };
            let output = weights.feed_forward(x.clone(), 0, &real, &mut pass);
            let expected = case.output.concat();
            assert_near(&to_host(output.clone())[..expected.len()], &expected);
            let chosen: Vec<Vec<u32>> =
                real.iter().map(|&r| case.chosen[r as usize].clone()).collect();
            assert_eq!(pass.routes.as_ref().unwrap()[0].chosen, chosen.concat());

            let balanced = pass.balanced.unwrap();
            let value = scalar(balanced.clone().inner()) / 2.0 / case.balance_weight;
            assert!((value - case.balance).abs() < 1e-6, "{value} {}", case.balance);
            let mut upstream = case.rows(&case.upstream);
            for (row, real) in upstream.chunks_exact_mut(case.dim()).zip(&case.real) {
                row.iter_mut().for_each(|value| *value *= f32::from(u8::from(*real)));
            }
            let upstream = leaf(&upstream, case.real.len()).inner();
            let mut gradients = ((output * upstream).sum() + balanced).backward();
            let of_input = gradient(&x, &mut gradients);
            assert_near(&of_input, &case.grad_input.concat());
            assert_near(&gradient(&weights.router, &mut gradients), &case.grad_router.concat());
            let of_inner = gradient(&weights.inner[0], &mut gradients);
            assert_near(&of_inner, &case.grad_w1.concat().concat());
        }
    }
}
