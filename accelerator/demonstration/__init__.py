"""A believable Almaty for whoever looks around first: people, requests, deeds, pictures drawn for the project."""
