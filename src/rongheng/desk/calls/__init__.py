"""Calls at the desk: judged at their moments, acted on by officers, told to clients, listed."""
