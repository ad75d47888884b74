import { Either, Schema } from "effect"
import { EXIT } from "../../domain/exitCode.ts"
import { explained, type Explanation } from "../../domain/Explanation.ts"
import { oneLine } from "../../domain/Text.ts"
import { timeOf, whenOf } from "../../domain/times.ts"
import { widthIn, type Frame } from "../Frame.ts"
import { paint, wrapTo } from "../text/display.ts"
import { table } from "../text/table.ts"
import { StatusView } from "./statusView.ts"
import { colorOf, statusText } from "./text.ts"

const Failure = Schema.Struct({
  what: Schema.String,
  where: Schema.NullOr(Schema.String),
  next: Schema.NullOr(Schema.String),
  exit: Schema.Int
})

/**
 * What `status --all-repos --json` prints. All times are milliseconds since the epoch.
 *
 * @example
 * Schema.decodeUnknown(Schema.parseJson(HostStatusView))(json) // what `status --all-repos --json` printed
 */
export const HostStatusView = Schema.Struct({
  at: Schema.JsonNumber,
  host: Schema.String,
  /** The highest exit code of the repositories: see `StatusView`. */
  exit: Schema.Int,
  repositories: Schema.Array(
    Schema.Struct({
      name: Schema.String,
      path: Schema.String,
      stateDir: Schema.String,
      /** Absent if the repository's state cannot be told. */
      status: Schema.optional(StatusView),
      /** Why it cannot be told. */
      error: Schema.optional(Failure)
    })
  ),
  /** The entries of this host's repositories that cannot be read, each with why. */
  unreadable: Schema.Array(Schema.String)
})
export type HostStatusView = typeof HostStatusView.Type

/** What was found out of one repository. */
export interface SeenRepository {
  readonly name: string
  readonly path: string
  readonly stateDir: string
  /** What an operator types for this repository, up to the command's name. */
  readonly program: string
  /** Left: why its state cannot be told, and the exit code of that. */
  readonly status: Either.Either<StatusView, { readonly failure: Explanation; readonly exit: number }>
}

/** The view of all repositories of a host. Pure. */
export const hostStatusView = (
  seen: ReadonlyArray<SeenRepository>,
  {
    host,
    now: at,
    unreadable
  }: { readonly host: string; readonly now: number; readonly unreadable: ReadonlyArray<string> }
): HostStatusView => {
  const exits = seen.map(({ status }) => (Either.isLeft(status) ? status.left.exit : status.right.exit))
  return {
    at,
    host,
    exit: Math.max(unreadable.length > 0 ? EXIT.state : EXIT.ok, ...exits),
    repositories: seen.map(({ name, path, stateDir, status }) => ({
      name,
      path,
      stateDir,
      ...Either.match(status, {
        onLeft: ({ exit, failure: { next = null, what, where = null } }) => ({ error: { what, where, next, exit } }),
        onRight: (status) => ({ status })
      })
    })),
    unreadable
  }
}

const nextOf = ({ nextRun, overdueSince, paused }: StatusView, frame: Frame): string => {
  if (overdueSince !== undefined) return `overdue since ${whenOf(overdueSince, frame)}`
  if (paused !== undefined) return "paused"
  return nextRun === undefined ? "unknown" : whenOf(nextRun, frame)
}

const rowOf = ({ status }: SeenRepository, name: string, frame: Frame): ReadonlyArray<string> => {
  if (Either.isLeft(status)) return [name, "unknown", "-", "-", "see below"]
  const { lastRun, needs, running } = status.right
  const last = lastRun === undefined ? "none" : `${timeOf(lastRun.began, frame)} ${lastRun.state.replace("_", " ")}`
  return [name, last, `${running.length}`, `${needs.length}`, nextOf(status.right, frame)]
}

/** The name of each, and also the path of those that share a name. */
const namesOf = (seen: ReadonlyArray<SeenRepository>): ReadonlyArray<string> =>
  seen.map(({ name, path }) => (seen.filter((each) => each.name === name).length === 1 ? name : `${name} (${path})`))

const one = ({ name, path, program, status }: SeenRepository, frame: Frame, all: boolean): string => {
  const title = (exit: number) => `${paint(frame.color, colorOf(exit), "●")} ${oneLine(`${name} (${path})`)}`
  if (Either.isLeft(status)) {
    const { exit, failure } = status.left
    const why = wrapTo(widthIn(frame) - 2, oneLine(explained(failure), 2000)).map((line) => `  ${line}`)
    return [title(exit), ...why].join("\n")
  }
  const text = statusText(status.right, { ...frame, program }, { all })
  // Without a run, its text has no title.
  return status.right.lastRun === undefined ? `${title(status.right.exit)}\n${text}` : text
}

/**
 * The view as a text: a line for each repository, then the whole status of each.
 *
 * @example
 * hostStatusText(seen, [], frame, { host: "vm-1", all: false })
 */
export const hostStatusText = (
  seen: ReadonlyArray<SeenRepository>,
  unreadable: ReadonlyArray<string>,
  frame: Frame,
  { all, host }: { readonly all: boolean; readonly host: string }
): string => {
  const count = seen.length === 1 ? "1 repository" : `${seen.length} repositories`
  const names = namesOf(seen)
  const rows = seen.map((each, index) => rowOf(each, names[index] ?? each.name, frame))
  return [
    `${count} on ${oneLine(host)}`,
    ...(seen.length === 0
      ? ["  The first run of each registers it. Runs of earlier versions did not."]
      : table(["repository", "last run", "jobs", "needs you", "next run"], rows, widthIn(frame) - 2, [2, 3])
          .split("\n")
          .map((line) => `  ${line}`)),
    ...unreadable.flatMap((why) => wrapTo(widthIn(frame) - 2, why).map((line) => `  ${line}`)),
    ...seen.flatMap((each) => ["", one(each, frame, all)])
  ].join("\n")
}
