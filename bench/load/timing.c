/* When what is sampled arrives, and what others notice of a client that does not read. */
#include "core.h"
#include <stdio.h>
#include <arpa/inet.h>
#include <unistd.h>

/* times in microseconds */
typedef struct Lates {
  double *v;
  size_t n, cap;
} Lates;
static Lates late, added;
static void lates_add(Lates *l, double us) {
  if (l->n == l->cap) {
    l->cap = l->cap ? l->cap * 2 : 1 << 20;
    l->v = realloc(l->v, l->cap * sizeof *l->v);
    if (!l->v) die("out of memory");
  }
  l->v[l->n++] = us;
}
static void lates_print(const char *name, Lates *l) {
  sort(l->v, l->n);
  printf("\"%s_p50\":%.1f,\"%s_p99\":%.1f,\"%s_p999\":%.1f,\"%s_max\":%.1f,", name, quant(l->v, l->n, .5), name,
         quant(l->v, l->n, .99), name, quant(l->v, l->n, .999), name, quant(l->v, l->n, 1));
}
/* the first argument behind so many blanks */
static const char *behind(const char *p, const char *end, int blanks) {
  while (blanks && p < end)
    if (*p++ == ' ') blanks--;
  return p;
}
static uint64_t number(const char **p) {
  uint64_t v = 0;
  while (**p >= '0' && **p <= '9') v = v * 10 + (*(*p)++ - '0');
  return v;
}
static uint64_t informs, replies, bad;
static int measuring;

/* the strategies of k sensors of each of n connections, in requests of up to 500 names */
static void sample(Conn *c, long n, long k, const char *strategy, const char *prefix) {
  char *b = xmalloc(500 * (12 + strlen(prefix)) + 128);
  for (long i = 0; i < n; i++) {
    for (long j = 0; j < k;) {
      char *p = b + sprintf(b, "?sensor-sampling[%ld] ", j + 1);
      for (long to = j + 500 < k ? j + 500 : k, from = j; j < to; j++) {
        if (j > from) *p++ = ',';
        p = stpcpy(p, prefix);
        *p++ = 's';
        p = put_u(p, j);
      }
      p += sprintf(p, " %s\n", strategy);
      conn_put(&c[i], b, p - b);
      conn_flush(&c[i]);
      turn(0, setup_line, NULL);
    }
  }
  for (;;) {
    turn(100, setup_line, NULL);
    long ok = 0, got = 0;
    for (long i = 0; i < n; i++) {
      if (c[i].fails) unsupported("bulk sensor-sampling");
      ok += c[i].oks;
      got += c[i].informs;
    }
    if (ok >= n * ((k + 499) / 500) && got >= n * k) break;
  }
}

/* ---------------------------------------------------------------- period */

static double *first, period;
static uint32_t *count;
static long K;
static void period_line(Conn *c, const char *p, size_t n) {
  if (!is_status(p, n)) return;
  informs++;
  const char *at = behind(p, p + n, 3);
  if (*at++ != 's') return;
  long i = number(&at);
  if (i >= K) return;
  size_t x = (size_t)c->kind * K + i;
  /* now, and not before the wait for it: a burst would seem to be early by as long as that took */
  double arrival = now();
  double begun = arrival - count[x] * period;
  /* the one that was least late says when it began */
  if (count[x]++ == 0 || begun < first[x]) first[x] = begun;
  if (measuring) lates_add(&late, (begun - first[x]) * 1e6);
}
/* sensors sampled by period: each report is late by what it is behind the first one and whole periods */
void sc_period(void) {
  long C = opti("c", 1);
  double secs = optf("secs", 3);
  char strategy[64];
  K = opti("k", 1000);
  period = optf("period", 1);
  snprintf(strategy, sizeof strategy, "period %g", period);
  Conn *c = open_all(C);
  for (long i = 0; i < C; i++) c[i].kind = i;
  first = calloc(C * K, sizeof *first);
  count = calloc(C * K, sizeof *count);
  sample(c, C, K, strategy, "");
  measuring = 0;
  for (double t = now(); now() < t + 2 * period;) turn(10, period_line, NULL);
  meter_start();
  informs = 0;
  measuring = 1;
  while (now() < meter_from + secs) turn(10, period_line, NULL);
  double end = now();
  printf("{\"scenario\":\"period\",\"c\":%ld,\"k\":%ld,\"period\":%g,\"informs\":%llu,\"expected\":%.0f,\"rate\":%.1f,"
         "\"rss\":%ld,",
         C, K, period, (unsigned long long)informs, C * K * (end - meter_from) / period, informs / (end - meter_from),
         server_rss());
  lates_print("late", &late);
  meter_print(end);
}

