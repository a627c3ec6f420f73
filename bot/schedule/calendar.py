"""When a window opens and ends, across both changes of the clock. Pure."""
