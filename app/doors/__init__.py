"""The addresses that machines use: alerts come in, pagers report back. People's pages are in `views`."""
