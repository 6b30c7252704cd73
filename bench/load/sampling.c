/* What sampled sensors send: to many subscribers, for many sensors, and past a client that does not read. */
#include "core.h"
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static uint64_t informs, sent, replies, bytes, bad;
static uint64_t most; /* updates to make; 0: until `stop` */
static long sensors;  /* per connection, when no one sensor is named */
static double last, stop;
static const char *sensor; /* the one sensor, its value padded with `pad` */
static char *pad;
static size_t pad_len;
static Conn *trigger; /* the connection that sets the values */

static void subscribe(Conn *c, long n, long k, const char *strategy) {
  char b[256];
  for (long i = 0; i < n; i++)
    for (long j = 0; j < k; j++) {
      int l = sensor ? snprintf(b, sizeof b, "?sensor-sampling[%ld] %s %s\n", j + 1, sensor, strategy)
                     : snprintf(b, sizeof b, "?sensor-sampling[%ld] s%ld %s\n", j + 1, j, strategy);
      conn_put(&c[i], b, l);
      if (j == k - 1 || j % 64 == 63) conn_flush(&c[i]);
      if (j % 64 == 63) turn(0, setup_line, NULL);
    }
  for (;;) {
    turn(100, setup_line, NULL);
    long ok = 0, got = 0;
    for (long i = 0; i < n; i++) {
      if (c[i].fails) unsupported("sensor-sampling");
      ok += c[i].oks;
      got += c[i].informs;
    }
    if (ok >= n * k && got >= n * k) break;
  }
  settle(20, 5);
  for (long i = 0; i < n; i++) c[i].informs = 0, c[i].oks = 0;
}
static void update(long k) {
  char b[256];
  for (long i = 0; i < k && (!most || sent < most); i++) {
    char *p = b;
    memcpy(p, "?set-sensor[", 12);
    p = put_u(p + 12, sent + 1);
    *p++ = ']';
    *p++ = ' ';
    if (sensor) {
      size_t l = strlen(sensor);
      memcpy(p, sensor, l);
      p += l;
      *p++ = ' ';
      p = put_u(p, sent + 1);
      conn_put(trigger, b, p - b);
      conn_put(trigger, pad, pad_len);
      conn_put(trigger, "\n", 1);
    } else {
      *p++ = 's';
      p = put_u(p, sent % sensors);
      *p++ = ' ';
      p = put_u(p, sent / sensors + 1); /* another value every time: nothing may be left out */
      memcpy(p, ".25\n", 4);
      conn_put(trigger, b, p + 4 - b);
    }
    sent++;
  }
  conn_flush(trigger);
}
static void update_line(Conn *c, const char *p, size_t n) {
  if (c->kind == 1) {
    if (p[0] != '!') return;
    if (!is_ok(p, n)) bad++;
    replies++;
    c->batch++;
  } else if (is_status(p, n)) {
    informs++;
    bytes += n + 1;
    c->informs++;
    c->batch++;
  }
}
static void update_after(Conn *c) {
  if (c->batch == 0) return;
  last = now();
  if (c == trigger && (most || last < stop)) update(c->batch);
}

/* ---------------------------------------------------------------- fanout */

void sc_fanout(void) {
  long C = opti("c", 100), W = opti("w", 32);
  double secs = optf("secs", 1);
  sensors = opti("k", 1);
  most = opti("u", 0);
  Conn *c = open_all(C + 1);
  trigger = &c[C];
  trigger->kind = 1;
  subscribe(c, C, sensors, opt("strategy", "event"));
  meter_start();
  last = meter_from;
  stop = meter_from + secs;
  update(W);
  for (;;) {
    turn(100, update_line, update_after);
    double t = now();
    int issued = most ? sent >= most : t >= stop;
    if (issued && replies >= sent) {
      if (informs >= sent * (uint64_t)C) break;
      if (t - last > 1.0) break;
    }
  }
  if (bad) die("%llu set-sensor refused", (unsigned long long)bad);
  double span = last - meter_from;
  printf("{\"scenario\":\"fanout\",\"c\":%ld,\"k\":%ld,\"updates\":%llu,\"informs\":%llu,\"expected\":%llu,\"rate\":%.1f,"
         "\"updates_s\":%.1f,\"mb_s\":%.2f,",
         C, sensors, (unsigned long long)sent, (unsigned long long)informs, (unsigned long long)(sent * C),
         informs / span, sent / span, bytes / span / 1e6);
  meter_print(last);
}

/* ------------------------------------------------------------------ bulk */

