//! Every loss on every dataset, beside continued supervised training.

use std::collections::BTreeSet;

use prefsweep_store::LossKey;

use crate::distinct::distinct;
use crate::effects::Percent;
use crate::statistics::{Friedman, alike, friedman};
use crate::verdict::{CONTROL, Difference, LossVerdict, Verdicts};

/// The losses of several experiments.
#[derive(Debug)]
pub(super) struct Standings<'a> {
    pub(super) boards: Vec<Board<'a>>,
    /// Experiments that have no place, and why.
    pub(super) left_out: Vec<(&'a Verdicts, &'static str)>,
    /// Losses in order of appearance.
    pub(super) losses: Vec<&'a LossKey>,
    /// Over the datasets, of the losses that all have; none for too few of either.
    pub(super) ranking: Option<Ranking<'a>>,
}

/// A dataset: the experiment on it with the most losses at their default settings, then the most K, of those that
/// hold the control.
#[derive(Debug)]
pub(super) struct Board<'a> {
    pub(super) verdicts: &'a Verdicts,
    /// Seconds per step of the control, where recorded.
    control_seconds: Option<f64>,
    /// The measure of the control.
    pub(super) control: f64,
    /// Seeds over which it is compared.
    pub(super) seeds: usize,
}

/// A loss at its largest K.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing<'a> {
    pub(super) negatives: usize,
    pub(super) found: &'a Difference,
    /// Time of a step in multiples of the control's.
    pub(super) cost: Option<f64>,
    /// Significantly above reference and control.
    pub(super) gain: bool,
}

/// Losses by mean rank.
#[derive(Debug)]
pub(super) struct Ranking<'a> {
    /// Best first, with the mean rank; none stands for the control.
    pub(super) losses: Vec<(Option<&'a LossKey>, f64)>,
    pub(super) datasets: usize,
    pub(super) p: f64,
    pub(super) critical_difference: f64,
    /// Positions in `losses`: those that are not told apart.
    pub(super) groups: Vec<Vec<usize>>,
}

impl<'a> Standings<'a> {
    /// Experiments that vary settings, or lack the control, have no place.
    pub(super) fn of(experiments: &[&'a Verdicts]) -> Self {
        let mut boards: Vec<Board<'a>> = Vec::new();
        let mut left_out = Vec::new();
        for verdicts in experiments {
            let board = match Board::of(verdicts) {
                Ok(board) => board,
                Err(why) => {
                    left_out.push((*verdicts, why));
                    continue;
                }
            };
            let same = boards.iter_mut().find(|known| known.verdicts.dataset == verdicts.dataset);
            match same {
                Some(known) if board.size() > known.size() => *known = board,
                Some(_) => {}
                None => boards.push(board),
            }
        }
        let losses = boards.iter().flat_map(Board::losses).map(|loss| &loss.series.loss);
        let losses = distinct(losses);
        let ranking = ranking(&boards, &losses);
        Self { boards, left_out, losses, ranking }
    }

    /// All largest K, ascending.
    pub(super) fn negatives(&self) -> BTreeSet<usize> {
        let all = self.boards.iter().flat_map(Board::losses);
        all.filter_map(|loss| loss.largest_k).collect()
    }
}

impl<'a> Board<'a> {
    /// Or why it has no place.
    fn of(verdicts: &'a Verdicts) -> Result<Self, &'static str> {
        let losses = &verdicts.losses;
        if losses.iter().any(|loss| !loss.series.axes.is_empty()) {
            return Err("varies settings");
        }
        let control = losses.iter().find(|loss| loss.series.loss.name == CONTROL);
        let control = control.ok_or("without sft")?;
        // Of losses that lack runs the comparison has fewer seeds.
        let compared = losses.iter().filter_map(|loss| loss.against_control.as_ref());
        let compared = compared.max_by_key(|found| found.seeds);
        let compared = compared.ok_or("no loss is compared with sft")?;
        Ok(Self {
            verdicts,
            control_seconds: control.step_seconds,
            control: compared.before,
            seeds: compared.seeds,
        })
    }

    fn losses(&self) -> impl Iterator<Item = &'a LossVerdict> + use<'a> {
        self.verdicts.losses.iter().filter(|loss| loss.against_control.is_some())
    }

    /// Losses at default settings, and K.
    fn size(&self) -> (usize, usize) {
        let default = self.losses().filter(|loss| is_default(&loss.series.loss)).count();
        let over_k = self.losses().map(|loss| loss.smaller.len() + loss.larger.len()).max();
        (default, over_k.unwrap_or(0))
    }

    /// A loss here; none where it was not compared with the control.
    pub(super) fn standing(&self, loss: &LossKey) -> Option<Standing<'a>> {
        let found = self.losses().find(|found| found.series.loss == *loss)?;
        Some(Standing {
            negatives: found.largest_k?,
            found: found.against_control.as_ref()?,
            cost: found
                .step_seconds
                .zip(self.control_seconds)
                .map(|(loss, control)| loss / control),
            gain: found.is_gain(self.verdicts.rules.alpha),
        })
    }
}

fn is_default(loss: &LossKey) -> bool {
    loss.settings.is_empty() && loss.base.as_deref().is_none_or(is_default)
}

impl Standing<'_> {
    /// In percent of the control.
    pub(super) fn percent(&self) -> Option<Percent> {
        Percent::of(self.found)
    }
}

