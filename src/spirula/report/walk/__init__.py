"""The walk as one offline page: layers, maps, and the arithmetic of every number on them."""
