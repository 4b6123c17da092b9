"""Appeals at the desk: the coordinators' queue and pages, and what is sealed for the auditors."""
