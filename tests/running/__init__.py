"""The processes as an operator starts and stops them."""
