"""From a source (folder, table, arrays, named set) to decoded pixels and batches."""
