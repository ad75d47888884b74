import type { Choices } from "../faults/soak/random.ts"

/** A time at which a provider does not work. Hours since the beginning of the simulation. */
export interface Outage {
  readonly from: number
  readonly to: number
  /**
   * `preflight`: its preflight fails, and so do its jobs. `words`: its preflight passes, and its jobs end at once, with words that
   * prove its fault. `silent`: its preflight passes, and its jobs fail as if the bug were too hard. `login`: its preflight passes, and
   * its jobs end at once, because its login has expired. `limit`: its preflight passes, and its jobs end at once, and say when the
   * limit ends.
   */
  readonly kind: "preflight" | "words" | "silent" | "login" | "limit"
}

/** A provider as it really is. */
export interface SimProvider {
  readonly name: string
  readonly outages: ReadonlyArray<Outage>
}

/** A bug as it really is. */
export interface SimBug {
  readonly id: string
  readonly priority: number
  /** The hour at which it is filed. */
  readonly filed: number
  /** The probability that a job of a working provider solves it. 0: no agent can. */
  readonly chance: number
  /** Jobs of these providers ask for a permission that no person gives. */
  readonly asks?: ReadonlyArray<string>
  /** Hours in which its worktree cannot be made. */
  readonly blocked?: readonly [from: number, to: number]
}

/** What happens, whatever the dispatcher does. */
export interface Scenario {
  readonly nights: number
  readonly providers: ReadonlyArray<SimProvider>
  readonly bugs: ReadonlyArray<SimBug>
  /** Hours at which the host restarts: the jobs that run are lost. */
  readonly restarts: ReadonlyArray<number>
  /** Hours in which a person has paused dispatching. */
  readonly pauses?: ReadonlyArray<readonly [from: number, to: number]>
  /** Whether a shadow run comes before and after each run. */
  readonly shadows?: boolean
  /** Hours in which the host is too busy for one more job. */
  readonly busy?: readonly [from: number, to: number]
  /** The settings of `limits` that differ from the defaults. */
  readonly limits?: Readonly<Record<string, unknown>>
}

const NAMES = ["opencode", "cc-glm", "gemini"] as const

/** In each night, one of ten providers begins to fail, for two hours to three days. */
const outagesIn = (nights: number, choices: Choices): ReadonlyArray<Outage> => {
  const outages: Array<Outage> = []
  for (let night = 0; night < nights; night++) {
    if (!choices.chance(0.1)) continue
    const from = night * 24 + choices.between(0, 8)
    const kind = choices.of("preflight" as const, "words" as const, "words" as const, "silent" as const)
    outages.push({ from, to: from + choices.of(2, 6, 12, 24, 48, 72), kind })
  }
  return outages
}

/** Eight bugs at the beginning, and up to two more each day. One of five cannot be solved; one of twenty is blocked for a night. */
const bugsIn = (nights: number, choices: Choices): ReadonlyArray<SimBug> => {
  const bugs: Array<SimBug> = []
  const file = (filed: number) =>
    bugs.push({
      id: `bd-${bugs.length + 1}`,
      priority: choices.between(0, 1),
      filed,
      chance: choices.chance(0.2) ? 0 : choices.of(0.5, 0.7, 0.9),
      ...(choices.chance(0.05) ? { blocked: [filed, filed + 24] as const } : {})
    })
  for (let count = 0; count < 8; count++) file(0)
  for (let night = 1; night < nights; night++) {
    for (let count = choices.between(0, 2); count > 0; count--) file(night * 24 - choices.between(1, 12))
  }
  return bugs
}

/** A scenario drawn from the distributions above. The host restarts in one of thirty nights. */
export const drawn = (nights: number, choices: Choices): Scenario => ({
  nights,
  providers: NAMES.map((name) => ({ name, outages: outagesIn(nights, choices) })),
  bugs: bugsIn(nights, choices),
  restarts: Array.from({ length: nights }, (_, night) => night).flatMap((night) =>
    choices.chance(1 / 30) ? [night * 24 + choices.between(1, 7)] : []
  )
})

/** A week with eight bugs, of which two cannot be solved, and no luck: each other bug is solved by any job that works. */
export const week = (providers: ReadonlyArray<SimProvider>, choices: Choices): Scenario => {
  const unsolvable = new Set<number>()
  while (unsolvable.size < 2) unsolvable.add(choices.between(1, 8))
  const bugs = Array.from({ length: 8 }, (_, index) => index + 1).map((number) => ({
    id: `bd-${number}`,
    priority: choices.between(0, 1),
    filed: 0,
    chance: unsolvable.has(number) ? 0 : 1
  }))
  return { nights: 7, providers, bugs, restarts: [] }
}
