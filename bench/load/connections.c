/* Connections: how fast they are opened and served, what they cost when idle. */
#include "core.h"
#include <stdio.h>

/* --------------------------------------------------------------- connect */

static long left, served;
static uint64_t versions;
static void start(Conn *c) {
  conn_start(c);
  conn_put(c, "?watchdog[1]\n", 13);
}
static void connect_line(Conn *c, const char *p, size_t n) {
  if (n > 9 && !memcmp(p, "!watchdog", 9)) c->done = 1;
  else if (n > 16 && !memcmp(p, "#version-connect", 16)) c->informs++;
}
static void connect_after(Conn *c) {
  if (!c->done) return;
  versions += c->informs;
  conn_close(c);
  served++;
  if (left > 0) {
    left--;
    start(c);
  }
}
void sc_connect(void) {
  long N = opti("n", 500), P = opti("p", 8);
  Conn *c = calloc(P, sizeof *c);
  if (!c) die("out of memory");
  left = N;
  meter_start();
  for (long i = 0; i < P && left > 0; i++) {
    left--;
    start(&c[i]);
  }
  while (served < N) turn(100, connect_line, connect_after);
  double end = now();
  printf("{\"scenario\":\"connect\",\"n\":%ld,\"p\":%ld,\"rate\":%.1f,\"version_connects\":%.2f,", N, P,
         N / (end - meter_from), (double)versions / N);
  meter_print(end);
}

/* ------------------------------------------------------------------ idle */

static void rest(double secs) {
  double until = now() + secs;
  while (now() < until) turn(50, ignore_line, NULL);
}
void sc_idle(void) {
  long N = opti("n", 1000), more = opti("more", 0);
  double wait = optf("wait", 0.5);
  open_all(1); /* what the first connection costs is not counted */
  settle(100, 1);
  long r0 = server_rss();
  meter_start();
  double t = now();
  Conn *c = open_all(N);
  double opened = now() - t;
  rest(wait);
  long r1 = server_rss();
  double c0 = server_cpu(), w0 = now();
  rest(wait);
  double share = (server_cpu() - c0) / (now() - w0);
  /* what a process needs once is there: these cost what they cost for ever */
  Conn *d = more > 0 ? open_all(more) : NULL;
  if (more > 0) rest(wait);
  long r2 = server_rss();
  for (long i = 0; i < more; i++) conn_close(&d[i]);
  for (long i = 0; i < N; i++) conn_close(&c[i]);
  rest(wait);
  printf("{\"scenario\":\"idle\",\"n\":%ld,\"rss0\":%ld,\"rss1\":%ld,\"rss_closed\":%ld,\"bytes_per_conn\":%.0f,"
         "\"bytes_per_later_conn\":%.0f,\"open_secs\":%.3f,\"idle_cpu_share\":%.4f,",
         N, r0, r1, server_rss(), (double)(r1 - r0) / N, more > 0 ? (double)(r2 - r1) / more : 0.0, opened, share);
  meter_print(now());
}
