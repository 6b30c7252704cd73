/*
 * Load generator for KATCP servers.
 *
 *   load SCENARIO HOST PORT [key=value ...]
 *
 * Prints exactly one JSON object; exit status 0 when the work was done and every check held, 1 otherwise
 * (then the object has an "error" key, and "unsupported" when the server refused to sample sensors).
 *
 * Keys of all scenarios
 *   pid=P      the server's process: its CPU time and RSS are reported
 *   limit=S    give up after S seconds (default 30)
 *
 * Scenarios (defaults in brackets)
 *   pipeline  c=[1] w=[64] secs=[1] | r=R per connection; req=[watchdog]
 *   latency   secs=[1] | r=R; req=[watchdog]; bg=W: a second connection keeps W requests in flight
 *   fanout    c=[100] k=[1] sensors per connection, secs=[1] | u=U updates, w=[32] strategy=[event]
 *   list      secs=[1] | r=R; req=[sensor-list]
 *   bulk      n=[1000] r=[3] strategy=[event]; another connection asks ?watchdog one at a time: how long it waits at most
 *   period    c=[1] k=[1000] period=[1] secs=[3]: sampled by period; how late reports are
 *   paced     c=[100] k=[1000] rate=[1000] updates a second in bursts of burst=[1], secs=[3]: sampled by event;
 *             how late reports are. With closed=1 a burst follows when the one before has arrived. Behind a proxy, set=PORT is where its device is set, and prefix=[] stands before the
 *             sensors' names: also how much later a report is than at a client of the device. With plain=PORT every second
 *             window=[0.1] s goes to that server instead, with as many clients: how late its reports are
 *   deaf      c=[89] that ask every pause=[0.01] s, s=[1] that never read, rate=[1000] updates a second of size=[4096],
 *             secs=[1]: how long the others wait for their replies
 *   connect   n=[500] p=[8]
 *   idle      n=[1000] wait=[0.5] more=[0] opened after the first n
 *   slow      u=[12000] size=[4096] c=[4] readers, s=[1] stuck clients, w=[16] sensor=[blob]
 *   calibrate a fixed piece of work, in ms (connects to nobody)
 */
#include "core.h"
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* ------------------------------------------------------------- utilities */

static const char *scenario = "?";
static int server_pid = 0;
static double limit = 30, deadline;
static int arg_n;
static char **arg_v;

static void quote(char *p) {
  for (; *p; p++)
    if (*p == '"' || *p == '\\' || (unsigned char)*p < 32) *p = '\'';
}
void die(const char *fmt, ...) {
  char msg[512];
  va_list ap;
  va_start(ap, fmt);
  vsnprintf(msg, sizeof msg, fmt, ap);
  va_end(ap);
  quote(msg);
  printf("{\"scenario\":\"%s\",\"error\":\"%s\"}\n", scenario, msg);
  exit(1);
}
void unsupported(const char *what) {
  printf("{\"scenario\":\"%s\",\"unsupported\":true,\"error\":\"%s refused\"}\n", scenario, what);
  exit(1);
}
const char *opt(const char *key, const char *dflt) {
  size_t n = strlen(key);
  for (int i = 4; i < arg_n; i++)
    if (!strncmp(arg_v[i], key, n) && arg_v[i][n] == '=') return arg_v[i] + n + 1;
  return dflt;
}
double optf(const char *key, double dflt) {
  const char *s = opt(key, NULL);
  return s ? atof(s) : dflt;
}
long opti(const char *key, long dflt) {
  const char *s = opt(key, NULL);
  return s ? atol(s) : dflt;
}
void *xmalloc(size_t n) {
  void *p = malloc(n);
  if (!p) die("out of memory");
  return p;
}
static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}
void sort(double *v, size_t n) {
  if (n) qsort(v, n, sizeof *v, ascending);
}
double quant(const double *sorted, size_t n, double q) { return n ? sorted[(size_t)(q * (n - 1) + 0.5)] : 0; }

/* ---------------------------------------------------------------- meters */

