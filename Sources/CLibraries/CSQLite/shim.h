#pragma once
#include <sqlite3.h>

// sqlite3_config takes anything; Swift calls no variadic function.
static inline int shim_sqlite_count_memory(int counts) { return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, counts); }