impl Ranking<'_> {
    /// The mean rank of a loss, or of the control; none for a loss that not every dataset has.
    pub(super) fn of(&self, loss: Option<&LossKey>) -> Option<f64> {
        self.losses.iter().find(|(known, _)| *known == loss).map(|(_, rank)| *rank)
    }
}

/// Mean ranks of the losses that every dataset has, and of the control. Ranked are differences from the control,
/// which are of the same seeds on both sides; means of losses that lack runs are not.
fn ranking<'a>(boards: &[Board<'a>], losses: &[&'a LossKey]) -> Option<Ranking<'a>> {
    let everywhere = losses
        .iter()
        .copied()
        .filter(|loss| boards.iter().all(|board| board.standing(loss).is_some()));
    let common: Vec<Option<&LossKey>> = everywhere.map(Some).chain([None]).collect();
    let row = |board: &Board<'_>| -> Vec<f64> {
        let value = |loss: &Option<&LossKey>| match loss {
            Some(loss) => board.standing(loss).map_or(f64::NAN, |found| found.found.difference),
            None => 0.0,
        };
        common.iter().map(value).collect()
    };
    let rows: Vec<Vec<f64>> = boards.iter().map(row).collect();
    let Friedman { ranks, p, critical_difference } = friedman(&rows)?;
    let mut losses: Vec<(Option<&LossKey>, f64)> = common.into_iter().zip(ranks).collect();
    losses.sort_by(|a, b| a.1.total_cmp(&b.1));
    let ranks: Vec<f64> = losses.iter().map(|(_, rank)| *rank).collect();
    let groups = alike(&ranks, critical_difference);
    Some(Ranking { losses, datasets: boards.len(), p, critical_difference, groups })
}

#[cfg(test)]
mod tests {
    use prefsweep_store::SeriesKey;

    use super::*;
    use crate::verdict::fixtures::{difference, loss, verdicts};

    fn series(name: &str) -> SeriesKey {
        LossKey::new(name).into()
    }

    /// A loss with its change in percent of the control at 0.1, significant beyond 2 % or not at all.
    fn compared(name: &str, percent: f64) -> LossVerdict {
        let p = if percent.abs() > 2.0 { 0.001 } else { 0.5 };
        let found = Some(difference(percent, 1.5, p));
        LossVerdict {
            against_control: found,
            against_reference: found,
            step_seconds: Some(0.3),
            ..loss(&series(name), 0.0)
        }
    }

    fn experiment(name: &str, dataset: &str, losses: &[(&str, f64)]) -> Verdicts {
        let control = LossVerdict { step_seconds: Some(0.2), ..loss(&series(CONTROL), 0.0) };
        let losses = losses.iter().map(|(name, percent)| compared(name, *percent));
        verdicts(name, dataset, [control].into_iter().chain(losses).collect())
    }

