//! The k-core of the interactions, as a bipartite graph of users and items.

/// Which interactions are in the core: the largest subset in which every user has at least `least.0`
/// interactions and every item at least `least.1`.
///
/// `counts` are the numbers of users and items. The core is unique, since the union of two such
/// subsets is one as well. It is found by repeatedly removing users and items with too few
/// interactions.
pub(crate) fn core(
    users: &[u32],
    items: &[u32],
    counts: (usize, usize),
    least: (usize, usize),
) -> Vec<bool> {
    let mut kept = vec![true; users.len()];
    loop {
        let mut degrees = (vec![0_usize; counts.0], vec![0_usize; counts.1]);
        for ((&user, &item), _) in users.iter().zip(items).zip(&kept).filter(|(_, kept)| **kept) {
            degrees.0[user as usize] += 1;
            degrees.1[item as usize] += 1;
        }
        let mut changed = false;
        for ((&user, &item), kept) in users.iter().zip(items).zip(&mut kept) {
            let stays = degrees.0[user as usize] >= least.0 && degrees.1[item as usize] >= least.1;
            changed |= *kept && !stays;
            *kept &= stays;
        }
        if !changed {
            return kept;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const USERS: usize = 5;
    const ITEMS: usize = 5;

    /// Tries all subsets of users and items as bit masks: the union of those in which all have enough
    /// interactions with each other.
    fn brute_force(edges: &[(u32, u32)], least: (usize, usize)) -> Vec<bool> {
        let inside = |users: u32, items: u32, &(user, item): &(u32, u32)| {
            users & (1 << user) != 0 && items & (1 << item) != 0
        };
        let mut union = vec![false; edges.len()];
        for users in 0..1_u32 << USERS {
            for items in 0..1_u32 << ITEMS {
                let part: Vec<_> = edges.iter().filter(|edge| inside(users, items, edge)).collect();
                let enough =
                    |count: usize, mask: u32, least: usize, pick: fn(&(u32, u32)) -> u32| {
                        (0..count as u32).filter(|index| mask & (1 << index) != 0).all(|index| {
                            part.iter().filter(|edge| pick(edge) == index).count() >= least
                        })
                    };
                if enough(USERS, users, least.0, |edge| edge.0)
                    && enough(ITEMS, items, least.1, |edge| edge.1)
                {
                    for (edge, kept) in edges.iter().zip(&mut union) {
                        *kept |= inside(users, items, edge);
                    }
                }
            }
        }
        union
    }

    fn core_of(edges: &[(u32, u32)], least: (usize, usize)) -> Vec<bool> {
        let (users, items): (Vec<u32>, Vec<u32>) = edges.iter().copied().unzip();
        core(&users, &items, (USERS, ITEMS), least)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]

        #[test]
        fn the_core_is_the_largest_part_with_enough_interactions(
            edges in proptest::collection::btree_set((0..USERS as u32, 0..ITEMS as u32), 0..25),
            least in (0_usize..4, 0_usize..4),
        ) {
            let edges: Vec<_> = edges.into_iter().collect();
            prop_assert_eq!(core_of(&edges, least), brute_force(&edges, least));
        }

        #[test]
        fn the_core_is_its_own_core(
            edges in proptest::collection::vec((0..USERS as u32, 0..ITEMS as u32), 0..40),
            least in (0_usize..5, 0_usize..5),
        ) {
            let kept = core_of(&edges, least);
            let core: Vec<_> =
                edges.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(edge, _)| *edge).collect();
            prop_assert!(core_of(&core, least).into_iter().all(|kept| kept));
        }
    }

    /// A chain in which every removal causes the next one.
    #[test]
    fn removal_is_repeated_to_the_end() {
        let edges = [(0, 0), (0, 1), (1, 1), (1, 2), (2, 2), (2, 3), (3, 3), (3, 4), (4, 4)];
        assert!(core_of(&edges, (2, 2)).into_iter().all(|kept| !kept));
        assert!(core_of(&edges, (1, 1)).into_iter().all(|kept| kept));
    }
}
