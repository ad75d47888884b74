import * as FileSystem from "@effect/platform/FileSystem"
import { Context, Effect, Layer } from "effect"
import { RunnerFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { isLive, type Job } from "../../domain/Job.ts"
import { ProviderName } from "../../domain/Provider.ts"
import { Exec } from "../../exec/Exec.ts"
import type { JobTrace } from "../DxRunner.ts"
import { lastLinesOf } from "../jobEnd/endOfJob.ts"
import { makeJobTemp } from "../jobTemp.ts"
import { Verifier, type Check, type CheckRequest } from "../Verifier.ts"
import { findAlone, makeAlone } from "./alone.ts"
import { ending } from "./ending.ts"
import { toJob, type LocalJob } from "./job.ts"
import { findJob } from "./jobFiles.ts"
import { jobOfTrace } from "./jobOfTrace.ts"
import { endEarlier, launch, mayWork, type LocalPlaces } from "./launch.ts"

/** The options of the local verifier. */
export interface LocalVerifierOptions {
  /** Holds the records and logs of checks, in `checks/`. Absolute. */
  readonly stateDir: string
  /** Where temporary directories are made. Absolute. */
  readonly tempDir: string
  /** MiB that the log of one check may have. */
  readonly logSize: number
}

/** Stands for a provider in the records of checks. */
const CHECK = ProviderName.make("check")

const notStarted = (detail: string, blame: RunnerFailed["blame"]) =>
  new RunnerFailed({ operation: "start of a check", detail, blame })

/** The absolute path of the check's program. The worktree is its working directory. */
const locate = Effect.fn("LocalVerifier.locate")(function* ({ command: [program], worktree }: CheckRequest) {
  const exec = yield* Exec
  const isRelative = program.includes("/") && !program.startsWith("/")
  const found = yield* exec.which(isRelative ? `${worktree}/${program}` : program)
  return found ?? (yield* notStarted(`verify.command: ${program} is not found, or cannot be executed`, "config"))
})

/** Starts the check, unless the attempt's check runs. The caller holds the lock. */
const startCheck = Effect.fn("LocalVerifier.start")(function* (places: LocalPlaces, request: CheckRequest) {
  const { attempt, beads, command, onLaunch, repo, worktree } = request
  const earlier = yield* findJob(places.root, beads)
  if (earlier !== undefined && isLive(toJob(earlier))) {
    const { phase, reason } = toJob(earlier)
    if (phase === "running" && earlier.record.attempt === attempt) return
    return yield* mayWork(earlier, reason ?? phase)
  }
  if (earlier !== undefined) yield* endEarlier(earlier)
  const program = { command: yield* locate(request), args: command.slice(1), env: {} }
  yield* launch(places, {
    attempt,
    beads,
    provider: CHECK,
    repo,
    worktree,
    promptFile: undefined,
    command: program,
    onLaunch
  }).pipe(Effect.catchTag("ExecNotStarted", ({ message }) => notStarted(message, "host")))
})

/** Whether a record is of this check. An attempt has two if `verify.before` is set: one in its worktree, one in that of its base. */
const isOf = ({ record }: LocalJob, { attempt, worktree = record.worktree }: JobTrace): boolean =>
  record.attempt === attempt && record.worktree === worktree

/** The check that a job of the records is. */
const checkOf = Effect.fn("LocalVerifier.checkOf")(function* (job: Job | undefined) {
  if (job === undefined) return { phase: "gone", why: "it was never started" } satisfies Check
  const { exitCode, phase, reason = "its end is not known" } = job
  if (phase === "unknown") return { phase, why: reason } satisfies Check
  if (isLive(job)) return { phase: "running" } satisfies Check
  if (phase === "stopped") return { phase, lines: yield* lastLinesOf(job) } satisfies Check
  if (phase === "gone" || exitCode === undefined) return { phase: "gone", why: reason } satisfies Check
  return { phase: "ended", exitCode, lines: yield* lastLinesOf(job) } satisfies Check
})

const make = Effect.fn("LocalVerifier.make")(function* ({ logSize, stateDir, tempDir }: LocalVerifierOptions) {
  // Not the whole context: that would make every later span a child of the current one.
  const tools = Context.pick(FileSystem.FileSystem, Exec)(yield* Effect.context<FileSystem.FileSystem | Exec>())
  const temps = yield* makeJobTemp(tempDir)
  const root = `${stateDir}/checks`
  const alone = yield* makeAlone(root)

  /** Not a record of the attempt's other check. */
  const concerns = (job: LocalJob, trace: JobTrace) => job.record.attempt !== trace.attempt || isOf(job, trace)

  const check = Effect.fn("LocalVerifier.check")(function* (id: BeadsId, trace: JobTrace) {
    const newest = yield* findAlone(root, alone, id)
    const known = newest !== undefined && isOf(newest, trace) ? toJob(newest) : undefined
    // A launch that is not on record yet may wait at its gate.
    const isOver = known !== undefined && known.phase !== "gone"
    return yield* checkOf(isOver ? known : ((yield* jobOfTrace(id, trace)) ?? known))
  }, Effect.provide(tools))

  return Verifier.of({
    start: (request) => Effect.provide(alone("start of a check", startCheck({ root, temps, logSize }, request)), tools),
    check,
    ...ending({ root, temps, alone, of: "the check of ", concerns, tools })
  })
})

export const layer = (options: LocalVerifierOptions): Layer.Layer<Verifier, never, Exec | FileSystem.FileSystem> =>
  Layer.effect(Verifier, make(options))
