//! The claims, an entry each.
//!
//! Sources: DynamicPO, arXiv 2605.00327; RoDPO, 2603.29259; DMPO, 2405.16127; S-DPO, 2406.09215; AdaDPO, 2605.28440;
//! R-DPO, 2403.19159; MPPO, 2412.15244.

use super::claim::{Combine, Comparison, Condition, Expected, PaperClaim};
use super::compared::{Compared, Given, Loss};
use crate::verdict::{Contrast, Quantity, Question};

const DPO: Loss = Loss::plain("dpo");
const S_DPO: Loss = Loss::plain("s_dpo");
const DMPO: Loss = Loss::plain("dmpo");
const RO_DPO: Loss = Loss::plain("ro_dpo");
const ADA_DPO: Loss = Loss::plain("ada_dpo");
const DETERMINISTIC: Loss = Loss::with("ro_dpo", &[("deterministic", Given::On)]);
const DYNAMIC_DMPO: Loss = Loss::dynamic_po("dmpo", &[]);
const DYNAMIC_S_DPO: Loss = Loss::dynamic_po("s_dpo", &[]);

const FIXED: (&str, Given) = ("margin", Given::Word("fixed"));
const RANDOM: (&str, Given) = ("selection", Given::Word("random"));
const EASIEST: (&str, Given) = ("selection", Given::Word("easiest"));
const ALL: (&str, Given) = ("selection", Given::Word("all"));
const FLOOR: (&str, Given) = ("floor", Given::On);

