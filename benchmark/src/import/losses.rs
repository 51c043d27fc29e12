//! What a loss is called here.

use prefsweep_losses::LossConfig;
use prefsweep_store::{LossKey, REFERENCE};

use super::mapping::Mapping;

/// The supervised control, one run whatever K.
pub(super) const CONTROL: &str = "sft";

/// The loss that a file means: what the mapping says, or a loss of this program in other letters (`S-DPO`), or else a
/// loss of somebody's own by its name. The base loss is the file's unless the mapping says one. None for the reference.
pub(super) fn loss(mapping: &Mapping, name: &str, over: Option<&str>) -> Option<LossKey> {
    let (name, over) = match mapping.losses.get(name) {
        Some(meant) => (&meant.name[..], meant.over.as_deref().or(over)),
        None => (name, over),
    };
    if plain(name) == REFERENCE {
        return None;
    }
    Some(match over {
        Some(base) => LossKey::over(&known(name), LossKey::new(&known(base))),
        None => LossKey::new(&known(name)),
    })
}

fn known(name: &str) -> String {
    let same = LossConfig::NAMES.iter().find(|known| plain(known) == plain(name));
    same.map_or_else(|| name.to_owned(), |known| (*known).to_owned())
}

/// In lower case, without what only parts its words. Other signs are of the name: `DPO+` is no `DPO`.
fn plain(name: &str) -> String {
    let parts = |c: char| matches!(c, '-' | '_') || c.is_whitespace();
    name.chars().filter(|c| !parts(*c)).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::super::mapping::Loss;
    use super::*;

    #[test]
    fn names_as_papers_write_them_are_known_and_others_are_kept() {
        let mapping = Mapping::default();
        let named = |name: &str, over| loss(&mapping, name, over).map(|key| key.to_string());
        for (found, meant) in [
            ("DMPO", "dmpo"),
            ("S-DPO", "s_dpo"),
            ("S DPO", "s_dpo"),
            ("SimPO", "sim_po"),
            ("My Loss 2", "My Loss 2"),
            ("DPO+", "DPO+"),
            ("DPO*", "DPO*"),
            ("β-DPO", "β-DPO"),
            ("DPO (ours)", "DPO (ours)"),
        ] {
            assert_eq!(named(found, None).as_deref(), Some(meant));
        }
        assert_eq!(named("DynamicPO", Some("S-DPO")).as_deref(), Some("dynamic_po(s_dpo)"));
        assert_eq!(named("DynamicPO", Some("DPO+")).as_deref(), Some("dynamic_po(DPO+)"));
        assert_eq!(named("Reference", None), None);
    }

    #[test]
    fn a_loss_of_the_mapping_keeps_the_base_of_its_row() {
        let meant = |over: Option<&str>| {
            let meant = Loss { name: "dynamic_po".to_owned(), over: over.map(str::to_owned) };
            Mapping { losses: [("dyn".to_owned(), meant)].into(), ..Mapping::default() }
        };
        let named = |mapping: &Mapping, over| loss(mapping, "dyn", over).unwrap().to_string();
        assert_eq!(named(&meant(None), Some("DMPO")), "dynamic_po(dmpo)");
        assert_eq!(named(&meant(Some("S-DPO")), Some("DMPO")), "dynamic_po(s_dpo)");
        assert_eq!(named(&meant(None), None), "dynamic_po");
    }
}
