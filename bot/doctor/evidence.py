"""Evidence of the doctor."""
