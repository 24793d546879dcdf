//! A graph of transactions and their dependencies.

use std::collections::VecDeque;

/// Why one transaction comes before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The other replaced what it wrote.
    WriteWrite = 1,
    /// The other read what it wrote.
    WriteRead = 2,
    /// The other replaced what it read.
    ReadWrite = 4,
    /// The other began when it was over.
    RealTime = 8,
}

/// Several kinds.
#[derive(Clone, Copy)]
pub(super) struct Kinds(u8);

impl Kinds {
    pub(super) fn of(kinds: &[Kind]) -> Self {
        Self(kinds.iter().fold(0, |all, &kind| all | kind as u8))
    }

    pub(super) fn and(self, kind: Kind) -> Self {
        Self(self.0 | kind as u8)
    }

    pub(super) fn holds(self, kind: Kind) -> bool {
        self.0 & kind as u8 != 0
    }
}

/// One reason why a transaction comes before another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge<'h> {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) kind: Kind,
    /// The key of the dependency; empty for real time.
    pub(super) key: &'h str,
}

/// Transactions, by their index, and the edges between them.
pub(super) struct Graph<'h> {
    edges: Vec<Vec<Edge<'h>>>,
}

impl<'h> Graph<'h> {
    pub(super) fn new(size: usize) -> Self {
        Self { edges: vec![Vec::new(); size] }
    }

    /// Adds an edge between different transactions.
    pub(super) fn add(&mut self, from: usize, to: usize, kind: Kind, key: &'h str) {
        if from != to {
            self.edges[from].push(Edge { from, to, kind, key });
        }
    }

    pub(super) fn count(&self, kind: Kind) -> usize {
        self.edges.iter().flatten().filter(|edge| edge.kind == kind).count()
    }

    pub(super) fn edges(&self, kinds: Kinds) -> impl Iterator<Item = Edge<'h>> {
        self.edges.iter().flatten().copied().filter(move |edge| kinds.holds(edge.kind))
    }

    fn edges_from(&self, node: usize, kinds: Kinds) -> impl Iterator<Item = Edge<'h>> {
        self.edges[node].iter().copied().filter(move |edge| kinds.holds(edge.kind))
    }

    /// The shortest path from one node to another that uses only edges of these kinds.
    pub(super) fn path(&self, from: usize, to: usize, kinds: Kinds) -> Option<Vec<Edge<'h>>> {
        let mut reached_by: Vec<Option<Edge<'h>>> = vec![None; self.edges.len()];
        let mut queue = VecDeque::from([from]);
        while let Some(node) = queue.pop_front() {
            for edge in self.edges_from(node, kinds) {
                if edge.to != from && reached_by[edge.to].is_none() {
                    reached_by[edge.to] = Some(edge);
                    queue.push_back(edge.to);
                }
            }
            if reached_by[to].is_some() {
                break;
            }
        }
        let mut path = Vec::new();
        let mut node = to;
        while node != from {
            let edge = reached_by[node]?;
            path.push(edge);
            node = edge.from;
        }
        path.reverse();
        Some(path)
    }

    /// The strongly connected component of each node, by edges of these kinds (Tarjan's algorithm, without recursion).
    /// Nodes of one component have the same number.
    pub(super) fn components(&self, kinds: Kinds) -> Vec<usize> {
        let mut search = Tarjan::new(self.edges.len());
        for root in 0..self.edges.len() {
            if search.order[root].is_none() {
                self.search_components(&mut search, root, kinds);
            }
        }
        search.component
    }

    fn search_components(&self, search: &mut Tarjan, root: usize, kinds: Kinds) {
        let mut path = vec![(root, 0)];
        search.enter(root);
        while let Some((node, next)) = path.last_mut() {
            let node = *node;
            match self.edges[node].get(*next) {
                Some(edge) => {
                    *next += 1;
                    if !kinds.holds(edge.kind) {
                        continue;
                    }
                    match search.order[edge.to] {
                        None => {
                            search.enter(edge.to);
                            path.push((edge.to, 0));
                        }
                        Some(order) if search.waiting[edge.to] => {
                            search.lowest[node] = search.lowest[node].min(order);
                        }
                        Some(_) => {}
                    }
                }
                None => {
                    search.leave(node);
                    path.pop();
                    if let Some(&(parent, _)) = path.last() {
                        search.lowest[parent] = search.lowest[parent].min(search.lowest[node]);
                    }
                }
            }
        }
    }
}

struct Tarjan {
    /// When each node was entered.
    order: Vec<Option<usize>>,
    /// The earliest entered node that is reachable from each node.
    lowest: Vec<usize>,
    waiting: Vec<bool>,
    stack: Vec<usize>,
    component: Vec<usize>,
    entered: usize,
}

impl Tarjan {
    fn new(size: usize) -> Self {
        Self {
            order: vec![None; size],
            lowest: vec![0; size],
            waiting: vec![false; size],
            stack: Vec::new(),
            component: vec![0; size],
            entered: 0,
        }
    }

    fn enter(&mut self, node: usize) {
        self.order[node] = Some(self.entered);
        self.lowest[node] = self.entered;
        self.entered += 1;
        self.waiting[node] = true;
        self.stack.push(node);
    }

    /// Closes the component of which this node was entered first.
    fn leave(&mut self, node: usize) {
        if self.order[node] != Some(self.lowest[node]) {
            return;
        }
        while let Some(member) = self.stack.pop() {
            self.waiting[member] = false;
            self.component[member] = node;
            if member == node {
                break;
            }
        }
    }
}
