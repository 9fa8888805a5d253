#pragma once
/* Starts the event loop of a test process before any test: a test on the loop cannot start the loop it waits for. */
void nautilus_test_start_loop(void);
