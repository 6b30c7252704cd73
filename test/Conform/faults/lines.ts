/** Faults in connecting, in the grammar, in kinds of messages and ids. */
import { adds, all, answers, cuts, type Fault, from, hears, hides, precedes, says } from "../Fault.ts"

const protocol = "#version-connect katcp-protocol"

const connect: Record<string, Fault> = {
  "connect-001": hides(/^#version-connect katcp-protocol/),
  "connect-002": says(/(katcp-protocol) \S+/, "$1 five"),
  "connect-003": says(/(katcp-protocol \S+)/, "$1M"),
  "connect-004": says(/katcp-protocol \S+/, "katcp-protocol 5.0-BIMT"),
  "connect-005": says(/^(#version-connect katcp-library) .*/, "$1"),
  "connect-006": all(hides(/^#version-connect/), adds(/^!watchdog/, `${protocol} 5.1-BIMT`)),
  "connect-007": precedes(/katcp-protocol/, "!hello ok"),
  "connect-008": hides(/^#version /),
  "connect-009": says(/^#build-state .*/, "#build-state nothing"),
  "connect-010": precedes(/^#version /, "#version-connect katcp-library a b"),
  "connect-011": from(12, hides(/^#/)),
  "connect-013": from(12, hides(/^#/)),
  "connect-012": adds(/katcp-protocol/, `${protocol} 5.1-BIMT`)
}

const wire: Record<string, Fault> = {
  "wire-001": hears(/^\?watchdog\n/, ""),
  "wire-002": hears(/\?watchdog\r/, "?watchdog "),
  "wire-003": hears(/\r\n/, "\n?watchdog\n"),
  "wire-004": hears(/\r\n/, ""),
  "wire-005": hears(/^\n\r\n/, "junk\n"),
  "wire-006": hears(/^ +\n/, "junk\n"),
  "wire-007": hears(/^\t \t\n/, "junk\n"),
  "wire-008": hears(/ {4}/, " \\@ "),
  "wire-009": hears(/\t/, "\\t"),
  "wire-010": hears(/ \t\t /, "\\t"),
  "wire-011": hears(/ {3}\n/, " \\@\n"),
  "wire-012": hears(/\t\t\n/, "\\t\n"),
  "wire-013": hears(/ {1000}/, " \\@ "),
  "wire-014": hears(/watch\\@dog/, "watch dog"),
  "wire-015": hears(/\\@\\@/, "@@"),
  "wire-016": hears(/ \\@/, ""),
  "wire-017": hears(/^\\$/, "_"),
  "wire-018": hears(/\?watchdog\n/, ""),
  "wire-019": hears(/\?help watchdog\n/, ""),
  "wire-020": cuts(/a{60000}/),
  "wire-021": hears(/\?help a{1000000}a*\n/, ""),
  "wire-022": hears(/\?watchdog$/, "?watchdog\n"),
  "wire-023": cuts(/\xff/),
  "wire-024": says(/^!log-level ok/, "!log_level ok"),
  "wire-025": says(/^!log-level ok \w+/, "!log-level ok WARN")
}

/** Parsers that take what is malformed for something else. */
const bad: Record<string, Fault> = {
  "bad-001": hears(/^ \?/, "?"),
  "bad-002": hears(/^watchdog/, "?watchdog"),
  "bad-003": hears(/^\?\n/, ""),
  "bad-004": hears(/^\? /, "?"),
  "bad-005": hears(/^\?1/, "?"),
  "bad-006": hears(/^\?-/, "?"),
  "bad-007": hears(/_/, "-"),
  "bad-008": hears(/\./, "-"),
  "bad-009": hears(/\\@/, ""),
  "bad-010": hears(/\xf6/, "o"),
  "bad-011": hears(/\\z/, "z"),
  "bad-012": hears(/\\N/, "N"),
  "bad-013": hears(/\\\n/, "\n"),
  "bad-014": hears(/\\ /, ""),
  "bad-015": hears(/\0/, ""),
  "bad-016": hears(/\x1b/, ""),
  "bad-017": hears(/^\?\?/, "?"),
  "bad-018": says(/^#log error \S+ /, "#log error "),
  "bad-019": hears(/\n\?help watchdog\n/, "\n"),
  "bad-020": hears(/^\?1\n/, ""),
  "bad-021": cuts(/\0\n/),
  "bad-022": hears(/^GET[^\n]*\n/, "?watchdog\n")
}

const echo: Record<string, Fault> = {
  "echo-001": hears(/\\\\/g, "\\_"),
  "echo-002": hears(/\\_/g, "_"),
  "echo-003": hears(/\\0/g, "0"),
  "echo-004": hears(/\\n/g, "n"),
  "echo-005": hears(/\\r/g, "r"),
  "echo-006": hears(/\\e/g, "e"),
  "echo-007": hears(/\\t/g, "t"),
  "echo-008": hears(/\\@/g, "@"),
  "echo-009": hears(/\\\\_/, "\\_"),
  "echo-010": hears(/\\@ \\@/, "\\@"),
  "echo-011": hears(/"/, "'"),
  "echo-012": hears(/\f/, " "),
  "echo-013": hears(/\xff/, "?"),
  "echo-014": hears(/\xf0\x9f\x98\x80/, "?"),
  "echo-015": hears(/ \[\]/, ""),
  "echo-016": hears(/ a\n/, "\n"),
  "echo-017": says(/^(!echo ok .{1000}).*/, "$1")
}

const kind: Record<string, Fault> = {
  "kind-001": answers(/^#no-such-inform.*\n/, "!no-such-inform invalid unknown"),
  "kind-002": hears(/^#watchdog/, "?watchdog"),
  "kind-003": hides(/^#log error/),
  "kind-004": hears(/^!help/, "?help"),
  "kind-005": adds(/^!help/, "!help ok 1"),
  "kind-006": answers(/^\?no-such-request.*\n/, "!error invalid unknown"),
  "kind-007": says(/^!no-such-request invalid/, "!no-such-request fail"),
  "kind-008": says(/^!no-such-request invalid .*/, "!no-such-request ok"),
  "kind-009": hides(/^!x /),
  "kind-010": says(/^!x{1000}/, "!x"),
  "kind-011": says(/^!x-1-/, "!x-1"),
  "kind-012": says(/^!WATCHDOG/, "!watchdog"),
  "kind-013": says(/^!help ok/, "!help"),
  "kind-014": says(/^(!help fail) .*/, "$1 \xc3\xa9chec"),
  "kind-015": answers(/^\?watchdog surplus\n/, "!watchdog invalid too\\_many", "!watchdog ok"),
  "kind-016": answers(/^\?sensor-sampling\n/, "!sensor-sampling ok"),
  "kind-017": cuts(/^\?raise/),
  "kind-018": adds(/katcp-protocol/, "#help me please")
}

const id: Record<string, Fault> = {
  "id-001": says(/^(!watchdog)\[123\]/, "$1"),
  "id-002": says(/\[1\]/, "[2]"),
  "id-003": says(/\[2147483647\]/, "[2147483646]"),
  "id-004": says(/^(#help)\[77\]/, "$1"),
  "id-005": says(/^(#version-list)\[77\]/, "$1"),
  "id-006": says(/^(#sensor-list)\[77\]/, "$1"),
  "id-007": says(/^(#sensor-value)\[77\]/, "$1"),
  "id-008": says(/^(#client-list)\[77\]/, "$1"),
  "id-009": says(/^(#request-timeout-hint)\[77\]/, "$1"),
  "id-010": says(/^(!help)\[3\]/, "$1"),
  "id-011": says(/^(!no-such-request)\[4\]/, "$1"),
  "id-012": says(/^!help /, "!help[1] "),
  "id-013": hides(/^!help\[5\]/),
  "id-014": says(/^!watchdog ok/, "!watchdog[9] ok"),
  "id-015": hides(/^!watchdog\[2147475728\]/),
  "id-016": hears(/\[0\]/, "[1]"),
  "id-017": hears(/\[007\]/, "[7]"),
  "id-018": hears(/\[2147483648\]/, "[1]"),
  "id-019": hears(/\[\d{40}\]/, "[1]"),
  "id-020": hears(/\[-1\]/, "[1]"),
  "id-021": hears(/\[\]/, ""),
  "id-022": hears(/\[a\]/, "[1]"),
  "id-023": hears(/\[1\n/, "[1]\n"),
  "id-024": hears(/\]x/, "]"),
  "id-025": hears(/\[1\]\[2\]/, "[1]"),
  "id-026": hears(/ \[1\]/, "[1]"),
  "id-027": says(/^#sensor-status/, "#sensor-status[5]")
}

export const lines: Record<string, Fault> = { ...connect, ...wire, ...bad, ...echo, ...kind, ...id }
