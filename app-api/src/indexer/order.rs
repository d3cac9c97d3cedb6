//! One history out of several lists.

use std::collections::HashSet;

/// A listed transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) signature: String,
    pub(super) slot: u64,
    pub(super) block_time: Option<i64>,
    pub(super) failed: bool,
    /// No fork can drop it any more.
    pub(super) finalized: bool,
}

/// Merges lists, each in the chain's order, into one that keeps the order of each.
///
/// Slots order transactions of different lists. Within a slot the transactions that both lists
/// name are the fixed points; what only one names goes before the next of them. Two that no list
/// names together touch nothing in common, so their order is free.
pub(super) fn merge(lists: Vec<Vec<Listed>>) -> Vec<Listed> {
    lists.into_iter().reduce(merge_two).unwrap_or_default()
}

fn merge_two(first: Vec<Listed>, second: Vec<Listed>) -> Vec<Listed> {
    let in_first: HashSet<String> = first.iter().map(|l| l.signature.clone()).collect();
    let mut rest = first.into_iter().peekable();
    let mut merged: Vec<Listed> = Vec::new();
    for listed in second {
        let shared = in_first.contains(&listed.signature);
        while let Some(next) = rest.peek() {
            let before = if shared {
                next.signature != listed.signature && next.slot <= listed.slot
            } else {
                next.slot < listed.slot
            };
            if !before {
                break;
            }
            merged.extend(rest.next());
        }
        if shared {
            // The one both name; taken from the first list, where it is next.
            if rest
                .peek()
                .is_some_and(|next| next.signature == listed.signature)
            {
                merged.extend(rest.next());
            }
        } else {
            merged.push(listed);
        }
    }
    merged.extend(rest);
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Vec<Listed> {
        text.split_whitespace()
            .map(|item| {
                let (signature, slot) = item.split_once(':').unwrap();
                Listed {
                    signature: signature.into(),
                    slot: slot.parse().unwrap(),
                    block_time: None,
                    failed: false,
                    finalized: true,
                }
            })
            .collect()
    }

    fn merged(lists: &[&str]) -> String {
        let all: Vec<String> = merge(lists.iter().map(|l| list(l)).collect())
            .into_iter()
            .map(|l| l.signature)
            .collect();
        all.join(" ")
    }

    #[test]
    fn slots_order_lists() {
        assert_eq!(merged(&["a:1 c:3", "b:2 d:4"]), "a b c d");
        assert_eq!(merged(&["a:1"]), "a");
        assert_eq!(merged(&[]), "");
    }

    #[test]
    fn the_order_of_each_list_is_kept_within_a_slot() {
        assert_eq!(
            merged(&["a:5 x:5 b:5 y:5", "p:5 x:5 q:5 y:5 r:5"]),
            "p a x q b y r"
        );
        assert_eq!(merged(&["x:5 y:6", "x:5 y:6"]), "x y");
        assert_eq!(merged(&["x:5", "a:4 b:5 x:5 c:5"]), "a b x c");
        assert_eq!(merged(&["v:1 x:2", "x:2 p:3", "q:3"]), "v x q p");
    }
}
