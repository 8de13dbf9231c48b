"""What is measured on purpose: run with ``make bench``; nothing here is asserted by a test."""