double server_cpu(void) {
  if (!server_pid) return 0;
  char path[128];
  snprintf(path, sizeof path, "/proc/%d/task", server_pid);
  DIR *d = opendir(path);
  if (!d) return 0;
  double sum = 0;
  struct dirent *e;
  while ((e = readdir(d))) {
    if (e->d_name[0] == '.') continue;
    char p[512];
    snprintf(p, sizeof p, "%s/%s/schedstat", path, e->d_name);
    FILE *f = fopen(p, "r");
    unsigned long long ns;
    if (f) {
      if (fscanf(f, "%llu", &ns) == 1) sum += ns * 1e-9;
      fclose(f);
    }
  }
  closedir(d);
  return sum;
}
static double own_cpu(void) {
  struct rusage r;
  getrusage(RUSAGE_SELF, &r);
  return r.ru_utime.tv_sec + r.ru_stime.tv_sec + (r.ru_utime.tv_usec + r.ru_stime.tv_usec) * 1e-6;
}
long server_rss(void) {
  if (!server_pid) return 0;
  char p[64];
  snprintf(p, sizeof p, "/proc/%d/statm", server_pid);
  FILE *f = fopen(p, "r");
  long a = 0, b = 0;
  if (!f) return 0;
  if (fscanf(f, "%ld %ld", &a, &b) != 2) b = 0;
  fclose(f);
  return b * sysconf(_SC_PAGESIZE);
}
static double busy_cpu(void) { /* all CPUs of the machine, seconds not idle */
  FILE *f = fopen("/proc/stat", "r");
  long long v[8] = {0};
  if (!f) return 0;
  int n = fscanf(f, "cpu %lld %lld %lld %lld %lld %lld %lld %lld", v, v + 1, v + 2, v + 3, v + 4, v + 5, v + 6, v + 7);
  fclose(f);
  if (n < 8) return 0;
  return (v[0] + v[1] + v[2] + v[5] + v[6] + v[7]) / (double)sysconf(_SC_CLK_TCK);
}

double meter_from;
static double server_from, own_from, busy_from;
void meter_start(void) {
  server_from = server_cpu();
  own_from = own_cpu();
  busy_from = busy_cpu();
  meter_from = now();
}
void meter_print(double t_end) {
  double wall = t_end - meter_from, full = now() - meter_from;
  double s = server_cpu() - server_from, o = own_cpu() - own_from, b = busy_cpu() - busy_from;
  double other = b - s - o;
  if (other < 0) other = 0;
  printf("\"secs\":%.4f,\"server_cpu\":%.4f,\"load_cpu\":%.4f,\"other_cpu_share\":%.3f,\"rss\":%ld}\n", wall, s, o,
         full > 0 ? other / full : 0, server_rss());
}

/* ----------------------------------------------------------- connections */

struct sockaddr_in addr;
static int ep = -1;
#define RBUF (1 << 20)
static char *rbuf;
static size_t rcap = RBUF;

static void watch(Conn *c, int op, uint32_t events) {
  struct epoll_event e = {.events = events, .data.ptr = c};
  if (epoll_ctl(ep, op, c->fd, &e) < 0) die("epoll_ctl: %s", strerror(errno));
}
void conn_unwatch(Conn *c) { watch(c, EPOLL_CTL_DEL, 0); }

void conn_init(Conn *c, int id, int rcvbuf) {
  memset(c, 0, sizeof *c);
  c->id = id;
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (c->fd < 0) die("socket: %s", strerror(errno));
  int one = 1;
  if (rcvbuf) setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, sizeof rcvbuf);
  if (connect(c->fd, (void *)&addr, sizeof addr) < 0) die("connect: %s", strerror(errno));
  setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  fcntl(c->fd, F_SETFL, O_NONBLOCK);
  watch(c, EPOLL_CTL_ADD, EPOLLIN);
}
void conn_start(Conn *c) {
  memset(c, 0, sizeof *c);
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (c->fd < 0) die("socket: %s", strerror(errno));
  if (connect(c->fd, (void *)&addr, sizeof addr) < 0 && errno != EINPROGRESS) die("connect: %s", strerror(errno));
  c->want_out = 1;
  watch(c, EPOLL_CTL_ADD, EPOLLIN | EPOLLOUT);
}
void conn_close(Conn *c) {
  if (c->fd >= 0) close(c->fd);
  c->fd = -1;
  c->closed = 1;
  free(c->carry);
  free(c->wb);
  c->carry = c->wb = NULL;
  c->clen = c->ccap = c->wlen = c->woff = c->wcap = 0;
}
void conn_flush(Conn *c) {
  while (c->woff < c->wlen) {
    ssize_t n = send(c->fd, c->wb + c->woff, c->wlen - c->woff, MSG_NOSIGNAL);
    if (n < 0) {
      if (errno == EAGAIN || errno == EINTR) break;
      die("send: %s", strerror(errno));
    }
    c->woff += n;
  }
  if (c->woff == c->wlen) c->woff = c->wlen = 0;
  int want = c->wlen > 0;
  if (want != c->want_out) {
    watch(c, EPOLL_CTL_MOD, EPOLLIN | (want ? EPOLLOUT : 0));
    c->want_out = want;
  }
}
void conn_put(Conn *c, const char *p, size_t n) {
  if (c->wlen + n > c->wcap) {
    c->wcap = (c->wlen + n) * 2 + 256;
    c->wb = realloc(c->wb, c->wcap);
    if (!c->wb) die("out of memory");
  }
  memcpy(c->wb + c->wlen, p, n);
  c->wlen += n;
}

