#include "interval_tree_peer.h"

typedef struct peer_node node_t;

static inline node_t *parent_of(const node_t *n) {
    return (node_t *)(n->parent_and_red & ~(uintptr_t)1);
}

static inline bool is_red(const node_t *n) {
    return n != NULL && (n->parent_and_red & 1) != 0;
}

static inline void set_parent(node_t *n, node_t *parent) {
    n->parent_and_red = (uintptr_t)parent | (n->parent_and_red & 1);
}

static inline void paint(node_t *n, bool red) {
    n->parent_and_red = (n->parent_and_red & ~(uintptr_t)1) | (red ? 1 : 0);
}

static inline uint64_t computed_subtree_last(const node_t *n) {
    uint64_t most = n->last;
    if (n->left && n->left->subtree_last > most) {
        most = n->left->subtree_last;
    }
    if (n->right && n->right->subtree_last > most) {
        most = n->right->subtree_last;
    }
    return most;
}

/// Makes whatever points to `old` point to `heir`.
static inline void repoint(struct peer_tree *tree, node_t *old, node_t *heir, node_t *parent) {
    if (!parent) {
        tree->root = heir;
    } else if (parent->left == old) {
        parent->left = heir;
    } else {
        parent->right = heir;
    }
}

static void rotate_left(struct peer_tree *tree, node_t *n) {
    node_t *riser = n->right;
    node_t *parent = parent_of(n);
    n->right = riser->left;
    if (n->right) {
        set_parent(n->right, n);
    }
    repoint(tree, n, riser, parent);
    set_parent(riser, parent);
    riser->left = n;
    set_parent(n, riser);
    riser->subtree_last = n->subtree_last;
    n->subtree_last = computed_subtree_last(n);
}

static void rotate_right(struct peer_tree *tree, node_t *n) {
    node_t *riser = n->left;
    node_t *parent = parent_of(n);
    n->left = riser->right;
    if (n->left) {
        set_parent(n->left, n);
    }
    repoint(tree, n, riser, parent);
    set_parent(riser, parent);
    riser->right = n;
    set_parent(n, riser);
    riser->subtree_last = n->subtree_last;
    n->subtree_last = computed_subtree_last(n);
}

static void repair_insertion(struct peer_tree *tree, node_t *n) {
    node_t *parent;
    while ((parent = parent_of(n)) != NULL && is_red(parent)) {
        node_t *grand = parent_of(parent);
        if (parent == grand->left) {
            node_t *uncle = grand->right;
            if (is_red(uncle)) {
                paint(parent, false);
                paint(uncle, false);
                paint(grand, true);
                n = grand;
                continue;
            }
            if (n == parent->right) {
                rotate_left(tree, parent);
                parent = n;
            }
            paint(parent, false);
            paint(grand, true);
            rotate_right(tree, grand);
        } else {
            node_t *uncle = grand->left;
            if (is_red(uncle)) {
                paint(parent, false);
                paint(uncle, false);
                paint(grand, true);
                n = grand;
                continue;
            }
            if (n == parent->left) {
                rotate_right(tree, parent);
                parent = n;
            }
            paint(parent, false);
            paint(grand, true);
            rotate_left(tree, grand);
        }
        break;
    }
    paint(tree->root, false);
}

void peer_insert(struct peer_tree *tree, node_t *node) {
    node_t **link = &tree->root;
    node_t *parent = NULL;
    uint64_t first = node->first;
    uint64_t last = node->last;
    while (*link) {
        parent = *link;
        if (parent->subtree_last < last) {
            parent->subtree_last = last;
        }
        if (first < parent->first) {
            link = &parent->left;
        } else {
            link = &parent->right;
        }
    }
    node->left = NULL;
    node->right = NULL;
    node->subtree_last = last;
    node->parent_and_red = (uintptr_t)parent | 1;
    *link = node;
    repair_insertion(tree, node);
}

/// Recomputes maxima from `n` upwards until one stays as it was.
static void refresh(node_t *n, node_t *end) {
    while (n != end) {
        uint64_t most = computed_subtree_last(n);
        if (n->subtree_last == most) {
            return;
        }
        n->subtree_last = most;
        n = parent_of(n);
    }
}

