"""The processes: web and background, and the small supervisor that starts and stops both."""
