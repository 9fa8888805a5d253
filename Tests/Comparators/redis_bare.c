/* The least that publish → group read → acknowledge costs over hiredis: one thread pipelines XADD, one reads with
 * XREADGROUP, one acknowledges with XACK. Says messages a second.
 *
 *   cc -O2 -o redis_bare redis_bare.c -lhiredis -lpthread && ./redis_bare PORT [COUNT] [KEY] [FIELDS]
 *
 * FIELDS is `bare` (one field, the payload) or `full` (the six fields of a message that docs/bus.md names). */
#include <hiredis/hiredis.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { batch = 128, read_count = 512, ring = 4096 };

static int port, total = 500000, full;
static const char *key = "bench-bare:stream";

/* Entry ids on their way from the reader to the acknowledger. */
static struct { char ids[read_count][32]; int count; } boxes[ring];
static int filled, emptied, ended;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ready = PTHREAD_COND_INITIALIZER;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

static redisContext *open_redis(void) {
  redisContext *c = redisConnect("127.0.0.1", port);
  if (!c || c->err) exit(1);
  return c;
}

static void *publish(void *unused) {
  redisContext *c = open_redis();
  char payload[101];
  memset(payload, 'x', 100);
  payload[100] = 0;
  for (int i = 0; i < total; i += batch) {
    for (int j = 0; j < batch; j++) {
      if (full)
        redisAppendCommand(c, "XADD %s * id %032x topic bench.flow.AAPL ts 1700000000000000000 source bench seq 0 data %b",
                           key, i + j, payload, (size_t)100);
      else
        redisAppendCommand(c, "XADD %s * data %b", key, payload, (size_t)100);
    }
    for (int j = 0; j < batch; j++) {
      redisReply *r;
      if (redisGetReply(c, (void **)&r) != REDIS_OK) exit(2);
      freeReplyObject(r);
    }
  }
  redisFree(c);
  return unused;
}

static void *acknowledge(void *unused) {
  redisContext *c = open_redis();
  for (;;) {
    pthread_mutex_lock(&lock);
    while (emptied == filled && !ended) pthread_cond_wait(&ready, &lock);
    int have = filled - emptied;
    pthread_mutex_unlock(&lock);
    if (!have) break;
    const char *words[read_count + 3] = {"XACK", key, "g"};
    int at = emptied % ring;
    for (int i = 0; i < boxes[at].count; i++) words[3 + i] = boxes[at].ids[i];
    redisReply *r = redisCommandArgv(c, 3 + boxes[at].count, words, NULL);
    freeReplyObject(r);
    pthread_mutex_lock(&lock);
    emptied++;
    pthread_cond_broadcast(&ready);
    pthread_mutex_unlock(&lock);
  }
  redisFree(c);
  return unused;
}

int main(int argc, char **argv) {
  if (argc < 2) return 64;
  port = atoi(argv[1]);
  if (argc > 2) total = atoi(argv[2]) / batch * batch;
  if (argc > 3) key = argv[3];
  full = argc > 4 && strcmp(argv[4], "full") == 0;
  redisContext *c = open_redis();
  freeReplyObject(redisCommand(c, "UNLINK %s", key));
  freeReplyObject(redisCommand(c, "XGROUP CREATE %s g $ MKSTREAM", key));
  double start = now();
  pthread_t publisher, acknowledger;
  pthread_create(&publisher, 0, publish, 0);
  pthread_create(&acknowledger, 0, acknowledge, 0);
  for (int got = 0; got < total;) {
    redisReply *r = redisCommand(c, "XREADGROUP GROUP g c COUNT %d BLOCK 1000 STREAMS %s >", read_count, key);
    if (r && r->type == REDIS_REPLY_ARRAY) {
      redisReply *entries = r->element[0]->element[1];
      pthread_mutex_lock(&lock);
      while (filled - emptied == ring) pthread_cond_wait(&ready, &lock);
      pthread_mutex_unlock(&lock);
      int at = filled % ring;
      boxes[at].count = (int)entries->elements;
      for (size_t i = 0; i < entries->elements; i++)
        snprintf(boxes[at].ids[i], sizeof boxes[at].ids[i], "%s", entries->element[i]->element[0]->str);
      got += boxes[at].count;
      pthread_mutex_lock(&lock);
      filled++;
      pthread_cond_broadcast(&ready);
      pthread_mutex_unlock(&lock);
    }
    freeReplyObject(r);
  }
  pthread_mutex_lock(&lock);
  ended = 1;
  pthread_cond_broadcast(&ready);
  pthread_mutex_unlock(&lock);
  pthread_join(acknowledger, 0);
  double seconds = now() - start;
  pthread_join(publisher, 0);
  freeReplyObject(redisCommand(c, "UNLINK %s", key));
  printf("%.0f\n", total / seconds);
  return 0;
}
