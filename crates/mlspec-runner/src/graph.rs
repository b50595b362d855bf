//! Steps and what they wait for, as a graph without cycles; a cycle is named in full.

use petgraph::acyclic::Acyclic;
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::VecDeque;

/// For each step, in the order given, the steps that it waits for. Gives an order in which they can run: where nothing else
/// decides, the given one.
///
/// # Errors
/// The cycles, one for each group of steps that wait for each other; each begins with its first step.
pub(crate) fn order(waits: &[Vec<usize>]) -> Result<Vec<usize>, Vec<Vec<usize>>> {
    let mut graph = DiGraph::<(), ()>::with_capacity(waits.len(), waits.iter().map(Vec::len).sum());
    let nodes: Vec<NodeIndex> = waits.iter().map(|_| graph.add_node(())).collect();
    for (step, before) in waits.iter().enumerate() {
        for before in before {
            if let (Some(&from), Some(&to)) = (nodes.get(*before), nodes.get(step)) {
                graph.add_edge(from, to, ());
            }
        }
    }
    let cycles: Vec<_> = tarjan_scc(&graph).into_iter().filter_map(|group| cycle(waits, &group)).collect();
    match Acyclic::try_from_graph(graph) {
        Ok(graph) => Ok(layered(waits, graph.nodes_iter().map(NodeIndex::index))),
        Err(_) => {
            let mut cycles = cycles;
            cycles.sort_unstable();
            Err(cycles)
        }
    }
}

/// Sorts an order by depth, then as given: independent of how the graph was walked.
fn layered(waits: &[Vec<usize>], order: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut depths = vec![0; waits.len()];
    let mut steps: Vec<usize> = order.collect();
    for &step in &steps {
        let before = waits.get(step).into_iter().flatten().filter_map(|&before| depths.get(before));
        let depth = before.max().map_or(0, |depth| depth + 1);
        if let Some(own) = depths.get_mut(step) {
            *own = depth;
        }
    }
    steps.sort_unstable_by_key(|&step| (depths.get(step).copied(), step));
    steps
}

/// The shortest cycle through the first step of a strongly connected group, in the direction in which data flows.
fn cycle(waits: &[Vec<usize>], group: &[NodeIndex]) -> Option<Vec<usize>> {
    let members: Vec<usize> = group.iter().map(|node| node.index()).collect();
    let &start = members.iter().min()?;
    let mut next: std::collections::BTreeMap<usize, usize> = std::collections::BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(step) = queue.pop_front() {
        for &before in waits.get(step).into_iter().flatten().filter(|before| members.contains(before)) {
            if before == start {
                // `next` leads from any step that was reached back to the start.
                let mut path = vec![start];
                let mut at = step;
                while at != start {
                    path.push(at);
                    at = next.get(&at).copied()?;
                }
                return Some(path);
            }
            if let std::collections::btree_map::Entry::Vacant(entry) = next.entry(before) {
                entry.insert(step);
                queue.push_back(before);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::order;

    #[test]
    fn orders_and_cycles() {
        let check = |waits: &[&[usize]], expect: Result<&[usize], &[&[usize]]>| {
            let waits: Vec<_> = waits.iter().map(|before| before.to_vec()).collect();
            let expect =
                expect.map(<[_]>::to_vec).map_err(|cycles| cycles.iter().map(|cycle| cycle.to_vec()).collect());
            assert_eq!(order(&waits), expect, "{waits:?}");
        };
        check(&[], Ok(&[]));
        check(&[&[2], &[], &[1], &[]], Ok(&[1, 3, 2, 0]));
        check(&[&[0]], Err(&[&[0]]));
        // 1 waits for 0, 0 waits for 1.
        check(&[&[1], &[0]], Err(&[&[0, 1]]));
        // Data flows 0 → 1 → 2 → 0, and 3 hangs on it.
        check(&[&[2], &[0], &[1], &[2]], Err(&[&[0, 1, 2]]));
        check(&[&[1], &[0], &[3], &[2], &[4]], Err(&[&[0, 1], &[2, 3], &[4]]));
        check(&[&[0, 1], &[0]], Err(&[&[0]]));
    }
}
