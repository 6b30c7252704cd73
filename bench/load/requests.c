/* Requests and replies: pipelined, one at a time, and requests that are answered with informs. */
#include "core.h"
#include <stdio.h>
#include <sys/socket.h>

/* -------------------------------------------------------------- pipeline */

static const char *name = "watchdog";
static size_t name_len = 8;
static double stop, last;
static uint64_t per_conn, replies, bad;

static void pipeline_send(Conn *c, uint32_t k) {
  char tmp[64];
  if (per_conn) {
    if (c->sent >= per_conn) return;
    if (c->sent + k > per_conn) k = per_conn - c->sent;
  }
  for (uint32_t i = 0; i < k; i++) {
    char *p = tmp;
    *p++ = '?';
    memcpy(p, name, name_len);
    p += name_len;
    *p++ = '[';
    c->sent++;
    p = put_u(p, c->sent);
    *p++ = ']';
    *p++ = '\n';
    conn_put(c, tmp, p - tmp);
  }
  conn_flush(c);
}
static void pipeline_line(Conn *c, const char *p, size_t n) {
  if (p[0] != '!') {
    c->informs++;
    return;
  }
  /* !name[mid] ok */
  if (n < name_len + 7 || memcmp(p + 1, name, name_len) || p[1 + name_len] != '[') {
    bad++;
  } else {
    const char *q = p + name_len + 2, *e = p + n;
    uint64_t m = 0;
    while (q < e && *q >= '0' && *q <= '9') m = m * 10 + (*q++ - '0');
    c->midsum += m;
    if (e - q < 4 || memcmp(q, "] ok", 4)) bad++;
  }
  c->done++;
  c->batch++;
  replies++;
}
static void pipeline_after(Conn *c) {
  if (c->batch && (per_conn || last < stop)) pipeline_send(c, c->batch);
}

void sc_pipeline(void) {
  long C = opti("c", 1), W = opti("w", 64);
  double secs = optf("secs", 1);
  per_conn = opti("r", 0);
  name = opt("req", "watchdog");
  name_len = strlen(name);
  if (name_len > 32) die("the request's name is too long");
  Conn *c = open_all(C);
  for (long i = 0; i < C; i++) c[i].sent = c[i].done = c[i].midsum = c[i].informs = 0;
  meter_start();
  last = now();
  stop = last + secs;
  for (long i = 0; i < C; i++) pipeline_send(&c[i], W);
  for (;;) {
    turn(100, pipeline_line, pipeline_after);
    last = now();
    if (per_conn ? replies >= per_conn * (uint64_t)C : last >= stop) {
      uint64_t sent = 0;
      for (long i = 0; i < C; i++) sent += c[i].sent;
      if (replies >= sent) break;
    }
  }
  double end = now();
  for (long i = 0; i < C; i++)
    if (c[i].done != c[i].sent || c[i].midsum != c[i].sent * (c[i].sent + 1) / 2) bad++;
  if (bad) die("%llu wrong replies of %llu", (unsigned long long)bad, (unsigned long long)replies);
  printf("{\"scenario\":\"pipeline\",\"c\":%ld,\"w\":%ld,\"n\":%llu,\"rate\":%.1f,", C, W, (unsigned long long)replies,
         replies / (end - meter_from));
  meter_print(end);
}

/* --------------------------------------------------------------- latency */

