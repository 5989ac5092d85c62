"""What the site makes of the program itself while it is built."""
