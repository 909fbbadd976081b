"""What `hotline doctor` looks at."""
