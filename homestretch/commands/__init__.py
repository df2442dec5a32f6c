"""What can be called: each family of commands declares its calls and holds what they do."""
