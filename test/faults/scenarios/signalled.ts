import { injected } from "./builders.ts"
import { jobsEnded, ONE_BUG } from "./preparations.ts"
import type { Scenario, Shared } from "./scenario.ts"

/** The default time limits. They are longer than the ten seconds that a dispatcher has after a signal. */
const DEFAULT_LIMITS = {
  NIGHTLY_DISPATCH_TIMEOUTS_BEADS: "30 s",
  NIGHTLY_DISPATCH_TIMEOUTS_PREFLIGHT: "60 s",
  NIGHTLY_DISPATCH_TIMEOUTS_ACK: "30 s",
  NIGHTLY_DISPATCH_TIMEOUTS_WORKSPACE: "120 s"
}

const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"] as const
type Signal = (typeof SIGNALS)[number]

const CLAIM = "^bd .*update bd-1 --claim"
const START = "^dx-runner start --beads bd-1"

/**
 * The dispatcher gets a signal while the child `at` runs. `env` names the tool that hangs and ignores SIGTERM, and that may
 * hang again when the dispatcher rolls back. `until`: the signal waits for this file of the fake runner.
 */
const signalled =
  (signal: Signal) =>
  (
    step: string,
    at: string,
    env: Readonly<Record<string, string>>,
    { until, ...shared }: Shared & { readonly until?: string } = {}
  ): Scenario => {
    const injection = {
      at: `spawn:${at}`,
      when: "during",
      act: signal,
      ...(until === undefined ? {} : { until })
    } as const
    return injected(step, `${signal} while a tool ignores SIGTERM`, injection, {
      ...shared,
      faultyEnv: { ...DEFAULT_LIMITS, ...ONE_BUG, ...env }
    })
  }

/** At the three steps whose tool must have ended before the dispatcher can roll back. */
const beforeRollBack = (signal: Signal): ReadonlyArray<Scenario> => {
  const cell = signalled(signal)
  return [
    cell("claim", CLAIM, { FAKE_BD_FAULT: "update:bd-1=stubborn" }),
    cell("worktree", "^git .*worktree add .*bd-1", { FAKE_GIT_FAULT: "stubborn" }),
    cell("start", START, { FAKE_DX_FAULT: "start=stubborn;report=stubborn@2+" })
  ]
}

const cell = signalled("SIGTERM")

/** A signal at every step that waits for a tool, while that tool ignores SIGTERM. */
export const signalledScenarios: ReadonlyArray<Scenario> = [
  ...SIGNALS.flatMap(beforeRollBack),
  cell("settle", "^dx-runner report", { FAKE_DX_FAULT: "report=stubborn" }, jobsEnded),
  cell("list", "^bd list --status open", { FAKE_BD_FAULT: "list@2=stubborn" }),
  cell("preflight", "^dx-runner preflight", { FAKE_DX_FAULT: "preflight=stubborn" }),
  cell("read-back", CLAIM, { FAKE_BD_FAULT: "update:bd-1@1=late,update:bd-1@2+=stubborn,show:bd-1@2+=stubborn" }),
  cell(
    "ack: late",
    START,
    { FAKE_DX_FAULT: "start=start-then-hang;report=stubborn@2+" },
    { until: "opencode/bd-1.pid" }
  ),
  cell("release", START, { FAKE_BD_FAULT: "update:bd-1@2+=stubborn", FAKE_DX_FAULT: "start=hang" }),
  cell("release: worktree", START, { FAKE_GIT_FAULT: "then-stubborn", FAKE_DX_FAULT: "start=hang" })
]
