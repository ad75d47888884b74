import type { Ended, RunOptions } from "../machine/dispatcher.ts"
import { isAlive } from "../machine/processes.ts"
import { until, type WorldMachine } from "../machine/WorldMachine.ts"
import {
  endWatchers,
  logOf,
  placeOf,
  reclaimAgainAndAgain,
  reclaimedOn,
  renewalsOf,
  STARTS_WATCHER,
  WATCHED,
  watchersOf
} from "../machine/watchers.ts"
import type { Stage, World } from "./stage.ts"

/** A watcher that was started by hand. */
export interface StartedWatcher {
  readonly pid: number
  readonly ended: Promise<Ended>
}

/** A world of a watcher that has jobs of earlier runs. */
export interface Watched {
  readonly stage: Stage
  readonly machine: WorldMachine
}

interface WatchedOptions {
  readonly runner?: "dx" | "local"
  readonly bugs?: ReadonlyArray<string>
  readonly env?: Readonly<Record<string, string>>
  /** What its agents do. */
  readonly agent?: string
  /** Without a job at the beginning. */
  readonly noJobs?: true
}

/** Starts a watcher; gives it once it is a process. `codes`: how it may end. */
export const startWatcher = async (
  { machine, stage }: Watched,
  options: RunOptions = {},
  codes: ReadonlyArray<number | null> = [0]
): Promise<StartedWatcher> => {
  let pid = 0
  const onStart = (started: number) => (pid = started)
  const env = { ...STARTS_WATCHER, ...options.env }
  const ended = stage.run(machine, { process: true, args: ["watch"], ...options, env }, codes, { onStart })
  await until(() => pid > 0)
  return { pid, ended }
}

/** A run, or another command, that starts a watcher if jobs are left. */
export const runAndWatch = (
  { machine, stage }: Watched,
  options: RunOptions = {},
  codes?: ReadonlyArray<number | null>
): Promise<Ended> => stage.run(machine, { ...options, env: { ...STARTS_WATCHER, ...options.env } }, codes)

/** Exactly one watcher is there, and it renews this bug's claim. Reads files first: a look at all processes takes long. */
export const isWatched = async ({ machine, stage }: Watched, id: string): Promise<void> => {
  await stage.expectSoon("no watcher has its place", () => isAlive(placeOf(machine)))
  const before = renewalsOf(machine, id)
  await stage.expectSoon(`the claim of ${id} is not renewed`, () => renewalsOf(machine, id) > before)
  const isOnlyOne = () =>
    watchersOf(machine)
      .map(({ pid }) => pid)
      .join() === String(placeOf(machine))
  await stage.expectSoon("there is not one watcher", isOnlyOne)
}

/** The agents end; then their claims are released and the watcher ends, each by itself. */
export const allEnds = async ({ machine, stage }: Watched): Promise<void> => {
  for (const id of machine.running()) await machine.endAgents(id)
  await stage.expectSoon("a claim is left behind", () => machine.claimed().length === 0)
  await stage.expectSoon("a watcher keeps its place", () => !isAlive(placeOf(machine)))
  await stage.expectSoon("a watcher lives on", () => watchersOf(machine).length === 0)
  await stage.settled(machine, [])
}

/** Plays `play` on a machine whose jobs an earlier run has started, while lapsed claims are freed again and again. */
export const watched = (
  world: string,
  rule: string,
  play: (watched: Watched) => Promise<void>,
  { agent, bugs = ["bd-1"], env = {}, noJobs, runner = "dx" }: WatchedOptions = {}
): World => ({
  world,
  rule: `${rule} (${runner})`,
  play: async (stage) => {
    const machine = stage.machine({ runner, bugs, env: { ...WATCHED, ...env } })
    Object.assign(machine.env, { FAKE_WATCHER_AHEAD: machine.at("ahead") })
    if (agent !== undefined) machine.agentsDo(agent)
    const end = reclaimAgainAndAgain(machine)
    try {
      if (noJobs === undefined) await stage.run(machine)
      await play({ stage, machine })
      stage.expect(`claims lapsed: ${reclaimedOn(machine)}`, reclaimedOn(machine).length === 0)
      const begun = machine.begun().toSorted().join()
      stage.expect(`agents of ${begun} have begun`, begun === machine.bugs.toSorted().join())
    } finally {
      end()
      endWatchers(machine)
      stage.log.push(`--- watch.log\n${logOf(machine)}`)
    }
  }
})