/// All, in the order of the page.
pub(super) const CLAIMS: &[PaperClaim] = &[
    PaperClaim {
        id: "more-negatives-dmpo",
        title: "More negatives hurt DMPO",
        sentence: "With more negatives per positive DMPO ranks lower, while its training loss keeps falling",
        source: "2605.00327",
        comparisons: &[more_negatives(DMPO)],
        combine: Combine::All,
        condition: Some(Condition::LossDoesNotRise(DMPO)),
    },
    PaperClaim {
        id: "more-negatives-s-dpo",
        title: "More negatives hurt S-DPO",
        sentence: "With more negatives per positive S-DPO ranks lower, while its training loss keeps falling",
        source: "2605.00327",
        comparisons: &[more_negatives(S_DPO)],
        combine: Combine::All,
        condition: Some(Condition::LossDoesNotRise(S_DPO)),
    },
    PaperClaim {
        id: "more-negatives-dpo",
        title: "More negatives hurt DPO",
        sentence: "With more negatives per positive DPO, averaged over pairs, ranks lower, while its training \
                   loss keeps falling",
        source: "2605.00327",
        comparisons: &[more_negatives(DPO)],
        combine: Combine::All,
        condition: Some(Condition::LossDoesNotRise(DPO)),
    },
    PaperClaim {
        id: "dmpo-before-s-dpo",
        title: "DMPO suffers more than S-DPO",
        sentence: "DMPO suffers from many negatives earlier or more than S-DPO: at the largest K it ranks lower",
        source: "2605.00327",
        comparisons: &[Comparison {
            name: "DMPO − S-DPO at the largest K",
            of: Compared::Contrasted(Contrast::DmpoMinusSDpo, DMPO),
            expected: Expected::Lower,
        }],
        combine: Combine::All,
        condition: None,
    },
    PaperClaim {
        id: "suppression-dmpo",
        title: "Suppression is the cause, over DMPO",
        sentence: "Many easy negatives suppress the gradient of those at the preference boundary. If so, training \
                   on the boundary set alone, or on all with the boundary's weights restored, helps DMPO; as many \
                   negatives at random, or the easiest, do not",
        source: "2605.00327",
        comparisons: &suppression("dmpo"),
        combine: Combine::All,
        condition: None,
    },
    PaperClaim {
        id: "suppression-s-dpo",
        title: "Suppression is the cause, over S-DPO",
        sentence: "As over DMPO: the boundary set and restored weights help S-DPO; as many negatives at random, or \
                   the easiest, do not",
        source: "2605.00327",
        comparisons: &suppression("s_dpo"),
        combine: Combine::All,
        condition: None,
    },
    PaperClaim {
        id: "which-dmpo",
        title: "Which negatives matters, not how many, over DMPO",
        sentence: "The boundary set, and all negatives with the boundary's weights restored, rank higher than as many \
                   negatives at random, over DMPO. That hard negatives train better by themselves would show the same",
        source: "2605.00327",
        comparisons: &beyond_number("dmpo"),
        combine: Combine::All,
        condition: None,
    },
    PaperClaim {
        id: "which-s-dpo",
        title: "Which negatives matters, not how many, over S-DPO",
        sentence: "As over DMPO: the boundary set and restored weights rank higher than as many negatives at random",
        source: "2605.00327",
        comparisons: &beyond_number("s_dpo"),
        combine: Combine::All,
        condition: None,
    },
    PaperClaim {
        id: "dynamic-po-dmpo",
        title: "DynamicPO fixes it, over DMPO",
        sentence: "With many negatives DynamicPO over DMPO ranks higher than DMPO",
        source: "2605.00327",
        comparisons: &[arm("DynamicPO − DMPO", DYNAMIC_DMPO, Expected::Higher)],
        combine: Combine::All,
        condition: None,
    },
    PaperClaim {
        id: "dynamic-po-s-dpo",
        title: "DynamicPO fixes it, over S-DPO",
        sentence: "With many negatives DynamicPO over S-DPO ranks higher than S-DPO",
        source: "2605.00327",
        comparisons: &[arm("DynamicPO − S-DPO", DYNAMIC_S_DPO, Expected::Higher)],
        combine: Combine::All,
        condition: None,
    },
    PaperClaim {
        id: "halves-dmpo",
        title: "Each half of DynamicPO helps, over DMPO",
        sentence: "Selecting the boundary set and adapting the margins each improve DMPO by itself",
        source: "2605.00327",
        comparisons: &[
            arm("selection alone − DMPO", Loss::dynamic_po("dmpo", &[FIXED]), Expected::Higher),
            arm("margins alone − DMPO", Loss::dynamic_po("dmpo", &[ALL]), Expected::Higher),
        ],
        combine: Combine::All,
        condition: None,
    },
    PaperClaim {
        id: "halves-s-dpo",
        title: "Each half of DynamicPO helps, over S-DPO",
        sentence: "Selecting the boundary set and adapting the margins each improve S-DPO by itself",
        source: "2605.00327",
        comparisons: &[
            arm("selection alone − S-DPO", Loss::dynamic_po("s_dpo", &[FIXED]), Expected::Higher),
            arm("margins alone − S-DPO", Loss::dynamic_po("s_dpo", &[ALL]), Expected::Higher),
        ],
        combine: Combine::All,
        condition: None,
    },
    PaperClaim {
        id: "cost-dmpo",
        title: "DynamicPO costs under 3 %, over DMPO",
        sentence: "A training step of DynamicPO over DMPO takes hardly longer than one of DMPO (of a language \
                   model; a small model's step is mostly its loss)",
        source: "2605.00327",
        comparisons: &[costs("DynamicPO − DMPO", DYNAMIC_DMPO, DMPO)],
        combine: Combine::All,
        condition: None,
    },
    PaperClaim {
        id: "cost-s-dpo",
        title: "DynamicPO costs under 3 %, over S-DPO",
        sentence: "A training step of DynamicPO over S-DPO takes hardly longer than one of S-DPO (of a language \
                   model; a small model's step is mostly its loss)",
        source: "2605.00327",
        comparisons: &[costs("DynamicPO − S-DPO", DYNAMIC_S_DPO, S_DPO)],
        combine: Combine::All,
        condition: None,
    },
    PaperClaim {
        id: "stochastic-over-deterministic",
        title: "Stochastic pools beat deterministic ones",
        sentence: "Negatives drawn from a pool of high-scoring items rank higher than its top items themselves",
        source: "2603.29259",
        comparisons: &[Comparison {
            name: "RoDPO − RoDPO (deterministic)",
            of: Compared::Contrasted(Contrast::StochasticPool, RO_DPO),
            expected: Expected::Higher,
        }],
        combine: Combine::All,
        condition: None,
    },
    PaperClaim {
        id: "stochastic-over-uniform",
        title: "Stochastic pools beat uniform negatives",
        sentence: "Negatives drawn from a pool of high-scoring items rank higher than uniform ones",
        source: "2603.29259",
        comparisons: &[Comparison {
            name: "RoDPO − DPO",
            of: Compared::Contrasted(Contrast::PoolMinusUniform, RO_DPO),
            expected: Expected::Higher,
        }],
        combine: Combine::All,
        condition: None,
    },
    PaperClaim {
        id: "fewer-false-negatives",
        title: "Stochastic pools beat deterministic ones by fewer false negatives",
        sentence: "A stochastic pool ranks higher than a deterministic one because fewer of its negatives are \
                   items that the user would like",
        source: "2603.29259",
        comparisons: &[
            Comparison {
                name: "false negatives, RoDPO − RoDPO (deterministic)",
                of: Compared::Measured(Quantity::FalseNegatives, RO_DPO, DETERMINISTIC),
                expected: Expected::Lower,
            },
            Comparison {
                name: "NDCG, RoDPO − RoDPO (deterministic)",
                of: Compared::Contrasted(Contrast::StochasticPool, RO_DPO),
                expected: Expected::Higher,
            },
        ],
        combine: Combine::All,
        condition: None,
    },
    PaperClaim {
        id: "several-dmpo",
        title: "Several negatives beat one, DMPO",
        sentence: "DMPO with several negatives ranks higher than with one",
        source: "2405.16127",
        comparisons: &[several(DMPO)],
        combine: Combine::All,
        condition: None,
    },
    PaperClaim {
        id: "several-s-dpo",
        title: "Several negatives beat one, S-DPO",
        sentence: "S-DPO with several negatives ranks higher than with one",
        source: "2406.09215",
        comparisons: &[several(S_DPO)],
        combine: Combine::All,
        condition: None,
    },
    PaperClaim {
        id: "several-and-above-sft-dmpo",
        title: "Several negatives beat one and more training, DMPO",
        sentence: "DMPO with several negatives ranks higher than with one, and higher than continued supervised \
                   training; most where there are few users, which experiments over the number of users show",
        source: "2405.16127",
        comparisons: &[several(DMPO), above("DMPO − sft", DMPO)],
        combine: Combine::All,
        condition: None,
    },
    PaperClaim {
        id: "three-to-five-dmpo",
        title: "K of 3 to 5 is best, DMPO",
        sentence: "DMPO ranks best with 3 to 5 negatives: higher than with one, and lower again with the most",
        source: "2405.16127",
        comparisons: &[several(DMPO), more_negatives(DMPO)],
        combine: Combine::All,
        condition: Some(Condition::BestIsThreeToFive(DMPO)),
    },
    PaperClaim {
        id: "above-sft",
        title: "Some preference loss beats more training",
        sentence: "At least one preference loss ranks higher than the same reference trained on without \
                   negatives for as many steps",
        source: "2406.09215",
        comparisons: &[
            above("S-DPO − sft", S_DPO),
            above("DPO − sft", DPO),
            above("DMPO − sft", DMPO),
            above("RoDPO − sft", RO_DPO),
            above("DynamicPO (DMPO) − sft", DYNAMIC_DMPO),
            above("DynamicPO (S-DPO) − sft", DYNAMIC_S_DPO),
        ],
        combine: Combine::Any,
        condition: None,
    },
    PaperClaim {
        id: "dpo-above-sft",
        title: "DPO beats more training",
        sentence: "DPO ranks higher than continued supervised training",
        source: "2406.09215",
        comparisons: &[above("DPO − sft", DPO)],
        combine: Combine::All,
        condition: None,
    },
    PaperClaim {
        id: "s-dpo-above-sft",
        title: "S-DPO beats more training",
        sentence: "S-DPO ranks higher than continued supervised training",
        source: "2406.09215",
        comparisons: &[above("S-DPO − sft", S_DPO)],
        combine: Combine::All,
        condition: None,
    },
    PaperClaim {
        id: "dmpo-above-sft",
        title: "DMPO beats more training",
        sentence: "DMPO ranks higher than continued supervised training",
        source: "2405.16127",
        comparisons: &[above("DMPO − sft", DMPO)],
        combine: Combine::All,
        condition: None,
    },
    PaperClaim {
        id: "ro-dpo-above-sft",
        title: "RoDPO beats more training",
        sentence: "RoDPO ranks higher than continued supervised training",
        source: "2603.29259",
        comparisons: &[above("RoDPO − sft", RO_DPO)],
        combine: Combine::All,
        condition: None,
    },
    PaperClaim {
        id: "dynamic-po-dmpo-above-sft",
        title: "DynamicPO over DMPO beats more training",
        sentence: "DynamicPO over DMPO ranks higher than continued supervised training",
        source: "2605.00327",
        comparisons: &[above("DynamicPO (DMPO) − sft", DYNAMIC_DMPO)],
        combine: Combine::All,
        condition: None,
    },
    PaperClaim {
        id: "dynamic-po-s-dpo-above-sft",
        title: "DynamicPO over S-DPO beats more training",
        sentence: "DynamicPO over S-DPO ranks higher than continued supervised training",
        source: "2605.00327",
        comparisons: &[above("DynamicPO (S-DPO) − sft", DYNAMIC_S_DPO)],
        combine: Combine::All,
        condition: None,
    },
    PaperClaim {
        id: "pushes-more-than-pulls",
        title: "DPO pushes down faster than it pulls up",
        sentence: "A step of DPO lowers the probability of a negative by more than it raises that of the positive",
        source: "2605.28440",
        comparisons: &[Comparison {
            name: "fall of a negative − rise of the positive",
            of: Compared::Measured(Quantity::FallAndRise, DPO, DPO),
            expected: Expected::Higher,
        }],
        combine: Combine::All,
        condition: None,
    },
    PaperClaim {
        id: "dpo-lengthens-titles",
        title: "DPO favours long titles",
        sentence: "Trained with DPO a policy that writes titles prefers longer ones among a user's candidates than \
                   before",
        source: "2403.19159",
        comparisons: &[Comparison {
            name: "length of the likeliest candidate, end − start of training",
            of: Compared::Measured(Quantity::TitleLength, DPO, DPO),
            expected: Expected::Higher,
        }],
        combine: Combine::All,
        condition: None,
    },
    PaperClaim {
        id: "histories-explain",
        title: "Single titles of the history explain a choice",
        sentence: "Without the title of the history on which its log-probability depends most, a choice falls further \
                   in the ranking than without another one",
        source: "",
        comparisons: &[Comparison {
            name: "rank of the choice without the top title − without another",
            of: Compared::Measured(Quantity::RankWithoutTitle, S_DPO, S_DPO),
            expected: Expected::Higher,
        }],
        combine: Combine::All,
        condition: None,
    },
    PaperClaim {
        id: "ada-balances",
        title: "AdaDPO balances what a step does, and ranks higher",
        sentence: "With AdaDPO a step moves the probabilities of the positive and of a negative by amounts that are \
                   closer to each other than with DPO, and it ranks higher than more training",
        source: "2605.28440",
        comparisons: &[
            Comparison {
                name: "imbalance, AdaDPO − DPO",
                of: Compared::Measured(Quantity::Imbalance, ADA_DPO, DPO),
                expected: Expected::Lower,
            },
            above("AdaDPO − sft", ADA_DPO),
        ],
        combine: Combine::All,
        condition: None,
    },
    PaperClaim {
        id: "ada-above-dpo",
        title: "AdaDPO beats DPO",
        sentence: "AdaDPO ranks higher than DPO, and at the same divergence from the reference, too",
        source: "2605.28440",
        comparisons: &[ada("AdaDPO − DPO", ADA_DPO)],
        combine: Combine::All,
        condition: None,
    },
    PaperClaim {
        id: "ada-carries-over",
        title: "AdaDPO carries over to other losses",
        sentence: "AdaDPO's coefficients make losses with several negatives rank higher",
        source: "2605.28440",
        comparisons: &[
            ada("AdaDPO (DMPO) − DMPO", Loss::ada("dmpo")),
            ada("AdaDPO (S-DPO) − S-DPO", Loss::ada("s_dpo")),
        ],
        combine: Combine::All,
        condition: None,
    },
    PaperClaim {
        id: "mppo-above-sft",
        title: "MPPO beats more training",
        sentence: "MPPO ranks higher than continued supervised training",
        source: "2412.15244",
        comparisons: &[above("MPPO − sft", Loss::plain("mppo"))],
        combine: Combine::All,
        condition: None,
    },
    PaperClaim {
        id: "dynamic-po-mppo",
        title: "DynamicPO improves MPPO",
        sentence: "DynamicPO over MPPO ranks higher than MPPO",
        source: "2605.00327",
        comparisons: &[arm(
            "DynamicPO (MPPO) − MPPO",
            Loss::dynamic_po("mppo", &[]),
            Expected::Higher,
        )],
        combine: Combine::All,
        condition: None,
    },
    PaperClaim {
        id: "experts-add",
        title: "Experts add quality at equal cost of use",
        sentence: "RoDPO ranks higher with sparse experts of which one is active than with a dense layer that costs as \
                   much to use",
        source: "2603.29259",
        comparisons: &[Comparison {
            name: "experts, one active − dense",
            of: Compared::Contrasted(Contrast::SparseMinusDense, RO_DPO),
            expected: Expected::Higher,
        }],
        combine: Combine::All,
        condition: None,
    },
    PaperClaim {
        id: "most-with-few-users",
        title: "Several negatives gain most with few users",
        sentence: "What DMPO gains over continued supervised training is more where few users are trained on than where \
                   all are",
        source: "2405.16127",
        comparisons: &[Comparison {
            name: "gain with the fewest users − gain with all",
            of: Compared::Contrasted(Contrast::FewMinusAll, DMPO),
            expected: Expected::Higher,
        }],
        combine: Combine::All,
        condition: None,
    },
    PaperClaim {
        id: "dmpo-across-domains",
        title: "DMPO carries over to another domain",
        sentence: "Trained on one domain DMPO ranks items of another higher than continued supervised training there",
        source: "2405.16127",
        comparisons: &[Comparison {
            name: "DMPO − sft, in another domain",
            of: Compared::Asked(Question::AboveControl, DMPO),
            expected: Expected::Higher,
        }],
        combine: Combine::All,
        condition: Some(Condition::AcrossDomains),
    },
];

