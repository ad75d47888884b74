import * as fs from "node:fs"
import { assert, it } from "vitest"
import { Stage } from "../judge/stage.ts"
import { ENDS_WELL, OWN_SESSION, WAITS, WORKS } from "../machine/agents.ts"
import { endWatchers, logOf, setAhead, WATCHED } from "../machine/watchers.ts"
import { kill, type WorldMachine } from "../machine/WorldMachine.ts"
import { endLeftByCopies, peopleWork } from "./people.ts"
import { Choices } from "./random.ts"
import { growthIn, inRows, peakOf, sizesOf, type Sizes } from "./sizes.ts"
import { at, TICKS } from "./ticks.ts"

/** `run.js` sets both: how many ticks of cron, and the seed that repeats the choices of another soak. */
const COUNT = Number(process.env["SOAK"] ?? 30)
const SEED = Number(process.env["SOAK_SEED"] ?? Date.now() % 1_000_000)

/** Every so many ticks, nothing goes wrong until all is settled. */
const SETTLE_EVERY = 10

const MINUTE = 60_000

/** A provider whose agents keep failing is used all the same. What is old goes soon: a tick is about 40 minutes. */
const EAGER = {
  NIGHTLY_DISPATCH_PROVIDER_HEALTH: "false",
  NIGHTLY_DISPATCH_LIMITS_OVERLOAD_THRESHOLD: "1000",
  NIGHTLY_DISPATCH_RETENTION_JOURNAL: "1 d",
  NIGHTLY_DISPATCH_RETENTION_LOGS: "12 h"
}

/** Claims are leases, which runs and watchers renew. */
const WATCHERS = {
  NODE_OPTIONS: WATCHED.NODE_OPTIONS,
  FAKE_WATCHER_SPEED: "3",
  FAKE_BD_VERSION: WATCHED.FAKE_BD_VERSION,
  FAKE_BD_LEASE_MS: "600000"
}

const AGENTS = [WAITS, WAITS, WAITS, ENDS_WELL, WORKS, "exit 1\n", OWN_SESSION + WAITS, OWN_SESSION + WORKS] as const

/** Agents end well, are killed or go on; new bugs come in. */
const passTime = async (machine: WorldMachine, choices: Choices): Promise<void> => {
  for (const { id, pid } of machine.agents()) {
    if (choices.chance(0.3)) await machine.endAgents(id)
    else if (choices.chance(0.1)) kill(pid)
  }
  peopleWork(machine, choices)
  if (choices.chance(0.3)) machine.addBug(`bd-${machine.bugs.length + 1}`)
  machine.agentsDo(choices.of(...AGENTS))
}

/** Runs with nothing in the way until everything that is over must be settled. Gives the clock. */
const settle = async (stage: Stage, machine: WorldMachine, from: number): Promise<number> => {
  endWatchers(machine)
  const hours = (count: number) => from + count * 60 * MINUTE
  machine.agentsDo(WAITS)
  endLeftByCopies(machine)
  for (const env of [{}, { NIGHTLY_DISPATCH_STATE_DIR: machine.at("statf") }]) {
    for (const later of [from, hours(1), hours(5), hours(6)]) {
      await stage.run(machine, at(later, { env, args: ["settle"] }), [0, 3])
    }
  }
  // Only the copy itself knows what prompts and worktrees its jobs began with, and it is never used again.
  const hasCopies = fs.existsSync(machine.at("copies"))
  await stage.settled(machine, machine.running().toSorted(), { prompts: !hasCopies, worktrees: !hasCopies })
  return hours(6)
}

/** The largest resident size of a dispatcher's process, in KiB. */
const measure = async (stage: Stage, machine: WorldMachine, later: number): Promise<number> => {
  let [peak, pid] = [0, 0]
  const timer = setInterval(() => (peak = Math.max(peak, peakOf(pid))), 10)
  const onStart = (started: number) => (pid = started)
  await stage.run(machine, at(later, { process: true, args: ["settle"] }), [0, 3], { onStart })
  clearInterval(timer)
  return peak
}

it(`${COUNT} ticks of cron with random faults, SOAK_SEED=${SEED}`, { timeout: COUNT * 120_000 }, async () => {
  const choices = new Choices(SEED)
  const stage = new Stage()
  const runner = choices.of("dx", "local")
  const machine = stage.machine({ runner, bugs: ["bd-1", "bd-2", "bd-3"], env: { ...EAGER, ...WATCHERS } })
  Object.assign(machine.env, { FAKE_WATCHER_AHEAD: machine.at("ahead") })
  const found = new Set<string>()
  const sizes: Array<Sizes> = []
  let later = 0
  console.log(`SOAK_SEED=${SEED} on ${runner}`)
  for (let number = 1; number <= COUNT; number++) {
    const tick = choices.of(...TICKS)
    // Sometimes the clock is set back.
    later = Math.max(0, later + choices.of(10, 30, 60, 60, 60, -20) * MINUTE)
    setAhead(machine, later)
    await passTime(machine, choices)
    await tick.play({ stage, machine, choices, later })
    if (choices.chance(0.2)) endWatchers(machine)
    if (number % SETTLE_EVERY === 0) {
      later = await settle(stage, machine, later)
      sizes.push(sizesOf(machine, number, await measure(stage, machine, later)))
      console.log(inRows(sizes.slice(-1)))
    }
    const log = [...stage.log.splice(0), logOf(machine)].join("\n")
    // The same problem may be seen after each later run.
    const problems = new Set(stage.problems.splice(0).map((text) => text.replace(/^after run \d+ \(\w+\): /, "")))
    const fresh = [...problems].filter((problem) => !found.has(problem))
    for (const problem of fresh) found.add(problem)
    if (fresh.length > 0) console.log(`tick ${number}, ${tick.name}:\n${fresh.join("\n")}\n${log}`)
  }
  endWatchers(machine)
  await stage.remove()
  console.log(inRows(sizes))
  assert.isEmpty([...found, ...stage.problems, ...growthIn(sizes)], `SOAK_SEED=${SEED}`)
})
