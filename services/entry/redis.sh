#!/bin/sh
# The password goes into a file that only Redis reads, never into the command line. Streams are trimmed by the
# platform; a full Redis refuses writes (noeviction), which the bus answers with its spool.
umask 077
cat >/tmp/redis.conf <<END
port 6379
dir /data
requirepass $REDIS_PASSWORD
maxmemory ${REDIS_MAXMEMORY:-1gb}
maxmemory-policy noeviction
appendonly yes
appendfsync everysec
tcp-keepalive 60
END
unset REDIS_PASSWORD
exec redis-server /tmp/redis.conf
