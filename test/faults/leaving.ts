import { sabotaged, type More, type Scenario } from "./scenario.ts"
import type { RunOptions } from "./world.ts"

/** The time limits of a program that nobody has set any for: they are longer than the ten seconds that a signal leaves. */
const USUAL = {
  NIGHTLY_DISPATCH_TIMEOUTS_BEADS: "30 s",
  NIGHTLY_DISPATCH_TIMEOUTS_PREFLIGHT: "60 s",
  NIGHTLY_DISPATCH_TIMEOUTS_ACK: "30 s",
  NIGHTLY_DISPATCH_TIMEOUTS_WORKSPACE: "120 s"
}

const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"] as const

const CLAIM = "^bd .*update bd-1 --claim"
const START = "^dx-runner start --beads bd-1"

type One = Readonly<Record<string, string>>

/** Told to leave while a tool hangs that ignores SIGTERM, and hangs again when it is asked to put things back. */
const cell =
  (act: (typeof SIGNALS)[number], one: One) =>
  (step: string, at: string, env: RunOptions["env"], more: More & { readonly until?: string } = {}): Scenario => {
    const { until, ...rest } = more
    const sabotage = { at: `spawn:${at}`, when: "during", act, ...(until === undefined ? {} : { until }) } as const
    return sabotaged(step, `${act} while a tool ignores SIGTERM`, sabotage, {
      ...rest,
      fixed: { ...USUAL, ...one, ...env }
    })
  }

/** Every signal that asks a program to leave, while the tool hangs without which nothing can be put back. */
const stuck =
  (one: One) =>
  (act: (typeof SIGNALS)[number]): ReadonlyArray<Scenario> => {
    const told = cell(act, one)
    return [
      told("claim", CLAIM, { FAKE_BD_FAULT: "update:bd-1=stubborn" }),
      told("worktree", "^git .*worktree add .*bd-1", { FAKE_GIT_FAULT: "stubborn" }),
      told("start", START, { FAKE_DX_FAULT: "start=stubborn;report=stubborn@2+" })
    ]
  }

/** Told to leave at every step that waits for a tool. `one` lets a run begin one bug, `settling` leaves it two to settle. */
export const leaving = (one: One, settling: More): ReadonlyArray<Scenario> => {
  const told = cell("SIGTERM", one)
  return [
    ...SIGNALS.flatMap(stuck(one)),
    told("settle", "^dx-runner report", { FAKE_DX_FAULT: "report=stubborn" }, settling),
    told("list", "^bd list --status open", { FAKE_BD_FAULT: "list@2=stubborn" }),
    told("preflight", "^dx-runner preflight", { FAKE_DX_FAULT: "preflight=stubborn" }),
    told("read-back", CLAIM, {
      FAKE_BD_FAULT: "update:bd-1@1=late,update:bd-1@2+=stubborn,show:bd-1@2+=stubborn"
    }),
    told(
      "ack: late",
      START,
      { FAKE_DX_FAULT: "start=start-then-hang;report=stubborn@2+" },
      { until: "opencode/bd-1.pid" }
    ),
    told("release", START, { FAKE_BD_FAULT: "update:bd-1@2+=stubborn", FAKE_DX_FAULT: "start=hang" }),
    told("release: worktree", START, { FAKE_GIT_FAULT: "then-stubborn", FAKE_DX_FAULT: "start=hang" })
  ]
}
