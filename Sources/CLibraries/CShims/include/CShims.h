#pragma once
#include <stddef.h>
#include <stdint.h>

/* Wraps C variadics, macros and headers that Swift does not import. No decisions here. */

/* A listening socket on dotted IPv4 or IPv6 text; -1 with errno set when there cannot be one. */
int shim_listen(const char *address, uint16_t port);
/* The next waiting connection, not blocking; -1 with errno set when there is none. */
int shim_accept(int listener);
/* The port a socket is bound to, or -1. */
int shim_port(int fd);
/* Says that nothing more is sent on a socket (SHUT_WR is not imported everywhere). */
int shim_shutdown_write(int fd);
/* Keeps freed memory up to so many bytes for later instead of handing it back; does nothing without glibc. */
void shim_keep_freed_memory(size_t bytes);
/* A descriptor that becomes readable when 8 bytes are written to it, neither blocking nor inherited; -1 with errno set. */
int shim_wake_descriptor(void);
/* Has the kernel send this process a signal when the thread that started it ends; -1 where it cannot. */
int shim_signal_at_parents_end(int signal);
/* Names the calling thread (at most 15 characters). */
void shim_name_thread(const char *name);
