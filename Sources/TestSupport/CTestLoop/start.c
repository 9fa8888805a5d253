#include "CTestLoop.h"
__attribute__((constructor)) static void start(void) { nautilus_test_start_loop(); }