/* ----------------------------------------------------------------- paced */

/* a server that is measured: the one that was named, and beside it perhaps a plain one */
typedef struct Side {
  Conn *trigger;
  const char *prefix;
  double *sent_at;
  uint64_t sent, replies, informs;
  Lates late;
} Side;
static Side sides[2];
static double *direct_at;
/* the kinds of connections, of the second side with 4 more */
enum { CLIENT, TRIGGER, DIRECT };
static void paced_line(Conn *c, const char *p, size_t n) {
  Side *side = &sides[c->kind >> 2];
  int kind = c->kind & 3;
  if (kind == TRIGGER) {
    if (p[0] != '!') return;
    if (!is_ok(p, n)) bad++;
    side->replies++;
    return;
  }
  if (!is_status(p, n)) return;
  const char *at = behind(p, p + n, 3);
  if (kind == CLIENT) {
    side->informs++;
    at += strlen(side->prefix);
  }
  if (*at++ != 's') return;
  uint64_t i = number(&at);
  at = behind(at, p + n, 2);
  uint64_t v = number(&at), seq = (v - 1) * K + i;
  if (v == 0 || seq >= side->sent) return;
  double t = now();
  if (kind == DIRECT) {
    direct_at[seq] = t;
    return;
  }
  lates_add(&side->late, (t - side->sent_at[seq]) * 1e6);
  if (side == sides && direct_at && direct_at[seq] > 0) lates_add(&added, (t - direct_at[seq]) * 1e6);
}
static void paced_set(Side *side) {
  uint64_t seq = side->sent++;
  char b[96], *p = b + sprintf(b, "?set-sensor[%llu] s%llu ", (unsigned long long)seq + 1, (unsigned long long)seq % K);
  p = put_u(p, seq / K + 1);
  memcpy(p, ".25\n", 4);
  side->sent_at[seq] = now();
  conn_put(side->trigger, b, p + 4 - b);
}
static int paced_done(const Side *side, uint64_t clients) {
  return side->replies >= side->sent && side->informs >= side->sent * clients;
}
/* sensors that change at a steady rate, and all clients that are told of each change: late is from the request that
   sets it to the arrival; added, with `set`, from the arrival at a client of that port; plain, with `plain`, is late of
   as many clients of that port, whose sensors change in every second window */
void sc_paced(void) {
  long C = opti("c", 100);
  double secs = optf("secs", 3), rate = optf("rate", 1000), window = optf("window", 0.1);
  K = opti("k", 1000);
  uint64_t burst = opti("burst", 1);
  int closed = opti("closed", 0);
  long device = opti("set", 0), plain = opti("plain", 0);
  uint64_t most = secs * rate;
  Conn *c = open_all(device ? C : C + 1);
  sides[0].prefix = opt("prefix", "");
  sides[0].trigger = &c[C];
  sample(c, C, K, "event", sides[0].prefix);
  for (int i = 0; i < 2; i++) sides[i].sent_at = xmalloc((most + 1) * sizeof(double));
  if (device) {
    addr.sin_port = htons(device);
    Conn *direct = open_all(2);
    direct[1].kind = DIRECT;
    sample(&direct[1], 1, K, "event", "");
    direct_at = calloc(most + 1, sizeof *direct_at);
    if (!direct_at) die("out of memory");
    sides[0].trigger = &direct[0];
  }
  sides[0].trigger->kind = TRIGGER;
  if (plain) {
    addr.sin_port = htons(plain);
    Conn *beside = open_all(C + 1);
    for (long i = 0; i <= C; i++) beside[i].kind = 4 + (i < C ? CLIENT : TRIGGER);
    sides[1].prefix = "";
    sides[1].trigger = &beside[C];
    sample(beside, C, K, "event", "");
  }
  meter_start();
  for (uint64_t sent = 0;;) {
    double t = now();
    for (; sent < most; sent++) {
      double due = sent / burst * burst / rate;
      if (closed ? sent % burst == 0 && !paced_done(sides, C) : t < meter_from + due) break;
      paced_set(&sides[plain && (uint64_t)(due / window) % 2]);
    }
    conn_flush(sides[0].trigger);
    if (plain) conn_flush(sides[1].trigger);
    turn(1, paced_line, NULL);
    if (sent >= most && sides[0].replies >= sides[0].sent && sides[1].replies >= sides[1].sent &&
        ((paced_done(sides, C) && paced_done(&sides[1], C)) || now() > meter_from + secs + 2))
      break;
  }
  double end = now();
  Side *one = sides;
  if (bad) die("%llu set-sensor refused", (unsigned long long)bad);
  printf("{\"scenario\":\"paced\",\"c\":%ld,\"k\":%ld,\"updates\":%llu,\"informs\":%llu,\"expected\":%llu,\"rate\":%.1f,"
         "\"rss\":%ld,",
         C, K, (unsigned long long)one->sent, (unsigned long long)one->informs, (unsigned long long)(one->sent * C),
         one->informs / (end - meter_from), server_rss());
  lates_print("late", &one->late);
  if (device) lates_print("added", &added);
  if (plain) lates_print("plain", &sides[1].late);
  meter_print(end);
}

