import type { RunOptions } from "../machine/dispatcher.ts"
import { runDispatcher } from "../machine/dispatcher.ts"
import { BUGS, Machine } from "../machine/Machine.ts"
import { restore, takeSnapshot } from "../machine/snapshot.ts"
import { runnerEvents } from "../machine/toolLogs.ts"
import type { Scenario, Shared } from "./scenario.ts"

const ONE_AT_A_TIME = { NIGHTLY_DISPATCH_LIMITS_MAX_PARALLEL: "1" }

/** One bug and no more, so that calls can be counted. */
export const ONE_BUG = { ...ONE_AT_A_TIME, NIGHTLY_DISPATCH_LIMITS_MAX_DISPATCHES: "1" }

const pause = (millis: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, millis))

/**
 * A machine after a run whose jobs, bd-1's first, have ended, so that the next run has two jobs to settle. The run happens
 * once; each scenario gets a copy of the machine.
 */
const afterJobsEnded = (env: RunOptions["env"]): NonNullable<Scenario["before"]> => {
  const prepare = async () => {
    const machine = new Machine()
    // The snapshot changes paths in the journal, which a write-ahead log would not allow: its frames have checksums.
    await runDispatcher(machine, { process: true, env: { FAKE_DX_JOB_SECONDS: "0", ...ONE_AT_A_TIME, ...env } })
    const ended = () => runnerEvents(machine.root).filter(({ kind }) => kind === "end").length
    for (let look = 0; look < 100 && ended() < BUGS.length; look++) await pause(50)
    return takeSnapshot(machine)
  }
  let prepared: ReturnType<typeof prepare> | undefined
  return async (machine) => {
    prepared ??= prepare()
    restore(machine, await prepared)
  }
}

/** The jobs changed nothing. */
export const jobsEnded: Shared = { before: afterJobsEnded({}), jobs: [] }

/** The jobs left work that waits for a person, so no bug may be dispatched again. */
export const jobsLeftWork: Shared = {
  before: afterJobsEnded({ FAKE_DX_AGENT: 'echo done >"$WORKTREE/work.txt"' }),
  jobs: [],
  kept: BUGS
}

/** The jobs left work, which passes our check. The run that settles them starts the check, and a later one collects it. */
export const jobsChecked: Shared = {
  ...jobsLeftWork,
  env: { NIGHTLY_DISPATCH_VERIFY_COMMAND: "true" }
}

/** The jobs failed, and no bug may be tried a second time. */
export const attemptsUsedUp: Shared = {
  before: afterJobsEnded({ FAKE_DX_JOB_EXIT: "1" }),
  env: { NIGHTLY_DISPATCH_LIMITS_MAX_ATTEMPTS: "1" },
  jobs: []
}

/** The agents, bd-1's first, run for longer than `limits.maxRuntime` and ignore SIGTERM. */
export const jobsOverran = (env: RunOptions["env"] = ONE_AT_A_TIME): Shared => ({
  before: async (machine) => {
    const agent = { FAKE_DX_AGENT: "trap '' TERM; while :; do sleep 1; done" }
    await runDispatcher(machine, { env: { ...agent, ...env } })
    await pause(2_500)
  },
  faultyEnv: { NIGHTLY_DISPATCH_LIMITS_MAX_RUNTIME: "1 s" },
  jobs: []
})

/** The runner does not start bd-1, so its claim is released. */
export const startFails: Shared = { faultyEnv: { FAKE_DX_FAULT: "start=no-hostname" } }

/** Somebody else holds bd-2. */
export const secondBugHeld: Shared = {
  before: (machine) => machine.assign("bd-2", "Somebody Else"),
  jobs: ["bd-1"]
}

/** dx-worktree makes the worktrees. It needs a remote. */
export const dxWorktree: Shared = {
  before: (machine) => {
    machine.git("remote", "add", "origin", machine.at("repo"))
    machine.git("fetch", "-q", "origin")
    machine.git("remote", "set-head", "origin", "main")
    return Promise.resolve()
  },
  env: { NIGHTLY_DISPATCH_WORKSPACE_BACKEND: "dx-worktree" }
}
