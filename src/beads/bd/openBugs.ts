import { Array as Arr, Effect, Predicate } from "effect"
import { Intake, type IntakeFilter } from "../../domain/Issue.ts"
import type { Beads } from "../BeadsCli.ts"
import { intakeOf, othersIn } from "../intake.ts"
import { issueOf, readIssue, type IssueRow } from "../issueRecord.ts"
import type { BdCall } from "./guardedCall.ts"
import type { ExportCheck } from "./exportCheck.ts"
import type { ListRecords } from "./listRecords.ts"
import type { makeShowRow } from "./reads.ts"

/** The entry of `blockedBy` if bd says that an issue is not ready, but its record does not name the blocker. */
const UNNAMED = "not ready"

const typeFlags = (types: ReadonlyArray<string>): ReadonlyArray<string> =>
  types.length === 1 && types[0] !== undefined ? ["--type", types[0]] : []

/** The ids that bd calls ready; `undefined` if `bd ready` fails. */
const readyIds = (
  bd: BdCall,
  types: ReadonlyArray<string>,
  issues: number
): Effect.Effect<ReadonlySet<unknown> | undefined> =>
  bd.rows("ready", ["ready", ...typeFlags(types), "--limit", "0", "--json"], issues).pipe(
    Effect.map((rows) => new Set(rows.flatMap((row) => (Predicate.hasProperty(row, "id") ? [row.id] : [])))),
    Effect.catchAll((error) =>
      Effect.as(Effect.logWarning(`${error.message}; running bd show for each bug that may be blocked`), undefined)
    )
  )

/** The ids that block the issue. Calls `bd show` only if the issue may be blocked and `bd ready` does not list it. */
const blockersOf = Effect.fn("bd.blockersOf")(function* (
  { fields: issue, mayBeBlocked }: IssueRow,
  ready: ReadonlySet<unknown> | undefined,
  showRow: ReturnType<typeof makeShowRow>
) {
  if (!mayBeBlocked || ready?.has(issue.id) === true) return []
  const shown = yield* showRow(issue.id)
  const named = shown?.issue.blockedBy ?? []
  if (named.length > 0 || ready === undefined || shown === undefined || issue.deferUntil !== undefined) return named
  // The blockers of a parent block its children too.
  const parents = shown.links.filter((link) => link.kind === "parent").map((link) => link.target)
  return parents.length > 0 ? [...new Set(parents)] : [UNNAMED]
})

/** The open issues that the filter leaves out. Only told to a person, so a failure is only logged. */
const othersOf = (bd: BdCall, filter: IntakeFilter) =>
  bd.rows("list all open issues", ["list", "--status", "open", "--limit", "0", "--json"]).pipe(
    Effect.map((rows) => Arr.getRights(rows.map(readIssue)).map(({ issue }) => issue)),
    Effect.map((issues) => othersIn(issues, filter)),
    Effect.catchAll(({ message }) =>
      Effect.as(Effect.logInfo(`${message}; so the run cannot say what else is open`), undefined)
    )
  )

/** `bd list --status open`, then `bd ready` if a listed issue may be blocked. */
export const makeOpenBugs = (
  bd: BdCall,
  listRecords: ListRecords,
  showRow: ReturnType<typeof makeShowRow>,
  checkExport: ExportCheck
): Beads["openBugs"] =>
  Effect.fn("BeadsCli.openBugs")(function* (filter) {
    const priority = ["--priority-max", String(filter.maxPriority)]
    const { rows, tooLarge } = yield* listRecords(["--status", "open", ...typeFlags(filter.types), ...priority])
    if (rows.length + tooLarge.length === 0) yield* checkExport("list")
    const { candidates, malformed } = intakeOf(rows, filter)
    const ready = candidates.some((row) => row.mayBeBlocked)
      ? yield* readyIds(bd, filter.types, rows.length)
      : undefined
    const issues = yield* Effect.forEach(candidates, (row) =>
      Effect.map(blockersOf(row, ready, showRow), (blockedBy) => issueOf({ ...row.fields, blockedBy }))
    )
    const isEmpty = issues.length + malformed.length + tooLarge.length === 0
    const others = isEmpty ? yield* othersOf(bd, filter) : undefined
    return new Intake({ issues, malformed: [...malformed, ...tooLarge], others }, { disableValidation: true })
  })