/* ------------------------------------------------------------------ deaf */

static double *asked;
static void deaf_line(Conn *c, const char *p, size_t n) {
  if (p[0] != '!') return;
  if (c->kind == -1) {
    if (!is_ok(p, n)) bad++;
    replies++;
    return;
  }
  lates_add(&late, (now() - asked[c->kind]) * 1e6);
  asked[c->kind] = 0;
}
/* clients that ask now and then, while a sensor changes that others sample who never read */
void sc_deaf(void) {
  long C = opti("c", 89), S = opti("s", 1), size = opti("size", 4096);
  double secs = optf("secs", 1), rate = optf("rate", 1000), pause = optf("pause", 0.01);
  char *pad = xmalloc(size + 1);
  memset(pad, 'x', size);
  pad[size] = '\n';
  Conn *c = open_all(C + 1), *trigger = &c[C], *s = calloc(S ? S : 1, sizeof *s);
  if (!s) die("out of memory");
  for (long i = 0; i < C; i++) c[i].kind = i;
  for (long i = 0; i < S; i++) {
    conn_init(&s[i], 1000 + i, 8192);
    greet_all(&s[i], 1);
    const char *m = "?sensor-sampling[1] blob event\n";
    conn_put(&s[i], m, strlen(m));
    conn_flush(&s[i]);
    while (!s[i].oks) {
      if (s[i].fails) unsupported("sensor-sampling");
      turn(100, setup_line, NULL);
    }
    conn_unwatch(&s[i]); /* from here on never read */
  }
  trigger->kind = -1;
  asked = calloc(C, sizeof *asked);
  double *due = xmalloc(C * sizeof *due);
  meter_start();
  for (long i = 0; i < C; i++) due[i] = meter_from + pause * i / C;
  uint64_t most = secs * rate, set = 0;
  for (;;) {
    double t = now();
    if (t >= meter_from + secs) break;
    for (; set < most && t >= meter_from + set / rate; set++) {
      char b[64];
      conn_put(trigger, b, sprintf(b, "?set-sensor[%llu] blob %llu", (unsigned long long)set + 1, (unsigned long long)set));
      conn_put(trigger, pad, size + 1);
    }
    conn_flush(trigger);
    for (long i = 0; i < C; i++) {
      if (asked[i] != 0 || t < due[i]) continue;
      char b[48];
      asked[i] = now();
      due[i] += pause;
      conn_put(&c[i], b, sprintf(b, "?watchdog[%llu]\n", (unsigned long long)++c[i].sent));
      conn_flush(&c[i]);
    }
    turn(1, deaf_line, NULL);
  }
  double end = now();
  if (bad) die("%llu set-sensor refused", (unsigned long long)bad);
  printf("{\"scenario\":\"deaf\",\"c\":%ld,\"s\":%ld,\"updates\":%llu,\"n\":%zu,", C, S, (unsigned long long)set, late.n);
  lates_print("late", &late);
  meter_print(end);
}
