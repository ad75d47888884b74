import { BUGS, type FaultWorld, type RunOptions, type Sabotage } from "./world.ts"

/** One cell of the matrix: a step, what goes wrong there, and how the machine is brought to it. */
export interface Scenario {
  readonly step: string
  readonly fault: string
  /** Before the fault: what has to have happened. */
  readonly before?: (world: FaultWorld) => Promise<void>
  /** The runs with the fault, one after the other; `together` starts them at the same time. */
  readonly runs: ReadonlyArray<RunOptions>
  readonly together?: boolean
  /** The settings of this machine, for all runs. */
  readonly env?: Readonly<Record<string, string>>
  /** Bugs that must have a job at the end; the others must be free. Default all. */
  readonly jobs?: ReadonlyArray<string>
  /** The runner does not know of the agents that it began: their attempts stay open, with their claims. */
  readonly untold?: boolean
}

const MOMENTS: ReadonlyArray<readonly [fault: string, when: "before" | "during" | "after", act: string]> = [
  ["kill -9 before", "before", "kill"],
  ["kill -9 during", "during", "kill"],
  ["kill -9 after", "after", "kill"],
  ["SIGTERM before", "before", "term"],
  ["SIGTERM during", "during", "term"]
]

type More = Partial<Omit<Scenario, "step" | "fault" | "runs">> & { readonly fixed?: RunOptions["env"] }

const sabotaged = (step: string, fault: string, sabotage: Sabotage, { fixed, ...more }: More = {}): Scenario => ({
  step,
  fault,
  runs: [{ sabotage, ...(fixed === undefined ? {} : { env: fixed }) }],
  ...more
})

/** Every moment around a child process of the dispatcher. */
const around = (step: string, at: string, more: More = {}): ReadonlyArray<Scenario> =>
  MOMENTS.map(([fault, when, act]) => sabotaged(step, fault, { at: `spawn:${at}`, when, act }, more))

/** Every moment around something that the dispatcher does itself, and a full disk. */
const within = (step: string, at: string, more: More = {}): ReadonlyArray<Scenario> => [
  ...MOMENTS.filter(([, when]) => when !== "during").map(([fault, when, act]) =>
    sabotaged(step, fault, { at, when, act }, more)
  ),
  sabotaged(step, "disk full", { at, act: "full" }, more)
]

const TOOL: ReadonlyArray<readonly [fault: string, name: string]> = [
  ["exits non-zero", "exit:1"],
  ["prints garbage", "garbage"],
  ["prints nothing", "empty"],
  ["hangs", "hang"],
  ["ignores SIGTERM", "stubborn"]
]
const LIES: ReadonlyArray<readonly [fault: string, name: string]> = [
  ["says yes, did no", "lie-yes"],
  ["says no, did yes", "lie-no"]
]

const GIT: ReadonlyArray<readonly [fault: string, name: string]> = [
  ["exits non-zero", "exit"],
  ["prints garbage", "garbage"],
  ["prints nothing", "empty"],
  ["hangs", "hang"],
  ["ignores SIGTERM", "stubborn"],
  ["says no, did yes", "lie-no"]
]

/** A tool that misbehaves in the first run only. */
const misbehaving = (
  step: string,
  variable: string,
  point: string,
  faults: ReadonlyArray<readonly [fault: string, name: string]>,
  more: More = {}
): ReadonlyArray<Scenario> =>
  faults.map(([fault, name]) => ({
    step,
    fault,
    runs: [{ env: { ...more.fixed, [variable]: `${point}=${name}` } }],
    ...(more.before === undefined ? {} : { before: more.before }),
    ...(more.env === undefined ? {} : { env: more.env }),
    ...(more.jobs === undefined ? {} : { jobs: more.jobs })
  }))

/** Two dispatchers, the first of which is held up at one point: on one state directory, and with a state of their own. */
const overlapping = (step: string, at: string, when: Sabotage["when"] = "before"): ReadonlyArray<Scenario> => [
  {
    step,
    fault: "second dispatcher",
    runs: [{ sabotage: { at, when, act: "pause:2500" } }, {}],
    together: true
  },
  {
    step,
    fault: "second host",
    runs: [{ sabotage: { at, when, act: "pause:2500" } }, { env: { NIGHTLY_DISPATCH_STATE_DIR: "other-state" } }],
    together: true
  }
]

const CLAIM = "^bd .*update bd-1 --claim"
const RELEASE = "^bd .*update bd-1 .*--status open"

