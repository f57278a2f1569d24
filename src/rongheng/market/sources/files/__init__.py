"""Files of vendors, portals and users: recognised by content, read with their units, checked, turned into batches."""
