"""The front door: the command line that wires settings, database, clock and gateway. Nobody imports it."""
