//! Function attribute groups (`#7`) without what a rewritten signature makes untrue.

use std::collections::BTreeMap;

use crate::ir::{Item, Module};

/// Attribute groups of rewritten functions and calls. A function that now returns through memory
/// does write memory, whatever was inferred of it before.
pub struct Groups {
    texts: BTreeMap<u32, String>,
    offset: u32,
    used: BTreeMap<u32, String>,
}

impl Groups {
    /// Reads the groups of a module.
    pub fn read(module: &Module) -> Self {
        let mut texts = BTreeMap::new();
        for item in &module.items {
            if let Item::Line(line) = item
                && let Some((number, text)) = parse_group(line)
            {
                texts.insert(number, text);
            }
        }
        let offset = texts.keys().next_back().map_or(0, |last| last + 1);
        Self {
            texts,
            offset,
            used: BTreeMap::new(),
        }
    }

    /// `suffix` with its group replaced by one that makes no promise about memory.
    pub fn rewrite(&mut self, suffix: &str) -> String {
        let words = suffix.split(' ').map(|word| {
            let bare = word.trim_end_matches(',');
            let Some(number) = bare.strip_prefix('#').and_then(|n| n.parse::<u32>().ok()) else {
                return word.to_owned();
            };
            let Some(text) = self.texts.get(&number) else {
                return word.to_owned();
            };
            let clone = self.offset + number;
            self.used
                .entry(clone)
                .or_insert_with(|| without_memory(text));
            word.replacen(bare, &format!("#{clone}"), 1)
        });
        words.collect::<Vec<_>>().join(" ")
    }

    /// Adds the groups that [`Self::rewrite`] referred to.
    pub fn write(self, module: &mut Module) {
        for (number, text) in self.used {
            module
                .items
                .push(Item::Line(format!("attributes #{number} = {{{text}}}")));
        }
    }
}

fn parse_group(line: &str) -> Option<(u32, String)> {
    let (number, text) = line.strip_prefix("attributes #")?.split_once(" = {")?;
    Some((number.parse().ok()?, text.strip_suffix('}')?.to_owned()))
}

fn without_memory(text: &str) -> String {
    let Some(start) = text.find("memory(") else {
        return text.to_owned();
    };
    let end = text[start..]
        .find(')')
        .map_or(text.len(), |length| start + length + 1);
    format!("{}{}", &text[..start], &text[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_promises_are_dropped_in_a_copy() {
        let line = "attributes #3 = { nounwind memory(argmem: read, errnomem: write) \"a\"=\"b\" }";
        let mut module = Module {
            items: vec![Item::Line(line.to_owned())],
        };
        let mut groups = Groups::read(&module);
        assert_eq!(
            groups.rewrite("unnamed_addr #3, !x !1"),
            "unnamed_addr #7, !x !1"
        );
        groups.write(&mut module);
        let printed = module.print();
        assert!(
            printed.contains("attributes #7 = { nounwind  \"a\"=\"b\" }"),
            "{printed}"
        );
        assert!(printed.contains(line));
    }
}
