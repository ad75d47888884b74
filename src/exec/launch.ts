import { Effect, Either } from "effect"
import { constants } from "node:fs"
import * as fs from "node:fs/promises"
import { notStarted, requireDirectory, spawnChild, type Child, type FullCommand } from "./children.ts"
import { ProcessIdentity, type Gate, type LaunchSpec } from "./Exec.ts"
import { behindGate, identifyChild, passGate, requireCommand } from "./gate.ts"
import type { Host } from "./liveness.ts"
import { limitLog } from "./logLimiter.ts"
import { inScope, joinedScope } from "./scope.ts"

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants

const openLog = ({ logFile }: LaunchSpec) =>
  Effect.acquireRelease(
    Effect.tryPromise({
      try: () => fs.open(logFile, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0o600),
      catch: (cause) => notStarted(`log ${logFile}`, cause)
    }),
    (file) => Effect.promise(() => file.close().catch(() => undefined))
  )

/** Our own child, which has not been waited for: its pid is still its own. */
const kill = ({ process }: Child) => Effect.sync(() => process.kill("SIGKILL"))

export const launch = (host: Host) =>
  Effect.fn("Exec.launch")(
    function* (spec: LaunchSpec & FullCommand) {
      yield* requireDirectory(spec)
      const log = yield* openLog(spec)
      const child = yield* spawnChild(spec, "ignore", log.fd, log.fd)
      child.process.unref()
      const found = yield* Effect.tapError(identifyChild(host, spec.command, child), () => kill(child))
      if (found !== undefined) return found
      const boot = yield* Effect.orElseSucceed(host.table.boot, () => "unknown")
      return ProcessIdentity.make({ pid: child.pid, startedAt: "ended", boot })
    },
    Effect.scoped,
    Effect.uninterruptible
  )

/** What the launched process writes to. */
const outputOf = Effect.fnUntraced(function* ({ env, logLimit }: LaunchSpec & FullCommand, log: number) {
  if (logLimit === undefined) return log
  const limited = yield* Effect.either(limitLog(logLimit, log, env["PATH"] ?? ""))
  if (Either.isRight(limited)) return limited.right
  yield* Effect.logWarning(`the log has no limit: ${limited.left.message}`)
  return log
})

/** The child behind its gate, in a scope of its own where that is possible. */
const spawnInScope = Effect.fnUntraced(function* (spec: LaunchSpec & FullCommand, output: number) {
  const { scope } = spec
  const gated = behindGate(spec)
  const scoped = scope === undefined ? undefined : yield* inScope(gated, scope)
  if (scope !== undefined && scoped !== undefined) {
    const child = yield* Effect.option(spawnChild(scoped, "pipe", output, output))
    const cgroup = child._tag === "None" ? undefined : yield* joinedScope(child.value, scope)
    if (child._tag === "Some" && cgroup !== undefined) return { child: child.value, cgroup }
    if (child._tag === "Some") yield* kill(child.value)
    yield* Effect.logDebug(`systemd-run cannot make ${scope}.scope, so the job runs without a control group of its own`)
  }
  return { child: yield* spawnChild(gated, "pipe", output, output), cgroup: undefined }
})

export const launchGated = (host: Host) =>
  Effect.fn("Exec.launchGated")(
    function* <E>(spec: LaunchSpec & FullCommand, gate: Gate<E>) {
      yield* requireDirectory(spec)
      yield* requireCommand(spec)
      const log = yield* openLog(spec)
      const { cgroup, child } = yield* spawnInScope(spec, yield* outputOf(spec, log.fd))
      child.process.unref()
      return yield* passGate(host, spec.command, child, gate, cgroup)
    },
    Effect.scoped,
    Effect.uninterruptible
  )
