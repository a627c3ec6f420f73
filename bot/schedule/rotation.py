"""What is to be done next about the scheduled rotation, and what follows from what came of it. Pure."""
