"""A verdict as terminal lines, pull-request comment and JUnit XML."""
