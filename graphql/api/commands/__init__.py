"""What can be done: each mutation carries out one procedure of the core and reads back what it concerned."""