/// The largest K minus K*; the smallest where K* is the largest.
const fn more_negatives(loss: Loss) -> Comparison {
    let of = Compared::Asked(Question::MoreNegatives, loss);
    Comparison { name: "largest K − K*", of, expected: Expected::Lower }
}

/// DynamicPO, or a part of it, minus its base loss at the largest K of both.
const fn arm(name: &'static str, loss: Loss, expected: Expected) -> Comparison {
    Comparison { name, of: Compared::Asked(Question::DynamicPo, loss), expected }
}

/// AdaDPO, or its coefficients over a loss, minus the loss without, at the largest K of both.
const fn ada(name: &'static str, loss: Loss) -> Comparison {
    let of = Compared::Contrasted(Contrast::AdaMinusBase, loss);
    Comparison { name, of, expected: Expected::Higher }
}

/// The time of a step, at the largest K of both.
const fn costs(name: &'static str, loss: Loss, base: Loss) -> Comparison {
    let of = Compared::Measured(Quantity::StepSeconds, loss, base);
    Comparison { name, of, expected: Expected::Under(3.0) }
}

/// The arms of the mechanism experiments over a base loss.
const fn suppression(over: &'static str) -> [Comparison; 4] {
    [
        arm("boundary set − all", Loss::dynamic_po(over, &[FIXED]), Expected::Higher),
        arm("floor − all", Loss::dynamic_po(over, &[FIXED, ALL, FLOOR]), Expected::Higher),
        arm("random − all", Loss::dynamic_po(over, &[FIXED, RANDOM]), Expected::NotHigher),
        arm("easiest − all", Loss::dynamic_po(over, &[FIXED, EASIEST]), Expected::NotHigher),
    ]
}

/// The boundary set and the floor beside as many negatives at random.
const fn beyond_number(over: &'static str) -> [Comparison; 2] {
    [
        than_random("boundary set − random", Loss::dynamic_po(over, &[FIXED])),
        than_random("floor − random", Loss::dynamic_po(over, &[FIXED, ALL, FLOOR])),
    ]
}

const fn than_random(name: &'static str, loss: Loss) -> Comparison {
    let of = Compared::Contrasted(Contrast::MinusRandom, loss);
    Comparison { name, of, expected: Expected::Higher }
}

/// The best K above one minus K = 1.
const fn several(loss: Loss) -> Comparison {
    let of = Compared::Contrasted(Contrast::SeveralNegatives, loss);
    Comparison { name: "best K > 1 − K = 1", of, expected: Expected::Higher }
}

/// A loss at its largest K minus continued supervised training.
const fn above(name: &'static str, loss: Loss) -> Comparison {
    let of = Compared::Asked(Question::AboveControl, loss);
    Comparison { name, of, expected: Expected::Higher }
}
