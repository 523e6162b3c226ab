#pragma once

// A peer to measure the Swift IntervalTree against: the same structure the way C usually has it. Nodes of 48 bytes
// belong to the caller and point to each other; every node keeps the greatest end of its own subtree; the colour is the low bit
// of the parent pointer.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct peer_node {
    uintptr_t parent_and_red;
    struct peer_node *left;
    struct peer_node *right;
    uint64_t first;
    uint64_t last;
    uint64_t subtree_last;
};

struct peer_tree {
    struct peer_node *root;
};

/// Adds a node whose `first` and `last` are set.
void peer_insert(struct peer_tree *tree, struct peer_node *node);
void peer_remove(struct peer_tree *tree, struct peer_node *node);
/// The first node in order of starts that overlaps the range, or NULL.
struct peer_node *peer_first_overlap(const struct peer_tree *tree, uint64_t first, uint64_t last);
/// The next one behind `node`, or NULL.
struct peer_node *peer_next_overlap(struct peer_node *node, uint64_t first, uint64_t last);
