#include "interval_tree_peer.h"
