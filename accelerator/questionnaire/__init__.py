"""The questions that people in need are asked: versions, their editing, and the same on paper."""
