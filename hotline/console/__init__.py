"""The console, put together: what its pages stand on, from the services of its process."""
