/* What the scenarios of the load generator share: options, meters, connections. One thread, one epoll set. */
#ifndef LOAD_CORE_H
#define LOAD_CORE_H
#define _GNU_SOURCE
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ------------------------------------------------------------- utilities */

static inline double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}
/* prints the one JSON object with an "error" key and ends with status 1 */
__attribute__((format(printf, 1, 2), noreturn)) void die(const char *fmt, ...);
/* the same with "unsupported":true beside it: the server does not know what the scenario needs */
__attribute__((noreturn)) void unsupported(const char *what);
const char *opt(const char *key, const char *dflt);
double optf(const char *key, double dflt);
long opti(const char *key, long dflt);
void *xmalloc(size_t n);
void sort(double *v, size_t n);
double quant(const double *sorted, size_t n, double q);

static inline char *put_u(char *p, uint64_t v) {
  char t[24];
  int n = 0;
  do t[n++] = '0' + v % 10;
  while (v /= 10);
  while (n) *p++ = t[--n];
  return p;
}

/* ---------------------------------------------------------------- meters */

double server_cpu(void); /* seconds on a CPU, summed over the server's threads */
long server_rss(void);
extern double meter_from; /* when the measured part began */
void meter_start(void);
/* the common tail of the JSON object: CPU seconds used by server, by us, by others */
void meter_print(double t_end);

/* ----------------------------------------------------------- connections */

typedef struct Conn {
  int fd, id;
  char *carry; /* the beginning of a line whose end has not arrived */
  size_t clen, ccap;
  char *wb; /* what the kernel did not take yet */
  size_t wlen, woff, wcap;
  int want_out, closed;
  /* state of the scenario */
  uint64_t sent, done, informs, midsum;
  uint32_t batch; /* replies seen in this read */
  int kind, oks, fails;
} Conn;

typedef void (*line_fn)(Conn *, const char *, size_t);
typedef void (*after_fn)(Conn *);

extern struct sockaddr_in addr;
void conn_init(Conn *c, int id, int rcvbuf);
void conn_start(Conn *c); /* connects without waiting */
void conn_unwatch(Conn *c);
void conn_close(Conn *c);
void conn_flush(Conn *c);
void conn_put(Conn *c, const char *p, size_t n);
/* waits up to `ms` and reads everything readable: `fn` per line, `after` per connection; returns events seen */
int turn(int ms, line_fn fn, after_fn after);
void ignore_line(Conn *c, const char *p, size_t n);
void setup_line(Conn *c, const char *p, size_t n); /* counts replies (ok or not) and #sensor-status */
void settle(int ms, double most);                  /* until nothing arrives for ms, at most `most` seconds */
void greet_all(Conn *c, long n);                   /* one ?watchdog each, until all are answered */
Conn *open_all(long n);

/* ------------------------------------------------------------- scenarios */

void sc_pipeline(void);
void sc_latency(void);
void sc_list(void);
void sc_fanout(void);
void sc_bulk(void);
void sc_slow(void);
void sc_period(void);
void sc_paced(void);
void sc_deaf(void);
void sc_connect(void);
void sc_idle(void);

static inline int is_ok(const char *p, size_t n) {
  const char *sp = memchr(p, ' ', n);
  return sp && (size_t)(p + n - sp) >= 3 && !memcmp(sp, " ok", 3);
}
static inline int is_status(const char *p, size_t n) { return n > 15 && !memcmp(p, "#sensor-status ", 15); }
#endif
