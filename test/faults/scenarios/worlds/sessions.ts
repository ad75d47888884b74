import { linesWith, type Stage, type World } from "../../judge/stage.ts"
import {
  DAEMON,
  ENDS_WELL,
  GROUP_CHILD,
  OWN_SESSION,
  SCRUBBED_SESSION,
  STUBBORN_SESSION,
  WAITS,
  WORKS
} from "../../machine/agents.ts"
import type { WorldMachine } from "../../machine/WorldMachine.ts"

const SESSIONS = "agents with sessions of their own"
const DAEMONS = "daemons that an agent starts"

const RUNNERS = ["dx", "local"] as const
type Runner = (typeof RUNNERS)[number]

/** The time limit of a job is over. */
const overrun = { args: ["settle"], later: 60_000, env: { NIGHTLY_DISPATCH_LIMITS_MAX_RUNTIME: "1 s" } }

const isDone = (machine: WorldMachine): boolean => machine.inWorktree("bd-1").length === 0

/** An agent that starts `background` and then does `then`. `act` happens when the background process works. */
const cell = (
  world: string,
  rule: string,
  runner: Runner,
  agent: string,
  act: (stage: Stage, machine: WorldMachine) => Promise<void>
): World => ({
  world,
  rule: `${rule} (${runner})`,
  play: async (stage) => {
    const machine = stage.machine({ runner })
    machine.agentsDo(agent)
    await stage.run(machine)
    const works = () => machine.inWorktree("bd-1").some(({ argv }) => argv.includes("child"))
    await stage.expectSoon(
      "the agent's background process did not start",
      () => works() || machine.daemons().length > 0
    )
    await act(stage, machine)
  }
})

/** A stopped job is stopped wholly. */
const stopped = (rule: string, runner: Runner, background: string): World =>
  cell(SESSIONS, rule, runner, background + WAITS, async (stage, machine) => {
    await stage.run(machine, overrun, [0, 3])
    stage.expect("something of a stopped job works in its worktree", isDone(machine))
    await stage.run(machine, { args: ["settle"] }, [0, 3])
    await stage.settled(machine, [])
  })

/** What a job that ended well left in the worktree is ended. */
const ended = (rule: string, runner: Runner, background: string): World =>
  cell(SESSIONS, rule, runner, background + ENDS_WELL, async (stage, machine) => {
    await stage.expectSoon("the agent did not end", () => machine.running().length === 0)
    await stage.run(machine, { args: ["settle"] })
    await stage.run(machine, { args: ["settle"] })
    await stage.expectSoon("something of an ended job works in its worktree", () => isDone(machine))
    await stage.settled(machine, [])
  })

/** A shared daemon outlives its agent. */
const daemon = (rule: string, runner: Runner, agent: string): World =>
  cell(DAEMONS, rule, runner, agent, async (stage, machine) => {
    await stage.expectSoon("the agent did not end", () => machine.running().length === 0)
    const [pid = 0] = machine.daemons().map((process) => process.pid)
    const runs = [await stage.run(machine, { args: ["settle"] }), await stage.run(machine, { args: ["settle"] })]
    stage.expect(
      "the daemon was ended",
      machine.daemons().some((process) => process.pid === pid)
    )
    stage.expect(
      "no run names the daemon",
      runs.some((run) => linesWith(run, String(pid), "bd-1").length > 0)
    )
    const work = agent.includes(WORKS)
    stage.expect("the job is not settled", machine.claimed().length === 0)
    stage.expect("work that waits was removed", !work || machine.worktrees().includes("bd-1"))
  })

export const sessionWorlds: ReadonlyArray<World> = [
  ...RUNNERS.flatMap((runner) => [
    stopped("an overrun job is ended with its own sessions", runner, OWN_SESSION),
    stopped("even if their environment is scrubbed", runner, SCRUBBED_SESSION),
    ended("what a job that ended well left in its worktree is ended", runner, OWN_SESSION),
    daemon("a daemon elsewhere is left alone and named", runner, DAEMON + ENDS_WELL)
  ]),
  ended("and what it left in its process group", "local", GROUP_CHILD),
  stopped("even if they ignore SIGTERM", "local", STUBBORN_SESSION),
  daemon("and the work is kept", "local", DAEMON + WORKS + ENDS_WELL)
]
