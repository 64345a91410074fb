"""Where samples come from: folders, archives, tables, arrays, named sets."""
