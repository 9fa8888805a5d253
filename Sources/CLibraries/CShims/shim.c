#define _GNU_SOURCE
#include "CShims.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int listener(const char *address, uint16_t port) {
  struct sockaddr_storage storage;
  socklen_t length;
  memset(&storage, 0, sizeof storage);
  struct sockaddr_in *v4 = (struct sockaddr_in *)&storage;
  struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&storage;
  if (inet_pton(AF_INET, address, &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    length = sizeof *v4;
  } else if (inet_pton(AF_INET6, address, &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    length = sizeof *v6;
  } else {
    errno = EINVAL;
    return -1;
  }
  int fd = socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  int one = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(fd, (struct sockaddr *)&storage, length) != 0 || listen(fd, 4096) != 0) {
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
  }
  return fd;
}

struct MHD_Daemon *shim_mhd_start(unsigned flags, shim_mhd_options o, MHD_AccessHandlerCallback handler, void *context,
                                  MHD_RequestCompletedCallback completed,
                                  void *(*uri_log)(void *, const char *, struct MHD_Connection *),
                                  MHD_NotifyConnectionCallback notify) {
  int fd = listener(o.address, o.port);
  if (fd < 0) return NULL;
  struct MHD_Daemon *daemon = MHD_start_daemon(
      flags, o.port, 0, 0, handler, context, MHD_OPTION_NOTIFY_COMPLETED, completed, (void *)0,
      MHD_OPTION_CONNECTION_LIMIT, o.connection_limit, MHD_OPTION_CONNECTION_MEMORY_LIMIT, o.connection_memory,
      MHD_OPTION_CONNECTION_TIMEOUT, o.timeout_seconds, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_URI_LOG_CALLBACK,
      uri_log, context, MHD_OPTION_NOTIFY_CONNECTION, notify, context, MHD_OPTION_END);
  if (!daemon) {
    close(fd);
    errno = ENOMEM;
  }
  return daemon;
}

int shim_mhd_epoll_fd(struct MHD_Daemon *daemon) {
  const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
  return info ? info->epoll_fd : -1;
}

int shim_mhd_port(struct MHD_Daemon *daemon) {
  const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_LISTEN_FD);
  struct sockaddr_storage storage;
  socklen_t length = sizeof storage;
  if (!info || getsockname(info->listen_fd, (struct sockaddr *)&storage, &length) != 0) return -1;
  return ntohs(storage.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&storage)->sin6_port
                                             : ((struct sockaddr_in *)&storage)->sin_port);
}

enum MHD_Result shim_mhd_upgrade_close(struct MHD_UpgradeResponseHandle *handle) {
  return MHD_upgrade_action(handle, MHD_UPGRADE_ACTION_CLOSE);
}

int shim_bytes_available(int fd) {
  int n = 0;
  return ioctl(fd, FIONREAD, &n) == 0 ? n : -1;
}

int shim_shutdown_write(int fd) { return shutdown(fd, SHUT_WR); }

int shim_dup_cloexec(int fd) { return fcntl(fd, F_DUPFD_CLOEXEC, 3); }

#include <pthread.h>
void shim_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }

int shim_mhd_connection_fd(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info ? info->connect_fd : -1;
}
