#pragma once
#include <microhttpd.h>
#include <stddef.h>
#include <stdint.h>

/* Wraps C variadics, macros and headers that Swift does not import. No decisions here. */

typedef struct {
  const char *address;        /* dotted IPv4 or IPv6 text */
  uint16_t port;
  unsigned connection_limit;
  size_t connection_memory;   /* bytes for one connection's headers and buffers */
  unsigned timeout_seconds;   /* an idle connection is closed after this */
} shim_mhd_options;

/* Binds and starts a daemon in external-epoll mode; NULL with errno set when it cannot. */
struct MHD_Daemon *shim_mhd_start(unsigned flags, shim_mhd_options options, MHD_AccessHandlerCallback handler,
                                  void *context, MHD_RequestCompletedCallback completed, void *(*uri_log)(void *, const char *, struct MHD_Connection *),
                                  MHD_NotifyConnectionCallback notify);
int shim_mhd_epoll_fd(struct MHD_Daemon *daemon);
/* The port a daemon listens on, or -1. */
int shim_mhd_port(struct MHD_Daemon *daemon);
enum MHD_Result shim_mhd_upgrade_close(struct MHD_UpgradeResponseHandle *handle);
/* Bytes waiting in a descriptor's receive buffer, or -1. */
int shim_bytes_available(int fd);
/* Duplicate with close-on-exec, or -1. */
int shim_dup_cloexec(int fd);
/* Says that nothing more is sent on a socket (SHUT_WR is not imported everywhere). */
int shim_shutdown_write(int fd);
/* Names the calling thread (at most 15 characters). */
void shim_name_thread(const char *name);
/* The descriptor of a connection, or -1. */
int shim_mhd_connection_fd(struct MHD_Connection *connection);