static double *lat, lat_sent;
static size_t lat_n, lat_cap;
static int answered;
static void lat_add(double us) {
  if (lat_n == lat_cap) {
    lat_cap = lat_cap ? lat_cap * 2 : 65536;
    lat = realloc(lat, lat_cap * sizeof *lat);
    if (!lat) die("out of memory");
  }
  lat[lat_n++] = us;
}
static void latency_line(Conn *c, const char *p, size_t n) {
  if (c->kind == 1) {
    pipeline_line(c, p, n);
    return;
  }
  if (p[0] != '!') return;
  lat_add((now() - lat_sent) * 1e6);
  if (!is_ok(p, n)) bad++;
  answered = 1;
}
static void latency_after(Conn *c) {
  if (c->kind == 1 && c->batch) pipeline_send(c, c->batch);
}
void sc_latency(void) {
  double secs = optf("secs", 1);
  uint64_t R = opti("r", 0);
  long bg = opti("bg", 0);
  const char *req = opt("req", "watchdog");
  Conn *c = open_all(bg ? 2 : 1);
  if (bg) {
    c[1].kind = 1;
    c[1].sent = c[1].done = c[1].midsum = 0;
    pipeline_send(&c[1], bg);
  }
  meter_start();
  stop = now() + secs;
  for (uint64_t i = 0; R ? i < R : now() < stop; i++) {
    char m[64];
    int n = snprintf(m, sizeof m, "?%s[%llu]\n", req, (unsigned long long)i + 1);
    answered = 0;
    lat_sent = now();
    if (send(c[0].fd, m, n, MSG_NOSIGNAL) != n) die("send failed");
    while (!answered) turn(1000, latency_line, latency_after);
  }
  double end = now();
  if (bad) die("%llu wrong replies", (unsigned long long)bad);
  sort(lat, lat_n);
  printf("{\"scenario\":\"latency\",\"n\":%zu,\"p50\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"max\":%.1f,\"rate\":%.1f,\"bg_rate\":%.1f,",
         lat_n, quant(lat, lat_n, .5), quant(lat, lat_n, .99), quant(lat, lat_n, .999), quant(lat, lat_n, 1), lat_n / (end - meter_from),
         bg ? c[1].done / (end - meter_from) : 0.0);
  meter_print(end);
}

/* ------------------------------------------------------------------ list */

static uint64_t informs, said, bytes;
static char prefix[64];
static size_t prefix_len;
static void list_line(Conn *c, const char *p, size_t n) {
  (void)c;
  if (n < prefix_len || memcmp(p + 1, prefix + 1, prefix_len - 1)) return;
  bytes += n + 1;
  if (p[0] == '#') informs++;
  else if (p[0] == '!') {
    const char *sp = memchr(p, ' ', n);
    replies++;
    if (!sp || (size_t)(p + n - sp) < 5 || memcmp(sp, " ok ", 4)) bad++;
    else said += strtoull(sp + 4, NULL, 10);
  }
}
void sc_list(void) {
  double secs = optf("secs", 1), first = 0;
  uint64_t R = opti("r", 0), i;
  const char *req = opt("req", "sensor-list");
  Conn *c = open_all(1);
  prefix_len = snprintf(prefix, sizeof prefix, "#%s[", req);
  meter_start();
  stop = now() + secs;
  for (i = 0; R ? i < R : (now() < stop || i == 0); i++) {
    char m[128];
    int n = snprintf(m, sizeof m, "?%s[%llu]\n", req, (unsigned long long)i + 1);
    double t = now();
    conn_put(c, m, n);
    conn_flush(c);
    while (replies <= i) turn(1000, list_line, NULL);
    if (i == 0) first = now() - t;
    lat_add((now() - t) * 1e6);
  }
  double end = now();
  if (bad || said != informs)
    die("list: %llu bad replies, %llu informs, replies say %llu", (unsigned long long)bad, (unsigned long long)informs,
        (unsigned long long)said);
  sort(lat, lat_n);
  printf("{\"scenario\":\"list\",\"req\":\"%s\",\"n\":%llu,\"per_list\":%.1f,\"rate\":%.1f,\"p50\":%.1f,\"p99\":%.1f,"
         "\"first_us\":%.1f,\"mb_s\":%.2f,",
         req, (unsigned long long)i, (double)informs / i, informs / (end - meter_from), quant(lat, lat_n, .5),
         quant(lat, lat_n, .99), first * 1e6, bytes / (end - meter_from) / 1e6);
  meter_print(end);
}
