import { Effect, Layer, type Duration } from "effect"
import type { ProcessIdentity } from "../domain/ProcessIdentity.ts"
import { childEnvironment, wholeEnvironment, type EnvironmentPolicy, type Variables } from "./childEnvironment.ts"
import { endJob } from "./endJob.ts"
import { Exec, type LaunchSpec } from "./Exec.ts"
import { foreground } from "./foreground.ts"
import { jobProcesses } from "./jobProcesses.ts"
import { launch, launchGated } from "./launch.ts"
import { findProcess, identify, type Host } from "./liveness.ts"
import { machineId } from "./machineId.ts"
import { endProcessGroup } from "./processGroup.ts"
import type { ProcessTable } from "./processTable.ts"
import { run } from "./run.ts"
import { makeSeenProcesses } from "./seenProcesses.ts"
import { groupRuns, systemTable } from "./systemTable.ts"
import { which } from "./which.ts"

interface Options extends EnvironmentPolicy {
  readonly environment?: Variables
  /** Names this machine, in place of the system's own id: a container has none. */
  readonly machine?: string | undefined
  /** How processes are looked up. Default: by /proc on Linux, by `ps` and `lsof` elsewhere. */
  readonly table?: ProcessTable
}

const endGroup = (host: Host) =>
  Effect.fn("Exec.endGroup")(function* (process: ProcessIdentity, killAfter?: Duration.DurationInput) {
    const { here, liveness, row } = yield* findProcess(host, process)
    if (row !== undefined) return yield* endProcessGroup(row.group, killAfter)
    return liveness === "dead" && !(here && (yield* groupRuns(process.pid, host.table)))
  })

/**
 * `Exec` on Node's processes. A command gets the variables of our environment (default: `process.env`) that are usual for its
 * kind, those that its spec sets, and an agent those that the policy passes.
 *
 * @example
 * NodeExec.layerWith({ pass: ["MY_AGENT_*"] })
 */
export const layerWith = ({ environment, machine, table, ...policy }: Options): Layer.Layer<Exec> => {
  const ours = () => environment ?? process.env
  const host: Host = { table: table ?? systemTable, seen: makeSeenProcesses(), machine: machineId(machine) }
  const withEnvironment = <Spec extends Pick<LaunchSpec, "env" | "tool">>(spec: Spec) => ({
    ...spec,
    env:
      spec.tool === "nightly-dispatch"
        ? wholeEnvironment(ours(), spec.env)
        : childEnvironment(spec.tool, ours(), spec.env, policy)
  })
  return Layer.succeed(Exec, {
    run: (spec) => run(host, withEnvironment(spec)),
    runGated: ({ outputDirectory, ...spec }, gate) => run(host, withEnvironment(spec), { gate, outputDirectory }),
    foreground: (spec) => foreground(host)(withEnvironment(spec)),
    launch: (spec) => launch(host)(withEnvironment(spec)),
    launchGated: (spec, gate) => launchGated(host)(withEnvironment(spec), gate),
    identify: (pid) => identify(host, pid),
    liveness: (process) => Effect.map(findProcess(host, process), ({ liveness }) => liveness),
    jobProcesses: (job) => jobProcesses(host, job),
    endJob: (job, part, killAfter) => endJob(host, job, part, killAfter),
    endGroup: endGroup(host),
    which: (command) => which(command, ours()["PATH"])
  })
}

/**
 * `layerWith` that passes only the usual variables.
 *
 * @example
 * Effect.flatMap(Exec, ({ which }) => which("bd")).pipe(Effect.provide(NodeExec.layer))
 */
export const layer: Layer.Layer<Exec> = layerWith({})
