/*
 * What memory allows: codec-floor DIR SECS [CORPUS ...]
 *
 * parse:  memchr for the newlines, per line memchr for every space and one memchr
 *         for a backslash (no unescaping, nothing allocated)
 * format: every line copied into one output buffer
 * Same JSON lines as codec_bench.py.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}
static int cmp(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}
static char *data, *out;
static size_t len, msgs;
static volatile uint64_t sink;

static void parse(void) {
  uint64_t args = 0, esc = 0, n = 0;
  char *p = data, *end = data + len, *nl;
  while (p < end && (nl = memchr(p, '\n', end - p))) {
    n++;
    if (memchr(p, '\\', nl - p)) esc++;
    char *s = p;
    while ((s = memchr(s, ' ', nl - s))) args++, s++;
    p = nl + 1;
  }
  msgs = n;
  sink += args + esc + n;
}
static void format(void) {
  char *p = data, *end = data + len, *nl, *o = out;
  while (p < end && (nl = memchr(p, '\n', end - p))) {
    memcpy(o, p, nl + 1 - p);
    o += nl + 1 - p;
    p = nl + 1;
  }
  sink += out[len / 2];
}

int main(int argc, char **argv) {
  static const char *all[] = {"mix", "watchdog", "status", "a1k", "a64k", "a1m", "a1m-plain", "wide"};
  if (argc < 3) return 2;
  double secs = atof(argv[2]);
  int n = argc > 3 ? argc - 3 : (int)(sizeof all / sizeof *all);
  for (int i = 0; i < n; i++) {
    const char *name = argc > 3 ? argv[3 + i] : all[i];
    char path[512];
    snprintf(path, sizeof path, "%s/%s.katcp", argv[1], name);
    FILE *f = fopen(path, "rb");
    if (!f) {
      perror(path);
      return 1;
    }
    fseek(f, 0, SEEK_END);
    len = ftell(f);
    rewind(f);
    data = malloc(len);
    out = malloc(len);
    if (fread(data, 1, len, f) != len) return 1;
    fclose(f);
    for (int op = 0; op < 2; op++) {
      static double t[2000000];
      size_t k = 0;
      double end = now() + secs;
      while (k < 3 || (now() < end && k < 2000000)) {
        double a = now();
        op ? format() : parse();
        t[k++] = now() - a;
      }
      qsort(t, k, sizeof *t, cmp);
      double m = t[k / 2];
      int ok = op == 0 || !memcmp(data, out, len);
      printf("{\"impl\":\"c-memchr\",\"corpus\":\"%s\",\"op\":\"%s\",\"msgs_s\":%.1f,\"mb_s\":%.2f,\"ok\":%s}\n", name,
             op ? "format" : "parse", msgs / m, len / m / 1e6, ok ? "true" : "false");
      fflush(stdout);
    }
    free(data);
    free(out);
  }
}
