"""What all addresses have in common: checks before a request, forms, uploads, errors, and the pages."""
