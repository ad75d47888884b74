import * as FileSystem from "@effect/platform/FileSystem"
import { Effect, Either, Layer, Predicate } from "effect"
import { PreflightFailed, RunnerFailed } from "../domain/Failure.ts"
import type { BeadsId } from "../domain/Ids.ts"
import { isLive, Job } from "../domain/Job.ts"
import type { PreflightReport, Provider, ProviderName } from "../domain/Provider.ts"
import { Exec } from "../exec/Exec.ts"
import { DxRunner } from "./DxRunner.ts"
import { modelOf, startArguments } from "./dxRunnerArguments.ts"
import { notRun, refused, runnerCommand, type DxRunnerOptions } from "./dxRunnerCommand.ts"
import { capsIn, refusal } from "./dxRunnerLimits.ts"
import { capabilities } from "./dxRunnerLines.ts"
import { transcript } from "./dxRunnerOutput.ts"
import { processBehind } from "./dxRunnerProcess.ts"
import { reactionTo } from "./dxRunnerReactions.ts"
import { starter } from "./dxRunnerStart.ts"

/** `DxRunner` on the `dx-runner` command, revisions of 2026-02-19 to 2026-05-06. */
export const layer = (options: DxRunnerOptions): Layer.Layer<DxRunner, never, Exec | FileSystem.FileSystem> =>
  Layer.effect(
    DxRunner,
    Effect.gen(function* () {
      const exec = yield* Exec
      const fs = yield* FileSystem.FileSystem
      const runner = runnerCommand(exec, options)
      const [known, forget] = yield* Effect.cachedInvalidateWithTTL(
        Effect.map(runner.ask(["--help"]), (output) => capabilities(output.stdout)),
        "1 day"
      )
      // A failure is not kept.
      const knows = Effect.tapError(known, () => forget)

      const version = Effect.flatMap(exec.which(options.command), (path) =>
        path === undefined
          ? new RunnerFailed({ operation: "version", detail: `${options.command}: command not found`, blame: "config" })
          : Effect.succeed(`dx-runner (${path})`)
      )

      const preflight = Effect.fn("DxRunner.preflight")(function* (provider: Provider) {
        const args = ["preflight", "--provider", provider.name, ...modelOf(provider)]
        const output = yield* runner.run(args, options.timeouts.preflight).pipe(
          Effect.mapError((error) => {
            if (error._tag === "ExecNotStarted") return notRun("preflight", error)
            const late = error._tag === "ExecTimedOut"
            const { lines } = transcript(late ? error.stdout : "")
            const detail = late ? `Preflight check timed out: ${error.message}` : error.message
            return new PreflightFailed({ provider: provider.name, detail, lines, blame: "provider" })
          })
        )
        if (output.exitCode !== 0) {
          return yield* refused("preflight", provider.name, output, reactionTo("preflight", output))
        }
        const { lines, warnings, models } = transcript(output.stdout)
        const ignored = provider.model !== undefined && models.length > 0 && !models.includes(provider.model)
        const report: PreflightReport = {
          provider: provider.name,
          lines,
          warnings: [
            ...warnings,
            ...(ignored ? [`asked for model ${provider.model}, dx-runner checked ${models.join(", ")}`] : [])
          ],
          duration: output.duration
        }
        return report
      })

      // The runner has no lock, so two starts of one issue at once would both get through.
      const locks = new Map<BeadsId, Effect.Semaphore>()
      const aloneOn = (id: BeadsId) => {
        const lock = locks.get(id) ?? Effect.unsafeMakeSemaphore(1)
        locks.set(id, lock)
        return lock.withPermits(1)
      }
      const start = starter(runner, exec, options, startArguments(fs, options.requireCommit ? knows : undefined))

      const job = Effect.fn("DxRunner.job")(function* (id: BeadsId) {
        const job = yield* runner.report(id)
        if (job === undefined || !isLive(job)) return job
        // Only the list knows the pid, and without it the job is still the job.
        const row = yield* Effect.orElseSucceed(runner.row(id), () => undefined)
        return Job.make({ ...job, pid: row?.job.runInstance === job.runInstance ? row?.job.pid : undefined })
      })

      const running = runner.status().pipe(
        Effect.map((rows) => rows.map(({ job }) => job).filter(isLive)),
        Effect.flatMap(
          Effect.filter(({ pid }) =>
            pid === undefined ? Effect.succeed(false) : Effect.map(exec.identify(pid), Predicate.isNotUndefined)
          )
        ),
        Effect.withSpan("DxRunner.running")
      )

      const capacity = Effect.gen(function* () {
        if (!(yield* knows).caps) return new Map<ProviderName, number>()
        const caps = capsIn(options.environment ?? {})
        if (Either.isRight(caps)) return caps.right
        return yield* new RunnerFailed({ operation: "capacity", detail: caps.left, blame: "config" })
      }).pipe(Effect.withSpan("DxRunner.capacity"))

      const stop = Effect.fn("DxRunner.stop")(function* (id: BeadsId) {
        const row = yield* runner.row(id)
        if (row === undefined || (row.job.pid === undefined && !isLive(row.job))) return true
        const behind = yield* processBehind(exec, row)
        if (behind._tag === "Stranger") {
          yield* Effect.logWarning(`${id}: process ${row.job.pid} cannot be shown to be the job's and is left alone`)
          return false
        }
        // The runner has not noticed yet that the job has ended; a stop would overwrite how.
        if (behind._tag === "Nobody") return true
        // dx-runner ends the launcher and leaves the agent, so the group goes first.
        const gone = (yield* exec.endGroup(behind.leader)) && !(yield* exec.isAlive(behind.process))
        yield* Effect.catchAll(
          runner.ask(["stop", "--beads", id], ({ exitCode }) => exitCode === 1),
          (error) => Effect.logWarning(`${id}: dx-runner was not told of the stop: ${error.message}`)
        )
        return gone
      })

      return DxRunner.of({
        version,
        preflight,
        refusal,
        start: (request) => aloneOn(request.beads)(start(request)),
        job,
        running,
        capacity,
        stop
      })
    })
  )
