"""What the tests of the library share: job functions, and running tests on an event loop."""
