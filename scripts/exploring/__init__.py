"""Every interleaving of a small world, as the pure rules have it: `scripts/explore`."""
