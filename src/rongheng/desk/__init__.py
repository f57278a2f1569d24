"""The working day: one function per moment of it. Only the desk holds a store (and later a book) in its hands."""
