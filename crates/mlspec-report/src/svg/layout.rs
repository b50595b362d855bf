//! A layered layout of a small acyclic graph: every edge points to the right, few edges cross.

/// Where a node stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spot {
    /// Its layer, from the left.
    pub(crate) layer: usize,
    /// Its place in the layer, from the top.
    pub(crate) row: usize,
}

/// Places the nodes `0..nodes`; edges are (from, to). Edges that would close a cycle have no say.
pub(crate) fn layers(nodes: usize, edges: &[(usize, usize)]) -> Vec<Spot> {
    let depth = depths(nodes, edges);
    let mut columns: Vec<Vec<usize>> = vec![Vec::new(); depth.iter().max().map_or(0, |deepest| deepest + 1)];
    for (node, &layer) in depth.iter().enumerate() {
        columns[layer].push(node);
    }
    let mut row = vec![0.0; nodes];
    let settle = |column: &[usize], row: &mut [f64]| {
        let middle = (column.len() as f64 - 1.0) / 2.0;
        column.iter().enumerate().for_each(|(at, &node)| row[node] = at as f64 - middle);
    };
    columns.iter().for_each(|column| settle(column, &mut row));
    for sweep in 0..4 {
        let forward = sweep % 2 == 0;
        let order: Vec<usize> = if forward { (0..columns.len()).collect() } else { (0..columns.len()).rev().collect() };
        for layer in order {
            let weight =
                |node: usize| neighbours(node, edges, forward).map(|other| row[other]).fold((0.0, 0), mean_step);
            let mut keyed: Vec<(f64, usize)> =
                columns[layer].iter().map(|&node| (mean(weight(node)).unwrap_or(row[node]), node)).collect();
            keyed.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            columns[layer] = keyed.into_iter().map(|(_, node)| node).collect();
            settle(&columns[layer], &mut row);
        }
    }
    let mut spots = vec![Spot { layer: 0, row: 0 }; nodes];
    for (layer, column) in columns.iter().enumerate() {
        column.iter().enumerate().for_each(|(row, &node)| spots[node] = Spot { layer, row });
    }
    spots
}

fn mean_step((sum, count): (f64, usize), value: f64) -> (f64, usize) {
    (sum + value, count + 1)
}

fn mean((sum, count): (f64, usize)) -> Option<f64> {
    (count > 0).then(|| sum / count as f64)
}

fn neighbours(node: usize, edges: &[(usize, usize)], before: bool) -> impl Iterator<Item = usize> {
    edges.iter().filter_map(move |&(from, to)| match before {
        true => (to == node).then_some(from),
        false => (from == node).then_some(to),
    })
}

/// The longest path to each node; as many rounds as nodes are enough for any acyclic graph, and end any cyclic one.
fn depths(nodes: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut depth = vec![0; nodes];
    for _ in 0..nodes {
        let mut changed = false;
        for &(from, to) in edges {
            if from != to && depth[to] < depth[from] + 1 && depth[from] + 1 < nodes {
                depth[to] = depth[from] + 1;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    depth
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_edge_points_right_and_no_two_nodes_meet() {
        let edges = [(0, 2), (1, 2), (2, 3), (3, 4), (3, 5), (4, 6), (0, 6)];
        let spots = layers(7, &edges);
        assert!(edges.iter().all(|&(from, to)| spots[from].layer < spots[to].layer));
        let distinct: std::collections::BTreeSet<_> = spots.iter().map(|spot| (spot.layer, spot.row)).collect();
        assert_eq!(distinct.len(), 7);
    }

    #[test]
    fn a_cycle_ends() {
        assert_eq!(layers(2, &[(0, 1), (1, 0)]).len(), 2);
        assert!(layers(0, &[]).is_empty());
    }

    #[test]
    fn two_chains_do_not_cross() {
        // 0 → 3 and 1 → 2 cross unless the second layer is turned round.
        let spots = layers(4, &[(0, 3), (1, 2)]);
        assert_eq!(spots[0].row, spots[3].row);
    }
}
