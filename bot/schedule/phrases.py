"""From the words of `schedule` to what is asked for, or to one sentence about the mistake. Pure."""
