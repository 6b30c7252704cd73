/** Faults in reports of sensors, their addition and their removal. */
import { adds, answers, type Fault, hears, hides, precedes, says } from "../Fault.ts"

const list: Record<string, Fault> = {
  "list-001": says(/^!sensor-list ok \d+/, "!sensor-list ok 7"),
  "list-002": adds(/^#sensor-list test\.int .*/, "#sensor-list test.other x y string"),
  "list-003": says(/^!sensor-list fail/, "!sensor-list invalid"),
  "list-004": hears(/^\?sensor-list \\@/, "?sensor-list"),
  "list-005": hears(/\/\^.*\$\//, "/test/"),
  "list-006": hears(/\/no-such-sensor\//, "/./"),
  "list-007": hears(/\/\[\//, "/./"),
  "list-008": says(/^(#sensor-list test\.bool) .*/, "$1 Bool"),
  "list-009": says(/^#sensor-list test\.bool/, "#sensor-list test/bool"),
  "list-010": adds(/^#sensor-list test\.bool .*/, "$&"),
  "list-011": says(/ boolean$/, " bool"),
  "list-012": says(/A\\_boolean/, "Bool\xe9en"),
  "list-013": says(/integer 0 100$/, "integer 100 0"),
  "list-014": says(/float -10.0 10.0$/, "float -10.0 10.0 0.0 5.0"),
  "list-015": says(/one two three$/, "one two two"),
  "list-016": says(/ boolean$/, " boolean 0 1"),
  "list-017": answers(/^\?sensor-list test\.bool\n/, "#sensor-list test.bool Other \\@ boolean", "!sensor-list ok 1")
}

const value: Record<string, Fault> = {
  "value-001": says(/^!sensor-value ok \d+/, "!sensor-value ok 7"),
  "value-002": adds(/^#sensor-value \S+ 1 test\.int .*/, "#sensor-value 1.0 1 test.other nominal 0"),
  "value-003": says(/^!sensor-value fail/, "!sensor-value invalid"),
  "value-004": hears(/^\?sensor-value \\@/, "?sensor-value"),
  "value-005": hears(/\/\^.*\$\//, "/test/"),
  "value-006": hears(/\/no-such-sensor\//, "/./"),
  "value-007": hears(/\/\[\//, "/./"),
  "value-008": says(/^(#sensor-value \S+) 1 test\.bool/, "$1 2 test.bool"),
  "value-009": hides(/^#sensor-value \S+ 1 test\.bool/),
  "value-010": says(/^#sensor-value \S+ 1 test\.bool/, "#sensor-value 1.5e9 1 test.bool"),
  "value-011": says(/^#sensor-value \S+ 1 test\.bool/, "#sensor-value 1500000000000 1 test.bool"),
  "value-012": says(/(test\.bool) nominal/, "$1 fine"),
  "value-013": says(/(test\.int \w+) 0$/, "$1 0.0"),
  "value-014": says(/(test\.float \w+) \S+$/, "$1 0x10"),
  "value-015": says(/(test\.bool \w+) \S+$/, "$1 false"),
  "value-016": says(/(test\.lru \w+) \S+$/, "$1 good"),
  "value-017": says(/(test\.timestamp \w+) \S+$/, "$1 1e9"),
  "value-018": says(/(test\.discrete \w+) \S+$/, "$1 four"),
  "value-019": says(/(test\.address \w+) \S+$/, "$1 ::1"),
  "value-020": says(/(test\.int) nominal/, "$1 warn"),
  "value-021": hears(/9007199254740993/, "9007199254740992"),
  "value-022": hears(/123456789\.12345679/, "123456790"),
  "value-023": hears(/^\?set-sensor test\.bool 0/, "?set-sensor test.bool 1"),
  "value-024": hears(/test\.lru error/, "test.lru nominal"),
  "value-025": hears(/test\.discrete three/, "test.discrete two"),
  "value-026": hears(/two\\_words/, "two"),
  "value-027": hears(/\[2001:db8::1\]/, "[2001:db8::2]"),
  "value-028": hears(/4102444800(\.0)?/, "2147483647"),
  "value-029": hears(/ inactive/, " unknown"),
  "value-030": hears(/ 4102444800\S*\n/, "\n")
}

const change: Record<string, Fault> = {
  "change-001": hides(/^#interface-changed/),
  "change-002": says(/^#interface-changed.*/, "#interface-changed sensors"),
  "change-003": answers(/^\?sensor-value conform\S+\n/, "!sensor-value fail unknown"),
  "change-004": answers(/^\?sensor-sampling (\S+004)\n/, "!sensor-sampling ok $1 none"),
  "change-005": says(/^(!sensor-sampling ok conform\.change-005) none/, "$1 auto"),
  "change-006": precedes(/^!add-sensor.*/, "#interface-changed sensor-list")
}

export const sensors: Record<string, Fault> = { ...list, ...value, ...change }
