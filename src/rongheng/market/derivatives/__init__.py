"""What hangs on an index: the basis of its futures, and the snowballs (雪球) written on it."""
