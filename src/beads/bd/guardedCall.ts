import type * as FileSystem from "@effect/platform/FileSystem"
import { Effect, Option, Ref } from "effect"
import { TrackerFailed } from "../../domain/Failure.ts"
import { oneLine } from "../../domain/Text.ts"
import type { Exec, ExecResult } from "../../exec/Exec.ts"
import { readAnswer } from "./answer.ts"
import type { BdProcess } from "./call.ts"
import { askVersion } from "./capabilities.ts"
import { executableOf, isSameExecutable, type Executable } from "./executable.ts"
import { bdError, unreadable } from "./failure.ts"
import { errorLine, saysUnknownUsage } from "./messages.ts"
import { migrate } from "./migration.ts"
import { storeFaultIn, type StoreFault } from "./storeFault.ts"

/**
 * The only ways to call bd. `read` and `write` also fail on a fault of the store: it needs a migration, is frozen, or bd has
 * no database. Any other exit code is a success.
 */
export interface BdCall extends Pick<BdProcess, "directory" | "read" | "write" | "runWithoutDatabase"> {
  /** `read`, and reads the rows that bd prints. Fails on any other output and any exit code but 0. */
  readonly rows: (
    operation: string,
    args: ReadonlyArray<string>,
    issues?: number
  ) => Effect.Effect<ReadonlyArray<unknown>, TrackerFailed>
}

const rowsIn = (operation: string, result: ExecResult): Effect.Effect<ReadonlyArray<unknown>, TrackerFailed> => {
  const answer = readAnswer(result.stdout)
  if (result.exitCode !== 0 || answer._tag === "ErrorObject") return Effect.fail(bdError(operation, result))
  if (answer._tag === "Rows") return Effect.succeed(answer.rows)
  const problem = answer._tag === "Empty" ? "no answer on stdout" : "not JSON"
  return Effect.fail(unreadable(operation, `${problem}: ${errorLine(result)}`))
}

/** Fails with the fault. The version is asked for only to name it. */
const failWith = Effect.fnUntraced(function* (bd: BdProcess, operation: string, { detail, next, reason }: StoreFault) {
  const version = reason === "migration" ? yield* Effect.option(askVersion(bd)) : Option.none()
  const name = Option.match(version, { onNone: () => "this bd", onSome: (numbers) => `bd ${numbers.join(".")}` })
  return yield* new TrackerFailed({ operation, reason, detail: oneLine(detail(name), 400), next, blame: "config" })
})

/**
 * Never lets bd migrate the database unasked. A newer bd does so at its first command, silently, and older ones then refuse the
 * database. A read-only call reports the need instead, so every read finds it out. A write needs a read by the same executable
 * file before it, which may be replaced at any time: else `bd ping` is that read. `migrationLog` is the consent to migrate.
 */
export const makeBdCall = Effect.fn("bd.call")(function* (bd: BdProcess, command: string, migrationLog?: string) {
  const context = yield* Effect.context<Exec | FileSystem.FileSystem>()
  const alone = yield* Effect.makeSemaphore(1)
  /** The executable that has opened the database last. */
  const opener = yield* Ref.make(Option.none<Executable | undefined>())

  const readOrMigrate = Effect.fnUntraced(function* (
    operation: string,
    args: ReadonlyArray<string>,
    issues: number | undefined
  ) {
    const first = yield* bd.read(operation, args, issues)
    const fault = storeFaultIn(first)
    if (fault?.isOlder !== true || migrationLog === undefined) return first
    yield* migrate(bd, operation, migrationLog)
    const second = yield* bd.read(operation, args, issues)
    if (storeFaultIn(second)?.isOlder !== true) return second
    const detail = "bd migrate schema has not migrated the store"
    return yield* new TrackerFailed({
      operation,
      reason: "migration",
      detail,
      next: `See ${migrationLog}`,
      blame: "config"
    })
  })

  const read: BdCall["read"] = Effect.fnUntraced(function* (operation, args, issues) {
    const executable = yield* executableOf(command)
    const first = yield* bd.read(operation, args, issues)
    const isOlder = storeFaultIn(first)?.isOlder === true
    const result = isOlder ? yield* alone.withPermits(1)(readOrMigrate(operation, args, issues)) : first
    const fault = storeFaultIn(result)
    if (fault !== undefined) return yield* failWith(bd, operation, fault)
    if (result.exitCode === 0) yield* Ref.set(opener, Option.some(executable))
    return result
  }, Effect.provide(context))

  const write: BdCall["write"] = Effect.fnUntraced(function* (operation, args, env) {
    const executable = yield* executableOf(command)
    if (!Option.exists(yield* Ref.get(opener), (opener) => isSameExecutable(opener, executable))) {
      const ping = yield* read(operation, ["ping", "--json"])
      // A bd without `ping` is older than silent migrations.
      if (ping.exitCode !== 0 && !saysUnknownUsage(ping)) return yield* bdError(operation, ping)
      yield* Ref.set(opener, Option.some(executable))
    }
    const result = yield* bd.write(operation, args, env)
    const fault = storeFaultIn(result)
    return fault === undefined ? result : yield* failWith(bd, operation, fault)
  }, Effect.provide(context))

  return {
    directory: bd.directory,
    read,
    write,
    runWithoutDatabase: bd.runWithoutDatabase,
    rows: (operation, args, issues) =>
      Effect.flatMap(read(operation, args, issues), (result) => rowsIn(operation, result))
  } satisfies BdCall
})