static void conn_read(Conn *c, line_fn fn) {
  for (;;) {
    if (c->clen + RBUF > rcap) {
      rcap = c->clen + 2 * RBUF;
      rbuf = realloc(rbuf, rcap);
      if (!rbuf) die("out of memory");
    }
    if (c->clen) memcpy(rbuf, c->carry, c->clen);
    ssize_t n = recv(c->fd, rbuf + c->clen, RBUF, 0);
    if (n < 0) {
      if (errno == EAGAIN || errno == EINTR) return;
      die("recv: %s", strerror(errno));
    }
    if (n == 0) die("server closed connection %d", c->id);
    size_t scan = c->clen, len = c->clen + n;
    char *p = rbuf, *end = rbuf + len, *nl;
    char *from = rbuf + scan;
    while (from < end && (nl = memchr(from, '\n', end - from))) {
      fn(c, p, nl - p);
      p = from = nl + 1;
    }
    size_t left = end - p;
    if (left) {
      if (left > c->ccap) {
        c->ccap = left * 2;
        c->carry = realloc(c->carry, c->ccap);
        if (!c->carry) die("out of memory");
      }
      memcpy(c->carry, p, left);
    }
    c->clen = left;
    if (n < RBUF) return;
  }
}
int turn(int ms, line_fn fn, after_fn after) {
  struct epoll_event ev[256];
  int n = epoll_wait(ep, ev, 256, ms);
  if (n < 0 && errno != EINTR) die("epoll_wait: %s", strerror(errno));
  for (int i = 0; i < n; i++) {
    Conn *c = ev[i].data.ptr;
    if (ev[i].events & EPOLLOUT) conn_flush(c);
    if (ev[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
      c->batch = 0;
      conn_read(c, fn);
      if (after) after(c);
    }
  }
  if (now() > deadline) die("gave up after %.0f s", limit);
  return n;
}

void ignore_line(Conn *c, const char *p, size_t n) {
  (void)c;
  (void)p;
  (void)n;
}
void setup_line(Conn *c, const char *p, size_t n) {
  if (p[0] == '!') {
    if (is_ok(p, n)) c->oks++;
    else c->fails++;
    c->done++;
  } else if (is_status(p, n)) {
    c->informs++;
  }
}
void settle(int ms, double most) {
  double t = now() + most;
  while (turn(ms, ignore_line, NULL) > 0 && now() < t)
    ;
}
void greet_all(Conn *c, long n) {
  long ok = 0;
  for (long i = 0; i < n; i++) {
    conn_put(&c[i], "?watchdog[1]\n", 13);
    conn_flush(&c[i]);
  }
  while (ok < n) {
    turn(100, setup_line, NULL);
    ok = 0;
    for (long i = 0; i < n; i++) ok += c[i].oks > 0;
  }
  for (long i = 0; i < n; i++) c[i].oks = c[i].fails = 0, c[i].done = 0;
}
Conn *open_all(long n) {
  Conn *c = calloc(n ? n : 1, sizeof *c);
  if (!c) die("out of memory");
  /* in slices: a short listen backlog is not what is measured here */
  for (long i = 0; i < n; i += 32) {
    long m = n - i < 32 ? n - i : 32;
    for (long j = 0; j < m; j++) conn_init(&c[i + j], i + j, 0);
    greet_all(c + i, m);
  }
  settle(20, 5);
  return c;
}

/* ------------------------------------------------------------------ main */

static void calibrate(void) {
  volatile uint64_t sink;
  uint64_t s = 0x9E3779B97F4A7C15;
  double t = now();
  for (long i = 0; i < 12000000; i++) {
    s ^= s << 13;
    s ^= s >> 7;
    s ^= s << 17;
  }
  sink = s;
  (void)sink;
  printf("{\"scenario\":\"calibrate\",\"ms\":%.3f}\n", (now() - t) * 1e3);
}

static const struct {
  const char *name;
  void (*run)(void);
} scenarios[] = {
    {"pipeline", sc_pipeline}, {"latency", sc_latency}, {"list", sc_list}, {"fanout", sc_fanout}, {"bulk", sc_bulk},
    {"slow", sc_slow},         {"connect", sc_connect}, {"idle", sc_idle}, {"calibrate", calibrate},
    {"period", sc_period},     {"paced", sc_paced},     {"deaf", sc_deaf},
};

int main(int argc, char **argv) {
  if (argc < 4) {
    fprintf(stderr, "usage: load SCENARIO HOST PORT [key=value ...]\n");
    return 2;
  }
  arg_n = argc;
  arg_v = argv;
  scenario = argv[1];
  server_pid = opti("pid", 0);
  limit = optf("limit", 30);
  deadline = now() + limit;
  addr.sin_family = AF_INET;
  addr.sin_port = htons(atoi(argv[3]));
  const char *host = strcmp(argv[2], "localhost") ? argv[2] : "127.0.0.1";
  if (inet_pton(AF_INET, host, &addr.sin_addr) != 1) die("bad host %s", argv[2]);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  ep = epoll_create1(EPOLL_CLOEXEC);
  rbuf = xmalloc(rcap);
  for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
    if (!strcmp(scenario, scenarios[i].name)) {
      scenarios[i].run();
      return 0;
    }
  die("unknown scenario");
}
