import type { Check } from "../Check.ts"
import { checks as bulk } from "./bulk.ts"
import { checks as change } from "./change.ts"
import { checks as client } from "./client.ts"
import { checks as connect } from "./connect.ts"
import { checks as core } from "./core.ts"
import { checks as echo } from "./echo.ts"
import { checks as end } from "./end.ts"
import { checks as help } from "./help.ts"
import { checks as id } from "./id.ts"
import { checks as kind } from "./kind.ts"
import { checks as list } from "./list.ts"
import { checks as log } from "./log.ts"
import { checks as malformed } from "./malformed.ts"
import { checks as refusal } from "./refusal.ts"
import { checks as report } from "./report.ts"
import { checks as sample } from "./sample.ts"
import { checks as single } from "./single.ts"
import { checks as value } from "./value.ts"
import { checks as wire } from "./wire.ts"

/**
 * All checks, group by group. Their order may change; their ids do not.
 *
 * @category constants
 * @since 0.1.0
 */
export const checks: ReadonlyArray<Check> = [
  ...connect,
  ...wire,
  ...malformed,
  ...echo,
  ...kind,
  ...id,
  ...help,
  ...core,
  ...client,
  ...single,
  ...log,
  ...list,
  ...value,
  ...sample,
  ...refusal,
  ...report,
  ...bulk,
  ...change,
  ...end
]
