import { leaving } from "./leaving.ts"
import {
  ANYWHERE,
  around,
  asking,
  bd,
  dx,
  GIT,
  LATE,
  LIES,
  misbehaving,
  overlapping,
  sabotaged,
  TOOL,
  within,
  type More,
  type Scenario
} from "./scenario.ts"
import { BUGS, FaultWorld, type RunOptions } from "./world.ts"

const CLAIM = "^bd .*update bd-1 --claim"
const RELEASE = "^bd .*update bd-1 .*--status open"
const PROMPT = "write:bd-1.prompt"

/** One bug and no more, so that calls can be counted. */
const ONE = { NIGHTLY_DISPATCH_LIMITS_MAX_PARALLEL: "1", NIGHTLY_DISPATCH_LIMITS_MAX_DISPATCHES: "1" }

const waitFor = async (isSo: () => boolean): Promise<void> => {
  for (let look = 0; look < 100 && !isSo(); look++) await new Promise((resolve) => setTimeout(resolve, 50))
}

/** A machine after a run whose jobs, bd-1's first, have ended, so that the next run has something to settle. It is made once. */
const ended = (env: RunOptions["env"]): NonNullable<Scenario["before"]> => {
  const make = async (world: FaultWorld) => {
    await world.run({ env: { FAKE_DX_JOB_SECONDS: "0", NIGHTLY_DISPATCH_LIMITS_MAX_PARALLEL: "1", ...env } })
    await waitFor(() => world.events().filter(({ kind }) => kind === "end").length === BUGS.length)
    return world.freeze()
  }
  let made: ReturnType<typeof make> | undefined
  return async (world) => {
    made ??= make(new FaultWorld())
    world.become(await made)
  }
}

/** The jobs did nothing. */
const settling: More = { before: ended({}), jobs: [] }

/** The jobs left work to look at: nobody may begin the bugs anew. */
const reviewing: More = { before: ended({ FAKE_DX_AGENT: 'echo done >"$WORKTREE/work.txt"' }), jobs: [], kept: BUGS }

/** Jobs that fail by the bug's fault, and no second attempt. */
const usedUp: More = {
  before: ended({ FAKE_DX_JOB_EXIT: "1" }),
  env: { NIGHTLY_DISPATCH_LIMITS_MAX_ATTEMPTS: "1" },
  jobs: []
}

/** The agents, bd-1's first, run for too long and ignore SIGTERM. */
const overrun: More = {
  before: async (world) => {
    const agent = { FAKE_DX_AGENT: "trap '' TERM; while :; do sleep 1; done" }
    await world.run({ env: { ...agent, NIGHTLY_DISPATCH_LIMITS_MAX_PARALLEL: "1" } })
    await new Promise((resolve) => setTimeout(resolve, 2_500))
  },
  fixed: { NIGHTLY_DISPATCH_LIMITS_MAX_RUNTIME: "1 s" },
  jobs: []
}

/** The runner refuses to start bd-1, so its claim goes back. */
const refused: More = { fixed: { FAKE_DX_FAULT: "start=no-hostname" } }

/** bd-2 is somebody's, and the tracker shows it as free. */
const taken: More = {
  before: (world) => world.give("bd-2", "Somebody Else"),
  jobs: ["bd-1"]
}

/** Worktrees come from dx-worktree, which wants a remote. */
const dxWorktree: More = {
  before: async (world) => {
    world.git("remote", "add", "origin", world.at("repo"))
    world.git("fetch", "-q", "origin")
    world.git("remote", "set-head", "origin", "main")
  },
  env: { NIGHTLY_DISPATCH_WORKSPACE_BACKEND: "dx-worktree" }
}

const STEPS = ["Intended", "Claimed", "WorkspaceMade", "Prompted", "Starting", "Acknowledged"]