static void fill_left(struct peer_tree *tree, node_t *parent, node_t *sibling) {
    if (!is_red(sibling->right)) {
        node_t *near = sibling->left;
        paint(near, false);
        paint(sibling, true);
        rotate_right(tree, sibling);
        sibling = near;
    }
    paint(sibling, is_red(parent));
    paint(parent, false);
    paint(sibling->right, false);
    rotate_left(tree, parent);
}

static void fill_right(struct peer_tree *tree, node_t *parent, node_t *sibling) {
    if (!is_red(sibling->left)) {
        node_t *near = sibling->right;
        paint(near, false);
        paint(sibling, true);
        rotate_left(tree, sibling);
        sibling = near;
    }
    paint(sibling, is_red(parent));
    paint(parent, false);
    paint(sibling->left, false);
    rotate_right(tree, parent);
}

/// `n`, possibly NULL, below `parent`, lacks a black node.
static void repair_removal(struct peer_tree *tree, node_t *n, node_t *parent) {
    while (parent && !is_red(n)) {
        bool on_left = parent->left == n;
        node_t *sibling = on_left ? parent->right : parent->left;
        if (is_red(sibling)) {
            paint(sibling, false);
            paint(parent, true);
            if (on_left) {
                rotate_left(tree, parent);
                sibling = parent->right;
            } else {
                rotate_right(tree, parent);
                sibling = parent->left;
            }
        }
        if (is_red(sibling->left) || is_red(sibling->right)) {
            if (on_left) {
                fill_left(tree, parent, sibling);
            } else {
                fill_right(tree, parent, sibling);
            }
            return;
        }
        paint(sibling, true);
        n = parent;
        parent = parent_of(n);
    }
    if (n) {
        paint(n, false);
    }
}

void peer_remove(struct peer_tree *tree, node_t *node) {
    node_t *child;
    node_t *parent;
    bool removed_red;
    if (node->left && node->right) {
        node_t *heir = node->right;
        while (heir->left) {
            heir = heir->left;
        }
        child = heir->right;
        parent = parent_of(heir);
        removed_red = is_red(heir);
        if (parent == node) {
            parent = heir;
        } else {
            parent->left = child;
            if (child) {
                set_parent(child, parent);
            }
            heir->right = node->right;
            set_parent(heir->right, heir);
        }
        heir->left = node->left;
        set_parent(heir->left, heir);
        heir->parent_and_red = node->parent_and_red;
        heir->subtree_last = node->subtree_last;
        repoint(tree, node, heir, parent_of(node));
        if (parent != heir) {
            refresh(parent, heir);
        }
        refresh(heir, NULL);
    } else {
        child = node->left ? node->left : node->right;
        parent = parent_of(node);
        removed_red = is_red(node);
        repoint(tree, node, child, parent);
        if (child) {
            set_parent(child, parent);
        }
        refresh(parent, NULL);
    }
    if (!removed_red) {
        repair_removal(tree, child, parent);
    }
}

/// The first overlap in a subtree that has something ending at `first` or later.
static node_t *search(node_t *n, uint64_t first, uint64_t last) {
    for (;;) {
        if (n->left && n->left->subtree_last >= first) {
            n = n->left;
            continue;
        }
        if (n->first > last) {
            return NULL;
        }
        if (n->last >= first) {
            return n;
        }
        n = n->right;
        if (!n || n->subtree_last < first) {
            return NULL;
        }
    }
}

node_t *peer_first_overlap(const struct peer_tree *tree, uint64_t first, uint64_t last) {
    if (!tree->root || tree->root->subtree_last < first) {
        return NULL;
    }
    return search(tree->root, first, last);
}

node_t *peer_next_overlap(node_t *n, uint64_t first, uint64_t last) {
    for (;;) {
        if (n->right && n->right->subtree_last >= first) {
            return search(n->right, first, last);
        }
        node_t *child;
        do {
            child = n;
            n = parent_of(child);
            if (!n) {
                return NULL;
            }
        } while (n->right == child);
        if (n->first > last) {
            return NULL;
        }
        if (n->last >= first) {
            return n;
        }
    }
}
