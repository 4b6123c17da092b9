"""Regions and districts: where help is needed, in which time zone, and whom to call there."""
