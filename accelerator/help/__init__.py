"""People in need: asking for help without an account, and the code by which they see how things stand."""
