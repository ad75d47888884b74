import {
  aroundChild,
  aroundQuery,
  aroundWrite,
  bdFaults,
  BOTH_HOSTS,
  dxFaults,
  GIT_FAULTS,
  injected,
  stateVanishes,
  toolFaults,
  TOOL_FAULTS,
  twoDispatchers,
  WORKS_THEN_HANGS,
  WRONG_REPORTS
} from "./builders.ts"
import { BUGS } from "../machine/Machine.ts"
import {
  attemptsUsedUp,
  dxWorktree,
  jobsChecked,
  jobsEnded,
  jobsLeftWork,
  jobsOverran,
  ONE_BUG,
  secondBugHeld,
  startFails
} from "./preparations.ts"
import type { Scenario } from "./scenario.ts"
import { signalledScenarios } from "./signalled.ts"

const CLAIM = "^bd .*update bd-1 --claim"
const RELEASE = "^bd .*update bd-1 .*--status open"
const PROMPT = "write:bd-1.prompt"

const STEPS = ["Intended", "Claimed", "WorkspaceMade", "Prompted", "Starting", "Acknowledged"]

/** Every cell of the matrix. */
export const scenarios: ReadonlyArray<Scenario> = [
  ...aroundWrite("lock", "lock:/lock.db"),
  ...twoDispatchers("lock", "lock:/lock.db", {}, { when: "after" }),
  ...aroundWrite("journal open", "open"),
  ...twoDispatchers("journal open", "open"),

  ...aroundQuery("settle: claims", "^bd list --status in_progress", jobsEnded),
  ...bdFaults("settle: claims", "list@1", TOOL_FAULTS, jobsEnded),
  ...aroundQuery("settle", "^dx-runner report", jobsEnded),
  ...dxFaults("settle", "report", TOOL_FAULTS.slice(1), jobsEnded),
  // A report that fails says that there is no such job. The attempt is lost and does not count, so the bug is tried again.
  ...dxFaults("settle", "report", TOOL_FAULTS.slice(0, 1), { ...jobsEnded, jobs: BUGS }),
  ...twoDispatchers("settle", "spawn:^dx-runner report", jobsEnded),
  ...aroundChild("settle: worktree", "^git .*worktree remove .*bd-1", jobsEnded),
  ...toolFaults("settle: worktree", "FAKE_GIT_FAULT", (value) => `worktree remove:${value}`, GIT_FAULTS, jobsEnded),
  ...aroundWrite("settle: journal: Ending", "journal:Ending", jobsEnded),
  ...bdFaults("settle: re-read", "show:bd-1@1", TOOL_FAULTS, jobsEnded),
  ...aroundChild("settle: review", "^bd .*update bd-1 .*--add-label", jobsLeftWork),
  ...bdFaults("settle: review", "update:bd-1@1", [...TOOL_FAULTS, WORKS_THEN_HANGS, ...WRONG_REPORTS], jobsLeftWork),
  ...aroundChild("settle: release", RELEASE, jobsEnded),
  ...bdFaults("settle: release", "update:bd-1", [...TOOL_FAULTS, ...WRONG_REPORTS], jobsEnded),
  ...twoDispatchers("settle: release", `spawn:${RELEASE}`, jobsEnded),
  ...aroundWrite("settle: journal: Settled", "journal:Settled", jobsEnded),
  ...aroundWrite("settle: journal: Verifying", "journal:Verifying", jobsChecked),
  ...aroundWrite("settle: journal: Checking", "journal:Checking", jobsChecked),
  // The clean runs start the job of bd-2, while bd-1 waits for its next attempt.
  ...aroundChild("settle: overrun", "^dx-runner stop", { ...jobsOverran(ONE_BUG), jobs: ["bd-2"] }),
  ...dxFaults("settle: overrun", "stop", TOOL_FAULTS, jobsOverran()),

  ...aroundQuery("list", "^bd list --status open"),
  ...bdFaults("list", "list", TOOL_FAULTS),
  ...bdFaults("list", "list", [["shows an old state", "stale"]], secondBugHeld),
  ...twoDispatchers("list", "spawn:^bd list --status open", {}, {}, BOTH_HOSTS),
  stateVanishes("list", "^bd list --status open"),
  ...aroundChild("trial worktree", "^git .*worktree add .*[+]check-"),
  ...aroundChild("trial worktree: removal", "^git .*worktree remove .*[+]check-"),
  ...toolFaults("trial worktree", "FAKE_GIT_FAULT", (value) => `trial:${value}`, GIT_FAULTS, { codes: [0, 5] }),
  ...aroundQuery("preflight", "^dx-runner preflight"),
  ...dxFaults("preflight", "preflight", TOOL_FAULTS),
  ...dxFaults("preflight", "start:opencode", [["passes, but the model is gone at the start", "model-gone"]]),
  ...twoDispatchers("preflight", "spawn:^dx-runner preflight"),
  ...aroundQuery("re-read", "^bd show bd-1"),
  ...bdFaults("re-read", "show:bd-1@1", TOOL_FAULTS),
  ...bdFaults("re-read", "list=stale,show:bd-2@1", [["shows an old state", "stale"]], secondBugHeld),
  stateVanishes("re-read", "^bd show bd-1"),
  ...twoDispatchers("re-read", "spawn:^bd show bd-1", {}, { when: "after" }, BOTH_HOSTS),
  ...aroundChild("claim", CLAIM),
  ...bdFaults("claim", "update:bd-1@1", [...TOOL_FAULTS, WORKS_THEN_HANGS, ...WRONG_REPORTS]),
  stateVanishes("claim", CLAIM),
  ...twoDispatchers("claim", `spawn:${CLAIM}`, {}, {}, BOTH_HOSTS),
  ...aroundQuery("read-back", "^bd show bd-1", {}, 2),
  ...bdFaults("read-back", "show:bd-1@2", [...TOOL_FAULTS, ["shows an old state", "stale"]]),
  ...bdFaults("read-back", "show:bd-1@2+", [["shows an old state from then on", "stale"]]),
  ...twoDispatchers("read-back", "spawn:^bd show bd-1", {}, { nth: 2 }, BOTH_HOSTS),
  ...aroundChild("worktree", "^git .*worktree add .*bd-1"),
  ...toolFaults("worktree", "FAKE_GIT_FAULT", (value) => value, GIT_FAULTS),
  stateVanishes("worktree", "^git .*worktree add .*bd-1"),
  ...twoDispatchers("worktree", "spawn:^git .*worktree add .*bd-1"),
  ...aroundChild("worktree: dx-worktree", "^dx-worktree create bd-1", dxWorktree),
  ...toolFaults(
    "worktree: dx-worktree",
    "DX_FAKE_CREATE",
    (value) => value,
    [
      ["exits non-zero", "fail"],
      ["prints nothing", "silent"],
      ["hangs", "hang"],
      ["prints a path elsewhere", "escape"]
    ],
    dxWorktree
  ),
  ...aroundWrite("prompt", PROMPT),
  ...twoDispatchers("prompt", PROMPT),
  ...aroundChild("start", "^dx-runner start --beads bd-1"),
  ...dxFaults("start", "start", [...TOOL_FAULTS, ["does its work, then hangs", "start-then-hang"], ...WRONG_REPORTS]),
  ...dxFaults("start", "start", [["hangs in the middle of its work", "launch-then-hang"]]),
  injected(
    "start",
    "SIGTERM in the middle of its work",
    { at: "spawn:^dx-runner start --beads bd-1", when: "during", act: "SIGTERM", until: "opencode/bd-1.agent" },
    { faultyEnv: { FAKE_DX_FAULT: "start=launch-then-hang" } }
  ),
  stateVanishes("start", "^dx-runner start --beads bd-1"),
  ...twoDispatchers("start", "spawn:^dx-runner start --beads bd-1", {}, {}, BOTH_HOSTS),
  ...aroundQuery("ack", "^dx-runner report --beads bd-1", {}, 2),
  ...dxFaults("ack", "report", TOOL_FAULTS, { faultyEnv: ONE_BUG }, "@2+"),
  ...dxFaults("ack: late", "start=start-then-hang;report", TOOL_FAULTS, { faultyEnv: ONE_BUG }, "@2+"),
  ...twoDispatchers("ack", "spawn:^dx-runner report --beads bd-1", {}, { nth: 2 }),
  ...aroundWrite("ack: prompt kept", "write:/kept"),
  ...STEPS.flatMap((step) => aroundWrite(`journal: ${step}`, `journal:${step}`)),
  ...aroundChild("release", RELEASE, startFails),
  ...bdFaults("release", "update:bd-1@2", [...TOOL_FAULTS, ...WRONG_REPORTS], startFails),
  ...twoDispatchers("release", `spawn:${RELEASE}`, startFails, {}, BOTH_HOSTS),
  ...aroundWrite("alert", "journal:alert", attemptsUsedUp),
  ...twoDispatchers("alert", "journal:alert", attemptsUsedUp),
  ...aroundChild("alert: comment", "^bd .*comments add bd-1", attemptsUsedUp),
  ...bdFaults("alert: comment", "comments", [...TOOL_FAULTS, ...WRONG_REPORTS], attemptsUsedUp),
  ...aroundWrite("summary", "journal:end", { mayFinish: true }),
  ...twoDispatchers("summary", "journal:end"),
  { step: "summary", fault: "stdout closed", run: { closed: ["stdout"] }, codes: [0] },
  { step: "summary", fault: "stdout and stderr closed", run: { closed: ["stdout", "stderr"] }, codes: [0] },
  ...signalledScenarios
]
