import type { Scenario } from "./scenarios.ts"
import { BUGS, FaultWorld, type Ran } from "./world.ts"

/** How one cell came out: nothing wrong, or what. */
export interface Cell {
  readonly scenario: Scenario
  readonly problems: ReadonlyArray<string>
  /** Of all its runs, for whoever has to find out. */
  readonly log: string
}

const EXPECTED: ReadonlySet<number> = new Set([0, 1, 3, 4, 6])

const told = (ran: Ran): string => `exit ${ran.code} ${ran.signal ?? ""}\n${ran.stderr}`

/**
 * The fault, then a clean run, then a clean one on a later clock, then one that must find nothing to do. Whatever is
 * forbidden may not be so at any of these points as far as time does not heal it, and at the end nothing may.
 */
export const play = async (scenario: Scenario): Promise<Cell> => {
  const world = new FaultWorld(scenario.env)
  const problems: Array<string> = []
  const log: Array<string> = []
  const judge = (name: string, ran: Ran, expected: (code: number | null) => boolean) => {
    log.push(`--- ${name}: ${told(ran)}`)
    if (!expected(ran.code)) problems.push(`${name} ended with ${ran.code} ${ran.signal ?? ""}`)
  }
  const never = async (name: string) => {
    for (const problem of await world.violations()) {
      if (/live jobs|took the claim|released the claim|was started while/.test(problem))
        problems.push(`${name}: ${problem}`)
    }
  }
  try {
    await scenario.before?.(world)
    const faulty = scenario.runs.map((run) => () => world.run(run))
    const ran = scenario.together === true ? await Promise.all(faulty.map((run) => run())) : await inTurn(faulty)
    for (const [at, one] of ran.entries()) {
      const act = scenario.runs[at]?.sabotage?.act
      judge(`faulty run ${at + 1}`, one, (code) => {
        if (act === "kill") return code === null
        // A run whose work is done may end before the signal reaches it.
        if (act === "term" && scenario.step === "summary" && code === 0) return true
        return act === "term" ? code === 143 && one.leftIn < 10_000 : code !== null && EXPECTED.has(code)
      })
    }
    await never("after the fault")
    const jobs = [...(scenario.jobs ?? BUGS)].join()
    const wrong = async () => {
      const running = world.running().toSorted().join()
      return [
        ...(await world.violations()).filter(
          (problem) => !(scenario.untold === true && /^attempt left open: .* starting$/.test(problem))
        ),
        ...(running === jobs ? [] : [`jobs of [${running}], expected [${jobs}]`])
      ]
    }
    judge("clean run", await world.run(), (code) => code === 0)
    await never("after the clean run")
    // Only time heals what may still have been under way when the clean run looked.
    if ((await wrong()).length > 0) judge("later run", await world.run({ later: 5 * 60_000 }), (code) => code === 0)
    problems.push(...(await wrong()))
    const before = await world.state()
    judge("settling again", await world.run({ later: 6 * 60_000, args: ["settle"] }), (code) => code === 0)
    if ((await world.state()) !== before) problems.push("settling again changes something")
  } catch (error) {
    problems.push(String(error))
  }
  problems.push(...(await world.end()))
  return { scenario, problems, log: log.join("\n") }
}

const inTurn = async (runs: ReadonlyArray<() => Promise<Ran>>): Promise<ReadonlyArray<Ran>> => {
  const all: Array<Ran> = []
  for (const run of runs) all.push(await run())
  return all
}

/** The matrix as a table: a row for each step, a column for each fault. */
export const table = (cells: ReadonlyArray<Cell>): string => {
  const steps = [...new Set(cells.map(({ scenario }) => scenario.step))]
  const faults = [...new Set(cells.map(({ scenario }) => scenario.fault))]
  const width = Math.max(...steps.map((step) => step.length)) + 2
  const mark = (step: string, fault: string) => {
    const there = cells.filter(({ scenario }) => scenario.step === step && scenario.fault === fault)
    return there.length === 0 ? "·" : there.every(({ problems }) => problems.length === 0) ? "✓" : "✗"
  }
  const legend = faults.map((fault, at) => `${String.fromCharCode(65 + at)} ${fault}`)
  const head = `${"".padEnd(width)}${faults.map((_, at) => String.fromCharCode(65 + at)).join(" ")}`
  const rows = steps.map((step) => `${step.padEnd(width)}${faults.map((fault) => mark(step, fault)).join(" ")}`)
  const good = cells.filter(({ problems }) => problems.length === 0).length
  return [head, ...rows, "", ...legend, "", `${good} of ${cells.length} scenarios hold`].join("\n")
}
