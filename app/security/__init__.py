"""Who may do what: people, sessions, tokens, permissions, and secrets at rest."""