/** Jobs that end at once and did nothing, so that the next run has something to settle. */
const ended = async (world: FaultWorld): Promise<void> => {
  await world.run({ env: { FAKE_DX_JOB_SECONDS: "0" } })
  for (let look = 0; look < 50 && world.events().filter(({ kind }) => kind === "end").length < BUGS.length; look++) {
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
/** Nothing of what was done yesterday waits for a day to pass. */
const settling: More = { before: ended, jobs: [] }

/** Jobs that fail by the bug's fault, and no second attempt. */
const usedUp: More = {
  before: async (world) => {
    await world.run({ env: { FAKE_DX_JOB_SECONDS: "0", FAKE_DX_JOB_EXIT: "1" } })
    for (let look = 0; look < 50 && world.events().filter(({ kind }) => kind === "end").length < BUGS.length; look++) {
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  },
  env: { NIGHTLY_DISPATCH_LIMITS_MAX_ATTEMPTS: "1" },
  jobs: []
}

/** The runner refuses to start bd-1, so its claim goes back. */
const refused: More = { fixed: { FAKE_DX_FAULT: "start=no-hostname" } }

const STEPS = ["Intended", "Claimed", "WorkspaceMade", "Prompted", "Starting", "Acknowledged"]

/** Every cell of the matrix. */
export const scenarios: ReadonlyArray<Scenario> = [
  ...within("lock", "link:run.lock"),
  ...overlapping("lock", "link:run.lock", "after"),
  ...within("journal open", "open"),
  ...overlapping("journal open", "open"),
  ...around("settle", "^dx-runner report", settling),
  // Where report says that there is no such job, it is lost and counts for nothing: the bug is tried again at once.
  ...misbehaving("settle", "FAKE_DX_FAULT", "report", TOOL, settling).map((one) =>
    one.fault === "exits non-zero" ? Object.assign(one, { jobs: BUGS }) : one
  ),
  ...around("settle: release", RELEASE, settling),
  ...misbehaving("settle: release", "FAKE_BD_FAULT", "update:bd-1", [...TOOL, ...LIES], settling),
  ...within("settle: journal", "journal:Settled", settling),
  ...around("list", "^bd list --status open"),
  ...misbehaving("list", "FAKE_BD_FAULT", "list", TOOL),
  ...around("preflight", "^dx-runner preflight"),
  ...misbehaving("preflight", "FAKE_DX_FAULT", "preflight", TOOL),
  ...overlapping("preflight", "spawn:^dx-runner preflight"),
  ...around("re-read", "^bd show bd-1"),
  ...misbehaving("re-read", "FAKE_BD_FAULT", "show:bd-1@1", TOOL),
  ...overlapping("re-read", "spawn:^bd show bd-1", "after"),
  ...around("claim", CLAIM),
  ...misbehaving("claim", "FAKE_BD_FAULT", "update:bd-1@1", [...TOOL, ["does it, then hangs", "late"], ...LIES]),
  ...overlapping("claim", `spawn:${CLAIM}`),
  ...MOMENTS.map(([fault, when, act]) =>
    sabotaged("read-back", fault, { at: "spawn:^bd show bd-1", nth: 2, when, act })
  ),
  ...misbehaving("read-back", "FAKE_BD_FAULT", "show:bd-1@2", TOOL),
  ...around("worktree", "^git .*worktree add .*bd-1"),
  ...GIT.map(([fault, name]): Scenario => ({ step: "worktree", fault, runs: [{ env: { FAKE_GIT_FAULT: name } }] })),
  ...overlapping("worktree", "spawn:^git .*worktree add .*bd-1"),
  ...within("prompt", "write:bd-1.prompt"),
  ...around("start", "^dx-runner start --beads bd-1"),
  ...misbehaving("start", "FAKE_DX_FAULT", "start", [...TOOL, ["does it, then hangs", "start-then-hang"], ...LIES]),
  {
    step: "start",
    fault: "hangs half-way",
    runs: [{ env: { FAKE_DX_FAULT: "start=launch-then-hang" } }],
    untold: true
  },
  ...overlapping("start", "spawn:^dx-runner start --beads bd-1"),
  ...MOMENTS.map(([fault, when, act]) =>
    sabotaged("ack", fault, { at: "spawn:^dx-runner report --beads bd-1", nth: 2, when, act })
  ),
  ...STEPS.flatMap((step) => within(`journal: ${step}`, `journal:${step}`)),
  ...around("release", RELEASE, refused),
  ...misbehaving("release", "FAKE_BD_FAULT", "update:bd-1@2", [...TOOL, ...LIES], refused),
  ...within("alert", "journal:alert", usedUp),
  ...around("alert: comment", "^bd .*comments add bd-1", usedUp),
  ...misbehaving("alert: comment", "FAKE_BD_FAULT", "comments", TOOL, usedUp),
  ...within("summary", "journal:end")
]
