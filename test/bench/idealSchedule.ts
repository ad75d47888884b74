import type { Call } from "./timedTools.ts"

const took = ({ begin, end }: Call): number => end - begin
const sum = (all: ReadonlyArray<number>): number => all.reduce((total, each) => total + each, 0)

export const median = (all: ReadonlyArray<number>): number =>
  all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0

const isClaim = ({ args }: Call): boolean => args.includes("--claim")
const isShow = ({ args, tool }: Call): boolean => tool === "bd" && /(?:^| )show /.test(args)
const isStart = ({ args }: Call): boolean => args.startsWith("start ")
const isWorktree = ({ args }: Call): boolean => args.includes("worktree add")
const isReport = ({ args }: Call): boolean => args.startsWith("report ")

/** The longest chain of calls that one bug needs, each of which depends on the one before, in milliseconds. */
const chainOf = (calls: ReadonlyArray<Call>, bug: string): number => {
  const own = calls.filter(({ args }) => args.split(/[ /]/).includes(bug))
  const one = (is: (call: Call) => boolean) => median(own.filter(is).map(took))
  const show = one(isShow)
  // Re-read, claim, read back, worktree, read again, start, the job's report, read again.
  return show + one(isClaim) + show + one(isWorktree) + show + one(isStart) + one(isReport) + show
}

/** When the last of these chains ends if `lanes` of them run at a time, each as soon as a lane is free. */
const makespan = (chains: ReadonlyArray<number>, lanes: number): number => {
  const ends = Array.from({ length: lanes }, () => 0)
  for (const chain of chains) {
    const first = ends.indexOf(Math.min(...ends))
    ends[first] = (ends[first] ?? 0) + chain
  }
  return Math.max(...ends)
}

/**
 * How long a run must take, from the durations of its own calls: the list of the bugs, then the preflights one after the other,
 * then the bugs' chains, `lanes` at a time. In milliseconds. What else the run asked could be asked meanwhile.
 *
 * @example
 * idealSchedule(calls, ["app-1", "app-2"], 2)
 */
export const idealSchedule = (calls: ReadonlyArray<Call>, bugs: ReadonlyArray<string>, lanes: number): number => {
  const list = calls.filter(({ args, tool }) => tool === "bd" && args.includes("list --status open"))
  const preflights = calls.filter(({ args }) => args.startsWith("preflight "))
  const before = Math.max(0, ...list.map(took)) + sum(preflights.map(took))
  return (
    before +
    makespan(
      bugs.map((bug) => chainOf(calls, bug)),
      lanes
    )
  )
}
