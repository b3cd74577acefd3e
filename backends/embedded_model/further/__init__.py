"""A study: what a last phase of training on top of the shipped model reaches. Its weights do not ship."""
