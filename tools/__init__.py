"""What the makefile starts besides the program itself."""