    fn board(dataset: &str) -> Verdicts {
        experiment(dataset, dataset, &[("dmpo", -1.0), ("s_dpo", 4.0)])
    }

    #[test]
    fn the_experiment_with_the_most_losses_stands_for_its_dataset() {
        let small = experiment("small", "a", &[("dmpo", 1.0)]);
        let large = experiment("large", "a", &[("dmpo", 1.0), ("s_dpo", 2.0)]);
        let found = Standings::of(&[&small, &large]);
        let [only] = &found.boards[..] else { panic!("{found:?}") };
        assert_eq!(only.verdicts.experiment, "large");
        assert_eq!(found.losses, [&LossKey::new("dmpo"), &LossKey::new("s_dpo")]);
        assert!(found.ranking.is_none(), "one dataset");
    }

    /// Arms of an ablation are not more losses.
    #[test]
    fn settings_of_a_loss_do_not_make_an_experiment_larger() {
        let plain = experiment("plain", "a", &[("dmpo", 1.0), ("s_dpo", 2.0)]);
        let mut arms = experiment("arms", "a", &[("dmpo", 1.0), ("dpo", 2.0), ("cpo", 2.0)]);
        for loss in &mut arms.losses[1..] {
            loss.series.loss.settings.insert("pool".into(), 3.into());
        }
        let found = Standings::of(&[&arms, &plain]);
        assert_eq!(found.boards[0].verdicts.experiment, "plain");
    }

    #[test]
    fn losses_and_control_are_ranked_by_dataset() {
        let all: Vec<Verdicts> = ["a", "b", "c"].map(board).into();
        let found = Standings::of(&all.iter().collect::<Vec<_>>());
        let ranking = found.ranking.unwrap();
        let names: Vec<&str> =
            ranking.losses.iter().map(|(loss, _)| loss.map_or("control", |l| &l.name)).collect();
        assert_eq!(names, ["s_dpo", "control", "dmpo"]);
        assert_eq!((ranking.datasets, ranking.losses[0].1), (3, 1.0));
        // 2.343 √(3·4 / (6·3)) = 1.913 keeps neighbours together.
        assert_eq!(ranking.groups, [vec![0, 1], vec![1, 2]]);
    }

    /// A seed on which everything ranks high does not make the loss that has only this one the best.
    #[test]
    fn a_loss_that_lacks_runs_is_ranked_by_its_own_seeds() {
        let mut all: Vec<Verdicts> = ["a", "b", "c"].map(board).into();
        for verdicts in &mut all {
            let dmpo = verdicts.losses.iter_mut().find(|loss| loss.series.loss.name == "dmpo");
            let found = dmpo.and_then(|loss| loss.against_control.as_mut()).unwrap();
            (found.seeds, found.before, found.after) = (1, found.before + 1.0, found.after + 1.0);
        }
        let found = Standings::of(&all.iter().collect::<Vec<_>>());
        assert!(found.boards.iter().all(|board| board.control < 1.0));
        let best = found.ranking.unwrap().losses[0].0.map(|loss| loss.name.clone());
        assert_eq!(best.as_deref(), Some("s_dpo"));
    }

    #[test]
    fn cost_is_in_multiples_of_the_control() {
        let one = board("a");
        let found = Standings::of(&[&one]);
        let dmpo = found.boards[0].standing(&LossKey::new("dmpo")).unwrap();
        assert!((dmpo.cost.unwrap() - 1.5).abs() < 1e-12);
        assert_eq!((dmpo.negatives, dmpo.gain), (20, false));
        assert!(found.boards[0].standing(&LossKey::new("s_dpo")).unwrap().gain);
    }

    #[test]
    fn varied_settings_and_missing_controls_have_no_place() {
        let mut varied = board("a");
        varied.losses[0].series.axes.insert("preference.beta".into(), 2.0.into());
        let mut without = board("b");
        without.losses.retain(|loss| loss.series.loss.name != CONTROL);
        let found = Standings::of(&[&varied, &without]);
        assert!(found.boards.is_empty());
        let why: Vec<&str> = found.left_out.iter().map(|(_, why)| *why).collect();
        assert_eq!(why, ["varies settings", "without sft"]);
    }
}
