import { runDispatcher, runTwo, type Ended, type RunOptions } from "../machine/dispatcher.ts"
import { BUGS, Machine } from "../machine/Machine.ts"
import type { Scenario } from "../scenarios/scenario.ts"
import { gather } from "./evidence.ts"
import { isCleanEnd, isExpectedCode, isExpectedEnd, wasInjected, wasLeftOut } from "./expected.ts"
import { violations, violationsAlways } from "./invariants.ts"
import { endOf, stateOf } from "./state.ts"

/** How one scenario came out. */
export interface Cell {
  readonly scenario: Scenario
  /** Empty when the scenario holds. */
  readonly problems: ReadonlyArray<string>
  /** The log lines of all its runs, to find the reason. */
  readonly log: string
}

/** What a scenario is judged by beside the invariants of the machine. */
export const RULES = [
  "every run ends by itself",
  "with the exit code that it should",
  "within ten seconds of a signal",
  "the fault happened",
  "one run at a time of a state directory",
  "every bug has its job, and no other",
  "settling again changes nothing",
  "no process is left"
]

/** The ends, without their numbers, in which settling again changed nothing. */
export const settledEnds = new Set<string>()

class Performance {
  readonly problems: Array<string> = []
  readonly log: Array<string> = []
  readonly #machine: Machine
  readonly #scenario: Scenario

  constructor(machine: Machine, scenario: Scenario) {
    this.#machine = machine
    this.#scenario = scenario
  }

  #note(name: string, { code, endedAfter, signal, stderr }: Ended, isExpected: boolean): void {
    this.log.push(`--- ${name}: exit ${code} ${signal ?? ""}, ${endedAfter} ms after a signal\n${stderr}`)
    if (!isExpected) this.problems.push(`${name} ended with ${code} ${signal ?? ""} (${endedAfter} ms after a signal)`)
  }

  /** Runs with the fault, and with a second dispatcher where there is one. */
  async fault(): Promise<void> {
    const { run, second } = this.#scenario
    const [first, other] =
      second === undefined ? [await runDispatcher(this.#machine, run)] : await runTwo(this.#machine, run, second)
    this.#note("faulty run", first, isExpectedEnd(this.#scenario, first))
    if (!wasInjected(this.#scenario, first)) this.problems.push("the faulty run never came to the point of the fault")
    if (other === undefined) return
    this.#note("second dispatcher", other, isExpectedCode(other, this.#scenario))
    const sharesState = second?.env?.["NIGHTLY_DISPATCH_STATE_DIR"] === undefined
    if (sharesState && !wasLeftOut(first, other)) this.problems.push("the second dispatcher was not left out")
  }

  /** Runs with nothing in the way. */
  async cleanRun(name: string, options: RunOptions = {}): Promise<void> {
    const run = await runDispatcher(this.#machine, options)
    this.#note(name, run, isCleanEnd(run))
  }

  /** Checks the invariants that hold at every moment. */
  async check(name: string): Promise<void> {
    const { kept = [] } = this.#scenario
    const found = violationsAlways(await gather(this.#machine, kept))
    this.problems.push(...found.map((problem) => `${name}: ${problem}`))
  }

  /** What is wrong once everything should be settled. */
  async wrong(): Promise<ReadonlyArray<string>> {
    const { jobs = BUGS, kept = [] } = this.#scenario
    const running = this.#machine.running().toSorted()
    return [
      ...violations(await gather(this.#machine, kept)),
      ...(running.join() === jobs.join() ? [] : [`jobs of [${running.join()}], expected [${jobs.join()}]`])
    ]
  }

  /** Settles once more and compares; only once for all scenarios that ended the same way. */
  async settleAgain(): Promise<void> {
    const before = await stateOf(this.#machine)
    const end = endOf(before)
    if (settledEnds.has(end)) return
    await this.cleanRun("settling again", { later: 6 * 60_000, args: ["settle"] })
    const after = await stateOf(this.#machine)
    if (after.join() === before.join()) return void settledEnds.add(end)
    const changed = [
      ...after.filter((text) => !before.includes(text)),
      ...before.filter((text) => !after.includes(text))
    ]
    this.problems.push(`settling again changes something:\n${changed.join("\n")}`)
  }
}

/**
 * Plays a scenario on a machine of its own: the run with the fault, a clean run, and a clean run on a later clock when
 * something needs time to settle. Then every invariant must hold, and settling again must change nothing (`settleAgain`).
 */
export const play = async (scenario: Scenario, { settleAgain }: { readonly settleAgain: boolean }): Promise<Cell> => {
  const machine = new Machine(scenario.env)
  const performance = new Performance(machine, scenario)
  const { log, problems } = performance
  try {
    await scenario.before?.(machine)
    await performance.fault()
    await performance.check("after the fault")
    await performance.cleanRun("clean run")
    await performance.check("after the clean run")
    if ((await performance.wrong()).length > 0) await performance.cleanRun("later run", { later: 5 * 60_000 })
    problems.push(...(await performance.wrong()))
    if (settleAgain) await performance.settleAgain()
  } catch (error) {
    problems.push(String(error))
  }
  problems.push(...(await machine.remove()))
  return { scenario, problems, log: log.join("\n") }
}
