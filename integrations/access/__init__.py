"""Access: authorisations and their tokens, from the vendor's yes to the day it ends."""
