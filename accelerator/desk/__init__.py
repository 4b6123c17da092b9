"""The coordinators' desk: write and publish requests, settle claims, look at deeds and reports."""