/** Every cell of the matrix. */
export const scenarios: ReadonlyArray<Scenario> = [
  ...within("lock", "link:run.lock"),
  ...overlapping("lock", "link:run.lock", {}, { when: "after" }),
  ...within("journal open", "open"),
  ...overlapping("journal open", "open"),

  ...asking("settle: claims", "^bd list --status in_progress", settling),
  ...bd("settle: claims", "list@1", TOOL, settling),
  ...asking("settle", "^dx-runner report", settling),
  // Where report says that there is no such job, it is lost and counts for nothing: the bug is tried again at once.
  ...dx("settle", "report", TOOL, settling).map((one) =>
    one.fault === "exits non-zero" ? Object.assign(one, { jobs: BUGS }) : one
  ),
  ...overlapping("settle", "spawn:^dx-runner report", settling),
  ...around("settle: worktree", "^git .*worktree remove .*bd-1", settling),
  ...misbehaving("settle: worktree", "FAKE_GIT_FAULT", (name) => `worktree remove:${name}`, GIT, settling),
  ...within("settle: journal: Ending", "journal:Ending", settling),
  ...bd("settle: re-read", "show:bd-1@1", TOOL, settling),
  ...around("settle: review", "^bd .*update bd-1 .*--add-label", reviewing),
  ...bd("settle: review", "update:bd-1@1", [...TOOL, LATE, ...LIES], reviewing),
  ...around("settle: release", RELEASE, settling),
  ...bd("settle: release", "update:bd-1", [...TOOL, ...LIES], settling),
  ...overlapping("settle: release", `spawn:${RELEASE}`, settling),
  ...within("settle: journal: Settled", "journal:Settled", settling),
  // One job is ended, and nothing is wrong with the other.
  ...around("settle: overrun", "^dx-runner stop", { ...overrun, jobs: ["bd-2"] }),
  ...dx("settle: overrun", "stop", TOOL, overrun),

  ...asking("list", "^bd list --status open"),
  ...bd("list", "list", TOOL),
  ...bd("list", "list", [["says yes, did no", "stale"]], taken),
  ...overlapping("list", "spawn:^bd list --status open", {}, {}, ANYWHERE),
  ...asking("preflight", "^dx-runner preflight"),
  ...dx("preflight", "preflight", TOOL),
  ...dx("preflight", "start:opencode", [["says yes, did no", "model-gone"]]),
  ...overlapping("preflight", "spawn:^dx-runner preflight"),
  ...asking("re-read", "^bd show bd-1"),
  ...bd("re-read", "show:bd-1@1", TOOL),
  ...bd("re-read", "list=stale,show:bd-2@1", [["says yes, did no", "stale"]], taken),
  ...overlapping("re-read", "spawn:^bd show bd-1", {}, { when: "after" }, ANYWHERE),
  ...around("claim", CLAIM),
  ...bd("claim", "update:bd-1@1", [...TOOL, LATE, ...LIES]),
  ...overlapping("claim", `spawn:${CLAIM}`, {}, {}, ANYWHERE),
  ...asking("read-back", "^bd show bd-1", {}, 2),
  ...bd("read-back", "show:bd-1@2", [...TOOL, ["says no, did yes", "stale"]]),
  ...bd("read-back", "show:bd-1@2+", [["says no for ever, did yes", "stale"]]),
  ...overlapping("read-back", "spawn:^bd show bd-1", {}, { nth: 2 }, ANYWHERE),
  ...around("worktree", "^git .*worktree add .*bd-1"),
  ...misbehaving("worktree", "FAKE_GIT_FAULT", (name) => name, GIT),
  ...overlapping("worktree", "spawn:^git .*worktree add .*bd-1"),
  ...around("worktree: dx-worktree", "^dx-worktree create bd-1", dxWorktree),
  ...misbehaving(
    "worktree: dx-worktree",
    "DX_FAKE_CREATE",
    (name) => name,
    [
      ["exits non-zero", "fail"],
      ["prints nothing", "silent"],
      ["hangs", "hang"],
      ["says yes, did no", "escape"]
    ],
    dxWorktree
  ),
  ...within("prompt", PROMPT),
  ...overlapping("prompt", PROMPT),
  ...around("start", "^dx-runner start --beads bd-1"),
  ...dx("start", "start", [...TOOL, ["does it, then hangs", "start-then-hang"], ...LIES]),
  ...dx("start", "start", [["hangs half-way", "launch-then-hang"]], { cutsStart: true }),
  sabotaged(
    "start",
    "SIGTERM half-way",
    { at: "spawn:^dx-runner start --beads bd-1", when: "during", act: "SIGTERM", until: "opencode/bd-1.agent" },
    { fixed: { FAKE_DX_FAULT: "start=launch-then-hang" } }
  ),
  ...overlapping("start", "spawn:^dx-runner start --beads bd-1", {}, {}, ANYWHERE),
  ...asking("ack", "^dx-runner report --beads bd-1", {}, 2),
  ...dx("ack", "report", TOOL, { fixed: ONE }, "@2+"),
  ...dx("ack: late", "start=start-then-hang;report", TOOL, { fixed: ONE }, "@2+"),
  ...overlapping("ack", "spawn:^dx-runner report --beads bd-1", {}, { nth: 2 }),
  ...within("ack: prompt kept", "write:/kept"),
  ...STEPS.flatMap((step) => within(`journal: ${step}`, `journal:${step}`)),
  ...around("release", RELEASE, refused),
  ...bd("release", "update:bd-1@2", [...TOOL, ...LIES], refused),
  ...overlapping("release", `spawn:${RELEASE}`, refused, {}, ANYWHERE),
  ...within("alert", "journal:alert", usedUp),
  ...overlapping("alert", "journal:alert", usedUp),
  ...around("alert: comment", "^bd .*comments add bd-1", usedUp),
  ...bd("alert: comment", "comments", [...TOOL, ...LIES], usedUp),
  ...within("summary", "journal:end", { mayEnd: true }),
  ...overlapping("summary", "journal:end"),
  { step: "summary", fault: "stdout closed", run: { closed: ["stdout"] }, codes: [0] },
  { step: "summary", fault: "stdout and stderr closed", run: { closed: ["stdout", "stderr"] }, codes: [0] },
  ...leaving(ONE, settling)
]
