import * as FileSystem from "@effect/platform/FileSystem"
import { Effect, Either, Layer, Option } from "effect"
import { askOnce } from "../../domain/askOnce.ts"
import { PreflightFailed, RunnerFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { isLive, Job } from "../../domain/Job.ts"
import { keyedMutex } from "../../domain/keyedMutex.ts"
import type { PreflightReport, Provider, ProviderName } from "../../domain/Provider.ts"
import { Exec } from "../../exec/Exec.ts"
import { DxRunner } from "../DxRunner.ts"
import { modelOf, startArguments } from "./arguments.ts"
import { notRun, refused, runnerCommand, type DxRunnerOptions } from "./command.ts"
import { beadsGate } from "./gate.ts"
import { capsIn, promptRefusal } from "./limits.ts"
import { capabilities } from "./lines.ts"
import { transcript } from "./output.ts"
import { processBehind } from "./process.ts"
import { reactionTo } from "./reactions.ts"
import { starter } from "./start.ts"

/** `DxRunner` on the `dx-runner` command, revisions of 2026-02-19 to 2026-05-06. */
export const layer = (options: DxRunnerOptions): Layer.Layer<DxRunner, never, Exec | FileSystem.FileSystem> =>
  Layer.effect(
    DxRunner,
    Effect.gen(function* () {
      const exec = yield* Exec
      const fs = yield* FileSystem.FileSystem
      const runner = runnerCommand(exec, options)
      const { ask: knows } = yield* askOnce(Effect.map(runner.ask(["--help"]), (output) => capabilities(output.stdout)))
      const gate = beadsGate(fs, options, knows)

      const version = Effect.flatMap(exec.which(options.command), (path) =>
        path === undefined
          ? new RunnerFailed({ operation: "version", detail: `${options.command}: command not found`, blame: "config" })
          : Effect.succeed(`dx-runner (${path})`)
      )

      /** Says so when the runner will not use the model it is told. Not every provider's preflight names one. */
      const otherModel = Effect.fnUntraced(function* ({ model }: Provider, checked: ReadonlyArray<string>) {
        if (model === undefined || checked.includes(model)) return []
        if (checked.length > 0) return [`asked for model ${model}, dx-runner checked ${checked.join(", ")}`]
        const revision = yield* Effect.option(knows)
        return Option.isSome(revision) && !revision.value.model ? [`this dx-runner ignores the model ${model}`] : []
      })

      const preflight = Effect.fn("DxRunner.preflight")(function* (provider: Provider) {
        yield* gate
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
        const report: PreflightReport = {
          provider: provider.name,
          lines,
          warnings: [...warnings, ...(yield* otherModel(provider, models))],
          duration: output.duration
        }
        return report
      })

      // dx-runner has no lock: of two starts of one bug at the same time, both would start an agent.
      const oneAtATime = keyedMutex<BeadsId>()
      const start = starter(runner, exec, options, startArguments(fs, options.requireCommit ? knows : undefined))

      const job = Effect.fn("DxRunner.job")(function* (id: BeadsId) {
        yield* gate
        const job = yield* runner.report(id)
        if (job === undefined || !isLive(job)) return job
        // Only the list knows the pid, and without it the job is still the job.
        const row = yield* Effect.orElseSucceed(runner.row(id), () => undefined)
        if (row?.job.runInstance !== job.runInstance || row?.job.provider !== job.provider) return job
        // Alive is what the runner says of any process with the pid it wrote down, a year later, after a reboot.
        const stale = (yield* processBehind(exec, row))._tag === "Stranger"
        return stale
          ? Job.make({ ...job, phase: "gone", reason: "stale_pid_file" })
          : Job.make({ ...job, pid: row.job.pid })
      })

      const running = Effect.gen(function* () {
        yield* gate
        const rows = (yield* runner.status()).filter(({ job }) => isLive(job))
        const living = yield* Effect.filter(rows, (row) =>
          Effect.map(processBehind(exec, row), ({ _tag }) => _tag === "Own" || _tag === "Unknown")
        )
        return living.map(({ job }) => job)
      }).pipe(Effect.withSpan("DxRunner.running"))

      const capacity = Effect.gen(function* () {
        if (!(yield* knows).caps) return new Map<ProviderName, number>()
        const caps = capsIn(options.environment ?? {})
        if (Either.isRight(caps)) return caps.right
        return yield* new RunnerFailed({ operation: "capacity", detail: caps.left, blame: "config" })
      }).pipe(Effect.withSpan("DxRunner.capacity"))

      const stop = Effect.fn("DxRunner.stop")(function* (id: BeadsId) {
        yield* gate
        const row = yield* runner.row(id)
        if (row === undefined || (row.job.pid === undefined && !isLive(row.job))) return true
        const behind = yield* processBehind(exec, row)
        if (behind._tag === "Stranger" || behind._tag === "Unknown") {
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
        promptRefusal,
        start: (request) => oneAtATime(request.beads)(Effect.zipRight(gate, start(request))),
        job,
        running,
        capacity,
        stop
      })
    })
  )