static int replied, accepted;
static double t_first, t_reply, t_all;
static uint64_t wanted;
static double probe_sent, probe_most;
static void probe(Conn *c) {
  static const char m[] = "?watchdog[1]\n";
  probe_sent = now();
  conn_put(c, m, sizeof m - 1);
  conn_flush(c);
}
static void bulk_line(Conn *c, const char *p, size_t n) {
  if (c->kind == 2 && p[0] == '!') {
    double t = now() - probe_sent;
    if (t > probe_most) probe_most = t;
    probe(c);
  }
  if (c->kind != 1) return;
  if (p[0] == '!') {
    replied++;
    accepted = is_ok(p, n);
    t_reply = now();
  } else if (is_status(p, n)) {
    if (!informs++) t_first = now();
    if (informs == wanted) t_all = now();
  }
}
void sc_bulk(void) {
  long N = opti("n", 1000), R = opti("r", 3);
  const char *strategy = opt("strategy", "event");
  wanted = N;
  char *m = xmalloc(N * 12 + 128);
  double *reply = xmalloc(R * sizeof *reply), *first = xmalloc(R * sizeof *first), *all = xmalloc(R * sizeof *all);
  double total = 0, cpu = 0;
  Conn *k = open_all(1); /* stays; used to wait for the server between rounds */
  double *most_waited = xmalloc(R * sizeof *most_waited);
  meter_start();
  for (long r = 0; r < R; r++) {
    Conn *c = open_all(1);
    c->kind = 1;
    char *p = m + sprintf(m, "?sensor-sampling[7] ");
    for (long i = 0; i < N; i++) {
      if (i) *p++ = ',';
      *p++ = 's';
      p = put_u(p, i);
    }
    p += sprintf(p, " %s\n", strategy);
    informs = replied = accepted = 0;
    k->kind = 2;
    probe_most = 0;
    probe(k);
    double c0 = server_cpu(), t = now();
    conn_put(c, m, p - m);
    conn_flush(c);
    while (!replied || (accepted && informs < wanted)) turn(1000, bulk_line, NULL);
    if (!accepted) unsupported("bulk sensor-sampling");
    total += (t_reply > t_all ? t_reply : t_all) - t;
    reply[r] = (t_reply - t) * 1e3;
    first[r] = (t_first - t) * 1e3;
    all[r] = (t_all - t) * 1e3;
    cpu += server_cpu() - c0;
    k->kind = 0;
    most_waited[r] = probe_most * 1e3;
    conn_close(c);
    greet_all(k, 1);
    settle(30, 3);
  }
  sort(reply, R);
  sort(first, R);
  sort(all, R);
  sort(most_waited, R);
  printf("{\"scenario\":\"bulk\",\"n\":%ld,\"others_ms\":%.3f,\"reply_ms\":%.3f,\"first_ms\":%.3f,\"all_ms\":%.3f,"
         "\"rate\":%.1f,\"bulk_cpu\":%.4f,",
         N, quant(most_waited, R, .5), quant(reply, R, .5), quant(first, R, .5), quant(all, R, .5), N * R / total, cpu);
  meter_print(now());
}

/* ------------------------------------------------------------------ slow */

/* Is the stuck one gone (the server closed it)? Reads what was still on its way. */
static int gone(Conn *s, uint64_t *late) {
  static char rest[1 << 16];
  double until = now() + 3.0;
  for (int idle = 0; now() < until && idle < 30;) {
    ssize_t n = recv(s->fd, rest, sizeof rest, 0);
    if (n > 0) {
      *late += n;
      idle = 0;
      continue;
    }
    if (n == 0 || (errno != EAGAIN && errno != EINTR)) return 1;
    idle++;
    usleep(10000);
  }
  return 0;
}
void sc_slow(void) {
  long C = opti("c", 4), S = opti("s", 1), W = opti("w", 16), size = opti("size", 4096);
  most = opti("u", 12000);
  sensor = opt("sensor", "blob");
  pad_len = size;
  pad = xmalloc(size);
  for (long i = 0; i < size; i++) pad[i] = 'a' + i % 26;
  Conn *c = open_all(C + 1);
  trigger = &c[C];
  trigger->kind = 1;
  subscribe(c, C, 1, "event");
  Conn *s = calloc(S ? S : 1, sizeof *s);
  if (!s) die("out of memory");
  for (long i = 0; i < S; i++) conn_init(&s[i], 1000 + i, 8192);
  for (long i = 0; i < S; i++) greet_all(&s[i], 1);
  subscribe(s, S, 1, "event");
  for (long i = 0; i < S; i++) conn_unwatch(&s[i]); /* from here on never read */
  long r0 = server_rss(), rmax = r0, r;
  double look = 0;
  meter_start();
  last = meter_from;
  update(W);
  for (;;) {
    turn(100, update_line, update_after);
    double t = now();
    if (t > look) {
      if ((r = server_rss()) > rmax) rmax = r;
      look = t + 0.005;
    }
    if (sent >= most && replies >= sent) {
      if (informs >= sent * (uint64_t)C) break;
      if (t - last > 1.0) break;
    }
  }
  double end = last;
  if (bad) die("%llu set-sensor refused", (unsigned long long)bad);
  if ((r = server_rss()) > rmax) rmax = r;
  long lost = 0;
  uint64_t late = 0;
  for (long i = 0; i < S; i++) lost += gone(&s[i], &late);
  printf("{\"scenario\":\"slow\",\"c\":%ld,\"s\":%ld,\"size\":%ld,\"updates\":%llu,\"informs\":%llu,\"expected\":%llu,"
         "\"updates_s\":%.1f,\"rate\":%.1f,\"rss0\":%ld,\"rss_max\":%ld,\"rss_growth_mb\":%.1f,\"offered_mb\":%.1f,"
         "\"stuck_gone\":%ld,\"stuck_late_mb\":%.2f,",
         C, S, size, (unsigned long long)sent, (unsigned long long)informs, (unsigned long long)(sent * C),
         sent / (end - meter_from), informs / (end - meter_from), r0, rmax, (rmax - r0) / 1e6,
         S * (double)sent * size / 1e6, lost, late / 1e6);
  meter_print(end);
}
